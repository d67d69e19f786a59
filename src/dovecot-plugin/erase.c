/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/erase.h"

#include "dovecot-plugin/databases.h"
#include "dovecot-plugin/lock.h"
#include "dovecot-plugin/pass.h"

#include "rules/retention.h"

#include "file-lock.h"
#include "guid.h"
#include "mailbox-list-iter.h"

/* Large enough that maildir's uidlist is not written all the time, small enough that a session of
 * the user's does not wait for long. */
#define BATCH_MESSAGES 2000

typedef int visit_function(struct mailbox *box, const char *guid, void *context);

static int fail(struct mailbox *box)
{
    e_error(box->event, "boxkeeper: folder %s: %s", box->vname,
            mailbox_get_last_internal_error(box, NULL));
    return -1;
}

static int visit(const struct mailbox_info *info, visit_function *function, void *context)
{
    struct mailbox *box = mailbox_alloc(info->ns->list, info->vname, MAILBOX_FLAG_IGNORE_ACLS);
    struct mailbox_metadata metadata;
    int ret = 0;

    if (mailbox_open(box) < 0) {
        /* Deleted meanwhile, or a name without messages. */
        if (mailbox_get_last_mail_error(box) != MAIL_ERROR_NOTFOUND)
            ret = fail(box);
    } else if (mailbox_sync(box, 0) < 0 ||
               mailbox_get_metadata(box, MAILBOX_METADATA_GUID, &metadata) < 0) {
        ret = fail(box);
    } else {
        ret = function(box, guid_128_to_string(metadata.guid), context);
    }
    mailbox_free(&box);
    return ret;
}

/* Every folder of the user's own; 1 from `function` ends it early. */
static int visit_all(struct mail_user *user, visit_function *function, void *context)
{
    static const char *const patterns[] = {"*", NULL};
    struct mailbox_list_iterate_context *iter = mailbox_list_iter_init_namespaces(
        user->namespaces, patterns, MAIL_NAMESPACE_TYPE_PRIVATE,
        MAILBOX_LIST_ITER_RETURN_NO_FLAGS | MAILBOX_LIST_ITER_NO_AUTO_BOXES |
            MAILBOX_LIST_ITER_SKIP_ALIASES);
    const struct mailbox_info *info;
    int ret = 0;

    while (ret == 0 && (info = mailbox_list_iter_next(iter)) != NULL) {
        if ((info->flags & (MAILBOX_NONEXISTENT | MAILBOX_NOSELECT)) != 0)
            continue;
        T_BEGIN
        {
            ret = visit(info, function, context);
        }
        T_END;
    }
    if (mailbox_list_iter_deinit(&iter) < 0) {
        e_error(user->event, "boxkeeper: folders could not be listed");
        ret = -1;
    }
    return ret;
}

/* ---- list ---- */

struct listing {
    int64_t asked_at;
    boxkeeper_erase_row *row;
    void *context;
};

/* The UID of the first message at the end that came after `asked_at`, or UIDNEXT; and how many
 * messages are before it. */
static int find_limit(struct mailbox *box, int64_t asked_at, const struct mailbox_status *status,
                      uint32_t *limit_r, unsigned int *messages_r)
{
    struct mailbox_transaction_context *t = mailbox_transaction_begin(box, 0, "boxkeeper: erase");
    struct mail *mail = mail_alloc(t, MAIL_FETCH_SAVE_DATE, NULL);
    time_t save_date;

    *limit_r = status->uidnext;
    *messages_r = status->messages;
    for (uint32_t seq = status->messages; seq > 0; seq--) {
        mail_set_seq(mail, seq);
        if (mail_get_save_date(mail, &save_date) < 0 || save_date <= asked_at)
            break;
        *limit_r = mail->uid;
        *messages_r = seq - 1;
    }
    mail_free(&mail);
    return mailbox_transaction_commit(&t) < 0 ? fail(box) : 0;
}

static int list_folder(struct mailbox *box, const char *guid, void *context)
{
    struct listing *listing = context;
    struct boxkeeper_erase_folder folder = {.guid = guid};
    struct mailbox_status status;
    unsigned int messages;

    if (mailbox_get_status(box, STATUS_UIDVALIDITY | STATUS_UIDNEXT | STATUS_MESSAGES, &status) < 0)
        return fail(box);
    folder.uid_validity = status.uidvalidity;
    if (find_limit(box, listing->asked_at, &status, &folder.uid_limit, &messages) < 0)
        return -1;
    listing->row(listing->context, &folder, messages);
    return 0;
}

