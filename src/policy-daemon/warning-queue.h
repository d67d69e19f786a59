/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Which accounts to look at now: those whose usage or settings have changed, those whose time has
 * come, and, after what touches many at once (a plan, a domain, restored settings), all of them
 * little by little. How far it was looked (bk_warning_progress) moves on when the whole queue is
 * done.
 */
#ifndef BK_POLICY_DAEMON_WARNING_QUEUE_H
#define BK_POLICY_DAEMON_WARNING_QUEUE_H

#include "policy-daemon/snapshot.h"
#include "store/limits-warnings.h"

/* From each source at a time. */
#define BK_WARNING_BATCH 100

struct bk_warning_candidate {
    int64_t account_id;
    bool known; /* what is so counts as told, where nothing is on record */
};

struct bk_warning_queue {
    struct bk_warning_candidate candidates[4 * BK_WARNING_BATCH];
    size_t count;
    struct bk_warning_progress before, after; /* the queue leads from the one to the other */
    bool begins_anew;                         /* nothing was on record */
    bool more;                                /* there is more to look at, at once */
};

/* Fill the queue anew. Within a turn of `snapshot` (bk_snapshot_directory()). False: something
 * cannot be read now; `error` says what if it was limits.db. */
bool bk_warning_queue_fill(struct bk_warning_queue *queue, struct bk_snapshot *snapshot,
                           struct bk_limits *limits, int64_t now, struct bk_error *error);

#endif
