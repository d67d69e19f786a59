/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The order of writes between settings.db and credentials.db, in one place. The settings' commit is
 * the truth; killed between any two steps, nobody has more access than settings allow, whoever
 * settings know credentials know, and the same command again completes the work:
 *
 *   1. credentials: what both the old and the new settings allow; new accounts: a locked row
 *   2. settings: commit, with the audit entry
 *   3. where the row is locked or missing: the home, made as the mail user
 *   4. credentials: what settings say now, read again under their write lock
 *   5. the end of open sessions, where something was taken away
 */
#ifndef BK_ADMIN_APPLY_H
#define BK_ADMIN_APPLY_H

#include "admin/admin.h"

struct bk_change {
    const struct bk_account *before; /* NULL: inserted in this transaction */
    const struct bk_account *after;  /* with its id */
    const char *password_hash;       /* a new one; NULL: unchanged */
    const char *forced_hash;         /* of a password that nobody knows; set before the commit */
    bool forget_password;            /* both hashes go */
    bool kick;                       /* end sessions even if nothing was taken away */
};

/*
 * Apply `changes` to the transaction begun by bk_admin_begin(), and end it. With --dry-run, or if
 * it returns false before step 2, nothing has changed. False after step 2 is BK_ERROR_TRY_AGAIN and
 * says that the command should be repeated. `kick_mask` (NULL: each account by itself) is one user
 * mask of doveadm for all of them.
 */
bool bk_apply(struct bk_admin *admin, const struct bk_change *changes, size_t count,
              const char *kick_mask);
/* bk_apply() for one existing account without a new password. */
bool bk_apply_account(struct bk_admin *admin, const struct bk_account *before,
                      const struct bk_account *after);
/* Commit what changes no account's access (domain limits, aliases): nothing if --dry-run. */
bool bk_apply_settings(struct bk_admin *admin);

/* A creation that was interrupted: its row in credentials is locked and it has no home, or one with
 * nothing in it. False and admin->error.kind NONE: no. */
bool bk_creation_is_unfinished(struct bk_admin *admin, const struct bk_account *account);

/* Make these homes, as the mail user; those that are there already stay. */
bool bk_apply_make_homes(struct bk_admin *admin, const char **homes, size_t count);

/* `<mail_root>/<id>`; NULL: see admin->error. */
const char *bk_account_home(struct bk_admin *admin, int64_t account_id);
#endif
