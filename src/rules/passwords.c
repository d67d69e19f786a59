/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/passwords.h"

#include "rules/ascii.h"
#include "rules/text.h"

#include <string.h>

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define PANEL_A_SIGNS "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" /* the rest of 0x21-0x7E */
#define PANEL_B_SIGNS "_.!#$%&'()<>"
#define NAME_LENGTH_LOOKED_FOR 3 /* shorter names occur by accident */

static enum bk_password_problem check_characters(const struct bk_plan *plan, const char *password)
{
    if (plan->password_rule == BK_PANEL_B)
        return password[strspn(password, UPPER LOWER DIGITS PANEL_B_SIGNS)] == '\0'
                   ? BK_PASSWORD_FINE
                   : BK_PASSWORD_CHARACTER;
    if (password[strspn(password, UPPER LOWER DIGITS PANEL_A_SIGNS)] != '\0')
        return BK_PASSWORD_CHARACTER;
    if (strpbrk(password, UPPER) == NULL)
        return BK_PASSWORD_NO_UPPER;
    if (strpbrk(password, LOWER) == NULL)
        return BK_PASSWORD_NO_LOWER;
    if (strpbrk(password, DIGITS) == NULL)
        return BK_PASSWORD_NO_DIGIT;
    if (strpbrk(password, PANEL_A_SIGNS) == NULL)
        return BK_PASSWORD_NO_SIGN;
    return BK_PASSWORD_FINE;
}

enum bk_password_problem bk_password_check(const struct bk_domain *domain, const char *name,
                                           const char *password)
{
    const struct bk_plan *plan = domain->plan;
    size_t length = strlen(password);
    enum bk_password_problem problem;

    if (length == 0 || (int64_t)length < plan->password_length_minimum)
        return BK_PASSWORD_SHORT;
    if ((int64_t)length > plan->password_length_maximum)
        return BK_PASSWORD_LONG;
    problem = check_characters(plan, password);
    if (problem != BK_PASSWORD_FINE)
        return problem;
    if (strlen(name) >= NAME_LENGTH_LOOKED_FOR && bk_ascii_contains(password, name))
        return BK_PASSWORD_HAS_NAME;
    if (bk_ascii_contains(password, domain->name))
        return BK_PASSWORD_HAS_DOMAIN;
    return BK_PASSWORD_FINE;
}

const char *bk_password_problem_text(enum bk_password_problem problem)
{
    switch (problem) {
    case BK_PASSWORD_FINE:
        break;
    case BK_PASSWORD_SHORT:
        return N_("is too short");
    case BK_PASSWORD_LONG:
        return N_("is too long");
    case BK_PASSWORD_CHARACTER:
        return N_("has a character that the plan does not allow in passwords");
    case BK_PASSWORD_NO_UPPER:
        return N_("has no upper case letter");
    case BK_PASSWORD_NO_LOWER:
        return N_("has no lower case letter");
    case BK_PASSWORD_NO_DIGIT:
        return N_("has no digit");
    case BK_PASSWORD_NO_SIGN:
        return N_("has no sign such as ! or -");
    case BK_PASSWORD_HAS_NAME:
        return N_("contains the account's name");
    case BK_PASSWORD_HAS_DOMAIN:
        return N_("contains the domain's name");
    }
    return N_("is fine");
}

struct bk_password_alphabet bk_password_alphabet(const struct bk_plan *plan)
{
    return (struct bk_password_alphabet){
        .upper = "ABCDEFGHJKLMNPQRSTUVWXYZ",
        .lower = "abcdefghijkmnopqrstuvwxyz",
        .digits = "23456789",
        .signs = plan->password_rule == BK_PANEL_B ? "_.!#%&()" : "-_.!#%&()+=?@",
    };
}

/* ---- what resembles the old one ---- */

struct candidates {
    struct bk_arena *arena;
    const char **texts;
    size_t count;
};

static void add(struct candidates *candidates, const char *text)
{
    for (size_t i = 0; i < candidates->count; i++) {
        if (strcmp(candidates->texts[i], text) == 0)
            return;
    }
    if (*text != '\0' && candidates->count < BK_PASSWORD_CANDIDATES_MAXIMUM)
        candidates->texts[candidates->count++] = text;
}

static const char *swap_case(struct bk_arena *arena, const char *password)
{
    char *text = bk_arena_strdup(arena, password);

    for (char *at = text; *at != '\0'; at++) {
        if (strchr(UPPER LOWER, *at) != NULL)
            *at = (char)(*at ^ ('a' ^ 'A'));
    }
    return text;
}

static const char *reverse(struct bk_arena *arena, const char *password)
{
    size_t length = strlen(password);
    char *text = bk_arena_alloc(arena, length + 1);

    for (size_t i = 0; i < length; i++)
        text[i] = password[length - 1 - i];
    return text;
}

static const char *without_last(struct bk_arena *arena, const char *password, size_t count)
{
    size_t length = strlen(password);
    char *text = bk_arena_strdup(arena, password);

    text[length > count ? length - count : 0] = '\0';
    return text;
}

/* Add `step` (1 or -1) to the digits of `number`, which keeps its length; false: it went over the
 * end (all are 0 now, or 9). */
static bool step_digits(char *number, size_t length, int step)
{
    char end = step > 0 ? '9' : '0', begin = step > 0 ? '0' : '9';

    while (length-- > 0) {
        if (number[length] != end) {
            number[length] = (char)(number[length] + step);
            return true;
        }
        number[length] = begin;
    }
    return false;
}

/* 9 -> 10, 09 -> 10; 10 -> 09 and 9. */
static void add_numbers(struct candidates *candidates, const char *password)
{
    struct bk_arena *arena = candidates->arena;
    size_t end = strlen(password), begin;
    char *higher = bk_arena_strdup(arena, password), *lower = bk_arena_strdup(arena, password);

    while (end > 0 && strchr(DIGITS, password[end - 1]) == NULL)
        end--;
    for (begin = end; begin > 0 && strchr(DIGITS, password[begin - 1]) != NULL; begin--)
        ;
    if (begin == end)
        return;
    if (step_digits(higher + begin, end - begin, 1))
        add(candidates, higher);
    else
        add(candidates, bk_arena_printf(arena, "%.*s1%s", (int)begin, higher, higher + begin));
    if (!step_digits(lower + begin, end - begin, -1))
        return;
    add(candidates, lower);
    if (lower[begin] == '0' && end - begin > 1)
        add(candidates, bk_arena_printf(arena, "%.*s%s", (int)begin, lower, lower + begin + 1));
}

size_t bk_password_candidates(struct bk_arena *arena, const char *password,
                              const char *candidates_r[BK_PASSWORD_CANDIDATES_MAXIMUM])
{
    struct candidates candidates = {.arena = arena, .texts = candidates_r};

    add(&candidates, password);
    add(&candidates, swap_case(arena, password));
    add(&candidates, reverse(arena, password));
    add(&candidates, without_last(arena, password, 1));
    add(&candidates, without_last(arena, password, 2));
    add_numbers(&candidates, password);
    return candidates.count;
}
