/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/database.h"

#include "rules/text.h"
#include "store/patience.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    const char *title; /* English, for gettext */
    bool uses_wal;
    const char *synchronous; /* 1 = NORMAL, 2 = FULL */
} kinds[BK_DATABASE_KIND_COUNT] = {
    [BK_DATABASE_SETTINGS] = {"settings", N_("settings database"), true, "2"},
    [BK_DATABASE_CREDENTIALS] = {"credentials", N_("credentials database"), false, "2"},
    [BK_DATABASE_STATE] = {"state", N_("state database"), true, "1"},
    [BK_DATABASE_LIMITS] = {"limits", N_("limits database"), true, "1"},
};

const char *bk_database_kind_name(enum bk_database_kind kind)
{
    return kinds[kind].name;
}

bool bk_database_kind_uses_wal(enum bk_database_kind kind)
{
    return kinds[kind].uses_wal;
}

static const char *title(const struct bk_database *database)
{
    return _(kinds[database->kind].title);
}

bool bk_database_is_damaged(int result)
{
    return (result & 0xff) == SQLITE_CORRUPT || (result & 0xff) == SQLITE_NOTADB;
}

static void failed_to_open(struct bk_database *database, struct bk_error *error)
{
    if (access(database->path, F_OK) != 0 && errno == ENOENT)
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     _("%s %s does not exist: run `boxkeeper migrate`"), title(database),
                     database->path);
    else if (eaccess(database->path, database->writer ? R_OK | W_OK : R_OK) != 0)
        bk_error_set(error, BK_ERROR_NOT_PERMITTED,
                     _("%s %s: %s; run this as root (programs that only read it need its group)"),
                     title(database), database->path, strerror(errno));
    else
        bk_error_set(error, BK_ERROR_TRY_AGAIN,
                     _("%s %s can't be opened; if its -wal and -shm files are missing, "
                       "`boxkeeper migrate` makes them anew"),
                     title(database), database->path);
}

bool bk_database_failed(struct bk_database *database, int result, struct bk_error *error)
{
    const char *reason = database->connection != NULL ? sqlite3_errmsg(database->connection)
                                                      : sqlite3_errstr(result);
    const char *path = database->path;

    database->last_failure = result;
    switch (result & 0xff) {
    case SQLITE_CANTOPEN:
        failed_to_open(database, error);
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        bk_error_set(error, BK_ERROR_TRY_AGAIN, _("%s %s is busy: try again"), title(database),
                     path);
        break;
    case SQLITE_FULL:
        bk_error_set(error, BK_ERROR_TRY_AGAIN, _("%s %s: the disk is full"), title(database),
                     path);
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     _("%s %s is damaged (%s): move it away, run `boxkeeper migrate` and then "
                       "`boxkeeper restore`"),
                     title(database), path, reason);
        break;
    case SQLITE_ERROR: /* our statements are right: the file is another's */
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     _("%s %s is not what this program expects (%s): see `boxkeeper check`"),
                     title(database), path, reason);
        break;
    case SQLITE_CONSTRAINT:
        if (result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY)
            bk_error_set(error, BK_ERROR_EXISTS, _("it exists already (%s)"), reason);
        else if (result == SQLITE_CONSTRAINT_FOREIGNKEY)
            bk_error_set(error, BK_ERROR_VALUE, _("something else still depends on it (%s)"),
                         reason);
        else
            bk_error_set(error, BK_ERROR_VALUE, _("the %s does not take that value (%s)"),
                         title(database), reason);
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        if (database->writer)
            bk_error_set(error, BK_ERROR_NOT_PERMITTED,
                         _("%s %s can't be written: run this as root"), title(database), path);
        else
            bk_error_set(error, BK_ERROR_TRY_AGAIN, _("%s %s can't be read now (%s)"),
                         title(database), path, reason);
        break;
    default:
        bk_error_set(error, BK_ERROR_TRY_AGAIN, _("%s %s: %s (%d)"), title(database), path, reason,
                     result);
    }
    return false;
}

/* ---- opening ---- */

bool bk_database_set_pragma(struct bk_database *database, const char *name, const char *value,
                            const char *want, struct bk_error *error)
{
    char sql[100];
    struct bk_query query;
    const char *got;
    bool is_fine;

    sqlite3_snprintf(sizeof(sql), sql, "PRAGMA %s = %s", name, value);
    if (!bk_database_execute(database, sql, error))
        return false;
    sqlite3_snprintf(sizeof(sql), sql, "PRAGMA %s", name);
    if (!bk_query_begin_list(&query, database, sql, error))
        return false;
    if (bk_query_step(&query, error) != BK_ROW) {
        bk_query_end(&query);
        return false;
    }
    got = (const char *)sqlite3_column_text(query.statement, 0);
    is_fine = got != NULL && strcmp(got, want) == 0;
    if (!is_fine)
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     _("%s %s: PRAGMA %s is %s and can't be made %s; is it on a network file "
                       "system?"),
                     title(database), database->path, name, got == NULL ? "?" : got, want);
    bk_query_end(&query);
    return is_fine;
}

