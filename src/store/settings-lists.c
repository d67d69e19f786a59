/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/settings-private.h"

#include "rules/address.h"

#include <string.h>

/*
 * One row at a time: `read` hands it to the caller's function; what it allocates is given back
 * after each row. FOUND if there was a row.
 */
struct list {
    struct bk_query query;
    struct bk_arena *arena;
    enum bk_lookup (*read)(struct list *list, bool *go_on_r, struct bk_error *error);
    void *row; /* &function of the caller */
    void *context;
};

static enum bk_lookup run_list(struct list *list, struct bk_error *error)
{
    enum bk_lookup found = BK_ABSENT;
    bool go_on = true;

    list->arena = bk_arena_create();
    while (go_on && found != BK_FAILED) {
        enum bk_step step = bk_query_step(&list->query, error);

        if (step != BK_ROW) {
            if (step == BK_STEP_FAILED)
                found = BK_FAILED;
            break;
        }
        found = list->read(list, &go_on, error);
        bk_arena_clear(list->arena);
    }
    bk_arena_destroy(&list->arena);
    bk_query_end(&list->query);
    return found;
}

/* ---- plans and domains ---- */

static enum bk_lookup read_plan(struct list *list, bool *go_on_r, struct bk_error *error)
{
    const struct bk_plan *plan = bk_read_plan(&list->query, list->arena);

    if (bk_query_found(&list->query, error) == BK_FAILED)
        return BK_FAILED;
    *go_on_r = (*(bk_plan_row **)list->row)(list->context, plan);
    return BK_FOUND;
}

enum bk_lookup bk_settings_list_plans(struct bk_settings *settings, bk_plan_row *row, void *context,
                                      struct bk_error *error)
{
    struct list list = {.read = read_plan, .row = &row, .context = context};

    if (!bk_query_begin_list(&list.query, &settings->database,
                             "SELECT " BK_PLAN_COLUMNS " FROM plans p ORDER BY p.id", error))
        return BK_FAILED;
    return run_list(&list, error);
}

static enum bk_lookup read_domain(struct list *list, bool *go_on_r, struct bk_error *error)
{
    const struct bk_domain *domain = bk_read_domain(&list->query, list->arena);

    if (bk_query_found(&list->query, error) == BK_FAILED)
        return BK_FAILED;
    *go_on_r = (*(bk_domain_row **)list->row)(list->context, domain);
    return BK_FOUND;
}

enum bk_lookup bk_settings_list_domains(struct bk_settings *settings, bk_domain_row *row,
                                        void *context, struct bk_error *error)
{
    struct list list = {.read = read_domain, .row = &row, .context = context};

    if (!bk_query_begin_list(
            &list.query, &settings->database,
            "SELECT " BK_DOMAIN_COLUMNS " FROM " BK_DOMAIN_TABLES " ORDER BY d.name", error))
        return BK_FAILED;
    return run_list(&list, error);
}

/* ---- accounts ---- */

static enum bk_lookup read_account(struct list *list, bool *go_on_r, struct bk_error *error)
{
    const struct bk_account *account;

    if (bk_read_account(&list->query, list->arena, &account, error) == BK_FAILED)
        return BK_FAILED;
    *go_on_r = (*(bk_account_row **)list->row)(list->context, account);
    return BK_FOUND;
}

/* "%text%" for LIKE … ESCAPE '!', folded. */
static const char *like_pattern(struct bk_arena *arena, const char *text)
{
    const char *folded = bk_address_fold(arena, text);
    char *pattern = bk_arena_alloc(arena, 2 * strlen(folded) + 3), *end = pattern;

    *end++ = '%';
    for (; *folded != '\0'; folded++) {
        if (strchr("%_!", *folded) != NULL)
            *end++ = '!';
        *end++ = *folded;
    }
    *end = '%';
    return pattern;
}

/* "%@domain"; a domain name has no sign of LIKE's. */
static const char *ends_with_domain(struct bk_arena *arena, const char *domain)
{
    return bk_arena_printf(arena, "%%@%s", domain);
}

#define FILTER_DOMAIN " AND d.name = $1"
#define FILTER_SEARCH                                                                              \
    " AND (lower(c.name) LIKE $2 ESCAPE '!' OR lower(c.full_name) LIKE $2 ESCAPE '!' OR "          \
    "lower(c.comment) LIKE $2 ESCAPE '!' OR EXISTS (SELECT 1 FROM addresses s "                    \
    "WHERE s.account_id = c.id AND s.address LIKE $2 ESCAPE '!'))"

/* `query` on the accounts that `filter` names: "SELECT columns" and what follows WHERE. */
static bool begin_filtered(struct bk_query *query, struct bk_settings *settings,
                           struct bk_arena *arena, const char *columns,
                           const struct bk_account_filter *filter, const char *rest,
                           struct bk_error *error)
{
    /* Numbered by SQLite in the order of first appearance: all four always appear. */
    const char *sql = bk_arena_printf(
        arena,
        "SELECT %s FROM addresses m JOIN accounts c ON c.id = m.account_id "
        "JOIN domains d ON d.id = c.domain_id JOIN plans p ON p.id = d.plan_id "
        "WHERE m.kind = 'primary' AND $1 = $1 AND $2 = $2%s%s%s LIMIT $3 OFFSET $4",
        columns, filter->domain == NULL ? "" : FILTER_DOMAIN,
        filter->search == NULL ? "" : FILTER_SEARCH, rest);

