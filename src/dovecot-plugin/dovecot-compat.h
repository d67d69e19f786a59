/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Everything in which versions of Dovecot differ, for the files of this room. First what both have,
 * then a set of the same few functions for each version; there is no #if anywhere else:
 *
 *   2.3                                     2.4
 *   mail_user_plugin_getenv()               settings_get() with a definition known to doveconf
 *   mail_user_set_get_storage_set()         settings_override()
 *   plugin_envs "sieve_env_NAME"            strlist sieve_environment
 *   ns->set->mailboxes (array of structs)   parsed_mailboxes, special_use is a list
 *   quota->roots, quota->set->test_alloc    quota->all_roots, quota->test_alloc
 *   quota rules, relative to the limit      no rules
 *   doveadm: parse_arg(), init() with args  init() asks for its parameters
 *   doveadm -A asks for all users at once   only when the command wants the next one
 *
 * The definition of our settings for 2.4 is dovecot-compat.c, which is also the module by which
 * doveconf knows them.
 *
 * Dovecot's own header comes first in each file: it holds the types that the rest needs.
 */
#ifndef BOXKEEPER_DOVECOT_COMPAT_H
#define BOXKEEPER_DOVECOT_COMPAT_H

#include "lib.h"

#include "array.h"
#include "doveadm-mail.h"
#include "mail-namespace.h"
#include "mail-storage-private.h"
#include "mail-storage-service.h"
#include "mail-storage-settings.h"
#include "mail-user.h"
#include "mailbox-list-private.h"
#include "master-service.h"
#include "quota-plugin.h"
#include "quota-private.h"
#include "settings-parser.h"
#include "str.h"
#include "time-util.h"

#include <stdbool.h>

/* Symbols that Dovecot, or our doveadm module, finds by name. All others stay inside the plugin:
 * modules are loaded RTLD_GLOBAL, and one name of Dovecot's taken breaks what it belongs to. */
#define BOXKEEPER_EXPORT __attribute__((visibility("default")))

/* Call `each` for every folder that the configuration gives a special use ("\Trash \Junk"); `name`
 * is relative to the namespace's prefix, and the folder need not exist. */
typedef void boxkeeper_special_use_function(void *context, const char *name,
                                            const char *special_use);

/* Dovecot writes a folder's whole cache file anew when a fifth of its messages is gone: after each
 * of several batches that would be wasted. Not while it is forbidden; the next one to open the
 * folder does it. */
static inline void boxkeeper_allow_cache_purge(struct mailbox *box, bool allowed)
{
    struct mail_index_optimization_settings set = {
        .cache.purge_delete_percentage = allowed
                                             ? box->storage->set->mail_cache_purge_delete_percentage
                                             : 101,
    };

    mail_index_set_optimization_settings(box->index, &set);
}

#if DOVECOT_VERSION_MAJOR == 2 && DOVECOT_VERSION_MINOR == 3

/* ---- settings ---- */

/* Where settings.db is, or NULL. Lives as long as the user. */
static inline const char *boxkeeper_settings_path(struct mail_user *user)
{
    return mail_user_plugin_getenv(user, "boxkeeper_settings");
}

/* The same for a doveadm command, which has no user yet. */
static inline const char *
boxkeeper_settings_path_of_command(struct doveadm_mail_cmd_context *ctx ATTR_UNUSED)
{
    return doveadm_plugin_getenv("boxkeeper_settings");
}

/* Keep every message's save date in the index cache: the clock of retention, which the formats
 * maildir and sdbox otherwise take from the file's ctime (reset by a flag change or a copy).
 * Returns what stood there: the settings may be used for another user object after this one. */
static inline const char *boxkeeper_always_cache_save_date(struct mail_user *user)
{
    struct mail_storage_settings *set =
        (struct mail_storage_settings *)mail_user_set_get_storage_set(user);
    const char *before = set->mail_always_cache_fields;

    set->mail_always_cache_fields = p_strconcat(user->pool, before, " date.save", NULL);
    return before;
}

static inline void boxkeeper_restore_cached_fields(struct mail_user *user, const char *before)
{
    ((struct mail_storage_settings *)mail_user_set_get_storage_set(user))
        ->mail_always_cache_fields = before;
}

