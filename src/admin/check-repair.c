/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * `check --repair`: what can be mended without asking anybody, because settings say how it should
 * be: files of the databases and whose they are, work that a killed command left, rows of
 * credentials.db but for the hashes, and homes. A row that settings do not know is locked, never
 * removed: older settings may have been restored, and newer ones may come back.
 */
#include "admin/apply.h"
#include "admin/check.h"
#include "admin/deletion.h"
#include "admin/jobs.h"
#include "admin/output.h"
#include "store/databases.h"

#include <string.h>
#include <sys/stat.h>

struct repair {
    struct bk_admin *admin;
    struct bk_mail_user owner;
    struct bk_change *changes;
    size_t count, room;
    const char **homes; /* that are missing, of accounts in `changes` or not */
    size_t home_count, account_count;
    struct bk_arena *arena; /* of one row */
    bool failed;
};

static bool text_differs(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a != b : strcmp(a, b) != 0;
}

static bool access_differs(const struct bk_access *is, const struct bk_access *should)
{
    return is->locked != should->locked || is->imap != should->imap || is->pop3 != should->pop3 ||
           is->submission != should->submission || is->managesieve != should->managesieve ||
           text_differs(is->imap_reason, should->imap_reason) ||
           text_differs(is->pop3_reason, should->pop3_reason) ||
           text_differs(is->submission_reason, should->submission_reason) ||
           text_differs(is->managesieve_reason, should->managesieve_reason);
}

static bool row_differs(struct repair *repair, const struct bk_account *account,
                        const struct bk_credential *row)
{
    struct bk_access should = bk_access_decide(account);

    return access_differs(&row->access, &should) || strcmp(row->login, account->login) != 0 ||
           strcmp(row->primary_address, account->primary_address) != 0 ||
           strcmp(row->home, bk_account_home(repair->admin, account->id)) != 0 ||
           row->uid != (int64_t)repair->owner.uid || row->gid != (int64_t)repair->owner.gid ||
           row->external_auth != account->external_auth;
}

static bool add_change(struct repair *repair, int64_t account_id)
{
    struct bk_admin *admin = repair->admin;
    const struct bk_account *account = NULL;

    if (bk_settings_lookup_account_id(admin->settings, admin->arena, account_id, &account,
                                      &admin->error) != BK_FOUND)
        return false;
    bk_message(admin, _("%s: its row in credentials.db is mended"), account->primary_address);
    repair->changes[repair->count++] = (struct bk_change){
        .before = account, .after = account, .kick = true};
    return true;
}

static void note_home(struct repair *repair, const struct bk_account *account)
{
    const char *home = bk_account_home(repair->admin, account->id);
    struct stat status;

    if (account->state == BK_ACCOUNT_DELETING || home == NULL || lstat(home, &status) == 0)
        return;
    repair->homes[repair->home_count++] = home;
}

static bool look_at_account(void *context, const struct bk_account *account)
{
    struct repair *repair = context;
    struct bk_admin *admin = repair->admin;
    const struct bk_credential *row = NULL;

    if (repair->count == repair->room) /* made meanwhile */
        return false;
    bk_arena_clear(repair->arena);
    repair->account_count++;
    note_home(repair, account);
    switch (bk_credentials_lookup(admin->credentials, repair->arena, account->id, &row,
                                  &admin->error)) {
    case BK_FAILED:
        repair->failed = true;
        break;
    case BK_ABSENT:
        repair->failed = !add_change(repair, account->id);
        break;
    case BK_FOUND:
        repair->failed = row_differs(repair, account, row) && !add_change(repair, account->id);
    }
    return !repair->failed;
}

static bool look_at_accounts(struct repair *repair)
{
    struct bk_admin *admin = repair->admin;
    struct bk_account_filter everybody = {0};
    int64_t total = 0;

    if (bk_settings_count_accounts(admin->settings, &everybody, &total, &admin->error) == BK_FAILED)
        return false;
    repair->room = (size_t)total + 1;
    repair->changes = bk_arena_alloc(admin->arena, repair->room * sizeof(*repair->changes));
    repair->homes = bk_arena_alloc(admin->arena, repair->room * sizeof(*repair->homes));
    return bk_settings_list_accounts(admin->settings, &everybody, look_at_account, repair,
                                     &admin->error) != BK_FAILED &&
           !repair->failed;
}

/* ---- rows that settings do not know ---- */

static bool look_at_row(void *context, const struct bk_credential *row)
{
    struct repair *repair = context;
    struct bk_admin *admin = repair->admin;
    const struct bk_account *account = NULL;
    struct bk_credential *locked;
    enum bk_lookup found;

    bk_arena_clear(repair->arena);
    found = bk_settings_lookup_account_id(admin->settings, repair->arena, row->account_id, &account,
                                          &admin->error);
    repair->failed = found == BK_FAILED;
    if (found != BK_ABSENT || row->access.locked)
        return !repair->failed;
    locked = bk_arena_alloc(repair->arena, sizeof(*locked));
    *locked = *row;
    locked->access.locked = true;
    bk_message(admin, _("%s: settings do not know it: its row in credentials.db is locked"),
               row->primary_address);
    repair->failed = !bk_credentials_put(admin->credentials, locked, &admin->error);
    return !repair->failed;
}

static bool lock_unknown(struct repair *repair)
{
    struct bk_admin *admin = repair->admin;

    if (!bk_credentials_begin(admin->credentials, &admin->error))
        return false;
    if (bk_credentials_list(admin->credentials, look_at_row, repair, &admin->error) != BK_FAILED &&
        !repair->failed)
        return bk_credentials_commit(admin->credentials, &admin->error);
    bk_credentials_rollback(admin->credentials);
    return false;
}

/* ---- all of it ---- */

/* None at all is no damage of Boxkeeper's: there, homes made now would hide what is wrong. */
static bool make_homes(struct repair *repair)
{
    struct bk_admin *admin = repair->admin;

    if (repair->home_count > 1 && repair->home_count == repair->account_count)
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             _("no account has a home in %s: is that file system mounted? Nothing "
                               "was made there"),
                             bk_admin_server_value(admin, "mail_root"));
    for (size_t i = 0; i < repair->home_count; i++)
        bk_message(admin, _("the home %s is made"), repair->homes[i]);
    return bk_apply_make_homes(admin, repair->homes, repair->home_count);
}

static bool repair_accounts(struct repair *repair)
{
    struct bk_admin *admin = repair->admin;

    return bk_admin_begin(admin) && bk_admin_mail_user(admin, &repair->owner) &&
           bk_admin_credentials(admin) != NULL && lock_unknown(repair) &&
           look_at_accounts(repair) && make_homes(repair) &&
           bk_apply(admin, repair->changes, repair->count, NULL);
}

bool bk_check_repair(struct bk_admin *admin)
{
    struct repair repair = {.admin = admin};
    bool fine;

    if (!bk_databases_migrate(admin->settings_path, NULL, 0, &admin->error) ||
        bk_admin_settings(admin) == NULL)
        return false;
    /* What can't be finished now is a finding of the check that follows. */
    if (!bk_jobs_run(admin, NULL, 0, BK_DELETION_WAIT_SECONDS))
        admin->error.kind = BK_ERROR_NONE;
    repair.arena = bk_arena_create();
    fine = repair_accounts(&repair);
    bk_arena_destroy(&repair.arena);
    return fine;
}
