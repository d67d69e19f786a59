/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Everything in which versions of Dovecot differ, for the files of this room. Written for 2.3; a
 * second version is a second set of these few functions, not an #if anywhere else:
 *
 *   2.3                                     2.4
 *   mail_user_plugin_getenv()               settings_get() with a definition known to doveconf
 *   mail_user_set_get_storage_set()         settings_override()
 *   plugin_envs "sieve_env_NAME"            strlist sieve_environment
 *   ns->set->mailboxes (array of structs)   a filter array of names
 *   quota->set->test_alloc                  quota->test_alloc
 *   quota rules, relative to the limit      no rules
 *
 * Dovecot's own header comes first in each file: it holds the types that the rest needs.
 */
#ifndef BOXKEEPER_DOVECOT_COMPAT_H
#define BOXKEEPER_DOVECOT_COMPAT_H

#include "lib.h"

#include "array.h"
#include "mailbox-list-private.h"
#include "mail-namespace.h"
#include "mail-storage-private.h"
#include "mail-storage-settings.h"
#include "mail-user.h"
#include "quota-plugin.h"
#include "quota-private.h"
#include "time-util.h"

#include <stdbool.h>

/* Symbols that Dovecot, or our doveadm module, finds by name. All others stay inside the plugin:
 * modules are loaded RTLD_GLOBAL, and one name of Dovecot's taken breaks what it belongs to. */
#define BOXKEEPER_EXPORT __attribute__((visibility("default")))

/* Value of a setting in `plugin { }`, or NULL. Lives as long as the user. */
static inline const char *boxkeeper_setting(struct mail_user *user, const char *name)
{
    return mail_user_plugin_getenv(user, name);
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

/* Call `each` for every folder that the configuration gives a special use ("\Trash \Junk"); `name`
 * is relative to the namespace's prefix, and the folder need not exist. */
static inline void boxkeeper_each_special_use(struct mail_namespace *ns,
                                              void (*each)(void *context, const char *name,
                                                           const char *special_use),
                                              void *context)
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

/* The function that decides whether one more message fits. */
typedef enum quota_alloc_result boxkeeper_test_alloc_function(struct quota_transaction_context *ctx,
                                                              uoff_t size, const char **error_r);

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

#endif
