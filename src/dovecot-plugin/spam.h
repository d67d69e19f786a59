/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Spam at delivery: the scanner's headers and the senders of the message go to rules/spam, its
 * verdict goes to sieve. The global script (conf/dovecot/boxkeeper.sieve) finds in
 * vnd.dovecot.config:
 *
 *   boxkeeper_spam          "yes": spam, whatever is done about it
 *   boxkeeper_spam_subject  the Subject with the tag before it, or ""
 *   boxkeeper_spam_folder   where it goes, or ""
 *   boxkeeper_spam_delete   "yes" or "no"
 */
#ifndef BOXKEEPER_SPAM_H
#define BOXKEEPER_SPAM_H

#include "dovecot-plugin/plugin.h"

struct mail_deliver_context;

/* Before sieve runs. False: the settings could not be read; nothing is known then. `spam_r`: is it
 * spam. */
bool boxkeeper_spam_prepare(struct boxkeeper_user *context, struct mail_deliver_context *ctx,
                            bool *spam_r);

#endif
