/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Usage on record, and what a reader keeps of it from one snapshot to the next. */
#include "store/pages.h"
#include "store/state-private.h"

#include <errno.h>
#include <string.h>

/* Of more new reports than that, a reader forgets everything instead of reading them. */
#define REPORTS_MAXIMUM 10000

/* ---- kept in memory ---- */

/* At the place that the account's id has, where another account's may have been before. */
struct bk_kept_usage {
    int64_t account_id; /* 0: none */
    int64_t bytes;      /* -1: nothing on record */
    int64_t messages;
    int64_t measured_at;
    int64_t limit_bytes;
};

static size_t kept_bytes(const struct bk_state *state)
{
    return state->kept_count * sizeof(*state->kept);
}

void bk_state_end_cache(struct bk_state *state)
{
    bk_pages_release(state->kept, kept_bytes(state));
    state->kept = NULL;
}

bool bk_state_use_cache(struct bk_state *state, size_t bytes, struct bk_error *error)
{
    bk_state_end_cache(state);
    state->kept_sequence = -1;
    state->kept_count = bytes / sizeof(*state->kept);
    if (state->kept_count == 0)
        return true;
    state->kept = bk_pages_allocate(kept_bytes(state));
    if (state->kept == NULL)
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s", strerror(ENOMEM));
    return state->kept != NULL;
}

void bk_state_forget_kept(struct bk_state *state)
{
    if (state->kept != NULL)
        bk_pages_clear(state->kept, kept_bytes(state));
    state->kept_sequence = -1;
}

/* NULL: nothing is kept, or it is not known how old that may be, since there is no snapshot. */
static struct bk_kept_usage *place_of(const struct bk_state *state, int64_t account_id)
{
    return state->kept != NULL && state->database.in_transaction
               ? &state->kept[(uint64_t)account_id % state->kept_count]
               : NULL;
}

void bk_state_expect_usage(const struct bk_state *state, int64_t account_id)
{
    const struct bk_kept_usage *place = place_of(state, account_id);

    if (place != NULL)
        __builtin_prefetch(place);
}

static void keep(struct bk_state *state, const struct bk_kept_usage *usage)
{
    struct bk_kept_usage *place = place_of(state, usage->account_id);

    if (place != NULL)
        *place = *usage;
}

static bool keep_newer(struct bk_state *state, struct bk_error *error)
{
    struct bk_query query;
    enum bk_step step;

    if (!bk_query_begin(&query, &state->database,
                        "SELECT account_id, bytes, messages, measured_at, limit_bytes FROM usage "
                        "WHERE sequence > $1",
                        error))
        return false;
    bk_query_bind_number(&query, state->kept_sequence);
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        struct bk_kept_usage usage;

        usage.account_id = bk_query_number(&query);
        usage.bytes = bk_query_number(&query);
        usage.messages = bk_query_number(&query);
        usage.measured_at = bk_query_number(&query);
        usage.limit_bytes = bk_query_number(&query);
        keep(state, &usage);
    }
    bk_query_end(&query);
    return step != BK_STEP_FAILED;
}

/* In a snapshot that has just begun: what is kept is as new as that, or forgotten. */
static bool catch_up(struct bk_state *state, struct bk_error *error)
{
    int64_t sequence = 0, reports;

    if (bk_state_usage_sequence(state, &sequence, error) == BK_FAILED)
        return false;
    reports = sequence - state->kept_sequence;
    if (state->kept_sequence < 0 || reports < 0 || reports >= REPORTS_MAXIMUM)
        bk_state_forget_kept(state);
    else if (reports > 0 && !keep_newer(state, error))
        return false;
    state->kept_sequence = sequence;
    return true;
}

bool bk_state_begin_read(struct bk_state *state, struct bk_error *error)
{
    if (!bk_database_begin(&state->database, "BEGIN", error))
        return false;
    if (state->kept == NULL || catch_up(state, error))
        return true;
    bk_state_forget_kept(state);
    bk_state_end_read(state);
    return false;
}

/* ---- on record ---- */

static enum bk_lookup read_usage(struct bk_state *state, int64_t account_id,
                                 struct bk_kept_usage *usage_r, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    *usage_r = (struct bk_kept_usage){.account_id = account_id, .bytes = -1};
    if (!bk_state_begin(state, &query,
                        "SELECT bytes, messages, measured_at, limit_bytes FROM usage "
                        "WHERE account_id = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        usage_r->bytes = bk_query_number(&query);
        usage_r->messages = bk_query_number(&query);
        usage_r->measured_at = bk_query_number(&query);
        usage_r->limit_bytes = bk_query_number(&query);
    }
    bk_query_end(&query);
    return found;
}

enum bk_lookup bk_state_lookup_usage(struct bk_state *state, int64_t account_id,
                                     struct bk_usage *usage_r, int64_t *limit_bytes_r,
                                     struct bk_error *error)
{
    const struct bk_kept_usage *kept = place_of(state, account_id);
    struct bk_kept_usage read;

    *usage_r = (struct bk_usage){.known = false};
    if (kept == NULL || kept->account_id != account_id) {
        if (read_usage(state, account_id, &read, error) == BK_FAILED)
            return BK_FAILED;
        keep(state, &read);
        kept = &read;
    }
    if (kept->bytes < 0)
        return BK_ABSENT;
    *usage_r = (struct bk_usage){.known = true,
                                 .bytes = kept->bytes,
                                 .messages = kept->messages,
                                 .measured_at = kept->measured_at};
    *limit_bytes_r = kept->limit_bytes;
    return BK_FOUND;
}

/* The first number is the time in microseconds: more than a lost file can have counted. */
static bool next_sequence(struct bk_state *state, int64_t now, int64_t *sequence_r,
                          struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query,
                        "INSERT INTO counters (name, value) VALUES ('usage_sequence', $1) "
                        "ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 "
                        "RETURNING value",
                        error))
        return false;
    bk_query_bind_number(&query, now * 1000000);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *sequence_r = bk_query_number(&query);
    bk_query_end(&query);
    return found == BK_FOUND;
}

