/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/deletion.h"

#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/describe.h"
#include "admin/mail_user.h"
#include "admin/program.h"
#include "admin/progress.h"
#include "admin/removal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool insert_job(struct bk_admin *admin, const struct bk_account *account)
{
    const struct bk_job job = {
        .kind = BK_DELETION_KIND,
        .account_id = account->id,
        .detail = json_dumps(
            json_pack("{s:s, s:s}", "address", account->primary_address, "login", account->login),
            JSON_COMPACT),
        .created_at = time(NULL),
        .updated_at = time(NULL),
    };
    int64_t id;

    return bk_settings_insert_job(admin->settings, &job, &id, &admin->error);
}

/* `change_r` is filled for bk_apply(). */
static bool start_one(struct bk_admin *admin, const struct bk_account *account,
                      struct bk_change *change_r)
{
    struct bk_account *after = bk_arena_alloc(admin->arena, sizeof(*after));
    json_t *before = bk_describe_account_settings(admin, account);

    *after = *account;
    after->state = BK_ACCOUNT_DELETING;
    *change_r = (struct bk_change){.before = account, .after = after, .kick = true};
    return before != NULL && bk_settings_update_account(admin->settings, after, &admin->error) &&
           insert_job(admin, account) && bk_audit(admin, account->primary_address, before, NULL);
}

bool bk_deletion_start(struct bk_admin *admin, const struct bk_account *const *accounts,
                       size_t count)
{
    struct bk_change *changes = bk_arena_alloc(admin->arena, (count + 1) * sizeof(*changes));
    size_t change_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (accounts[i]->state != BK_ACCOUNT_DELETING &&
            !start_one(admin, accounts[i], &changes[change_count++]))
            return false;
    }
    return bk_apply(admin, changes, change_count, NULL);
}

/* ---- sessions ---- */

/* Is `address` in the first column of doveadm's answer? */
static bool is_listed(struct bk_admin *admin, const char *output, const char *address)
{
    char *rest = bk_arena_strdup(admin->arena, output);
    size_t length = strlen(address);
    char *save = NULL;

    for (char *line = strtok_r(rest, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, address, length) == 0 && line[length] == '\t')
            return true;
    }
    return false;
}

static bool ask_for_sessions(struct bk_admin *admin, const char *doveadm, const char *address,
                             bool *open_r)
{
    const char *const arguments[] = {"-f", "tab", "who", "-1", address, NULL};
    struct bk_program_result result = bk_program_run(admin, doveadm, arguments);

    if (result.status != 0)
        return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                             _("Dovecot can't be asked for the sessions of %s (%s who: %s): start "
                               "it, then: boxkeeper job run"),
                             address, doveadm, bk_program_last_line(admin, result.errors));
    *open_r = is_listed(admin, result.output, address);
    return true;
}

static int64_t monotonic_milliseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool end_sessions(struct bk_admin *admin, const char *address, int wait_seconds)
{
    const char *const kick[] = {"kick", address, NULL};
    const struct timespec pause = {.tv_nsec = 200 * 1000000};
    const char *doveadm = bk_admin_server_value(admin, "doveadm_command");
    int64_t until = monotonic_milliseconds() + (int64_t)wait_seconds * 1000;
    bool open = true;

    if (doveadm == NULL)
        return false;
    for (;;) {
        if (!ask_for_sessions(admin, doveadm, address, &open))
            return false;
        if (!open)
            return true;
        /* Its exit status says no more than the next answer. */
        (void)bk_program_run(admin, doveadm, kick);
        if (monotonic_milliseconds() >= until)
            return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                                 _("%s still has open sessions; its deletion goes on later, or "
                                   "with: boxkeeper job run"),
                                 address);
        (void)nanosleep(&pause, NULL);
    }
}

/* ---- mail ---- */

struct mail_work {
    struct bk_admin *admin;
    const char *mail_root, *state_path;
    int64_t account_id;
    bool forget_state;
    /* in the parent */
    struct bk_job job;
    const char *address;
    int64_t told_at;
};

static void tell_progress(void *context, int64_t removed)
{
    bk_mail_user_tell(context, removed);
}

/* state.db is a cache: a row that stays there is of nobody's account. */
static void forget_state(const char *path, int64_t account_id)
{
    struct bk_state *state;

    if (access(path, F_OK) < 0 || (state = bk_state_open_writer(path, NULL)) == NULL)
        return;
    (void)bk_state_delete_account(state, account_id, NULL);
    bk_state_close(&state);
}

static bool remove_as_mail_user(void *context, struct bk_mail_user_child *child,
                                struct bk_error *error)
{
    const struct mail_work *work = context;

    if (!bk_removal_home(work->mail_root, work->account_id, tell_progress, child, error))
        return false;
    if (work->forget_state)
        forget_state(work->state_path, work->account_id);
    return true;
}

