/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What a domain takes beside its accounts' addresses: a catch-all account, and other domains whose
 * addresses are its own.
 */
#ifndef BK_ADMIN_DOMAIN_ADDRESSES_H
#define BK_ADMIN_DOMAIN_ADDRESSES_H

#include "admin/admin.h"

/* For the option table of `domain set`. */
#define BK_CATCH_ALL_OPTION                                                                        \
    {                                                                                              \
        "catch-all", N_("ACCOUNT"), N_("takes mail for addresses that nobody has; '' = nobody"),   \
            false                                                                                  \
    }

/* The option --catch-all into `domain`. */
bool bk_take_catch_all(struct bk_admin *admin, struct bk_domain *domain);

/*
 * After the domain's row has been updated in this transaction: the catch-all account may not
 * forward into a circle by what it takes now.
 */
bool bk_check_catch_all(struct bk_admin *admin, const struct bk_domain *domain);

#endif