int boxkeeper_erase_list(struct mail_user *user, int64_t asked_at, unsigned int lock_seconds,
                         boxkeeper_erase_row *row, void *context)
{
    struct listing listing = {.asked_at = asked_at, .row = row, .context = context};
    struct file_lock *lock;
    int ret;

    if (boxkeeper_lock(user, BOXKEEPER_MAIL_LOCK, lock_seconds, &lock) <= 0)
        return -1;
    ret = visit_all(user, list_folder, &listing);
    file_lock_free(&lock);
    return ret;
}

/* ---- run ---- */

struct erasing {
    const struct boxkeeper_erase_folder *folders;
    unsigned int count;
    int64_t deadline; /* 0 = none */
    struct boxkeeper_erase_result *result;
};

static bool is_over(const struct erasing *erasing)
{
    return erasing->deadline != 0 && boxkeeper_monotonic_milliseconds() >= erasing->deadline;
}

/* 1: something went, 0: nothing is left below the limit. */
static int erase_batch(struct mailbox *box, uint32_t limit, uint64_t *erased)
{
    struct mailbox_transaction_context *t;
    uint32_t first = 0, last = 0;
    struct mail *mail;

    if (limit > 1)
        mailbox_get_seq_range(box, 1, limit - 1, &first, &last);
    if (first == 0)
        return 0;
    last = I_MIN(last, first + BATCH_MESSAGES - 1);
    t = mailbox_transaction_begin(box, 0, "boxkeeper: erase");
    mail = mail_alloc(t, 0, NULL);
    for (uint32_t seq = first; seq <= last; seq++) {
        mail_set_seq(mail, seq);
        mail_expunge(mail);
    }
    mail_free(&mail);
    if (mailbox_transaction_commit(&t) < 0 || mailbox_sync(box, 0) < 0)
        return fail(box);
    *erased += last - first + 1;
    return 1;
}

static int erase_folder(struct mailbox *box, const struct boxkeeper_erase_folder *folder,
                        struct erasing *erasing)
{
    struct mailbox_status status;
    int ret;

    if (mailbox_get_status(box, STATUS_UIDVALIDITY, &status) < 0)
        return fail(box);
    if (status.uidvalidity != folder->uid_validity) {
        e_warning(box->event,
                  "boxkeeper: folder %s has been numbered anew: its mail is not erased; ask for it "
                  "once more",
                  box->vname);
        return 0;
    }
    while ((ret = erase_batch(box, folder->uid_limit, &erasing->result->erased)) > 0) {
        if (is_over(erasing)) {
            erasing->result->unfinished = true;
            return 1;
        }
    }
    return ret;
}

static int erase_if_listed(struct mailbox *box, const char *guid, void *context)
{
    struct erasing *erasing = context;

    for (unsigned int i = 0; i < erasing->count; i++) {
        if (strcmp(erasing->folders[i].guid, guid) == 0)
            return erase_folder(box, &erasing->folders[i], erasing);
    }
    return 0;
}

/* Is it still that account, and may its mail go? */
static bool may_erase(struct mail_user *user, int64_t account_id)
{
    struct bk_arena *arena = bk_arena_create();
    const struct bk_account *account;
    bool ours, may;

    may = boxkeeper_lookup_account(arena, user->username, &account, &ours) == BK_FOUND &&
          account->id == account_id && bk_retention_rest(account) != BK_REST_HOLD;
    if (!may)
        e_error(user->event, "boxkeeper: no mail is erased: the account is on hold, is another one "
                             "by now, or the settings can't be read");
    bk_arena_destroy(&arena);
    return may;
}

/* mdbox gives the space back only then; the others do nothing. */
static int purge(struct mail_user *user)
{
    struct mail_storage *storage;
    int ret = 0;

    for (storage = user->storages; storage != NULL; storage = storage->next) {
        if (mail_storage_purge(storage) < 0)
            ret = -1;
    }
    return ret;
}

int boxkeeper_erase_run(struct mail_user *user, int64_t account_id,
                        const struct boxkeeper_erase_folder *folders, unsigned int count,
                        int64_t budget_milliseconds, unsigned int lock_seconds,
                        struct boxkeeper_erase_result *result_r)
{
    struct erasing erasing = {.folders = folders, .count = count, .result = result_r};
    struct file_lock *lock;
    int ret;

    i_zero(result_r);
    if (budget_milliseconds > 0)
        erasing.deadline = boxkeeper_monotonic_milliseconds() + budget_milliseconds;
    if (boxkeeper_lock(user, BOXKEEPER_MAIL_LOCK, lock_seconds, &lock) <= 0)
        return -1;
    ret = may_erase(user, account_id) ? visit_all(user, erase_if_listed, &erasing) : -1;
    if (ret == 0 && purge(user) < 0)
        ret = -1;
    file_lock_free(&lock);
    if (result_r->erased > 0)
        e_info(user->event, "boxkeeper: erased %" PRIu64 " messages%s", result_r->erased,
               result_r->unfinished ? ", more are to go" : "");
    return ret < 0 ? -1 : 0;
}
