/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * When a user logged in last and when mail was stored for him last, for the administrator's lists.
 */
#ifndef BOXKEEPER_ACTIVITY_H
#define BOXKEEPER_ACTIVITY_H

#include "dovecot-plugin/plugin.h"

/* At the beginning of a session. An IMAP session that comes back from hibernation keeps the time of
 * its login. */
void boxkeeper_activity_session(const struct boxkeeper_user *context);
/* At the end of a delivery, if it stored something. */
void boxkeeper_activity_delivery(const struct boxkeeper_user *context);

#endif
