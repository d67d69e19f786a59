/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * How much an account may send, and has sent (PRODUCT.md section 5, "Sending"). An hour and a day
 * begin with the first message after the last one is over: counters, not a history. A message
 * counts once and each of its recipients once; what was refused counts nothing.
 */
#ifndef BK_RULES_SENDING_H
#define BK_RULES_SENDING_H

#include "rules/account.h"

/* What an account has sent since `started_at` (0: nothing yet). */
struct bk_sent_period {
    int64_t started_at;
    int64_t messages, recipients;
};
struct bk_sent {
    struct bk_sent_period hour, day;
};

/* In force: the account's, else its domain's, else the plan's; 0 = unlimited. */
struct bk_send_limits bk_send_limits_of(const struct bk_account *account);

/* Forget periods that are over at `now`, or that began after it (the clock was set back). */
void bk_sent_expire(struct bk_sent *sent, int64_t now);

enum bk_send_limit {
    BK_SEND_WITHIN_LIMITS = 0,
    BK_SEND_MESSAGES_PER_HOUR, /* this limit is reached */
    BK_SEND_MESSAGES_PER_DAY,
    BK_SEND_RECIPIENTS_PER_HOUR,
    BK_SEND_RECIPIENTS_PER_DAY,
};

/* May one more recipient be sent to, in a new message or in one that counts already? `sent` has
 * been through bk_sent_expire(). */
enum bk_send_limit bk_sending_decide(const struct bk_send_limits *limits,
                                     const struct bk_sent *sent, bool new_message);
/* That recipient was accepted at `now`. */
void bk_sent_add(struct bk_sent *sent, int64_t now, bool new_message);

/* SMTP reply in English; NULL within limits. */
const char *bk_sending_reply(enum bk_send_limit limit);

#endif
