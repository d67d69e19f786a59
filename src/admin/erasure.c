/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/erasure.h"

#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/output.h"
#include "admin/program.h"
#include "admin/progress.h"

#include <stdlib.h> // strtoll
#include <string.h>
#include <time.h>

#define SLICE_MILLISECONDS "2000"
#define SHORT_SLICE_MILLISECONDS "1000"

struct erasure {
    struct bk_admin *admin;
    const struct bk_account *account;
    const char *doveadm;
    struct bk_job job;
    json_t *detail; /* {address, asked_at, folders} */
};

bool bk_erasure_start(struct bk_admin *admin, const struct bk_account *account)
{
    int64_t now = time(NULL), id;
    const struct bk_job job = {
        .kind = BK_ERASURE_KIND,
        .account_id = account->id,
        .detail = json_dumps(json_pack("{s:s, s:I}", "address", account->primary_address,
                                       "asked_at", (json_int_t)now),
                             JSON_COMPACT),
        .created_at = now,
        .updated_at = now,
    };

    return bk_settings_insert_job(admin->settings, &job, &id, &admin->error) &&
           bk_audit(admin, account->primary_address, NULL,
                    json_pack("{s:s}", "mail", N_("erased"))) &&
           bk_apply_settings(admin);
}

/* ---- the job's row ---- */

static bool end_transaction(struct bk_admin *admin, bool fine)
{
    if (fine && bk_settings_commit(admin->settings, &admin->error))
        return true;
    bk_settings_rollback(admin->settings);
    /* Another run of the same job has finished it. */
    return !fine && admin->error.kind == BK_ERROR_UNKNOWN;
}

static bool update_job(struct erasure *erasure)
{
    struct bk_admin *admin = erasure->admin;

    erasure->job.updated_at = time(NULL);
    erasure->job.detail = json_dumps(erasure->detail, JSON_COMPACT);
    return bk_settings_begin_write(admin->settings, &admin->error) &&
           end_transaction(admin,
                           bk_settings_update_job(admin->settings, &erasure->job, &admin->error));
}

static bool delete_job(struct bk_admin *admin, int64_t id)
{
    return bk_settings_begin_write(admin->settings, &admin->error) &&
           end_transaction(admin, bk_settings_delete_job(admin->settings, id, &admin->error));
}

/* ---- doveadm ---- */

/* The rows of its answer; NULL: admin->error. */
static json_t *ask(struct erasure *erasure, const char *const *arguments)
{
    struct bk_admin *admin = erasure->admin;
    struct bk_program_result result = bk_program_run(admin, erasure->doveadm, arguments);
    json_t *rows = json_loads(*result.output != '\0' ? result.output : "[]", 0, NULL);

    if (result.status == 0 && json_is_array(rows))
        return rows;
    bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                  _("the mail of %s could not be erased now (%s: %s): see whether Dovecot is "
                    "running, then: boxkeeper job run"),
                  erasure->account->primary_address, erasure->doveadm,
                  bk_program_last_line(admin, result.errors));
    return NULL;
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text != NULL ? text : "";
}

static const char *asked_at(struct erasure *erasure)
{
    return bk_arena_printf(
        erasure->admin->arena, "%lld",
        (long long)json_integer_value(json_object_get(erasure->detail, "asked_at")));
}

static bool find_folders(struct erasure *erasure)
{
    const char *const arguments[] = {"-f",         "json",
                                     "boxkeeper",  "folders",
                                     "-u",         erasure->account->primary_address,
                                     "--asked-at", asked_at(erasure),
                                     NULL};
    json_t *rows = ask(erasure, arguments);
    json_t *folders = json_array();
    size_t i;
    json_t *row;

    if (rows == NULL)
        return false;
    json_array_foreach(rows, i, row)
    {
        const char *folder = bk_arena_printf(erasure->admin->arena, "%s:%s:%s",
                                             text_of(row, "guid"), text_of(row, "uidvalidity"),
                                             text_of(row, "limit"));

        json_array_append_new(folders, json_string(folder));
        erasure->job.total += strtoll(text_of(row, "messages"), NULL, 10);
    }
    json_object_set_new(erasure->detail, "folders", folders);
    return update_job(erasure);
}

