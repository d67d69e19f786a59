/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/settings-private.h"

#include "rules/address.h"

static void bind_account(struct bk_query *query, const struct bk_account *account)
{
    bk_query_bind_number(query, account->domain->id);
    bk_query_bind_text(query, account->name);
    bk_query_bind_text(query, account->login);
    bk_query_bind_text(query, bk_account_state_words[account->state - 1]);
    bk_query_bind_text(query, account->full_name);
    bk_query_bind_text(query, account->comment);
    bk_query_bind_text(query, account->language);
    bk_query_bind_text(query, account->rights);
    bk_query_bind_number(query, account->capacity_bytes);
    bk_query_bind_number(query, account->receive);
    bk_query_bind_number(query, account->suspended);
    bk_query_bind_number(query, account->force_changed);
    bk_query_bind_number(query, account->external_auth);
    bk_query_bind_number(query, account->imap_allowed);
    bk_query_bind_number(query, account->pop3_allowed);
    bk_query_bind_number(query, account->submission_allowed);
    bk_query_bind_number(query, account->managesieve_allowed);
    bk_query_bind_number(query, account->forward_keep_copy);
    bk_query_bind_number(query, account->archive_seconds);
    bk_query_bind_number(query, account->trash_seconds);
    bk_query_bind_number(query, account->junk_seconds);
    bk_bind_send_limits(query, &account->send);
    bk_query_bind_text(query, account->hold_reason);
    bk_query_bind_number(query, account->created_at);
    bk_query_bind_number(query, account->auto_reply);
    bk_query_bind_number(query, account->id);
}

#define BOUND_COLUMNS                                                                              \
    "domain_id, name, login, state, full_name, comment, language, rights, capacity_bytes, "        \
    "receive, suspended, force_changed, external_auth, imap_allowed, pop3_allowed, "               \
    "submission_allowed, managesieve_allowed, forward_keep_copy, archive_seconds, "                \
    "trash_seconds, junk_seconds, send_messages_per_hour, send_messages_per_day, "                 \
    "send_recipients_per_hour, send_recipients_per_day, "                                          \
    "hold_reason, created_at, auto_reply"
#define BOUND_VALUES                                                                               \
    "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, "  \
    "$21, $22, $23, $24, $25, $26, $27, $28"

/* ---- addresses ---- */

/* Says what the schema's message would not: which address, and that it is taken. */
static bool put_address(struct bk_settings *settings, int64_t account_id, const char *address,
                        const char *kind, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &settings->database,
                        "INSERT INTO addresses (address, account_id, kind) VALUES ($1, $2, $3)",
                        error))
        return false;
    bk_query_bind_text(&query, address);
    bk_query_bind_number(&query, account_id);
    bk_query_bind_text(&query, kind);
    if (bk_query_run(&query, error))
        return true;
    if (query.result == SQLITE_CONSTRAINT_PRIMARYKEY)
        bk_error_set(error, BK_ERROR_EXISTS, _("the address %s is taken already"), address);
    return false;
}

/* The primary address as it is to be; an alias of the account itself may become it. */
static bool put_primary_address(struct bk_settings *settings, const struct bk_account *account,
                                struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &settings->database,
                        "DELETE FROM addresses WHERE account_id = $1 AND "
                        "(kind = 'primary' OR address = $2)",
                        error))
        return false;
    bk_query_bind_number(&query, account->id);
    bk_query_bind_text(&query, account->primary_address);
    return bk_query_run(&query, error) &&
           put_address(settings, account->id, account->primary_address, "primary", error);
}

bool bk_settings_add_alias(struct bk_settings *settings, int64_t account_id, const char *address,
                           struct bk_error *error)
{
    return bk_settings_touch(settings, "account", account_id, error) &&
           put_address(settings, account_id, address, "alias", error);
}

bool bk_settings_remove_alias(struct bk_settings *settings, int64_t account_id, const char *address,
                              struct bk_error *error)
{
    struct bk_query query;

