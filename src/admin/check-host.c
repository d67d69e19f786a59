/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/check.h"

#include "admin/program.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- what each user may read: tried, as that user ---- */

struct reader {
    const char *settings_path;
    const char *credentials_path;
    const char *state_folder; /* NULL: not this reader's to write */
};

static bool try_to_read(void *context, struct bk_mail_user_child *child, struct bk_error *error)
{
    const struct reader *reader = context;
    struct bk_settings *settings = bk_settings_open_reader(reader->settings_path, error);
    int64_t sequence;

    (void)child;
    if (settings == NULL)
        return false;
    if (bk_settings_change_sequence(settings, &sequence, error) == BK_FAILED)
        return false;
    bk_settings_close(&settings);
    if (access(reader->settings_path, W_OK) == 0)
        bk_error_set(error, BK_ERROR_CONFIGURATION, _("it may write %s"), reader->settings_path);
    else if (access(reader->credentials_path, R_OK) == 0)
        bk_error_set(error, BK_ERROR_CONFIGURATION, _("it may read %s"), reader->credentials_path);
    else if (reader->state_folder != NULL && access(reader->state_folder, R_OK | W_OK | X_OK) != 0)
        bk_error_set(error, BK_ERROR_CONFIGURATION, _("it can't write to %s: %s"),
                     reader->state_folder, strerror(errno));
    else
        return true;
    return false;
}

static void check_reader(struct bk_check *check, const char *name, uid_t uid, gid_t gid,
                         const struct reader *reader)
{
    const struct bk_mail_user user = {.name = name, .uid = uid, .gid = gid};
    struct bk_error error = {.kind = BK_ERROR_NONE};

    if (uid == 0)
        bk_check_report(check, _("%s is root: name a user of its own with boxkeeper migrate"),
                        name);
    else if (!bk_mail_user_run(&user, try_to_read, (void *)(uintptr_t)reader, NULL, NULL, &error))
        bk_check_report(check,
                        _("what user %s, group of the settings, may do is wrong: %s. Repeat "
                          "boxkeeper migrate, and look at the folders above"),
                        name, error.text);
}

static const char *folder_of(struct bk_admin *admin, const char *path)
{
    char *folder = bk_arena_strdup(admin->arena, path);
    char *slash = strrchr(folder, '/');

    if (slash == NULL)
        return ".";
    *slash = '\0';
    return folder;
}

static bool check_users(struct bk_check *check)
{
    struct bk_admin *admin = check->admin;
    const char *user_name = bk_admin_server_value(admin, "boxkeeper_user");
    const char *group_name = bk_admin_server_value(admin, "boxkeeper_group");
    const char *state_path = bk_admin_server_value(admin, "state_path");
    struct reader reader = {.settings_path = admin->settings_path,
                            .credentials_path = bk_admin_server_value(admin, "credentials_path")};
    const struct passwd *user;
    const struct group *group;
    struct bk_mail_user mail_user;
    gid_t gid = 0;

    if (user_name == NULL || group_name == NULL || state_path == NULL ||
        reader.credentials_path == NULL)
        return false;
    user = getpwnam(user_name);
    group = getgrnam(group_name);
    if (user == NULL)
        bk_check_report(check, _("the user %s does not exist: create it"), user_name);
    if (group == NULL)
        bk_check_report(check, _("the group %s does not exist: create it"), group_name);
    else
        gid = group->gr_gid; /* the next look-up of a group uses the same place */
    if (user != NULL && group != NULL)
        check_reader(check, user_name, user->pw_uid, gid, &reader);
    if (!bk_admin_mail_user(admin, &mail_user)) {
        bk_check_report(check, "%s", admin->error.text);
        return false;
    }
    /* Dovecot's mail processes: the mail user, by mail_access_groups in the group of the settings.
     */
    reader.state_folder = folder_of(admin, state_path);
    if (group != NULL)
        check_reader(check, mail_user.name, mail_user.uid, gid, &reader);
    return true;
}

