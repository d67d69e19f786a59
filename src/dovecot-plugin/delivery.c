/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/delivery.h"

#include "dovecot-plugin/auto-reply.h"
#include "dovecot-plugin/databases.h"
#include "dovecot-plugin/lock.h"
#include "dovecot-plugin/quota.h"
#include "dovecot-plugin/spam.h"

#include "rules/address.h"
#include "rules/admission.h"

#include "file-lock.h"
#include "lda-settings.h"
#include "lmtp-common.h"
#include "lmtp-recipient.h"
#include "mail-deliver.h"
#include "smtp-address.h"

/* These exist in lmtp (and lda) only. */
#pragma weak lmtp_client_created_hook_set
#pragma weak mail_deliver_hook_set
#pragma weak mail_deliver_log
#pragma weak mail_deliver_save

typedef int local_deliver_function(struct client *client, struct lmtp_recipient *recipient,
                                   struct smtp_server_cmd_ctx *cmd,
                                   struct smtp_server_transaction *trans,
                                   struct lmtp_local_deliver_context *context);

static lmtp_client_created_func_t *next_client_created;
static local_deliver_function *next_local_deliver;
static deliver_mail_func_t *next_deliver_mail;

/* As long as vacation itself waits for another process at most. */
#define REPLY_LOCK_SECONDS 30

/* Ask the rules about one message for one user. NONE_OF_OURS: not an account's mail. */
static struct bk_admission decide(struct boxkeeper_user *context, const char *recipient,
                                  struct mail *mail)
{
    struct bk_arena *arena = bk_arena_create();
    const struct bk_account *account;
    struct bk_usage usage = {0};
    struct bk_admission none = {.action = BK_ADMISSION_NONE_OF_OURS, .store = true};
    struct bk_admission admission;
    enum bk_lookup found;
    uoff_t size = 0;
    bool ours;

    found = boxkeeper_lookup_account(arena, context->user->username, &account, &ours);
    if (found == BK_ABSENT && !ours) {
        bk_arena_destroy(&arena);
        return none;
    }
    usage.known = boxkeeper_quota_measure(context, &usage.bytes, &usage.messages);
    if (mail_get_virtual_size(mail, &size) < 0)
        size = 0;
    admission = bk_admission_decide_delivery(found, account, recipient, &usage,
                                             (int64_t)I_MIN(size, (uoff_t)INT64_MAX));
    admission.decided_by = NULL; /* it lived in the arena */
    bk_arena_destroy(&arena);
    return admission;
}

/* "552 5.2.2 text" as Dovecot takes it: a number, an enhanced code, a text. */
static void reply(struct smtp_server_recipient *recipient, const char *text)
{
    const char *const *words = t_strsplit(text, " ");
    unsigned int status;

    if (str_array_length(words) < 3 || str_to_uint(words[0], &status) < 0)
        i_panic("boxkeeper: not a reply: %s", text);
    smtp_server_recipient_reply(recipient, status, words[1], "%s",
                                text + strlen(words[0]) + strlen(words[1]) + 2);
}

static int local_deliver(struct client *client, struct lmtp_recipient *recipient,
                         struct smtp_server_cmd_ctx *cmd, struct smtp_server_transaction *trans,
                         struct lmtp_local_deliver_context *context)
{
    struct boxkeeper_user *user = BOXKEEPER_USER(context->rcpt_user);
    struct bk_admission admission;

    if (user == NULL)
        return next_local_deliver(client, recipient, cmd, trans, context);
    admission = decide(user, smtp_address_encode(recipient->rcpt->path), context->src_mail);
    if (admission.action == BK_ADMISSION_REFUSE || admission.action == BK_ADMISSION_DEFER) {
        e_info(context->rcpt_user->event, "boxkeeper: not delivered: %s",
               bk_admission_reply(admission.reason));
        reply(recipient->rcpt, bk_admission_reply(admission.reason));
        return -1;
    }
    return next_local_deliver(client, recipient, cmd, trans, context);
}

static void client_created(struct client **client)
{
    next_local_deliver = (*client)->v.local_deliver;
    (*client)->v.local_deliver = local_deliver;
    if (next_client_created != NULL)
        next_client_created(client);
}

/* ---- within the delivery: sieve, storing ---- */

static int run_sieve(struct mail_deliver_context *ctx, struct mail_storage **storage_r)
{
    return next_deliver_mail == NULL ? 0 : next_deliver_mail(ctx, storage_r);
}

/* Into the INBOX, past spam filter, auto-reply and the user's scripts: it is about this mailbox. */
static int store_warning(struct boxkeeper_user *context, struct mail_deliver_context *ctx,
                         struct mail_storage **storage_r, bool store)
{
    int ret;

