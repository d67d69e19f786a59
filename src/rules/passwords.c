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
