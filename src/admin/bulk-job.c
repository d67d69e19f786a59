/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/apply.h"
#include "admin/bulk.h"
#include "admin/output.h"

#include <string.h>
#include <time.h>

/* ---- the row of a job ---- */

bool bk_bulk_job_insert(struct bk_bulk *bulk, int64_t first, int64_t last, struct bk_job *job_r)
{
    struct bk_admin *admin = bulk->admin;
    json_t *detail = json_pack("{s:s, s:I, s:I}", "address", bulk->domain->name, "first",
                               (json_int_t)first, "last", (json_int_t)last);

    *job_r = (struct bk_job){
        .kind = bulk->file == BK_BULK_REGISTRATION ? BK_BULK_REGISTRATION_KIND : BK_BULK_EDIT_KIND,
        .detail = json_dumps(detail, JSON_SORT_KEYS),
        .total = (int64_t)bulk->count,
        .created_at = time(NULL),
    };
    job_r->updated_at = job_r->created_at;
    return bk_settings_insert_job(admin->settings, job_r, &job_r->id, &admin->error);
}

struct search {
    struct bk_arena *arena;
    int64_t id;       /* of the job that is looked for; 0: */
    const char *kind; /* the first of this kind */
    struct bk_job *found;
};

static bool match_job(void *context, const struct bk_job *job)
{
    struct search *search = context;

    if (search->id != 0 ? job->id != search->id : strcmp(job->kind, search->kind) != 0)
        return true;
    search->found = bk_arena_alloc(search->arena, sizeof(*search->found));
    *search->found = *job;
    search->found->kind = bk_arena_strdup(search->arena, job->kind);
    search->found->detail = bk_arena_strdup(search->arena, job->detail);
    return false;
}

/* False: admin->error; else search->found tells. */
static bool find_job(struct bk_admin *admin, struct search *search)
{
    search->arena = admin->arena;
    search->found = NULL;
    return bk_settings_list_jobs(admin->settings, match_job, search, &admin->error) != BK_FAILED;
}

bool bk_bulk_job_find(struct bk_admin *admin, const char *kind, const struct bk_job **job_r)
{
    struct search search = {.kind = kind};
    bool fine = bk_admin_settings(admin) != NULL && find_job(admin, &search);

    *job_r = search.found;
    return fine;
}

bool bk_bulk_begin(struct bk_admin *admin)
{
    struct search search = {.kind = BK_BULK_EDIT_KIND};

    while (bk_admin_begin(admin)) {
        if (!find_job(admin, &search))
            return false;
        if (search.found == NULL)
            return true;
        bk_admin_end(admin);
        if (!bk_bulk_job_run(admin, search.found))
            return false;
    }
    return false;
}

/* ---- what a job still needs ---- */

struct work {
    struct bk_admin *admin;
    struct bk_change *changes;
    size_t count, room;
    bool failed;
};

static void add_change(struct work *work, const struct bk_account *account, const char *hash)
{
    if (work->count == work->room) {
        struct bk_change *changes;

        work->room = work->room == 0 ? 64 : 2 * work->room;
        changes = bk_arena_alloc(work->admin->arena, work->room * sizeof(*changes));
        if (work->count > 0)
            memcpy(changes, work->changes, work->count * sizeof(*changes));
        work->changes = changes;
    }
    work->changes[work->count++] = (struct bk_change){
        .before = account, .after = account, .password_hash = hash};
}

/* One that is gone, or going, needs nothing. */
static bool take_account(struct work *work, int64_t id, const char *hash)
{
    struct bk_admin *admin = work->admin;
    const struct bk_account *account = NULL;
    enum bk_lookup found = bk_settings_lookup_account_id(admin->settings, admin->arena, id,
                                                         &account, &admin->error);

    if (found == BK_FOUND && account->state == BK_ACCOUNT_ACTIVE)
        add_change(work, account, hash);
    return found != BK_FAILED;
}

static bool take_registered(struct work *work, const struct bk_job *job)
{
    json_t *detail = json_loads(job->detail, 0, NULL);
    int64_t last = json_integer_value(json_object_get(detail, "last"));

    for (int64_t id = json_integer_value(json_object_get(detail, "first")); id <= last; id++) {
        if (!take_account(work, id, NULL))
            return false;
    }
    return true;
}

struct staged {
    struct work *work;
    struct staged_row {
        int64_t account_id;
        const char *hash;
        struct staged_row *next;
    } * first;
};

static bool collect_staged(void *context, int64_t account_id, const char *hash)
{
    struct staged *staged = context;
    struct bk_arena *arena = staged->work->admin->arena;
    struct staged_row *row = bk_arena_alloc(arena, sizeof(*row));

    *row = (struct staged_row){
        .account_id = account_id, .hash = bk_arena_strdup(arena, hash), .next = staged->first};
    staged->first = row;
    return true;
}

/* A hash that was set by a run that was killed is not set again: the one before would be lost. */
static bool take_staged(struct work *work, const struct staged_row *row)
{
    struct bk_admin *admin = work->admin;
    const struct bk_credential *credential = NULL;
    enum bk_lookup found = bk_credentials_lookup(admin->credentials, admin->arena, row->account_id,
                                                 &credential, &admin->error);
    bool is_set = found == BK_FOUND && credential->password_hash != NULL &&
                  strcmp(credential->password_hash, row->hash) == 0;

    return found != BK_FAILED && take_account(work, row->account_id, is_set ? NULL : row->hash);
}

static bool take_edited(struct work *work, const struct bk_job *job)
{
    struct bk_admin *admin = work->admin;
    struct staged staged = {.work = work};

    if (bk_admin_credentials(admin) == NULL ||
        bk_credentials_list_staged(admin->credentials, job->id, collect_staged, &staged,
                                   &admin->error) == BK_FAILED)
        return false;
    for (; staged.first != NULL; staged.first = staged.first->next) {
        if (!take_staged(work, staged.first))
            return false;
    }
    return true;
}

/* The staged hashes go before the job: nobody would clear them after it. */
bool bk_bulk_job_remove(struct bk_admin *admin, const struct bk_job *job)
{
    struct search search = {.id = job->id};

    if (!bk_admin_begin(admin) || !find_job(admin, &search))
        return false;
    if (search.found == NULL) {
        bk_admin_end(admin);
        return true;
    }
    if (strcmp(job->kind, BK_BULK_EDIT_KIND) == 0 &&
        !bk_credentials_clear_staged(admin->credentials, &admin->error))
        return false;
    return bk_settings_delete_job(admin->settings, job->id, &admin->error) &&
           bk_admin_commit(admin);
}

static bool take_work(struct work *work, const struct bk_job *job)
{
    return strcmp(job->kind, BK_BULK_EDIT_KIND) == 0 ? take_edited(work, job)
                                                     : take_registered(work, job);
}

bool bk_bulk_job_run(struct bk_admin *admin, const struct bk_job *job)
{
    struct work work = {.admin = admin};
    struct search search = {.id = job->id};
    bool fine = bk_admin_begin(admin) && find_job(admin, &search);

    if (fine && search.found != NULL) {
        admin->edited = false;
        fine = take_work(&work, job) && bk_apply(admin, work.changes, work.count, NULL) &&
               bk_bulk_job_remove(admin, job);
    }
    bk_admin_end(admin);
    return fine;
}
