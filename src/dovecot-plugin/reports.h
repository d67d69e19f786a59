/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What deliveries have to tell state.db: usage, and when mail came last. lmtp replies only after
 * the user is gone, so that what is written at a user's end makes the sender wait, and with him the
 * queue. Here it waits in the process until the reply is out, and is written a moment later,
 * several deliveries in one transaction. Where somebody else is writing it is tried again soon; a
 * delivery waits for that a few milliseconds at most.
 *
 * A process that is killed loses what waits: the next delivery, session or sweep mends that.
 */
#ifndef BOXKEEPER_REPORTS_H
#define BOXKEEPER_REPORTS_H

#include "dovecot-plugin/plugin.h"

#include "rules/usage.h"

/* `usage` after the delivery that has ended; of several reports of an account the last one counts.
 */
void boxkeeper_report_delivery(const struct boxkeeper_user *context, const struct bk_usage *usage);
/* At the end of the process: write what waits. */
void boxkeeper_reports_deinit(void);

#endif
