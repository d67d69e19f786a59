/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Limits of sending as options of accounts and domains, and what has been sent.
 */
#ifndef BK_ADMIN_SEND_LIMITS_H
#define BK_ADMIN_SEND_LIMITS_H

#include "admin/admin.h"

/* For option tables. */
#define BK_SEND_LIMIT_OPTIONS                                                                      \
    {"send-messages-per-hour", N_("NUMBER"),                                                       \
     N_("messages sent in an hour at most; 0 = unlimited; or inherit"), false},                    \
        {"send-messages-per-day", N_("NUMBER"), N_("in a day"), false},                            \
        {"send-recipients-per-hour", N_("NUMBER"),                                                 \
         N_("recipients of messages sent in an hour at most; 0 = unlimited; or inherit"), false},  \
    {                                                                                              \
        "send-recipients-per-day", N_("NUMBER"), N_("in a day"), false                             \
    }

/* The options into `limits`. */
bool bk_take_send_limits(struct bk_admin *admin, struct bk_send_limits *limits);

/* The limits in force, and what the account has sent in the present hour and day: null where
 * limits.db can't be read. */
void bk_describe_sending(struct bk_admin *admin, json_t *object, const struct bk_account *account);
/* Of what was sent, with its limits, for `explain`: one line. `sending` is the object filled above.
 */
const char *bk_describe_sending_text(struct bk_admin *admin, const json_t *sending);

#endif
