/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Deleting accounts: a durable job of the kind "delete-account", which can be killed at any point
 * and goes on. Its steps, each of which may be done again:
 *
 *   1. the start, in one transaction: the state "deleting" (from here on delivery answers 451 and
 *      nobody logs in; credentials are locked before the commit), the job, the audit entry
 *   2. sessions are ended, and waited for
 *   3. the home is set aside and removed, as the mail user
 *   4. the account's row goes, then its row in state.db, then the one in credentials.db: whoever
 *      settings know, credentials know
 *   5. the home once more, if a delivery that was under way in step 3 made it anew; the job's row
 *
 * The row of the job outlives the account's, so that a run that was killed between the two still
 * knows what is left. The id of an account is never used again: what is left never meets new mail.
 */
#ifndef BK_ADMIN_DELETION_H
#define BK_ADMIN_DELETION_H

#include "admin/admin.h"

#define BK_DELETION_KIND N_("delete-account")
/* How long `account delete` and `job run` wait for sessions to end. */
#define BK_DELETION_WAIT_SECONDS 20

/*
 * Step 1 for all of `accounts`, in the write transaction begun by bk_admin_begin(), which ends
 * here. One that is being deleted already is passed over. The caller has checked that they may go.
 */
bool bk_deletion_start(struct bk_admin *admin, const struct bk_account *const *accounts,
                       size_t count);

/*
 * Steps 2 to 5. False: not finished; admin->error (mostly BK_ERROR_TRY_AGAIN) says what was in the
 * way, and the job goes on the next time. `wait_seconds` is for sessions that do not end at once.
 */
bool bk_deletion_run(struct bk_admin *admin, const struct bk_job *job, int wait_seconds);

#endif
