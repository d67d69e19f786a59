/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Accounts, domains and plans as JSON objects: what --json prints and the audit log compares. Field
 * names are those of PRODUCT.md section 9; units stand in the names.
 */
#ifndef BK_ADMIN_DESCRIBE_H
#define BK_ADMIN_DESCRIBE_H

#include "admin/output.h"

/* What settings say of the account itself and its aliases, for the audit log: durations as set,
 * BK_INHERIT included. NULL: admin->error. */
json_t *bk_describe_account_settings(struct bk_admin *admin, const struct bk_account *account);
/* As it is in force: suspended also with its domain, durations resolved; and with usage, last login
 * and delivery, null where not known. NULL: admin->error. */
json_t *bk_describe_account(struct bk_admin *admin, const struct bk_account *account);
json_t *bk_describe_domain(struct bk_admin *admin, const struct bk_domain *domain);
json_t *bk_describe_plan(struct bk_admin *admin, const struct bk_plan *plan);

/* Columns of bk_output_record() for them. */
extern const struct bk_column bk_account_columns[];
extern const struct bk_column bk_domain_columns[];
extern const struct bk_column bk_plan_columns[];

/* ON, OFF, suspended and so on in one word, for lists. */
const char *bk_account_status(const struct bk_account *account);

#endif
