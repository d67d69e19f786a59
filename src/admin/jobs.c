/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/jobs.h"

#include "admin/bulk.h"
#include "admin/commands.h"
#include "admin/deletion.h"
#include "admin/erasure.h"
#include "admin/output.h"

#include <string.h>

struct job_node {
    struct bk_job job;
    struct job_node *next;
};

struct collector {
    struct bk_admin *admin;
    struct job_node **end;
};

static bool collect_job(void *context, const struct bk_job *job)
{
    struct collector *collector = context;
    struct bk_arena *arena = collector->admin->arena;
    struct job_node *node = bk_arena_alloc(arena, sizeof(*node));

    node->job = *job;
    node->job.kind = bk_arena_strdup(arena, job->kind);
    node->job.detail = bk_arena_strdup(arena, job->detail);
    *collector->end = node;
    collector->end = &node->next;
    return true;
}

/* All of them first: running one changes the table. */
static bool collect_jobs(struct bk_admin *admin, struct job_node **first_r)
{
    struct collector collector = {.admin = admin, .end = first_r};

    *first_r = NULL;
    return bk_admin_settings(admin) != NULL &&
           bk_settings_list_jobs(admin->settings, collect_job, &collector, &admin->error) !=
               BK_FAILED;
}

static bool is_wanted(const struct bk_job *job, const int64_t *account_ids, size_t count)
{
    for (size_t i = 0; account_ids != NULL && i < count; i++) {
        if (account_ids[i] == job->account_id)
            return true;
    }
    return account_ids == NULL;
}

static bool run_bulk_job(struct bk_admin *admin, const struct bk_job *job)
{
    json_t *detail = json_loads(job->detail, 0, NULL);

    if (!bk_bulk_job_run(admin, job))
        return false;
    bk_message(admin, _("%s: a bulk change that had been interrupted is complete now"),
               json_string_value(json_object_get(detail, "address")));
    return true;
}

static bool run_job(struct bk_admin *admin, const struct bk_job *job, int wait_seconds)
{
    if (strcmp(job->kind, BK_DELETION_KIND) == 0)
        return bk_deletion_run(admin, job, wait_seconds);
    if (strcmp(job->kind, BK_ERASURE_KIND) == 0)
        return bk_erasure_run(admin, job, wait_seconds > 0);
    if (strcmp(job->kind, BK_BULK_REGISTRATION_KIND) == 0 ||
        strcmp(job->kind, BK_BULK_EDIT_KIND) == 0)
        return run_bulk_job(admin, job);
    return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                         _("job %lld is of the kind %s, which this version does not know"),
                         (long long)job->id, job->kind);
}

bool bk_jobs_run(struct bk_admin *admin, const int64_t *account_ids, size_t count, int wait_seconds)
{
    struct bk_error first_error = {.kind = BK_ERROR_NONE};
    struct job_node *node;
    int left = 0;

    if (!collect_jobs(admin, &node))
        return false;
    for (; node != NULL; node = node->next) {
        if (!is_wanted(&node->job, account_ids, count) || run_job(admin, &node->job, wait_seconds))
            continue;
        if (left++ == 0)
            first_error = admin->error;
    }
    if (left == 0)
        return true;
    return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                         ngettext("%d job is not finished: %s",
                                  "%d jobs are not finished; the first: %s", (unsigned long)left),
                         left, first_error.text);
}

void bk_jobs_go_on(struct bk_admin *admin)
{
    if (!bk_jobs_run(admin, NULL, 0, 0) && admin->settings != NULL)
        bk_message(admin, "%s", admin->error.text);
    admin->error.kind = BK_ERROR_NONE;
}

bool bk_run_job_run(struct bk_admin *admin)
{
    if (admin->dry_run)
        return bk_run_job_list(admin);
    if (!bk_jobs_run(admin, NULL, 0, BK_DELETION_WAIT_SECONDS))
        return false;
    bk_output_result(admin, json_object());
    return true;
}

static json_t *describe_job(const struct bk_job *job)
{
    json_t *detail = json_loads(job->detail, 0, NULL);

    return json_pack("{s:I, s:s, s:O?, s:I, s:I, s:I, s:I, s:I}", "id", (json_int_t)job->id, "kind",
                     job->kind, "address", json_object_get(detail, "address"), "account_id",
                     (json_int_t)job->account_id, "done", (json_int_t)job->done, "total",
                     (json_int_t)job->total, "created_at", (json_int_t)job->created_at,
                     "updated_at", (json_int_t)job->updated_at);
}

bool bk_run_job_list(struct bk_admin *admin)
{
    static const struct bk_column columns[] = {
        {"id", N_("Job"), BK_COLUMN_NUMBER},
        {"kind", N_("Kind"), BK_COLUMN_WORD},
        {"address", N_("Account"), BK_COLUMN_TEXT},
        {"done", N_("Done"), BK_COLUMN_NUMBER},
        {"total", N_("Of"), BK_COLUMN_NUMBER},
        {"created_at", N_("Since"), BK_COLUMN_TIME},
        {"updated_at", N_("Last step"), BK_COLUMN_TIME},
        {NULL, NULL, 0},
    };
    json_t *items = json_array();
    struct job_node *node;

    if (!collect_jobs(admin, &node))
        return false;
    for (; node != NULL; node = node->next)
        json_array_append_new(items, describe_job(&node->job));
    bk_output_list(admin, items, columns, NULL, NULL);
    return true;
}
