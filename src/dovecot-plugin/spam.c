/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/spam.h"

#include "dovecot-plugin/databases.h"
#include "dovecot-plugin/subject.h"

#include "rules/spam.h"
#include "store/settings-spam.h"

#include "mail-deliver.h"
#include "message-address.h"
#include "smtp-address.h"

#define FROM_ADDRESSES_MAXIMUM 100

static struct bk_spam_scan read_scan(struct bk_arena *arena, struct mail *mail)
{
    struct bk_spam_scan scan = {0};

    for (const char *const *name = bk_spam_headers; *name != NULL; name++) {
        const char *const *values;

        if (mail_get_headers(mail, *name, &values) <= 0)
            continue;
        for (; *values != NULL; values++)
            bk_spam_scan_header(arena, &scan, *name, *values);
    }
    return scan;
}

static void add_from(ARRAY_TYPE(const_string) * senders, const char *value)
{
    const struct message_address *address = message_address_parse(
        pool_datastack_create(), (const unsigned char *)value, strlen(value),
        FROM_ADDRESSES_MAXIMUM, 0);

    for (; address != NULL; address = address->next) {
        if (address->mailbox != NULL && *address->mailbox != '\0' && address->domain != NULL &&
            *address->domain != '\0') {
            const char *text = t_strdup_printf("%s@%s", address->mailbox, address->domain);

            array_push_back(senders, &text);
        }
    }
}

/* The envelope sender and the addresses of From. */
static const char *const *read_senders(struct mail_deliver_context *ctx, unsigned int *count_r)
{
    ARRAY_TYPE(const_string) senders;
    const char *const *values;

    t_array_init(&senders, 4);
    if (!smtp_address_isnull(ctx->mail_from)) {
        const char *text = smtp_address_encode(ctx->mail_from);

        array_push_back(&senders, &text);
    }
    if (mail_get_headers(ctx->src_mail, "From", &values) > 0) {
        for (; *values != NULL; values++)
            add_from(&senders, *values);
    }
    return array_get(&senders, count_r);
}

static bool read_filter(struct bk_arena *arena, const char *username, struct bk_spam_filter *filter,
                        bool *ours_r)
{
    struct bk_settings *settings;
    struct bk_spam_settings spam;
    struct bk_error error = {0};
    const struct bk_account *account;
    enum bk_lookup found = boxkeeper_lookup_account(arena, username, &account, ours_r);

    if (found != BK_FOUND)
        return found == BK_ABSENT;
    settings = boxkeeper_settings();
    if (settings == NULL)
        return false;
    if (bk_settings_lookup_spam(settings, arena, account->id, &spam, &error) == BK_FAILED) {
        boxkeeper_log_database_error("settings", &error);
        return false;
    }
    *filter = bk_spam_filter(account->domain->plan, &spam);
    return true;
}

static const char *reason_text(enum bk_spam_reason reason)
{
    switch (reason) {
    case BK_SPAM_BECAUSE_ALLOWED:
        return "the sender is allowed";
    case BK_SPAM_BECAUSE_BLOCKED:
        return "the sender is blocked";
    case BK_SPAM_BECAUSE_SCORE:
        return "by its score";
    case BK_SPAM_BECAUSE_SCANNER:
        return "by the scanner's word";
    case BK_SPAM_BECAUSE_NOTHING:
        break;
    }
    return "no scanner has seen it";
}

/* The Subject with the tag; "": as it is, since an earlier mailbox of ours has tagged it already.
 */
static const char *tagged_subject(struct mail *mail, const char *tag)
{
    const char *header = NULL, *subject;

    if (mail_get_first_header(mail, "Subject", &header) < 0)
        header = NULL;
    subject = boxkeeper_readable_subject(header);
    if (strstr(subject, tag) != NULL)
        return "";
    return *subject != '\0' ? t_strdup_printf("%s %s", tag, subject) : tag;
}

static void hand_over(struct mail_user *user, struct mail *mail,
                      const struct bk_spam_verdict *verdict)
{
    boxkeeper_set_sieve_environment(user, "boxkeeper_spam", verdict->spam ? "yes" : "no");
    boxkeeper_set_sieve_environment(user, "boxkeeper_spam_subject",
                                    verdict->tag != NULL ? tagged_subject(mail, verdict->tag) : "");
    boxkeeper_set_sieve_environment(user, "boxkeeper_spam_folder",
                                    verdict->folder != NULL ? verdict->folder : "");
    boxkeeper_set_sieve_environment(user, "boxkeeper_spam_delete", verdict->discard ? "yes" : "no");
}

bool boxkeeper_spam_prepare(struct boxkeeper_user *context, struct mail_deliver_context *ctx,
                            bool *spam_r)
{
    struct bk_arena *arena = bk_arena_create();
    struct bk_spam_filter filter = {0};
    bool ours = false, known = read_filter(arena, context->user->username, &filter, &ours);

    *spam_r = false;
    if (known && ours) {
        struct bk_spam_scan scan = read_scan(arena, ctx->src_mail);
        struct bk_spam_verdict verdict;
        unsigned int count;
        const char *const *senders = read_senders(ctx, &count);

        verdict = bk_spam_decide(arena, &filter, &scan, senders, count);
        hand_over(context->user, ctx->src_mail, &verdict);
        if (verdict.spam)
            e_info(context->user->event, "boxkeeper: spam: %s", reason_text(verdict.reason));
        *spam_r = verdict.spam;
    }
    bk_arena_destroy(&arena);
    return known;
}
