/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * `explain`: the very decision that the daemon makes at RCPT and the plugin at delivery, from the
 * same rules over the same settings, with the setting behind it.
 */
#include "admin/autoreply.h"
#include "admin/commands.h"
#include "admin/deciding-setting.h"
#include "admin/explain.h"
#include "admin/output.h"
#include "admin/send-limits.h"
#include "admin/spam.h"
#include "rules/sender.h"

#include <stdio.h>
#include <string.h>

const struct bk_option bk_explain_options[] = {
    {"from", N_("ADDRESS"), N_("also say who may send as this envelope sender"), false},
    {"size", N_("BYTES"), N_("the size of the message (0: not known)"), false},
    {"login", N_("LOGIN"), N_("explain a login instead, with --protocol"), false},
    {"protocol", "imap|pop3|submission|managesieve", N_("imap, pop3, submission or managesieve"),
     false},
    {NULL, NULL, NULL, false},
};

static const char *action_name(enum bk_admission_action action)
{
    switch (action) {
    case BK_ADMISSION_ACCEPT:
        return "accept";
    case BK_ADMISSION_REFUSE:
        return "refuse";
    case BK_ADMISSION_DEFER:
        return "defer";
    case BK_ADMISSION_NONE_OF_OURS:
        break;
    }
    return "not-ours";
}

static const char *reason_name(enum bk_admission_reason reason)
{
    static const char *const names[] = {
        [BK_REASON_UNKNOWN_RECIPIENT] = N_("unknown-recipient"),
        [BK_REASON_INTERNAL_FORM] = N_("internal-form"),
        [BK_REASON_SUSPENDED] = N_("suspended"),
        [BK_REASON_DISABLED] = N_("disabled"),
        [BK_REASON_FULL] = N_("full"),
        [BK_REASON_FULL_FOR_NOW] = N_("full-for-now"),
        [BK_REASON_CIRCLE] = N_("circle"),
        [BK_REASON_TOO_MANY_TARGETS] = N_("too-many-targets"),
        [BK_REASON_DELETING] = N_("deleting"),
        [BK_REASON_SETTINGS_FAILED] = N_("settings-failed"),
        [BK_REASON_NOT_IN_SETTINGS] = N_("not-in-settings"),
    };

    return (size_t)reason < sizeof(names) / sizeof(names[0]) ? names[reason] : NULL;
}

json_t *bk_explain_setting(const struct bk_deciding_setting *setting)
{
    if (setting->field == NULL)
        return json_null();
    return json_pack("{s:s, s:s, s:s?}", "field", setting->field, "level", setting->level,
                     "subject", setting->subject);
}

/* ---- where it goes ---- */

struct question {
    struct bk_arena *arena;
    const struct bk_directory *directory;
    const struct bk_route *route;
    struct bk_admission admission;
    int64_t message_bytes;
    const char *answer; /* of the alias map, between commas; "" if none */
};

static bool is_answered(const struct question *question, const struct bk_route_leaf *leaf)
{
    const char *address = bk_route_answered(question->arena, leaf);
    size_t length = strlen(address);

    for (const char *at = question->answer; (at = strstr(at, address)) != NULL; at += length) {
        bool begins = at == question->answer || at[-1] == ',' || at[-1] == ' ';

        if (begins && (at[length] == '\0' || at[length] == ','))
            return true;
    }
    return false;
}

static struct bk_admission decide_delivery(const struct question *question,
                                           const struct bk_account *account)
{
    const struct bk_directory *directory = question->directory;
    struct bk_usage usage = {.known = false};

    (void)directory->lookup_usage(directory->context, account, &usage);
    return bk_admission_decide_delivery(BK_FOUND, account, account->primary_address, &usage,
                                        question->message_bytes);
}

