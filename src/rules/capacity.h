/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Capacities: sizes as administrators write them, and which of them a plan allows.
 * 1G = 1024³ bytes; decimals are rounded down to KiB (PRODUCT.md section 1); 0 = unlimited.
 */
#ifndef BK_RULES_CAPACITY_H
#define BK_RULES_CAPACITY_H

#include "rules/account.h"

enum bk_capacity_problem {
    BK_CAPACITY_FINE = 0,
    BK_CAPACITY_SYNTAX,       /* not a number with a unit */
    BK_CAPACITY_NO_UNIT,      /* a bare number other than 0 */
    BK_CAPACITY_TOO_LARGE,    /* does not fit in 2^63-1 */
    BK_CAPACITY_NOT_SETTABLE, /* the plan's capacity is fixed */
    BK_CAPACITY_NOT_A_CHOICE, /* the plan has a list, and this is not in it */
    BK_CAPACITY_BELOW_MINIMUM,
    BK_CAPACITY_ABOVE_MAXIMUM,
    BK_CAPACITY_ZERO,    /* unlimited, where the plan does not allow it */
    BK_CAPACITY_MISSING, /* the plan requires one */
    BK_CAPACITY_SUM,     /* the domain's total would be passed (or one is unlimited) */
};

/*
 * "0", or digits with an optional decimal part and a unit K, M, G or T (also KB, KiB, …; letter
 * case does not matter), or whole bytes with B. Negative, empty and trailing characters are
 * BK_CAPACITY_SYNTAX. What is not 0 but would round down to it is BK_CAPACITY_BELOW_MINIMUM, for 0
 * means unlimited. bytes_r is filled only if all is fine.
 */
enum bk_capacity_problem bk_capacity_parse(const char *text, int64_t *bytes_r);

/* The shortest text that bk_capacity_parse() reads back as the same number: "5G", "1.5G", "0",
 * "1234B"; of equally short ones that without decimals. BK_INHERIT gives "inherit". `text_r` holds
 * at least 32 bytes. */
void bk_capacity_format(int64_t bytes, char *text_r, size_t size);

/* May an account of `domain` have this capacity? The plan's kind, and a range's upper end as the
 * domain has lowered or raised it. A fixed plan's is the plan's default and nothing else. */
enum bk_capacity_problem bk_capacity_check(const struct bk_domain *domain, int64_t bytes);

/*
 * Would the domain's total still be within its limit? `others_bytes` is the sum of its other
 * accounts' capacities, `others_unlimited` how many of them are unlimited. Unlimited accounts do
 * not fit in a limited domain. A change that only lowers an account's capacity need not be asked
 * about: it is the way out of a total that is passed already.
 */
enum bk_capacity_problem bk_capacity_check_sum(const struct bk_domain *domain, int64_t others_bytes,
                                               int64_t others_unlimited, int64_t bytes);

/*
 * What a new account gets when nothing is said: the domain's default, else the plan's.
 * BK_CAPACITY_MISSING where the plan wants one named and the domain has no default; bytes_r is the
 * plan's default then too, for the accounts that are present from the start.
 */
enum bk_capacity_problem bk_capacity_default(const struct bk_domain *domain, int64_t *bytes_r);

/* English, for gettext, to follow the value: "is too large". */
const char *bk_capacity_problem_text(enum bk_capacity_problem problem);

#endif
