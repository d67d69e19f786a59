/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `spam set|allow|block|forget|show`: what an account does about spam. */
#include "admin/spam.h"

#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/output.h"

#include <string.h>

const struct bk_option bk_spam_set_options[] = {
    {"tag", "on|off", N_("put a tag before the subject of spam"), false},
    {"tag-text", N_("TEXT"), N_("the tag; _SCORE_ stands for the score; '' = the plan's"), false},
    {"sort", "on|off", N_("put spam into the plan's spam folder"), false},
    {"score", N_("NUMBER"), N_("score from which on mail is spam, 5.0 to 8.0 is usual; inherit"),
     false},
    {"action", "off|tag|move|delete",
     N_("off, tag, move or delete: another way to say tag and sort"), false},
    {"asian-mail", "on|off", N_("ON: no points for text in Asian languages"), false},
    {"non-english-mail", "on|off", N_("ON: no points for text that is not English"), false},
    {NULL, NULL, NULL, false},
};

/* ---- show ---- */

static json_t *list_patterns(const char *const *patterns, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(patterns[i]));
    return array;
}

json_t *bk_describe_spam(const struct bk_account *account, const struct bk_spam_settings *spam)
{
    struct bk_spam_filter filter = bk_spam_filter(account->domain->plan, spam);

    return json_pack("{s:b, s:s, s:b, s:s, s:f, s:b, s:s, s:o, s:o, s:b, s:b}", "tag", filter.tag,
                     "tag_text", filter.tag_text, "sort", filter.folder != NULL, "folder",
                     account->domain->plan->spam_folder, "score",
                     (double)filter.score_hundredths / 100, "score_decides", filter.score_decides,
                     "action", bk_spam_action_words[bk_spam_filter_action(&filter) - 1], "allow",
                     list_patterns(filter.allowed, filter.allowed_count), "block",
                     list_patterns(filter.blocked, filter.blocked_count), "asian_mail",
                     spam->asian_mail, "non_english_mail", spam->non_english_mail);
}

json_t *bk_lookup_spam(struct bk_admin *admin, const struct bk_account *account)
{
    struct bk_spam_settings spam;

    if (bk_settings_lookup_spam(admin->settings, admin->arena, account->id, &spam, &admin->error) ==
        BK_FAILED)
        return NULL;
    return bk_describe_spam(account, &spam);
}

static json_t *with_address(const struct bk_account *account, json_t *described)
{
    json_t *object = json_pack("{s:s, s:s}", "address", account->primary_address, "plan",
                               account->domain->plan->name);

    json_object_update(object, described);
    return object;
}

const struct bk_column bk_spam_columns[] = {
    {"address", N_("Address"), BK_COLUMN_TEXT},
    {"plan", N_("Plan"), BK_COLUMN_TEXT},
    {"action", N_("Spam is"), BK_COLUMN_WORD},
    {"tag", N_("Tag"), BK_COLUMN_SWITCH},
    {"tag_text", N_("Tag text"), BK_COLUMN_TEXT},
    {"sort", N_("Sorted"), BK_COLUMN_SWITCH},
    {"folder", N_("Spam folder"), BK_COLUMN_TEXT},
    {"score", N_("Required score"), BK_COLUMN_SCORE},
    {"allow", N_("Allowed senders"), BK_COLUMN_TEXT},
    {"block", N_("Blocked senders"), BK_COLUMN_TEXT},
    {"asian_mail", N_("Asian-language mail"), BK_COLUMN_SWITCH},
    {"non_english_mail", N_("Non-English mail"), BK_COLUMN_SWITCH},
    {NULL, NULL, 0},
};

bool bk_run_spam_show(struct bk_admin *admin)
{
    const struct bk_account *account = bk_admin_account(admin, admin->arguments[0]);
    json_t *spam;

    if (account == NULL || (spam = bk_lookup_spam(admin, account)) == NULL)
        return false;
    bk_output_record(admin, with_address(account, spam), bk_spam_columns);
    return true;
}

/* ---- set ---- */

