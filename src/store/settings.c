/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/settings-private.h"

#include "rules/address.h"
#include "store/databases.h"
#include "store/schema.h"
#include "store/settings-cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t openings; /* of all handles, so that no two files are taken for one */

static struct bk_settings *open_settings(const char *path, bool writer, int busy_milliseconds,
                                         struct bk_error *error)
{
    struct bk_settings *settings = calloc(1, sizeof(*settings));

    if (settings == NULL) {
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s", strerror(errno));
        return NULL;
    }
    settings->opening = ++openings;
    if (bk_database_open(&settings->database, BK_DATABASE_SETTINGS, path, writer, busy_milliseconds,
                         error) &&
        bk_schema_check(&settings->database, error))
        return settings;
    bk_settings_close(&settings);
    return NULL;
}

struct bk_settings *bk_settings_open_reader(const char *path, struct bk_error *error)
{
    return open_settings(path, false, BK_BUSY_READER_MILLISECONDS, error);
}

struct bk_settings *bk_settings_open_writer(const char *path, struct bk_error *error)
{
    return open_settings(path, true, BK_BUSY_WRITER_MILLISECONDS, error);
}

void bk_settings_close(struct bk_settings **settings)
{
    if (*settings == NULL)
        return;
    bk_database_close(&(*settings)->database);
    bk_settings_cache_destroy(&(*settings)->cache);
    free(*settings);
    *settings = NULL;
}

bool bk_settings_use_cache(struct bk_settings *settings, size_t bytes, struct bk_error *error)
{
    bk_settings_cache_destroy(&settings->cache);
    if (bytes == 0)
        return true;
    settings->cache = bk_settings_cache_create(bytes);
    if (settings->cache == NULL)
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s", strerror(ENOMEM));
    return settings->cache != NULL;
}

static bool reopen(struct bk_settings *settings, struct bk_error *error)
{
    if (settings->cache != NULL)
        bk_settings_cache_clear(settings->cache);
    settings->opening = ++openings;
    bk_database_disconnect(&settings->database);
    if (!bk_database_connect(&settings->database, error))
        return false;
    if (bk_schema_check(&settings->database, error))
        return true;
    bk_database_disconnect(&settings->database);
    return false;
}

bool bk_settings_refresh(struct bk_settings *settings, int64_t now_seconds, struct bk_error *error)
{
    struct bk_database *database = &settings->database;
    int64_t sequence = 0;

    /* One that failed is tried at each call: what is back again is not waited for. */
    if (!bk_database_is_look_due(database, now_seconds) && database->connection != NULL)
        return true;
    if (bk_database_is_stale(database) && !reopen(settings, error))
        return false;
    /* A migration may have left us behind. */
    if (!bk_schema_check(database, error)) {
        bk_database_disconnect(database);
        return false;
    }
    if (bk_settings_change_sequence(settings, &sequence, error) == BK_FAILED)
        return false;
    /* Another state of things than the one seen before: begin anew. */
    if (sequence < settings->newest_sequence && !reopen(settings, error))
        return false;
    settings->newest_sequence = sequence;
    return true;
}

/* ---- snapshots and the sequence ---- */

bool bk_settings_begin_read(struct bk_settings *settings, struct bk_error *error)
{
    int64_t sequence;

    if (!bk_database_begin(&settings->database, "BEGIN", error))
        return false;
    /* BEGIN alone takes no snapshot, the first look-up does. */
    if (bk_settings_change_sequence(settings, &sequence, error) == BK_FOUND &&
        (settings->cache == NULL ||
         bk_settings_cache_begin(settings->cache, settings, sequence, error)))
        return true;
    bk_settings_end_read(settings);
    return false;
}

void bk_settings_end_read(struct bk_settings *settings)
{
    bk_database_rollback(&settings->database);
}

enum bk_lookup bk_settings_change_sequence(struct bk_settings *settings, int64_t *sequence_r,
                                           struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT value FROM counters WHERE name = 'change_sequence'", error))
        return BK_FAILED;
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *sequence_r = bk_query_number(&query);
    bk_query_end(&query);
    return found;
}

bool bk_settings_has_changed(struct bk_settings *settings, struct bk_settings_version *version)
{
    struct bk_settings_version now = {.opening = settings->opening};
    bool is_same = bk_settings_change_sequence(settings, &now.sequence, NULL) == BK_FOUND &&
                   now.opening == version->opening && now.sequence == version->sequence;

    *version = now;
    return !is_same;
}

enum bk_lookup bk_databases_schema(struct bk_settings *settings, int64_t *version_r,
                                   int64_t *oldest_reader_r, struct bk_error *error)
{
    return bk_schema_lookup(&settings->database, version_r, oldest_reader_r, error);
}

/* ---- look-ups ---- */

