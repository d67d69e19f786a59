/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Which warning of a filling mailbox is due. */
#include "rules/warning.h"
#include "unit.h"

#include <inttypes.h>

#define DAY INT64_C(86400)
#define NOW (100 * DAY)

static struct unit_world world;
static struct bk_account *taro;

static void setup(int64_t capacity_bytes)
{
    unit_world_init(&world);
    taro = unit_world_add(&world, "taro@d.example");
    taro->capacity_bytes = capacity_bytes;
}

START_TEST(thresholds)
{
    static const struct {
        int64_t used, limit;
        enum bk_warning want;
    } cases[] = {
        {0, 1000, BK_WARNING_BELOW},
        {799, 1000, BK_WARNING_BELOW},
        {800, 1000, BK_WARNING_80},
        {801, 1000, BK_WARNING_80},
        {899, 1000, BK_WARNING_80},
        {900, 1000, BK_WARNING_90},
        {901, 1000, BK_WARNING_90},
        {949, 1000, BK_WARNING_90},
        {950, 1000, BK_WARNING_95},
        {951, 1000, BK_WARNING_95},
        {1000, 1000, BK_WARNING_95},
        {INT64_MAX, 1000, BK_WARNING_95},
        {INT64_MAX, 0, BK_WARNING_BELOW},
        {0, 1, BK_WARNING_BELOW},
        {1, 1, BK_WARNING_95},
        /* 80 % of 1024 are 819.2, 90 % 921.6, 95 % 972.8. */
        {819, 1024, BK_WARNING_BELOW},
        {820, 1024, BK_WARNING_80},
        {921, 1024, BK_WARNING_80},
        {922, 1024, BK_WARNING_90},
        {972, 1024, BK_WARNING_90},
        {973, 1024, BK_WARNING_95},
        /* 80 % of 2^63-1 are 7378697629483820645.6, 95 % 8762203435012037016.65. */
        {INT64_C(7378697629483820645), INT64_MAX, BK_WARNING_BELOW},
        {INT64_C(7378697629483820646), INT64_MAX, BK_WARNING_80},
        {INT64_C(8762203435012037016), INT64_MAX, BK_WARNING_90},
        {INT64_C(8762203435012037017), INT64_MAX, BK_WARNING_95},
        {INT64_MAX, INT64_MAX, BK_WARNING_95},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        enum bk_warning got = bk_warning_reached(cases[i].used, cases[i].limit);

        ck_assert_msg(got == cases[i].want, "%" PRId64 " of %" PRId64 ": got %d, want %d",
                      cases[i].used, cases[i].limit, bk_warning_percent(got),
                      bk_warning_percent(cases[i].want));
    }
}
END_TEST

START_TEST(reaches_like_wide_arithmetic)
{
    for (int i = 0; i < 200000; i++) {
        int64_t limit = 1 + unit_random(3000), used = unit_random(3300);
        enum bk_warning want = used * 100 >= limit * 95   ? BK_WARNING_95
                               : used * 100 >= limit * 90 ? BK_WARNING_90
                               : used * 100 >= limit * 80 ? BK_WARNING_80
                                                          : BK_WARNING_BELOW;

        ck_assert_int_eq(bk_warning_reached(used, limit), want);
        ck_assert_int_eq(bk_usage_percent(used, limit), used * 100 / limit);
    }
}
END_TEST

