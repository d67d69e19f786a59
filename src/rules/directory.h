/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * How rules ask who there is: three functions that the edge hands in (the store's, or a test's
 * table). They are pure look-ups within one snapshot; FAILED ends the decision with "try later".
 * What they return lives as long as the arena of the request.
 */
#ifndef BK_RULES_DIRECTORY_H
#define BK_RULES_DIRECTORY_H

#include "rules/account.h"
#include "rules/lookup.h"
#include "rules/usage.h"

struct bk_directory {
    void *context;
    /* A mail domain of ours by its lower-cased name. */
    enum bk_lookup (*lookup_domain)(void *context, const char *name,
                                    const struct bk_domain **domain_r);
    /* The account that has this lower-cased address without extension as primary address or
     * alias; also accounts being deleted. */
    enum bk_lookup (*lookup_address)(void *context, const char *address,
                                     const struct bk_account **account_r);
    /* FOUND or ABSENT fill usage_r (ABSENT: known = false); FAILED is treated as unknown. */
    enum bk_lookup (*lookup_usage)(void *context, const struct bk_account *account,
                                   struct bk_usage *usage_r);
};

#endif
