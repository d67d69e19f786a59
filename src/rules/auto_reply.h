/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The auto-reply of an account: what may be set, and whether a message may be answered now. Sending
 * it, once per sender and interval, and never to lists, bulk, auto-submitted mail and bounces, is
 * Pigeonhole's vacation (RFC 5230, RFC 3834); decided here is what vacation does not know: the
 * dates, the plan, spam, and all the addresses of the account.
 *
 * Dates are local ones of the domain's time zone, "YYYY-MM-DD": they compare as texts.
 */
#ifndef BK_RULES_AUTO_REPLY_H
#define BK_RULES_AUTO_REPLY_H

#include "rules/account.h"

#define BK_AUTO_REPLY_SUBJECT_MAXIMUM_BYTES 500
#define BK_AUTO_REPLY_BODY_MAXIMUM_BYTES 65536
#define BK_AUTO_REPLY_QUOTE_MAXIMUM_BYTES 2048 /* of the original's text */

struct bk_auto_reply {
    const char *subject, *body; /* UTF-8 */
    bool quote;
    const char *from_date, *until_date; /* both inclusive; "" = no limit; equal ones = no limit */
    int64_t interval_seconds;           /* BK_INHERIT: the plan's */
    int64_t text_number; /* kept by the store: grows when subject, text or first day change */
};

/* Set, and allowed by the plan. */
bool bk_auto_reply_is_on(const struct bk_account *account);
/* The interval in force. */
int64_t bk_auto_reply_interval(const struct bk_plan *plan, const struct bk_auto_reply *reply);

enum bk_auto_reply_decision {
    BK_AUTO_REPLY_ANSWER = 1,
    BK_AUTO_REPLY_OFF,
    BK_AUTO_REPLY_NOT_YET,
    BK_AUTO_REPLY_OVER,
    BK_AUTO_REPLY_SPAM,
    BK_AUTO_REPLY_TO_ITSELF, /* the sender is the account itself, or nobody (a bounce) */
};
/* `today` is the date in the domain's time zone; `from_itself`: the envelope sender is empty, or an
 * address of the account. */
enum bk_auto_reply_decision bk_auto_reply_decide(const struct bk_account *account,
                                                 const struct bk_auto_reply *reply,
                                                 const char *today, bool is_spam, bool from_itself);

enum bk_auto_reply_problem {
    BK_AUTO_REPLY_FINE = 0,
    BK_AUTO_REPLY_NOT_ALLOWED, /* by the plan */
    BK_AUTO_REPLY_SUBJECT_EMPTY,
    BK_AUTO_REPLY_SUBJECT_LINE, /* a control character, or too long */
    BK_AUTO_REPLY_BODY_EMPTY,   /* nothing but blanks */
    BK_AUTO_REPLY_BODY_CONTROL, /* a control character other than line end and tab */
    BK_AUTO_REPLY_BODY_WIDE,    /* more than the plan's half-width characters, or far too long */
    BK_AUTO_REPLY_DATE,         /* one is not a date of the calendar */
    BK_AUTO_REPLY_DATE_ORDER,   /* until comes before from */
    BK_AUTO_REPLY_INTERVAL,     /* 0: it would answer everything */
};
/* May this be set? `body_width`: half-width characters of the body (a full-width one is two). */
enum bk_auto_reply_problem bk_auto_reply_check(const struct bk_plan *plan,
                                               const struct bk_auto_reply *reply,
                                               int64_t body_width);
/* English, for gettext: a whole sentence without its end. */
const char *bk_auto_reply_problem_text(enum bk_auto_reply_problem problem);

#endif
