/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/retention-private.h"

#include "dovecot-plugin/databases.h"

bool boxkeeper_task_is_due(const struct boxkeeper_run *run, const struct boxkeeper_task *task,
                           int64_t stored_at)
{
    return bk_retention_next_due(stored_at, task->seconds) <= run->options->now;
}

/* ---- look ---- */

/* When the first message was stored. Where the list index knows, no folder is opened for it. */
static int look_at_first(struct boxkeeper_run *run, struct boxkeeper_task *task,
                         int64_t *stored_at_r)
{
    struct mailbox *box = mailbox_alloc(task->folder.ns->list, task->folder.vname,
                                        MAILBOX_FLAG_IGNORE_ACLS);
    struct mailbox_metadata metadata;
    struct mailbox_status status;
    int ret = 0;

    *stored_at_r = 0;
    if (mailbox_get_status(box, STATUS_MESSAGES, &status) < 0)
        ret = mailbox_get_last_mail_error(box) == MAIL_ERROR_NOTFOUND ? 0 : -1;
    else if (status.messages > 0)
        ret = mailbox_get_metadata(box, MAILBOX_METADATA_FIRST_SAVE_DATE, &metadata);
    if (ret < 0)
        e_error(run->user->event, "boxkeeper: folder %s: %s", task->folder.vname,
                mailbox_get_last_internal_error(box, NULL));
    else if (status.messages > 0 && metadata.first_save_date != (time_t)-1)
        *stored_at_r = metadata.first_save_date;
    if (ret == 0 && box->opened)
        task->box = box;
    else
        mailbox_free(&box);
    return ret;
}

int boxkeeper_task_look(struct boxkeeper_run *run, struct boxkeeper_task *task)
{
    struct bk_error error = {0};
    int64_t first;

    if (run->state != NULL)
        task->on_record = bk_state_lookup_folder(run->state, run->account->id, task->folder.vname,
                                                 &task->record, &error) == BK_FOUND;
    task->needs_pass = false;
    if (!task->folder.exists) {
        task->looked = true;
        return 0;
    }
    if (look_at_first(run, task, &first) < 0)
        return -1;
    task->looked = true;
    task->oldest_stored_at = first;
    task->full_look_at = task->on_record ? task->record.full_look_at : 0;
    if (first == 0)
        return 0;
    if (task->on_record && task->record.oldest_stored_at > 0 &&
        task->record.oldest_stored_at < first)
        task->oldest_stored_at = task->record.oldest_stored_at;
    task->full_look = task->seconds > 0 &&
                      (bk_retention_full_look_due(task->full_look_at, run->options->now) ||
                       (boxkeeper_task_is_due(run, task, task->oldest_stored_at) &&
                        !boxkeeper_task_is_due(run, task, first)));
    task->needs_pass = task->full_look || boxkeeper_task_is_due(run, task, first);
    return 0;
}

/* ---- remember ---- */

/* True if state.db has it. */
static bool remember_task(struct boxkeeper_run *run, const struct boxkeeper_task *task)
{
    struct bk_state_folder folder = {
        .name = task->folder.vname,
        .kind = task->kind,
        .oldest_stored_at = task->oldest_stored_at,
        .full_look_at = task->full_look_at,
    };
    struct bk_error error = {0};

    if (task->on_record && task->record.kind == folder.kind &&
        task->record.oldest_stored_at == folder.oldest_stored_at &&
        task->record.full_look_at == folder.full_look_at)
        return true;
    if (bk_state_put_folder(run->state, run->account->id, &folder, &error))
        return true;
    boxkeeper_log_database_error("state", &error);
    return false;
}

/* A folder on record that retention is not about any more (renamed, removed, its mark taken). */
static bool note_if_gone(void *context, const struct bk_state_folder *folder)
{
    struct boxkeeper_run *run = context;
    struct bk_state_folder empty = {.name = p_strdup(run->pool, folder->name),
                                    .kind = folder->kind};
    const struct boxkeeper_task *task;

    array_foreach(&run->tasks, task)
    {
        if (strcmp(task->folder.vname, folder->name) == 0)
            return true;
    }
    if (folder->oldest_stored_at != 0)
        array_push_back(&run->gone, &empty);
    return true;
}

static void forget_gone_folders(struct boxkeeper_run *run)
{
    struct bk_error error = {0};
    const struct bk_state_folder *folder;

    p_array_init(&run->gone, run->pool, 2);
    if (bk_state_list_folders(run->state, run->account->id, note_if_gone, run, &error) == BK_FAILED)
        boxkeeper_log_database_error("state", &error);
    array_foreach(&run->gone, folder)
    {
        if (!bk_state_put_folder(run->state, run->account->id, folder, &error))
            boxkeeper_log_database_error("state", &error);
    }
}

/* What is on record stands for the folders for a day from then on (rules/retention). */
static bool has_fresh_record(const struct boxkeeper_run *run)
{
    struct bk_error error = {0};
    int64_t last_run;

    return bk_state_lookup_account_run(run->state, run->account->id, &last_run, &error) ==
               BK_FOUND &&
           bk_usage_record_is_fresh(last_run, run->options->now);
}

static void remember_run(struct boxkeeper_run *run)
{
    struct bk_error error = {0};

    if (!bk_state_put_account_run(run->state, run->account->id, run->options->now, &error) ||
        !bk_state_put_clock(run->state, run->options->now, false, false, &error))
        boxkeeper_log_database_error("state", &error);
}

void boxkeeper_run_remember(struct boxkeeper_run *run)
{
    bool acted = run->result->archived + run->result->expunged > 0, complete = true;
    const struct boxkeeper_task *task;

    run->result->next_due = INT64_MAX;
    array_foreach(&run->tasks, task)
    {
        if (!task->looked) {
            complete = false;
            continue;
        }
        run->result->next_due = I_MIN(run->result->next_due,
                                      bk_retention_next_due(task->oldest_stored_at, task->seconds));
        if (run->state != NULL && !remember_task(run, task))
            complete = false;
    }
    if (run->state == NULL || run->options->look_only)
        return;
    forget_gone_folders(run);
    /* Sessions by the hundred that find nothing to do need not write that down each time. */
    if (run->may_act && complete && !run->result->unfinished &&
        (acted || run->options->is_sweep || !has_fresh_record(run)))
        remember_run(run);
}
