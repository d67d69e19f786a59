/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The sweep of `retention run`: several doveadm side by side, each with its share of the accounts.
 * They are the children of one command, which holds the lock of the host's only sweep; so do they,
 * and a second sweep waits for the last of them even if the command was killed.
 *
 * Rows come while they work, in any order, and nothing is kept of them here.
 */
#ifndef BK_ADMIN_SWEEP_H
#define BK_ADMIN_SWEEP_H

#include "admin/admin.h"

#define BK_SWEEP_WORKERS_MAXIMUM 32

struct bk_sweep_row {
    const char *address;
    int64_t archived, expunged;
    const char *state; /* "done", "unfinished", "failed", or why nothing was done */
};
typedef void bk_sweep_row_function(void *context, const struct bk_sweep_row *row);

struct bk_sweep_options {
    const char *doveadm;
    int workers;
    int64_t seconds; /* for all of it; 0: what doveadm takes by itself */
    bool clock_ok;
};

/* Run it to the end. True if all workers ended well; else false, and last_error_r is the last line
 * that one of them wrote (in the arena), or "". False with admin->error: none was started. */
bool bk_sweep_run(struct bk_admin *admin, const struct bk_sweep_options *options,
                  bk_sweep_row_function *row, void *context, const char **last_error_r);

#endif
