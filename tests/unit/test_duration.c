/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Durations as text. */
#include "rules/account.h"
#include "rules/duration.h"
#include "unit.h"

#include <inttypes.h>

#define UNTOUCHED INT64_C(-77)

START_TEST(parses)
{
    static const struct {
        const char *text;
        bool want;
        int64_t want_seconds;
    } cases[] = {
        {"180d", true, 180 * 86400},
        {"12h", true, 12 * 3600},
        {"30m", true, 30 * 60},
        {"5s", true, 5},
        {"0", true, 0},
        {"0d", true, 0},
        {"inherit", true, BK_INHERIT},
        {"365249d", true, BK_DURATION_MAXIMUM_SECONDS - 86400},
        {"365250d", true, BK_DURATION_MAXIMUM_SECONDS},
        {"365251d", false, UNTOUCHED},
        {"31557599999s", true, BK_DURATION_MAXIMUM_SECONDS - 1},
        {"31557600000s", true, BK_DURATION_MAXIMUM_SECONDS},
        {"31557600001s", false, UNTOUCHED},
        {"18446744073709551616s", false, UNTOUCHED},
        {"99999999999999999999999999d", false, UNTOUCHED},
        {"5", false, UNTOUCHED},
        {"00", false, UNTOUCHED},
        {"", false, UNTOUCHED},
        {"d", false, UNTOUCHED},
        {"-1d", false, UNTOUCHED},
        {"+1d", false, UNTOUCHED},
        {"1D", false, UNTOUCHED},
        {"1w", false, UNTOUCHED},
        {"1d ", false, UNTOUCHED},
        {" 1d", false, UNTOUCHED},
        {"1 d", false, UNTOUCHED},
        {"1d12h", false, UNTOUCHED},
        {"1.5d", false, UNTOUCHED},
        {"never", false, UNTOUCHED},
        {"Inherit", false, UNTOUCHED},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        int64_t seconds = UNTOUCHED;
        bool got = bk_duration_parse(cases[i].text, &seconds);

        ck_assert_msg(got == cases[i].want && seconds == cases[i].want_seconds,
                      "\"%s\": got %d, %" PRId64, cases[i].text, got, seconds);
    }
}
END_TEST

START_TEST(formats)
{
    static const struct {
        int64_t seconds;
        const char *want;
    } cases[] = {
        {0, "0"},          {BK_INHERIT, "inherit"}, {1, "1s"},    {59, "59s"},   {60, "1m"},
        {61, "61s"},       {90 * 60, "90m"},        {3600, "1h"}, {86400, "1d"}, {36 * 3600, "36h"},
        {86401, "86401s"}, {180 * 86400, "180d"},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char text[32];

        bk_duration_format(cases[i].seconds, text, sizeof(text));
        ck_assert_str_eq(text, cases[i].want);
    }
}
END_TEST

START_TEST(formats_what_is_read_back)
{
    static const int64_t units[] = {1, 60, 3600, 86400};

    for (int round = 0; round < 100000; round++) {
        int64_t seconds = (int64_t)unit_random(300000) * units[unit_random(4)], again = -2;
        char text[32];

        bk_duration_format(seconds, text, sizeof(text));
        ck_assert_msg(bk_duration_parse(text, &again) && again == seconds,
                      "%" PRId64 " gives %s gives %" PRId64, seconds, text, again);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {parses, formats, formats_what_is_read_back};

    return unit_run("duration", tests, UNIT_COUNT(tests));
}
