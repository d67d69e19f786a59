/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * How full a mailbox is, and whether one more message fits. Sums saturate: no size, however large
 * a client claims it to be, wraps round.
 */
#ifndef BK_RULES_USAGE_H
#define BK_RULES_USAGE_H

#include "rules/account.h"

struct bk_usage {
    bool known; /* false: nothing on record; then it counts as empty */
    int64_t bytes;
    int64_t messages;
    int64_t measured_at;
};

/* a + b for a, b >= 0; at most INT64_MAX. */
int64_t bk_add_saturating(int64_t a, int64_t b);

/*
 * Would a message of `message_bytes` pass the account's limit (capacity and the plan's grace)?
 * 0 bytes = size not known: counted as one byte, so a mailbox that is exactly full is full.
 * Capacity 0 never is. Where the usage is not known the mailbox counts as empty: only what could
 * never fit is refused (delivery checks the real usage).
 */
bool bk_usage_would_exceed(const struct bk_account *account, const struct bk_usage *usage,
                           int64_t message_bytes);

/*
 * The limit for the quota engine: capacity plus grace, 0 = unlimited. A copy into the trash may
 * pass it by 10 % (PRODUCT.md section 6), so that clients without MOVE can delete in a full
 * mailbox.
 */
int64_t bk_usage_limit_bytes(const struct bk_account *account, bool copy_into_trash);

/* What state.db says of a mailbox, its usage and what is due, is believed for a day by a session
 * that changes nothing: a process that was killed, another mark or trash name may have made it
 * wrong since. Not if it is of the future: the clock was set back. 0 = nothing on record. */
#define BK_USAGE_RECORD_SECONDS INT64_C(86400)
bool bk_usage_record_is_fresh(int64_t recorded_at, int64_t now);

/* Reports of deliveries wait in their processes, and may be written in another order than the
 * deliveries had. Does this one say something newer than what is on record? Within one second more
 * messages are newer, for a delivery only adds. */
bool bk_usage_delivery_is_newer(const struct bk_usage *delivery, const struct bk_usage *recorded);

/* Such a session measures the usage anew all the same where the record says that more than half of
 * the limit (0 = unlimited) is used: a wrong one would refuse mail for which there is room. */
bool bk_usage_is_believed(const struct bk_usage *recorded, int64_t limit_bytes, int64_t now);

#endif
