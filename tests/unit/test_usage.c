/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Limits: does one more message fit? */
#include "rules/usage.h"
#include "unit.h"

#include <inttypes.h>

static struct unit_world world;

START_TEST(sums_saturate)
{
    ck_assert_int_eq(bk_add_saturating(0, 0), 0);
    ck_assert_int_eq(bk_add_saturating(INT64_MAX - 1, 0), INT64_MAX - 1);
    ck_assert_int_eq(bk_add_saturating(INT64_MAX - 1, 1), INT64_MAX);
    ck_assert_int_eq(bk_add_saturating(INT64_MAX - 1, 2), INT64_MAX);
    ck_assert_int_eq(bk_add_saturating(INT64_MAX, INT64_MAX), INT64_MAX);
}
END_TEST

START_TEST(knows_when_a_message_is_too_much)
{
    static const struct {
        const char *name;
        int64_t capacity_bytes, grace_bytes;
        bool known;
        int64_t used_bytes, message_bytes;
        bool want;
    } cases[] = {
        {"one less", 1000, 0, true, 900, 99, false},
        {"just so", 1000, 0, true, 900, 100, false},
        {"one more", 1000, 0, true, 900, 101, true},
        {"size unknown, one byte free", 1000, 0, true, 999, 0, false},
        {"size unknown, none free", 1000, 0, true, 1000, 0, true},
        {"size unknown, over", 1000, 0, true, 1001, 0, true},
        {"one byte, none free", 1000, 0, true, 1000, 1, true},
        {"with grace", 1000, 10, true, 1000, 10, false},
        {"with grace, one more", 1000, 10, true, 1000, 11, true},
        {"unlimited", 0, 0, true, INT64_MAX, INT64_MAX, false},
        {"unlimited, with grace", 0, 10, true, INT64_MAX, INT64_MAX, false},
        {"usage not known", 1000, 0, false, 5000, 0, false},
        {"usage not known, just so", 1000, 0, false, 5000, 1000, false},
        {"usage not known, could never fit", 1000, 0, false, 5000, 1001, true},
        {"an immense message", 1000, 0, true, 900, INT64_MAX, true},
        {"all immense", INT64_MAX - 1, 0, true, INT64_MAX - 1, INT64_MAX, true},
        {"immense grace", 1000, INT64_MAX, true, 900, INT64_MAX, false},
        {"a negative size is no gift", 1000, 0, true, 1000, -500, true},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_usage usage = {.known = cases[i].known, .bytes = cases[i].used_bytes};
        struct bk_account *account;

        unit_world_init(&world);
        account = unit_world_add(&world, "taro@d.example");
        account->capacity_bytes = cases[i].capacity_bytes;
        world.plan.quota_grace_bytes = cases[i].grace_bytes;
        ck_assert_msg(bk_usage_would_exceed(account, &usage, cases[i].message_bytes) ==
                          cases[i].want,
                      "%s: want %d", cases[i].name, cases[i].want);
    }
}
END_TEST

static int64_t random_size(void)
{
    return ((int64_t)unit_random(1u << 31) << unit_random(32)) | unit_random(4);
}

START_TEST(decides_like_wide_arithmetic)
{
    struct bk_account *account;

    unit_world_init(&world);
    account = unit_world_add(&world, "taro@d.example");
    for (int round = 0; round < 200000; round++) {
        struct bk_usage usage = {.known = true, .bytes = random_size()};
        int64_t message_bytes = random_size();
        __int128 limit, sum = (__int128)usage.bytes + (message_bytes == 0 ? 1 : message_bytes);
        bool want;

        account->capacity_bytes = random_size();
        world.plan.quota_grace_bytes = unit_random(2) == 0 ? 0 : random_size();
        limit = (__int128)account->capacity_bytes + world.plan.quota_grace_bytes;
        if (limit >= INT64_MAX || sum >= INT64_MAX)
            continue;
        want = account->capacity_bytes != 0 && sum > limit;
        ck_assert_msg(bk_usage_would_exceed(account, &usage, message_bytes) == want,
                      "%" PRId64 " + %" PRId64 " of %" PRId64, usage.bytes, message_bytes,
                      account->capacity_bytes);
    }
}
END_TEST

