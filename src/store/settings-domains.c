/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/settings-private.h"

static void bind_domain(struct bk_query *query, const struct bk_domain *domain)
{
    bk_query_bind_text(query, domain->name);
    bk_query_bind_text(query, domain->plan->name);
    bk_query_bind_text(query, domain->login_prefix);
    bk_query_bind_text(query, domain->time_zone);
    bk_query_bind_number(query, domain->suspended);
    bk_query_bind_number(query, domain->catch_all_account_id);
    bk_query_bind_number(query, domain->accounts_maximum);
    bk_query_bind_number(query, domain->capacity_sum_maximum_bytes);
    bk_query_bind_number(query, domain->capacity_maximum_bytes);
    bk_query_bind_number(query, domain->default_capacity_bytes);
    bk_query_bind_number(query, domain->archive_seconds);
    bk_query_bind_number(query, domain->trash_seconds);
    bk_query_bind_number(query, domain->junk_seconds);
    bk_bind_send_limits(query, &domain->send);
    bk_query_bind_text(query, domain->language);
    bk_query_bind_number(query, domain->id);
}

#define BOUND_COLUMNS                                                                              \
    "name, plan_id, login_prefix, time_zone, suspended, catch_all_account_id, accounts_maximum, "  \
    "capacity_sum_maximum_bytes, capacity_maximum_bytes, default_capacity_bytes, "                 \
    "archive_seconds, trash_seconds, junk_seconds, send_messages_per_hour, "                       \
    "send_messages_per_day, "                                                                      \
    "send_recipients_per_hour, send_recipients_per_day, language"
#define BOUND_VALUES                                                                               \
    "$1, (SELECT id FROM plans WHERE name = $2), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, " \
    "$14, $15, $16, $17, $18"

/* Names of domains and of domain aliases are one name space over two tables. */
static bool is_alias(struct bk_settings *settings, const char *name, bool *is_alias_r,
                     struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &settings->database, "SELECT 1 FROM domain_aliases WHERE name = $1",
                        error))
        return false;
    bk_query_bind_text(&query, name);
    found = bk_query_lookup(&query, error);
    bk_query_end(&query);
    *is_alias_r = found == BK_FOUND;
    return found != BK_FAILED;
}

static bool check_domain(struct bk_settings *settings, const struct bk_domain *domain,
                         struct bk_error *error)
{
    struct bk_arena *arena = bk_arena_create();
    const struct bk_plan *plan;
    bool alias = false, is_fine;

    is_fine = is_alias(settings, domain->name, &alias, error);
    if (is_fine && alias) {
        bk_error_set(error, BK_ERROR_EXISTS, _("%s is an alias of another domain"), domain->name);
        is_fine = false;
    }
    if (is_fine)
        switch (bk_settings_lookup_plan(settings, arena, domain->plan->name, &plan, error)) {
        case BK_FOUND:
            break;
        case BK_ABSENT:
            bk_error_set(error, BK_ERROR_UNKNOWN,
                         _("there is no plan %s: see `boxkeeper plan list`"), domain->plan->name);
            is_fine = false;
            break;
        case BK_FAILED:
            is_fine = false;
            break;
        }
    bk_arena_destroy(&arena);
    return is_fine;
}

bool bk_settings_insert_domain(struct bk_settings *settings, const struct bk_domain *domain,
                               int64_t *id_r, struct bk_error *error)
{
    struct bk_domain row = *domain;
    struct bk_query query;

    if (!bk_settings_next_id(settings, "domain_id", &row.id, error) ||
        !check_domain(settings, domain, error) ||
        !bk_query_begin(
            &query, &settings->database,
            "INSERT INTO domains (" BOUND_COLUMNS ", id) VALUES (" BOUND_VALUES ", $19)", error))
        return false;
    bind_domain(&query, &row);
    if (!bk_query_run(&query, error) || !bk_settings_touch(settings, "domain", row.id, error))
        return false;
    *id_r = row.id;
    return true;
}

bool bk_settings_update_domain(struct bk_settings *settings, const struct bk_domain *domain,
                               struct bk_error *error)
{
    struct bk_query query;

    if (!bk_settings_touch(settings, "domain", domain->id, error) ||
        !check_domain(settings, domain, error) ||
        !bk_query_begin(
            &query, &settings->database,
            "UPDATE domains SET (" BOUND_COLUMNS ") = (" BOUND_VALUES ") WHERE id = $19", error))
        return false;
    bind_domain(&query, domain);
    return bk_query_run(&query, error) &&
           bk_settings_check_changed(settings, _("the domain is gone"), error);
}

bool bk_settings_delete_domain(struct bk_settings *settings, int64_t id, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_settings_touch(settings, "domain", id, error) ||
        !bk_query_begin(&query, &settings->database, "DELETE FROM domains WHERE id = $1", error))
        return false;
    bk_query_bind_number(&query, id);
    return bk_query_run(&query, error) &&
           bk_settings_check_changed(settings, _("the domain is gone"), error);
}

static bool is_domain(struct bk_settings *settings, const char *name, bool *is_domain_r,
                      struct bk_error *error)
{
    struct bk_arena *arena = bk_arena_create();
    const struct bk_domain *domain;
    enum bk_lookup found = bk_settings_lookup_mail_domain(settings, arena, name, &domain, error);

    bk_arena_destroy(&arena);
    *is_domain_r = found == BK_FOUND;
    return found != BK_FAILED;
}

static bool run_for_alias(struct bk_settings *settings, const char *statement, int64_t domain_id,
                          const char *name, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_settings_touch(settings, "domain", domain_id, error) ||
        !bk_query_begin(&query, &settings->database, statement, error))
        return false;
    bk_query_bind_text(&query, name);
    bk_query_bind_number(&query, domain_id);
    return bk_query_run(&query, error);
}

bool bk_settings_add_domain_alias(struct bk_settings *settings, int64_t domain_id, const char *name,
                                  struct bk_error *error)
{
    bool is_taken;

    if (!is_domain(settings, name, &is_taken, error))
        return false;
    if (is_taken) {
        bk_error_set(error, BK_ERROR_EXISTS, _("%s is a domain of this server already"), name);
        return false;
    }
    return run_for_alias(settings, "INSERT INTO domain_aliases (name, domain_id) VALUES ($1, $2)",
                         domain_id, name, error);
}

bool bk_settings_remove_domain_alias(struct bk_settings *settings, int64_t domain_id,
                                     const char *name, struct bk_error *error)
{
    return run_for_alias(settings, "DELETE FROM domain_aliases WHERE name = $1 AND domain_id = $2",
                         domain_id, name, error) &&
           bk_settings_check_changed(settings, _("the domain has no such alias"), error);
}
