/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/auto-reply.h"

#include "dovecot-plugin/databases.h"
#include "dovecot-plugin/quote.h"

#include "rules/auto_reply.h"
#include "rules/directory.h"
#include "store/settings-auto-reply.h"

#include "env-util.h"
#include "hex-binary.h"
#include "mail-deliver.h"
#include "message-address.h"
#include "sha1.h"
#include "smtp-address.h"

#include <stdlib.h>
#include <time.h>

#define HEADER_ADDRESSES_MAXIMUM 100
#define DAY_SECONDS 86400

/* Where vacation looks for an address of the user's (RFC 5230 section 4.5). */
static const char *const recipient_headers[] = {"To",        "Cc",        "Bcc",
                                                "Resent-To", "Resent-Cc", "Resent-Bcc"};

struct answer {
    struct bk_arena *arena;
    struct bk_settings *settings;
    const struct bk_directory *directory;
    struct bk_error error;
    const struct bk_account *account;
    struct bk_auto_reply reply;
    const char *address, *from;
};

/* Today's date in the domain's time zone (NULL: the server's). */
static const char *local_date(const char *time_zone)
{
    const char *before = t_strdup(getenv("TZ"));
    time_t now = time(NULL);
    struct tm day;
    char text[32];

    if (time_zone != NULL) {
        env_put("TZ", time_zone);
        tzset();
    }
    if (localtime_r(&now, &day) == NULL || strftime(text, sizeof(text), "%Y-%m-%d", &day) == 0)
        i_panic("boxkeeper: the clock has no date");
    if (time_zone != NULL) {
        if (before != NULL)
            env_put("TZ", before);
        else
            env_remove("TZ");
        tzset();
    }
    return t_strdup(text);
}

/* The account that takes mail for this address is the answering one. */
static bool is_own(struct answer *answer, const char *text, struct bk_address *address_r,
                   bool *is_caught_r)
{
    struct bk_place place;

    if (!bk_address_parse(answer->arena, text, address_r))
        return false;
    place = bk_place_find(answer->arena, answer->directory, address_r);
    *is_caught_r = place.is_caught;
    return place.found == BK_FOUND && place.account->id == answer->account->id;
}

static bool take_address(struct answer *answer, const char *value)
{
    const struct message_address *found = message_address_parse(
        pool_datastack_create(), (const unsigned char *)value, strlen(value),
        HEADER_ADDRESSES_MAXIMUM, 0);

    for (; found != NULL; found = found->next) {
        struct bk_address address;
        const char *text;
        bool is_caught;

        if (found->mailbox == NULL || found->domain == NULL)
            continue;
        text = t_strdup_printf("%s@%s", found->mailbox, found->domain);
        if (!is_own(answer, text, &address, &is_caught))
            continue;
        answer->address = text;
        if (!is_caught)
            answer->from = bk_address_plain(answer->arena, &address);
        return true;
    }
    return false;
}

/* The address that the sender wrote to is the one that answers. */
static void find_address(struct answer *answer, struct mail *mail)
{
    answer->address = answer->from = answer->account->primary_address;
    for (unsigned int i = 0; i < N_ELEMENTS(recipient_headers); i++) {
        const char *const *values;

        if (mail_get_headers(mail, recipient_headers[i], &values) <= 0)
            continue;
        for (; *values != NULL; values++) {
            if (take_address(answer, *values))
                return;
        }
    }
}

/* The number alone would do, but for a backup that is restored and then counts again. */
static const char *make_handle(const struct bk_auto_reply *reply)
{
    const char *text = t_strdup_printf("%lld\n%s\n%s\n%s", (long long)reply->text_number,
                                       reply->subject, reply->from_date, reply->body);
    unsigned char digest[SHA1_RESULTLEN];

    sha1_get_digest(text, strlen(text), digest);
    return t_strdup_printf("boxkeeper-%s", binary_to_hex(digest, sizeof(digest)));
}

static void hand_over(const struct answer *answer, struct mail_user *user, struct mail *mail)
{
    const struct bk_auto_reply *reply = &answer->reply;
    int64_t interval = bk_auto_reply_interval(answer->account->domain->plan, reply);
    const char *quote = reply->quote ? boxkeeper_quote(mail, BK_AUTO_REPLY_QUOTE_MAXIMUM_BYTES)
                                     : "";

    boxkeeper_set_sieve_environment(user, "boxkeeper_reply_handle", make_handle(reply));
    boxkeeper_set_sieve_environment(user, "boxkeeper_reply_subject", reply->subject);
    boxkeeper_set_sieve_environment(user, "boxkeeper_reply_text",
                                    *quote != '\0' ? t_strdup_printf("%s\n\n%s", reply->body, quote)
                                                   : reply->body);
    boxkeeper_set_sieve_environment(user, "boxkeeper_reply_from", answer->from);
    boxkeeper_set_sieve_environment(user, "boxkeeper_reply_address", answer->address);
    boxkeeper_set_sieve_setting(user, "sieve_vacation_default_period",
                                t_strdup_printf("%llds", (long long)interval));
    if (interval < DAY_SECONDS)
        boxkeeper_set_sieve_setting(user, "sieve_vacation_min_period",
                                    t_strdup_printf("%llds", (long long)interval));
}

/* False: the settings could not be read. */
static bool decide(struct answer *answer, const struct smtp_address *sender, bool is_spam,
                   enum bk_auto_reply_decision *decision_r)
{
    struct bk_address address;
    bool is_caught, from_itself;

    *decision_r = BK_AUTO_REPLY_OFF;
    if (!bk_auto_reply_is_on(answer->account))
        return true;
    answer->settings = boxkeeper_settings();
    if (answer->settings == NULL)
        return false;
    answer->directory = bk_settings_directory(answer->settings, NULL, answer->arena,
                                              &answer->error);
    if (bk_settings_lookup_auto_reply(answer->settings, answer->arena, answer->account->id,
                                      &answer->reply, &answer->error) != BK_FOUND)
        return false;
    from_itself = smtp_address_isnull(sender) ||
                  is_own(answer, smtp_address_encode(sender), &address, &is_caught);
    *decision_r = bk_auto_reply_decide(answer->account, &answer->reply,
                                       local_date(answer->account->domain->time_zone), is_spam,
                                       from_itself);
    return true;
}

bool boxkeeper_auto_reply_prepare(struct boxkeeper_user *context, struct mail_deliver_context *ctx,
                                  bool is_spam, bool *answers_r)
{
    struct answer answer = {.arena = bk_arena_create()};
    enum bk_auto_reply_decision decision = BK_AUTO_REPLY_OFF;
    bool ours, known;

    switch (
        boxkeeper_lookup_account(answer.arena, context->user->username, &answer.account, &ours)) {
    case BK_FOUND:
        known = decide(&answer, ctx->mail_from, is_spam, &decision);
        break;
    case BK_ABSENT:
        known = true;
        break;
    default:
        known = false;
    }
    if (!known && answer.error.text[0] != '\0')
        boxkeeper_log_database_error("settings", &answer.error);
    *answers_r = decision == BK_AUTO_REPLY_ANSWER;
    boxkeeper_set_sieve_environment(context->user, "boxkeeper_reply", *answers_r ? "yes" : "no");
    if (*answers_r) {
        find_address(&answer, ctx->src_mail);
        hand_over(&answer, context->user, ctx->src_mail);
    }
    bk_arena_destroy(&answer.arena);
    return known;
}
