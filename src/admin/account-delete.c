/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `account delete`: all checks and the question first; the work is deletion.h's. */
#include "admin/commands.h"
#include "admin/deletion.h"
#include "admin/jobs.h"
#include "admin/output.h"
#include "admin/question.h"
#include "rules/names.h"

#include <string.h>

struct doomed {
    const struct bk_account **accounts;
    size_t count;
};

static bool may_be_deleted(struct bk_admin *admin, const struct bk_account *account)
{
    if (bk_name_is_present_from_start(account->domain->plan, account->name))
        return bk_admin_fail(admin, BK_ERROR_NOT_PERMITTED,
                             _("%s is there from the start of its domain and can't be deleted; "
                               "nothing was deleted"),
                             account->primary_address);
    if (account->hold_reason != NULL)
        return bk_admin_fail(admin, BK_ERROR_NOT_PERMITTED,
                             _("%s is under hold (%s); nothing was deleted. To end the hold: "
                               "boxkeeper retention release %s"),
                             account->primary_address, account->hold_reason,
                             account->primary_address);
    return true;
}

static bool is_in(const struct doomed *doomed, const struct bk_account *account)
{
    for (size_t i = 0; i < doomed->count; i++) {
        if (doomed->accounts[i]->id == account->id)
            return true;
    }
    return false;
}

/* All accounts named, each once; one that may not go stops the whole command. */
static bool collect_accounts(struct bk_admin *admin, struct doomed *doomed)
{
    doomed->accounts = bk_arena_alloc(admin->arena,
                                      (admin->argument_count + 1) * sizeof(*doomed->accounts));
    doomed->count = 0;
    for (size_t i = 0; i < admin->argument_count; i++) {
        const struct bk_account *account = bk_admin_account(admin, admin->arguments[i]);

        if (account == NULL || !may_be_deleted(admin, account))
            return false;
        if (!is_in(doomed, account))
            doomed->accounts[doomed->count++] = account;
    }
    return true;
}

/* ---- the question ---- */

struct names {
    struct bk_admin *admin;
    json_t *array;
};

static bool collect_name(void *context, const char *text)
{
    struct names *names = context;

    json_array_append_new(names->array, json_string(text));
    return true;
}

/* Who forwards to the account, by any of its addresses. */
static json_t *find_forwarders(struct bk_admin *admin, const struct bk_account *account)
{
    struct names aliases = {.admin = admin, .array = json_array()};
    struct names forwarders = {.admin = admin, .array = json_array()};
    size_t i;
    json_t *alias;

    json_array_append_new(aliases.array, json_string(account->primary_address));
    if (bk_settings_list_aliases(admin->settings, account->id, collect_name, &aliases,
                                 &admin->error) == BK_FAILED)
        return NULL;
    json_array_foreach(aliases.array, i, alias)
    {
        if (bk_settings_list_forwarders(admin->settings, json_string_value(alias), collect_name,
                                        &forwarders, &admin->error) == BK_FAILED)
            return NULL;
    }
    return forwarders.array;
}

static bool tell_forwarders(struct bk_admin *admin, const struct doomed *doomed)
{
    for (size_t i = 0; i < doomed->count; i++) {
        json_t *forwarders = find_forwarders(admin, doomed->accounts[i]);

        if (forwarders == NULL)
            return false;
        if (json_array_size(forwarders) > 0)
            bk_warning(admin, _("these accounts forward to %s: %s"),
                       doomed->accounts[i]->primary_address,
                       bk_output_format(admin, forwarders, BK_COLUMN_TEXT));
    }
    return true;
}

static const char *join_addresses(struct bk_admin *admin, const struct doomed *doomed)
{
    json_t *array = json_array();

    for (size_t i = 0; i < doomed->count; i++)
        json_array_append_new(array, json_string(doomed->accounts[i]->primary_address));
    return bk_output_format(admin, array, BK_COLUMN_TEXT);
}

static bool ask(struct bk_admin *admin, const struct doomed *doomed)
{
    return tell_forwarders(admin, doomed) &&
           bk_question(admin,
                       ngettext("Delete %s with all its settings and all its mail?",
                                "Delete these accounts with all their settings and all their "
                                "mail: %s?",
                                doomed->count),
                       join_addresses(admin, doomed));
}

/* ---- the command ---- */

static bool finish(struct bk_admin *admin, const struct doomed *doomed)
{
    int64_t *ids = bk_arena_alloc(admin->arena, (doomed->count + 1) * sizeof(*ids));

    for (size_t i = 0; i < doomed->count; i++)
        ids[i] = doomed->accounts[i]->id;
    return bk_jobs_run(admin, ids, doomed->count, BK_DELETION_WAIT_SECONDS);
}

static json_t *describe_result(const struct doomed *doomed, bool deleted)
{
    json_t *items = json_array();

    for (size_t i = 0; i < doomed->count; i++)
        json_array_append_new(items,
                              json_pack("{s:s, s:b}", "address",
                                        doomed->accounts[i]->primary_address, "deleted", deleted));
    return json_pack("{s:o}", "items", items);
}

bool bk_run_account_delete(struct bk_admin *admin)
{
    struct doomed doomed;

    /* What was checked before the question may have changed while it waited. */
    if (!collect_accounts(admin, &doomed) || !ask(admin, &doomed) || !bk_admin_begin(admin) ||
        !collect_accounts(admin, &doomed) ||
        !bk_deletion_start(admin, doomed.accounts, doomed.count))
        return false;
    if (!admin->dry_run && !finish(admin, &doomed))
        return false;
    if (!admin->dry_run)
        bk_message(admin, _("deleted: %s"), join_addresses(admin, &doomed));
    bk_output_result(admin, describe_result(&doomed, !admin->dry_run));
    return true;
}
