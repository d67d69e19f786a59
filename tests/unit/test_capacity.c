/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Capacities as text, and which of them a plan and a domain allow. */
#include "rules/capacity.h"
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KIB INT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define TIB (GIB * 1024)
#define UNTOUCHED INT64_C(-77)

static struct unit_world world;

START_TEST(parses)
{
    static const struct {
        const char *text;
        enum bk_capacity_problem want;
        int64_t want_bytes;
    } cases[] = {
        {"0", BK_CAPACITY_FINE, 0},
        {"0G", BK_CAPACITY_FINE, 0},
        {"0.0G", BK_CAPACITY_FINE, 0},
        {"0.0", BK_CAPACITY_FINE, 0},
        {"00", BK_CAPACITY_FINE, 0},
        {"1K", BK_CAPACITY_FINE, KIB},
        {"1kb", BK_CAPACITY_FINE, KIB},
        {"1KiB", BK_CAPACITY_FINE, KIB},
        {"100M", BK_CAPACITY_FINE, 100 * MIB},
        {"5G", BK_CAPACITY_FINE, 5 * GIB},
        {"5gB", BK_CAPACITY_FINE, 5 * GIB},
        {"2t", BK_CAPACITY_FINE, 2 * TIB},
        {"1234B", BK_CAPACITY_FINE, 1234},
        {"1b", BK_CAPACITY_FINE, 1},
        {"007K", BK_CAPACITY_FINE, 7 * KIB},
        {"1.5G", BK_CAPACITY_FINE, GIB + GIB / 2},
        {"10.5G", BK_CAPACITY_FINE, 10 * GIB + GIB / 2},
        {"1.50000000000000000000000000000000000G", BK_CAPACITY_FINE, GIB + GIB / 2},
        /* 0.1 G is 104857.6 KiB, 1.5 K is 1 KiB */
        {"0.1G", BK_CAPACITY_FINE, 104857 * KIB},
        {"1.5K", BK_CAPACITY_FINE, KIB},
        {"1.99999999999999999999K", BK_CAPACITY_FINE, KIB},
        {"0.99999999999999999999T", BK_CAPACITY_FINE, TIB - KIB},
        {"0.0009765625M", BK_CAPACITY_FINE, KIB},
        {"0.0009765624M", BK_CAPACITY_BELOW_MINIMUM, UNTOUCHED},
        {"0.9K", BK_CAPACITY_BELOW_MINIMUM, UNTOUCHED},
        {"9223372036854775806B", BK_CAPACITY_FINE, INT64_MAX - 1},
        {"9223372036854775807B", BK_CAPACITY_FINE, INT64_MAX},
        {"9223372036854775808B", BK_CAPACITY_TOO_LARGE, UNTOUCHED},
        {"92233720368547758070B", BK_CAPACITY_TOO_LARGE, UNTOUCHED},
        {"8388607T", BK_CAPACITY_FINE, 8388607 * TIB},
        {"8388607.99999999999T", BK_CAPACITY_FINE, INT64_MAX - (KIB - 1)},
        {"8388608T", BK_CAPACITY_TOO_LARGE, UNTOUCHED},
        {"9007199254740991K", BK_CAPACITY_FINE, INT64_MAX - (KIB - 1)},
        {"9007199254740992K", BK_CAPACITY_TOO_LARGE, UNTOUCHED},
        {"5", BK_CAPACITY_NO_UNIT, UNTOUCHED},
        {"5.5", BK_CAPACITY_NO_UNIT, UNTOUCHED},
        {"", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"G", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"-1G", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"+1G", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {" 1G", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"1 G", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"1G ", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"1Gx", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"1GiBs", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"1P", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"1.5B", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"1BB", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"1.G", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {".5G", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"1,5G", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"1.5.5G", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"0x10K", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"1e3K", BK_CAPACITY_SYNTAX, UNTOUCHED},
        {"\xef\xbc\x95G", BK_CAPACITY_SYNTAX, UNTOUCHED}, /* full-width 5 */
        {"unlimited", BK_CAPACITY_SYNTAX, UNTOUCHED},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        int64_t bytes = UNTOUCHED;
        enum bk_capacity_problem got = bk_capacity_parse(cases[i].text, &bytes);

        ck_assert_msg(got == cases[i].want && bytes == cases[i].want_bytes,
                      "\"%s\": got %d, %" PRId64 ", want %d, %" PRId64, cases[i].text, got, bytes,
                      cases[i].want, cases[i].want_bytes);
    }
}
END_TEST

/* With 128 bits, all at once. */
START_TEST(parses_like_wide_arithmetic)
{
    static const char letters[] = "KMGT";

    for (int round = 0; round < 200000; round++) {
        unsigned int whole = unit_random(2000), letter = unit_random(4);
        unsigned int digits = 1 + unit_random(8), power = 1, decimals;
        __int128 want = 1;
        int64_t bytes = 0;
        char text[64];

        for (unsigned int i = 0; i < digits; i++)
            power *= 10;
        decimals = unit_random(power);
        (void)snprintf(text, sizeof(text), "%u.%0*u%c", whole, (int)digits, decimals,
                       letters[letter]);
        for (unsigned int i = 0; i <= letter; i++)
            want *= KIB;
        want = ((__int128)whole * power + decimals) * want / power / KIB * KIB;
        if (want == 0)
            continue;
        ck_assert_int_eq(bk_capacity_parse(text, &bytes), BK_CAPACITY_FINE);
        ck_assert_msg(bytes == (int64_t)want, "%s: got %" PRId64, text, bytes);
    }
}
END_TEST

START_TEST(formats)
{
    static const struct {
        int64_t bytes;
        const char *want;
    } cases[] = {
        {0, "0"},
        {BK_INHERIT, "inherit"},
        {1, "1B"},
        {1023, "1023B"},
        {KIB, "1K"},
        {KIB + 1, "1025B"},
        {1536, "1536B"},
        {100 * MIB, "100M"},
        {512 * MIB, "512M"},
        {5 * GIB, "5G"},
        {GIB + GIB / 2, "1.5G"},
        {10 * GIB + GIB / 2, "10.5G"},
        {104857 * KIB, "0.1G"},
        {TIB, "1T"},
        {INT64_MAX, "9223372036854775807B"},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char text[32];

        bk_capacity_format(cases[i].bytes, text, sizeof(text));
        ck_assert_str_eq(text, cases[i].want);
    }
}
END_TEST

static int64_t random_bytes(void)
{
    int64_t bytes = unit_random(1u << 20);

    for (unsigned int shift = unit_random(5); shift > 0; shift--)
        bytes *= KIB;
    if (unit_random(2) == 0)
        bytes += (int64_t)unit_random(1000) * KIB;
    return unit_random(8) == 0 ? bytes + unit_random(1024) : bytes;
}

/* Nothing that is shorter by a character or more is read back as the same number. */
static void assert_shortest(int64_t bytes, size_t length)
{
    int64_t unit = KIB;

    for (const char *letter = "KMGT"; *letter != '\0'; letter++, unit *= KIB) {
        int64_t power = 1;

        for (int digits = 0; digits < 6; digits++, power *= 10) {
            __int128 near = (__int128)bytes * power / unit;

            for (int step = 0; step < 2; step++, near++) {
                int64_t whole = (int64_t)(near / power), rest = (int64_t)(near % power), got = 0;
                char text[64];

                int size = digits == 0
                               ? snprintf(text, sizeof(text), "%" PRId64 "%c", whole, *letter)
                               : snprintf(text, sizeof(text), "%" PRId64 ".%0*" PRId64 "%c", whole,
                                          digits, rest, *letter);

                ck_assert(size > 0 && size < (int)sizeof(text));
                if (strlen(text) < length && bk_capacity_parse(text, &got) == BK_CAPACITY_FINE)
                    ck_assert_msg(got != bytes, "%s is shorter for %" PRId64, text, bytes);
            }
        }
    }
}

START_TEST(formats_what_is_read_back)
{
    for (int round = 0; round < 30000; round++) {
        int64_t bytes = random_bytes(), again = -1;
        char text[32];

        bk_capacity_format(bytes, text, sizeof(text));
        ck_assert_msg(bk_capacity_parse(text, &again) == BK_CAPACITY_FINE && again == bytes,
                      "%" PRId64 " gives %s gives %" PRId64, bytes, text, again);
        if (bytes != 0)
            assert_shortest(bytes, strlen(text));
    }
}
END_TEST

START_TEST(checks_the_plan)
{
    static const struct {
        const char *name;
        enum bk_capacity_kind kind;
        int64_t domain_maximum_bytes, bytes;
        enum bk_capacity_problem want;
    } cases[] = {
        {"any: 0", BK_CAPACITY_ANY, 0, 0, BK_CAPACITY_FINE},
        {"any: 1 byte", BK_CAPACITY_ANY, 0, 1, BK_CAPACITY_FINE},
        {"any: all", BK_CAPACITY_ANY, MIB, INT64_MAX, BK_CAPACITY_FINE},
        {"choices: first", BK_CAPACITY_CHOICES, 0, GIB, BK_CAPACITY_FINE},
        {"choices: one less", BK_CAPACITY_CHOICES, 0, GIB - 1, BK_CAPACITY_NOT_A_CHOICE},
        {"choices: one more", BK_CAPACITY_CHOICES, 0, GIB + 1, BK_CAPACITY_NOT_A_CHOICE},
        {"choices: last", BK_CAPACITY_CHOICES, 0, 5 * GIB, BK_CAPACITY_FINE},
        {"choices: the start of one", BK_CAPACITY_CHOICES, 0, 1073, BK_CAPACITY_NOT_A_CHOICE},
        {"choices: 0", BK_CAPACITY_CHOICES, 0, 0, BK_CAPACITY_ZERO},
        {"range: 0", BK_CAPACITY_RANGE, 0, 0, BK_CAPACITY_ZERO},
        {"range: minimum - 1", BK_CAPACITY_RANGE, 0, MIB - 1, BK_CAPACITY_BELOW_MINIMUM},
        {"range: minimum", BK_CAPACITY_RANGE, 0, MIB, BK_CAPACITY_FINE},
        {"range: minimum + 1", BK_CAPACITY_RANGE, 0, MIB + 1, BK_CAPACITY_FINE},
        {"range: maximum - 1", BK_CAPACITY_RANGE, 0, 10 * GIB - 1, BK_CAPACITY_FINE},
        {"range: maximum", BK_CAPACITY_RANGE, 0, 10 * GIB, BK_CAPACITY_FINE},
        {"range: maximum + 1", BK_CAPACITY_RANGE, 0, 10 * GIB + 1, BK_CAPACITY_ABOVE_MAXIMUM},
        {"range: lowered", BK_CAPACITY_RANGE, GIB, GIB, BK_CAPACITY_FINE},
        {"range: lowered + 1", BK_CAPACITY_RANGE, GIB, GIB + 1, BK_CAPACITY_ABOVE_MAXIMUM},
        {"range: raised", BK_CAPACITY_RANGE, 20 * GIB, 20 * GIB, BK_CAPACITY_FINE},
        {"range: raised + 1", BK_CAPACITY_RANGE, 20 * GIB, 20 * GIB + 1, BK_CAPACITY_ABOVE_MAXIMUM},
        {"fixed: the plan's", BK_CAPACITY_FIXED, 0, 3 * GIB, BK_CAPACITY_FINE},
        {"fixed: one less", BK_CAPACITY_FIXED, 0, 3 * GIB - 1, BK_CAPACITY_NOT_SETTABLE},
        {"fixed: 0", BK_CAPACITY_FIXED, 0, 0, BK_CAPACITY_NOT_SETTABLE},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        enum bk_capacity_problem got;

        unit_world_init(&world);
        world.plan.capacity_kind = cases[i].kind;
        world.plan.capacity_choices = "1073741824,2147483648,5368709120";
        world.plan.capacity_minimum_bytes = MIB;
        world.plan.capacity_maximum_bytes = 10 * GIB;
        world.plan.capacity_default_bytes = 3 * GIB;
        world.domain.capacity_maximum_bytes = cases[i].domain_maximum_bytes;
        got = bk_capacity_check(&world.domain, cases[i].bytes);
        ck_assert_msg(got == cases[i].want, "%s: got %d (%s), want %d", cases[i].name, got,
                      bk_capacity_problem_text(got), cases[i].want);
    }
    world.plan.capacity_kind = BK_CAPACITY_RANGE;
    world.plan.capacity_maximum_bytes = world.domain.capacity_maximum_bytes = 0;
    ck_assert_int_eq(bk_capacity_check(&world.domain, INT64_MAX), BK_CAPACITY_FINE);
    world.plan.capacity_kind = BK_CAPACITY_CHOICES;
    world.plan.capacity_choices = "0,1073741824";
    ck_assert_int_eq(bk_capacity_check(&world.domain, 0), BK_CAPACITY_FINE);
    world.plan.capacity_choices = "";
    ck_assert_int_eq(bk_capacity_check(&world.domain, 0), BK_CAPACITY_ZERO);
}
END_TEST

START_TEST(checks_the_domains_sum)
{
    static const struct {
        const char *name;
        int64_t maximum_bytes, others_bytes, others_unlimited, bytes;
        enum bk_capacity_problem want;
    } cases[] = {
        {"no limit", 0, INT64_MAX, 3, INT64_MAX, BK_CAPACITY_FINE},
        {"no limit, unlimited", 0, 0, 0, 0, BK_CAPACITY_FINE},
        {"one less", 10 * GIB, 9 * GIB, 0, GIB - 1, BK_CAPACITY_FINE},
        {"just so", 10 * GIB, 9 * GIB, 0, GIB, BK_CAPACITY_FINE},
        {"one more", 10 * GIB, 9 * GIB, 0, GIB + 1, BK_CAPACITY_SUM},
        {"unlimited", 10 * GIB, 0, 0, 0, BK_CAPACITY_SUM},
        {"another is unlimited", 10 * GIB, 0, 1, 1, BK_CAPACITY_SUM},
        {"sums do not wrap round", 10 * GIB, INT64_MAX, 0, INT64_MAX, BK_CAPACITY_SUM},
        {"nor by one", INT64_MAX - 1, INT64_MAX, 0, 1, BK_CAPACITY_SUM},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        unit_world_init(&world);
        world.domain.capacity_sum_maximum_bytes = cases[i].maximum_bytes;
        ck_assert_msg(bk_capacity_check_sum(&world.domain, cases[i].others_bytes,
                                            cases[i].others_unlimited,
                                            cases[i].bytes) == cases[i].want,
                      "%s", cases[i].name);
    }
}
END_TEST

START_TEST(has_defaults)
{
    static const struct {
        const char *name;
        enum bk_capacity_kind kind;
        bool required;
        int64_t domain_bytes;
        enum bk_capacity_problem want;
        int64_t want_bytes;
    } cases[] = {
        {"the plan's", BK_CAPACITY_ANY, false, BK_INHERIT, BK_CAPACITY_FINE, 5},
        {"the domain's", BK_CAPACITY_ANY, false, 7, BK_CAPACITY_FINE, 7},
        {"the domain's 0", BK_CAPACITY_ANY, false, 0, BK_CAPACITY_FINE, 0},
        {"required", BK_CAPACITY_RANGE, true, BK_INHERIT, BK_CAPACITY_MISSING, 5},
        {"required, the domain's", BK_CAPACITY_RANGE, true, 7, BK_CAPACITY_FINE, 7},
        {"fixed", BK_CAPACITY_FIXED, false, 7, BK_CAPACITY_FINE, 5},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        int64_t bytes = UNTOUCHED;

        unit_world_init(&world);
        world.plan.capacity_kind = cases[i].kind;
        world.plan.capacity_required = cases[i].required;
        world.plan.capacity_default_bytes = 5;
        world.domain.default_capacity_bytes = cases[i].domain_bytes;
        ck_assert_msg(bk_capacity_default(&world.domain, &bytes) == cases[i].want &&
                          bytes == cases[i].want_bytes,
                      "%s: got %" PRId64, cases[i].name, bytes);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        parses,          parses_like_wide_arithmetic, formats,      formats_what_is_read_back,
        checks_the_plan, checks_the_domains_sum,      has_defaults,
    };

    return unit_run("capacity", tests, UNIT_COUNT(tests));
}
