/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The functions and option tables behind the rows of the table in main.c, by the file of their
 * noun.
 */
#ifndef BK_ADMIN_COMMANDS_H
#define BK_ADMIN_COMMANDS_H

#include "admin/admin.h"

/* access.c */
extern const struct bk_option bk_access_set_options[];
bool bk_run_access_set(struct bk_admin *admin);

/* account.c */
extern const struct bk_option bk_account_create_options[];
extern const struct bk_option bk_account_set_options[];
extern const struct bk_option bk_account_password_options[];
bool bk_run_account_create(struct bk_admin *admin);
bool bk_run_account_set(struct bk_admin *admin);
bool bk_run_account_password(struct bk_admin *admin);
bool bk_run_account_suspend(struct bk_admin *admin);
bool bk_run_account_resume(struct bk_admin *admin);
bool bk_run_account_show(struct bk_admin *admin);

/* account-erase.c */
bool bk_run_account_erase_mail(struct bk_admin *admin);

/* account-force.c */
extern const struct bk_option bk_account_force_password_options[];
bool bk_run_account_force_password(struct bk_admin *admin);

/* account-rename.c */
bool bk_run_account_rename(struct bk_admin *admin);

/* account-list.c */
extern const struct bk_option bk_account_list_options[];
bool bk_run_account_list(struct bk_admin *admin);

/* import.c, bulk-edit.c */
extern const struct bk_option bk_account_import_options[];
extern const struct bk_option bk_account_edit_options[];
bool bk_run_account_import(struct bk_admin *admin);
bool bk_run_account_edit(struct bk_admin *admin);

/* export.c, sample.c */
extern const struct bk_option bk_account_export_options[];
extern const struct bk_option bk_account_sample_options[];
bool bk_run_account_export(struct bk_admin *admin);
bool bk_run_account_sample(struct bk_admin *admin);

/* alias.c */
bool bk_run_alias_add(struct bk_admin *admin);
bool bk_run_alias_remove(struct bk_admin *admin);
bool bk_run_alias_list(struct bk_admin *admin);

/* domain.c */
extern const struct bk_option bk_domain_add_options[];
extern const struct bk_option bk_domain_set_options[];
bool bk_run_domain_add(struct bk_admin *admin);
bool bk_run_domain_list(struct bk_admin *admin);
bool bk_run_domain_show(struct bk_admin *admin);
bool bk_run_domain_set(struct bk_admin *admin);
bool bk_run_domain_suspend(struct bk_admin *admin);
bool bk_run_domain_resume(struct bk_admin *admin);

/* domain-addresses.c */
bool bk_run_domain_alias(struct bk_admin *admin);

/* domain-remove.c */
bool bk_run_domain_remove(struct bk_admin *admin);

/* forward.c */
extern const struct bk_option bk_forward_set_options[];
bool bk_run_forward_set(struct bk_admin *admin);
bool bk_run_forward_off(struct bk_admin *admin);
bool bk_run_forward_show(struct bk_admin *admin);

/* log.c */
extern const struct bk_option bk_log_options[];
bool bk_run_log(struct bk_admin *admin);

/* plan.c */
extern const struct bk_option bk_plan_add_options[];
bool bk_run_plan_add(struct bk_admin *admin);
bool bk_run_plan_set(struct bk_admin *admin);
bool bk_run_plan_list(struct bk_admin *admin);
bool bk_run_plan_show(struct bk_admin *admin);

/* receive.c */
bool bk_run_receive_on(struct bk_admin *admin);
bool bk_run_receive_off(struct bk_admin *admin);

/* account-delete.c */
bool bk_run_account_delete(struct bk_admin *admin);

/* retention.c, retention-run.c */
extern const struct bk_option bk_retention_set_options[];
extern const struct bk_option bk_retention_hold_options[];
extern const struct bk_option bk_retention_preview_options[];
extern const struct bk_option bk_retention_run_options[];
bool bk_run_retention_set(struct bk_admin *admin);
bool bk_run_retention_show(struct bk_admin *admin);
bool bk_run_retention_preview(struct bk_admin *admin);
bool bk_run_retention_hold(struct bk_admin *admin);
bool bk_run_retention_release(struct bk_admin *admin);
bool bk_run_retention_run(struct bk_admin *admin);

/* autoreply.c */
extern const struct bk_option bk_autoreply_set_options[];
bool bk_run_autoreply_set(struct bk_admin *admin);
bool bk_run_autoreply_off(struct bk_admin *admin);
bool bk_run_autoreply_show(struct bk_admin *admin);

/* spam.c */
extern const struct bk_option bk_spam_set_options[];
bool bk_run_spam_set(struct bk_admin *admin);
bool bk_run_spam_allow(struct bk_admin *admin);
bool bk_run_spam_block(struct bk_admin *admin);
bool bk_run_spam_forget(struct bk_admin *admin);
bool bk_run_spam_show(struct bk_admin *admin);

/* usage.c */
extern const struct bk_option bk_usage_options[];
bool bk_run_usage(struct bk_admin *admin);

/* explain.c */
extern const struct bk_option bk_explain_options[];
bool bk_run_explain(struct bk_admin *admin);

/* jobs.c */
bool bk_run_job_list(struct bk_admin *admin);
bool bk_run_job_run(struct bk_admin *admin);

/* setup.c */
extern const struct bk_option bk_setup_dovecot_options[];
extern const struct bk_option bk_setup_postfix_options[];
bool bk_run_setup_dovecot(struct bk_admin *admin);
bool bk_run_setup_postfix(struct bk_admin *admin);

/* check.c */
extern const struct bk_option bk_check_options[];
bool bk_run_check(struct bk_admin *admin);

/* maintenance.c */
bool bk_run_migrate(struct bk_admin *admin);
bool bk_run_backup(struct bk_admin *admin);
bool bk_run_restore(struct bk_admin *admin);

#endif
