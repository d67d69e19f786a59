/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The table `server` of settings.db: where the other files of this installation are, and whose.
 */
#ifndef BK_STORE_INSTALLATION_H
#define BK_STORE_INSTALLATION_H

#include "store/files.h"
#include "store/settings-edit.h"

struct bk_installation {
    struct bk_owners owners;
    struct bk_file files[BK_DATABASE_KIND_COUNT];
    const char *mail_root;
};

/*
 * Write `values` ("NAME=VALUE") and, for names that are not there yet, the defaults. All users and
 * groups must exist in the end, else nothing is written.
 */
bool bk_installation_put(struct bk_arena *arena, const char *settings_path,
                         const char *const *values, size_t value_count, struct bk_error *error);

/* Everything in *installation_r lives in `arena`. */
bool bk_installation_read(struct bk_settings *settings, struct bk_arena *arena,
                          struct bk_installation *installation_r, struct bk_error *error);
/* The same with a reader's handle of its own. */
bool bk_installation_load(struct bk_arena *arena, const char *settings_path,
                          struct bk_installation *installation_r, struct bk_error *error);

/* The lock that commands hold while they change accounts (files.h); -1 if they do not let go. */
int bk_installation_lock(struct bk_arena *arena, const struct bk_installation *installation,
                         struct bk_error *error);

#endif
