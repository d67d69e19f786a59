/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* What may be set as an auto-reply, and when it answers. */
#include "rules/auto_reply.h"
#include "unit.h"

#include <string.h>

static struct bk_plan plan;
static struct bk_domain domain = {.plan = &plan};
static struct bk_account account = {.domain = &domain};

static void set_up(void)
{
    plan = unit_plan();
    plan.auto_reply_width_maximum = 600;
    plan.auto_reply_interval_seconds = 604800;
    account.auto_reply = true;
}

static struct bk_auto_reply reply_of(const char *from, const char *until)
{
    return (struct bk_auto_reply){.subject = "away",
                                  .body = "I am away.",
                                  .from_date = from,
                                  .until_date = until,
                                  .interval_seconds = BK_INHERIT};
}

START_TEST(answers_between_its_dates)
{
    static const struct {
        const char *from, *until, *today;
        enum bk_auto_reply_decision want;
    } cases[] = {
        {"", "", "2027-01-31", BK_AUTO_REPLY_ANSWER},
        {"2027-01-31", "", "2027-01-30", BK_AUTO_REPLY_NOT_YET},
        {"2027-01-31", "", "2027-01-31", BK_AUTO_REPLY_ANSWER},
        {"2027-01-31", "", "2027-02-01", BK_AUTO_REPLY_ANSWER},
        {"", "2027-01-31", "2027-01-30", BK_AUTO_REPLY_ANSWER},
        {"", "2027-01-31", "2027-01-31", BK_AUTO_REPLY_ANSWER},
        {"", "2027-01-31", "2027-02-01", BK_AUTO_REPLY_OVER},
        {"2027-01-30", "2027-01-31", "2027-01-29", BK_AUTO_REPLY_NOT_YET},
        {"2027-01-30", "2027-01-31", "2027-01-31", BK_AUTO_REPLY_ANSWER},
        {"2027-01-30", "2027-01-31", "2027-02-01", BK_AUTO_REPLY_OVER},
        {"2027-01-31", "2027-01-31", "2026-01-01", BK_AUTO_REPLY_ANSWER},
        {"2027-01-31", "2027-01-31", "2028-01-01", BK_AUTO_REPLY_ANSWER},
        {"2026-12-31", "2027-01-01", "2027-01-01", BK_AUTO_REPLY_ANSWER},
    };

    set_up();
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_auto_reply reply = reply_of(cases[i].from, cases[i].until);
        enum bk_auto_reply_decision got = bk_auto_reply_decide(&account, &reply, cases[i].today,
                                                               false, false);

        ck_assert_msg(got == cases[i].want, "%s to %s on %s: got %d", cases[i].from, cases[i].until,
                      cases[i].today, got);
    }
}
END_TEST

START_TEST(never_answers_some)
{
    struct bk_auto_reply reply = reply_of("", "");

    set_up();
    ck_assert_int_eq(bk_auto_reply_decide(&account, &reply, "2027-01-31", true, false),
                     BK_AUTO_REPLY_SPAM);
    ck_assert_int_eq(bk_auto_reply_decide(&account, &reply, "2027-01-31", false, true),
                     BK_AUTO_REPLY_TO_ITSELF);
    account.auto_reply = false;
    ck_assert_int_eq(bk_auto_reply_decide(&account, &reply, "2027-01-31", false, false),
                     BK_AUTO_REPLY_OFF);
    account.auto_reply = true;
    plan.auto_reply_allowed = false;
    ck_assert_int_eq(bk_auto_reply_decide(&account, &reply, "2027-01-31", false, false),
                     BK_AUTO_REPLY_OFF);
}
END_TEST