/* What `job list` shows; a number that could not be written is no reason to stop. */
static void note_progress(void *context, int64_t removed)
{
    struct mail_work *work = context;
    struct bk_settings *settings = work->admin->settings;
    int64_t now = monotonic_milliseconds();

    if (now - work->told_at < 1000)
        return;
    work->told_at = now;
    work->job.done = removed;
    work->job.updated_at = time(NULL);
    if (work->job.total < removed)
        work->job.total = removed;
    bk_progress_show(work->admin, work->address, removed, work->job.total);
    if (!bk_settings_begin_write(settings, NULL))
        return;
    if (!bk_settings_update_job(settings, &work->job, NULL) || !bk_settings_commit(settings, NULL))
        bk_settings_rollback(settings);
}

/* About as many files as there were messages; 0: not known. */
static int64_t expected_files(struct bk_admin *admin, int64_t account_id)
{
    struct bk_state *state = bk_admin_state(admin);
    struct bk_usage usage = {.known = false};
    int64_t limit_bytes;

    if (state == NULL ||
        bk_state_lookup_usage(state, account_id, &usage, &limit_bytes, NULL) != BK_FOUND)
        return 0;
    return usage.messages;
}

static bool remove_mail(struct bk_admin *admin, const struct bk_job *job, const char *address,
                        bool account_is_gone)
{
    struct mail_work work = {
        .admin = admin,
        .account_id = job->account_id,
        .forget_state = account_is_gone,
        .job = *job,
        .address = address,
        .told_at = monotonic_milliseconds(),
    };
    struct bk_mail_user user;
    bool removed;

    work.job.total = expected_files(admin, job->account_id);
    work.mail_root = bk_admin_server_value(admin, "mail_root");
    work.state_path = bk_admin_server_value(admin, "state_path");
    if (work.mail_root == NULL || work.state_path == NULL || !bk_admin_mail_user(admin, &user))
        return false;
    removed = bk_mail_user_run(&user, remove_as_mail_user, &work, note_progress, &work,
                               &admin->error);
    bk_progress_end(admin);
    return removed;
}

/* ---- rows ---- */

static bool clear_catch_all(struct bk_admin *admin, const struct bk_account *account)
{
    struct bk_domain domain = *account->domain;

    if (domain.catch_all_account_id != account->id)
        return true;
    domain.catch_all_account_id = 0;
    return bk_settings_update_domain(admin->settings, &domain, &admin->error);
}

/* `fine`: what the caller did in the transaction. Another run of the same job may have come first:
 * then the row is gone already, and that is what was wanted. */
static bool end_transaction(struct bk_admin *admin, bool fine)
{
    bool was_gone = !fine && admin->error.kind == BK_ERROR_UNKNOWN;

    if (fine && bk_settings_commit(admin->settings, &admin->error))
        return true;
    bk_settings_rollback(admin->settings);
    return was_gone;
}

static bool delete_account_row(struct bk_admin *admin, int64_t account_id)
{
    const struct bk_account *account = NULL;

    if (!bk_admin_begin(admin))
        return false;
    /* As it is now: its domain may have been changed meanwhile. */
    switch (bk_settings_lookup_account_id(admin->settings, admin->arena, account_id, &account,
                                          &admin->error)) {
    case BK_FAILED:
        return end_transaction(admin, false);
    case BK_ABSENT:
        bk_settings_rollback(admin->settings);
        return true;
    case BK_FOUND:
        break;
    }
    return end_transaction(
        admin, clear_catch_all(admin, account) &&
                   bk_settings_delete_account(admin->settings, account_id, &admin->error));
}

static bool delete_job_row(struct bk_admin *admin, const struct bk_job *job)
{
    return bk_admin_begin(admin) &&
           end_transaction(admin, bk_settings_delete_job(admin->settings, job->id, &admin->error));
}

/* Steps 2 to 4 as far as the account's row. */
static bool delete_mail_and_account(struct bk_admin *admin, const struct bk_job *job,
                                    const struct bk_account *account, int wait_seconds)
{
    if (account->state != BK_ACCOUNT_DELETING)
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             _("there is a deletion of %s, which is not marked as being deleted; "
                               "nothing was done"),
                             account->primary_address);
    return end_sessions(admin, account->primary_address, wait_seconds) &&
           remove_mail(admin, job, account->primary_address, false) &&
           delete_account_row(admin, account->id);
}

bool bk_deletion_run(struct bk_admin *admin, const struct bk_job *job, int wait_seconds)
{
    const struct bk_account *account = NULL;

    switch (bk_settings_lookup_account_id(admin->settings, admin->arena, job->account_id, &account,
                                          &admin->error)) {
    case BK_FAILED:
        return false;
    case BK_FOUND:
        if (!delete_mail_and_account(admin, job, account, wait_seconds))
            return false;
        break;
    case BK_ABSENT:
        break;
    }
    return bk_admin_credentials(admin) != NULL &&
           bk_credentials_delete(admin->credentials, job->account_id, &admin->error) &&
           remove_mail(admin, job, account != NULL ? account->primary_address : "", true) &&
           delete_job_row(admin, job);
}
