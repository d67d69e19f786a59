/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/describe.h"
#include "admin/output.h"

const struct bk_option bk_access_set_options[] = {
    {"imap", "on|off", N_("login by IMAP"), false},
    {"pop3", "on|off", N_("login by POP3"), false},
    {"submission", "on|off", N_("sending after login"), false},
    {"managesieve", "on|off", N_("login by ManageSieve, to change filter scripts"), false},
    {NULL, NULL, NULL, false},
};

static bool take_switches(struct bk_admin *admin, struct bk_account *account)
{
    return bk_option_switch(admin, "imap", &account->imap_allowed) &&
           bk_option_switch(admin, "pop3", &account->pop3_allowed) &&
           bk_option_switch(admin, "submission", &account->submission_allowed) &&
           bk_option_switch(admin, "managesieve", &account->managesieve_allowed);
}

static void show(struct bk_admin *admin, const struct bk_account *account)
{
    const char *on = _("on"), *off = _("off");

    bk_message(admin, _("%s: IMAP %s, POP3 %s, submission %s, ManageSieve %s"),
               account->primary_address, account->imap_allowed ? on : off,
               account->pop3_allowed ? on : off, account->submission_allowed ? on : off,
               account->managesieve_allowed ? on : off);
    bk_output_result(
        admin, json_pack("{s:s, s:b, s:b, s:b, s:b}", "address", account->primary_address, "imap",
                         account->imap_allowed, "pop3", account->pop3_allowed, "submission",
                         account->submission_allowed, "managesieve", account->managesieve_allowed));
}

bool bk_run_access_set(struct bk_admin *admin)
{
    const struct bk_account *before;
    struct bk_account after;
    json_t *was, *is;

    if (admin->option_count == 0)
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("nothing to change is given: see boxkeeper access set --help"));
    if (!bk_admin_begin(admin) ||
        (before = bk_admin_live_account(admin, admin->arguments[0])) == NULL)
        return false;
    after = *before;
    if (!take_switches(admin, &after))
        return false;
    was = bk_describe_account_settings(admin, before);
    is = bk_describe_account_settings(admin, &after);
    if (was == NULL || is == NULL ||
        !bk_settings_update_account(admin->settings, &after, &admin->error) ||
        !bk_audit(admin, after.primary_address, was, is) ||
        !bk_apply_account(admin, before, &after))
        return false;
    show(admin, &after);
    return true;
}
