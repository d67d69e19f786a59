/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/check.h"

#include "admin/apply.h"
#include "admin/removal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct accounts_check {
    struct bk_check *check;
    struct bk_arena *arena; /* of one row */
    struct bk_mail_user mail_user;
    json_t *jobs; /* account ids with a job, as keys */
    bool failed;
};

static bool access_differs(const struct bk_access *is, const struct bk_access *should)
{
    return is->locked != should->locked || is->imap != should->imap || is->pop3 != should->pop3 ||
           is->submission != should->submission || is->managesieve != should->managesieve;
}

/* ---- each account of settings ---- */

static void check_credential(struct accounts_check *checked, const struct bk_account *account,
                             const struct bk_credential *credential)
{
    struct bk_access should = bk_access_decide(account);
    struct bk_mail_user *owner = &checked->mail_user;

    if (strcmp(credential->login, account->login) != 0 ||
        strcmp(credential->primary_address, account->primary_address) != 0)
        bk_check_report(checked->check,
                        _("%s: credentials.db knows it as %s, login %s: repeat the last command "
                          "about it"),
                        account->primary_address, credential->primary_address, credential->login);
    if (credential->access.locked && !should.locked)
        bk_check_report(checked->check,
                        _("%s: its credentials are locked by a command that did not finish; "
                          "repeat that command (account create, suspend, resume or delete)"),
                        account->primary_address);
    else if (access_differs(&credential->access, &should))
        bk_check_report(checked->check,
                        _("%s: credentials.db and settings differ about who may log in; repeat "
                          "the last command about it, or suspend and resume it"),
                        account->primary_address);
    if (credential->uid != (int64_t)owner->uid || credential->gid != (int64_t)owner->gid)
        bk_check_report(checked->check, _("%s: its mail does not belong to %s in credentials.db"),
                        account->primary_address, owner->name);
}

static bool check_credentials_of(struct accounts_check *checked, const struct bk_account *account)
{
    struct bk_admin *admin = checked->check->admin;
    const struct bk_credential *credential = NULL;

    switch (bk_credentials_lookup(admin->credentials, checked->arena, account->id, &credential,
                                  &admin->error)) {
    case BK_FAILED:
        return false;
    case BK_ABSENT:
        bk_check_report(checked->check,
                        _("%s: credentials.db does not know it, so mail for it waits and nobody "
                          "logs in; restore credentials.db, or delete and create the account"),
                        account->primary_address);
        return true;
    case BK_FOUND:
        check_credential(checked, account, credential);
        break;
    }
    return true;
}

static void check_home(struct accounts_check *checked, const struct bk_account *account)
{
    const char *home = bk_account_home(checked->check->admin, account->id);
    struct stat status;

    if (account->state == BK_ACCOUNT_DELETING || home == NULL)
        return;
    if (lstat(home, &status) < 0)
        bk_check_report(checked->check,
                        _("%s: its home %s: %s; make that folder for %s, mode 0700"),
                        account->primary_address, home, strerror(errno), checked->mail_user.name);
    else if (!S_ISDIR(status.st_mode) || status.st_uid != checked->mail_user.uid)
        bk_check_report(checked->check, _("%s: its home %s is not a folder of %s"),
                        account->primary_address, home, checked->mail_user.name);
}

static bool check_account(void *context, const struct bk_account *account)
{
    struct accounts_check *checked = context;

    bk_arena_clear(checked->arena);
    check_home(checked, account);
    checked->failed = !check_credentials_of(checked, account);
    return !checked->failed;
}

/* ---- each row of credentials ---- */

static const char *key_of(struct accounts_check *checked, int64_t account_id)
{
    return bk_arena_printf(checked->arena, "%lld", (long long)account_id);
}

/* FOUND: an account or a job has this id. */
static enum bk_lookup lookup_id(struct accounts_check *checked, int64_t account_id)
{
    struct bk_admin *admin = checked->check->admin;
    const struct bk_account *account = NULL;

    if (json_object_get(checked->jobs, key_of(checked, account_id)) != NULL)
        return BK_FOUND;
    return bk_settings_lookup_account_id(admin->settings, checked->arena, account_id, &account,
                                         &admin->error);
}

static bool check_known(void *context, const struct bk_credential *credential)
{
    struct accounts_check *checked = context;
    enum bk_lookup found;

    bk_arena_clear(checked->arena);
    found = lookup_id(checked, credential->account_id);
    if (found == BK_ABSENT)
        bk_check_report(checked->check,
                        _("%s: credentials.db has it, the settings do not (a command that did not "
                          "finish, or older settings restored); creating it again mends that"),
                        credential->primary_address);
    checked->failed = found == BK_FAILED;
    return !checked->failed;
}

/* ---- jobs ---- */

static bool collect_job(void *context, const struct bk_job *job)
{
    struct accounts_check *checked = context;

    json_object_set_new(checked->jobs, key_of(checked, job->account_id), json_true());
    bk_check_report(checked->check, _("job %lld (%s) is not finished: run boxkeeper job run"),
                    (long long)job->id, _(job->kind));
    return true;
}

/* ---- the mail root ---- */

static bool is_number(const char *name)
{
    return *name != '\0' && name[strspn(name, "0123456789")] == '\0' && strlen(name) < 19;
}

/* Folders of ids that nobody has. */
static bool check_folder(struct accounts_check *checked, const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;

    while (folder != NULL && !checked->failed && (entry = readdir(folder)) != NULL) {
        if (!is_number(entry->d_name))
            continue;
        bk_arena_clear(checked->arena);
        switch (lookup_id(checked, strtoll(entry->d_name, NULL, 10))) {
        case BK_FOUND:
            break;
        case BK_ABSENT:
            bk_check_report(checked->check,
                            _("%s/%s is the home of no account: look at it and remove it"), path,
                            entry->d_name);
            break;
        case BK_FAILED:
            checked->failed = true;
        }
    }
    if (folder != NULL)
        (void)closedir(folder);
    return !checked->failed;
}

static bool check_mail_root(struct accounts_check *checked)
{
    struct bk_admin *admin = checked->check->admin;
    const char *root = bk_admin_server_value(admin, "mail_root");

    return root != NULL && check_folder(checked, root) &&
           check_folder(checked, bk_arena_printf(admin->arena, "%s/%s", root, BK_REMOVAL_FOLDER));
}

static bool check_all(struct accounts_check *checked)
{
    struct bk_admin *admin = checked->check->admin;
    struct bk_account_filter everybody = {0};

    return bk_settings_list_jobs(admin->settings, collect_job, checked, &admin->error) !=
               BK_FAILED &&
           bk_settings_list_accounts(admin->settings, &everybody, check_account, checked,
                                     &admin->error) != BK_FAILED &&
           !checked->failed &&
           bk_credentials_list(admin->credentials, check_known, checked, &admin->error) !=
               BK_FAILED &&
           !checked->failed && check_mail_root(checked);
}

bool bk_check_accounts(struct bk_check *check)
{
    struct accounts_check checked = {.check = check, .jobs = json_object()};
    bool fine;

    if (bk_admin_credentials(check->admin) == NULL ||
        !bk_admin_mail_user(check->admin, &checked.mail_user))
        return false;
    checked.arena = bk_arena_create();
    fine = check_all(&checked);
    bk_arena_destroy(&checked.arena);
    return fine;
}
