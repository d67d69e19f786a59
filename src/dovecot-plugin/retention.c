/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/retention.h"

#include "dovecot-plugin/databases.h"
#include "dovecot-plugin/folders.h"
#include "dovecot-plugin/pass.h"

#include "rules/failure.h"

#include "file-lock.h"

#define LOCK_NAME ".boxkeeper-lock"

/* One folder with its rule, and what is known about it. */
struct task {
    enum bk_state_folder_kind kind;
    enum boxkeeper_deed deed;
    struct boxkeeper_folder folder;
    int64_t seconds;
    bool on_record; /* `record` is what state.db has */
    struct bk_state_folder record;
    int64_t oldest_stored_at; /* now; 0 = empty */
    int64_t full_look_at;
    bool needs_pass, full_look;
};

struct run {
    struct boxkeeper_user *context;
    struct mail_user *user;
    const struct boxkeeper_retention_options *options;
    struct boxkeeper_retention_result *result;
    const struct bk_account *account;
    pool_t pool;
    struct boxkeeper_folders folders;
    struct boxkeeper_folder archive;
    ARRAY(struct task) tasks;
    struct bk_state *state; /* NULL: cannot be read; unknown = look */
    int64_t deadline;
};

static void doubt(struct run *run, enum bk_retention_doubt reason)
{
    run->result->doubt = reason;
    e_warning(run->user->event, "boxkeeper: retention does nothing: %s",
              bk_retention_doubt_text(reason));
}

/* ---- may it run, and for which folders ---- */

static bool account_allows(struct run *run, struct bk_arena *arena)
{
    bool ours;

    switch (boxkeeper_lookup_account(arena, run->user->username, &run->account, &ours)) {
    case BK_FOUND:
        run->result->rest = bk_retention_rest(run->account);
        return run->options->look_only || run->result->rest == BK_REST_NO;
    case BK_ABSENT:
        if (ours)
            run->result->doubt = BK_DOUBT_UNKNOWN_ACCOUNT;
        return false;
    case BK_FAILED:
        break;
    }
    run->result->doubt = BK_DOUBT_SETTINGS;
    return false;
}

static bool clock_is_trusted(struct run *run)
{
    struct bk_error error = {0};
    int64_t newest_time = 0, last_run = 0;
    enum bk_retention_doubt reason;

    if (run->options->look_only)
        return true;
    if (run->state != NULL &&
        bk_state_lookup_clock(run->state, &newest_time, &last_run, &error) != BK_FOUND)
        newest_time = last_run = 0;
    reason = bk_retention_clock_doubt(run->options->now, newest_time, last_run,
                                      run->options->clock_ok);
    if (reason != BK_DOUBT_NONE)
        doubt(run, reason);
    return reason == BK_DOUBT_NONE;
}

static void add_task(struct run *run, const struct boxkeeper_folder *folder,
                     enum bk_state_folder_kind kind, int64_t seconds)
{
    struct task *task = array_append_space(&run->tasks);

    task->kind = kind;
    task->deed = kind == BK_STATE_INBOX ? BOXKEEPER_ARCHIVE : BOXKEEPER_EXPUNGE;
    task->folder = *folder;
    task->seconds = seconds;
}

static void add_chosen(struct run *run, int i, enum bk_state_folder_kind kind, int64_t seconds)
{
    if (i >= 0)
        add_task(run, array_idx(&run->folders.dovecot, i), kind, seconds);
}

/* An INBOX that no mail has reached yet goes on record as empty, so that the sweep need not look.
 */
static void add_inbox(struct run *run, int i, int64_t seconds)
{
    struct boxkeeper_folder missing = {
        .ns = mail_namespace_find_inbox(run->user->namespaces),
        .vname = "INBOX",
    };

    if (i >= 0)
        add_chosen(run, i, BK_STATE_INBOX, seconds);
    else
        add_task(run, &missing, BK_STATE_INBOX, seconds);
}

