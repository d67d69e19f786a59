/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `account edit`: passwords and capacities of accounts that there are. */
#include "admin/account-fields.h"
#include "admin/audit.h"
#include "admin/bulk.h"
#include "admin/commands.h"
#include "admin/hashing.h"
#include "admin/output.h"

const struct bk_option bk_account_edit_options[] = {
    {"domain", N_("DOMAIN"), N_("the domain of the accounts (required)"), false},
    {NULL, NULL, NULL, false},
};

struct outcome {
    int64_t changed, unchanged;
    bool has_passwords;
};

/* The fields of bk_describe_account_settings() that can change here. */
static json_t *describe(const struct bk_account *account, bool has_password)
{
    json_t *object = json_pack("{s:I, s:b, s:b}", "capacity_bytes",
                               (json_int_t)account->capacity_bytes, "external_auth",
                               account->external_auth, "force_changed", account->force_changed);

    if (has_password)
        json_object_set_new(object, "password", json_string(N_("changed")));
    return object;
}

static bool change_row(struct bk_bulk *bulk, const struct bk_bulk_row *row, const char *hash,
                       struct outcome *outcome)
{
    struct bk_admin *admin = bulk->admin;
    struct bk_account after = *row->present;

    if (hash == NULL && *row->password != '\0')
        return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                             _("%s was made while the passwords were hashed: nothing was changed, "
                               "repeat the command"),
                             after.primary_address);
    if (hash == NULL && row->capacity_bytes == after.capacity_bytes) {
        outcome->unchanged++;
        return true;
    }
    outcome->changed++;
    after.capacity_bytes = row->capacity_bytes;
    if (hash != NULL) {
        outcome->has_passwords = true;
        after.external_auth = false;
        after.force_changed = false;
    }
    if (after.capacity_bytes != row->present->capacity_bytes)
        bk_warn_if_full(admin, &after);
    return bk_settings_update_account(admin->settings, &after, &admin->error) &&
           bk_audit(admin, after.primary_address, describe(row->present, false),
                    describe(&after, hash != NULL));
}

static bool change_rows(struct bk_bulk *bulk, const struct bk_hashing *hashes,
                        struct outcome *outcome)
{
    for (size_t i = 0; i < bulk->count; i++) {
        const struct bk_bulk_row *row = &bulk->rows[i];

        if (row->present != NULL && !change_row(bulk, row, hashes[i].hash, outcome))
            return false;
    }
    return true;
}

static bool stage_all(struct bk_bulk *bulk, const struct bk_hashing *hashes, int64_t job_id)
{
    struct bk_admin *admin = bulk->admin;

    if (bk_admin_credentials(admin) == NULL ||
        !bk_credentials_begin(admin->credentials, &admin->error) ||
        !bk_credentials_clear_staged(admin->credentials, &admin->error))
        return false;
    for (size_t i = 0; i < bulk->count; i++) {
        const struct bk_account *present = bulk->rows[i].present;

        if (present != NULL && hashes[i].hash != NULL &&
            !bk_credentials_stage(admin->credentials, job_id, present->id, hashes[i].hash,
                                  &admin->error))
            return false;
    }
    return bk_credentials_commit(admin->credentials, &admin->error);
}

/* Under the lock, to the end. Capacities stand in settings alone: then there is no job. */
static bool edit_all(struct bk_bulk *bulk, const struct bk_hashing *hashes, struct outcome *outcome)
{
    struct bk_admin *admin = bulk->admin;
    struct bk_job job;

    if (!change_rows(bulk, hashes, outcome))
        return false;
    if (!outcome->has_passwords)
        return outcome->changed == 0 || bk_admin_commit(admin);
    if (!bk_bulk_job_insert(bulk, 0, 0, &job))
        return false;
    if (!stage_all(bulk, hashes, job.id)) {
        bk_credentials_rollback(admin->credentials);
        return false;
    }
    return bk_admin_commit(admin) && bk_bulk_job_run(admin, &job);
}

static void show_result(struct bk_bulk *bulk, const struct outcome *outcome)
{
    struct bk_admin *admin = bulk->admin;
    const json_t *name;
    size_t i;

    json_array_foreach(bulk->passed, i, name)
        bk_message(admin, _("%s is passed over: there is no such account in %s"),
                   json_string_value(name), bulk->domain->name);
    if (!admin->dry_run)
        bk_message(admin,
                   ngettext("%lld account was changed", "%lld accounts were changed",
                            (unsigned long)outcome->changed),
                   (long long)outcome->changed);
    bk_output_result(admin, json_pack("{s:[], s:I, s:I, s:I, s:O}", "items", "rows",
                                      (json_int_t)bulk->count, "changed",
                                      (json_int_t)outcome->changed, "unchanged",
                                      (json_int_t)outcome->unchanged, "passed_over", bulk->passed));
}

bool bk_run_account_edit(struct bk_admin *admin)
{
    struct bk_bulk bulk;
    struct outcome outcome = {0};
    const struct bk_hashing *hashes;

    if (!bk_bulk_load(admin, BK_BULK_EDIT, &bulk) || !bk_bulk_check(&bulk, true) ||
        !bk_bulk_report(&bulk))
        return false;
    if (!admin->dry_run) {
        hashes = bk_bulk_hash(&bulk);
        if (hashes == NULL || !bk_bulk_begin(admin) || !bk_bulk_domain_again(&bulk) ||
            !bk_bulk_check(&bulk, false) || !bk_bulk_report(&bulk) ||
            !edit_all(&bulk, hashes, &outcome))
            return false;
        bk_admin_end(admin);
    }
    show_result(&bulk, &outcome);
    return true;
}
