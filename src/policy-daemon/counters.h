/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What accounts have sent, in memory, and written down once a second in limits.db. That file may be
 * missing or unwritable: counting goes on in memory, and it is logged when that begins and ends.
 */
#ifndef BK_POLICY_DAEMON_COUNTERS_H
#define BK_POLICY_DAEMON_COUNTERS_H

#include "rules/sending.h"

struct bk_counters;

/* Opens nothing yet. */
struct bk_counters *bk_counters_create(void);
/* Writes what is left and sets *counters to NULL. */
void bk_counters_destroy(struct bk_counters **counters);

/* Where limits.db is, as settings say; NULL: not known now, the last one stays. */
void bk_counters_set_path(struct bk_counters *counters, const char *path);

/*
 * One more recipient of the message `instance` (Postfix's attribute: one value a message): counted
 * if it is within `limits`; else the limit that is reached.
 */
enum bk_send_limit bk_counters_take(struct bk_counters *counters, int64_t account_id,
                                    const struct bk_send_limits *limits, const char *instance,
                                    int64_t now);

/* To be called once a second. */
void bk_counters_write(struct bk_counters *counters, int64_t now);

#endif
