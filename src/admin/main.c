/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * boxkeeper(1): the table of commands, and main(). The core is described in admin.h.
 */
#include "admin/commands.h"
#include "admin/jobs.h"
#include "admin/output.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct bk_command bk_commands[] = {
    /* clang-format off */
    {"domain", "add", N_("DOMAIN"), N_("take up a mail domain, with its first accounts"),
     bk_domain_add_options, true, bk_run_domain_add},
    {"domain", "list", "", N_("list the domains"), NULL, false, bk_run_domain_list},
    {"domain", "show", N_("DOMAIN"), N_("show a domain"), NULL, false, bk_run_domain_show},
    {"domain", "set", N_("DOMAIN"), N_("change a domain"),
     bk_domain_set_options, true, bk_run_domain_set},
    {"domain", "alias", N_("add|remove DOMAIN ALIASDOMAIN"),
     N_("take mail of another domain as the domain's own"), NULL, true, bk_run_domain_alias},
    {"domain", "suspend", N_("DOMAIN"), N_("stop login, sending and mail of all its accounts"),
     NULL, true, bk_run_domain_suspend},
    {"domain", "resume", N_("DOMAIN"), N_("undo a suspension"), NULL, true, bk_run_domain_resume},
    {"domain", "remove", N_("DOMAIN"), N_("remove a domain that has no accounts of its own left"),
     NULL, true, bk_run_domain_remove},
    {"plan", "list", "", N_("list the plans"), NULL, false, bk_run_plan_list},
    {"plan", "show", N_("PLAN"), N_("show a plan"), NULL, false, bk_run_plan_show},
    {"plan", "add", N_("PLAN"), N_("make a plan of your own, equal to another one"),
     bk_plan_add_options, true, bk_run_plan_add},
    {"plan", "set", N_("PLAN FIELD=VALUE..."), N_("change a plan; shows what it forbids"),
     NULL, true, bk_run_plan_set},
    {"account", "create", N_("NAME@DOMAIN"), N_("make a mailbox"),
     bk_account_create_options, true, bk_run_account_create},
    {"account", "set", N_("ACCOUNT"), N_("change an account; what is not given keeps its value"),
     bk_account_set_options, true, bk_run_account_set},
    {"account", "password", N_("ACCOUNT"), N_("set the password (asked for on a terminal)"),
     bk_account_password_options, true, bk_run_account_password},
    {"account", "force-password", N_("ACCOUNT"),
     N_("take a hijacked account from whoever knows its password"),
     bk_account_force_password_options, true, bk_run_account_force_password},
    {"account", "list", "", N_("list accounts, 100 a page"),
     bk_account_list_options, false, bk_run_account_list},
    {"account", "show", N_("ACCOUNT"), N_("show an account"), NULL, false, bk_run_account_show},
    {"account", "suspend", N_("ACCOUNT"),
     N_("stop login, sending and mail; nothing stored is lost"),
     NULL, true, bk_run_account_suspend},
    {"account", "resume", N_("ACCOUNT"),
     N_("undo a suspension"), NULL, true, bk_run_account_resume},
    {"account", "rename", N_("ACCOUNT NEW@DOMAIN"),
     N_("change its name; mail and old address stay"),
     NULL, true, bk_run_account_rename},
    {"account", "delete", N_("ACCOUNT..."), N_("delete accounts with all their mail"),
     NULL, true, bk_run_account_delete},
    {"account", "import", N_("FILE"), N_("register the accounts of a CSV file, all or none"),
     bk_account_import_options, true, bk_run_account_import},
    {"account", "edit", N_("FILE"),
     N_("change passwords and capacities from a CSV file, all or none"),
     bk_account_edit_options, true, bk_run_account_edit},
    {"account", "export", "", N_("print the accounts of a domain as CSV"),
     bk_account_export_options, false, bk_run_account_export},
    {"account", "sample", "registration|edit", N_("print a CSV file to begin with"),
     bk_account_sample_options, false, bk_run_account_sample},
    {"account", "erase-mail", N_("ACCOUNT"), N_("erase all mail; folders and settings stay"),
     NULL, true, bk_run_account_erase_mail},
    {"alias", "add", N_("ACCOUNT ALIAS..."), N_("give an account further addresses"),
     NULL, true, bk_run_alias_add},
    {"alias", "remove", N_("ALIAS..."), N_("take addresses away"), NULL, true, bk_run_alias_remove},
    {"alias", "list", N_("ACCOUNT"), N_("list the aliases of an account"),
     NULL, false, bk_run_alias_list},
    {"forward", "set", N_("ACCOUNT TARGET..."), N_("send mail on to other addresses"),
     bk_forward_set_options, true, bk_run_forward_set},
    {"forward", "off", N_("ACCOUNT"), N_("stop forwarding"), NULL, true, bk_run_forward_off},
    {"forward", "show", N_("ACCOUNT"), N_("show where mail is forwarded to"),
     NULL, false, bk_run_forward_show},
    {"receive", "on", N_("ACCOUNT"), N_("receive mail"), NULL, true, bk_run_receive_on},
    {"receive", "off", N_("ACCOUNT"), N_("receive no mail; what is stored stays"),
     NULL, true, bk_run_receive_off},
    {"access", "set", N_("ACCOUNT"), N_("switch protocols on and off; ends open sessions"),
     bk_access_set_options, true, bk_run_access_set},
    {"autoreply", "set", N_("ACCOUNT"), N_("answer mail by itself"),
     bk_autoreply_set_options, true, bk_run_autoreply_set},
    {"autoreply", "off", N_("ACCOUNT"), N_("stop answering"), NULL, true, bk_run_autoreply_off},
    {"autoreply", "show", N_("ACCOUNT"), N_("show the answer, and when it is given"),
     NULL, false, bk_run_autoreply_show},
    {"spam", "set", N_("ACCOUNT"), N_("set what is done about spam"),
     bk_spam_set_options, true, bk_run_spam_set},
    {"spam", "allow", N_("ACCOUNT PATTERN..."), N_("never take mail of these senders for spam"),
     NULL, true, bk_run_spam_allow},
    {"spam", "block", N_("ACCOUNT PATTERN..."), N_("always take mail of these senders for spam"),
     NULL, true, bk_run_spam_block},
    {"spam", "forget", N_("ACCOUNT PATTERN..."), N_("take senders off both lists"),
     NULL, true, bk_run_spam_forget},
    {"spam", "show", N_("ACCOUNT"), N_("show what is done about spam"),
     NULL, false, bk_run_spam_show},
    {"retention", "set", N_("ACCOUNT|DOMAIN"),
     N_("set how long mail stays in INBOX, trash and junk"),
     bk_retention_set_options, true, bk_run_retention_set},
    {"retention", "show", N_("ACCOUNT|DOMAIN"), N_("show durations in force, and hold"),
     NULL, false, bk_run_retention_show},
    {"retention", "preview", N_("ACCOUNT"), N_("show what would be archived and expunged"),
     bk_retention_preview_options, false, bk_run_retention_preview},
    {"retention", "hold", N_("ACCOUNT"), N_("stop retention, erasing and deletion"),
     bk_retention_hold_options, true, bk_run_retention_hold},
    {"retention", "release", N_("ACCOUNT"), N_("end a hold"), NULL, true, bk_run_retention_release},
    {"retention", "run", "", N_("archive and expunge what is due, of all accounts"),
     bk_retention_run_options, false, bk_run_retention_run},
    {"usage", NULL, N_("[ACCOUNT...]"), N_("show how full mailboxes are"),
     bk_usage_options, false, bk_run_usage},
    {"explain", NULL, N_("[ADDRESS]"),
     N_("show what happens to mail for an address, or to a login"),
     bk_explain_options, false, bk_run_explain},
    {"job", "list", "", N_("list work that goes on after a crash"), NULL, false, bk_run_job_list},
    {"job", "run", "", N_("go on with it now"), NULL, true, bk_run_job_run},
    {"log", NULL, "", N_("show who changed what"), bk_log_options, false, bk_run_log},
    {"setup", "dovecot", "", N_("print what to do with Dovecot, or do it"),
     bk_setup_dovecot_options, false, bk_run_setup_dovecot},
    {"setup", "postfix", "", N_("print what to do with Postfix, or do it"),
     bk_setup_postfix_options, false, bk_run_setup_postfix},
    {"check", NULL, "", N_("report what is wrong on this server"), bk_check_options, false,
     bk_run_check},
    {"backup", NULL, N_("DIR"), N_("copy settings and credentials to a new folder"),
     NULL, false, bk_run_backup},
    {"restore", NULL, N_("DIR"), N_("replace settings and credentials by a backup"),
     NULL, false, bk_run_restore},
    {"migrate", NULL, N_("[NAME=VALUE...]"), N_("make or update the databases"),
     NULL, false, bk_run_migrate},
    /* clang-format on */
    {NULL, NULL, NULL, NULL, NULL, false, NULL},
};

