/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * When a user logged in last, for the administrator's lists. When mail was stored for him last goes
 * with the report of the delivery (reports.h).
 */
#ifndef BOXKEEPER_ACTIVITY_H
#define BOXKEEPER_ACTIVITY_H

#include "dovecot-plugin/plugin.h"

/* At the beginning of a session. An IMAP session that comes back from hibernation keeps the time of
 * its login. */
void boxkeeper_activity_session(const struct boxkeeper_user *context);

#endif
