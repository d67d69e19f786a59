/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `retention set|show|hold|release`: the settings. What is done to mail is in retention-run.c. */
#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/describe.h"
#include "admin/explain.h"
#include "admin/output.h"
#include "rules/duration.h"

#include <string.h>

const struct bk_option bk_retention_set_options[] = {
    {"archive", N_("DURATION"), N_("INBOX to the archive after: 180d, 12h, 0 = never, inherit"),
     false},
    {"trash", N_("DURATION"), N_("trash emptied after"), false},
    {"junk", N_("DURATION"), N_("junk emptied after"), false},
    {NULL, NULL, NULL, false},
};
const struct bk_option bk_retention_hold_options[] = {
    {"reason", N_("TEXT"), N_("why; required"), false},
    {NULL, NULL, NULL, false},
};

/* Account and domain carry the same three. */
struct durations {
    int64_t archive_seconds, trash_seconds, junk_seconds;
};

static bool take_duration(struct bk_admin *admin, const char *name, int64_t *seconds)
{
    const char *text = bk_option_value(admin, name);

    if (text == NULL || bk_duration_parse(text, seconds))
        return true;
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("--%s %s is not a duration: say 180d, 12h, 30m, 5s, 0 (never) or "
                           "inherit"),
                         name, text);
}

static bool take_durations(struct bk_admin *admin, const struct bk_plan *plan,
                           struct durations *durations)
{
    if (plan->retention_kind != BK_RETENTION_ANY)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             plan->retention_kind == BK_RETENTION_FIXED
                                 ? _("the durations of plan %s are fixed: they can't be set for an "
                                     "account or domain")
                                 : _("plan %s has neither archive nor trash expiry: there is "
                                     "nothing to set"),
                             plan->name);
    return take_duration(admin, "archive", &durations->archive_seconds) &&
           take_duration(admin, "trash", &durations->trash_seconds) &&
           take_duration(admin, "junk", &durations->junk_seconds);
}

/* A name without @ is a domain if there is one of that name; else it may be a login. FAILED: see
 * admin->error. */
static enum bk_lookup find_domain(struct bk_admin *admin, const char *text,
                                  const struct bk_domain **domain_r)
{
    if (bk_admin_settings(admin) == NULL)
        return BK_FAILED;
    if (strchr(text, '@') != NULL)
        return BK_ABSENT;
    return bk_settings_lookup_domain(admin->settings, admin->arena, bk_admin_fold(admin, text),
                                     domain_r, &admin->error);
}

static bool set_domain(struct bk_admin *admin, const struct bk_domain *before)
{
    struct bk_domain after = *before;
    struct durations durations = {before->archive_seconds, before->trash_seconds,
                                  before->junk_seconds};
    json_t *described;

    if (!take_durations(admin, before->plan, &durations))
        return false;
    after.archive_seconds = durations.archive_seconds;
    after.trash_seconds = durations.trash_seconds;
    after.junk_seconds = durations.junk_seconds;
    if (!bk_settings_update_domain(admin->settings, &after, &admin->error))
        return false;
    described = bk_describe_domain(admin, &after);
    if (described == NULL ||
        !bk_audit(admin, after.name, bk_describe_domain(admin, before), described) ||
        !bk_apply_settings(admin))
        return false;
    bk_output_result(admin, described);
    return true;
}

/* Commit an account's change that concerns no login. */
static bool change_account(struct bk_admin *admin, const struct bk_account *before,
                           const struct bk_account *after)
{
    json_t *was = bk_describe_account_settings(admin, before);
    json_t *is;

    if (was == NULL || !bk_settings_update_account(admin->settings, after, &admin->error))
        return false;
    is = bk_describe_account_settings(admin, after);
    if (is == NULL || !bk_audit(admin, after->primary_address, was, is) ||
        !bk_apply_settings(admin))
        return false;
    is = bk_describe_account(admin, after);
    if (is == NULL)
        return false;
    bk_output_result(admin, is);
    return true;
}

static bool set_account(struct bk_admin *admin, const struct bk_account *before)
{
    struct bk_account after = *before;
    struct durations durations = {before->archive_seconds, before->trash_seconds,
                                  before->junk_seconds};

    if (!take_durations(admin, before->domain->plan, &durations))
        return false;
    after.archive_seconds = durations.archive_seconds;
    after.trash_seconds = durations.trash_seconds;
    after.junk_seconds = durations.junk_seconds;
    return change_account(admin, before, &after);
}

