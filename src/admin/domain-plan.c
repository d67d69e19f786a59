/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/domain-plan.h"

#include "admin/autoreply.h"
#include "admin/output.h"
#include "admin/spam.h"
#include "rules/capacity.h"
#include "rules/names.h"

#define NAMED_MAXIMUM 5

enum conflict {
    CONFLICT_NAME,
    CONFLICT_FULL_NAME,
    CONFLICT_CAPACITY,
    CONFLICT_FORWARD,
    CONFLICT_FORWARD_TARGETS,
    CONFLICT_AUTO_REPLY,
    CONFLICT_AUTO_REPLY_WIDTH,
    CONFLICT_SPAM_TAG,
    CONFLICT_SPAM_TAG_TEXT,
    CONFLICT_SPAM_SORT,
    CONFLICT_SPAM_DELETE,
    CONFLICT_SPAM_SCORE,
    CONFLICT_SPAM_LISTS,
    CONFLICT_RETENTION,
    CONFLICT_COUNT,
};

static const char *const conflict_texts[] = {
    [CONFLICT_NAME] = N_("its name"),
    [CONFLICT_FULL_NAME] = N_("an empty full name"),
    [CONFLICT_CAPACITY] = N_("its capacity"),
    [CONFLICT_FORWARD] = N_("its forward"),
    [CONFLICT_FORWARD_TARGETS] = N_("the number of its forward targets"),
    [CONFLICT_AUTO_REPLY] = N_("its auto-reply (no answer will be given)"),
    [CONFLICT_AUTO_REPLY_WIDTH] = N_("so long an auto-reply"),
    [CONFLICT_SPAM_TAG] = N_("its spam tag (none will be put)"),
    [CONFLICT_SPAM_TAG_TEXT] = N_("its own text of the spam tag (the plan's will be put)"),
    [CONFLICT_SPAM_SORT] = N_("its sorting of spam (it will not be sorted)"),
    [CONFLICT_SPAM_DELETE] = N_("its deleting of spam (it will not be deleted)"),
    [CONFLICT_SPAM_SCORE] = N_("its own spam score (the scanner's yes or no will decide)"),
    [CONFLICT_SPAM_LISTS] = N_("its lists of allowed and blocked senders (they will not count)"),
    [CONFLICT_RETENTION] = N_("durations of its own (the plan's will hold)"),
};