    if (!bk_settings_touch(settings, "account", account_id, error) ||
        !bk_query_begin(&query, &settings->database,
                        "DELETE FROM addresses WHERE account_id = $1 AND address = $2 AND "
                        "kind = 'alias'",
                        error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_text(&query, address);
    return bk_query_run(&query, error) &&
           bk_settings_check_changed(settings, _("the account has no such alias"), error);
}

/* ---- forward targets ---- */

static bool put_target(struct bk_settings *settings, int64_t account_id, size_t position,
                       const char *target, struct bk_error *error)
{
    struct bk_arena *arena = bk_arena_create();
    struct bk_address address;
    struct bk_query query;
    bool is_done = false;

    if (bk_query_begin(&query, &settings->database,
                       "INSERT INTO forwards (account_id, position, target, target_address) "
                       "VALUES ($1, $2, $3, $4)",
                       error)) {
        bk_query_bind_number(&query, account_id);
        bk_query_bind_number(&query, (int64_t)position);
        bk_query_bind_text(&query, target);
        bk_query_bind_text(&query, bk_address_parse(arena, target, &address)
                                       ? bk_address_plain(arena, &address)
                                       : target);
        is_done = bk_query_run(&query, error);
    }
    bk_arena_destroy(&arena);
    return is_done;
}

static bool put_targets(struct bk_settings *settings, const struct bk_account *account,
                        struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &settings->database, "DELETE FROM forwards WHERE account_id = $1",
                        error))
        return false;
    bk_query_bind_number(&query, account->id);
    if (!bk_query_run(&query, error))
        return false;
    for (size_t i = 0; i < account->forward_target_count; i++)
        if (!put_target(settings, account->id, i, account->forward_targets[i], error))
            return false;
    return true;
}

/* ---- accounts ---- */

static bool run_account(struct bk_settings *settings, struct bk_query *query,
                        const struct bk_account *account, struct bk_error *error)
{
    bind_account(query, account);
    if (!bk_query_run(query, error)) {
        if (query->result == SQLITE_CONSTRAINT_UNIQUE)
            bk_error_set(error, BK_ERROR_EXISTS, _("the name %s or the login %s is taken already"),
                         account->name, account->login);
        return false;
    }
    return bk_settings_check_changed(settings, _("the account is gone"), error) &&
           put_primary_address(settings, account, error) && put_targets(settings, account, error);
}

bool bk_settings_insert_account(struct bk_settings *settings, const struct bk_account *account,
                                int64_t *id_r, struct bk_error *error)
{
    struct bk_account row = *account;
    struct bk_query query;

    if (!bk_settings_next_id(settings, "account_id", &row.id, error) ||
        !bk_settings_touch(settings, "account", row.id, error) ||
        !bk_query_begin(
            &query, &settings->database,
            "INSERT INTO accounts (" BOUND_COLUMNS ", id) VALUES (" BOUND_VALUES ", $29)", error) ||
        !run_account(settings, &query, &row, error))
        return false;
    *id_r = row.id;
    return true;
}

bool bk_settings_update_account(struct bk_settings *settings, const struct bk_account *account,
                                struct bk_error *error)
{
    struct bk_query query;

    return bk_settings_touch(settings, "account", account->id, error) &&
           bk_query_begin(&query, &settings->database,
                          "UPDATE accounts SET (" BOUND_COLUMNS ") = (" BOUND_VALUES
                          ") WHERE id = $29",
                          error) &&
           run_account(settings, &query, account, error);
}

/* A domain whose catch-all account goes is changed, too. */
static bool touch_catching_domains(struct bk_settings *settings, int64_t id, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &settings->database,
                        "INSERT INTO changes (sequence, kind, subject_id) "
                        "SELECT $1, 'domain', id FROM domains WHERE catch_all_account_id = $2 "
                        "ON CONFLICT DO NOTHING",
                        error))
        return false;
    bk_query_bind_number(&query, settings->writing_sequence);
    bk_query_bind_number(&query, id);
    return bk_query_run(&query, error);
}

bool bk_settings_delete_account(struct bk_settings *settings, int64_t id, struct bk_error *error)
{
    static const char *const statements[] = {
        "UPDATE domains SET catch_all_account_id = 0 WHERE catch_all_account_id = $1",
        "DELETE FROM accounts WHERE id = $1",
    };
    struct bk_query query;

    if (!bk_settings_touch(settings, "account", id, error) ||
        !touch_catching_domains(settings, id, error))
        return false;
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        if (!bk_query_begin(&query, &settings->database, statements[i], error))
            return false;
        bk_query_bind_number(&query, id);
        if (!bk_query_run(&query, error))
            return false;
    }
    return bk_settings_check_changed(settings, _("the account is gone"), error);
}