    if (!bk_query_begin_list(query, &settings->database, sql, error))
        return false;
    bk_query_bind_text(query, filter->domain == NULL ? "" : filter->domain);
    bk_query_bind_text(query, filter->search == NULL ? "" : like_pattern(arena, filter->search));
    return true;
}

enum bk_lookup bk_settings_list_accounts(struct bk_settings *settings,
                                         const struct bk_account_filter *filter,
                                         bk_account_row *row, void *context, struct bk_error *error)
{
    struct list list = {.read = read_account, .row = &row, .context = context};
    struct bk_arena *arena = bk_arena_create();
    enum bk_lookup found = BK_FAILED;

    if (begin_filtered(&list.query, settings, arena, BK_ACCOUNT_COLUMNS, filter,
                       " ORDER BY m.address", error)) {
        bk_query_bind_number(&list.query, filter->limit > 0 ? filter->limit : INT64_MAX);
        bk_query_bind_number(&list.query, filter->offset);
        found = run_list(&list, error);
    }
    bk_arena_destroy(&arena);
    return found;
}

static enum bk_lookup read_key(struct list *list, bool *go_on_r, struct bk_error *error)
{
    struct bk_query *query = &list->query;
    struct bk_account_key key = {.id = bk_query_number(query)};
    bool own, domain;

    key.login = bk_query_text(query, list->arena);
    key.full_name = bk_query_text(query, list->arena);
    key.comment = bk_query_text(query, list->arena);
    key.capacity_bytes = bk_query_number(query);
    key.quota_grace_bytes = bk_query_number(query);
    key.created_at = bk_query_number(query);
    own = bk_query_flag(query);
    domain = bk_query_flag(query);
    key.suspended = own || domain;
    key.force_changed = bk_query_flag(query);
    key.deleting = bk_query_word(query, bk_account_state_words) == BK_ACCOUNT_DELETING;
    if (bk_query_found(query, error) == BK_FAILED)
        return BK_FAILED;
    *go_on_r = (*(bk_account_key_row **)list->row)(list->context, &key);
    return BK_FOUND;
}

enum bk_lookup bk_settings_list_account_keys(struct bk_settings *settings,
                                             const struct bk_account_filter *filter,
                                             bk_account_key_row *row, void *context,
                                             struct bk_error *error)
{
    struct list list = {.read = read_key, .row = &row, .context = context};
    struct bk_arena *arena = bk_arena_create();
    enum bk_lookup found = BK_FAILED;

    if (begin_filtered(&list.query, settings, arena,
                       "c.id, c.login, c.full_name, c.comment, c.capacity_bytes, "
                       "p.quota_grace_bytes, c.created_at, c.suspended, d.suspended, "
                       "c.force_changed, c.state",
                       filter, " ORDER BY m.address", error)) {
        bk_query_bind_number(&list.query, filter->limit > 0 ? filter->limit : INT64_MAX);
        bk_query_bind_number(&list.query, filter->offset);
        found = run_list(&list, error);
    }
    bk_arena_destroy(&arena);
    return found;
}

enum bk_lookup bk_settings_count_accounts(struct bk_settings *settings,
                                          const struct bk_account_filter *filter, int64_t *count_r,
                                          struct bk_error *error)
{
    struct bk_arena *arena = bk_arena_create();
    enum bk_lookup found = BK_FAILED;
    struct bk_query query;

    if (begin_filtered(&query, settings, arena, "count(*)", filter, "", error)) {
        bk_query_bind_number(&query, 1);
        bk_query_bind_number(&query, 0);
        found = bk_query_lookup(&query, error);
        if (found == BK_FOUND)
            *count_r = bk_query_number(&query);
        bk_query_end(&query);
    }
    bk_arena_destroy(&arena);
    return found;
}

enum bk_lookup bk_settings_domain_sums(struct bk_settings *settings, int64_t domain_id,
                                       int64_t except_id, int64_t *capacity_bytes_r,
                                       int64_t *unlimited_r, int64_t *accounts_r,
                                       struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT sum(capacity_bytes), "
                        "count(CASE WHEN capacity_bytes = 0 THEN 1 END), count(*) "
                        "FROM accounts WHERE domain_id = $1 AND id <> $2",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, domain_id);
    bk_query_bind_number(&query, except_id);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        *capacity_bytes_r = bk_query_number(&query);
        *unlimited_r = bk_query_number(&query);
        *accounts_r = bk_query_number(&query);
    }
    bk_query_end(&query);
    return found;
}

/* ---- export ---- */

static enum bk_lookup read_export(struct list *list, bool *go_on_r, struct bk_error *error)
{
    struct bk_query *query = &list->query;
    struct bk_export_account account;

