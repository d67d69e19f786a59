/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What an account does about spam, as JSON: for `spam show`, `explain` and the audit log.
 */
#ifndef BK_ADMIN_SPAM_H
#define BK_ADMIN_SPAM_H

#include "admin/output.h"
#include "store/settings-spam.h"

/* As it is in force under the account's plan. */
json_t *bk_describe_spam(const struct bk_account *account, const struct bk_spam_settings *spam);
/* The same from the settings; NULL: admin->error. */
json_t *bk_lookup_spam(struct bk_admin *admin, const struct bk_account *account);
/* Columns of bk_output_record() for it. */
extern const struct bk_column bk_spam_columns[];

#endif
