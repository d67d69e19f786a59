/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Erasing mail (`account erase-mail`): all that is there when it was asked, and nothing that comes
 * later. The CLI has its job, the plugin does two things for it, both under the user's lock, which
 * retention takes too (and rests while there is such a job: what it moves would get a new UID):
 *
 *   list   each folder of the user with its GUID, its UIDVALIDITY, and the UID below which
 *          everything had been stored at the time of asking
 *   run    expunge below these UIDs, folder by folder, for some seconds; done again it finds less
 *
 * Folders, subscriptions and scripts are not touched. A folder whose UIDVALIDITY has changed has
 * other numbers now: it is left alone, and named.
 */
#ifndef BOXKEEPER_ERASE_H
#define BOXKEEPER_ERASE_H

#include "dovecot-plugin/plugin.h"

struct boxkeeper_erase_folder {
    const char *guid; /* 32 hexadecimal digits */
    uint32_t uid_validity;
    uint32_t uid_limit; /* UIDs below it are to go */
};

typedef void boxkeeper_erase_row(void *context, const struct boxkeeper_erase_folder *folder,
                                 unsigned int messages);

/* `asked_at` in epoch seconds. -1 on failure (logged). */
BOXKEEPER_EXPORT int boxkeeper_erase_list(struct mail_user *user, int64_t asked_at,
                                          unsigned int lock_seconds, boxkeeper_erase_row *row,
                                          void *context);

struct boxkeeper_erase_result {
    uint64_t erased;
    bool unfinished; /* the time was over */
};

/* Go on with `folders` for `budget_milliseconds` (0: to the end). The user must be account
 * `account_id`, not held. -1 on failure (logged). */
BOXKEEPER_EXPORT int boxkeeper_erase_run(struct mail_user *user, int64_t account_id,
                                         const struct boxkeeper_erase_folder *folders,
                                         unsigned int count, int64_t budget_milliseconds,
                                         unsigned int lock_seconds,
                                         struct boxkeeper_erase_result *result_r);

#endif