/* Give a setting of sieve's ("sieve_vacation_default_period") a value for this user; one in the
 * configuration goes before it. */
static inline void boxkeeper_set_sieve_setting(struct mail_user *user, const char *name,
                                               const char *value)
{
    const char *key = p_strdup(user->pool, name);
    const char *copy = p_strdup(user->pool, value);

    if (!array_is_created(&user->set->plugin_envs))
        p_array_init(&user->set->plugin_envs, user->pool, 4);
    array_push_back(&user->set->plugin_envs, &key);
    array_push_back(&user->set->plugin_envs, &copy);
}

/* Make `value` readable in sieve as ${env.vnd.dovecot.config.NAME}, for the scripts of this user.
 */
static inline void boxkeeper_set_sieve_environment(struct mail_user *user, const char *name,
                                                   const char *value)
{
    boxkeeper_set_sieve_setting(user, t_strconcat("sieve_env_", name, NULL), value);
}

static inline void boxkeeper_each_special_use(struct mail_namespace *ns,
                                              boxkeeper_special_use_function *each, void *context)
{
    struct mailbox_settings *set;

    if (ns->set == NULL || !array_is_created(&ns->set->mailboxes))
        return;
    array_foreach_elem(&ns->set->mailboxes, set)
    {
        if (*set->special_use != '\0')
            each(context, set->name, set->special_use);
    }
}

/* ---- quota ---- */

#define BOXKEEPER_QUOTA_ROOTS(quota) (&(quota)->roots)
/* For quota_get_resource(): no folder in particular. */
#define BOXKEEPER_ANY_FOLDER ""

/* The function that decides whether one more message fits: its parameters, and the same as
 * arguments for the one before. */
#define BOXKEEPER_TEST_ALLOC_PARAMETERS                                                            \
    struct quota_transaction_context *ctx, uoff_t size, const char **error_r
#define BOXKEEPER_TEST_ALLOC_ARGUMENTS ctx, size, error_r

typedef enum quota_alloc_result boxkeeper_test_alloc_function(BOXKEEPER_TEST_ALLOC_PARAMETERS);

/* Put `test` in its place and return the one before. */
static inline boxkeeper_test_alloc_function *
boxkeeper_replace_test_alloc(struct quota *quota, boxkeeper_test_alloc_function *test)
{
    boxkeeper_test_alloc_function *before = quota->set->test_alloc;

    quota->set->test_alloc = test;
    return before;
}

/* Give the root a new limit (0 = unlimited). */
static inline void boxkeeper_set_root_limit(struct quota_root *root, int64_t bytes)
{
    root->bytes_limit = bytes;
    quota_root_recalculate_relative_rules(root->set, root->bytes_limit, root->count_limit);
}

/* ---- doveadm ---- */

/* The rest of the parameters of a command's init(). */
#define BOXKEEPER_INIT_REST , const char *const args[] ATTR_UNUSED

static inline bool boxkeeper_take_parameter(struct doveadm_mail_cmd_context *ctx ATTR_UNUSED,
                                            int c ATTR_UNUSED)
{
    return true;
}

/* Parameters stay where init() finds them by doveadm_cmd_param_*(). */
static inline void boxkeeper_keep_parameters(struct doveadm_mail_cmd_context *ctx)
{
    ctx->v.parse_arg = boxkeeper_take_parameter;
}

/* doveadm -A begins to ask userdb for all users before its command is asked for the first one. With
 * a new service in its place that ends at once: the answer that nobody reads would keep a read lock
 * on credentials.db for as long as the command runs. */
static inline void boxkeeper_end_list_of_all_users(struct doveadm_mail_cmd_context *ctx)
{
    mail_storage_service_deinit(&ctx->storage_service);
    ctx->storage_service = mail_storage_service_init(master_service, NULL, ctx->service_flags);
}

#elif DOVECOT_VERSION_MAJOR == 2 && DOVECOT_VERSION_MINOR == 4

#include "settings.h"

/* ---- settings ---- */

struct boxkeeper_plugin_settings {
    pool_t pool;
    const char *boxkeeper_settings;
};

extern const struct setting_parser_info boxkeeper_setting_parser_info;

