/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Ending sessions that are open in Dovecot. doveadm ends all of a user's at once. Where only some
 * protocols are switched off, the processes of these get what doveadm would send them, SIGTERM; a
 * process that serves others as well is left to doveadm.
 */
#ifndef BK_ADMIN_SESSIONS_H
#define BK_ADMIN_SESSIONS_H

#include "admin/admin.h"
#include "rules/access.h"

/* `doveadm kick MASK` by the server value doveadm_command; a warning if that fails. */
void bk_kick(struct bk_admin *admin, const char *mask);

/* End the sessions of `user` (a primary address) by the protocols that are true in `lost`;
 * submission has none in Dovecot. If that can't be done for them alone, all of the user's. */
void bk_end_sessions(struct bk_admin *admin, const char *user, const struct bk_access *lost);

#endif
