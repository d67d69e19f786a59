/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/databases.h"

#include "rules/text.h"
#include "store/files.h"
#include "store/installation.h"
#include "store/schema.h"
#include "store/settings-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * settings.db comes first, since it says where the others are; until its group is known it is
 * root's alone.
 */
static bool make_settings(struct bk_arena *arena, const char *path, struct bk_error *error)
{
    struct bk_file file = {
        .kind = BK_DATABASE_SETTINGS,
        .path = path,
        .owner = geteuid(),
        .group = getegid(),
        .mode = 0600,
        .folder_mode = 0700,
    };
    int result;

    return (access(path, F_OK) == 0 ||
            bk_files_make_folder(arena, bk_files_folder_of(arena, path), file.owner, file.group,
                                 file.folder_mode, error)) &&
           bk_files_migrate(&file, BK_BUSY_WRITER_MILLISECONDS, &result, error);
}

static bool prepare_all(struct bk_arena *arena, const struct bk_installation *installation,
                        struct bk_error *error)
{
    const struct bk_owners *owners = &installation->owners;

    for (int i = 0; i < BK_DATABASE_KIND_COUNT; i++)
        if (!bk_files_prepare_folder(arena, &installation->files[i], error) ||
            !bk_files_prepare_database(&installation->files[i], error))
            return false;
    return bk_files_make_folder(arena, installation->mail_root, owners->mail_user,
                                owners->mail_group, 0700, error);
}

bool bk_databases_migrate(const char *settings_path, const char *const *values, size_t value_count,
                          struct bk_error *error)
{
    struct bk_arena *arena = bk_arena_create();
    struct bk_installation installation;
    bool is_done;

    is_done = make_settings(arena, settings_path, error) &&
              bk_installation_put(arena, settings_path, values, value_count, error) &&
              bk_installation_load(arena, settings_path, &installation, error) &&
              prepare_all(arena, &installation, error);
    bk_arena_destroy(&arena);
    return is_done;
}