static inline const char *boxkeeper_read_settings_path(struct event *event, pool_t pool)
{
    const struct boxkeeper_plugin_settings *set;
    const char *error, *path;

    if (settings_get(event, &boxkeeper_setting_parser_info, 0, &set, &error) < 0) {
        e_error(event, "boxkeeper: %s", error);
        return NULL;
    }
    path = *set->boxkeeper_settings == '\0' ? NULL : p_strdup(pool, set->boxkeeper_settings);
    settings_free(set);
    return path;
}

static inline const char *boxkeeper_settings_path(struct mail_user *user)
{
    return boxkeeper_read_settings_path(user->event, user->pool);
}

static inline const char *boxkeeper_settings_path_of_command(struct doveadm_mail_cmd_context *ctx)
{
    return boxkeeper_read_settings_path(ctx->cctx->set_event, ctx->pool);
}

/* Goes before what the configuration says; no variables are looked for in the value. */
static inline void boxkeeper_override(struct mail_user *user, const char *key, const char *value)
{
    settings_override(settings_instance_find(user->event), key, value, SETTINGS_OVERRIDE_TYPE_CODE);
}

/* The settings are this user object's own: nothing has to be put back. */
static inline const char *boxkeeper_always_cache_save_date(struct mail_user *user)
{
    boxkeeper_override(user, "mail_always_cache_fields/date.save", "yes");
    return NULL;
}

static inline void boxkeeper_restore_cached_fields(struct mail_user *user ATTR_UNUSED,
                                                   const char *before ATTR_UNUSED)
{
}

static inline void boxkeeper_set_sieve_setting(struct mail_user *user, const char *name,
                                               const char *value)
{
    boxkeeper_override(user, name, value);
}

/* A value that begins with this word would be taken for a file's content. The blank before it is
 * lost in a subject, and does no harm in a text. */
static inline void boxkeeper_set_sieve_environment(struct mail_user *user, const char *name,
                                                   const char *value)
{
    if (str_begins_with(value, SET_FILE_INLINE_PREFIX))
        value = t_strconcat(" ", value, NULL);
    boxkeeper_override(user, t_strconcat("sieve_environment/", name, NULL), value);
}

static inline void boxkeeper_each_special_use(struct mail_namespace *ns,
                                              boxkeeper_special_use_function *each, void *context)
{
    const struct mailbox_settings *set;

    if (ns->set == NULL || !array_is_created(&ns->set->parsed_mailboxes))
        return;
    array_foreach_elem(&ns->set->parsed_mailboxes, set)
    {
        if (array_is_created(&set->special_use) && array_not_empty(&set->special_use))
            each(context, set->name, t_array_const_string_join(&set->special_use, " "));
    }
}

/* ---- quota ---- */

#define BOXKEEPER_QUOTA_ROOTS(quota) (&(quota)->all_roots)
#define BOXKEEPER_ANY_FOLDER NULL

#define BOXKEEPER_TEST_ALLOC_PARAMETERS                                                            \
    struct quota_transaction_context *ctx, uoff_t size, struct mailbox *expunged_box,              \
        uoff_t expunged_size, const struct quota_overrun **overruns_r, const char **error_r
#define BOXKEEPER_TEST_ALLOC_ARGUMENTS ctx, size, expunged_box, expunged_size, overruns_r, error_r

typedef enum quota_alloc_result boxkeeper_test_alloc_function(BOXKEEPER_TEST_ALLOC_PARAMETERS);

static inline boxkeeper_test_alloc_function *
boxkeeper_replace_test_alloc(struct quota *quota, boxkeeper_test_alloc_function *test)
{
    boxkeeper_test_alloc_function *before = quota->test_alloc;

    quota->test_alloc = test;
    return before;
}

static inline void boxkeeper_set_root_limit(struct quota_root *root, int64_t bytes)
{
    root->bytes_limit = bytes;
}

/* ---- doveadm ---- */

#define BOXKEEPER_INIT_REST

static inline void boxkeeper_keep_parameters(struct doveadm_mail_cmd_context *ctx ATTR_UNUSED)
{
}

/* Only the command that names no users of its own asks for all of them. */
static inline void boxkeeper_end_list_of_all_users(struct doveadm_mail_cmd_context *ctx ATTR_UNUSED)
{
}

#else
#error "this version of Dovecot is not known"
#endif

#endif
