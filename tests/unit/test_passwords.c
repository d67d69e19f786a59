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

/* PRODUCT.md section 3: what the old one may not have been. */
START_TEST(candidates)
{
    static const struct {
        const char *password, *want; /* joined by blanks, in order */
    } cases[] = {
        {"Abcdef!", "Abcdef! aBCDEF! !fedcbA Abcdef Abcde"},
        {"Abc-12", "Abc-12 aBC-12 21-cbA Abc-1 Abc- Abc-13 Abc-11"},
        {"Summer2024!", "Summer2024! sUMMER2024! !4202remmuS Summer2024 Summer202 Summer2025! "
                        "Summer2023!"},
        {"a1b9", "a1b9 A1B9 9b1a a1b a1 a1b10 a1b8"},
        {"a10", "a10 A10 01a a1 a a11 a09 a9"},
        {"a09", "a09 A09 90a a0 a a10 a08 a8"},
        {"a99x", "a99x A99X x99a a99 a9 a100x a98x"},
        {"a100", "a100 A100 001a a10 a1 a101 a099 a99"},
        {"a0", "a0 A0 0a a a1"},
        {"a00", "a00 A00 00a a0 a a01"},
        {"12", "12 21 1 13 11"},
        {"abba", "abba ABBA abb ab"},
        {"9", "9 10 8"},
        {"", ""},
    };
    struct bk_arena *arena = bk_arena_create();

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *found[BK_PASSWORD_CANDIDATES_MAXIMUM];
        size_t count = bk_password_candidates(arena, cases[i].password, found);
        const char *got = "";

        ck_assert_uint_le(count, BK_PASSWORD_CANDIDATES_MAXIMUM);
        for (size_t k = 0; k < count; k++)
            got = bk_arena_printf(arena, "%s%s%s", got, k > 0 ? " " : "", found[k]);
        ck_assert_msg(strcmp(got, cases[i].want) == 0, "%s: got \"%s\", want \"%s\"",
                      cases[i].password, got, cases[i].want);
    }
    bk_arena_destroy(&arena);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {checks, a_password_is_never_empty, allows_these_bytes_only,
                                  generates_from_what_is_allowed, candidates};

    return unit_run("passwords", tests, UNIT_COUNT(tests));
}
