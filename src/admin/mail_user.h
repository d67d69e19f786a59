/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Doing something as the mail user. Root never writes below the mail root or into state.db's
 * folder: those belong to the mail user, and what a user's program left there (a link, say) must
 * not lead root anywhere. So such work runs in a child that has given up root for good.
 */
#ifndef BK_ADMIN_MAIL_USER_H
#define BK_ADMIN_MAIL_USER_H

#include "rules/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bk_mail_user {
    const char *name;
    uid_t uid;
    gid_t gid;
};

/* How the work tells the parent how far it is; false ends nothing, the parent is just gone. */
struct bk_mail_user_child;
void bk_mail_user_tell(struct bk_mail_user_child *child, int64_t done);

/* Runs in the child. False with `error` filled: the parent gets both. */
typedef bool bk_mail_user_work(void *context, struct bk_mail_user_child *child,
                               struct bk_error *error);
/* Runs in the parent for each bk_mail_user_tell(). */
typedef void bk_mail_user_progress(void *context, int64_t done);

/*
 * Run `work` in a child with the ids of `user`, wait for it, and return what it returned. Databases
 * must be opened by the child itself; the parent's handles must not be used there. A child that was
 * killed is BK_ERROR_TRY_AGAIN. Not being able to become `user` is BK_ERROR_NOT_PERMITTED.
 * `progress` may be NULL.
 */
bool bk_mail_user_run(const struct bk_mail_user *user, bk_mail_user_work *work, void *context,
                      bk_mail_user_progress *progress, void *progress_context,
                      struct bk_error *error);

#endif
