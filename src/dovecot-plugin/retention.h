/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Retention for one user: INBOX to the archive, the trash emptied, junk where it is set. What may
 * be touched, what is due, and when to doubt, comes from rules/retention; here it is carried out.
 *
 *   at the end of an IMAP or POP3 session, when the client is gone already: for two seconds
 *   in a long IMAP session, by a timer: for half a second, the client waits meanwhile
 *   by `doveadm boxkeeper sweep`: to the end
 *
 * Never in LMTP, where the client waits for the reply; there we only look, so that state.db knows
 * of mail that arrives in a folder that was empty. One process at a time works for a user (a lock
 * file in the home, which erasing mail takes too).
 *
 * state.db remembers per folder the time at which its oldest message was stored, which tells the
 * sweep whom to visit. Dates need not rise with UIDs: every 30 days, and when the oldest on record
 * is due but not the first message, the whole folder is looked at. A session that changed nothing
 * believes it for a day, and opens nothing.
 */
#ifndef BOXKEEPER_RETENTION_H
#define BOXKEEPER_RETENTION_H

#include "dovecot-plugin/plugin.h"

#include "rules/retention.h"
#include "rules/text.h"

/* What the log and doveadm say, followed by the reason: the CLI translates both. */
#define BOXKEEPER_DOES_NOTHING N_("retention does nothing")

struct boxkeeper_retention_options {
    int64_t now;                 /* epoch seconds */
    int64_t budget_milliseconds; /* 0 = to the end */
    int64_t batch_messages;      /* commit after so many at the latest; 0 = as pass.h does */
    unsigned int lock_seconds;   /* how long to wait for another run of the same user; 0 = not */
    bool clock_ok;               /* the administrator vouches for the clock */
    bool look_only;              /* bring state.db up to date, touch no mail */
    bool believe_record;         /* if state.db says that nothing is due, open nothing */
    bool is_sweep;               /* put on record that it ran, also when there was nothing to do */
};

struct boxkeeper_retention_result {
    enum bk_retention_doubt doubt;
    enum bk_retention_rest rest;
    int64_t archived, expunged; /* messages */
    int64_t next_due;           /* epoch seconds; INT64_MAX = nothing */
    bool unfinished;            /* more is due: the budget ended, or another process is at it */
    bool out_of_time;           /* it was the budget, and nothing else */
};

/* Do what is due. 0 also when doubt or rest kept it from doing anything; -1 on failure (logged). */
BOXKEEPER_EXPORT int boxkeeper_retention_run(struct mail_user *user,
                                             const struct boxkeeper_retention_options *options,
                                             struct boxkeeper_retention_result *result_r);

/* One folder in which something would be done as of some time. */
struct boxkeeper_retention_preview {
    const char *folder;
    const char *action; /* "archive" or "expunge" */
    int64_t messages, bytes;
    int64_t oldest_stored_at; /* 0 = nothing is due */
};
typedef void boxkeeper_retention_preview_row(void *context,
                                             const struct boxkeeper_retention_preview *row);

/* What would be done at `as_of`, folder by folder, whatever the clock says; holds and doubts about
 * folders are in result_r, and then there are no rows. */
BOXKEEPER_EXPORT int boxkeeper_retention_preview(struct mail_user *user, int64_t as_of,
                                                 boxkeeper_retention_preview_row *row,
                                                 void *context,
                                                 struct boxkeeper_retention_result *result_r);

/* ---- in sessions ---- */
void boxkeeper_retention_session_begin(struct boxkeeper_user *context);
void boxkeeper_retention_session_end(struct boxkeeper_user *context);
void boxkeeper_retention_stop_timer(struct boxkeeper_user *context);

#endif
