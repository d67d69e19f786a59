/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/apply.h"

#include "admin/sessions.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *bk_account_home(struct bk_admin *admin, int64_t account_id)
{
    const char *root = bk_admin_server_value(admin, "mail_root");

    if (root == NULL)
        return NULL;
    return bk_arena_printf(admin->arena, "%s/%lld", root, (long long)account_id);
}

static bool put_credential(struct bk_admin *admin, const struct bk_mail_user *owner,
                           const struct bk_account *account, const struct bk_access *access)
{
    struct bk_credential credential = {
        .account_id = account->id,
        .login = account->login,
        .primary_address = account->primary_address,
        .access = *access,
        .home = bk_account_home(admin, account->id),
        .uid = owner->uid,
        .gid = owner->gid,
        .external_auth = account->external_auth,
    };

    return credential.home != NULL &&
           bk_credentials_put(admin->credentials, &credential, &admin->error);
}

/* An id that settings have not committed yet may have a row here, left by a creation that was
 * interrupted: nothing of it, least of all its hash, may go to the new account. */
static bool lock_new(struct bk_admin *admin, const struct bk_mail_user *owner,
                     const struct bk_change *change)
{
    struct bk_access access = bk_access_decide(change->after);

    access.locked = true;
    if (!bk_credentials_delete(admin->credentials, change->after->id, &admin->error) ||
        !put_credential(admin, owner, change->after, &access))
        return false;
    return change->password_hash == NULL ||
           bk_credentials_set_hash(admin->credentials, change->after->id, change->password_hash,
                                   &admin->error);
}

static bool access_is_equal(const struct bk_access *a, const struct bk_access *b)
{
    return a->locked == b->locked && a->imap == b->imap && a->pop3 == b->pop3 &&
           a->submission == b->submission && a->managesieve == b->managesieve;
}

/* Is the account's row locked, or missing? */
static bool find_lock(struct bk_admin *admin, int64_t account_id, bool *locked_r)
{
    const struct bk_credential *credential = NULL;
    enum bk_lookup found = bk_credentials_lookup(admin->credentials, admin->arena, account_id,
                                                 &credential, &admin->error);

    *locked_r = found != BK_FOUND || credential->access.locked;
    return found != BK_FAILED;
}

/* Step 1 for one account. */
static bool restrict_one(struct bk_admin *admin, const struct bk_mail_user *owner,
                         const struct bk_change *change)
{
    struct bk_access before, after, both;
    bool locked;

    if (change->before == NULL)
        return lock_new(admin, owner, change);
    /* Mail comes under the new name from the commit on. */
    if (strcmp(change->before->primary_address, change->after->primary_address) != 0 &&
        !bk_credentials_add_former(admin->credentials, change->after->id,
                                   change->after->primary_address, &admin->error))
        return false;
    if (change->forced_hash != NULL &&
        !bk_credentials_force_hash(admin->credentials, change->after->id, change->forced_hash,
                                   &admin->error))
        return false;
    before = bk_access_decide(change->before);
    after = bk_access_decide(change->after);
    both = bk_access_intersect(&before, &after);
    if (access_is_equal(&both, &before))
        return true;
    /* A creation that was interrupted stays locked until it has its home. */
    if (!find_lock(admin, change->before->id, &locked))
        return false;
    both.locked = both.locked || locked;
    return put_credential(admin, owner, change->before, &both);
}

static bool restrict_all(struct bk_admin *admin, const struct bk_mail_user *owner,
                         const struct bk_change *changes, size_t count)
{
    if (!bk_credentials_begin(admin->credentials, &admin->error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!restrict_one(admin, owner, &changes[i]))
            return false;
    }
    return bk_credentials_commit(admin->credentials, &admin->error);
}

/* The homes that step 3 has to make. */
struct home_work {
    const char **homes;
    size_t count;
};

static bool make_homes(void *context, struct bk_mail_user_child *child, struct bk_error *error)
{
    const struct home_work *work = context;

    (void)child;
    for (size_t i = 0; i < work->count; i++) {
        if (mkdir(work->homes[i], 0700) == 0 || errno == EEXIST)
            continue;
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s: %s", work->homes[i], strerror(errno));
        return false;
    }
    return true;
}

bool bk_apply_make_homes(struct bk_admin *admin, const char **homes, size_t count)
{
    struct home_work work = {.homes = homes, .count = count};
    struct bk_mail_user owner;

    return count == 0 || (bk_admin_mail_user(admin, &owner) &&
                          bk_mail_user_run(&owner, make_homes, &work, NULL, NULL, &admin->error));
}

/* A locked row is that of a creation: its home comes before the login. */
static bool note_home(struct bk_admin *admin, const struct bk_change *change,
                      struct home_work *work)
{
    const struct bk_account *now = NULL;
    int64_t id = change->after->id;
    bool locked;

    switch (bk_settings_lookup_account_id(admin->settings, admin->arena, id, &now, &admin->error)) {
    case BK_ABSENT:
        return true;
    case BK_FAILED:
        return false;
    case BK_FOUND:
        break;
    }
    if (bk_access_decide(now).locked)
        return true;
    if (!find_lock(admin, id, &locked))
        return false;
    if (locked)
        work->homes[work->count++] = bk_account_home(admin, id);
    return !locked || work->homes[work->count - 1] != NULL;
}

/* Step 3, all in one child. */
static bool make_homes_of_locked(struct bk_admin *admin, const struct bk_mail_user *owner,
                                 const struct bk_change *changes, size_t count)
{
    struct home_work work = {
        .homes = bk_arena_alloc(admin->arena, (count + 1) * sizeof(*work.homes))};

    for (size_t i = 0; i < count; i++) {
        if (!note_home(admin, &changes[i], &work))
            return false;
    }
    return work.count == 0 || bk_mail_user_run(owner, make_homes, &work, NULL, NULL, &admin->error);
}

