/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `autoreply set|off|show`. */
#include "admin/autoreply.h"

#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/output.h"
#include "rules/duration.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

const struct bk_option bk_autoreply_set_options[] = {
    {"subject", N_("TEXT"), N_("subject of the answer; required"), false},
    {"body", N_("TEXT"), N_("its text; this or --body-file is required"), false},
    {"body-file", N_("FILE"), N_("read the text from a file (UTF-8; - = standard input)"), false},
    {"from", N_("DATE"), N_("first day, such as 2027-01-31, in the domain's time zone"), false},
    {"until", N_("DATE"), N_("last day; the same as --from = no limit"), false},
    {"interval", N_("DURATION"),
     N_("answer each sender once in 7d, 12h, 30m; inherit = the plan's"), false},
    {"quote", NULL, N_("add the beginning of the message that is answered"), false},
    {NULL, NULL, NULL, false},
};

/* ---- show ---- */

static json_t *date(const char *text)
{
    return *text != '\0' ? json_string(text) : json_null();
}

json_t *bk_lookup_auto_reply(struct bk_admin *admin, const struct bk_account *account)
{
    struct bk_auto_reply reply;

    if (bk_settings_lookup_auto_reply(admin->settings, admin->arena, account->id, &reply,
                                      &admin->error) == BK_FAILED)
        return NULL;
    return json_pack("{s:b, s:s, s:s, s:b, s:o, s:o, s:I}", "auto_reply",
                     bk_auto_reply_is_on(account), "subject", reply.subject, "body", reply.body,
                     "quote", reply.quote, "from", date(reply.from_date), "until",
                     date(reply.until_date), "interval_seconds",
                     (json_int_t)bk_auto_reply_interval(account->domain->plan, &reply));
}

static json_t *with_address(const struct bk_account *account, json_t *described)
{
    json_t *object = json_pack("{s:s, s:s, s:s?}", "address", account->primary_address, "plan",
                               account->domain->plan->name, "time_zone",
                               account->domain->time_zone);

    json_object_update(object, described);
    return object;
}

const struct bk_column bk_autoreply_columns[] = {
    {"address", N_("Address"), BK_COLUMN_TEXT},
    {"auto_reply", N_("Auto-reply"), BK_COLUMN_SWITCH},
    {"subject", N_("Subject"), BK_COLUMN_TEXT},
    {"body", N_("Text"), BK_COLUMN_TEXT},
    {"quote", N_("Quotes the message"), BK_COLUMN_SWITCH},
    {"from", N_("First day"), BK_COLUMN_TEXT},
    {"until", N_("Last day"), BK_COLUMN_TEXT},
    {"time_zone", N_("Time zone"), BK_COLUMN_TEXT},
    {"interval_seconds", N_("To each sender once in"), BK_COLUMN_DURATION},
    {NULL, NULL, 0},
};

bool bk_run_autoreply_show(struct bk_admin *admin)
{
    const struct bk_account *account = bk_admin_account(admin, admin->arguments[0]);
    json_t *reply;

    if (account == NULL || (reply = bk_lookup_auto_reply(admin, account)) == NULL)
        return false;
    bk_output_record(admin, with_address(account, reply), bk_autoreply_columns);
    return true;
}

/* ---- set ---- */

bool bk_measure_width(struct bk_admin *admin, const char *text, int64_t *width_r)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before;
    mbstate_t state = {0};
    wchar_t character;
    size_t length;

    if (utf8 == (locale_t)0)
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             _("the locale C.UTF-8 is not there: %s"), strerror(errno));
    before = uselocale(utf8);
    *width_r = 0;
    while ((length = mbrtowc(&character, text, strlen(text), &state)) > 0 &&
           length <= strlen(text)) {
        int width = wcwidth(character);

        *width_r += width > 0 ? width : 0;
        text += length;
    }
    (void)uselocale(before);
    freelocale(utf8);
    return true;
}

