/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/sending.h"

#include "rules/usage.h"

#define HOUR_SECONDS 3600
#define DAY_SECONDS (24 * HOUR_SECONDS)

static int64_t in_force(int64_t of_account, int64_t of_domain, int64_t of_plan)
{
    if (of_account != BK_INHERIT)
        return of_account;
    return of_domain != BK_INHERIT ? of_domain : of_plan;
}

struct bk_send_limits bk_send_limits_of(const struct bk_account *account)
{
    const struct bk_send_limits *own = &account->send, *domain = &account->domain->send;
    const struct bk_send_limits *plan = &account->domain->plan->send;

    return (struct bk_send_limits){
        .messages_per_hour = in_force(own->messages_per_hour, domain->messages_per_hour,
                                      plan->messages_per_hour),
        .messages_per_day = in_force(own->messages_per_day, domain->messages_per_day,
                                     plan->messages_per_day),
        .recipients_per_hour = in_force(own->recipients_per_hour, domain->recipients_per_hour,
                                        plan->recipients_per_hour),
        .recipients_per_day = in_force(own->recipients_per_day, domain->recipients_per_day,
                                       plan->recipients_per_day),
    };
}

static void expire(struct bk_sent_period *period, int64_t now, int64_t length_seconds)
{
    if (now < period->started_at || now - period->started_at >= length_seconds)
        *period = (struct bk_sent_period){0};
}

void bk_sent_expire(struct bk_sent *sent, int64_t now)
{
    expire(&sent->hour, now, HOUR_SECONDS);
    expire(&sent->day, now, DAY_SECONDS);
}

static bool is_reached(int64_t limit, int64_t count)
{
    return limit > 0 && count >= limit;
}

enum bk_send_limit bk_sending_decide(const struct bk_send_limits *limits,
                                     const struct bk_sent *sent, bool new_message)
{
    if (new_message && is_reached(limits->messages_per_hour, sent->hour.messages))
        return BK_SEND_MESSAGES_PER_HOUR;
    if (new_message && is_reached(limits->messages_per_day, sent->day.messages))
        return BK_SEND_MESSAGES_PER_DAY;
    if (is_reached(limits->recipients_per_hour, sent->hour.recipients))
        return BK_SEND_RECIPIENTS_PER_HOUR;
    if (is_reached(limits->recipients_per_day, sent->day.recipients))
        return BK_SEND_RECIPIENTS_PER_DAY;
    return BK_SEND_WITHIN_LIMITS;
}

static void add(struct bk_sent_period *period, int64_t now, bool new_message)
{
    if (period->started_at == 0)
        period->started_at = now;
    period->messages = bk_add_saturating(period->messages, new_message);
    period->recipients = bk_add_saturating(period->recipients, 1);
}

void bk_sent_add(struct bk_sent *sent, int64_t now, bool new_message)
{
    add(&sent->hour, now, new_message);
    add(&sent->day, now, new_message);
}

const char *bk_sending_reply(enum bk_send_limit limit)
{
    switch (limit) {
    case BK_SEND_WITHIN_LIMITS:
        break;
    case BK_SEND_MESSAGES_PER_HOUR:
        return "450 4.7.1 Your limit of messages in an hour is reached, try again later";
    case BK_SEND_MESSAGES_PER_DAY:
        return "450 4.7.1 Your limit of messages in a day is reached, try again later";
    case BK_SEND_RECIPIENTS_PER_HOUR:
        return "450 4.7.1 Your limit of recipients in an hour is reached, try again later";
    case BK_SEND_RECIPIENTS_PER_DAY:
        return "450 4.7.1 Your limit of recipients in a day is reached, try again later";
    }
    return NULL;
}
