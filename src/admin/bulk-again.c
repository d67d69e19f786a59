/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * A registration that was interrupted, and its file once more. Only the accounts themselves tell
 * whether it is the same file: nothing that was made of its passwords is kept anywhere but their
 * hashes, which mail processes can't read.
 */
#include "admin/bulk.h"
#include "admin/hashing.h"

#include <string.h>

/* Is it what `row` would have made? */
static bool is_of_row(const struct bk_bulk *bulk, const struct bk_bulk_row *row,
                      const struct bk_account *account)
{
    const struct bk_domain *domain = bulk->domain;
    const char *name = row->problem == NULL ? bk_bulk_name(bulk->admin->arena, domain, row->account)
                                            : NULL;
    int64_t capacity_bytes = account->capacity_bytes;

    return account->state == BK_ACCOUNT_ACTIVE && account->domain->id == domain->id &&
           name != NULL && strcmp(name, account->name) == 0 &&
           strcmp(bk_bulk_unprotect(row->comment), account->comment) == 0 &&
           (!bk_bulk_has_capacity(domain->plan) ||
            bk_bulk_capacity(domain, row->capacity, BK_INHERIT, &capacity_bytes) ==
                BK_CAPACITY_FINE) &&
           capacity_bytes == account->capacity_bytes;
}

/* The passwords of the rows, with the hashes that the accounts from `first` on have as settings.
 * *same_r is false where one is none of the file's. */
static bool compare_accounts(struct bk_bulk *bulk, int64_t first, struct bk_hashing *items,
                             bool *same_r)
{
    struct bk_admin *admin = bulk->admin;

    *same_r = true;
    for (size_t i = 0; i < bulk->count && *same_r; i++) {
        int64_t id = first + (int64_t)i;
        const struct bk_account *account = NULL;
        const struct bk_credential *credential = NULL;

        if (bk_settings_lookup_account_id(admin->settings, admin->arena, id, &account,
                                          &admin->error) == BK_FAILED ||
            bk_credentials_lookup(admin->credentials, admin->arena, id, &credential,
                                  &admin->error) == BK_FAILED)
            return false;
        *same_r = account != NULL && credential != NULL && credential->password_hash != NULL &&
                  is_of_row(bulk, &bulk->rows[i], account);
        if (*same_r)
            items[i] = (struct bk_hashing){.password = bulk->rows[i].password,
                                           .setting = credential->password_hash};
    }
    return true;
}

static bool compare(struct bk_bulk *bulk, int64_t first, bool *same_r)
{
    struct bk_admin *admin = bulk->admin;
    struct bk_hashing *items = bk_arena_alloc(admin->arena, bulk->count * sizeof(*items));

    if (bk_admin_credentials(admin) == NULL || !compare_accounts(bulk, first, items, same_r))
        return false;
    if (*same_r && !bk_hash_all(admin, items, bulk->count))
        return false;
    for (size_t i = 0; i < bulk->count && *same_r; i++)
        *same_r = strcmp(items[i].hash, items[i].setting) == 0;
    return true;
}

bool bk_bulk_find_interrupted(struct bk_bulk *bulk, const struct bk_job **job_r)
{
    const struct bk_job *job;
    json_t *detail;
    int64_t first, last;
    bool same = false;

    *job_r = NULL;
    if (!bk_bulk_job_find(bulk->admin, BK_BULK_REGISTRATION_KIND, &job))
        return false;
    if (job == NULL)
        return true;
    detail = json_loads(job->detail, 0, NULL);
    first = json_integer_value(json_object_get(detail, "first"));
    last = json_integer_value(json_object_get(detail, "last"));
    if (last - first + 1 != (int64_t)bulk->count)
        return true;
    if (!compare(bulk, first, &same))
        return false;
    if (same)
        *job_r = job;
    return true;
}
