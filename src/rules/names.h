/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Which account names, login prefixes and names present from the start are allowed.
 * Panel A: 2-32 of a-z 0-9 - _ . with no sign first or last and no two dots in a row.
 * Panel B: a-z 0-9 _ - and $ as the last character only (PRODUCT.md section 2, panel B's manual).
 * Lengths are the plan's fields. Capital letters are folded by the caller before.
 */
#ifndef BK_RULES_NAMES_H
#define BK_RULES_NAMES_H

#include "rules/account.h"
#include "rules/arena.h"

enum bk_name_problem {
    BK_NAME_FINE = 0,
    BK_NAME_SHORT,
    BK_NAME_LONG,
    BK_NAME_CHARACTER,
    BK_NAME_EDGE,   /* a sign first or last */
    BK_NAME_DOTS,   /* two dots in a row */
    BK_NAME_DOLLAR, /* $ before the last character */
};

/* May an account under this plan have this name? The first problem found. */
enum bk_name_problem bk_name_check(const struct bk_plan *plan, const char *name);
/* English, for gettext, to follow the name: "is too short". */
const char *bk_name_problem_text(enum bk_name_problem problem);

/* 1-16 of a-z 0-9, a letter first: no _, so that prefix_name is taken apart in one way only. */
bool bk_login_prefix_is_valid(const char *prefix);

/* Is `name` one of the plan's accounts that are present from the start (and so never deleted)? */
bool bk_name_is_present_from_start(const struct bk_plan *plan, const char *name);

/* name@domain, or prefix_name@domain in a prefix domain. */
const char *bk_primary_address(struct bk_arena *arena, const struct bk_domain *domain,
                               const char *name);
/* The primary address, or prefix_name in a prefix domain. */
const char *bk_login(struct bk_arena *arena, const struct bk_domain *domain, const char *name);

#endif
