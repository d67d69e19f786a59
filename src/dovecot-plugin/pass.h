/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * One walk through one folder: ask rules/retention about each message, and archive, expunge or only
 * count what is due. From the first message on, in batches of one transaction each, it stops at the
 * first message that is not due (dates mostly rise with UIDs), at the deadline, or at the end; a
 * full look goes through all.
 *
 * A mail process may be killed for it six seconds after `doveadm reload`, and a message that is not
 * reached today is reached next time: so whoever waits for a session's end gives a deadline.
 */
#ifndef BOXKEEPER_PASS_H
#define BOXKEEPER_PASS_H

#include "dovecot-plugin/folders.h"

enum boxkeeper_deed {
    BOXKEEPER_ARCHIVE = 1,
    BOXKEEPER_EXPUNGE,
    BOXKEEPER_COUNT, /* for the preview: nothing is touched */
};

struct boxkeeper_pass {
    /* in */
    struct mail_user *user;
    const struct boxkeeper_folder *folder;
    struct mailbox *box; /* the folder, if it is open already; the pass takes it */
    const struct boxkeeper_folder *archive; /* for BOXKEEPER_ARCHIVE */
    enum boxkeeper_deed deed;
    int64_t seconds;        /* how long messages stay */
    int64_t now;            /* epoch seconds that count as now */
    int64_t deadline;       /* of boxkeeper_monotonic_milliseconds(); 0 = none */
    int64_t batch_messages; /* at most; 0 = as the clock says */
    bool full_look;

    /* out */
    int64_t messages, bytes;  /* done (bytes: BOXKEEPER_COUNT only) */
    int64_t oldest_due;       /* stored at; 0 = none was due */
    int64_t oldest_remaining; /* stored at, of those looked at; 0 = none remains */
    bool finished;            /* not stopped by the deadline */
};

/* 0, or -1 on failure (logged); what was done until then counts. */
int boxkeeper_pass_run(struct boxkeeper_pass *pass);

BOXKEEPER_EXPORT int64_t boxkeeper_monotonic_milliseconds(void);

#endif
