/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/plugin.h"

#include "dovecot-plugin/activity.h"
#include "dovecot-plugin/databases.h"
#include "dovecot-plugin/delivery.h"
#include "dovecot-plugin/quota.h"
#include "dovecot-plugin/reports.h"
#include "dovecot-plugin/retention.h"
#include "dovecot-plugin/usage.h"

#include "mail-storage-hooks.h"

struct boxkeeper_user_module boxkeeper_user_module = MODULE_CONTEXT_INIT(
    &mail_user_module_register);
struct boxkeeper_mailbox_module boxkeeper_mailbox_module = MODULE_CONTEXT_INIT(
    &mail_storage_module_register);

BOXKEEPER_EXPORT extern const char *boxkeeper_plugin_version;
BOXKEEPER_EXPORT extern const char *boxkeeper_plugin_dependencies[];
BOXKEEPER_EXPORT void boxkeeper_plugin_init(struct module *module);
BOXKEEPER_EXPORT void boxkeeper_plugin_deinit(void);

const char *boxkeeper_plugin_version = DOVECOT_ABI_VERSION;
const char *boxkeeper_plugin_dependencies[] = {"quota", NULL};

struct boxkeeper_user *boxkeeper_owner(const struct mailbox *box)
{
    struct mail_namespace *ns = box->list->ns;

    return BOXKEEPER_USER(ns->owner != NULL ? ns->owner : ns->user);
}

bool boxkeeper_is_session(const struct mail_user *user)
{
    return !user->autocreated && !user->dsyncing &&
           (strcmp(user->service, "imap") == 0 || strcmp(user->service, "pop3") == 0);
}

static bool is_delivery(const struct mail_user *user)
{
    return !user->autocreated && strcmp(user->service, "lmtp") == 0;
}

static void user_deinit_pre(struct mail_user *user)
{
    struct boxkeeper_user *context = BOXKEEPER_USER(user);

    if (context->ready) {
        boxkeeper_retention_session_end(context);
        if (is_delivery(user))
            boxkeeper_usage_report_delivery(context);
        else if (boxkeeper_is_session(user))
            boxkeeper_usage_report_at_end(context);
        else
            boxkeeper_usage_report(context);
    }
    boxkeeper_retention_stop_timer(context);
    boxkeeper_usage_stop_timer(context);
    boxkeeper_restore_cached_fields(user, context->cached_fields_before);
    context->module_ctx.super.deinit_pre(user);
}

static void user_created(struct mail_user *user)
{
    struct mail_user_vfuncs *v = user->vlast;
    struct boxkeeper_user *context;

    /* lmtp makes this one to parse messages; it has no mail of its own. */
    if (strcmp(user->username, "raw-mail-user") == 0)
        return;
    boxkeeper_databases_init(boxkeeper_settings_path(user));
    context = p_new(user->pool, struct boxkeeper_user, 1);
    context->user = user;
    context->reported_bytes = context->reported_messages = context->reported_limit_bytes = -1;
    context->module_ctx.super = *v;
    user->vlast = &context->module_ctx.super;
    v->deinit_pre = user_deinit_pre;
    MODULE_CONTEXT_SET(user, boxkeeper_user_module, context);
    context->cached_fields_before = boxkeeper_always_cache_save_date(user);
}

static void namespaces_created(struct mail_namespace *namespaces)
{
    struct boxkeeper_user *context = BOXKEEPER_USER(namespaces->user);

    if (context == NULL || context->ready)
        return;
    context->ready = true;
    boxkeeper_quota_user_ready(context);
    boxkeeper_activity_session(context);
    boxkeeper_retention_session_begin(context);
}

static void mailbox_allocated(struct mailbox *box)
{
    struct mailbox_vfuncs *v = box->vlast;
    struct boxkeeper_mailbox *context;

    if (boxkeeper_owner(box) == NULL)
        return;
    context = p_new(box->pool, struct boxkeeper_mailbox, 1);
    context->module_ctx.super = *v;
    box->vlast = &context->module_ctx.super;
    boxkeeper_quota_mailbox_allocated(v);
    boxkeeper_delivery_mailbox_allocated(v);
    MODULE_CONTEXT_SET(box, boxkeeper_mailbox_module, context);
}

static struct mail_storage_hooks hooks = {
    .mail_user_created = user_created,
    .mail_namespaces_created = namespaces_created,
    .mailbox_allocated = mailbox_allocated,
};

void boxkeeper_plugin_init(struct module *module)
{
    mail_storage_hooks_add(module, &hooks);
    boxkeeper_quota_init();
    boxkeeper_delivery_init();
}

void boxkeeper_plugin_deinit(void)
{
    boxkeeper_delivery_deinit();
    boxkeeper_quota_deinit();
    mail_storage_hooks_remove(&hooks);
    boxkeeper_reports_deinit();
    boxkeeper_databases_deinit();
}