static bool check_mail_root(struct bk_check *check)
{
    const char *root = bk_admin_server_value(check->admin, "mail_root");
    struct bk_mail_user owner;
    struct stat status;

    if (root == NULL || !bk_admin_mail_user(check->admin, &owner))
        return false;
    if (stat(root, &status) < 0)
        bk_check_report(check, _("the mail root %s: %s; is its disk mounted?"), root,
                        strerror(errno));
    else if (!S_ISDIR(status.st_mode) || status.st_uid != owner.uid)
        bk_check_report(check, _("the mail root %s is not a folder of %s: chown it"), root,
                        owner.name);
    else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        bk_check_report(check, _("others than %s may write to the mail root %s: chmod it to 0750"),
                        owner.name, root);
    return true;
}

/* ---- Dovecot ---- */

static bool check_doveadm(struct bk_check *check)
{
    const char *doveadm = bk_admin_server_value(check->admin, "doveadm_command");
    struct bk_program_result result;

    if (doveadm == NULL)
        return false;
    /* Nobody has this name; the answer shows that doveadm and Dovecot's own processes are there. */
    result = bk_program_run(
        check->admin, doveadm,
        (const char *const[]){"-f", "tab", "who", "-1", "nobody@boxkeeper.invalid", NULL});
    if (result.status != 0)
        bk_check_report(check,
                        _("\"%s who\" does not work: %s. Start Dovecot, or correct the server "
                          "value doveadm_command with boxkeeper migrate"),
                        doveadm, bk_program_last_line(check->admin, result.errors));
    return true;
}

static void check_dovecot_version(struct bk_check *check)
{
    struct bk_program_result result;

    if (*BK_DOVECOT_PACKAGE_VERSION == '\0') /* not built on Debian */
        return;
    result = bk_program_run(check->admin, "dpkg-query",
                            (const char *const[]){"-W", "-f", "${Version}", "dovecot-core", NULL});
    if (result.status == 0 && strcmp(result.output, BK_DOVECOT_PACKAGE_VERSION) != 0)
        bk_check_report(check,
                        _("the plugin was built for Dovecot %s, and %s is installed: build and "
                          "install Boxkeeper again, since its structures may have changed"),
                        BK_DOVECOT_PACKAGE_VERSION, result.output);
}

/* ---- the daemon ---- */

static void check_socket(struct bk_check *check, const char *folder, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (length < 0 || (size_t)length >= sizeof(address.sun_path))
        bk_check_report(check, _("the name of the socket %s/%s is too long"), folder, name);
    else if (connection < 0 ||
             connect(connection, (const struct sockaddr *)&address, sizeof(address)) < 0)
        bk_check_report(check,
                        _("boxkeeperd does not answer on %s/%s (%s): start it; until then all "
                          "mail is deferred"),
                        folder, name, strerror(errno));
    if (connection >= 0)
        (void)close(connection);
}

/* Postfix's folder of sockets is beside ours; without Postfix on this machine there is none. */
static void check_warnings(struct bk_check *check, const char *folder)
{
    const char *parent = folder_of(check->admin, folder);
    const char *path = bk_arena_printf(check->admin->arena, "%s/public", parent);
    struct stat status;

    if (stat(path, &status) < 0)
        return;
    path = bk_arena_printf(check->admin->arena, "%s/boxkeeper-warning", path);
    if (stat(path, &status) < 0 || !S_ISSOCK(status.st_mode))
        bk_check_report(check,
                        _("%s: Postfix does not listen there, and nobody is warned of a full "
                          "mailbox: repeat boxkeeper setup postfix, or start Postfix"),
                        path);
}

static bool check_daemon(struct bk_check *check)
{
    const char *folder = bk_admin_server_value(check->admin, "socket_directory");

    if (folder == NULL)
        return false;
    check_socket(check, folder, "policy");
    check_socket(check, folder, "map");
    check_warnings(check, folder);
    return true;
}

bool bk_check_host(struct bk_check *check)
{
    check_dovecot_version(check);
    return check_users(check) && check_mail_root(check) && check_doveadm(check) &&
           check_daemon(check);
}