bool bk_run_retention_set(struct bk_admin *admin)
{
    const struct bk_domain *domain = NULL;
    const struct bk_account *account;

    if (!bk_option_given(admin, "archive") && !bk_option_given(admin, "trash") &&
        !bk_option_given(admin, "junk"))
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("nothing to set: give --archive, --trash or --junk"));
    if (!bk_admin_begin(admin))
        return false;
    switch (find_domain(admin, admin->arguments[0], &domain)) {
    case BK_FAILED:
        return false;
    case BK_FOUND:
        return set_domain(admin, domain);
    case BK_ABSENT:
        break;
    }
    account = bk_admin_live_account(admin, admin->arguments[0]);
    return account != NULL && set_account(admin, account);
}

/* ---- hold ---- */

bool bk_run_retention_hold(struct bk_admin *admin)
{
    const char *reason = bk_option_value(admin, "reason");
    const struct bk_account *before;
    struct bk_account after;

    if (reason == NULL || *reason == '\0')
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("say why: --reason TEXT"));
    if (bk_json_text(admin, reason) == NULL || !bk_admin_begin(admin) ||
        (before = bk_admin_live_account(admin, admin->arguments[0])) == NULL)
        return false;
    after = *before;
    after.hold_reason = reason;
    return change_account(admin, before, &after);
}

bool bk_run_retention_release(struct bk_admin *admin)
{
    const struct bk_account *before;
    struct bk_account after;

    if (!bk_admin_begin(admin) ||
        (before = bk_admin_live_account(admin, admin->arguments[0])) == NULL)
        return false;
    after = *before;
    after.hold_reason = NULL;
    if (before->hold_reason == NULL)
        bk_message(admin, _("%s was not under hold"), before->primary_address);
    return change_account(admin, before, &after);
}

/* ---- show ---- */

static json_t *describe_domain_retention(const struct bk_domain *domain)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:I}", "domain", domain->name, "plan",
                     domain->plan->name, "archive_seconds", (json_int_t)domain->archive_seconds,
                     "trash_seconds", (json_int_t)domain->trash_seconds, "junk_seconds",
                     (json_int_t)domain->junk_seconds);
}

static json_t *describe_account_retention(struct bk_admin *admin, const struct bk_account *account)
{
    static const char *const keys[][2] = {{"archive_seconds", "archive_set_by"},
                                          {"trash_seconds", "trash_set_by"},
                                          {"junk_seconds", "junk_set_by"}};
    json_t *object = bk_explain_retention(account);
    json_t *levels = json_object_get(object, "set_by");

    json_object_set_new(object, "address", json_string(account->primary_address));
    json_object_set_new(object, "plan", json_string(account->domain->plan->name));
    for (size_t i = 0; !admin->json && i < sizeof(keys) / sizeof(keys[0]); i++)
        json_object_set_new(
            object, keys[i][1],
            json_string(bk_explain_setting_text(admin, json_object_get(levels, keys[i][0]))));
    return object;
}

bool bk_run_retention_show(struct bk_admin *admin)
{
    static const struct bk_column columns[] = {
        {"address", N_("Address"), BK_COLUMN_TEXT},
        {"domain", N_("Domain"), BK_COLUMN_TEXT},
        {"plan", N_("Plan"), BK_COLUMN_TEXT},
        {"archive_seconds", N_("Archive after"), BK_COLUMN_DURATION},
        {"archive_set_by", N_("  set by"), BK_COLUMN_TEXT},
        {"trash_seconds", N_("Trash emptied after"), BK_COLUMN_DURATION},
        {"trash_set_by", N_("  set by"), BK_COLUMN_TEXT},
        {"junk_seconds", N_("Junk emptied after"), BK_COLUMN_DURATION},
        {"junk_set_by", N_("  set by"), BK_COLUMN_TEXT},
        {"rests", N_("Retention rests"), BK_COLUMN_WORD},
        {"hold_reason", N_("Hold"), BK_COLUMN_TEXT},
        {NULL, NULL, 0},
    };
    const struct bk_domain *domain = NULL;
    const struct bk_account *account;

    switch (find_domain(admin, admin->arguments[0], &domain)) {
    case BK_FAILED:
        return false;
    case BK_FOUND:
        bk_output_record(admin, describe_domain_retention(domain), columns);
        return true;
    case BK_ABSENT:
        break;
    }
    account = bk_admin_account(admin, admin->arguments[0]);
    if (account == NULL)
        return false;
    bk_output_record(admin, describe_account_retention(admin, account), columns);
    return true;
}