static bool make_tasks(struct run *run)
{
    struct bk_retention_durations durations = bk_retention_durations(run->account);
    const struct bk_retention_folders *chosen = &run->folders.chosen;
    size_t i;

    if (!boxkeeper_folders_choose(run->user, run->pool, run->account->domain->plan, &run->folders))
        return false;
    if (chosen->doubt != BK_DOUBT_NONE) {
        doubt(run, chosen->doubt);
        return true;
    }
    run->archive = boxkeeper_folders_get(run->user, &run->folders, chosen->archive, "Archive");
    add_inbox(run, chosen->inbox, durations.archive_seconds);
    add_chosen(run, chosen->trash, BK_STATE_TRASH, durations.trash_seconds);
    for (i = 0; i < chosen->more_trash_count; i++)
        add_chosen(run, chosen->more_trash[i], BK_STATE_TRASH, durations.trash_seconds);
    add_chosen(run, chosen->junk, BK_STATE_JUNK, durations.junk_seconds);
    return true;
}

/* ---- look ---- */

/* When the first message was stored, from the list index: no folder is opened for it. */
static int look_at_first(struct run *run, const struct task *task, int64_t *stored_at_r)
{
    struct mailbox *box = mailbox_alloc(task->folder.ns->list, task->folder.vname,
                                        MAILBOX_FLAG_IGNORE_ACLS | MAILBOX_FLAG_READONLY);
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
    mailbox_free(&box);
    return ret;
}

static bool is_due(const struct run *run, const struct task *task, int64_t stored_at)
{
    return bk_retention_next_due(stored_at, task->seconds) <= run->options->now;
}

static int look(struct run *run, struct task *task)
{
    struct bk_error error = {0};
    int64_t first;

    if (run->state != NULL)
        task->on_record = bk_state_lookup_folder(run->state, run->account->id, task->folder.vname,
                                                 &task->record, &error) == BK_FOUND;
    task->needs_pass = false;
    if (!task->folder.exists)
        return 0;
    if (look_at_first(run, task, &first) < 0)
        return -1;
    task->oldest_stored_at = first;
    task->full_look_at = task->on_record ? task->record.full_look_at : 0;
    if (first == 0)
        return 0;
    if (task->on_record && task->record.oldest_stored_at > 0 &&
        task->record.oldest_stored_at < first)
        task->oldest_stored_at = task->record.oldest_stored_at;
    task->full_look = task->seconds > 0 &&
                      (bk_retention_full_look_due(task->full_look_at, run->options->now) ||
                       (is_due(run, task, task->oldest_stored_at) && !is_due(run, task, first)));
    task->needs_pass = task->full_look || is_due(run, task, first);
    return 0;
}

/* ---- act ---- */

static int act(struct run *run, struct task *task)
{
    struct boxkeeper_pass pass = {
        .user = run->user,
        .folder = &task->folder,
        .archive = &run->archive,
        .deed = task->deed,
        .seconds = task->seconds,
        .now = run->options->now,
        .deadline = run->deadline,
        .full_look = task->full_look,
    };
    int ret = boxkeeper_pass_run(&pass);

    *(task->deed == BOXKEEPER_ARCHIVE ? &run->result->archived
                                      : &run->result->expunged) += pass.messages;
    if (ret < 0 || !pass.finished) {
        run->result->unfinished = true;
        return ret;
    }
    /* A hidden older message that the last full look saw, and that is not due, still counts. */
    if (task->full_look || is_due(run, task, task->oldest_stored_at) ||
        pass.oldest_remaining == 0 || pass.oldest_remaining < task->oldest_stored_at)
        task->oldest_stored_at = pass.oldest_remaining;
    if (task->full_look)
        task->full_look_at = run->options->now;
    return 0;
}

static int act_on_all(struct run *run)
{
    struct file_lock *lock = NULL;
    const char *error;
    struct task *task;
    int ret = mail_user_lock_file_create(run->user, LOCK_NAME, run->options->lock_seconds, &lock,
                                         &error);

    if (ret < 0)
        e_error(run->user->event, "boxkeeper: lock: %s", error);
    if (ret <= 0) {
        run->result->unfinished = true;
        return ret;
    }
    ret = 0;
    array_foreach_modifiable(&run->tasks, task)
    {
        if (task->needs_pass && act(run, task) < 0)
            ret = -1;
    }
    file_lock_free(&lock);
    return ret;
}

/* ---- remember ---- */

static void remember_task(struct run *run, const struct task *task)
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
        return;
    if (!bk_state_put_folder(run->state, run->account->id, &folder, &error))
        boxkeeper_log_database_error("state", &error);
}