START_TEST(percents)
{
    static const struct {
        int64_t used, limit, want;
    } cases[] = {
        {0, 0, 0},
        {5, 0, 0},
        {0, 1, 0},
        {799, 1000, 79},
        {1000, 1000, 100},
        {2000, 1000, 200},
        {INT64_MAX, INT64_MAX, 100},
        {INT64_MAX, 1, INT64_MAX},
        {INT64_MAX / 100, 1, INT64_MAX / 100 * 100},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_int_eq(bk_usage_percent(cases[i].used, cases[i].limit), cases[i].want);
}
END_TEST

#define BELOW BK_WARNING_BELOW
#define P80 BK_WARNING_80
#define P90 BK_WARNING_90
#define P95 BK_WARNING_95
#define SILENT (-1)

START_TEST(what_is_due)
{
    static const struct {
        const char *name;
        int64_t used; /* of 1000 */
        struct bk_warned before;
        int want; /* a warning, or SILENT */
        enum bk_warning want_told;
        int64_t want_look_at;
    } cases[] = {
        {"nothing", 0, {BELOW, {0}, 0}, SILENT, BELOW, 0},
        {"rises over one", 800, {BELOW, {0}, 0}, P80, P80, 0},
        {"rises over two at once", 940, {BELOW, {0}, 0}, P90, P90, 0},
        {"rises over all at once", 1001, {BELOW, {0}, 0}, P95, P95, 0},
        {"stays", 850, {P80, {0, NOW - 5}, 0}, SILENT, P80, 0},
        {"rises further within the day", 905, {P80, {0, NOW - 5}, 0}, P90, P90, 0},
        {"falls a step", 910, {P95, {0, 0, 0, NOW - 5}, 0}, SILENT, P90, 0},
        {"falls two steps", 810, {P95, {0, 0, 0, NOW - 5}, 0}, SILENT, P80, 0},
        {"falls below", 799, {P80, {0, NOW - 5}, 0}, BELOW, BELOW, 0},
        {"falls below from the top", 0, {P95, {0, NOW - 5, 0, NOW - 4}, 0}, BELOW, BELOW, 0},
        {"rises again too soon", 800, {BELOW, {NOW - 5, NOW - DAY + 1}, 0}, SILENT, BELOW, NOW + 1},
        {"rises again a day later", 800, {BELOW, {NOW - 5, NOW - DAY}, 0}, P80, P80, 0},
        {"rises again much later", 800, {BELOW, {NOW - 5, NOW - DAY - 1}, 0}, P80, P80, 0},
        {"falls again too soon", 0, {P80, {NOW - DAY + 1, NOW - 5}, 0}, SILENT, P80, NOW + 1},
        {"falls again a day later", 0, {P80, {NOW - DAY, NOW - 5}, 0}, BELOW, BELOW, 0},
        {"rises to another step instead", 900, {BELOW, {NOW - 5, NOW - 6}, NOW + DAY}, P90, P90, 0},
        {"is well again before its time",
         0,
         {BELOW, {NOW - 5, NOW - 6}, NOW + 5},
         SILENT,
         BELOW,
         0},
        {"the clock was set back a little",
         800,
         {BELOW, {0, NOW + 5}, 0},
         SILENT,
         BELOW,
         NOW + 5 + DAY},
        {"the clock was set back by much", 800, {BELOW, {0, NOW + DAY}, 0}, P80, P80, 0},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct bk_usage usage = {.known = true, .bytes = cases[i].used};
        struct bk_warning_decision got;

        setup(1000);
        got = bk_warning_decide(taro, &usage, &cases[i].before, NOW);
        ck_assert_msg((got.send ? (int)got.warning : SILENT) == cases[i].want,
                      "%s: send %d, warning %d", cases[i].name, got.send, got.warning);
        ck_assert_msg(got.after.told == cases[i].want_told, "%s: told %d", cases[i].name,
                      got.after.told);
        ck_assert_msg(got.after.look_at == cases[i].want_look_at, "%s: look at %" PRId64,
                      cases[i].name, got.after.look_at);
        for (int kind = BELOW; kind < BK_WARNING_COUNT; kind++)
            ck_assert_msg(got.after.sent_at[kind] ==
                              (cases[i].want == kind ? NOW : cases[i].before.sent_at[kind]),
                          "%s: sent %d", cases[i].name, kind);
    }
}
END_TEST

START_TEST(the_limit_counts_as_it_is_now)
{
    const struct bk_usage usage = {.known = true, .bytes = 500};
    const struct bk_warned never = {.told = BELOW}, warned = {.told = P90};
    struct bk_warning_decision got;

    setup(1000);
    ck_assert(!bk_warning_decide(taro, &usage, &never, NOW).send);
    taro->capacity_bytes = 550; /* lowered */
    got = bk_warning_decide(taro, &usage, &never, NOW);
    ck_assert(got.send && got.warning == P90);
    taro->capacity_bytes = 1000; /* raised */
    got = bk_warning_decide(taro, &usage, &warned, NOW);
    ck_assert(got.send && got.warning == BELOW);
    taro->capacity_bytes = 500;
    world.plan.quota_grace_bytes = 500; /* the limit in force, with the plan's grace */
    ck_assert(!bk_warning_decide(taro, &usage, &never, NOW).send);
    taro->capacity_bytes = 0; /* unlimited: there is nothing to tell */
    got = bk_warning_decide(taro, &usage, &warned, NOW);
    ck_assert(!got.send && got.after.told == BELOW);
    ck_assert(!bk_warning_decide(taro, &usage, &never, NOW).send);
}
END_TEST

/* Nothing is told, and nothing counts as told. */
static void assert_rests(const struct bk_usage *usage, const char *name)
{
    const struct bk_warned before = {.told = P80, .sent_at = {0, 5}, .look_at = 7};
    struct bk_warning_decision got = bk_warning_decide(taro, usage, &before, NOW);

    ck_assert_msg(!got.send && got.after.told == P80 && got.after.look_at == 0, "%s", name);
}

START_TEST(who_is_not_told)
{
    const struct bk_usage full = {.known = true, .bytes = 1000}, unknown = {.known = false};

    setup(1000);
    assert_rests(&unknown, "usage not known");
    taro->suspended = true;
    assert_rests(&full, "suspended");
    setup(1000);
    world.domain.suspended = true;
    assert_rests(&full, "with its domain");
    setup(1000);
    taro->state = BK_ACCOUNT_DELETING;
    assert_rests(&full, "being deleted");
    setup(1000);
    taro->receive = false;
    assert_rests(&full, "receive OFF");
    setup(1000);
    world.plan.quota_warnings = false;
    assert_rests(&full, "a plan without warnings");
}
END_TEST

/* However usage goes up and down: no kind twice within a day, and in the end what is known is so.
 */
START_TEST(never_more_than_one_of_a_kind_a_day)
{
    struct bk_warned warned = {.told = BELOW};
    int64_t last[BK_WARNING_COUNT] = {-DAY, -DAY, -DAY, -DAY};
    struct bk_usage usage = {.known = true};

    setup(1000);
    for (int64_t now = NOW; now < NOW + 1000 * 3600; now += 3600) {
        struct bk_warning_decision got;

        usage.bytes = 700 + (int64_t)unit_random(350);
        got = bk_warning_decide(taro, &usage, &warned, now);
        warned = got.after;
        if (got.send) {
            ck_assert_int_ge(now - last[got.warning], DAY);
            last[got.warning] = now;
        }
        /* Either he knows it, or it is looked at again. */
        ck_assert(warned.told == bk_warning_reached(usage.bytes, 1000) || warned.look_at > now);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        thresholds,
        reaches_like_wide_arithmetic,
        percents,
        what_is_due,
        the_limit_counts_as_it_is_now,
        who_is_not_told,
        never_more_than_one_of_a_kind_a_day,
    };

    return unit_run("warning", tests, UNIT_COUNT(tests));
}
