/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/installation.h"

#include "rules/text.h"
#include "store/databases.h"
#include "store/settings-private.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct bk_server_default bk_server_defaults[] = {
    {"credentials_path", "credentials/credentials.db", N_("credentials database")},
    {"state_path", "state/state.db", N_("state database, written by the mail user")},
    {"limits_path", "limits/limits.db", N_("limits database, written by the daemon")},
    {"mail_root", "mail", N_("folder of the accounts' homes")},
    {"mail_user", "vmail", N_("user that owns all mail")},
    {"mail_group", "vmail", N_("group that owns all mail")},
    {"boxkeeper_user", "boxkeeper", N_("user of boxkeeperd")},
    {"boxkeeper_group", "boxkeeper", N_("group that may read settings")},
    {"doveadm_command", "/usr/bin/doveadm", N_("how to run doveadm")},
    {"postqueue_command", "/usr/sbin/postqueue", N_("how to run postqueue")},
    {"postsuper_command", "/usr/sbin/postsuper", N_("how to run postsuper")},
    {"socket_directory", "/var/spool/postfix/boxkeeper", N_("folder of boxkeeperd's sockets")},
    {NULL, NULL, NULL},
};

static const struct bk_server_default *find_default(const char *name, size_t length)
{
    for (const struct bk_server_default *entry = bk_server_defaults; entry->name != NULL; entry++)
        if (strncmp(entry->name, name, length) == 0 && entry->name[length] == '\0')
            return entry;
    return NULL;
}

static bool is_path(const char *name)
{
    size_t length = strlen(name);

    return strcmp(name, "mail_root") == 0 || strcmp(name, "socket_directory") == 0 ||
           (length > 5 && strcmp(name + length - 5, "_path") == 0);
}

/* ---- writing ---- */

/* The value given for `name`, or NULL. The last one counts. */
static const char *find_given(const char *name, const char *const *values, size_t value_count)
{
    size_t length = strlen(name);
    const char *found = NULL;

    for (size_t i = 0; i < value_count; i++)
        if (strncmp(values[i], name, length) == 0 && values[i][length] == '=')
            found = values[i] + length + 1;
    return found;
}

static bool check_given(const char *const *values, size_t value_count, struct bk_error *error)
{
    for (size_t i = 0; i < value_count; i++) {
        const char *equals = strchr(values[i], '=');
        const struct bk_server_default *entry =
            equals == NULL ? NULL : find_default(values[i], (size_t)(equals - values[i]));

        if (entry == NULL) {
            bk_error_set(error, BK_ERROR_VALUE,
                         _("%s: not a NAME=VALUE of this server; see boxkeeper(1) for the names"),
                         values[i]);
            return false;
        }
        if (equals[1] == '\0' || (is_path(entry->name) && equals[1] != '/')) {
            bk_error_set(error, BK_ERROR_VALUE, _("%s: give a whole path, beginning with /"),
                         values[i]);
            return false;
        }
    }
    return true;
}

/* Default paths are below the folder that holds the folder of settings.db. */
static const char *default_value(struct bk_arena *arena, const struct bk_server_default *entry,
                                 const char *settings_path)
{
    char folder[PATH_MAX];

    if (!is_path(entry->name) || entry->value[0] == '/')
        return entry->value;
    if (realpath(bk_files_folder_of(arena, settings_path), folder) == NULL)
        return NULL;
    return bk_arena_printf(arena, "%s/%s", bk_files_folder_of(arena, folder), entry->value);
}

/* *changed_r becomes true if something was written. */
static bool put_value(struct bk_settings *settings, struct bk_arena *arena,
                      const struct bk_server_default *entry, const char *given, bool *changed_r,
                      struct bk_error *error)
{
    const char *now = NULL, *value = given;
    enum bk_lookup found = bk_settings_server_value(settings, arena, entry->name, &now, error);

    if (found == BK_FAILED)
        return false;
    if (found == BK_FOUND && (given == NULL || strcmp(given, now) == 0))
        return true;
    if (value == NULL)
        value = default_value(arena, entry, settings->database.path);
    if (value == NULL) {
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s: %s", settings->database.path, strerror(errno));
        return false;
    }
    *changed_r = true;
    return bk_settings_put_server_value(settings, entry->name, value, error);
}

