/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `domain remove`: the accounts from the start are deleted (deletion.h), then the domain's row. */
#include "admin/audit.h"
#include "admin/apply.h"
#include "admin/commands.h"
#include "admin/deletion.h"
#include "admin/describe.h"
#include "admin/jobs.h"
#include "admin/output.h"
#include "admin/question.h"
#include "rules/names.h"

#define NAMED_MAXIMUM 5

struct residents {
    struct bk_admin *admin;
    int64_t *ids;
    size_t count, room;
    const char *others; /* not there from the start: they stand in the way */
    size_t other_count;
};

static bool collect_resident(void *context, const struct bk_account *account)
{
    struct residents *residents = context;
    struct bk_arena *arena = residents->admin->arena;

    if (bk_name_is_present_from_start(account->domain->plan, account->name) ||
        account->state == BK_ACCOUNT_DELETING) {
        if (residents->count < residents->room)
            residents->ids[residents->count++] = account->id;
        return true;
    }
    if (residents->other_count < NAMED_MAXIMUM)
        residents->others = bk_arena_printf(arena, "%s%s%s", residents->others,
                                            residents->other_count > 0 ? ", " : "",
                                            account->primary_address);
    residents->other_count++;
    return true;
}

static bool collect_residents(struct bk_admin *admin, const struct bk_domain *domain,
                              struct residents *residents_r)
{
    struct bk_account_filter filter = {.domain = domain->name};
    int64_t total = 0;

    if (bk_settings_count_accounts(admin->settings, &filter, &total, &admin->error) == BK_FAILED)
        return false;
    *residents_r = (struct residents){
        .admin = admin,
        .ids = bk_arena_alloc(admin->arena, ((size_t)total + 1) * sizeof(int64_t)),
        .room = (size_t)total,
        .others = "",
    };
    if (bk_settings_list_accounts(admin->settings, &filter, collect_resident, residents_r,
                                  &admin->error) == BK_FAILED)
        return false;
    if (residents_r->other_count == 0)
        return true;
    return bk_admin_fail(admin, BK_ERROR_NOT_PERMITTED,
                         _("%s has accounts (%s%s): delete them first with boxkeeper account "
                           "delete; nothing was removed"),
                         domain->name, residents_r->others,
                         residents_r->other_count > NAMED_MAXIMUM ? ", ..." : "");
}

static bool look_up_residents(struct bk_admin *admin, const struct residents *residents,
                              const struct bk_account **accounts_r)
{
    for (size_t i = 0; i < residents->count; i++) {
        if (bk_settings_lookup_account_id(admin->settings, admin->arena, residents->ids[i],
                                          &accounts_r[i], &admin->error) != BK_FOUND)
            return false;
        if (accounts_r[i]->hold_reason != NULL)
            return bk_admin_fail(admin, BK_ERROR_NOT_PERMITTED,
                                 _("%s is under hold (%s); nothing was removed. To end the hold: "
                                   "boxkeeper retention release %s"),
                                 accounts_r[i]->primary_address, accounts_r[i]->hold_reason,
                                 accounts_r[i]->primary_address);
    }
    return true;
}

static bool collect_alias(void *context, const char *alias)
{
    json_array_append_new(context, json_string(alias));
    return true;
}

/* Addresses that accounts took with them when they were renamed to another domain. */
static bool check_aliases(struct bk_admin *admin, const struct bk_domain *domain)
{
    json_t *aliases = json_array();

    if (bk_settings_list_foreign_aliases(admin->settings, domain->name, collect_alias, aliases,
                                         &admin->error) == BK_FAILED)
        return false;
    if (json_array_size(aliases) == 0)
        return true;
    return bk_admin_fail(admin, BK_ERROR_NOT_PERMITTED,
                         _("accounts of other domains have aliases in %s (%s): remove them first "
                           "with boxkeeper alias remove; nothing was removed"),
                         domain->name, bk_output_format(admin, aliases, BK_COLUMN_TEXT));
}

/* Everything that can stand in the way, and the accounts that go with the domain. */
static bool check(struct bk_admin *admin, const struct bk_domain **domain_r,
                  struct residents *residents_r, const struct bk_account ***accounts_r)
{
    *domain_r = bk_admin_domain(admin, admin->arguments[0]);
    if (*domain_r == NULL || !collect_residents(admin, *domain_r, residents_r) ||
        !check_aliases(admin, *domain_r))
        return false;
    *accounts_r = bk_arena_alloc(admin->arena, (residents_r->count + 1) * sizeof(**accounts_r));
    return look_up_residents(admin, residents_r, *accounts_r);
}

static bool remove_row(struct bk_admin *admin, const struct bk_domain *domain)
{
    json_t *before;

    return bk_admin_begin(admin) && (before = bk_describe_domain(admin, domain)) != NULL &&
           bk_settings_delete_domain(admin->settings, domain->id, &admin->error) &&
           bk_audit(admin, domain->name, before, NULL) && bk_apply_settings(admin);
}

bool bk_run_domain_remove(struct bk_admin *admin)
{
    const struct bk_domain *domain = NULL;
    struct residents residents;
    const struct bk_account **accounts;

    if (!check(admin, &domain, &residents, &accounts) ||
        !bk_question(admin, _("Remove %s with its first accounts and all their mail?"),
                     domain->name) ||
        !bk_admin_begin(admin) || !check(admin, &domain, &residents, &accounts) ||
        !bk_deletion_start(admin, accounts, residents.count))
        return false;
    if (!admin->dry_run &&
        (!bk_jobs_run(admin, residents.ids, residents.count, BK_DELETION_WAIT_SECONDS) ||
         !remove_row(admin, domain)))
        return false;
    if (!admin->dry_run)
        bk_message(admin, _("%s was removed"), domain->name);
    bk_output_result(admin,
                     json_pack("{s:s, s:b}", "domain", domain->name, "removed", !admin->dry_run));
    return true;
}