static struct bk_arena *json_arena;

static void *json_allocate(size_t size)
{
    return bk_arena_alloc(json_arena, size);
}

static void json_release(void *memory)
{
    (void)memory; /* with the arena */
}

static void set_up_language(void)
{
    const char *folder = getenv("BOXKEEPER_LOCALE_DIR"); /* the build tree's catalogues */

    (void)setlocale(LC_ALL, "");
    (void)setlocale(LC_NUMERIC, "C");
    (void)bindtextdomain("boxkeeper", folder != NULL ? folder : BK_LOCALE_DIR);
    (void)textdomain("boxkeeper");
    tzset();
}

/* These go on with jobs when they have looked at them, and say so. */
static bool goes_on_by_itself(const struct bk_command *command)
{
    return command->run == bk_run_job_run || command->run == bk_run_account_delete ||
           command->run == bk_run_account_erase_mail || command->run == bk_run_account_import;
}

static bool run(struct bk_admin *admin, int count, char **words)
{
    if (!bk_command_line_parse(admin, count, words))
        return false;
    if (admin->version) {
        printf("boxkeeper %s\n", PACKAGE_VERSION);
        return true;
    }
    if (admin->help) {
        bk_help_print(admin);
        return true;
    }
    if (admin->command->changes && !admin->dry_run && !goes_on_by_itself(admin->command))
        bk_jobs_go_on(admin);
    return admin->command->run(admin);
}

/* A result that could not be written is not a success: a full disk, a reader that went away. */
static bool flush_output(struct bk_admin *admin)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return true;
    return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN, _("the result can't be written: %s"),
                         strerror(errno));
}

int main(int count, char **words)
{
    struct bk_admin admin = {
        .arena = bk_arena_create(), .settings_path = BK_SETTINGS_PATH, .lock = -1};
    bool fine;

    json_arena = admin.arena;
    json_set_alloc_funcs(json_allocate, json_release);
    set_up_language();
    fine = run(&admin, count, words) && flush_output(&admin);
    bk_admin_end(&admin);
    if (!fine)
        bk_error_print(&admin);
    bk_admin_close(&admin);
    bk_arena_destroy(&admin.arena);
    if (fine)
        return 0;
    return admin.error.kind != BK_ERROR_NONE ? (int)admin.error.kind : BK_ERROR_TRY_AGAIN;
}