static const char *read_stream(struct bk_admin *admin, FILE *file, const char *name)
{
    size_t room = BK_AUTO_REPLY_BODY_MAXIMUM_BYTES + 2, length;
    char *text = bk_arena_alloc(admin->arena, room);

    length = fread(text, 1, room - 1, file);
    if (ferror(file)) {
        bk_admin_fail(admin, BK_ERROR_VALUE, "%s: %s", name, strerror(errno));
        return NULL;
    }
    if (strlen(text) != length) {
        bk_admin_fail(admin, BK_ERROR_VALUE, _("%s is not a text"), name);
        return NULL;
    }
    if (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    return text;
}

static const char *read_file(struct bk_admin *admin, const char *name)
{
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
    const char *text;

    if (file == NULL) {
        bk_admin_fail(admin, BK_ERROR_VALUE, "%s: %s", name, strerror(errno));
        return NULL;
    }
    text = read_stream(admin, file, name);
    if (file != stdin)
        (void)fclose(file);
    return text;
}

static bool take_interval(struct bk_admin *admin, int64_t *seconds)
{
    const char *text = bk_option_value(admin, "interval");

    return text == NULL || bk_duration_parse(text, seconds) ||
           bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("--interval %s is not a duration: say 7d, 12h, 30m or inherit"), text);
}

/* One command says all of an auto-reply: what is not given is not kept. */
static bool take_options(struct bk_admin *admin, struct bk_auto_reply *reply)
{
    const char *body = bk_option_value(admin, "body"), *file = bk_option_value(admin, "body-file");
    const char *from = bk_option_value(admin, "from"), *until = bk_option_value(admin, "until");

    reply->subject = bk_option_value(admin, "subject");
    if (reply->subject == NULL || (body == NULL) == (file == NULL))
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("give --subject TEXT, and --body TEXT or --body-file FILE"));
    reply->body = body != NULL ? body : read_file(admin, file);
    reply->from_date = from != NULL ? from : "";
    reply->until_date = until != NULL ? until : "";
    reply->interval_seconds = BK_INHERIT;
    reply->quote = bk_option_given(admin, "quote");
    return reply->body != NULL && bk_json_text(admin, reply->subject) != NULL &&
           bk_json_text(admin, reply->body) != NULL &&
           take_interval(admin, &reply->interval_seconds);
}

static bool check(struct bk_admin *admin, const struct bk_plan *plan,
                  const struct bk_auto_reply *reply)
{
    enum bk_auto_reply_problem problem;
    int64_t width = 0;

    if (!bk_measure_width(admin, reply->body, &width))
        return false;
    problem = bk_auto_reply_check(plan, reply, width);
    if (problem == BK_AUTO_REPLY_FINE)
        return true;
    if (problem == BK_AUTO_REPLY_BODY_WIDE && plan->auto_reply_width_maximum > 0)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("the text is as wide as %lld half-width characters, plan %s allows "
                               "%lld (a full-width character counts as two)"),
                             (long long)width, plan->name,
                             (long long)plan->auto_reply_width_maximum);
    return bk_admin_fail(admin, BK_ERROR_VALUE, _("no auto-reply (plan %s): %s"), plan->name,
                         _(bk_auto_reply_problem_text(problem)));
}

/* Write down the switch and, if it is not NULL, the rest. */
static bool change(struct bk_admin *admin, const struct bk_account *before, bool on,
                   const struct bk_auto_reply *reply)
{
    struct bk_account after = *before;
    json_t *was = bk_lookup_auto_reply(admin, before), *is;

    after.auto_reply = on;
    if (was == NULL || !bk_settings_update_account(admin->settings, &after, &admin->error) ||
        (reply != NULL &&
         !bk_settings_put_auto_reply(admin->settings, after.id, reply, &admin->error)) ||
        (is = bk_lookup_auto_reply(admin, &after)) == NULL ||
        !bk_audit(admin, after.primary_address, was, is) || !bk_apply_settings(admin))
        return false;
    bk_message(admin, on ? _("%s answers mail") : _("%s answers no mail"), after.primary_address);
    bk_output_result(admin, with_address(&after, is));
    return true;
}

bool bk_run_autoreply_set(struct bk_admin *admin)
{
    const struct bk_account *account;
    struct bk_auto_reply reply = {0};

    if (!take_options(admin, &reply) || !bk_admin_begin(admin) ||
        (account = bk_admin_live_account(admin, admin->arguments[0])) == NULL)
        return false;
    return check(admin, account->domain->plan, &reply) && change(admin, account, true, &reply);
}

bool bk_run_autoreply_off(struct bk_admin *admin)
{
    const struct bk_account *account;

    if (!bk_admin_begin(admin) ||
        (account = bk_admin_live_account(admin, admin->arguments[0])) == NULL)
        return false;
    return change(admin, account, false, NULL);
}