struct conflicts {
    struct bk_admin *admin;
    const struct bk_domain *domain; /* with the new plan */
    int64_t counts[CONFLICT_COUNT];
    const char *addresses[CONFLICT_COUNT];
    bool failed;
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

static void look_at_forward(struct conflicts *conflicts, const struct bk_account *account)
{
    const struct bk_plan *plan = conflicts->domain->plan;

    if (account->forward_target_count > 0 && !plan->forward_allowed)
        note(conflicts, CONFLICT_FORWARD, account);
    else if (plan->forward_targets_maximum > 0 &&
             (int64_t)account->forward_target_count > plan->forward_targets_maximum)
        note(conflicts, CONFLICT_FORWARD_TARGETS, account);
}

static bool look_at_auto_reply(struct conflicts *conflicts, const struct bk_account *account)
{
    struct bk_admin *admin = conflicts->admin;
    const struct bk_plan *plan = conflicts->domain->plan;
    struct bk_auto_reply reply;
    int64_t width = 0;

    if (!account->auto_reply)
        return true;
    if (!plan->auto_reply_allowed) {
        note(conflicts, CONFLICT_AUTO_REPLY, account);
        return true;
    }
    if (plan->auto_reply_width_maximum == 0)
        return true;
    if (bk_settings_lookup_auto_reply(admin->settings, admin->arena, account->id, &reply,
                                      &admin->error) == BK_FAILED ||
        !bk_measure_width(admin, reply.body, &width))
        return false;
    if (width > plan->auto_reply_width_maximum)
        note(conflicts, CONFLICT_AUTO_REPLY_WIDTH, account);
    return true;
}

static bool look_at_spam(struct conflicts *conflicts, const struct bk_account *account)
{
    struct bk_admin *admin = conflicts->admin;
    const struct bk_plan *plan = conflicts->domain->plan;
    struct bk_spam_settings spam;

    if (bk_settings_lookup_spam(admin->settings, admin->arena, account->id, &spam, &admin->error) ==
        BK_FAILED)
        return false;
    if (spam.is_set && spam.tag && !plan->spam_tag_allowed)
        note(conflicts, CONFLICT_SPAM_TAG, account);
    if (spam.tag_text != NULL && !plan->spam_tag_text_settable)
        note(conflicts, CONFLICT_SPAM_TAG_TEXT, account);
    if (spam.is_set && spam.sort && !plan->spam_sort_allowed)
        note(conflicts, CONFLICT_SPAM_SORT, account);
    if (spam.is_set && spam.discard && !plan->spam_actions_allowed)
        note(conflicts, CONFLICT_SPAM_DELETE, account);
    if (spam.score_hundredths != BK_SPAM_SCORE_OF_PLAN && !plan->spam_lists_allowed)
        note(conflicts, CONFLICT_SPAM_SCORE, account);
    if (spam.allowed_count + spam.blocked_count > 0 && !plan->spam_lists_allowed)
        note(conflicts, CONFLICT_SPAM_LISTS, account);
    return true;
}

static bool look_at(void *context, const struct bk_account *account)
{
    struct conflicts *conflicts = context;
    const struct bk_plan *plan = conflicts->domain->plan;

    if (bk_name_check(plan, account->name) != BK_NAME_FINE)
        note(conflicts, CONFLICT_NAME, account);
    if (plan->full_name_required && *account->full_name == '\0')
        note(conflicts, CONFLICT_FULL_NAME, account);
    if (bk_capacity_check(conflicts->domain, account->capacity_bytes) != BK_CAPACITY_FINE)
        note(conflicts, CONFLICT_CAPACITY, account);
    look_at_forward(conflicts, account);
    if (plan->retention_kind != BK_RETENTION_ANY &&
        (account->archive_seconds != BK_INHERIT || account->trash_seconds != BK_INHERIT ||
         account->junk_seconds != BK_INHERIT))
        note(conflicts, CONFLICT_RETENTION, account);
    conflicts->failed = !look_at_auto_reply(conflicts, account) ||
                        !look_at_spam(conflicts, account);
    return !conflicts->failed;
}

/* What the domain itself has. */
static void look_at_domain(struct bk_admin *admin, const struct bk_domain *domain, int64_t *count)
{
    const char *plan = domain->plan->name;
    char size[32];

    if (domain->default_capacity_bytes != BK_INHERIT &&
        bk_capacity_check(domain, domain->default_capacity_bytes) != BK_CAPACITY_FINE) {
        bk_capacity_format(domain->default_capacity_bytes, size, sizeof(size));
        bk_warning(admin, _("plan %s does not allow %s, the default capacity of %s"), plan, size,
                   domain->name);
        (*count)++;
    }
    if (domain->capacity_maximum_bytes > 0 && domain->plan->capacity_kind != BK_CAPACITY_RANGE) {
        bk_warning(admin,
                   _("plan %s gives no range of capacities: the upper limit of %s for one account "
                     "will not count"),
                   plan, domain->name);
        (*count)++;
    }
    if (domain->plan->retention_kind != BK_RETENTION_ANY &&
        (domain->archive_seconds != BK_INHERIT || domain->trash_seconds != BK_INHERIT ||
         domain->junk_seconds != BK_INHERIT)) {
        bk_warning(admin,
                   _("plan %s does not allow %s durations of its own (the plan's will hold)"), plan,
                   domain->name);
        (*count)++;
    }
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
            BK_FAILED ||
        conflicts.failed)
        return false;
    look_at_domain(admin, &planned, count_r);
    for (enum conflict i = 0; i < CONFLICT_COUNT; i++) {
        *count_r += conflicts.counts[i];
        if (conflicts.counts[i] > 0)
            bk_warning(admin,
                       ngettext("plan %s does not allow %s for %lld account: %s",
                                "plan %s does not allow %s for %lld accounts: %s",
                                (unsigned long)conflicts.counts[i]),
                       plan->name, _(conflict_texts[i]), (long long)conflicts.counts[i],
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
