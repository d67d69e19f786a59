/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/schema.h"

#include "store/databases.h"

#include <inttypes.h>
#include <string.h>

const int64_t bk_schema_version = 4;

int64_t bk_schema_latest(enum bk_database_kind kind)
{
    int64_t latest = 0;

    for (const struct bk_migration *migration = bk_migrations; migration->kind != NULL; migration++)
        if (strcmp(migration->kind, bk_database_kind_name(kind)) == 0 &&
            migration->version > latest)
            latest = migration->version;
    return latest;
}

static const struct bk_migration *find_migration(enum bk_database_kind kind, int64_t version)
{
    for (const struct bk_migration *migration = bk_migrations; migration->kind != NULL; migration++)
        if (strcmp(migration->kind, bk_database_kind_name(kind)) == 0 &&
            migration->version == version)
            return migration;
    return NULL;
}

static enum bk_lookup lookup_table(struct bk_database *database, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found = BK_FAILED;

    if (!bk_query_begin_list(&query, database,
                             "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema'",
                             error))
        return BK_FAILED;
    found = bk_query_lookup(&query, error);
    bk_query_end(&query);
    return found;
}

enum bk_lookup bk_schema_lookup(struct bk_database *database, int64_t *version_r,
                                int64_t *oldest_reader_r, struct bk_error *error)
{
    enum bk_lookup found = lookup_table(database, error);
    struct bk_query query;

    if (found != BK_FOUND)
        return found;
    if (!bk_query_begin_list(&query, database,
                             "SELECT version, oldest_reader FROM schema WHERE id = 1", error))
        return BK_FAILED;
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        *version_r = bk_query_number(&query);
        *oldest_reader_r = bk_query_number(&query);
    }
    bk_query_end(&query);
    return found;
}

bool bk_schema_check(struct bk_database *database, struct bk_error *error)
{
    int64_t version = 0, oldest_reader = 0, latest = bk_schema_latest(database->kind);
    enum bk_lookup found = bk_schema_lookup(database, &version, &oldest_reader, error);

    if (found == BK_FAILED)
        return false;
    if (found == BK_ABSENT || version < latest) {
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     _("%s has schema %" PRId64 ", older than this program's %" PRId64
                       ": run `boxkeeper migrate`"),
                     database->path, version, latest);
        return false;
    }
    if (oldest_reader > latest || (database->writer && version > latest)) {
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     _("%s has schema %" PRId64 ", newer than this program's %" PRId64
                       ": install a newer boxkeeper"),
                     database->path, version, latest);
        return false;
    }
    return true;
}

/* A script of several statements. */
static bool execute_script(struct bk_database *database, const char *sql, struct bk_error *error)
{
    int result = sqlite3_exec(database->connection, sql, NULL, NULL, NULL);

    return result == SQLITE_OK || bk_database_failed(database, result, error);
}

/* Within a transaction: *is_latest_r, or one step further. */
static bool migrate_one(struct bk_database *database, bool *is_latest_r, struct bk_error *error)
{
    int64_t version = 0, oldest_reader, latest = bk_schema_latest(database->kind);
    const struct bk_migration *migration;
    int64_t want;

    if (bk_schema_lookup(database, &version, &oldest_reader, error) == BK_FAILED)
        return false;
    *is_latest_r = version >= latest;
    if (version > latest)
        return bk_schema_check(database, error);
    if (version == latest)
        return true;
    want = version + 1;
    migration = find_migration(database->kind, want);
    if (migration != NULL && !execute_script(database, migration->sql, error))
        return false;
    if (migration == NULL ||
        bk_schema_lookup(database, &version, &oldest_reader, error) != BK_FOUND ||
        version != want) {
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     _("%s: migration %" PRId64 " does not lead to schema %" PRId64),
                     database->path, want, want);
        return false;
    }
    return true;
}

bool bk_schema_migrate(struct bk_database *database, struct bk_error *error)
{
    bool is_latest = false;

    while (!is_latest) {
        if (!bk_database_begin(database, "BEGIN IMMEDIATE", error))
            return false;
        if (!migrate_one(database, &is_latest, error) || !bk_database_commit(database, error)) {
            bk_database_rollback(database);
            return false;
        }
    }
    return true;
}
