/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `account import`: registration of the accounts of a file. */
#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/bulk.h"
#include "admin/commands.h"
#include "admin/creation.h"
#include "admin/describe.h"
#include "admin/hashing.h"
#include "admin/jobs.h"
#include "admin/output.h"

const struct bk_option bk_account_import_options[] = {
    {"domain", N_("DOMAIN"), N_("the domain of the accounts (required)"), false},
    {NULL, NULL, NULL, false},
};

static bool insert_row(struct bk_bulk *bulk, const struct bk_bulk_row *row,
                       struct bk_change *change_r)
{
    struct bk_admin *admin = bulk->admin;
    struct bk_account *account = bk_creation_defaults(admin, bulk->domain, row->name);
    json_t *after;

    account->comment = bk_bulk_unprotect(row->comment);
    account->capacity_bytes = row->capacity_bytes;
    if (!bk_settings_insert_account(admin->settings, account, &account->id, &admin->error) ||
        (after = bk_describe_account_settings(admin, account)) == NULL)
        return false;
    change_r->after = account;
    return bk_audit(admin, account->primary_address, NULL, after);
}

/* Under the lock, to the end. */
static bool register_all(struct bk_bulk *bulk, const struct bk_hashing *hashes)
{
    struct bk_admin *admin = bulk->admin;
    struct bk_change *changes = bk_arena_alloc(admin->arena, bulk->count * sizeof(*changes));
    struct bk_job job;

    for (size_t i = 0; i < bulk->count; i++) {
        changes[i].password_hash = hashes[i].hash;
        if (!insert_row(bulk, &bulk->rows[i], &changes[i]))
            return false;
    }
    /* The ids of one transaction follow each other. */
    return bk_bulk_job_insert(bulk, changes[0].after->id, changes[bulk->count - 1].after->id,
                              &job) &&
           bk_apply(admin, changes, bulk->count, NULL) && bk_bulk_job_remove(admin, &job);
}

static void show_result(struct bk_bulk *bulk)
{
    struct bk_admin *admin = bulk->admin;

    if (!admin->dry_run)
        bk_message(admin,
                   ngettext("%zu account was registered in %s",
                            "%zu accounts were registered in %s", bulk->count),
                   bulk->count, bulk->domain->name);
    bk_output_result(admin,
                     json_pack("{s:[], s:I, s:I}", "items", "rows", (json_int_t)bulk->count,
                               "registered", (json_int_t)(admin->dry_run ? 0 : bulk->count)));
}

static bool complete(struct bk_bulk *bulk, const struct bk_job *job)
{
    bk_message(bulk->admin, _("%s: a registration of this file was interrupted; it goes on"),
               bulk->path);
    return bulk->admin->dry_run || bk_bulk_job_run(bulk->admin, job);
}

static bool register_file(struct bk_bulk *bulk)
{
    struct bk_admin *admin = bulk->admin;
    const struct bk_hashing *hashes;

    if (!admin->dry_run)
        bk_jobs_go_on(admin);
    if (!bk_bulk_check(bulk, true) || !bk_bulk_report(bulk))
        return false;
    if (admin->dry_run)
        return true;
    hashes = bk_bulk_hash(bulk);
    return hashes != NULL && bk_admin_begin(admin) && bk_bulk_domain_again(bulk) &&
           bk_bulk_check(bulk, false) && bk_bulk_report(bulk) && register_all(bulk, hashes);
}

bool bk_run_account_import(struct bk_admin *admin)
{
    struct bk_bulk bulk;
    const struct bk_job *job;

    if (!bk_bulk_load(admin, BK_BULK_REGISTRATION, &bulk) ||
        !bk_bulk_find_interrupted(&bulk, &job) ||
        !(job != NULL ? complete(&bulk, job) : register_file(&bulk)))
        return false;
    show_result(&bulk);
    return true;
}
