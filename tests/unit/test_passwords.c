/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Passwords of both panels. */
#include "rules/passwords.h"
#include "unit.h"

#include <string.h>

static struct unit_world world;

#define X20 "xxxxxxxxxxxxxxxxxxxx"

START_TEST(checks)
{
    static const struct {
        enum bk_panel panel;
        const char *name, *password;
        enum bk_password_problem want;
    } cases[] = {
        {BK_PANEL_A, "taro", "", BK_PASSWORD_SHORT},
        {BK_PANEL_A, "taro", "Abc-345", BK_PASSWORD_SHORT},
        {BK_PANEL_A, "taro", "Abc-3456", BK_PASSWORD_FINE},
        {BK_PANEL_A, "taro", "Ab-4" X20 X20 X20, BK_PASSWORD_FINE},
        {BK_PANEL_A, "taro", "Ab-45" X20 X20 X20, BK_PASSWORD_LONG},
        {BK_PANEL_A, "taro", "abc-3456", BK_PASSWORD_NO_UPPER},
        {BK_PANEL_A, "taro", "ABC-3456", BK_PASSWORD_NO_LOWER},
        {BK_PANEL_A, "taro", "Abc-efgh", BK_PASSWORD_NO_DIGIT},
        {BK_PANEL_A, "taro", "Abc33456", BK_PASSWORD_NO_SIGN},
        {BK_PANEL_A, "taro", "Abc 3456!", BK_PASSWORD_CHARACTER},
        {BK_PANEL_A, "taro", "Abc-3456\n", BK_PASSWORD_CHARACTER},
        {BK_PANEL_A, "taro", "Abc-3456\x7f", BK_PASSWORD_CHARACTER},
        {BK_PANEL_A, "taro", "Abc-3456\xc3\xa4", BK_PASSWORD_CHARACTER},
        {BK_PANEL_A, "taro", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~aA1", BK_PASSWORD_FINE},
        {BK_PANEL_A, "taro", "xtARox-1", BK_PASSWORD_HAS_NAME},
        {BK_PANEL_A, "taro", "xxtar-oA1", BK_PASSWORD_FINE},
        {BK_PANEL_A, "ta", "xtaxx-A1", BK_PASSWORD_FINE},
        {BK_PANEL_A, "tar", "xtarx-A1", BK_PASSWORD_HAS_NAME},
        {BK_PANEL_A, "taro", "1A-D.Example", BK_PASSWORD_HAS_DOMAIN},
        {BK_PANEL_A, "taro", "1A-D.Exampl", BK_PASSWORD_FINE},
        {BK_PANEL_B, "taro", "abcdefg", BK_PASSWORD_SHORT},
        {BK_PANEL_B, "taro", "abcdefgh", BK_PASSWORD_FINE},
        {BK_PANEL_B, "taro", "ABC_.!#$%&'()<>", BK_PASSWORD_FINE},
        {BK_PANEL_B, "taro", "abcdefg-", BK_PASSWORD_CHARACTER},
        {BK_PANEL_B, "taro", "abcdefg,", BK_PASSWORD_CHARACTER},
        {BK_PANEL_B, "taro", "abcdefg ", BK_PASSWORD_CHARACTER},
        {BK_PANEL_B, "taro", "abcdefg\"", BK_PASSWORD_CHARACTER},
        {BK_PANEL_B, "taro", "abcdTARO", BK_PASSWORD_HAS_NAME},
        {BK_PANEL_B, "taro", "d.example1", BK_PASSWORD_HAS_DOMAIN},
    };

    unit_world_init(&world);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        enum bk_password_problem got;

        world.plan.password_rule = cases[i].panel;
        got = bk_password_check(&world.domain, cases[i].name, cases[i].password);
        ck_assert_msg(got == cases[i].want, "%d \"%s\": got %d (%s), want %d", cases[i].panel,
                      cases[i].password, got, bk_password_problem_text(got), cases[i].want);
    }
}
END_TEST

START_TEST(a_password_is_never_empty)
{
    unit_world_init(&world);
    world.plan.password_rule = BK_PANEL_B;
    world.plan.password_length_minimum = 0;
    ck_assert_int_eq(bk_password_check(&world.domain, "taro", ""), BK_PASSWORD_SHORT);
    ck_assert_int_eq(bk_password_check(&world.domain, "taro", "a"), BK_PASSWORD_FINE);
}
END_TEST

/* Every single byte, in an otherwise good password. */
START_TEST(allows_these_bytes_only)
{
    static const char panel_b[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "_.!#$%&'()<>";

    unit_world_init(&world);
    for (int byte = 1; byte < 256; byte++) {
        char password[] = "Abc_3456?";

        password[8] = (char)byte;
        world.plan.password_rule = BK_PANEL_A;
        ck_assert_msg((bk_password_check(&world.domain, "taro", password) == BK_PASSWORD_FINE) ==
                          (byte >= 0x21 && byte <= 0x7e),
                      "panel A: %d", byte);
        world.plan.password_rule = BK_PANEL_B;
        ck_assert_msg((bk_password_check(&world.domain, "taro", password) == BK_PASSWORD_FINE) ==
                          (strchr(panel_b, byte) != NULL),
                      "panel B: %d", byte);
    }
}
END_TEST

/* A password with something of each string is allowed, whatever it takes of them. */
START_TEST(generates_from_what_is_allowed)
{
    unit_world_init(&world);
    for (world.plan.password_rule = BK_PANEL_A; world.plan.password_rule <= BK_PANEL_B;
         world.plan.password_rule++) {
        struct bk_password_alphabet alphabet = bk_password_alphabet(&world.plan);
        const char *const parts[] = {alphabet.upper, alphabet.lower, alphabet.digits,
                                     alphabet.signs};

        for (size_t part = 0; part < UNIT_COUNT(parts); part++) {
            ck_assert_uint_ge(strlen(parts[part]), 8);
            for (const char *character = parts[part]; *character != '\0'; character++) {
                char password[] = {*character,
                                   alphabet.upper[0],
                                   alphabet.lower[0],
                                   alphabet.digits[0],
                                   alphabet.signs[0],
                                   'x',
                                   'y',
                                   'z',
                                   '\0'};

                ck_assert_int_eq(bk_password_check(&world.domain, "taro", password),
                                 BK_PASSWORD_FINE);
            }
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {checks, a_password_is_never_empty, allows_these_bytes_only,
                                  generates_from_what_is_allowed};

    return unit_run("passwords", tests, UNIT_COUNT(tests));
}