/* One slice; *finished_r: nothing is left. */
static bool erase_some(struct erasure *erasure, const char *milliseconds, bool *finished_r)
{
    struct bk_arena *arena = erasure->admin->arena;
    const json_t *folders = json_object_get(erasure->detail, "folders");
    const char *const first[] = {"-f",
                                 "json",
                                 "boxkeeper",
                                 "erase",
                                 "-u",
                                 erasure->account->primary_address,
                                 "--account-id",
                                 bk_arena_printf(arena, "%lld", (long long)erasure->account->id),
                                 "--milliseconds",
                                 milliseconds};
    size_t count = sizeof(first) / sizeof(first[0]), i;
    const char **arguments = bk_arena_alloc(arena, (count + json_array_size(folders) + 1) *
                                                       sizeof(*arguments));
    json_t *folder, *rows;

    memcpy(arguments, first, sizeof(first));
    json_array_foreach((json_t *)folders, i, folder)
    {
        arguments[count + i] = json_string_value(folder);
    }
    rows = ask(erasure, arguments);
    if (rows == NULL)
        return false;
    *finished_r = strcmp(text_of(json_array_get(rows, 0), "state"), "done") == 0;
    erasure->job.done += strtoll(text_of(json_array_get(rows, 0), "erased"), NULL, 10);
    return update_job(erasure);
}

static bool erase_all(struct erasure *erasure, bool wait)
{
    struct bk_admin *admin = erasure->admin;
    bool finished = json_array_size(json_object_get(erasure->detail, "folders")) == 0;
    bool fine = true;

    while (fine && !finished) {
        bk_progress_show(admin, erasure->account->primary_address, erasure->job.done,
                         erasure->job.total > erasure->job.done ? erasure->job.total
                                                                : erasure->job.done);
        fine = erase_some(erasure, wait ? SLICE_MILLISECONDS : SHORT_SLICE_MILLISECONDS, &finished);
        if (fine && !finished && !wait)
            fine = bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                                 _("the mail of %s is still being erased; it goes on later, or "
                                   "with: boxkeeper job run"),
                                 erasure->account->primary_address);
    }
    bk_progress_end(admin);
    return fine;
}

static bool run_for_account(struct erasure *erasure, bool wait)
{
    struct bk_admin *admin = erasure->admin;

    if (erasure->account->hold_reason != NULL)
        return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                             _("%s is under hold (%s): its mail is not erased further before "
                               "boxkeeper retention release %s"),
                             erasure->account->primary_address, erasure->account->hold_reason,
                             erasure->account->primary_address);
    erasure->doveadm = bk_admin_server_value(admin, "doveadm_command");
    return erasure->doveadm != NULL &&
           (json_object_get(erasure->detail, "folders") != NULL || find_folders(erasure)) &&
           erase_all(erasure, wait) && delete_job(admin, erasure->job.id);
}

bool bk_erasure_run(struct bk_admin *admin, const struct bk_job *job, bool wait)
{
    struct erasure erasure = {.admin = admin, .job = *job};

    switch (bk_settings_lookup_account_id(admin->settings, admin->arena, job->account_id,
                                          &erasure.account, &admin->error)) {
    case BK_FAILED:
        return false;
    case BK_ABSENT: /* deleted meanwhile, with all its mail */
        return delete_job(admin, job->id);
    case BK_FOUND:
        break;
    }
    if (erasure.account->state == BK_ACCOUNT_DELETING)
        return delete_job(admin, job->id);
    erasure.detail = json_loads(job->detail, 0, NULL);
    if (json_integer_value(json_object_get(erasure.detail, "asked_at")) <= 0)
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             _("job %lld does not say when it was asked for: it is left alone"),
                             (long long)job->id);
    return run_for_account(&erasure, wait);
}
