/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Usage and limit go to state.db, where the policy daemon reads them at RCPT: within a second after
 * a commit that changed them, also in a session that stays open for days, so that a user who tidies
 * up receives again at once. Several changes within that time are one report.
 *
 * A report that gets lost is mended by the end of the session (state.db was busy), by the next
 * change, by the next sweep, or by the first session of the next day (the process was killed);
 * delivery measures for itself.
 */
#ifndef BOXKEEPER_USAGE_H
#define BOXKEEPER_USAGE_H

#include "dovecot-plugin/plugin.h"

/* Something was stored or removed, or the limit changed: report soon. */
void boxkeeper_usage_changed(struct boxkeeper_user *context);
/* Report now, if anything changed since the last report. */
void boxkeeper_usage_report(struct boxkeeper_user *context);
/* At the end of a session: also if nothing changed, but what is on record is missing, has another
 * limit, or is not believed (rules/usage). */
void boxkeeper_usage_report_at_end(struct boxkeeper_user *context);
/* At the end of a delivery, once for all: what it added to what was measured before it. Nothing is
 * looked at and nothing is written while the sender waits (reports.h). */
void boxkeeper_usage_report_delivery(struct boxkeeper_user *context);
/* Measure and report in any case (the sweep: it mends reports that got lost). */
BOXKEEPER_EXPORT void boxkeeper_usage_report_now(struct mail_user *user);
void boxkeeper_usage_stop_timer(struct boxkeeper_user *context);

#endif
