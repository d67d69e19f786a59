/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The parts of `explain` that stand in files of their own.
 */
#ifndef BK_ADMIN_EXPLAIN_H
#define BK_ADMIN_EXPLAIN_H

#include "admin/admin.h"
#include "admin/deciding-setting.h"

/*
 * `explain --login`: what rules/access says of the settings, and what stands in credentials.db,
 * which is what Dovecot obeys. The two differ only after an interrupted command.
 */
bool bk_explain_login(struct bk_admin *admin, const char *login);

/* The answer about a recipient, for people. */
void bk_explain_print(struct bk_admin *admin, json_t *object);
/* {field, level, subject}, or null. */
json_t *bk_explain_setting(const struct bk_deciding_setting *setting);
/* The same for people: "receive (account taro@example.com)". */
const char *bk_explain_setting_text(struct bk_admin *admin, const json_t *setting);
/* Durations in force, the level that sets each, and why retention rests; for `retention show` too.
 */
json_t *bk_explain_retention(const struct bk_account *account);
/* {allowed, told_percent, sent_at, due_percent}; null where limits.db can't be read. */
json_t *bk_explain_warning(struct bk_admin *admin, const struct bk_account *account,
                           const struct bk_usage *usage);
/* The same for people; NULL for null. */
const char *bk_explain_warning_text(struct bk_admin *admin, const json_t *warning);

#endif
