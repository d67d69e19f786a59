/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Which passwords a plan allows (PRODUCT.md section 2). The dictionary is not asked here: it is on
 * disk; the edge asks libpwquality where the plan's password_dictionary says so.
 * Passwords are bytes of 0x21-0x7E only, so bytes and characters are the same.
 */
#ifndef BK_RULES_PASSWORDS_H
#define BK_RULES_PASSWORDS_H

#include "rules/account.h"
#include "rules/arena.h"

enum bk_password_problem {
    BK_PASSWORD_FINE = 0,
    BK_PASSWORD_SHORT,
    BK_PASSWORD_LONG,
    BK_PASSWORD_CHARACTER,
    BK_PASSWORD_NO_UPPER,
    BK_PASSWORD_NO_LOWER,
    BK_PASSWORD_NO_DIGIT,
    BK_PASSWORD_NO_SIGN,
    BK_PASSWORD_HAS_NAME,   /* contains the account's name (of 3 or more characters) */
    BK_PASSWORD_HAS_DOMAIN, /* contains the whole domain name */
};

/* `name` and the domain are looked for without regard to letter case. */
enum bk_password_problem bk_password_check(const struct bk_domain *domain, const char *name,
                                           const char *password);
/* English, for gettext. Never contains the password. */
const char *bk_password_problem_text(enum bk_password_problem problem);
#define BK_PASSWORD_CANDIDATES_MAXIMUM 12
/*
 * The old passwords that `password` would resemble too much (PRODUCT.md section 3): the same; with
 * letter case swapped; reversed; without its last character or its last two; with its last number
 * one higher or one lower. Each once; how many there are. The texts live in `arena`.
 */
size_t bk_password_candidates(struct bk_arena *arena, const char *password,
                              const char *candidates_r[BK_PASSWORD_CANDIDATES_MAXIMUM]);
/* The characters a generated password may be made of under this plan: one string each for upper
 * case, lower case, digits and signs. */
struct bk_password_alphabet {
    const char *upper, *lower, *digits, *signs;
};
struct bk_password_alphabet bk_password_alphabet(const struct bk_plan *plan);

#endif
