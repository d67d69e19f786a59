/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/deciding-setting.h"

#include "rules/text.h"

#include <string.h>

static struct bk_deciding_setting of_account(const struct bk_account *account, const char *field)
{
    return (struct bk_deciding_setting){field, N_("account"), account->primary_address};
}

static struct bk_deciding_setting of_domain(const struct bk_domain *domain, const char *field)
{
    return (struct bk_deciding_setting){field, N_("domain"), domain->name};
}

static struct bk_deciding_setting of_plan(const struct bk_plan *plan, const char *field)
{
    return (struct bk_deciding_setting){field, N_("plan"), plan->name};
}

static struct bk_deciding_setting built_in(const char *field)
{
    return (struct bk_deciding_setting){field, N_("built-in"), NULL};
}

const struct bk_account *bk_deciding_account(const struct bk_admission *admission,
                                             const struct bk_route *route)
{
    for (size_t i = 0; admission->decided_by != NULL && i < route->leaf_count; i++) {
        const struct bk_account *account = route->leaves[i].account;

        if (account != NULL && strcmp(account->primary_address, admission->decided_by) == 0)
            return account;
    }
    return route->account;
}

static struct bk_deciding_setting behind_acceptance(const struct bk_account *account,
                                                    const struct bk_route *route)
{
    if (route->is_caught)
        return of_domain(account->domain, N_("catch_all"));
    if (account->forward_target_count > 0)
        return of_account(account, account->receive ? N_("forward_keep_copy") : N_("receive"));
    if (!account->receive)
        return of_account(account, N_("receive"));
    return (struct bk_deciding_setting){NULL, NULL, NULL};
}

struct bk_deciding_setting bk_deciding_setting(const struct bk_admission *admission,
                                               const struct bk_route *route)
{
    const struct bk_account *account = bk_deciding_account(admission, route);

    switch (admission->reason) {
    case BK_REASON_INTERNAL_FORM:
        return built_in(N_("internal_form"));
    case BK_REASON_UNKNOWN_RECIPIENT:
    case BK_REASON_SETTINGS_FAILED:
    case BK_REASON_NOT_IN_SETTINGS:
        return built_in(N_("addresses"));
    default:
        break;
    }
    if (account == NULL)
        return built_in(N_("domains"));
    switch (admission->reason) {
    case BK_REASON_SUSPENDED:
        return account->suspended ? of_account(account, N_("suspended"))
                                  : of_domain(account->domain, N_("suspended"));
    case BK_REASON_DISABLED:
        return of_account(account, N_("receive"));
    case BK_REASON_FULL:
        return of_account(account, N_("capacity_bytes"));
    case BK_REASON_FULL_FOR_NOW:
        return of_plan(account->domain->plan, N_("full_is_temporary"));
    case BK_REASON_CIRCLE:
    case BK_REASON_TOO_MANY_TARGETS:
        return of_account(account, N_("forward_targets"));
    case BK_REASON_DELETING:
        return of_account(account, N_("state"));
    default:
        return behind_acceptance(account, route);
    }
}

static int64_t duration_of(enum bk_duration_field field, int64_t archive, int64_t trash,
                           int64_t junk)
{
    return field == BK_DURATION_ARCHIVE ? archive : field == BK_DURATION_TRASH ? trash : junk;
}

struct bk_deciding_setting bk_deciding_duration(const struct bk_account *account,
                                                enum bk_duration_field field)
{
    static const char *const names[] = {N_("archive_seconds"), N_("trash_seconds"),
                                        N_("junk_seconds")};
    const struct bk_domain *domain = account->domain;

    if (domain->plan->retention_kind != BK_RETENTION_ANY)
        return of_plan(domain->plan, names[field]);
    if (duration_of(field, account->archive_seconds, account->trash_seconds,
                    account->junk_seconds) != BK_INHERIT)
        return of_account(account, names[field]);
    if (duration_of(field, domain->archive_seconds, domain->trash_seconds, domain->junk_seconds) !=
        BK_INHERIT)
        return of_domain(domain, names[field]);
    return of_plan(domain->plan, names[field]);
}