    account.id = bk_query_number(query);
    account.name = bk_query_text(query, list->arena);
    account.comment = bk_query_text(query, list->arena);
    account.capacity_bytes = bk_query_number(query);
    account.receive = bk_query_flag(query);
    account.forwards = bk_query_flag(query);
    account.auto_reply = bk_query_flag(query);
    if (bk_query_found(query, error) == BK_FAILED)
        return BK_FAILED;
    *go_on_r = (*(bk_export_row **)list->row)(list->context, &account);
    return BK_FOUND;
}

/* In the order of the index on (domain_id, name): nothing is sorted. */
enum bk_lookup bk_settings_export_accounts(struct bk_settings *settings, int64_t domain_id,
                                           bk_export_row *row, void *context,
                                           struct bk_error *error)
{
    struct list list = {.read = read_export, .row = &row, .context = context};

    if (!bk_query_begin_list(
            &list.query, &settings->database,
            "SELECT c.id, c.name, c.comment, c.capacity_bytes, c.receive, "
            "EXISTS (SELECT 1 FROM forwards f WHERE f.account_id = c.id), c.auto_reply "
            "FROM accounts c WHERE c.domain_id = $1 AND c.state = 'active' ORDER BY c.name",
            error))
        return BK_FAILED;
    bk_query_bind_number(&list.query, domain_id);
    return run_list(&list, error);
}

/* ---- addresses ---- */

static enum bk_lookup read_text(struct list *list, bool *go_on_r, struct bk_error *error)
{
    (void)error;
    *go_on_r = (*(bk_text_row **)list->row)(list->context,
                                            bk_query_text(&list->query, list->arena));
    return BK_FOUND;
}

enum bk_lookup bk_settings_list_domain_aliases(struct bk_settings *settings, int64_t domain_id,
                                               bk_text_row *row, void *context,
                                               struct bk_error *error)
{
    struct list list = {.read = read_text, .row = &row, .context = context};

    if (!bk_query_begin_list(&list.query, &settings->database,
                             "SELECT name FROM domain_aliases WHERE domain_id = $1 ORDER BY name",
                             error))
        return BK_FAILED;
    bk_query_bind_number(&list.query, domain_id);
    return run_list(&list, error);
}

enum bk_lookup bk_settings_list_aliases(struct bk_settings *settings, int64_t account_id,
                                        bk_text_row *row, void *context, struct bk_error *error)
{
    struct list list = {.read = read_text, .row = &row, .context = context};

    if (!bk_query_begin_list(&list.query, &settings->database,
                             "SELECT address FROM addresses WHERE account_id = $1 AND "
                             "kind = 'alias' ORDER BY address",
                             error))
        return BK_FAILED;
    bk_query_bind_number(&list.query, account_id);
    return run_list(&list, error);
}

enum bk_lookup bk_settings_list_force_changed(struct bk_settings *settings, bk_text_row *row,
                                              void *context, struct bk_error *error)
{
    struct list list = {.read = read_text, .row = &row, .context = context};

    if (!bk_query_begin_list(&list.query, &settings->database,
                             "SELECT m.address FROM accounts c JOIN addresses m "
                             "ON m.account_id = c.id AND m.kind = 'primary' "
                             "WHERE c.force_changed = 1 ORDER BY m.address",
                             error))
        return BK_FAILED;
    return run_list(&list, error);
}

enum bk_lookup bk_settings_list_foreign_aliases(struct bk_settings *settings, const char *domain,
                                                bk_text_row *row, void *context,
                                                struct bk_error *error)
{
    struct list list = {.read = read_text, .row = &row, .context = context};
    struct bk_arena *arena = bk_arena_create();
    enum bk_lookup found = BK_FAILED;

    if (bk_query_begin_list(&list.query, &settings->database,
                            "SELECT a.address FROM addresses a "
                            "JOIN accounts c ON c.id = a.account_id "
                            "JOIN domains d ON d.id = c.domain_id "
                            "WHERE a.kind = 'alias' AND d.name <> $1 AND "
                            "a.address LIKE $2 ESCAPE '!' ORDER BY a.address",
                            error)) {
        bk_query_bind_text(&list.query, domain);
        bk_query_bind_text(&list.query, ends_with_domain(arena, domain));
        found = run_list(&list, error);
    }
    bk_arena_destroy(&arena);
    return found;
}

enum bk_lookup bk_settings_list_forwarders(struct bk_settings *settings, const char *address,
                                           bk_text_row *row, void *context, struct bk_error *error)
{
    struct list list = {.read = read_text, .row = &row, .context = context};

    if (!bk_query_begin_list(&list.query, &settings->database,
                             "SELECT DISTINCT m.address FROM forwards f JOIN addresses m "
                             "ON m.account_id = f.account_id AND m.kind = 'primary' "
                             "WHERE f.target_address = $1 ORDER BY m.address",
                             error))
        return BK_FAILED;
    bk_query_bind_text(&list.query, address);
    return run_list(&list, error);
}
