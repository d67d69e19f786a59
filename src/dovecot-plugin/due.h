/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The sweep over all accounts: whom it visits (store/due), when it does nothing because the clock
 * is in doubt, and that there is one on this host at a time. No user is looked up and no folder
 * opened for those who have nothing due, so a sweep costs what is due.
 *
 * The lock is on the folder of all mail, and the kernel gives it back when the process dies. Shares
 * of one sweep do not take it: whoever started them (boxkeeper retention run) holds it, and they
 * have inherited it.
 */
#ifndef BOXKEEPER_DUE_H
#define BOXKEEPER_DUE_H

#include "dovecot-plugin/plugin.h"

#include "rules/retention.h"
#include "store/due.h"

/*
 * Begin at `now`, over all accounts (share NULL: takes the lock) or a share of them. With
 * `clock_ok` the clock on record is set to `now`, as the administrator says. `settings_path`: where
 * settings.db is, before the first user is there to tell it (NULL: the compiled default). NULL:
 * nobody is to be visited, and why_r tells why; bk_retention_doubt_text() for a doubt.
 */
BOXKEEPER_EXPORT struct bk_due *boxkeeper_due_begin(const char *settings_path,
                                                    const struct bk_due_share *share, int64_t now,
                                                    bool clock_ok, const char **why_r);
/* FOUND and the next user (valid until the next call); ABSENT at the end; FAILED (logged). */
BOXKEEPER_EXPORT enum bk_lookup boxkeeper_due_next(struct bk_due *due, const char **username_r);
/* A sweep came to its end in good order: the host's clock is on record with that. */
BOXKEEPER_EXPORT void boxkeeper_due_completed(int64_t now);
BOXKEEPER_EXPORT void boxkeeper_due_end(struct bk_due **due);

#endif
