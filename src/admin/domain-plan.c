/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/domain-plan.h"

#include "admin/output.h"
#include "rules/capacity.h"
#include "rules/names.h"

#define NAMED_MAXIMUM 5

enum conflict {
    CONFLICT_NAME,
    CONFLICT_CAPACITY,
    CONFLICT_FORWARD,
    CONFLICT_FORWARD_TARGETS,
    CONFLICT_RETENTION,
    CONFLICT_COUNT,
};

static const char *const conflict_texts[] = {
    [CONFLICT_NAME] = N_("its name"),
    [CONFLICT_CAPACITY] = N_("its capacity"),
    [CONFLICT_FORWARD] = N_("its forward"),
    [CONFLICT_FORWARD_TARGETS] = N_("the number of its forward targets"),
    [CONFLICT_RETENTION] = N_("durations of its own (the plan's will hold)"),
};

struct conflicts {
    struct bk_admin *admin;
    const struct bk_domain *domain; /* with the new plan */
    int64_t counts[CONFLICT_COUNT];
    const char *addresses[CONFLICT_COUNT];
};

static void note(struct conflicts *conflicts, enum conflict kind, const struct bk_account *account)
{
    struct bk_arena *arena = conflicts->admin->arena;
    int64_t count = conflicts->counts[kind]++;

    if (count == 0)
        conflicts->addresses[kind] = bk_arena_strdup(arena, account->primary_address);
    else if (count < NAMED_MAXIMUM)
        conflicts->addresses[kind] = bk_arena_printf(arena, "%s, %s", conflicts->addresses[kind],
                                                     account->primary_address);
    else if (count == NAMED_MAXIMUM)
        conflicts->addresses[kind] = bk_arena_printf(arena, "%s, ...", conflicts->addresses[kind]);
}

static bool look_at(void *context, const struct bk_account *account)
{
    struct conflicts *conflicts = context;
    const struct bk_plan *plan = conflicts->domain->plan;

    if (bk_name_check(plan, account->name) != BK_NAME_FINE)
        note(conflicts, CONFLICT_NAME, account);
    if (bk_capacity_check(conflicts->domain, account->capacity_bytes) != BK_CAPACITY_FINE)
        note(conflicts, CONFLICT_CAPACITY, account);
    if (account->forward_target_count > 0 && !plan->forward_allowed)
        note(conflicts, CONFLICT_FORWARD, account);
    else if (plan->forward_targets_maximum > 0 &&
             (int64_t)account->forward_target_count > plan->forward_targets_maximum)
        note(conflicts, CONFLICT_FORWARD_TARGETS, account);
    if (plan->retention_kind != BK_RETENTION_ANY &&
        (account->archive_seconds != BK_INHERIT || account->trash_seconds != BK_INHERIT ||
         account->junk_seconds != BK_INHERIT))
        note(conflicts, CONFLICT_RETENTION, account);
    return true;
}

bool bk_show_plan_conflicts(struct bk_admin *admin, const struct bk_domain *domain,
                            const struct bk_plan *plan, int64_t *count_r)
{
    struct bk_domain planned = *domain;
    struct conflicts conflicts = {.admin = admin, .domain = &planned};
    struct bk_account_filter filter = {.domain = domain->name};

    planned.plan = plan;
    *count_r = 0;
    if (bk_settings_list_accounts(admin->settings, &filter, look_at, &conflicts, &admin->error) ==
        BK_FAILED)
        return false;
    for (enum conflict i = 0; i < CONFLICT_COUNT; i++) {
        *count_r += conflicts.counts[i];
        if (conflicts.counts[i] > 0)
            bk_warning(admin, _("plan %s does not allow %s for %lld accounts: %s"), plan->name,
                       _(conflict_texts[i]), (long long)conflicts.counts[i],
                       conflicts.addresses[i]);
    }
    if (domain->plan->receive_off != plan->receive_off)
        bk_warning(admin,
                   plan->receive_off == BK_RECEIVE_OFF_REFUSES
                       ? _("under plan %s mail for an account with receive OFF is refused")
                       : _("under plan %s mail for an account with receive OFF is accepted "
                           "and dropped"),
                   plan->name);
    return true;
}
