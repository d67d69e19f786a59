/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `explain` for people, from the same JSON that programs get. */
#include "admin/explain.h"

#include "admin/output.h"
#include "admin/send-limits.h"

#include <string.h>

const char *bk_explain_setting_text(struct bk_admin *admin, const json_t *setting)
{
    const char *subject = json_string_value(json_object_get(setting, "subject"));

    if (!json_is_object(setting))
        return _("nothing in particular");
    return bk_arena_printf(admin->arena, "%s (%s%s%s)",
                           _(json_string_value(json_object_get(setting, "field"))),
                           _(json_string_value(json_object_get(setting, "level"))),
                           subject != NULL ? " " : "", subject != NULL ? subject : "");
}

static const char *describe_action(struct bk_admin *admin, const json_t *object)
{
    const char *action = json_string_value(json_object_get(object, "action"));
    const char *reply = json_string_value(json_object_get(object, "reply"));

    if (strcmp(action, "accept") == 0)
        return _("accepted");
    if (strcmp(action, "not-ours") == 0)
        return _("not an address of ours: other rules of Postfix decide");
    return bk_arena_printf(admin->arena, _("refused: %s"), _(reply));
}

static void print_durations(struct bk_admin *admin, json_t *retention, json_t *shown)
{
    static const char *const keys[] = {"archive_seconds", "trash_seconds", "junk_seconds"};
    json_t *levels = json_object_get(retention, "set_by");

    for (size_t i = 0; json_is_object(retention) && i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *duration = bk_output_format(admin, json_object_get(retention, keys[i]),
                                                BK_COLUMN_DURATION);

        json_object_set_new(shown, keys[i],
                            json_string(bk_arena_printf(
                                admin->arena, "%s, %s", duration,
                                bk_explain_setting_text(admin, json_object_get(levels, keys[i])))));
    }
    json_object_set(shown, "rests", json_object_get(retention, "rests"));
}

static void print_spam(struct bk_admin *admin, json_t *spam, json_t *shown)
{
    const char *action = json_string_value(json_object_get(spam, "action"));

    if (action != NULL && !json_is_true(json_object_get(spam, "score_decides")))
        json_object_set_new(
            shown, "spam",
            json_string(bk_arena_printf(admin->arena, _("%s, by the scanner's word"), _(action))));
    else if (action != NULL)
        json_object_set_new(
            shown, "spam",
            json_string(bk_arena_printf(admin->arena, _("%s, from a score of %.2f"), _(action),
                                        json_real_value(json_object_get(spam, "score")))));
}

static void print_auto_reply(struct bk_admin *admin, json_t *reply, json_t *shown)
{
    const char *from = json_string_value(json_object_get(reply, "from"));
    const char *until = json_string_value(json_object_get(reply, "until"));

    if (!json_is_object(reply))
        return;
    if (!json_is_true(json_object_get(reply, "auto_reply")))
        json_object_set_new(shown, "auto_reply", json_string(_("OFF")));
    else if ((from == NULL && until == NULL) ||
             (from != NULL && until != NULL && strcmp(from, until) == 0))
        json_object_set_new(shown, "auto_reply", json_string(_("ON")));
    else
        json_object_set_new(
            shown, "auto_reply",
            json_string(bk_arena_printf(admin->arena, _("ON, from %s until %s"),
                                        from != NULL ? from : "-", until != NULL ? until : "-")));
}

static void print_sender(struct bk_admin *admin, json_t *sender, json_t *shown)
{
    const char *login = json_string_value(json_object_get(sender, "login"));
    const char *reply = json_string_value(json_object_get(sender, "reply"));

    if (sender == NULL)
        return;
    json_object_set_new(
        shown, "sender",
        json_string(reply == NULL && login == NULL ? _("anybody who is logged in")
                    : reply == NULL                ? login
                    : login == NULL
                        ? bk_arena_printf(admin->arena, _("nobody: %s"), _(reply))
                        : bk_arena_printf(admin->arena, _("%s, but now: %s"), login, _(reply))));
}

static void print_account(struct bk_admin *admin, json_t *object, json_t *shown)
{
    json_t *sending = json_object_get(object, "sending");
    const char *warning = bk_explain_warning_text(admin, json_object_get(object, "warning"));

    if (json_is_object(sending))
        json_object_set_new(shown, "sending",
                            json_string(bk_describe_sending_text(admin, sending)));
    if (warning != NULL)
        json_object_set_new(shown, "warning", json_string(warning));
}

void bk_explain_print(struct bk_admin *admin, json_t *object)
{
    static const struct bk_column columns[] = {
        {"recipient", N_("Recipient"), BK_COLUMN_TEXT},
        {"account", N_("Account"), BK_COLUMN_TEXT},
        {"capacity_bytes", N_("Capacity"), BK_COLUMN_CAPACITY},
        {"usage_bytes", N_("Usage"), BK_COLUMN_BYTES},
        {"at_rcpt", N_("At RCPT"), BK_COLUMN_TEXT},
        {"setting", N_("Decided by"), BK_COLUMN_TEXT},
        {"sender", N_("The sender may be used by"), BK_COLUMN_TEXT},
        {"archive_seconds", N_("Archive after"), BK_COLUMN_TEXT},
        {"trash_seconds", N_("Trash emptied after"), BK_COLUMN_TEXT},
        {"junk_seconds", N_("Junk emptied after"), BK_COLUMN_TEXT},
        {"rests", N_("Retention rests"), BK_COLUMN_WORD},
        {"spam", N_("Spam"), BK_COLUMN_TEXT},
        {"auto_reply", N_("Auto-reply"), BK_COLUMN_TEXT},
        {"sending", N_("Sent, of its limits"), BK_COLUMN_TEXT},
        {"warning", N_("Warnings of a full mailbox"), BK_COLUMN_TEXT},
        {NULL, NULL, 0},
    };
    static const struct bk_column leaf_columns[] = {
        {"address", N_("Goes to"), BK_COLUMN_TEXT}, {"kind", N_("Kind"), BK_COLUMN_WORD},
        {"outcome", N_("Outcome"), BK_COLUMN_WORD}, {"reason", N_("Reason"), BK_COLUMN_WORD},
        {"reply", N_("Reply"), BK_COLUMN_WORD},     {NULL, NULL, 0},
    };
    json_t *shown = json_object();
    json_t *targets = json_object_get(object, "targets");

    json_object_set(shown, "recipient", json_object_get(object, "recipient"));
    json_object_set(shown, "account", json_object_get(object, "account"));
    json_object_set(shown, "capacity_bytes", json_object_get(object, "capacity_bytes"));
    json_object_set(shown, "usage_bytes", json_object_get(object, "usage_bytes"));
    json_object_set_new(shown, "at_rcpt", json_string(describe_action(admin, object)));
    json_object_set_new(
        shown, "setting",
        json_string(bk_explain_setting_text(admin, json_object_get(object, "decided_by"))));
    print_sender(admin, json_object_get(object, "sender"), shown);
    print_durations(admin, json_object_get(object, "retention"), shown);
    print_spam(admin, json_object_get(object, "spam"), shown);
    print_auto_reply(admin, json_object_get(object, "auto_reply"), shown);
    print_account(admin, object, shown);
    bk_output_record(admin, shown, columns);
    if (json_array_size(targets) > 0)
        bk_output_list(admin, targets, leaf_columns, NULL, NULL);
}
