/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The fields of a domain as options of `domain add` and `domain set`.
 */
#ifndef BK_ADMIN_DOMAIN_FIELDS_H
#define BK_ADMIN_DOMAIN_FIELDS_H

#include "admin/send-limits.h"

/* For the option tables of both commands. */
#define BK_DOMAIN_OPTIONS                                                                          \
    {"max-accounts", N_("NUMBER"), N_("so many accounts at most; 0 = any number"), false},         \
        {"max-capacity", N_("SIZE"), N_("sum of all capacities at most; 0 = no limit"), false},    \
        {"max-account-capacity", N_("SIZE"),                                                       \
         N_("capacity of one account at most, where the plan has a range; 0 = the plan's"),        \
         false},                                                                                   \
        {"default-capacity", N_("SIZE"), N_("capacity of new accounts, or inherit (the plan's)"),  \
         false},                                                                                   \
        {"language", "ja|en|fr|de|it|pt|es", N_("of new accounts: ja, en, fr, de, it, pt or es"),  \
         false},                                                                                   \
        BK_SEND_LIMIT_OPTIONS,                                                                     \
    {                                                                                              \
        "time-zone", N_("ZONE"), N_("such as Asia/Tokyo; '' = the server's"), false                \
    }

/* The options into `domain`, as its plan allows; values below what it has already are warned
 * about. */
bool bk_take_domain_fields(struct bk_admin *admin, struct bk_domain *domain);

#endif
