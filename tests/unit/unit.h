/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the rules share: running them, a small world of domains and accounts that
 * answers as a directory, and random numbers that are the same in every run.
 */
#ifndef BK_TESTS_UNIT_H
#define BK_TESTS_UNIT_H

#include "rules/directory.h"

#include <check.h>

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Runs the tests and prints Check's summary; the exit status of main(). */
int unit_run(const char *name, const TTest *const *tests, size_t count);

/* The next of a fixed sequence of random numbers, below `limit`. */
unsigned int unit_random(unsigned int limit);
/* A random text of up to `length_maximum` of these characters; `text_r` has room for one more. */
void unit_random_text(const char *characters, unsigned int length_maximum, char *text_r);

/* Everything is allowed; panel A's alphabets, receive OFF drops. */
struct bk_plan unit_plan(void);

#define UNIT_ACCOUNTS_MAXIMUM 4100
#define UNIT_ALIASES_MAXIMUM 16

#define UNIT_ALIAS_DOMAIN "alias.example"

/*
 * One domain "d.example" of the plan `plan`, also called UNIT_ALIAS_DOMAIN, one "strict.example"
 * whose receive OFF refuses. An account's id is its place in the list and one more.
 */
struct unit_world {
    struct bk_plan plan, strict_plan;
    struct bk_domain domain, strict_domain;
    struct bk_account accounts[UNIT_ACCOUNTS_MAXIMUM];
    struct bk_usage usages[UNIT_ACCOUNTS_MAXIMUM];
    size_t account_count;
    struct {
        const char *address;
        size_t account;
    } aliases[UNIT_ALIASES_MAXIMUM];
    size_t alias_count;
    bool domains_fail, accounts_fail, usages_fail;
    const char *failing_address; /* its look-up fails; NULL: none does */
    unsigned int usage_lookups;
    struct bk_directory directory;
};

void unit_world_init(struct unit_world *world);
/* An account that receives and does not forward, unlimited. `address` is kept as it is. */
struct bk_account *unit_world_add(struct unit_world *world, const char *address);
void unit_world_add_alias(struct unit_world *world, const struct bk_account *account,
                          const char *address);
void unit_world_set_usage(struct unit_world *world, const struct bk_account *account,
                          int64_t bytes);
/* Forward to `targets`, NULL at the end; the list is kept as it is. */
void unit_forward(struct bk_account *account, bool keep_copy, const char *const *targets);

#endif
