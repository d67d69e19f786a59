/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* How much may be sent. */
#include "rules/sending.h"
#include "unit.h"

#include <string.h>

#define NOW INT64_C(1800000000)

START_TEST(the_nearest_level_decides)
{
    static struct unit_world world;
    struct bk_account *taro;

    unit_world_init(&world);
    taro = unit_world_add(&world, "taro@d.example");
    world.plan.send = (struct bk_send_limits){1, 2, 3, 4};
    ck_assert_int_eq(bk_send_limits_of(taro).messages_per_hour, 1);
    ck_assert_int_eq(bk_send_limits_of(taro).recipients_per_day, 4);
    world.domain.send.messages_per_hour = 10;
    world.domain.send.recipients_per_day = 0; /* unlimited is not inherit */
    ck_assert_int_eq(bk_send_limits_of(taro).messages_per_hour, 10);
    ck_assert_int_eq(bk_send_limits_of(taro).messages_per_day, 2);
    ck_assert_int_eq(bk_send_limits_of(taro).recipients_per_day, 0);
    taro->send.messages_per_hour = 0;
    taro->send.recipients_per_hour = 30;
    ck_assert_int_eq(bk_send_limits_of(taro).messages_per_hour, 0);
    ck_assert_int_eq(bk_send_limits_of(taro).recipients_per_hour, 30);
}
END_TEST

START_TEST(limits_are_reached_exactly)
{
    static const struct {
        struct bk_send_limits limits;
        struct bk_sent sent;
        bool new_message;
        enum bk_send_limit want;
    } cases[] = {
        {{0, 0, 0, 0}, {{1, 9999, 9999}, {1, 9999, 9999}}, true, BK_SEND_WITHIN_LIMITS},
        {{3, 0, 0, 0}, {{1, 2, 9}, {1, 9, 9}}, true, BK_SEND_WITHIN_LIMITS},
        {{3, 0, 0, 0}, {{1, 3, 9}, {1, 9, 9}}, true, BK_SEND_MESSAGES_PER_HOUR},
        {{3, 0, 0, 0}, {{1, 4, 9}, {1, 9, 9}}, true, BK_SEND_MESSAGES_PER_HOUR},
        {{3, 0, 0, 0}, {{1, 3, 9}, {1, 9, 9}}, false, BK_SEND_WITHIN_LIMITS},
        {{0, 3, 0, 0}, {{1, 9, 9}, {1, 2, 9}}, true, BK_SEND_WITHIN_LIMITS},
        {{0, 3, 0, 0}, {{1, 9, 9}, {1, 3, 9}}, true, BK_SEND_MESSAGES_PER_DAY},
        {{0, 0, 5, 0}, {{1, 1, 4}, {1, 9, 9}}, false, BK_SEND_WITHIN_LIMITS},
        {{0, 0, 5, 0}, {{1, 1, 5}, {1, 9, 9}}, false, BK_SEND_RECIPIENTS_PER_HOUR},
        {{0, 0, 5, 0}, {{1, 1, 5}, {1, 9, 9}}, true, BK_SEND_RECIPIENTS_PER_HOUR},
        {{0, 0, 0, 5}, {{1, 1, 9}, {1, 1, 4}}, false, BK_SEND_WITHIN_LIMITS},
        {{0, 0, 0, 5}, {{1, 1, 9}, {1, 1, 5}}, false, BK_SEND_RECIPIENTS_PER_DAY},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        enum bk_send_limit got = bk_sending_decide(&cases[i].limits, &cases[i].sent,
                                                   cases[i].new_message);

        ck_assert_msg(got == cases[i].want, "case %zu: got %d, want %d", i, got, cases[i].want);
    }
}
END_TEST

START_TEST(periods_end)
{
    static const struct {
        int64_t later;
        int64_t want_hour, want_day;
    } cases[] = {{0, 2, 2},     {3599, 2, 2},  {3600, 0, 2},
                 {86399, 0, 2}, {86400, 0, 0}, {-1, 0, 0} /* the clock was set back */};

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_sent sent = {.hour = {0}};

        bk_sent_expire(&sent, NOW);
        bk_sent_add(&sent, NOW, true);
        bk_sent_add(&sent, NOW, false);
        ck_assert_int_eq(sent.hour.messages, 1);
        ck_assert_int_eq(sent.day.messages, 1);
        bk_sent_expire(&sent, NOW + cases[i].later);
        ck_assert_msg(sent.hour.recipients == cases[i].want_hour &&
                          sent.day.recipients == cases[i].want_day,
                      "%+lld s: got %lld, %lld", (long long)cases[i].later,
                      (long long)sent.hour.recipients, (long long)sent.day.recipients);
    }
}
END_TEST

START_TEST(an_hour_begins_with_its_first_message)
{
    struct bk_sent sent = {.hour = {0}};

    bk_sent_add(&sent, NOW, true);
    bk_sent_expire(&sent, NOW + 3599);
    bk_sent_add(&sent, NOW + 3599, true);
    ck_assert_int_eq(sent.hour.messages, 2);
    bk_sent_expire(&sent, NOW + 3600);
    bk_sent_add(&sent, NOW + 3600, true);
    ck_assert_int_eq(sent.hour.messages, 1);
    ck_assert_int_eq(sent.hour.started_at, NOW + 3600);
    ck_assert_int_eq(sent.day.messages, 3);
    ck_assert_int_eq(sent.day.started_at, NOW);
}
END_TEST

START_TEST(replies_are_temporary)
{
    ck_assert_ptr_null(bk_sending_reply(BK_SEND_WITHIN_LIMITS));
    for (int limit = BK_SEND_MESSAGES_PER_HOUR; limit <= BK_SEND_RECIPIENTS_PER_DAY; limit++)
        ck_assert_int_eq(strncmp(bk_sending_reply((enum bk_send_limit)limit), "450 4.7.1 ", 10), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {the_nearest_level_decides, limits_are_reached_exactly,
                                  periods_end, an_hour_begins_with_its_first_message,
                                  replies_are_temporary};

    return unit_run("sending", tests, UNIT_COUNT(tests));
}
