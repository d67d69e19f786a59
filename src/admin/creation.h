/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * New accounts: their rows in the open write transaction, with everything the plan and the domain
 * say about them. Used by `account create` and for the accounts that a domain has from the start.
 */
#ifndef BK_ADMIN_CREATION_H
#define BK_ADMIN_CREATION_H

#include "admin/apply.h"

/* A new account `name` of `domain` with the values that hold when nothing is said; id 0. */
struct bk_account *bk_creation_defaults(struct bk_admin *admin, const struct bk_domain *domain,
                                        const char *name);

/* May the domain have `more` further accounts? */
bool bk_creation_fits(struct bk_admin *admin, const struct bk_domain *domain, int64_t more);

/*
 * Is the address free? An unfinished creation (apply.h) of the same account is taken up again:
 * *again_r, and `account` gets its id. BK_ERROR_EXISTS if the address or login is taken.
 */
bool bk_creation_begin(struct bk_admin *admin, struct bk_account *account, bool *again_r);

/* Insert `account` and fill its id; `again` is what bk_creation_begin() found. */
bool bk_creation_insert(struct bk_admin *admin, struct bk_account *account, bool again);

/* The account as settings have it now, for the audit log of a creation taken up again. */
json_t *bk_creation_before(struct bk_admin *admin, const struct bk_account *account);

/*
 * The accounts of the plan's present_from_start that the domain does not have yet (or whose
 * creation was interrupted), inserted, as changes for bk_apply(). They receive at once and have no
 * password.
 */
bool bk_creation_first_accounts(struct bk_admin *admin, const struct bk_domain *domain,
                                struct bk_change **changes_r, size_t *count_r);

#endif
