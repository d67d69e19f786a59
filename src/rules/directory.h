/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * How rules ask who there is: four functions that the edge hands in (the store's, or a test's
 * table). They are pure look-ups within one snapshot; FAILED ends the decision with "try later".
 * What they return lives as long as the arena of the request.
 *
 * And, made of them, whose an address is: domain aliases and catch-all accounts are resolved here,
 * for route, forward checks and sender ownership alike.
 */
#ifndef BK_RULES_DIRECTORY_H
#define BK_RULES_DIRECTORY_H

#include "rules/account.h"
#include "rules/address.h"
#include "rules/lookup.h"
#include "rules/usage.h"

struct bk_directory {
    void *context;
    /* A mail domain of ours by its lower-cased name, or by that of one of its aliases. */
    enum bk_lookup (*lookup_domain)(void *context, const char *name,
                                    const struct bk_domain **domain_r);
    /* The account that has this lower-cased address without extension as primary address or
     * alias; also accounts being deleted. */
    enum bk_lookup (*lookup_address)(void *context, const char *address,
                                     const struct bk_account **account_r);
    /* The account with this id; also one being deleted. */
    enum bk_lookup (*lookup_account)(void *context, int64_t id,
                                     const struct bk_account **account_r);
    /* FOUND or ABSENT fill usage_r (ABSENT: known = false); FAILED is treated as unknown. */
    enum bk_lookup (*lookup_usage)(void *context, const struct bk_account *account,
                                   struct bk_usage *usage_r);
};

struct bk_place {
    /* FOUND: `account` has it. ABSENT: nobody has. FAILED: could not be read. */
    enum bk_lookup found;
    const struct bk_domain *domain;   /* NULL: not one of ours (or FAILED) */
    const struct bk_account *account; /* NULL unless FOUND */
    bool is_caught;                   /* nobody's own: the domain's catch-all account takes it */
};

/* Whose own address is it? The extension is not looked at. */
struct bk_place bk_place_own(struct bk_arena *arena, const struct bk_directory *directory,
                             const struct bk_address *address);
/* Who takes mail for it: its owner, else the catch-all account of its domain. */
struct bk_place bk_place_find(struct bk_arena *arena, const struct bk_directory *directory,
                              const struct bk_address *address);

#endif