static bool put_usage(struct bk_state *state, int64_t account_id, const struct bk_usage *usage,
                      int64_t limit_bytes, int64_t sequence, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_state_begin(state, &query,
                        "INSERT INTO usage (account_id, bytes, messages, measured_at, limit_bytes, "
                        "sequence) VALUES ($1, $2, $3, $4, $5, $6) "
                        "ON CONFLICT (account_id) DO UPDATE SET "
                        "bytes = excluded.bytes, messages = excluded.messages, "
                        "measured_at = excluded.measured_at, limit_bytes = excluded.limit_bytes, "
                        "sequence = excluded.sequence",
                        error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_number(&query, usage->bytes);
    bk_query_bind_number(&query, usage->messages);
    bk_query_bind_number(&query, usage->measured_at);
    bk_query_bind_number(&query, limit_bytes);
    bk_query_bind_number(&query, sequence);
    return bk_query_run(&query, error);
}

bool bk_state_put_usage(struct bk_state *state, int64_t account_id, const struct bk_usage *usage,
                        int64_t limit_bytes, struct bk_error *error)
{
    bool is_own = !state->database.in_transaction, is_done;
    int64_t sequence = 0;

    if (is_own && !bk_state_begin_write(state, error))
        return false;
    is_done = next_sequence(state, usage->measured_at, &sequence, error) &&
              put_usage(state, account_id, usage, limit_bytes, sequence, error);
    return is_own ? bk_state_finish(state, is_done, error) : is_done;
}

enum bk_lookup bk_state_usage_sequence(struct bk_state *state, int64_t *sequence_r,
                                       struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query, "SELECT value FROM counters WHERE name = 'usage_sequence'",
                        error))
        return BK_FAILED;
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *sequence_r = bk_query_number(&query);
    bk_query_end(&query);
    return found;
}

/* Both lists: a number to begin at, and how many. */
static enum bk_lookup list_usage(struct bk_state *state, const char *sql, int64_t from,
                                 int64_t count, bk_state_usage_row *row, void *context,
                                 struct bk_error *error)
{
    enum bk_lookup found = BK_ABSENT;
    struct bk_state_usage usage;
    struct bk_query query;
    enum bk_step step;

    if (!bk_state_make_usable(state, error) ||
        !bk_query_begin_list(&query, &state->database, sql, error))
        return BK_FAILED;
    bk_query_bind_number(&query, from);
    bk_query_bind_number(&query, count);
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        found = BK_FOUND;
        usage.account_id = bk_query_number(&query);
        usage.sequence = bk_query_number(&query);
        usage.bytes = bk_query_number(&query);
        usage.limit_bytes = bk_query_number(&query);
        if (!row(context, &usage))
            break;
    }
    bk_query_end(&query);
    return step == BK_STEP_FAILED ? BK_FAILED : found;
}

enum bk_lookup bk_state_list_newer_usage(struct bk_state *state, int64_t sequence, int64_t count,
                                         bk_state_usage_row *row, void *context,
                                         struct bk_error *error)
{
    return list_usage(state,
                      "SELECT account_id, sequence, bytes, limit_bytes FROM usage "
                      "WHERE sequence > $1 ORDER BY sequence LIMIT $2",
                      sequence, count, row, context, error);
}

enum bk_lookup bk_state_list_usage(struct bk_state *state, int64_t account_id, int64_t count,
                                   bk_state_usage_row *row, void *context, struct bk_error *error)
{
    return list_usage(state,
                      "SELECT account_id, sequence, bytes, limit_bytes FROM usage "
                      "WHERE account_id >= $1 ORDER BY account_id LIMIT $2",
                      account_id, count, row, context, error);
}

bool bk_state_delete_usage(struct bk_state *state, int64_t account_id, struct bk_error *error)
{
    struct bk_query query;

    /* No row is left to tell readers that this one is gone: they forget all that they have. */
    if (!bk_state_begin(state, &query,
                        "UPDATE counters SET value = value + $1 WHERE name = 'usage_sequence'",
                        error))
        return false;
    bk_query_bind_number(&query, REPORTS_MAXIMUM);
    if (!bk_query_run(&query, error) ||
        !bk_state_begin(state, &query, "DELETE FROM usage WHERE account_id = $1", error))
        return false;
    bk_query_bind_number(&query, account_id);
    return bk_query_run(&query, error);
}