    if (!store) {
        mail_deliver_log(ctx, "warning not stored: the account does not receive");
        return 1;
    }
    context->store_though_full = true;
    ret = mail_deliver_save(ctx, ctx->rcpt_default_mailbox, 0, NULL, storage_r);
    context->store_though_full = false;
    return ret < 0 ? -1 : 1;
}

static int run_sieve_storing_nothing(struct boxkeeper_user *context,
                                     struct mail_deliver_context *ctx,
                                     struct mail_storage **storage_r)
{
    int ret;

    boxkeeper_set_sieve_environment(context->user, "boxkeeper_store", "no");
    context->store_nothing = true;
    ret = run_sieve(ctx, storage_r);
    context->store_nothing = false;
    /* A script that could not be run is not a reason to store. One that failed for the moment (an
     * answer that could not be sent) is tried again with the message. */
    if (ret < 0 && ctx->tempfail_error != NULL)
        return ret;
    mail_deliver_log(ctx, "not stored: the account does not receive");
    return 1;
}

/* The rules have let the message pass. Where storing fails for want of space all the same, the disk
 * is full, or another message was quicker: that is for now only (452 4.2.2), not for good. */
static void make_full_temporary(struct mail_deliver_context *ctx)
{
    ((struct lda_settings *)ctx->set)->quota_full_tempfail = true;
}

static int deliver_mail_hook(struct mail_deliver_context *ctx, struct mail_storage **storage_r)
{
    struct boxkeeper_user *context = BOXKEEPER_USER(ctx->rcpt_user);
    const char *recipient = ctx->rcpt_to == NULL ? "" : smtp_address_encode(ctx->rcpt_to);
    struct bk_admission admission;
    struct file_lock *lock = NULL;
    bool spam, answers;
    int ret;

    if (context == NULL)
        return run_sieve(ctx, storage_r);
    admission = decide(context, recipient, ctx->src_mail);
    if (admission.action == BK_ADMISSION_NONE_OF_OURS)
        return run_sieve(ctx, storage_r);
    if (admission.action != BK_ADMISSION_ACCEPT && admission.reason != BK_REASON_FULL &&
        admission.reason != BK_REASON_FULL_FOR_NOW) {
        ctx->tempfail_error = bk_admission_reply(admission.reason);
        return -1;
    }
    if (bk_address_is_warning(recipient))
        return store_warning(context, ctx, storage_r, admission.store);
    if (!boxkeeper_spam_prepare(context, ctx, &spam) ||
        !boxkeeper_auto_reply_prepare(context, ctx, spam, &answers)) {
        ctx->tempfail_error = bk_admission_reply(BK_REASON_SETTINGS_FAILED);
        return -1;
    }
    if (admission.action == BK_ADMISSION_ACCEPT)
        make_full_temporary(ctx);
    /* Vacation's memory loses an answer when two processes answer others in the same moment: it
     * knows a change of its file by the inode, and the change after that may get the old one again.
     * So they answer one after the other; where that can't be had, twice is better than never. */
    if (answers)
        (void)boxkeeper_lock(context->user, BOXKEEPER_REPLY_LOCK, REPLY_LOCK_SECONDS, &lock);
    if (admission.action == BK_ADMISSION_ACCEPT && !admission.store)
        ret = run_sieve_storing_nothing(context, ctx, storage_r);
    else
        ret = run_sieve(ctx, storage_r);
    if (lock != NULL)
        file_lock_free(&lock);
    return ret;
}

static int transaction_commit(struct mailbox_transaction_context *t,
                              struct mail_transaction_commit_changes *changes_r)
{
    struct boxkeeper_mailbox *context = BOXKEEPER_MAILBOX(t->box);

    /* Only deliveries open a mailbox with this flag. */
    if (boxkeeper_owner(t->box)->store_nothing &&
        (t->box->flags & MAILBOX_FLAG_POST_SESSION) != 0) {
        context->module_ctx.super.transaction_rollback(t);
        i_zero(changes_r);
        changes_r->pool = pool_alloconly_create("boxkeeper nothing stored", 64);
        p_array_init(&changes_r->saved_uids, changes_r->pool, 1);
        return 0;
    }
    return context->module_ctx.super.transaction_commit(t, changes_r);
}

void boxkeeper_delivery_mailbox_allocated(struct mailbox_vfuncs *v)
{
    v->transaction_commit = transaction_commit;
}

void boxkeeper_delivery_init(void)
{
    if (lmtp_client_created_hook_set != NULL)
        next_client_created = lmtp_client_created_hook_set(client_created);
    if (mail_deliver_hook_set != NULL)
        next_deliver_mail = mail_deliver_hook_set(deliver_mail_hook);
}

void boxkeeper_delivery_deinit(void)
{
    if (lmtp_client_created_hook_set != NULL)
        lmtp_client_created_hook_set(next_client_created);
    if (mail_deliver_hook_set != NULL)
        mail_deliver_hook_set(next_deliver_mail);
}