static bool refuse(struct bk_admin *admin, const struct bk_plan *plan, const char *option)
{
    return bk_admin_fail(admin, BK_ERROR_VALUE, _("plan %s does not allow %s"), plan->name, option);
}

static bool obeys_plan(struct bk_admin *admin, const struct bk_plan *plan)
{
    const struct {
        const char *option;
        bool allowed;
    } rows[] = {
        {"tag", plan->spam_tag_allowed},
        {"tag-text", plan->spam_tag_allowed && plan->spam_tag_text_settable},
        {"sort", plan->spam_sort_allowed},
        {"score", plan->spam_lists_allowed},
        {"action", plan->spam_actions_allowed},
        {"asian-mail", plan->spam_lists_allowed},
        {"non-english-mail", plan->spam_lists_allowed},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (bk_option_given(admin, rows[i].option) && !rows[i].allowed)
            return refuse(admin, plan, bk_arena_printf(admin->arena, "--%s", rows[i].option));
    }
    return true;
}

static bool take_action(struct bk_admin *admin, const struct bk_plan *plan,
                        struct bk_spam_settings *spam)
{
    const char *text = bk_option_value(admin, "action");
    int i = 0;

    if (text == NULL)
        return true;
    while (bk_spam_action_words[i] != NULL && strcmp(bk_spam_action_words[i], text) != 0)
        i++;
    if (bk_spam_action_words[i] == NULL)
        return bk_admin_fail(admin, BK_ERROR_VALUE, _("--action %s: say off, tag, move or delete"),
                             text);
    if ((i + 1 == BK_SPAM_ACTION_TAG && !plan->spam_tag_allowed) ||
        (i + 1 == BK_SPAM_ACTION_MOVE && !plan->spam_sort_allowed))
        return refuse(admin, plan, bk_arena_printf(admin->arena, "--action %s", text));
    bk_spam_set_action(spam, (enum bk_spam_action)(i + 1));
    return true;
}

static bool take_tag_text(struct bk_admin *admin, struct bk_spam_settings *spam)
{
    const char *text = bk_option_value(admin, "tag-text");

    if (text == NULL)
        return true;
    spam->tag_text = *text == '\0' ? NULL : text;
    if (*text == '\0')
        return true;
    if (bk_json_text(admin, text) == NULL)
        return false;
    return bk_spam_tag_text_is_valid(text) ||
           bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("--tag-text: one line of at most %d bytes without control characters"),
                         BK_SPAM_TAG_MAXIMUM_BYTES);
}

static bool take_score(struct bk_admin *admin, struct bk_spam_settings *spam)
{
    const char *text = bk_option_value(admin, "score");

    if (text == NULL)
        return true;
    if (strcmp(text, "inherit") == 0) {
        spam->score_hundredths = BK_SPAM_SCORE_OF_PLAN;
        return true;
    }
    if (!bk_spam_score_parse(text, &spam->score_hundredths))
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("--score %s is not a score: say a number with at most two decimals, "
                               "such as 5.0"),
                             text);
    if (spam->score_hundredths < BK_SPAM_SCORE_SENSIBLE_MINIMUM ||
        spam->score_hundredths > BK_SPAM_SCORE_SENSIBLE_MAXIMUM)
        bk_warning(admin, _("a score of %s is outside of what works well: 5.0 to 8.0"), text);
    return true;
}

/* The action first, so that the switches given with it have the last word. */
static bool take_options(struct bk_admin *admin, const struct bk_plan *plan,
                         struct bk_spam_settings *spam)
{
    if (!spam->is_set) {
        spam->is_set = true;
        spam->tag = plan->spam_tag_default;
        spam->sort = plan->spam_sort_default;
    }
    return obeys_plan(admin, plan) && take_action(admin, plan, spam) &&
           bk_option_switch(admin, "tag", &spam->tag) &&
           bk_option_switch(admin, "sort", &spam->sort) && take_tag_text(admin, spam) &&
           take_score(admin, spam) && bk_option_switch(admin, "asian-mail", &spam->asian_mail) &&
           bk_option_switch(admin, "non-english-mail", &spam->non_english_mail);
}

