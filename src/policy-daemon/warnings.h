/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Warnings that mailboxes fill up (rules/warning.h): once a second it is looked which accounts'
 * usage (state.db) or limits (settings.db) have changed since the last look, and who is to be told
 * gets a mail over Postfix (mta.h), one after the other. Both databases number their changes, so a
 * look costs what has changed, not what is there.
 *
 * limits.db remembers what was told, and how far it was looked; so a restart repeats nothing and
 * passes nothing over. A mail is remembered when Postfix has it: a daemon that is killed between
 * the two sends it once more. While Postfix or a database is away everything waits, and nothing is
 * forgotten. Where limits.db is lost (or new), what is so already counts as told, that of each
 * account: nobody is told anew what he was told, and changes from then on are.
 */
#ifndef BK_POLICY_DAEMON_WARNINGS_H
#define BK_POLICY_DAEMON_WARNINGS_H

#include "policy-daemon/snapshot.h"

#include <event2/event.h>

struct bk_warnings;

/* Begins to look with the event loop. `base` and `snapshot` belong to the caller and must live
 * longer; `mta_path` is Postfix's socket. */
struct bk_warnings *bk_warnings_create(struct event_base *base, struct bk_snapshot *snapshot,
                                       const char *mta_path);
/* Look for no more; true while a mail is on its way: its end should be waited for. */
bool bk_warnings_stop(struct bk_warnings *warnings);
/* Sets *warnings to NULL. */
void bk_warnings_destroy(struct bk_warnings **warnings);

#endif
