/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/lock.h"

int boxkeeper_lock(struct mail_user *user, const char *name, unsigned int seconds,
                   struct file_lock **lock_r)
{
    const char *error;
    int ret;

    *lock_r = NULL;
    ret = mail_user_lock_file_create(user, name, seconds, lock_r, &error);
    if (ret < 0)
        e_error(user->event, "boxkeeper: lock: %s", error);
    return ret;
}
