/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/warning.h"

#include "rules/admission.h"

static const int percents[BK_WARNING_COUNT] = {0, 80, 90, 95};

int bk_warning_percent(enum bk_warning warning)
{
    return percents[warning];
}

int64_t bk_usage_percent(int64_t used_bytes, int64_t limit_bytes)
{
    if (limit_bytes <= 0)
        return 0;
    if (used_bytes <= INT64_MAX / 100)
        return used_bytes * 100 / limit_bytes;
    return limit_bytes >= 100 ? used_bytes / (limit_bytes / 100) : INT64_MAX;
}

/* `percent` of the limit, rounded up, without a product that might not fit. */
static int64_t bytes_at(int64_t limit_bytes, int percent)
{
    return limit_bytes / 100 * percent + (limit_bytes % 100 * percent + 99) / 100;
}

enum bk_warning bk_warning_reached(int64_t used_bytes, int64_t limit_bytes)
{
    int warning = BK_WARNING_COUNT - 1;

    if (limit_bytes <= 0)
        return BK_WARNING_BELOW;
    while (warning > BK_WARNING_BELOW && used_bytes < bytes_at(limit_bytes, percents[warning]))
        warning--;
    return (enum bk_warning)warning;
}

/* A clock that was set back by less than the interval holds nothing back for longer than that. */
static bool is_free_again(int64_t sent_at, int64_t now)
{
    return sent_at == 0 || now - sent_at >= BK_WARNING_INTERVAL_SECONDS ||
           sent_at - now >= BK_WARNING_INTERVAL_SECONDS;
}

/* What is not told, but taken as known. */
static bool is_silent(const struct bk_account *account, enum bk_warning told,
                      enum bk_warning reached)
{
    if (reached == told)
        return true;
    if (reached == BK_WARNING_BELOW)
        return bk_usage_limit_bytes(account, false) == 0;
    return reached < told;
}

struct bk_warning_decision bk_warning_decide(const struct bk_account *account,
                                             const struct bk_usage *usage,
                                             const struct bk_warned *before, int64_t now)
{
    struct bk_warning_decision decision = {.after = *before};
    enum bk_warning reached;

    decision.after.look_at = 0;
    if (!usage->known || !account->receive || !account->domain->plan->quota_warnings ||
        bk_admission_account_reason(account) != BK_REASON_NONE)
        return decision;
    reached = bk_warning_reached(usage->bytes, bk_usage_limit_bytes(account, false));
    if (is_silent(account, before->told, reached)) {
        decision.after.told = reached;
        return decision;
    }
    if (!is_free_again(before->sent_at[reached], now)) {
        decision.after.look_at = before->sent_at[reached] + BK_WARNING_INTERVAL_SECONDS;
        return decision;
    }
    decision.send = true;
    decision.warning = reached;
    decision.after.told = reached;
    decision.after.sent_at[reached] = now;
    return decision;
}