START_TEST(the_engines_limit)
{
    static const struct {
        const char *name;
        int64_t capacity_bytes, grace_bytes, want, want_trash;
    } cases[] = {
        {"plain", 1000, 0, 1000, 1100},          {"with grace", 1000, 100, 1100, 1210},
        {"too small for a tenth", 9, 0, 9, 9},   {"unlimited", 0, 0, 0, 0},
        {"unlimited, with grace", 0, 100, 0, 0}, {"immense", INT64_MAX, 5, INT64_MAX, INT64_MAX},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_account *account;

        unit_world_init(&world);
        account = unit_world_add(&world, "taro@d.example");
        account->capacity_bytes = cases[i].capacity_bytes;
        world.plan.quota_grace_bytes = cases[i].grace_bytes;
        ck_assert_msg(bk_usage_limit_bytes(account, false) == cases[i].want, "%s", cases[i].name);
        ck_assert_msg(bk_usage_limit_bytes(account, true) == cases[i].want_trash, "%s, trash",
                      cases[i].name);
    }
}
END_TEST

#define NOW (INT64_C(20000) * DAY)
#define DAY INT64_C(86400)

START_TEST(records_grow_old)
{
    ck_assert(!bk_usage_record_is_fresh(0, NOW));
    ck_assert(!bk_usage_record_is_fresh(NOW - DAY, NOW));
    ck_assert(bk_usage_record_is_fresh(NOW - DAY + 1, NOW));
    ck_assert(bk_usage_record_is_fresh(NOW, NOW));
    ck_assert(!bk_usage_record_is_fresh(NOW + 1, NOW));
}
END_TEST

START_TEST(what_a_session_believes)
{
    static const struct {
        int64_t bytes, limit_bytes, measured_at;
        bool want;
    } cases[] = {
        {499, 1000, NOW, true},    {500, 1000, NOW, true},      {501, 1000, NOW, false},
        {501, 0, NOW, true},       {0, 1, NOW, true},           {1, 1, NOW, false},
        {1, 1000, NOW + 1, false}, {1, 1000, NOW - DAY, false},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_usage usage = {
            .known = true, .bytes = cases[i].bytes, .measured_at = cases[i].measured_at};

        ck_assert_msg(bk_usage_is_believed(&usage, cases[i].limit_bytes, NOW) == cases[i].want,
                      "case %zu: want %d", i, cases[i].want);
    }
}
END_TEST

START_TEST(which_delivery_is_newer)
{
    static const struct {
        struct bk_usage delivery, recorded;
        bool want;
    } cases[] = {
        {{true, 10, 1, NOW}, {false, 0, 0, 0}, true},
        {{true, 10, 1, NOW}, {true, 20, 2, NOW - 1}, true},
        {{true, 10, 2, NOW}, {true, 20, 1, NOW}, true},
        {{true, 10, 2, NOW}, {true, 20, 2, NOW}, true},
        {{true, 10, 1, NOW}, {true, 20, 2, NOW}, false},
        {{true, 10, 3, NOW}, {true, 20, 2, NOW + 1}, false},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_msg(bk_usage_delivery_is_newer(&cases[i].delivery, &cases[i].recorded) ==
                          cases[i].want,
                      "case %zu: want %d", i, cases[i].want);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {sums_saturate,
                                  knows_when_a_message_is_too_much,
                                  decides_like_wide_arithmetic,
                                  the_engines_limit,
                                  records_grow_old,
                                  what_a_session_believes,
                                  which_delivery_is_newer};

    return unit_run("usage", tests, UNIT_COUNT(tests));
}