/* The -wal and -shm files stay when the last writer closes: readers can't make them. */
static bool persist_wal(struct bk_database *database, struct bk_error *error)
{
    int on = 1, got = -1, result;

    result = sqlite3_file_control(database->connection, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
    if (result == SQLITE_OK)
        result = sqlite3_file_control(database->connection, "main", SQLITE_FCNTL_PERSIST_WAL, &got);
    if (result != SQLITE_OK)
        return bk_database_failed(database, result, error);
    if (got != 1) {
        bk_error_set(error, BK_ERROR_CONFIGURATION, _("%s %s: SQLite can't keep its WAL"),
                     title(database), database->path);
        return false;
    }
    return true;
}

/* Where two do it to a new file at once, each has begun to read it and waits for the other to end:
 * SQLite notices, and fails without calling the busy handler (sqlite3BtreeBeginTrans). */
static bool set_journal_mode(struct bk_database *database, struct bk_error *error)
{
    bool uses_wal = kinds[database->kind].uses_wal, is_set;
    int64_t since = 0;

    do
        is_set = bk_database_set_pragma(database, "journal_mode", uses_wal ? "WAL" : "DELETE",
                                        uses_wal ? "wal" : "delete", error);
    while (!is_set && database->last_failure == SQLITE_BUSY && bk_patience_pause(database, &since));
    return is_set;
}

static bool prepare_writer(struct bk_database *database, struct bk_error *error)
{

    if (sqlite3_db_readonly(database->connection, "main") != 0)
        return bk_database_failed(database, SQLITE_READONLY, error);
    return (!kinds[database->kind].uses_wal || persist_wal(database, error)) &&
           set_journal_mode(database, error) &&
           bk_database_set_pragma(database, "synchronous", kinds[database->kind].synchronous,
                                  kinds[database->kind].synchronous, error) &&
           bk_database_set_pragma(database, "foreign_keys", "1", "1", error) &&
           /* A large change must not keep readers of a rollback journal out before its commit. */
           bk_database_set_pragma(database, "cache_spill", "0", "0", error);
}

static bool prepare_reader(struct bk_database *database, struct bk_error *error)
{
    int is_set = 0, result;

    result = sqlite3_db_config(database->connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, &is_set);
    if (result != SQLITE_OK || is_set != 1)
        return bk_database_failed(database, result, error);
    /* KiB; taken only as it is needed. A quarter less time per look-up among 100,000 accounts. */
    return bk_database_set_pragma(database, "cache_size", "-16384", "-16384", error);
}

bool bk_database_connect(struct bk_database *database, struct bk_error *error)
{
    int flags = (database->writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    int result = bk_patience_open(database, flags);
    bool is_open;

    database->last_failure = SQLITE_OK;
    if (result != SQLITE_OK) {
        is_open = bk_database_failed(database, result, error);
    } else {
        sqlite3_extended_result_codes(database->connection, 1);
        is_open = database->is_plain || (database->writer ? prepare_writer(database, error)
                                                          : prepare_reader(database, error));
    }
    if (!is_open)
        bk_database_disconnect(database);
    return is_open;
}

static bool fill_and_connect(struct bk_database *database, const char *path, struct bk_error *error)
{
    database->looked_at = INT64_MIN;
    database->path = strdup(path);
    if (database->path == NULL) {
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s", strerror(errno));
        return false;
    }
    if (bk_database_connect(database, error))
        return true;
    bk_database_close(database);
    return false;
}

bool bk_database_open(struct bk_database *database, enum bk_database_kind kind, const char *path,
                      bool writer, int busy_milliseconds, struct bk_error *error)
{
    *database = (struct bk_database){
        .kind = kind, .writer = writer, .busy_milliseconds = busy_milliseconds};
    return fill_and_connect(database, path, error);
}

bool bk_database_open_plain(struct bk_database *database, enum bk_database_kind kind,
                            const char *path, struct bk_error *error)
{
    *database = (struct bk_database){.kind = kind,
                                     .writer = true,
                                     .is_plain = true,
                                     .busy_milliseconds = BK_BUSY_WRITER_MILLISECONDS};
    return fill_and_connect(database, path, error);
}

void bk_database_disconnect(struct bk_database *database)
{
    for (size_t i = 0; i < database->kept_count; i++)
        (void)sqlite3_finalize(database->kept[i].statement);
    database->kept_count = 0;
    database->in_transaction = false;
    (void)sqlite3_close_v2(database->connection);
    database->connection = NULL;
}

void bk_database_close(struct bk_database *database)
{
    bk_database_disconnect(database);
    free(database->path);
    database->path = NULL;
}

bool bk_database_is_stale(struct bk_database *database)
{
    int has_moved = 0;

    return database->connection == NULL ||
           sqlite3_file_control(database->connection, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) !=
               SQLITE_OK ||
           has_moved != 0;
}

bool bk_database_is_look_due(struct bk_database *database, int64_t now_seconds)
{
    if (database->looked_at == now_seconds || database->in_transaction)
        return false;
    database->looked_at = now_seconds;
    return true;
}
