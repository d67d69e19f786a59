/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The auto-reply at delivery: whether this message may be answered now is asked of
 * rules/auto_reply; if so, the global script's vacation command gets from here what it needs, and
 * decides by its own guards whether it answers. In vnd.dovecot.config:
 *
 *   boxkeeper_reply           "yes" or "no"
 *   boxkeeper_reply_handle    vacation's memory: another one after a change of text or first day
 *   boxkeeper_reply_subject, boxkeeper_reply_text (with the quote), boxkeeper_reply_from
 *   boxkeeper_reply_address   the account's address as it stands in To or Cc, if it does
 *
 * The interval is not a value that scripts can set: it becomes sieve_vacation_default_period of
 * this user.
 */
#ifndef BOXKEEPER_AUTO_REPLY_H
#define BOXKEEPER_AUTO_REPLY_H

#include "dovecot-plugin/plugin.h"

struct mail_deliver_context;

/* Before sieve runs; *answers_r: vacation is asked. False: the settings could not be read. */
bool boxkeeper_auto_reply_prepare(struct boxkeeper_user *context, struct mail_deliver_context *ctx,
                                  bool is_spam, bool *answers_r);

#endif
