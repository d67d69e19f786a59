/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The daemon's log: syslog, facility mail, or standard error. Lines are English in every locale, so
 * that they can be searched for. What strangers send (addresses) may stand in a line: control
 * characters become "?".
 */
#ifndef BK_POLICY_DAEMON_LOG_H
#define BK_POLICY_DAEMON_LOG_H

#include <stdbool.h>
#include <time.h>

void bk_log_open(bool to_standard_error);

/* One line; `priority` is syslog's (LOG_ERR, …). */
void bk_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For what could come in floods: true at most once a minute per gate. */
struct bk_log_gate {
    time_t closed_until; /* monotonic seconds */
};
bool bk_log_gate_pass(struct bk_log_gate *gate);

#endif
