/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/limits-private.h"

#include "store/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- handles ---- */

static struct bk_limits *open_limits(const char *path, bool writer, struct bk_error *error)
{
    struct bk_limits *limits = calloc(1, sizeof(*limits));
    bool is_open;

    if (limits != NULL)
        limits->database = (struct bk_database){
            .kind = BK_DATABASE_LIMITS,
            .path = strdup(path),
            .writer = writer,
            .busy_milliseconds = BK_BUSY_STATE_MILLISECONDS,
            .looked_at = INT64_MIN,
        };
    if (limits == NULL || limits->database.path == NULL) {
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s", strerror(ENOMEM));
        free(limits);
        return NULL;
    }
    is_open = writer ? bk_cache_mend(&limits->database, &limits->made, error)
                     : bk_cache_connect(&limits->database, error);
    if (!is_open)
        bk_limits_close(&limits);
    return limits;
}

struct bk_limits *bk_limits_open_reader(const char *path, struct bk_error *error)
{
    return open_limits(path, false, error);
}

struct bk_limits *bk_limits_open_writer(const char *path, struct bk_error *error)
{
    return open_limits(path, true, error);
}

void bk_limits_close(struct bk_limits **limits)
{
    bk_database_close(&(*limits)->database);
    free(*limits);
    *limits = NULL;
}

bool bk_limits_refresh(struct bk_limits *limits, bool *made_r, struct bk_error *error)
{
    bool is_fine = bk_cache_is_usable(&limits->database) ||
                   bk_cache_mend(&limits->database, &limits->made, error);

    *made_r = is_fine && limits->made;
    if (is_fine)
        limits->made = false;
    return is_fine;
}

/* ---- what was sent ---- */

static enum bk_lookup lookup_period(struct bk_limits *limits, int64_t account_id,
                                    const char *period, struct bk_sent_period *period_r,
                                    struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &limits->database,
                        "SELECT started_at, messages, recipients FROM sent "
                        "WHERE account_id = $1 AND period = $2",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_text(&query, period);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        period_r->started_at = bk_query_number(&query);
        period_r->messages = bk_query_number(&query);
        period_r->recipients = bk_query_number(&query);
    }
    bk_query_end(&query);
    return found;
}

enum bk_lookup bk_limits_lookup_sent(struct bk_limits *limits, int64_t account_id,
                                     struct bk_sent *sent_r, struct bk_error *error)
{
    enum bk_lookup hour, day;

    *sent_r = (struct bk_sent){.hour = {.started_at = 0}};
    hour = lookup_period(limits, account_id, "hour", &sent_r->hour, error);
    day = hour == BK_FAILED ? BK_FAILED
                            : lookup_period(limits, account_id, "day", &sent_r->day, error);
    if (day == BK_FAILED)
        return BK_FAILED;
    return hour == BK_FOUND || day == BK_FOUND ? BK_FOUND : BK_ABSENT;
}

/* ---- writing ---- */

bool bk_limits_keep(struct bk_limits *limits, bool is_fine)
{
    if (!is_fine)
        bk_database_rollback(&limits->database);
    return is_fine;
}

bool bk_limits_begin(struct bk_limits *limits, struct bk_error *error)
{
    return bk_database_begin(&limits->database, "BEGIN IMMEDIATE", error);
}

bool bk_limits_commit(struct bk_limits *limits, struct bk_error *error)
{
    return bk_limits_keep(limits, bk_database_commit(&limits->database, error));
}

static bool put_period(struct bk_limits *limits, int64_t account_id, const char *name,
                       const struct bk_sent_period *period, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &limits->database,
                        "INSERT INTO sent (account_id, period, started_at, messages, recipients) "
                        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, period) "
                        "DO UPDATE SET started_at = excluded.started_at, "
                        "messages = excluded.messages, recipients = excluded.recipients",
                        error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_text(&query, name);
    bk_query_bind_number(&query, period->started_at);
    bk_query_bind_number(&query, period->messages);
    bk_query_bind_number(&query, period->recipients);
    return bk_query_run(&query, error);
}

bool bk_limits_put_sent(struct bk_limits *limits, int64_t account_id, const struct bk_sent *sent,
                        struct bk_error *error)
{
    return bk_limits_keep(limits, put_period(limits, account_id, "hour", &sent->hour, error) &&
                                      put_period(limits, account_id, "day", &sent->day, error));
}

bool bk_limits_forget_sent(struct bk_limits *limits, int64_t time, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &limits->database, "DELETE FROM sent WHERE started_at < $1", error))
        return bk_limits_keep(limits, false);
    bk_query_bind_number(&query, time);
    return bk_limits_keep(limits, bk_query_run(&query, error));
}
