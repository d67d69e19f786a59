/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* sqlite3_backup_step() does not always ask the busy handler: so this waits itself. */
static int step(sqlite3_backup *backup, int pages, int budget_milliseconds)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    int result;

    for (int waited = 0;; waited += 10) {
        result = sqlite3_backup_step(backup, pages);
        if ((result != SQLITE_BUSY && result != SQLITE_LOCKED) || waited >= budget_milliseconds)
            return result;
        (void)nanosleep(&pause, NULL);
    }
}

sqlite3_backup *bk_copy_begin(struct bk_database *source, struct bk_database *target,
                              struct bk_error *error)
{
    sqlite3_backup *backup = sqlite3_backup_init(target->connection, "main", source->connection,
                                                 "main");
    int result;

    if (backup == NULL) {
        (void)bk_database_failed(target, sqlite3_extended_errcode(target->connection), error);
        return NULL;
    }
    /* No pages, but the target's write lock. */
    result = step(backup, 0, target->busy_milliseconds);
    if (result == SQLITE_OK || result == SQLITE_DONE)
        return backup;
    bk_copy_abandon(&backup);
    (void)bk_database_failed(target, result, error);
    return NULL;
}

bool bk_copy_finish(sqlite3_backup *backup, struct bk_database *target, struct bk_error *error)
{
    int result = step(backup, -1, target->busy_milliseconds);
    int finished = sqlite3_backup_finish(backup);

    if (result == SQLITE_DONE && finished == SQLITE_OK)
        return true;
    return bk_database_failed(target, finished != SQLITE_OK ? finished : result, error);
}

void bk_copy_abandon(sqlite3_backup **backup)
{
    if (*backup != NULL)
        (void)sqlite3_backup_finish(*backup);
    *backup = NULL;
}

bool bk_copy_database(struct bk_database *source, struct bk_database *target,
                      struct bk_error *error)
{
    sqlite3_backup *backup = bk_copy_begin(source, target, error);

    return backup != NULL && bk_copy_finish(backup, target, error);
}

bool bk_copy_make_file(struct bk_database *file_r, enum bk_database_kind kind, const char *path,
                       struct bk_error *error)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (descriptor < 0) {
        bk_error_set(error, errno == EEXIST ? BK_ERROR_EXISTS : BK_ERROR_TRY_AGAIN, "%s: %s", path,
                     strerror(errno));
        return false;
    }
    (void)close(descriptor);
    return bk_database_open_plain(file_r, kind, path, error);
}

/* ---- numbers and findings ---- */

bool bk_copy_set_pair(struct bk_database *database, int64_t pair, struct bk_error *error)
{
    char value[24];

    sqlite3_snprintf(sizeof(value), value, "%lld", (long long)pair);
    return bk_database_set_pragma(database, "user_version", value, value, error);
}

bool bk_copy_get_pair(struct bk_database *database, int64_t *pair_r, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin_list(&query, database, "PRAGMA user_version", error))
        return false;
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *pair_r = bk_query_number(&query);
    bk_query_end(&query);
    return found == BK_FOUND;
}

static bool report_rows(struct bk_database *database, const char *sql, bk_copy_finding *report,
                        void *context, struct bk_error *error)
{
    struct bk_arena *arena;
    struct bk_query query;
    enum bk_step at;

    if (!bk_query_begin_list(&query, database, sql, error))
        return false;
    arena = bk_arena_create();
    while ((at = bk_query_step(&query, error)) == BK_ROW) {
        const char *text = bk_query_text(&query, arena);

        if (text != NULL && strcmp(text, "ok") != 0)
            report(context, text);
    }
    bk_arena_destroy(&arena);
    bk_query_end(&query);
    return at == BK_DONE;
}

bool bk_copy_check_integrity(struct bk_database *database, bk_copy_finding *report, void *context,
                             struct bk_error *error)
{
    return report_rows(database, "PRAGMA integrity_check", report, context, error) &&
           report_rows(database,
                       "SELECT 'row ' || coalesce(rowid, '?') || ' of ' || \"table\" || "
                       "' refers to nothing in ' || parent FROM pragma_foreign_key_check",
                       report, context, error);
}

void bk_copy_remove(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    struct bk_arena *arena = bk_arena_create();

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        (void)unlink(bk_arena_printf(arena, "%s%s", path, endings[i]));
    bk_arena_destroy(&arena);
}
