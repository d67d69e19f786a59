/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/cache.h"

#include "store/files.h"
#include "store/schema.h"

#include <sys/stat.h>
#include <unistd.h>

/* Our own statements are right, so "no such table" means that the file was emptied. */
static bool is_damage(int result)
{
    return bk_database_is_damaged(result) || result == SQLITE_ERROR;
}

bool bk_cache_connect(struct bk_database *database, struct bk_error *error)
{
    if (!bk_database_connect(database, error))
        return false;
    if (bk_schema_check(database, error)) {
        /* Opened while another process replaced it: then its -wal may be the new file's. */
        if (!bk_database_is_stale(database))
            return true;
        bk_error_set(error, BK_ERROR_TRY_AGAIN, _("%s was replaced meanwhile: try again"),
                     database->path);
    }
    bk_database_disconnect(database);
    return false;
}

/* ---- making the file anew ---- */

/* A WAL left behind would be played into the new file. */
static void remove_files(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    struct bk_arena *arena = bk_arena_create();

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        (void)unlink(bk_arena_printf(arena, "%s%s", path, endings[i]));
    bk_arena_destroy(&arena);
}

static bool make_anew(struct bk_database *database, struct bk_error *error)
{
    struct bk_file file = {.kind = database->kind,
                           .path = database->path,
                           .mode = database->kind == BK_DATABASE_STATE ? 0640 : 0600};
    struct stat now;
    bool is_made;

    /* Empty: somebody was killed while making it, or emptied it. */
    if (stat(database->path, &now) != 0 || now.st_size == 0)
        remove_files(database->path);
    is_made = bk_files_migrate(&file, database->busy_milliseconds, &database->last_failure, error);
    if (!is_made && is_damage(database->last_failure)) {
        remove_files(database->path);
        is_made = bk_files_migrate(&file, database->busy_milliseconds, &database->last_failure,
                                   error);
    }
    return is_made && bk_cache_connect(database, error);
}

/* Make the handle usable again, whatever happened to the file. */
bool bk_cache_mend(struct bk_database *database, bool *made_r, struct bk_error *error)
{
    bool is_bad = database->connection != NULL && is_damage(database->last_failure) &&
                  !bk_database_is_stale(database);
    struct bk_arena *arena;
    bool is_mended;
    int lock;

    *made_r = false;
    bk_database_disconnect(database);
    if (!is_bad && bk_cache_connect(database, error))
        return true;
    /* The folder outlives the file. */
    arena = bk_arena_create();
    lock = bk_files_lock_folder(bk_files_folder_of(arena, database->path),
                                database->busy_milliseconds, error);
    bk_arena_destroy(&arena);
    if (lock < 0)
        return false;
    if (is_bad)
        remove_files(database->path);
    is_mended = make_anew(database, error);
    *made_r = is_mended;
    (void)close(lock);
    return is_mended;
}

bool bk_cache_is_usable(struct bk_database *database)
{
    return !is_damage(database->last_failure) && !bk_database_is_stale(database);
}
