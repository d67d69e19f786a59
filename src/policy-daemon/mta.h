/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Mail that the daemon itself sends, handed to an smtpd of Postfix on a unix socket
 * (boxkeeper-warning in conf/postfix/master.cf): one message at a time, each over a connection of
 * its own, by the event loop, so that nobody's answer waits for it. The envelope sender is empty:
 * nothing comes back.
 */
#ifndef BK_POLICY_DAEMON_MTA_H
#define BK_POLICY_DAEMON_MTA_H

#include "rules/error.h"

#include <event2/event.h>
#include <stdbool.h>

#define BK_MTA_PATIENCE_SECONDS 60 /* for each reply */

struct bk_mta;

/* How the sending ended: NULL: Postfix has the message now. Else why not, in English; where the
 * connection broke after the message was sent it may have it all the same. */
typedef void bk_mta_done(void *context, const char *problem);

/* Connects to nothing yet. `base` belongs to the caller and must live longer; `socket_path` is
 * copied. */
struct bk_mta *bk_mta_create(struct event_base *base, const char *socket_path, bk_mta_done *done,
                             void *context);
/* What is being sent is given up, without a call of done. Sets *mta to NULL. */
void bk_mta_destroy(struct bk_mta **mta);

bool bk_mta_is_busy(const struct bk_mta *mta);
/*
 * Begin to send `message` (lines ended by CRLF, none begins with a dot) to `recipient`; done is
 * called later, from the event loop. False and `error`: Postfix is not there; nothing was begun.
 * Not while it is busy.
 */
bool bk_mta_send(struct bk_mta *mta, const char *recipient, const char *message,
                 struct bk_error *error);

#endif
