/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The live limit. Our quota backend "boxkeeper" is Dovecot's own "count" under another name, with
 * the limit taken from settings.db: anew whenever the usage is asked (GETQUOTA, every check) and
 * whenever a transaction begins (APPEND, COPY, a delivery). So Dovecot's whole quota system works
 * as it always does, with our limit, and a change holds at the next command of an open session.
 *
 *   plugin {                                quota "User quota" {
 *     quota = boxkeeper:User quota            driver = boxkeeper
 *     quota_vsizes = yes                      storage_grace = 0
 *     quota_grace = 0                       }
 *   }                                       (Dovecot 2.4)
 *
 * What may pass the limit: MOVE within the account (Dovecot 2.3 sees to it, 2.4 asks), and a COPY
 * into the trash within the account up to the limit that rules/usage gives for it.
 *
 * When settings cannot be read, the limit last known holds, else the one in state.db; else nothing
 * is stored (NO [UNAVAILABLE]), but a MOVE still works.
 */
#ifndef BOXKEEPER_QUOTA_H
#define BOXKEEPER_QUOTA_H

#include "dovecot-plugin/plugin.h"

/* Register and unregister the backend: after the quota plugin's init, before its deinit. */
void boxkeeper_quota_init(void);
void boxkeeper_quota_deinit(void);

/* Once per user, when his namespaces and quota roots are there. */
void boxkeeper_quota_user_ready(struct boxkeeper_user *context);
/* Put our functions into a new mailbox's. */
void boxkeeper_quota_mailbox_allocated(struct mailbox_vfuncs *v);

/* The user's quota root of our backend, or NULL (quota not configured). */
struct quota_root *boxkeeper_quota_root(struct mail_user *user);
/* What the user has stored, measured now. False if it could not be measured (logged). */
bool boxkeeper_quota_measure(struct boxkeeper_user *context, int64_t *bytes_r, int64_t *messages_r);

#endif
