/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/quota.h"

#include "dovecot-plugin/databases.h"
#include "dovecot-plugin/folders.h"
#include "dovecot-plugin/usage.h"

#include "rules/failure.h"
#include "rules/usage.h"

#include "ioloop.h"

extern struct quota_backend quota_backend_count;
static struct quota_backend backend;

static void set_limit(struct boxkeeper_user *context, int64_t bytes, int64_t trash_bytes)
{
    struct quota_root *root = boxkeeper_quota_root(context->user);

    context->limit_known = true;
    context->limit_bytes = bytes;
    context->trash_limit_bytes = trash_bytes;
    if (root != NULL)
        boxkeeper_set_root_limit(root, bytes);
    if (context->reported_limit_bytes >= 0 && context->reported_limit_bytes != bytes)
        boxkeeper_usage_changed(context);
}

/* rules/failure: BK_GO_ON_LAST_LIMIT. The limit already set stays; without one, state.db's. */
static void fall_back_to_last_limit(struct boxkeeper_user *context)
{
    struct bk_state *state;
    struct bk_error error = {0};
    int64_t bytes;

    if (context->limit_known ||
        bk_failure_decide(BK_FAILED_SETTINGS, BK_OPERATION_SESSION) != BK_GO_ON_LAST_LIMIT)
        return;
    state = boxkeeper_state();
    if (state != NULL && bk_state_lookup_limit(state, t_str_lcase(context->user->username), &bytes,
                                               &error) == BK_FOUND)
        set_limit(context, bytes, bytes);
}

static void refresh_limit(struct boxkeeper_user *context)
{
    const struct bk_account *account;
    struct bk_settings *settings;
    struct bk_arena *arena;
    bool ours;

    /* One reading for all that Dovecot asks in one turn of its loop. */
    if (context->limit_known && timeval_cmp(&context->limit_read_at, &ioloop_timeval) == 0)
        return;
    context->limit_read_at = ioloop_timeval;
    settings = boxkeeper_settings();
    if (settings != NULL && !bk_settings_has_changed(settings, &context->limit_version) &&
        context->limit_known) {
        set_limit(context, context->limit_bytes, context->trash_limit_bytes);
        return;
    }
    arena = bk_arena_create();
    switch (boxkeeper_lookup_account(arena, context->user->username, &account, &ours)) {
    case BK_FOUND:
        context->account_id = account->id;
        set_limit(context, bk_usage_limit_bytes(account, false),
                  bk_usage_limit_bytes(account, true));
        break;
    case BK_ABSENT:
        context->account_id = 0;
        set_limit(context, 0, 0);
        break;
    case BK_FAILED:
        i_zero(&context->limit_version);
        fall_back_to_last_limit(context);
        break;
    }
    bk_arena_destroy(&arena);
}

/* ---- the backend ---- */

static enum quota_get_result get_resource(struct quota_root *root, const char *name,
                                          uint64_t *value_r, const char **error_r)
{
    struct boxkeeper_user *context = BOXKEEPER_USER(root->quota->user);

    if (context != NULL)
        refresh_limit(context);
    return quota_backend_count.v.get_resource(root, name, value_r, error_r);
}

/* Dovecot calls this after each commit that stored or removed something. */
static int update(struct quota_root *root, struct quota_transaction_context *ctx,
                  const char **error_r)
{
    struct boxkeeper_user *context = BOXKEEPER_USER(root->quota->user);

    if (context != NULL) {
        boxkeeper_usage_changed(context);
        context->measured_bytes += ctx->bytes_used;
        context->measured_messages += ctx->count_used;
        if (ctx->box == NULL || strcasecmp(ctx->box->vname, "INBOX") != 0)
            context->stored_elsewhere = true;
    }
    return quota_backend_count.v.update(root, ctx, error_r);
}

struct quota_root *boxkeeper_quota_root(struct mail_user *user)
{
    struct quota *quota = quota_get_mail_user_quota(user);
    struct quota_root *root;

    if (quota == NULL)
        return NULL;
    array_foreach_elem(BOXKEEPER_QUOTA_ROOTS(quota), root)
    {
        if (root->backend.v.get_resource == get_resource)
            return root;
    }
    return NULL;
}

bool boxkeeper_quota_measure(struct boxkeeper_user *context, int64_t *bytes_r, int64_t *messages_r)
{
    struct quota_root *root = boxkeeper_quota_root(context->user);
    uint64_t bytes, messages, limit;
    const char *error;

    if (root == NULL)
        return false;
    if (quota_get_resource(root, BOXKEEPER_ANY_FOLDER, QUOTA_NAME_STORAGE_BYTES, &bytes, &limit,
                           &error) <= QUOTA_GET_RESULT_INTERNAL_ERROR ||
        quota_get_resource(root, BOXKEEPER_ANY_FOLDER, QUOTA_NAME_MESSAGES, &messages, &limit,
                           &error) <= QUOTA_GET_RESULT_INTERNAL_ERROR) {
        e_error(context->user->event, "boxkeeper: usage could not be measured: %s", error);
        return false;
    }
    *bytes_r = I_MIN(bytes, (uint64_t)INT64_MAX);
    *messages_r = I_MIN(messages, (uint64_t)INT64_MAX);
    context->measured = true;
    context->measured_bytes = *bytes_r;
    context->measured_messages = *messages_r;
    return true;
}

/* ---- moves, and a copy into the trash ---- */

