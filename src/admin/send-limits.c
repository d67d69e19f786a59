/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/send-limits.h"

#include "rules/sending.h"

#include <string.h>
#include <time.h>

static bool take_limit(struct bk_admin *admin, const char *option, int64_t *limit_r)
{
    const char *text = bk_option_value(admin, option);

    if (text == NULL || strcmp(text, "inherit") != 0)
        return bk_option_number(admin, option, 0, INT32_MAX, limit_r);
    *limit_r = BK_INHERIT;
    return true;
}

bool bk_take_send_limits(struct bk_admin *admin, struct bk_send_limits *limits)
{
    return take_limit(admin, "send-messages-per-hour", &limits->messages_per_hour) &&
           take_limit(admin, "send-messages-per-day", &limits->messages_per_day) &&
           take_limit(admin, "send-recipients-per-hour", &limits->recipients_per_hour) &&
           take_limit(admin, "send-recipients-per-day", &limits->recipients_per_day);
}

static json_t *count(bool known, int64_t number)
{
    return known ? json_integer(number) : json_null();
}

void bk_describe_sending(struct bk_admin *admin, json_t *object, const struct bk_account *account)
{
    struct bk_send_limits limits = bk_send_limits_of(account);
    struct bk_limits *counters = bk_admin_limits(admin);
    struct bk_sent sent = {.hour = {.started_at = 0}};
    bool known = counters != NULL &&
                 bk_limits_lookup_sent(counters, account->id, &sent, NULL) != BK_FAILED;

    bk_sent_expire(&sent, (int64_t)time(NULL));
    json_object_set_new(object, "send_messages_per_hour", json_integer(limits.messages_per_hour));
    json_object_set_new(object, "send_messages_per_day", json_integer(limits.messages_per_day));
    json_object_set_new(object, "send_recipients_per_hour",
                        json_integer(limits.recipients_per_hour));
    json_object_set_new(object, "send_recipients_per_day", json_integer(limits.recipients_per_day));
    json_object_set_new(object, "sent_messages_this_hour", count(known, sent.hour.messages));
    json_object_set_new(object, "sent_messages_this_day", count(known, sent.day.messages));
    json_object_set_new(object, "sent_recipients_this_hour", count(known, sent.hour.recipients));
    json_object_set_new(object, "sent_recipients_this_day", count(known, sent.day.recipients));
}

enum { MESSAGES_HOUR, MESSAGES_DAY, RECIPIENTS_HOUR, RECIPIENTS_DAY, COUNTS };

static const char *format_count(struct bk_admin *admin, int what, json_int_t sent, json_int_t limit)
{
    switch (what) {
    case MESSAGES_HOUR:
        return bk_arena_printf(admin->arena, _("%lld of %lld messages in an hour"), sent, limit);
    case MESSAGES_DAY:
        return bk_arena_printf(admin->arena, _("%lld of %lld messages in a day"), sent, limit);
    case RECIPIENTS_HOUR:
        return bk_arena_printf(admin->arena, _("%lld of %lld recipients in an hour"), sent, limit);
    default:
        return bk_arena_printf(admin->arena, _("%lld of %lld recipients in a day"), sent, limit);
    }
}

const char *bk_describe_sending_text(struct bk_admin *admin, const json_t *sending)
{
    static const struct {
        const char *sent, *limit;
    } keys[COUNTS] = {
        [MESSAGES_HOUR] = {"sent_messages_this_hour", "send_messages_per_hour"},
        [MESSAGES_DAY] = {"sent_messages_this_day", "send_messages_per_day"},
        [RECIPIENTS_HOUR] = {"sent_recipients_this_hour", "send_recipients_per_hour"},
        [RECIPIENTS_DAY] = {"sent_recipients_this_day", "send_recipients_per_day"},
    };
    const char *text = "";

    for (int what = 0; what < COUNTS; what++) {
        json_int_t limit = json_integer_value(json_object_get(sending, keys[what].limit));
        json_int_t sent = json_integer_value(json_object_get(sending, keys[what].sent));

        if (limit > 0)
            text = bk_arena_printf(admin->arena, "%s%s%s", text, *text != '\0' ? ", " : "",
                                   format_count(admin, what, sent, limit));
    }
    return *text != '\0' ? text : _("no limits");
}
