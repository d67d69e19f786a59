/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/copy.h"
#include "store/databases.h"
#include "store/installation.h"

#include <errno.h>
#include <stdio.h> // rename
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[BK_DATABASE_KIND_COUNT] = {
    [BK_DATABASE_SETTINGS] = "settings.db",
    [BK_DATABASE_CREDENTIALS] = "credentials.db",
    [BK_DATABASE_STATE] = "state.db",
    [BK_DATABASE_LIMITS] = "limits.db",
};

/* What is not whole yet has another name: a backup is there when settings.db is. */
static const char *part_path(struct bk_arena *arena, const char *folder, int kind)
{
    return bk_arena_printf(arena, "%s/%s.part", folder, names[kind]);
}

static bool prepare_folder(struct bk_arena *arena, const char *folder, struct bk_error *error)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s: %s", folder, strerror(errno));
        return false;
    }
    for (int i = 0; i < BK_DATABASE_KIND_COUNT; i++) {
        if (access(bk_arena_printf(arena, "%s/%s", folder, names[i]), F_OK) == 0) {
            bk_error_set(error, BK_ERROR_EXISTS,
                         _("%s holds a backup already: name another folder"), folder);
            return false;
        }
        bk_copy_remove(part_path(arena, folder, i));
    }
    return true;
}

/* One file as it is now, by a handle of its own. */
static bool copy_one(struct bk_arena *arena, const struct bk_file *file, const char *folder,
                     int64_t pair, struct bk_error *error)
{
    const char *path = part_path(arena, folder, (int)file->kind);
    struct bk_database source, target;
    bool is_done = false;

    if (!bk_database_open(&source, file->kind, file->path, false, BK_BUSY_WRITER_MILLISECONDS,
                          error))
        return false;
    if (bk_copy_make_file(&target, file->kind, path, error)) {
        is_done = bk_copy_database(&source, &target, error) &&
                  bk_database_set_pragma(&target, "journal_mode", "DELETE", "delete", error) &&
                  bk_copy_set_pair(&target, pair, error);
        bk_database_close(&target);
    }
    bk_database_close(&source);
    return is_done;
}

/* The pair is the backup; the other two are caches that may be missing. */
static bool copy_all(struct bk_arena *arena, const struct bk_installation *installation,
                     const char *folder, struct bk_error *error)
{
    uint32_t pair = 0;

    while (pair == 0) {
        if (getrandom(&pair, sizeof(pair), 0) != (ssize_t)sizeof(pair)) {
            bk_error_set(error, BK_ERROR_TRY_AGAIN, "getrandom: %s", strerror(errno));
            return false;
        }
        pair &= INT32_MAX;
    }
    for (int i = 0; i < BK_DATABASE_KIND_COUNT; i++) {
        bool is_needed = i == BK_DATABASE_SETTINGS || i == BK_DATABASE_CREDENTIALS;

        if (!copy_one(arena, &installation->files[i], folder, pair, is_needed ? error : NULL)) {
            bk_copy_remove(part_path(arena, folder, i));
            if (is_needed)
                return false;
        }
    }
    return true;
}

static bool name_parts(struct bk_arena *arena, const char *folder, struct bk_error *error)
{
    for (int i = BK_DATABASE_KIND_COUNT - 1; i >= 0; i--) {
        const char *path = part_path(arena, folder, i);

        if (rename(path, bk_arena_printf(arena, "%s/%s", folder, names[i])) != 0 &&
            (errno != ENOENT || i <= BK_DATABASE_CREDENTIALS)) {
            bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s: %s", path, strerror(errno));
            return false;
        }
    }
    return bk_files_sync_folder(folder, error);
}

/* Nobody changes either of the two meanwhile: both write locks are held. */
static bool backup_locked(struct bk_arena *arena, const struct bk_installation *installation,
                          const char *folder, struct bk_error *error)
{
    struct bk_database locks[2];
    size_t held = 0;
    bool is_done = false;

    while (held < 2 && bk_database_open(&locks[held], (enum bk_database_kind)held,
                                        installation->files[held].path, true,
                                        BK_BUSY_WRITER_MILLISECONDS, error)) {
        if (!bk_database_begin(&locks[held++], "BEGIN IMMEDIATE", error))
            break;
        is_done = held == 2;
    }
    is_done = is_done && copy_all(arena, installation, folder, error);
    while (held > 0) {
        bk_database_rollback(&locks[--held]);
        bk_database_close(&locks[held]);
    }
    return is_done;
}

bool bk_databases_backup(const char *settings_path, const char *folder, struct bk_error *error)
{
    struct bk_arena *arena = bk_arena_create();
    struct bk_installation installation;
    bool is_done = false;
    int lock = -1;

    if (bk_installation_load(arena, settings_path, &installation, error))
        lock = bk_installation_lock(arena, &installation, error);
    if (lock >= 0) {
        is_done = prepare_folder(arena, folder, error) &&
                  backup_locked(arena, &installation, folder, error) &&
                  name_parts(arena, folder, error);
        (void)close(lock);
    }
    bk_arena_destroy(&arena);
    return is_done;
}
