/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h> // flock
#include <time.h>
#include <unistd.h>

#define LOCK_WAIT_MILLISECONDS 30000 /* as long as the store waits for another writer */
#define LOCK_PAUSE_MILLISECONDS 20

/* SQLite's own words for these are of little help. */
static bool check_path(struct bk_admin *admin)
{
    bool changes = admin->command->changes;

    if (access(admin->settings_path, changes ? R_OK | W_OK : R_OK) == 0)
        return true;
    switch (errno) {
    case EACCES:
    case EPERM:
    case EROFS:
        return bk_admin_fail(admin, BK_ERROR_NOT_PERMITTED,
                             changes ? _("%s can't be opened for writing: run this as root")
                                     : _("%s can't be opened: run this as root"),
                             admin->settings_path);
    case ENOENT:
    case ENOTDIR:
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             _("there is no settings database %s: run boxkeeper migrate, or name "
                               "the right one with --settings"),
                             admin->settings_path);
    default:
        return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN, _("%s can't be opened: %s"),
                             admin->settings_path, strerror(errno));
    }
}

struct bk_settings *bk_admin_settings(struct bk_admin *admin)
{
    if (admin->settings != NULL || !check_path(admin))
        return admin->settings;
    admin->settings = admin->command->changes
                          ? bk_settings_open_writer(admin->settings_path, &admin->error)
                          : bk_settings_open_reader(admin->settings_path, &admin->error);
    return admin->settings;
}

struct bk_credentials *bk_admin_credentials(struct bk_admin *admin)
{
    const char *path;

    if (admin->credentials != NULL)
        return admin->credentials;
    path = bk_admin_server_value(admin, "credentials_path");
    if (path != NULL)
        admin->credentials = bk_credentials_open(path, &admin->error);
    return admin->credentials;
}

struct bk_state *bk_admin_state(struct bk_admin *admin)
{
    const char *path;

    if (admin->state_tried)
        return admin->state;
    admin->state_tried = true;
    path = bk_admin_server_value(admin, "state_path");
    if (path != NULL)
        admin->state = bk_state_open_reader(path, NULL);
    return admin->state;
}

struct bk_limits *bk_admin_limits(struct bk_admin *admin)
{
    const char *path;

    if (admin->limits_tried)
        return admin->limits;
    admin->limits_tried = true;
    path = bk_admin_server_value(admin, "limits_path");
    if (path != NULL)
        admin->limits = bk_limits_open_reader(path, NULL);
    return admin->limits;
}

void bk_admin_close(struct bk_admin *admin)
{
    if (admin->credentials != NULL)
        bk_credentials_close(&admin->credentials);
    if (admin->state != NULL)
        bk_state_close(&admin->state);
    if (admin->limits != NULL)
        bk_limits_close(&admin->limits);
    if (admin->settings != NULL)
        bk_settings_close(&admin->settings);
}

/* The folder, not the file: a restore may replace that. */
static bool open_lock(struct bk_admin *admin)
{
    const char *path = bk_admin_server_value(admin, "credentials_path");
    char *folder;

    if (path == NULL)
        return false;
    folder = bk_arena_strdup(admin->arena, path);
    *strrchr(folder, '/') = '\0';
    admin->lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (admin->lock >= 0)
        return true;
    return bk_admin_fail(admin, errno == EACCES ? BK_ERROR_NOT_PERMITTED : BK_ERROR_CONFIGURATION,
                         _("the folder %s can't be opened: %s. Run this as root, and boxkeeper "
                           "migrate if it is missing"),
                         folder, strerror(errno));
}

static bool take_lock(struct bk_admin *admin)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MILLISECONDS * 1000000};

    if (admin->lock >= 0)
        return true;
    if (!open_lock(admin))
        return false;
    for (int i = 0; i < LOCK_WAIT_MILLISECONDS / LOCK_PAUSE_MILLISECONDS; i++) {
        if (flock(admin->lock, LOCK_EX | LOCK_NB) == 0)
            return true;
        (void)nanosleep(&pause, NULL);
    }
    (void)close(admin->lock);
    admin->lock = -1;
    return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                         _("another command has been changing accounts for too long: try again"));
}

bool bk_admin_begin(struct bk_admin *admin)
{
    if (bk_admin_settings(admin) == NULL || !take_lock(admin))
        return false;
    if (bk_settings_begin_write(admin->settings, &admin->error))
        return true;
    bk_admin_end(admin);
    return false;
}

