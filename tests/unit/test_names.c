/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Account names of both panels, login prefixes, and what is made of them. */
#include "rules/names.h"
#include "unit.h"

#include <regex.h>
#include <string.h>

static struct unit_world world;

#define NAME_31 "abcdefghijklmnopqrstuvwxyz01234"

START_TEST(checks)
{
    static const struct {
        enum bk_panel panel;
        const char *name;
        enum bk_name_problem want;
    } cases[] = {
        {BK_PANEL_A, "a", BK_NAME_SHORT},
        {BK_PANEL_A, "", BK_NAME_SHORT},
        {BK_PANEL_A, "ab", BK_NAME_FINE},
        {BK_PANEL_A, "a1b", BK_NAME_FINE},
        {BK_PANEL_A, "12", BK_NAME_FINE},
        {BK_PANEL_A, NAME_31, BK_NAME_FINE},
        {BK_PANEL_A, NAME_31 "5", BK_NAME_FINE},
        {BK_PANEL_A, NAME_31 "56", BK_NAME_LONG},
        {BK_PANEL_A, "a-b_c.d", BK_NAME_FINE},
        {BK_PANEL_A, "a-_-b", BK_NAME_FINE},
        {BK_PANEL_A, "a..b", BK_NAME_DOTS},
        {BK_PANEL_A, "a.-.b", BK_NAME_FINE},
        {BK_PANEL_A, "-a", BK_NAME_EDGE},
        {BK_PANEL_A, "_a", BK_NAME_EDGE},
        {BK_PANEL_A, ".a", BK_NAME_EDGE},
        {BK_PANEL_A, "a-", BK_NAME_EDGE},
        {BK_PANEL_A, "a_", BK_NAME_EDGE},
        {BK_PANEL_A, "a.", BK_NAME_EDGE},
        {BK_PANEL_A, "Ab", BK_NAME_CHARACTER},
        {BK_PANEL_A, "a+b", BK_NAME_CHARACTER},
        {BK_PANEL_A, "a$", BK_NAME_CHARACTER},
        {BK_PANEL_A, "a b", BK_NAME_CHARACTER},
        {BK_PANEL_A, "a@b", BK_NAME_CHARACTER},
        {BK_PANEL_A, "ab\n", BK_NAME_CHARACTER},
        {BK_PANEL_A, "\xe5\xa4\xaa\xe9\x83\x8e", BK_NAME_CHARACTER},
        {BK_PANEL_B, "", BK_NAME_SHORT},
        {BK_PANEL_B, "ab", BK_NAME_FINE},
        {BK_PANEL_B, "_ab-", BK_NAME_FINE},
        {BK_PANEL_B, "-ab_", BK_NAME_FINE},
        {BK_PANEL_B, "ab$", BK_NAME_FINE},
        {BK_PANEL_B, "a$b", BK_NAME_DOLLAR},
        {BK_PANEL_B, "$ab", BK_NAME_DOLLAR},
        {BK_PANEL_B, "ab$$", BK_NAME_DOLLAR},
        {BK_PANEL_B, "a.b", BK_NAME_CHARACTER},
        {BK_PANEL_B, "a.$", BK_NAME_CHARACTER},
        {BK_PANEL_B, "aB", BK_NAME_CHARACTER},
        {BK_PANEL_B, "a+b", BK_NAME_CHARACTER},
    };

    unit_world_init(&world);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        enum bk_name_problem got;

        world.plan.name_rule = cases[i].panel;
        got = bk_name_check(&world.plan, cases[i].name);
        ck_assert_msg(got == cases[i].want, "%d \"%s\": got %d (%s), want %d", cases[i].panel,
                      cases[i].name, got, bk_name_problem_text(got), cases[i].want);
    }
}
END_TEST

static void compare_with_pattern(const char *characters, const char *expression,
                                 const char *forbidden)
{
    regex_t pattern;

    ck_assert_int_eq(regcomp(&pattern, expression, REG_EXTENDED | REG_NOSUB), 0);
    for (int round = 0; round < 50000; round++) {
        char name[16];
        bool want;

        unit_random_text(characters, 7, name);
        want = regexec(&pattern, name, 0, NULL, 0) == 0 && strstr(name, forbidden) == NULL;
        ck_assert_msg((bk_name_check(&world.plan, name) == BK_NAME_FINE) == want, "\"%s\": want %d",
                      name, want);
    }
    regfree(&pattern);
}