/* Step 4 for one account, under the write lock of settings. */
static bool settle_one(struct bk_admin *admin, const struct bk_mail_user *owner,
                       const struct bk_change *change)
{
    const struct bk_account *now = NULL;
    int64_t id = change->after->id;
    struct bk_access access;

    switch (bk_settings_lookup_account_id(admin->settings, admin->arena, id, &now, &admin->error)) {
    case BK_ABSENT: /* another command deleted it meanwhile */
        return true;
    case BK_FAILED:
        return false;
    case BK_FOUND:
        break;
    }
    access = bk_access_decide(now);
    if (!put_credential(admin, owner, now, &access))
        return false;
    /* The second call makes the first one's "previous" hash go as well. */
    if (change->forget_password)
        return bk_credentials_set_hash(admin->credentials, id, NULL, &admin->error) &&
               bk_credentials_set_hash(admin->credentials, id, NULL, &admin->error);
    return change->before == NULL || change->password_hash == NULL ||
           bk_credentials_set_hash(admin->credentials, id, change->password_hash, &admin->error);
}

static bool settle_all(struct bk_admin *admin, const struct bk_mail_user *owner,
                       const struct bk_change *changes, size_t count)
{
    if (!bk_settings_begin_write(admin->settings, &admin->error) ||
        !make_homes_of_locked(admin, owner, changes, count) ||
        !bk_credentials_begin(admin->credentials, &admin->error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!settle_one(admin, owner, &changes[i]))
            return false;
    }
    if (!bk_credentials_commit(admin->credentials, &admin->error))
        return false;
    bk_settings_rollback(admin->settings);
    return true;
}

/* What the change takes away, as true. */
static struct bk_access lost_access(const struct bk_change *change)
{
    struct bk_access before, after;

    if (change->before == NULL)
        return (struct bk_access){0};
    before = bk_access_decide(change->before);
    after = bk_access_decide(change->after);
    return (struct bk_access){
        .locked = !before.locked && after.locked,
        .imap = before.imap && !after.imap,
        .pop3 = before.pop3 && !after.pop3,
        .managesieve = before.managesieve && !after.managesieve,
    };
}

static void end_sessions(struct bk_admin *admin, const struct bk_change *changes, size_t count,
                         const char *mask)
{
    for (size_t i = 0; i < count; i++) {
        const struct bk_change *change = &changes[i];
        struct bk_access lost = lost_access(change);
        bool all = change->kick || lost.locked || (lost.imap && lost.pop3 && lost.managesieve);
        /* Sessions go by the name that they began with. */
        const char *user = change->before != NULL ? change->before->primary_address
                                                  : change->after->primary_address;

        if (!all && !lost.imap && !lost.pop3 && !lost.managesieve)
            continue;
        if (mask != NULL) {
            bk_kick(admin, mask);
            return;
        }
        if (all)
            bk_kick(admin, user);
        else
            bk_end_sessions(admin, user, &lost);
    }
}

static bool commit(struct bk_admin *admin)
{
    if (admin->edited)
        return bk_settings_commit(admin->settings, &admin->error);
    bk_settings_rollback(admin->settings);
    return true;
}

static bool after_commit(struct bk_admin *admin)
{
    struct bk_error error = admin->error;

    bk_settings_rollback(admin->settings);
    bk_credentials_rollback(admin->credentials);
    return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                         _("the settings are changed, but the work is not complete; repeat the "
                           "command: %s"),
                         error.text);
}

static bool apply(struct bk_admin *admin, const struct bk_mail_user *owner,
                  const struct bk_change *changes, size_t count)
{
    if (!restrict_all(admin, owner, changes, count)) {
        bk_credentials_rollback(admin->credentials);
        return false;
    }
    if (!commit(admin))
        return false;
    return settle_all(admin, owner, changes, count) || after_commit(admin);
}

bool bk_apply(struct bk_admin *admin, const struct bk_change *changes, size_t count,
              const char *kick_mask)
{
    struct bk_mail_user owner;
    bool fine = bk_admin_mail_user(admin, &owner) && bk_admin_credentials(admin) != NULL &&
                (admin->dry_run || apply(admin, &owner, changes, count));

    bk_admin_end(admin);
    if (fine && !admin->dry_run)
        end_sessions(admin, changes, count, kick_mask);
    return fine;
}

bool bk_apply_account(struct bk_admin *admin, const struct bk_account *before,
                      const struct bk_account *after)
{
    struct bk_change change = {.before = before, .after = after};

    return bk_apply(admin, &change, 1, NULL);
}

bool bk_apply_settings(struct bk_admin *admin)
{
    bool fine = admin->dry_run || commit(admin);

    bk_admin_end(admin);
    return fine;
}

/* True also where there is no such folder. */
static bool folder_is_empty(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool empty = true;

    if (folder == NULL)
        return errno == ENOENT;
    while (empty && (entry = readdir(folder)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    (void)closedir(folder);
    return empty;
}

bool bk_creation_is_unfinished(struct bk_admin *admin, const struct bk_account *account)
{
    const struct bk_credential *credential = NULL;
    const char *home;

    if (account->state != BK_ACCOUNT_ACTIVE || bk_admin_credentials(admin) == NULL)
        return false;
    home = bk_account_home(admin, account->id);
    if (home == NULL)
        return false;
    if (bk_credentials_lookup(admin->credentials, admin->arena, account->id, &credential,
                              &admin->error) != BK_FOUND)
        return false;
    return credential->access.locked && folder_is_empty(home);
}