bool bk_admin_commit(struct bk_admin *admin)
{
    bool fine = bk_settings_commit(admin->settings, &admin->error);

    bk_admin_end(admin);
    return fine;
}

void bk_admin_end(struct bk_admin *admin)
{
    if (admin->settings != NULL)
        bk_settings_rollback(admin->settings);
    if (admin->lock >= 0)
        (void)close(admin->lock);
    admin->lock = -1;
}

const char *bk_admin_server_value(struct bk_admin *admin, const char *name)
{
    const char *value = NULL;

    if (bk_admin_settings(admin) == NULL)
        return NULL;
    switch (bk_settings_server_value(admin->settings, admin->arena, name, &value, &admin->error)) {
    case BK_FOUND:
        return value;
    case BK_ABSENT:
        bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                      _("the settings lack the server value %s: run boxkeeper migrate"), name);
        return NULL;
    case BK_FAILED:
        break;
    }
    return NULL;
}

bool bk_admin_mail_user(struct bk_admin *admin, struct bk_mail_user *user_r)
{
    const char *user = bk_admin_server_value(admin, "mail_user");
    const char *group = user != NULL ? bk_admin_server_value(admin, "mail_group") : NULL;
    const struct passwd *user_entry;
    const struct group *group_entry;

    if (group == NULL)
        return false;
    user_entry = getpwnam(user);
    group_entry = getgrnam(group);
    if (user_entry == NULL || group_entry == NULL)
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             user_entry == NULL
                                 ? _("the mail user %s does not exist: create it, or correct the "
                                     "server value mail_user with boxkeeper migrate")
                                 : _("the mail group %s does not exist: create it, or correct the "
                                     "server value mail_group with boxkeeper migrate"),
                             user_entry == NULL ? user : group);
    *user_r = (struct bk_mail_user){
        .name = user, .uid = user_entry->pw_uid, .gid = group_entry->gr_gid};
    return true;
}

char *bk_admin_fold(struct bk_admin *admin, const char *text)
{
    char *folded = bk_arena_strdup(admin->arena, text);

    for (char *at = folded; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    }
    return folded;
}

const struct bk_account *bk_admin_account(struct bk_admin *admin, const char *text)
{
    const struct bk_account *account = NULL;

    if (bk_admin_settings(admin) == NULL)
        return NULL;
    switch (bk_settings_lookup_account(admin->settings, admin->arena, bk_admin_fold(admin, text),
                                       &account, &admin->error)) {
    case BK_FOUND:
        return account;
    case BK_ABSENT:
        bk_admin_fail(admin, BK_ERROR_UNKNOWN,
                      _("there is no account %s: see boxkeeper account list --search"), text);
        return NULL;
    case BK_FAILED:
        break;
    }
    return NULL;
}

const struct bk_account *bk_admin_live_account(struct bk_admin *admin, const char *text)
{
    const struct bk_account *account = bk_admin_account(admin, text);

    if (account == NULL || account->state == BK_ACCOUNT_ACTIVE)
        return account;
    bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                  _("%s is being deleted: nothing of it can be changed any more"),
                  account->primary_address);
    return NULL;
}

const struct bk_domain *bk_admin_domain(struct bk_admin *admin, const char *text)
{
    const struct bk_domain *domain = NULL;

    if (bk_admin_settings(admin) == NULL)
        return NULL;
    switch (bk_settings_lookup_domain(admin->settings, admin->arena, bk_admin_fold(admin, text),
                                      &domain, &admin->error)) {
    case BK_FOUND:
        return domain;
    case BK_ABSENT:
        bk_admin_fail(admin, BK_ERROR_UNKNOWN,
                      _("there is no domain %s: see boxkeeper domain list"), text);
        return NULL;
    case BK_FAILED:
        break;
    }
    return NULL;
}

const struct bk_plan *bk_admin_plan(struct bk_admin *admin, const char *text)
{
    const struct bk_plan *plan = NULL;

    if (bk_admin_settings(admin) == NULL)
        return NULL;
    switch (bk_settings_lookup_plan(admin->settings, admin->arena, text, &plan, &admin->error)) {
    case BK_FOUND:
        return plan;
    case BK_ABSENT:
        bk_admin_fail(admin, BK_ERROR_UNKNOWN, _("there is no plan %s: see boxkeeper plan list"),
                      text);
        return NULL;
    case BK_FAILED:
        break;
    }
    return NULL;
}