/* What becomes of the message at this target, should it be accepted at RCPT. */
static json_t *explain_leaf(const struct question *question, const struct bk_route_leaf *leaf)
{
    bool gone = leaf->account == NULL && leaf->reason != BK_REASON_NONE;
    enum bk_admission_reason reason = leaf->reason;
    const char *outcome = N_("relayed");

    if (!is_answered(question, leaf)) {
        outcome = N_("left-out");
    } else if (gone) {
        outcome = N_("refused");
    } else if (leaf->only_answers) {
        outcome = N_("answered");
    } else if (leaf->account != NULL) {
        struct bk_admission admission = decide_delivery(question, leaf->account);

        reason = admission.reason;
        outcome = admission.action != BK_ADMISSION_ACCEPT ? N_("refused")
                  : admission.store                       ? N_("stored")
                                                          : N_("not-stored");
    }
    return json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "address", leaf->address, "kind",
                     leaf->only_answers      ? N_("answer-only")
                     : leaf->account != NULL ? N_("mailbox")
                     : gone                  ? N_("gone")
                                             : N_("outside"),
                     "outcome", outcome, "reason", reason_name(reason), "reply",
                     bk_admission_reply(reason));
}

static json_t *explain_leaves(const struct question *question)
{
    json_t *leaves = json_array();

    for (size_t i = 0; i < question->route->leaf_count; i++)
        json_array_append_new(leaves, explain_leaf(question, &question->route->leaves[i]));
    return leaves;
}

/* ---- how long it stays ---- */

static const char *rest_name(enum bk_retention_rest rest)
{
    static const char *const names[] = {[BK_REST_HOLD] = N_("hold"),
                                        [BK_REST_SUSPENDED] = N_("suspended"),
                                        [BK_REST_DELETING] = N_("deleting")};

    return rest == BK_REST_NO ? NULL : names[rest];
}

json_t *bk_explain_retention(const struct bk_account *account)
{
    struct bk_retention_durations durations = bk_retention_durations(account);
    enum bk_retention_rest rest = bk_retention_rest(account);
    json_t *levels = json_object();
    json_t *object = json_pack("{s:s?, s:s?}", "rests", rest_name(rest), "hold_reason",
                               account->hold_reason);

    json_object_set_new(object, "archive_seconds", json_integer(durations.archive_seconds));
    json_object_set_new(object, "trash_seconds", json_integer(durations.trash_seconds));
    json_object_set_new(object, "junk_seconds", json_integer(durations.junk_seconds));
    for (int field = BK_DURATION_ARCHIVE; field <= BK_DURATION_JUNK; field++) {
        struct bk_deciding_setting setting = bk_deciding_duration(account,
                                                                  (enum bk_duration_field)field);

        json_object_set_new(levels, setting.field, bk_explain_setting(&setting));
    }
    json_object_set_new(object, "set_by", levels);
    return object;
}

/* ---- who may send as the sender ---- */

static json_t *explain_sender(struct bk_admin *admin, const struct bk_directory *directory,
                              const char *sender)
{
    const char *login = NULL;
    enum bk_sender_reason reason = BK_SENDER_NOT_OWNER;

    if (bk_sender_owner(admin->arena, directory, sender, &login) == BK_FOUND)
        reason = bk_sender_decide(admin->arena, directory, login, sender);
    else if (*sender == '\0')
        reason = BK_SENDER_ALLOWED;
    return json_pack("{s:s, s:s?, s:b, s:s?}", "address", sender, "login", login, "allowed",
                     reason == BK_SENDER_ALLOWED, "reply", bk_sender_reply(reason));
}

/* ---- the answer ---- */

