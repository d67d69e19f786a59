/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `migrate`, `backup`, `restore`: the databases as files (store/databases.h). */
#include "admin/apply.h"
#include "admin/commands.h"
#include "admin/output.h"
#include "admin/question.h"
#include "store/databases.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool need_root(struct bk_admin *admin)
{
    if (geteuid() == 0)
        return true;
    return bk_admin_fail(admin, BK_ERROR_NOT_PERMITTED, _("run this as root"));
}

static bool refuse_dry_run(struct bk_admin *admin)
{
    if (!admin->dry_run)
        return true;
    return bk_admin_fail(admin, BK_ERROR_USAGE, _("this command has no --dry-run"));
}

static bool is_name_and_value(const char *text)
{
    const char *equals = strchr(text, '=');

    return equals != NULL && equals != text;
}

bool bk_run_migrate(struct bk_admin *admin)
{
    for (size_t i = 0; i < admin->argument_count; i++) {
        if (!is_name_and_value(admin->arguments[i]))
            return bk_admin_fail(admin, BK_ERROR_USAGE, _("\"%s\" is not of the form NAME=VALUE"),
                                 admin->arguments[i]);
    }
    if (!refuse_dry_run(admin) || !need_root(admin) ||
        !bk_databases_migrate(admin->settings_path, admin->arguments, admin->argument_count,
                              &admin->error))
        return false;
    bk_output_result(admin, json_pack("{s:s, s:I}", "settings", admin->settings_path, "schema",
                                      (json_int_t)bk_schema_version));
    return true;
}

bool bk_run_backup(struct bk_admin *admin)
{
    if (!refuse_dry_run(admin) || !need_root(admin) ||
        !bk_databases_backup(admin->settings_path, admin->arguments[0], &admin->error))
        return false;
    bk_message(admin,
               _("settings and credentials are in %s, which holds password hashes: keep it as "
                 "safe as the server. Mail is not in it"),
               admin->arguments[0]);
    bk_output_result(admin, json_pack("{s:s}", "folder", admin->arguments[0]));
    return true;
}

/* ---- homes of accounts that were deleted since the backup ---- */

struct homes {
    struct bk_admin *admin;
    json_t *paths;
    bool failed;
};

static bool collect_home(void *context, const struct bk_account *account)
{
    struct homes *homes = context;
    const char *home = bk_account_home(homes->admin, account->id);

    homes->failed = home == NULL;
    if (!homes->failed)
        json_array_append_new(homes->paths, json_string(home));
    return !homes->failed;
}

static bool make_homes(void *context, struct bk_mail_user_child *child, struct bk_error *error)
{
    const struct homes *homes = context;
    size_t i;
    json_t *path;

    (void)child;
    json_array_foreach(homes->paths, i, path)
    {
        if (mkdir(json_string_value(path), S_IRWXU) == 0 || errno == EEXIST)
            continue;
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s: %s", json_string_value(path), strerror(errno));
        return false;
    }
    return true;
}

static bool make_missing_homes(struct bk_admin *admin)
{
    struct homes homes = {.admin = admin, .paths = json_array()};
    struct bk_account_filter everybody = {0};
    struct bk_mail_user user;

    return bk_admin_settings(admin) != NULL && bk_admin_mail_user(admin, &user) &&
           bk_settings_list_accounts(admin->settings, &everybody, collect_home, &homes,
                                     &admin->error) != BK_FAILED &&
           !homes.failed && bk_mail_user_run(&user, make_homes, &homes, NULL, NULL, &admin->error);
}

bool bk_run_restore(struct bk_admin *admin)
{
    if (!refuse_dry_run(admin) || !need_root(admin) ||
        !bk_question(admin,
                     _("Replace all settings and credentials of %s by those in %s? Everything "
                       "changed since that backup is lost."),
                     admin->settings_path, admin->arguments[0]) ||
        !bk_databases_restore(admin->settings_path, admin->arguments[0], &admin->error))
        return false;
    if (!make_missing_homes(admin))
        bk_warning(admin, _("restored, but the homes of its accounts can't all be made: %s"),
                   admin->error.text);
    bk_message(admin, "%s", _("restored; now run: boxkeeper check"));
    bk_output_result(admin, json_pack("{s:s}", "folder", admin->arguments[0]));
    return true;
}
