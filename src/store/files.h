/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Where the databases lie and whose they are, as files (DESIGN.md, "Files and who may touch them").
 *
 * Root never changes anything in a folder that belongs to the mail user or the daemon: what lies
 * there may be a link to something of root's. It becomes that user for the moment.
 */
#ifndef BK_STORE_FILES_H
#define BK_STORE_FILES_H

#include "store/database.h"

#include <sys/stat.h>
#include <sys/types.h>

/* How a file and its folder should be. */
struct bk_file {
    enum bk_database_kind kind;
    const char *path;
    uid_t owner;
    gid_t group;
    mode_t mode;
    mode_t folder_mode;
};

/* The ids behind the names in the table `server`. */
struct bk_owners {
    uid_t root_user; /* of whoever runs this: root, but for a developer's own installation */
    gid_t root_group;
    uid_t mail_user;
    gid_t mail_group;
    uid_t boxkeeper_user;
    gid_t boxkeeper_group;
};

/* The four files, in the order of enum bk_database_kind; `paths` in the same order. */
void bk_files_describe(const char *const paths[BK_DATABASE_KIND_COUNT],
                       const struct bk_owners *owners,
                       struct bk_file files_r[BK_DATABASE_KIND_COUNT]);

/* The part of `path` before its last slash; "." if it has none. */
char *bk_files_folder_of(struct bk_arena *arena, const char *path);

/* Make a folder where it is missing, and those above it (0755, root's). */
bool bk_files_make_folder(struct bk_arena *arena, const char *path, uid_t owner, gid_t group,
                          mode_t mode, struct bk_error *error);
/*
 * Make the folder of `file` where it is missing; give it owner and mode where they differ, as long
 * as nothing else lives in it: else BK_ERROR_CONFIGURATION (a folder of its own is needed).
 */
bool bk_files_prepare_folder(struct bk_arena *arena, const struct bk_file *file,
                             struct bk_error *error);
/* Make the file where it is missing, and bring its schema up to date. *result_r is SQLite's. */
bool bk_files_migrate(const struct bk_file *file, int busy_milliseconds, int *result_r,
                      struct bk_error *error);
/* The same as its owner, and set owner and mode where the folder is root's. */
bool bk_files_prepare_database(const struct bk_file *file, struct bk_error *error);

/*
 * The lock on a folder, waiting for whoever holds it: a descriptor to close(), or -1. It goes with
 * the process. On the folder of credentials.db commands hold it while they change accounts; on that
 * of state.db whoever makes that file anew.
 */
int bk_files_lock_folder(const char *folder, int wait_milliseconds, struct bk_error *error);

/* What was renamed or made in the folder outlives a crash from now on. */
bool bk_files_sync_folder(const char *folder, struct bk_error *error);

#endif
