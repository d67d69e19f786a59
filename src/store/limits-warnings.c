/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/limits-warnings.h"

#include "store/limits-private.h"

static enum bk_warning warning_of_percent(struct bk_query *query, int64_t percent)
{
    for (int warning = BK_WARNING_BELOW; warning < BK_WARNING_COUNT; warning++)
        if (bk_warning_percent((enum bk_warning)warning) == percent)
            return (enum bk_warning)warning;
    query->is_bad = true;
    return BK_WARNING_BELOW;
}

enum bk_lookup bk_limits_lookup_warned(struct bk_limits *limits, int64_t account_id,
                                       struct bk_warned *warned_r, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    *warned_r = (struct bk_warned){.told = BK_WARNING_BELOW};
    if (!bk_query_begin(&query, &limits->database,
                        "SELECT threshold_percent, sent_below_at, sent_80_at, sent_90_at, "
                        "sent_95_at, look_at FROM warnings WHERE account_id = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        warned_r->told = warning_of_percent(&query, bk_query_number(&query));
        for (int warning = BK_WARNING_BELOW; warning < BK_WARNING_COUNT; warning++)
            warned_r->sent_at[warning] = bk_query_number(&query);
        warned_r->look_at = bk_query_number(&query);
        found = bk_query_found(&query, error);
    }
    bk_query_end(&query);
    return found;
}

static int64_t last_of(const struct bk_warned *warned)
{
    int64_t last = 0;

    for (int warning = BK_WARNING_BELOW; warning < BK_WARNING_COUNT; warning++)
        if (warned->sent_at[warning] > last)
            last = warned->sent_at[warning];
    return last;
}

bool bk_limits_put_warned(struct bk_limits *limits, int64_t account_id,
                          const struct bk_warned *warned, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &limits->database,
                        "INSERT INTO warnings (account_id, threshold_percent, sent_at, "
                        "sent_below_at, sent_80_at, sent_90_at, sent_95_at, look_at) "
                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account_id) "
                        "DO UPDATE SET threshold_percent = excluded.threshold_percent, "
                        "sent_at = excluded.sent_at, sent_below_at = excluded.sent_below_at, "
                        "sent_80_at = excluded.sent_80_at, sent_90_at = excluded.sent_90_at, "
                        "sent_95_at = excluded.sent_95_at, look_at = excluded.look_at",
                        error))
        return bk_limits_keep(limits, false);
    bk_query_bind_number(&query, account_id);
    bk_query_bind_number(&query, bk_warning_percent(warned->told));
    bk_query_bind_number(&query, last_of(warned));
    for (int warning = BK_WARNING_BELOW; warning < BK_WARNING_COUNT; warning++)
        bk_query_bind_number(&query, warned->sent_at[warning]);
    bk_query_bind_number(&query, warned->look_at);
    return bk_limits_keep(limits, bk_query_run(&query, error));
}

bool bk_limits_delete_warned(struct bk_limits *limits, int64_t account_id, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &limits->database, "DELETE FROM warnings WHERE account_id = $1",
                        error))
        return bk_limits_keep(limits, false);
    bk_query_bind_number(&query, account_id);
    return bk_limits_keep(limits, bk_query_run(&query, error));
}

enum bk_lookup bk_limits_list_due(struct bk_limits *limits, int64_t now, int64_t count,
                                  bk_limits_due_row *row, void *context, struct bk_error *error)
{
    enum bk_lookup found = BK_ABSENT;
    struct bk_query query;
    enum bk_step step;

    if (!bk_query_begin_list(&query, &limits->database,
                             "SELECT account_id FROM warnings WHERE look_at > 0 "
                             "AND look_at <= $1 ORDER BY look_at LIMIT $2",
                             error))
        return BK_FAILED;
    bk_query_bind_number(&query, now);
    bk_query_bind_number(&query, count);
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        found = BK_FOUND;
        if (!row(context, bk_query_number(&query)))
            break;
    }
    bk_query_end(&query);
    return step == BK_STEP_FAILED ? BK_FAILED : found;
}

/* ---- progress ---- */

enum bk_lookup bk_limits_lookup_progress(struct bk_limits *limits,
                                         struct bk_warning_progress *progress_r,
                                         struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &limits->database,
                        "SELECT usage_sequence, change_sequence, walk_account_id, known_sequence "
                        "FROM warning_progress WHERE id = 1",
                        error))
        return BK_FAILED;
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        progress_r->usage_sequence = bk_query_number(&query);
        progress_r->change_sequence = bk_query_number(&query);
        progress_r->walk_account_id = bk_query_number(&query);
        progress_r->known_sequence = bk_query_number(&query);
    }
    bk_query_end(&query);
    return found;
}

bool bk_limits_put_progress(struct bk_limits *limits, const struct bk_warning_progress *progress,
                            struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &limits->database,
                        "INSERT INTO warning_progress (id, usage_sequence, change_sequence, "
                        "walk_account_id, known_sequence) VALUES (1, $1, $2, $3, $4) "
                        "ON CONFLICT (id) DO UPDATE SET "
                        "usage_sequence = excluded.usage_sequence, "
                        "change_sequence = excluded.change_sequence, "
                        "walk_account_id = excluded.walk_account_id, "
                        "known_sequence = excluded.known_sequence",
                        error))
        return bk_limits_keep(limits, false);
    bk_query_bind_number(&query, progress->usage_sequence);
    bk_query_bind_number(&query, progress->change_sequence);
    bk_query_bind_number(&query, progress->walk_account_id);
    bk_query_bind_number(&query, progress->known_sequence);
    return bk_limits_keep(limits, bk_query_run(&query, error));
}
