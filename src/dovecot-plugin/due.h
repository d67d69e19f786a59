/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Whom the sweep visits: the accounts for which state.db says that something is due by today's
 * durations, or says nothing. No user is looked up and no folder opened for the others, so a sweep
 * over many accounts costs what is due.
 */
#ifndef BOXKEEPER_DUE_H
#define BOXKEEPER_DUE_H

#include "dovecot-plugin/plugin.h"

#include "rules/retention.h"

/* Before the first user is there to tell it: where settings.db is (NULL: the compiled default). */
BOXKEEPER_EXPORT void boxkeeper_due_init(const char *settings_path);

/*
 * The primary addresses to visit at `now`, in `users` (allocated from `pool`). doubt_r: the clock
 * is not to be trusted (BK_DOUBT_SETTINGS: settings cannot be read), and nobody is to be visited.
 * With `clock_ok` the clock on record is set to `now`, as the administrator says. False on failure
 * (logged).
 */
BOXKEEPER_EXPORT bool boxkeeper_due_users(pool_t pool, int64_t now, bool clock_ok,
                                          ARRAY_TYPE(const_string) * users,
                                          enum bk_retention_doubt *doubt_r);

/* A sweep over all came to its end: the host's clock is on record with that. */
BOXKEEPER_EXPORT void boxkeeper_due_completed(int64_t now);

#endif