/* Usage when this transaction began, from what Dovecot has left over for it. */
static int64_t usage_at_begin(const struct boxkeeper_user *context,
                              const struct quota_transaction_context *ctx)
{
    if (ctx->bytes_over > 0 || ctx->bytes_ceil2 == 0)
        return bk_add_saturating(context->limit_bytes, I_MIN(ctx->bytes_over, INT64_MAX));
    return context->limit_bytes - (int64_t)I_MIN(ctx->bytes_ceil2, (uint64_t)context->limit_bytes);
}

static bool is_trash(struct mailbox *box, struct boxkeeper_mailbox *context)
{
    if (!context->trash_looked_up) {
        context->is_trash = boxkeeper_folder_is_trash(box);
        context->trash_looked_up = true;
    }
    return context->is_trash;
}

static enum quota_alloc_result test_alloc(BOXKEEPER_TEST_ALLOC_PARAMETERS)
{
    struct boxkeeper_user *context = BOXKEEPER_USER(ctx->quota->user);
    struct boxkeeper_mailbox *box = BOXKEEPER_MAILBOX(ctx->box);
    enum quota_alloc_result result = context->next_test_alloc(BOXKEEPER_TEST_ALLOC_ARGUMENTS);
    int64_t after;

    if (result != QUOTA_ALLOC_RESULT_OVER_QUOTA && result != QUOTA_ALLOC_RESULT_OVER_QUOTA_LIMIT)
        return result;
    if (context->store_though_full || (box != NULL && box->moving_within_account))
        return QUOTA_ALLOC_RESULT_OK;
    if (box == NULL || !box->copying_within_account || !is_trash(ctx->box, box))
        return result;
    after = bk_add_saturating(usage_at_begin(context, ctx), I_MAX(ctx->bytes_used, 0));
    after = bk_add_saturating(after, I_MIN(size, (uoff_t)INT64_MAX));
    return after <= context->trash_limit_bytes ? QUOTA_ALLOC_RESULT_OK : result;
}

/* ---- mailboxes ---- */

static struct mailbox_transaction_context *
transaction_begin(struct mailbox *box, enum mailbox_transaction_flags flags, const char *reason)
{
    refresh_limit(boxkeeper_owner(box));
    return BOXKEEPER_MAILBOX(box)->module_ctx.super.transaction_begin(box, flags, reason);
}

/* False, with the error set, when no limit is known and the message would add to the usage. */
static bool may_store(struct mailbox *box, bool moving)
{
    if (moving || boxkeeper_owner(box)->limit_known)
        return true;
    mail_storage_set_error(box->storage, MAIL_ERROR_UNAVAILABLE,
                           "The mailbox's settings cannot be read now, please try again later");
    return false;
}

static int save_begin(struct mail_save_context *ctx, struct istream *input)
{
    struct mailbox *box = ctx->transaction->box;
    struct boxkeeper_mailbox *context = BOXKEEPER_MAILBOX(box);

    if (!ctx->copying_or_moving)
        context->copying_within_account = context->moving_within_account = false;
    if (!may_store(box, ctx->moving))
        return -1;
    return context->module_ctx.super.save_begin(ctx, input);
}

static int copy(struct mail_save_context *ctx, struct mail *mail)
{
    struct mailbox *box = ctx->transaction->box;
    struct boxkeeper_mailbox *context = BOXKEEPER_MAILBOX(box);

    /* Dovecot checks the quota after this function; the mark stays until the next message. */
    context->copying_within_account = !ctx->saving &&
                                      boxkeeper_owner(mail->box) == boxkeeper_owner(box);
    context->moving_within_account = context->copying_within_account && ctx->moving;
    if (!may_store(box, ctx->moving)) {
        mailbox_save_cancel(&ctx);
        return -1;
    }
    return context->module_ctx.super.copy(ctx, mail);
}

/* Removing a folder removes its mail without any transaction that quota would see. */
static int delete_box(struct mailbox *box)
{
    boxkeeper_usage_changed(boxkeeper_owner(box));
    return BOXKEEPER_MAILBOX(box)->module_ctx.super.delete_box(box);
}

/* Which folders retention is about may be others now. */
static void folders_changed(const struct mailbox *box)
{
    struct boxkeeper_user *context = boxkeeper_owner(box);

    if (context != NULL)
        context->mail_changed = true;
}

static int create_box(struct mailbox *box, const struct mailbox_update *update, bool directory)
{
    folders_changed(box);
    return BOXKEEPER_MAILBOX(box)->module_ctx.super.create_box(box, update, directory);
}

static int rename_box(struct mailbox *src, struct mailbox *dest)
{
    folders_changed(src);
    folders_changed(dest);
    return BOXKEEPER_MAILBOX(src)->module_ctx.super.rename_box(src, dest);
}

void boxkeeper_quota_mailbox_allocated(struct mailbox_vfuncs *v)
{
    v->transaction_begin = transaction_begin;
    v->save_begin = save_begin;
    v->copy = copy;
    v->create_box = create_box;
    v->delete_box = delete_box;
    v->rename_box = rename_box;
}

void boxkeeper_quota_user_ready(struct boxkeeper_user *context)
{
    if (boxkeeper_quota_root(context->user) == NULL)
        return;
    context->next_test_alloc = boxkeeper_replace_test_alloc(
        quota_get_mail_user_quota(context->user), test_alloc);
    refresh_limit(context);
}

void boxkeeper_quota_init(void)
{
    backend = quota_backend_count;
    backend.name = "boxkeeper";
    backend.v.get_resource = get_resource;
    backend.v.update = update;
    quota_backend_register(&backend);
}

void boxkeeper_quota_deinit(void)
{
    quota_backend_unregister(&backend);
}
