/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Erasing all mail of an account: a durable job of the kind "erase-mail". Mail is Dovecot's, so the
 * work is done by doveadm with Boxkeeper's module (src/dovecot-plugin/erase.h):
 *
 *   1. the job, with the time of asking, and the audit entry, in one transaction
 *   2. the folders with the UIDs below which all is to go, into the job's detail; what came after
 *      the time of asking is above them, however late this is done
 *   3. removal below these UIDs, some seconds at a time, until nothing is left; the job's row goes
 *
 * Each step can be done again. The account is looked up by its id each time, and the module removes
 * nothing if the user is another account by then.
 */
#ifndef BK_ADMIN_ERASURE_H
#define BK_ADMIN_ERASURE_H

#include "admin/admin.h"

/* Step 1, in the write transaction begun by bk_admin_begin(), which ends here. */
bool bk_erasure_start(struct bk_admin *admin, const struct bk_account *account);

/* Steps 2 and 3; with `wait` to the end, else for a second. False: not finished; admin->error says
 * what was in the way. */
bool bk_erasure_run(struct bk_admin *admin, const struct bk_job *job, bool wait);

#endif