START_TEST(a_name_is_never_empty)
{
    unit_world_init(&world);
    world.plan.name_length_minimum = 0;
    ck_assert_int_eq(bk_name_check(&world.plan, ""), BK_NAME_SHORT);
    ck_assert_int_eq(bk_name_check(&world.plan, "a"), BK_NAME_FINE);
    ck_assert_int_eq(bk_name_check(&world.plan, "-"), BK_NAME_EDGE);
    world.plan.name_rule = BK_PANEL_B;
    ck_assert_int_eq(bk_name_check(&world.plan, ""), BK_NAME_SHORT);
    ck_assert_int_eq(bk_name_check(&world.plan, "-"), BK_NAME_FINE);
    ck_assert_int_eq(bk_name_check(&world.plan, "$"), BK_NAME_FINE);
}
END_TEST

START_TEST(checks_like_a_regular_expression)
{
    unit_world_init(&world);
    compare_with_pattern("az09-_.$A", "^[az09][az09_.-]*[az09]$", "..");
    world.plan.name_rule = BK_PANEL_B;
    compare_with_pattern("az09-_.$", "^[az09_-]+[az09_$-]$", "..");
}
END_TEST

START_TEST(prefixes_have_no_underscore)
{
    static const struct {
        const char *prefix;
        bool want;
    } cases[] = {
        {"a", true},
        {"aaa", true},
        {"a1", true},
        {"abcdefghijklmno", true},
        {"abcdefghijklmnop", true},
        {"abcdefghijklmnopq", false},
        {"", false},
        {"1a", false},
        {"a_", false},
        {"_a", false},
        {"a-b", false},
        {"a.b", false},
        {"A", false},
        {"a@b", false},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_msg(bk_login_prefix_is_valid(cases[i].prefix) == cases[i].want, "\"%s\": want %d",
                      cases[i].prefix, cases[i].want);
}
END_TEST

START_TEST(some_are_there_from_the_start)
{
    static const struct {
        const char *lines, *name;
        bool want;
    } cases[] = {
        {"postmaster", "postmaster", true},
        {"postmaster\nmailadmin", "postmaster", true},
        {"postmaster\nmailadmin", "mailadmin", true},
        {"postmaster\nmailadmin\n", "mailadmin", true},
        {"postmaster\r\nmailadmin", "post", false},
        {"postmaster\nmailadmin", "post", false},
        {"postmaster\nmailadmin", "master", false},
        {"postmaster\nmailadmin", "postmaster\nmailadmin", false},
        {"postmaster\nmailadmin", "postmaster1", false},
        {"a\nb", "b", true},
        {"postmaster\n\nmailadmin", "", false},
        {"postmaster\n\nmailadmin", "mailadmin", true},
        {"", "postmaster", false},
        {"", "", false},
    };

    unit_world_init(&world);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        world.plan.present_from_start = cases[i].lines;
        ck_assert_msg(bk_name_is_present_from_start(&world.plan, cases[i].name) == cases[i].want,
                      "\"%s\": want %d", cases[i].name, cases[i].want);
        ck_assert(bk_plan_lists(cases[i].lines, cases[i].name) == cases[i].want);
    }
}
END_TEST

START_TEST(addresses_and_logins_are_made_of_names)
{
    struct bk_arena *arena = bk_arena_create();

    unit_world_init(&world);
    ck_assert_str_eq(bk_primary_address(arena, &world.domain, "taro"), "taro@d.example");
    ck_assert_str_eq(bk_login(arena, &world.domain, "taro"), "taro@d.example");
    world.domain.login_prefix = "aaa";
    ck_assert_str_eq(bk_primary_address(arena, &world.domain, "ta_ro"), "aaa_ta_ro@d.example");
    ck_assert_str_eq(bk_login(arena, &world.domain, "ta_ro"), "aaa_ta_ro");
    bk_arena_destroy(&arena);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {checks,
                                  a_name_is_never_empty,
                                  checks_like_a_regular_expression,
                                  prefixes_have_no_underscore,
                                  some_are_there_from_the_start,
                                  addresses_and_logins_are_made_of_names};

    return unit_run("names", tests, UNIT_COUNT(tests));
}