static void remember(struct run *run)
{
    struct bk_error error = {0};
    const struct task *task;

    run->result->next_due = INT64_MAX;
    array_foreach(&run->tasks, task)
    {
        run->result->next_due = I_MIN(run->result->next_due,
                                      bk_retention_next_due(task->oldest_stored_at, task->seconds));
        if (run->state != NULL)
            remember_task(run, task);
    }
    if (run->state != NULL && run->result->archived + run->result->expunged > 0 &&
        (!bk_state_put_account_run(run->state, run->account->id, run->options->now, &error) ||
         !bk_state_put_clock(run->state, run->options->now, false, false, &error)))
        boxkeeper_log_database_error("state", &error);
}

static int run_tasks(struct run *run)
{
    bool needs_pass = false;
    struct task *task;
    int ret = 0;

    array_foreach_modifiable(&run->tasks, task)
    {
        if (look(run, task) < 0)
            ret = -1;
        needs_pass = needs_pass || task->needs_pass;
    }
    if (needs_pass && !run->options->look_only && act_on_all(run) < 0)
        ret = -1;
    remember(run);
    if (run->result->archived + run->result->expunged > 0)
        e_info(run->user->event,
               "boxkeeper: archived %" PRId64 " and expunged %" PRId64 " messages%s",
               run->result->archived, run->result->expunged,
               run->result->unfinished ? ", more is due" : "");
    return ret;
}

static int run_for_account(struct run *run)
{
    if (!clock_is_trusted(run))
        return 0;
    run->pool = pool_alloconly_create("boxkeeper retention", 4096);
    p_array_init(&run->tasks, run->pool, 8);
    if (!make_tasks(run)) {
        pool_unref(&run->pool);
        return -1;
    }
    return run->result->doubt == BK_DOUBT_NONE ? run_tasks(run) : 0;
}

int boxkeeper_retention_run(struct mail_user *user,
                            const struct boxkeeper_retention_options *options,
                            struct boxkeeper_retention_result *result_r)
{
    struct run run = {.user = user, .options = options, .result = result_r};
    struct bk_arena *arena = bk_arena_create();
    int ret = 0;

    i_zero(result_r);
    result_r->next_due = INT64_MAX;
    run.context = BOXKEEPER_USER(user);
    run.state = boxkeeper_state();
    if (options->budget_milliseconds > 0)
        run.deadline = boxkeeper_monotonic_milliseconds() + options->budget_milliseconds;
    if (account_allows(&run, arena))
        ret = run_for_account(&run);
    if (run.pool != NULL)
        pool_unref(&run.pool);
    bk_arena_destroy(&arena);
    return ret;
}

/* ---- preview ---- */

static int preview_task(struct run *run, const struct task *task, int64_t as_of,
                        boxkeeper_retention_preview_row *row, void *context)
{
    struct boxkeeper_pass pass = {
        .user = run->user,
        .folder = &task->folder,
        .deed = BOXKEEPER_COUNT,
        .seconds = task->seconds,
        .now = as_of,
        .full_look = true,
    };
    struct boxkeeper_retention_preview result = {
        .folder = task->folder.vname,
        .action = task->deed == BOXKEEPER_ARCHIVE ? "archive" : "expunge",
    };

    if (task->seconds == 0)
        return 0;
    if (boxkeeper_pass_run(&pass) < 0)
        return -1;
    result.messages = pass.messages;
    result.bytes = pass.bytes;
    result.oldest_stored_at = pass.oldest_due;
    row(context, &result);
    return 0;
}

int boxkeeper_retention_preview(struct mail_user *user, int64_t as_of,
                                boxkeeper_retention_preview_row *row, void *context,
                                struct boxkeeper_retention_result *result_r)
{
    struct boxkeeper_retention_options options = {.now = as_of, .clock_ok = true};
    struct run run = {.user = user, .options = &options, .result = result_r};
    struct bk_arena *arena = bk_arena_create();
    const struct task *task;
    int ret = 0;

    i_zero(result_r);
    run.pool = pool_alloconly_create("boxkeeper preview", 4096);
    p_array_init(&run.tasks, run.pool, 8);
    if (account_allows(&run, arena)) {
        if (!make_tasks(&run))
            ret = -1;
        array_foreach(&run.tasks, task)
        {
            if (preview_task(&run, task, as_of, row, context) < 0)
                ret = -1;
        }
    }
    pool_unref(&run.pool);
    bk_arena_destroy(&arena);
    return ret;
}
