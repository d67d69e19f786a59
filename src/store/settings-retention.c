/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/settings-private.h"

#include "rules/retention.h"

#define LEVEL_COLUMNS                                                                              \
    "p.retention_kind, p.archive_seconds, p.trash_seconds, p.junk_seconds, d.archive_seconds, "    \
    "d.trash_seconds, d.junk_seconds"

struct subject {
    struct bk_plan plan;
    struct bk_domain domain;
    struct bk_account account;
};

/* An account that inherits everything. */
static void read_levels(struct bk_query *query, struct subject *subject)
{
    struct bk_plan *plan = &subject->plan;
    struct bk_domain *domain = &subject->domain;
    struct bk_account *account = &subject->account;

    plan->retention_kind = (enum bk_retention_kind)bk_query_word(query, bk_retention_kind_words);
    plan->archive_seconds = bk_query_number(query);
    plan->trash_seconds = bk_query_number(query);
    plan->junk_seconds = bk_query_number(query);
    domain->archive_seconds = bk_query_number(query);
    domain->trash_seconds = bk_query_number(query);
    domain->junk_seconds = bk_query_number(query);
    domain->plan = plan;
    account->domain = domain;
    account->state = BK_ACCOUNT_ACTIVE;
    account->archive_seconds = account->trash_seconds = account->junk_seconds = BK_INHERIT;
}

static void read_account(struct bk_query *query, struct bk_arena *arena, struct subject *subject)
{
    struct bk_account *account = &subject->account;

    read_levels(query, subject);
    subject->domain.suspended = bk_query_flag(query);
    account->id = bk_query_number(query);
    account->state = (enum bk_account_state)bk_query_word(query, bk_account_state_words);
    account->suspended = bk_query_flag(query);
    account->archive_seconds = bk_query_number(query);
    account->trash_seconds = bk_query_number(query);
    account->junk_seconds = bk_query_number(query);
    account->hold_reason = bk_query_text(query, arena);
    account->primary_address = bk_query_text(query, arena);
    if (account->primary_address == NULL)
        query->is_bad = true;
}

enum bk_lookup bk_settings_lookup_retention(struct bk_settings *settings, struct bk_arena *arena,
                                            int64_t id, const struct bk_account **account_r,
                                            struct bk_error *error)
{
    struct subject *subject = bk_arena_alloc(arena, sizeof(*subject));
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT " LEVEL_COLUMNS ", d.suspended, c.id, c.state, c.suspended, "
                        "c.archive_seconds, c.trash_seconds, c.junk_seconds, c.hold_reason, "
                        "m.address FROM " BK_ACCOUNT_TABLES " WHERE c.id = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, id);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        read_account(&query, arena, subject);
        found = bk_query_found(&query, error);
    }
    bk_query_end(&query);
    if (found == BK_FOUND)
        *account_r = &subject->account;
    return found;
}

enum bk_lookup bk_settings_list_retention(struct bk_settings *settings, bk_retention_row *row,
                                          void *context, struct bk_error *error)
{
    enum bk_lookup found = BK_ABSENT;
    struct bk_query query;
    enum bk_step step = BK_DONE;

    if (!bk_query_begin_list(&query, &settings->database,
                             "SELECT DISTINCT " LEVEL_COLUMNS " FROM " BK_DOMAIN_TABLES, error))
        return BK_FAILED;
    while (found != BK_FAILED && (step = bk_query_step(&query, error)) == BK_ROW) {
        struct subject subject = {.account = {.id = 0}};

        read_levels(&query, &subject);
        found = bk_query_found(&query, error);
        if (found == BK_FOUND && !row(context, &subject.account))
            break;
    }
    bk_query_end(&query);
    return step == BK_STEP_FAILED ? BK_FAILED : found;
}

/* ---- ids ---- */

static enum bk_lookup read_ids(struct bk_query *query, int64_t *ids, size_t room, size_t *count_r,
                               struct bk_error *error)
{
    enum bk_step step = BK_ROW;

    *count_r = 0;
    while (*count_r < room && (step = bk_query_step(query, error)) == BK_ROW)
        ids[(*count_r)++] = bk_query_number(query);
    bk_query_end(query);
    return step == BK_STEP_FAILED ? BK_FAILED : BK_FOUND;
}

enum bk_lookup bk_settings_list_ids(struct bk_settings *settings, int64_t after, int64_t *ids,
                                    size_t room, size_t *count_r, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT id FROM accounts WHERE id > $1 ORDER BY id LIMIT $2", error))
        return BK_FAILED;
    bk_query_bind_number(&query, after);
    bk_query_bind_number(&query, (int64_t)room);
    return read_ids(&query, ids, room, count_r, error);
}

enum bk_lookup bk_settings_list_short_ids(struct bk_settings *settings, int64_t after,
                                          const struct bk_retention_durations *than, int64_t *ids,
                                          size_t room, size_t *count_r, struct bk_error *error)
{
    struct bk_query query;

    /* The first condition is the one of the index accounts_own_retention. */
    if (!bk_query_begin(&query, &settings->database,
                        "SELECT id FROM accounts WHERE "
                        "(archive_seconds > 0 OR trash_seconds > 0 OR junk_seconds > 0) "
                        "AND id > $1 AND ((archive_seconds > 0 AND archive_seconds < $2) "
                        "OR (trash_seconds > 0 AND trash_seconds < $3) "
                        "OR (junk_seconds > 0 AND junk_seconds < $4)) ORDER BY id LIMIT $5",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, after);
    bk_query_bind_number(&query, than->archive_seconds);
    bk_query_bind_number(&query, than->trash_seconds);
    bk_query_bind_number(&query, than->junk_seconds);
    bk_query_bind_number(&query, (int64_t)room);
    return read_ids(&query, ids, room, count_r, error);
}
