/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `migrate`, `backup`, `restore`: the databases as files (store/databases.h). */
#include "admin/commands.h"
#include "admin/output.h"
#include "admin/question.h"
#include "store/databases.h"

#include <string.h>
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

bool bk_run_restore(struct bk_admin *admin)
{
    if (!refuse_dry_run(admin) || !need_root(admin) ||
        !bk_question(admin,
                     _("Replace all settings and credentials of %s by those in %s? Everything "
                       "changed since that backup is lost."),
                     admin->settings_path, admin->arguments[0]) ||
        !bk_databases_restore(admin->settings_path, admin->arguments[0], &admin->error))
        return false;
    bk_message(admin, "%s", _("restored; now run: boxkeeper check"));
    bk_output_result(admin, json_pack("{s:s}", "folder", admin->arguments[0]));
    return true;
}