enum bk_lookup bk_settings_server_value(struct bk_settings *settings, struct bk_arena *arena,
                                        const char *name, const char **value_r,
                                        struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &settings->database, "SELECT value FROM server WHERE name = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_text(&query, name);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *value_r = bk_query_text(&query, arena);
    bk_query_end(&query);
    return found;
}

enum bk_lookup bk_settings_lookup_plan(struct bk_settings *settings, struct bk_arena *arena,
                                       const char *name, const struct bk_plan **plan_r,
                                       struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT " BK_PLAN_COLUMNS " FROM plans p WHERE p.name = $1", error))
        return BK_FAILED;
    bk_query_bind_text(&query, name);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        *plan_r = bk_read_plan(&query, arena);
        found = bk_query_found(&query, error);
    }
    bk_query_end(&query);
    return found;
}

enum bk_lookup bk_settings_lookup_domain(struct bk_settings *settings, struct bk_arena *arena,
                                         const char *name, const struct bk_domain **domain_r,
                                         struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT " BK_DOMAIN_COLUMNS " FROM " BK_DOMAIN_TABLES " WHERE d.name = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_text(&query, name);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        *domain_r = bk_read_domain(&query, arena);
        found = bk_query_found(&query, error);
    }
    bk_query_end(&query);
    return found;
}

enum bk_lookup bk_settings_lookup_mail_domain(struct bk_settings *settings, struct bk_arena *arena,
                                              const char *name, const struct bk_domain **domain_r,
                                              struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found = bk_settings_lookup_domain(settings, arena, name, domain_r, error);

    if (found != BK_ABSENT)
        return found;
    if (!bk_query_begin(&query, &settings->database,
                        "SELECT " BK_DOMAIN_COLUMNS " FROM " BK_DOMAIN_TABLES
                        " JOIN domain_aliases a ON a.domain_id = d.id WHERE a.name = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_text(&query, name);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        *domain_r = bk_read_domain(&query, arena);
        found = bk_query_found(&query, error);
    }
    bk_query_end(&query);
    return found;
}

static enum bk_lookup finish_account(struct bk_query *query, struct bk_arena *arena,
                                     const struct bk_account **account_r, struct bk_error *error)
{
    enum bk_lookup found = bk_query_lookup(query, error);

    if (found == BK_FOUND)
        found = bk_read_account(query, arena, account_r, error);
    bk_query_end(query);
    return found;
}

enum bk_lookup bk_settings_lookup_address(struct bk_settings *settings, struct bk_arena *arena,
                                          const char *address, const struct bk_account **account_r,
                                          struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT " BK_ACCOUNT_COLUMNS " FROM addresses a "
                        "CROSS JOIN " BK_ACCOUNT_TABLES
                        " WHERE a.address = $1 AND c.id = a.account_id",
                        error))
        return BK_FAILED;
    bk_query_bind_text(&query, address);
    return finish_account(&query, arena, account_r, error);
}

enum bk_lookup bk_settings_lookup_account_id(struct bk_settings *settings, struct bk_arena *arena,
                                             int64_t id, const struct bk_account **account_r,
                                             struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT " BK_ACCOUNT_COLUMNS " FROM " BK_ACCOUNT_TABLES " WHERE c.id = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, id);
    return finish_account(&query, arena, account_r, error);
}

static enum bk_lookup lookup_login(struct bk_settings *settings, struct bk_arena *arena,
                                   const char *login, const struct bk_account **account_r,
                                   struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(
            &query, &settings->database,
            "SELECT " BK_ACCOUNT_COLUMNS " FROM " BK_ACCOUNT_TABLES " WHERE c.login = $1", error))
        return BK_FAILED;
    bk_query_bind_text(&query, login);
    return finish_account(&query, arena, account_r, error);
}

static enum bk_lookup lookup_name(struct bk_settings *settings, struct bk_arena *arena,
                                  const struct bk_address *address,
                                  const struct bk_account **account_r, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT " BK_ACCOUNT_COLUMNS " FROM " BK_ACCOUNT_TABLES
                        " WHERE d.name = $1 AND c.name = $2",
                        error))
        return BK_FAILED;
    bk_query_bind_text(&query, address->domain);
    bk_query_bind_text(&query, address->local);
    return finish_account(&query, arena, account_r, error);
}

enum bk_lookup bk_settings_lookup_account(struct bk_settings *settings, struct bk_arena *arena,
                                          const char *text, const struct bk_account **account_r,
                                          struct bk_error *error)
{
    const char *folded = bk_address_fold(arena, text);
    struct bk_address address;
    enum bk_lookup found;

    found = bk_settings_lookup_address(settings, arena, folded, account_r, error);
    if (found == BK_ABSENT)
        found = lookup_login(settings, arena, folded, account_r, error);
    if (found == BK_ABSENT && bk_address_parse(arena, folded, &address) &&
        address.extension == NULL)
        found = lookup_name(settings, arena, &address, account_r, error);
    return found;
}
