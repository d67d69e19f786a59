/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/names.h"

#include "rules/text.h"

#include <string.h>

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyz0123456789"
#define PREFIX_LENGTH_MAXIMUM 16

static bool is_sign(char character)
{
    return character == '-' || character == '_' || character == '.';
}

static enum bk_name_problem check_panel_a(const char *name, size_t length)
{
    if (strspn(name, LETTERS_AND_DIGITS "-_.") != length)
        return BK_NAME_CHARACTER;
    if (is_sign(name[0]) || is_sign(name[length - 1]))
        return BK_NAME_EDGE;
    if (strstr(name, "..") != NULL)
        return BK_NAME_DOTS;
    return BK_NAME_FINE;
}

static enum bk_name_problem check_panel_b(const char *name, size_t length)
{
    size_t plain = strspn(name, LETTERS_AND_DIGITS "_-");

    if (plain == length || (plain == length - 1 && name[plain] == '$'))
        return BK_NAME_FINE;
    if (strspn(name, LETTERS_AND_DIGITS "_-$") == length)
        return BK_NAME_DOLLAR;
    return BK_NAME_CHARACTER;
}

enum bk_name_problem bk_name_check(const struct bk_plan *plan, const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || (int64_t)length < plan->name_length_minimum)
        return BK_NAME_SHORT;
    if ((int64_t)length > plan->name_length_maximum)
        return BK_NAME_LONG;
    if (plan->name_rule == BK_PANEL_B)
        return check_panel_b(name, length);
    return check_panel_a(name, length);
}

const char *bk_name_problem_text(enum bk_name_problem problem)
{
    switch (problem) {
    case BK_NAME_FINE:
        break;
    case BK_NAME_SHORT:
        return N_("is too short");
    case BK_NAME_LONG:
        return N_("is too long");
    case BK_NAME_CHARACTER:
        return N_("has a character that the plan does not allow in names");
    case BK_NAME_EDGE:
        return N_("begins or ends with a sign");
    case BK_NAME_DOTS:
        return N_("has two dots in a row");
    case BK_NAME_DOLLAR:
        return N_("has a $ that is not its last character");
    }
    return N_("is fine");
}

bool bk_login_prefix_is_valid(const char *prefix)
{
    size_t length = strlen(prefix);

    return length >= 1 && length <= PREFIX_LENGTH_MAXIMUM &&
           strspn(prefix, LETTERS_AND_DIGITS) == length && prefix[0] >= 'a';
}

bool bk_name_is_present_from_start(const struct bk_plan *plan, const char *name)
{
    return bk_plan_lists(plan->present_from_start, name);
}

const char *bk_primary_address(struct bk_arena *arena, const struct bk_domain *domain,
                               const char *name)
{
    if (domain->login_prefix == NULL)
        return bk_arena_printf(arena, "%s@%s", name, domain->name);
    return bk_arena_printf(arena, "%s_%s@%s", domain->login_prefix, name, domain->name);
}

const char *bk_login(struct bk_arena *arena, const struct bk_domain *domain, const char *name)
{
    if (domain->login_prefix == NULL)
        return bk_primary_address(arena, domain, name);
    return bk_arena_printf(arena, "%s_%s", domain->login_prefix, name);
}