START_TEST(checks_dates)
{
    static const struct {
        const char *from, *until;
        enum bk_auto_reply_problem want;
    } cases[] = {
        {"2027-01-31", "2027-01-31", BK_AUTO_REPLY_FINE},
        {"2027-01-31", "2027-01-30", BK_AUTO_REPLY_DATE_ORDER},
        {"2028-02-29", "", BK_AUTO_REPLY_FINE},
        {"2027-02-29", "", BK_AUTO_REPLY_DATE},
        {"2100-02-29", "", BK_AUTO_REPLY_DATE},
        {"2000-02-29", "", BK_AUTO_REPLY_FINE},
        {"2027-04-31", "", BK_AUTO_REPLY_DATE},
        {"2027-12-31", "", BK_AUTO_REPLY_FINE},
        {"2027-00-01", "", BK_AUTO_REPLY_DATE},
        {"2027-13-01", "", BK_AUTO_REPLY_DATE},
        {"2027-01-00", "", BK_AUTO_REPLY_DATE},
        {"", "2027-01-32", BK_AUTO_REPLY_DATE},
        {"", "2027-1-31", BK_AUTO_REPLY_DATE},
        {"", "31.01.2027", BK_AUTO_REPLY_DATE},
        {"", "tomorrow", BK_AUTO_REPLY_DATE},
        {"2027-01-311", "", BK_AUTO_REPLY_DATE},
        {"1969-12-31", "", BK_AUTO_REPLY_DATE},
    };

    set_up();
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_auto_reply reply = reply_of(cases[i].from, cases[i].until);
        enum bk_auto_reply_problem got = bk_auto_reply_check(&plan, &reply, 10);

        ck_assert_msg(got == cases[i].want, "%s to %s: got %d", cases[i].from, cases[i].until, got);
    }
}
END_TEST

START_TEST(checks_texts)
{
    static const struct {
        const char *subject, *body;
        int64_t width;
        enum bk_auto_reply_problem want;
    } cases[] = {
        {"s", "b", 1, BK_AUTO_REPLY_FINE},
        {"", "b", 1, BK_AUTO_REPLY_SUBJECT_EMPTY},
        {" \t", "b", 1, BK_AUTO_REPLY_SUBJECT_EMPTY},
        {"s\r\nBcc: x@y.example", "b", 1, BK_AUTO_REPLY_SUBJECT_LINE},
        {"s", "", 0, BK_AUTO_REPLY_BODY_EMPTY},
        {"s", " \r\n\t", 0, BK_AUTO_REPLY_BODY_EMPTY},
        {"s", "\xE3\x80\x80\n", 2, BK_AUTO_REPLY_BODY_EMPTY},
        {"s", "a\nb\tc\r\n", 3, BK_AUTO_REPLY_FINE},
        {"s", "a\x1B[0m", 3, BK_AUTO_REPLY_BODY_CONTROL},
        {"s", "b", 599, BK_AUTO_REPLY_FINE},
        {"s", "b", 600, BK_AUTO_REPLY_FINE},
        {"s", "b", 601, BK_AUTO_REPLY_BODY_WIDE},
    };

    set_up();
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_auto_reply reply = reply_of("", "");

        reply.subject = cases[i].subject;
        reply.body = cases[i].body;
        ck_assert_msg(bk_auto_reply_check(&plan, &reply, cases[i].width) == cases[i].want,
                      "case %zu", i);
    }
}
END_TEST

START_TEST(obeys_the_plan)
{
    struct bk_auto_reply reply = reply_of("", "");

    set_up();
    ck_assert_int_eq(bk_auto_reply_interval(&plan, &reply), 604800);
    reply.interval_seconds = 60;
    ck_assert_int_eq(bk_auto_reply_interval(&plan, &reply), 60);
    reply.interval_seconds = 0;
    ck_assert_int_eq(bk_auto_reply_check(&plan, &reply, 1), BK_AUTO_REPLY_INTERVAL);
    reply.interval_seconds = 1;
    plan.auto_reply_width_maximum = 0;
    ck_assert_int_eq(bk_auto_reply_check(&plan, &reply, 100000), BK_AUTO_REPLY_FINE);
    plan.auto_reply_allowed = false;
    ck_assert_int_eq(bk_auto_reply_check(&plan, &reply, 1), BK_AUTO_REPLY_NOT_ALLOWED);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {answers_between_its_dates, never_answers_some, checks_dates,
                                  checks_texts, obeys_the_plan};

    return unit_run("auto_reply", tests, UNIT_COUNT(tests));
}
