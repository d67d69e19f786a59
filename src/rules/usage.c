/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/usage.h"

int64_t bk_add_saturating(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

bool bk_usage_would_exceed(const struct bk_account *account, const struct bk_usage *usage,
                           int64_t message_bytes)
{
    int64_t limit_bytes = bk_usage_limit_bytes(account, false);
    int64_t used_bytes = usage->known ? usage->bytes : 0;

    if (limit_bytes == 0)
        return false;
    if (message_bytes < 1)
        message_bytes = 1;
    return bk_add_saturating(used_bytes, message_bytes) > limit_bytes;
}

int64_t bk_usage_limit_bytes(const struct bk_account *account, bool copy_into_trash)
{
    int64_t limit_bytes;

    if (account->capacity_bytes <= 0)
        return 0;
    limit_bytes = bk_add_saturating(account->capacity_bytes,
                                    account->domain->plan->quota_grace_bytes);
    if (copy_into_trash)
        limit_bytes = bk_add_saturating(limit_bytes, limit_bytes / 10);
    return limit_bytes;
}

bool bk_usage_record_is_fresh(int64_t recorded_at, int64_t now)
{
    return recorded_at > 0 && recorded_at <= now && now - recorded_at < BK_USAGE_RECORD_SECONDS;
}

bool bk_usage_is_believed(const struct bk_usage *recorded, int64_t limit_bytes, int64_t now)
{
    return bk_usage_record_is_fresh(recorded->measured_at, now) &&
           (limit_bytes == 0 || recorded->bytes <= limit_bytes / 2);
}

bool bk_usage_delivery_is_newer(const struct bk_usage *delivery, const struct bk_usage *recorded)
{
    if (!recorded->known || delivery->measured_at != recorded->measured_at)
        return !recorded->known || delivery->measured_at > recorded->measured_at;
    return delivery->messages >= recorded->messages;
}