/* Of the account asked for. */
static void add_account(struct bk_admin *admin, json_t *object, const struct question *question,
                        const struct bk_account *account)
{
    json_t *sending = account != NULL ? json_object() : json_null();
    struct bk_usage usage = {.known = false};

    if (account != NULL)
        (void)question->directory->lookup_usage(question->directory->context, account, &usage);
    if (account != NULL)
        bk_describe_sending(admin, sending, account);
    json_object_set_new(object, "sending", sending);
    json_object_set_new(object, "warning",
                        account != NULL ? bk_explain_warning(admin, account, &usage) : json_null());
    json_object_set_new(object, "account",
                        account != NULL ? json_string(account->primary_address) : json_null());
    json_object_set_new(object, "capacity_bytes",
                        account != NULL ? json_integer(account->capacity_bytes) : json_null());
    json_object_set_new(object, "usage_bytes",
                        usage.known ? json_integer(usage.bytes) : json_null());
    json_object_set_new(object, "retention",
                        account != NULL ? bk_explain_retention(account) : json_null());
}

static json_t *explain_recipient(struct bk_admin *admin, const struct question *question,
                                 const char *recipient)
{
    struct bk_deciding_setting setting = bk_deciding_setting(&question->admission, question->route);
    json_t *object = json_object();

    json_object_set_new(object, "recipient", bk_json_text(admin, recipient));
    json_object_set_new(object, "action", json_string(action_name(question->admission.action)));
    json_object_set_new(object, "reply",
                        json_pack("s?", bk_admission_reply(question->admission.reason)));
    json_object_set_new(object, "reason", json_pack("s?", reason_name(question->admission.reason)));
    json_object_set_new(object, "decided_by", bk_explain_setting(&setting));
    json_object_set_new(object, "targets", explain_leaves(question));
    add_account(admin, object, question, question->route->account);
    return object;
}

/* ---- the command ---- */

/* What sieve does with it. */
static bool add_delivery(struct bk_admin *admin, json_t *object, const struct bk_account *account)
{
    json_t *spam = account != NULL ? bk_lookup_spam(admin, account) : json_null();
    json_t *reply = account != NULL ? bk_lookup_auto_reply(admin, account) : json_null();

    json_object_set_new(object, "spam", spam);
    json_object_set_new(object, "auto_reply", reply);
    return spam != NULL && reply != NULL;
}

static bool run_recipient(struct bk_admin *admin, const char *recipient)
{
    struct bk_route route;
    struct question question = {.arena = admin->arena, .route = &route};
    const char *sender = bk_option_value(admin, "from");
    json_t *object;

    if (!bk_option_number(admin, "size", 0, INT64_MAX, &question.message_bytes) ||
        bk_json_text(admin, recipient) == NULL ||
        (sender != NULL && bk_json_text(admin, sender) == NULL) || bk_admin_settings(admin) == NULL)
        return false;
    if (!bk_settings_begin_read(admin->settings, &admin->error))
        return false;
    question.directory = bk_settings_directory(admin->settings, bk_admin_state(admin), admin->arena,
                                               &admin->error);
    route = bk_route_resolve(admin->arena, question.directory, recipient);
    if (route.found == BK_FAILED)
        return false;
    question.admission = bk_admission_decide(question.directory, &route, question.message_bytes);
    question.answer = bk_route_alias_answer(admin->arena, &route);
    if (question.answer == NULL)
        question.answer = "";
    object = explain_recipient(admin, &question, recipient);
    if (!add_delivery(admin, object, route.account))
        return false;
    if (sender != NULL)
        json_object_set_new(object, "sender", explain_sender(admin, question.directory, sender));
    bk_settings_end_read(admin->settings);
    if (admin->json)
        bk_output_result(admin, object);
    else
        bk_explain_print(admin, object);
    return true;
}

bool bk_run_explain(struct bk_admin *admin)
{
    const char *login = bk_option_value(admin, "login");

    if ((login != NULL) == (admin->argument_count == 1))
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("say which: boxkeeper explain ADDRESS, or boxkeeper explain "
                               "--login LOGIN --protocol P"));
    if (login != NULL && (bk_option_given(admin, "from") || bk_option_given(admin, "size")))
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("--from and --size are not for logins"));
    if (login == NULL && bk_option_given(admin, "protocol"))
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("--protocol is for --login"));
    if (login != NULL)
        return bk_explain_login(admin, login);
    return run_recipient(admin, admin->arguments[0]);
}
