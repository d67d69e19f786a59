/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/retention-private.h"

#include "dovecot-plugin/databases.h"
#include "dovecot-plugin/lock.h"
#include "rules/text.h"
#include "store/due.h"

#include "file-lock.h"

static void doubt(struct boxkeeper_run *run, enum bk_retention_doubt reason)
{
    run->result->doubt = reason;
    e_warning(run->user->event, "boxkeeper: " BOXKEEPER_DOES_NOTHING ": %s",
              bk_retention_doubt_text(reason));
}

/* ---- may it run, and for which folders ---- */

static bool find_account(struct boxkeeper_run *run, struct bk_arena *arena)
{
    bool ours;

    switch (boxkeeper_lookup_account(arena, run->user->username, &run->account, &ours)) {
    case BK_FOUND:
        run->result->rest = bk_retention_rest(run->account);
        return true;
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

static bool clock_is_trusted(struct boxkeeper_run *run)
{
    struct bk_error error = {0};
    int64_t newest_time = 0, last_run = 0;
    enum bk_retention_doubt reason;

    if (run->state != NULL &&
        bk_state_lookup_clock(run->state, &newest_time, &last_run, &error) != BK_FOUND)
        newest_time = last_run = 0;
    reason = bk_retention_clock_doubt(run->options->now, newest_time, last_run,
                                      run->options->clock_ok);
    if (reason != BK_DOUBT_NONE)
        doubt(run, reason);
    return reason == BK_DOUBT_NONE;
}

static void add_task(struct boxkeeper_run *run, const struct boxkeeper_folder *folder,
                     enum bk_state_folder_kind kind, int64_t seconds)
{
    struct boxkeeper_task *task = array_append_space(&run->tasks);

    task->kind = kind;
    task->deed = kind == BK_STATE_INBOX ? BOXKEEPER_ARCHIVE : BOXKEEPER_EXPUNGE;
    task->folder = *folder;
    task->seconds = seconds;
}

static void add_chosen(struct boxkeeper_run *run, int i, enum bk_state_folder_kind kind,
                       int64_t seconds)
{
    if (i >= 0)
        add_task(run, array_idx(&run->folders.dovecot, i), kind, seconds);
}

/* An INBOX that no mail has reached yet goes on record as empty, so that the sweep need not look.
 */
static void add_inbox(struct boxkeeper_run *run, int i, int64_t seconds)
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

static bool make_tasks(struct boxkeeper_run *run)
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

/* ---- act ---- */

static int act(struct boxkeeper_run *run, struct boxkeeper_task *task)
{
    struct boxkeeper_pass pass = {
        .user = run->user,
        .folder = &task->folder,
        .box = task->box,
        .archive = &run->archive,
        .deed = task->deed,
        .seconds = task->seconds,
        .now = run->options->now,
        .deadline = run->deadline,
        .batch_messages = run->options->batch_messages,
        .full_look = task->full_look,
    };
    int ret;

    task->box = NULL;
    ret = boxkeeper_pass_run(&pass);
    *(task->deed == BOXKEEPER_ARCHIVE ? &run->result->archived
                                      : &run->result->expunged) += pass.messages;
    if (ret < 0 || !pass.finished) {
        run->result->unfinished = true;
        run->result->out_of_time = ret == 0;
        return ret;
    }
    /* A hidden older message that the last full look saw, and that is not due, still counts. */
    if (task->full_look || boxkeeper_task_is_due(run, task, task->oldest_stored_at) ||
        pass.oldest_remaining == 0 || pass.oldest_remaining < task->oldest_stored_at)
        task->oldest_stored_at = pass.oldest_remaining;
    if (task->full_look)
        task->full_look_at = run->options->now;
    return 0;
}

/* Asked with the lock held. What is moved while mail is being erased would get a new UID and stay;
 * so would what can't be told. */
static bool is_being_erased(const struct boxkeeper_run *run)
{
    struct bk_settings *settings = boxkeeper_settings();
    struct bk_error error = {0};

    return settings == NULL ||
           bk_settings_lookup_job(settings, run->account->id, BK_ERASURE_KIND, &error) != BK_ABSENT;
}

static int act_on_all(struct boxkeeper_run *run)
{
    struct file_lock *lock;
    struct boxkeeper_task *task;
    int ret = boxkeeper_lock(run->user, BOXKEEPER_MAIL_LOCK, run->options->lock_seconds, &lock);

    if (ret <= 0) {
        run->result->unfinished = true;
        return ret;
    }
    ret = 0;
    if (is_being_erased(run)) {
        run->result->unfinished = true;
        file_lock_free(&lock);
        return 0;
    }
    array_foreach_modifiable(&run->tasks, task)
    {
        if (task->needs_pass && act(run, task) < 0)
            ret = -1;
    }
    file_lock_free(&lock);
    return ret;
}

/* ---- the run ---- */

static void close_box(struct boxkeeper_task *task)
{
    if (task->box != NULL)
        mailbox_free(&task->box);
}

static int run_tasks(struct boxkeeper_run *run)
{
    bool needs_pass = false;
    struct boxkeeper_task *task;
    int ret = 0;

    array_foreach_modifiable(&run->tasks, task)
    {
        if (boxkeeper_task_look(run, task) < 0)
            ret = -1;
        needs_pass = needs_pass || task->needs_pass;
        if (!task->needs_pass)
            close_box(task);
    }
    if (needs_pass && run->may_act && act_on_all(run) < 0)
        ret = -1;
    array_foreach_modifiable(&run->tasks, task)
    {
        close_box(task);
    }
    boxkeeper_run_remember(run);
    if (run->result->archived + run->result->expunged > 0)
        e_info(run->user->event,
               "boxkeeper: archived %" PRId64 " and expunged %" PRId64 " messages%s",
               run->result->archived, run->result->expunged,
               run->result->unfinished ? ", more is due" : "");
    return ret;
}

static bool is_known_to_be_idle(struct boxkeeper_run *run)
{
    return run->options->believe_record &&
           bk_due_is_nothing(run->state, run->account, run->options->now, &run->result->next_due);
}

static int run_for_account(struct boxkeeper_run *run)
{
    /* At rest or in doubt about the clock we still look: state.db is to know what is there when it
     * goes on. */
    run->may_act = !run->options->look_only && run->result->rest == BK_REST_NO &&
                   clock_is_trusted(run);
    run->pool = pool_alloconly_create("boxkeeper retention", 4096);
    p_array_init(&run->tasks, run->pool, 8);
    if (!make_tasks(run)) {
        pool_unref(&run->pool);
        return -1;
    }
    return array_is_empty(&run->tasks) ? 0 : run_tasks(run);
}

int boxkeeper_retention_run(struct mail_user *user,
                            const struct boxkeeper_retention_options *options,
                            struct boxkeeper_retention_result *result_r)
{
    struct boxkeeper_run run = {.user = user, .options = options, .result = result_r};
    struct bk_arena *arena = bk_arena_create();
    int ret = 0;

    i_zero(result_r);
    result_r->next_due = INT64_MAX;
    run.state = boxkeeper_state();
    if (options->budget_milliseconds > 0)
        run.deadline = boxkeeper_monotonic_milliseconds() + options->budget_milliseconds;
    if (find_account(&run, arena) && !is_known_to_be_idle(&run))
        ret = run_for_account(&run);
    if (run.pool != NULL)
        pool_unref(&run.pool);
    bk_arena_destroy(&arena);
    return ret;
}

/* ---- preview ---- */

static int preview_task(struct boxkeeper_run *run, const struct boxkeeper_task *task, int64_t as_of,
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
        .action = task->deed == BOXKEEPER_ARCHIVE ? N_("archive") : N_("expunge"),
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
    struct boxkeeper_run run = {.user = user, .options = &options, .result = result_r};
    struct bk_arena *arena = bk_arena_create();
    const struct boxkeeper_task *task;
    int ret = 0;

    i_zero(result_r);
    run.pool = pool_alloconly_create("boxkeeper preview", 4096);
    p_array_init(&run.tasks, run.pool, 8);
    if (find_account(&run, arena) && result_r->rest == BK_REST_NO) {
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
