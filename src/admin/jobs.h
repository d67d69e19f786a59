/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Durable work that a command began and that goes on after a crash: by `job run`, and at the start
 * of every changing command.
 */
#ifndef BK_ADMIN_JOBS_H
#define BK_ADMIN_JOBS_H

#include "admin/admin.h"

/*
 * Go on with the jobs of `account_ids` (NULL: with all). False: some could not be finished;
 * admin->error says how many and why the first of them, BK_ERROR_TRY_AGAIN.
 */
bool bk_jobs_run(struct bk_admin *admin, const int64_t *account_ids, size_t count,
                 int wait_seconds);

/* At the start of a changing command: what can be finished at once is; the rest is only mentioned.
 * Opens settings.db; where that fails, nothing is done and the command itself will say so. */
void bk_jobs_go_on(struct bk_admin *admin);

#endif