/* ---- changes ---- */

static const struct bk_account *begin(struct bk_admin *admin, json_t **before_r)
{
    const struct bk_account *account;

    if (!bk_admin_begin(admin) ||
        (account = bk_admin_live_account(admin, admin->arguments[0])) == NULL ||
        (*before_r = bk_lookup_spam(admin, account)) == NULL)
        return NULL;
    return account;
}

static bool finish(struct bk_admin *admin, const struct bk_account *account, const json_t *before)
{
    json_t *after = bk_lookup_spam(admin, account);

    if (after == NULL || !bk_audit(admin, account->primary_address, before, after) ||
        !bk_apply_settings(admin))
        return false;
    bk_message(admin, json_equal(before, after) ? _("%s is so already") : _("%s was changed"),
               account->primary_address);
    bk_output_result(admin, with_address(account, after));
    return true;
}

static bool any_option(const struct bk_admin *admin)
{
    for (const struct bk_option *option = bk_spam_set_options; option->name != NULL; option++) {
        if (bk_option_given(admin, option->name))
            return true;
    }
    return false;
}

bool bk_run_spam_set(struct bk_admin *admin)
{
    const struct bk_account *account;
    struct bk_spam_settings spam;
    json_t *before = NULL;

    if (!any_option(admin))
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("nothing to set: see boxkeeper spam set --help"));
    if ((account = begin(admin, &before)) == NULL ||
        bk_settings_lookup_spam(admin->settings, admin->arena, account->id, &spam, &admin->error) ==
            BK_FAILED ||
        !take_options(admin, account->domain->plan, &spam))
        return false;
    if (spam.discard && bk_option_given(admin, "action"))
        bk_warning(admin, _("spam will be deleted unseen: a wrong verdict can't be undone"));
    else if (spam.discard && (bk_option_given(admin, "tag") || bk_option_given(admin, "sort")))
        bk_warning(admin, _("spam is still deleted: for another action use --action"));
    return bk_settings_put_spam(admin->settings, account->id, &spam, &admin->error) &&
           finish(admin, account, before);
}

static bool add_patterns(struct bk_admin *admin, bool allow)
{
    const struct bk_account *account;
    json_t *before = NULL;

    if ((account = begin(admin, &before)) == NULL)
        return false;
    if (!account->domain->plan->spam_lists_allowed)
        return refuse(admin, account->domain->plan, _("lists of senders"));
    for (size_t i = 1; i < admin->argument_count; i++) {
        const char *pattern = admin->arguments[i];

        if (!bk_spam_pattern_is_valid(pattern))
            return bk_admin_fail(admin, BK_ERROR_VALUE,
                                 _("%s is neither an address nor @domain or *@domain"), pattern);
        if (!bk_settings_add_sender_pattern(admin->settings, account->id,
                                            bk_admin_fold(admin, pattern), allow, &admin->error))
            return false;
    }
    return finish(admin, account, before);
}

bool bk_run_spam_allow(struct bk_admin *admin)
{
    return add_patterns(admin, true);
}

bool bk_run_spam_block(struct bk_admin *admin)
{
    return add_patterns(admin, false);
}

bool bk_run_spam_forget(struct bk_admin *admin)
{
    const struct bk_account *account;
    json_t *before = NULL;

    if ((account = begin(admin, &before)) == NULL)
        return false;
    for (size_t i = 1; i < admin->argument_count; i++) {
        const char *pattern = bk_admin_fold(admin, admin->arguments[i]);

        if (!bk_settings_remove_sender_pattern(admin->settings, account->id, pattern,
                                               &admin->error))
            return admin->error.kind == BK_ERROR_UNKNOWN
                       ? bk_admin_fail(admin, BK_ERROR_UNKNOWN,
                                       _("%s is on no list of %s: see boxkeeper spam show"),
                                       admin->arguments[i], account->primary_address)
                       : false;
    }
    return finish(admin, account, before);
}