static bool put_values(struct bk_settings *settings, struct bk_arena *arena,
                       const char *const *values, size_t value_count, struct bk_error *error)
{
    struct bk_installation installation;
    bool has_changed = false;

    if (!bk_settings_begin_write(settings, error))
        return false;
    for (const struct bk_server_default *entry = bk_server_defaults; entry->name != NULL; entry++)
        if (!put_value(settings, arena, entry, find_given(entry->name, values, value_count),
                       &has_changed, error)) {
            bk_settings_rollback(settings);
            return false;
        }
    if (!bk_installation_read(settings, arena, &installation, error)) {
        bk_settings_rollback(settings);
        return false;
    }
    if (has_changed)
        return bk_settings_commit(settings, error);
    bk_settings_rollback(settings);
    return true;
}

bool bk_installation_put(struct bk_arena *arena, const char *settings_path,
                         const char *const *values, size_t value_count, struct bk_error *error)
{
    struct bk_settings *settings;
    bool is_done;

    if (!check_given(values, value_count, error))
        return false;
    settings = bk_settings_open_writer(settings_path, error);
    if (settings == NULL)
        return false;
    is_done = put_values(settings, arena, values, value_count, error);
    bk_settings_close(&settings);
    return is_done;
}

/* ---- reading ---- */

static const char *need_value(struct bk_settings *settings, struct bk_arena *arena,
                              const char *name, struct bk_error *error)
{
    const char *value = NULL;
    enum bk_lookup found = bk_settings_server_value(settings, arena, name, &value, error);

    if (found == BK_ABSENT)
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     _("%s does not say %s: run `boxkeeper migrate`"), settings->database.path,
                     name);
    return found == BK_FOUND ? value : NULL;
}

static bool read_user(struct bk_settings *settings, struct bk_arena *arena, const char *name,
                      uid_t *user_r, struct bk_error *error)
{
    const char *value = need_value(settings, arena, name, error);
    const struct passwd *user = value == NULL ? NULL : getpwnam(value);

    if (user != NULL)
        *user_r = user->pw_uid;
    else if (value != NULL)
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     _("there is no user %s: make it, or say %s=USER to `boxkeeper migrate`"),
                     value, name);
    return user != NULL;
}

static bool read_group(struct bk_settings *settings, struct bk_arena *arena, const char *name,
                       gid_t *group_r, struct bk_error *error)
{
    const char *value = need_value(settings, arena, name, error);
    const struct group *group = value == NULL ? NULL : getgrnam(value);

    if (group != NULL)
        *group_r = group->gr_gid;
    else if (value != NULL)
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     _("there is no group %s: make it, or say %s=GROUP to `boxkeeper migrate`"),
                     value, name);
    return group != NULL;
}

static bool read_owners(struct bk_settings *settings, struct bk_arena *arena,
                        struct bk_owners *owners, struct bk_error *error)
{
    owners->root_user = geteuid();
    owners->root_group = getegid();
    return read_user(settings, arena, "mail_user", &owners->mail_user, error) &&
           read_group(settings, arena, "mail_group", &owners->mail_group, error) &&
           read_user(settings, arena, "boxkeeper_user", &owners->boxkeeper_user, error) &&
           read_group(settings, arena, "boxkeeper_group", &owners->boxkeeper_group, error);
}

bool bk_installation_read(struct bk_settings *settings, struct bk_arena *arena,
                          struct bk_installation *installation_r, struct bk_error *error)
{
    const char *paths[BK_DATABASE_KIND_COUNT] = {
        [BK_DATABASE_SETTINGS] = bk_arena_strdup(arena, settings->database.path),
    };

    if (!read_owners(settings, arena, &installation_r->owners, error))
        return false;
    for (int i = BK_DATABASE_CREDENTIALS; i < BK_DATABASE_KIND_COUNT; i++) {
        const char *kind = bk_database_kind_name((enum bk_database_kind)i);

        paths[i] = need_value(settings, arena, bk_arena_printf(arena, "%s_path", kind), error);
        if (paths[i] == NULL)
            return false;
    }
    bk_files_describe(paths, &installation_r->owners, installation_r->files);
    installation_r->mail_root = need_value(settings, arena, "mail_root", error);
    return installation_r->mail_root != NULL;
}

bool bk_installation_load(struct bk_arena *arena, const char *settings_path,
                          struct bk_installation *installation_r, struct bk_error *error)
{
    struct bk_settings *settings = bk_settings_open_reader(settings_path, error);
    bool is_read;

    if (settings == NULL)
        return false;
    is_read = bk_installation_read(settings, arena, installation_r, error);
    bk_settings_close(&settings);
    return is_read;
}

int bk_installation_lock(struct bk_arena *arena, const struct bk_installation *installation,
                         struct bk_error *error)
{
    const struct bk_file *credentials = &installation->files[BK_DATABASE_CREDENTIALS];

    return bk_files_lock_folder(bk_files_folder_of(arena, credentials->path),
                                BK_BUSY_WRITER_MILLISECONDS, error);
}
