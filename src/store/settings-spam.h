/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What an account has set about spam. It is no part of struct bk_account: only a delivery and the
 * CLI need it, and the daemon's look-up of a recipient stays as short as it is. Conventions as in
 * settings.h and settings-edit.h.
 */
#ifndef BK_STORE_SETTINGS_SPAM_H
#define BK_STORE_SETTINGS_SPAM_H

#include "rules/spam.h"
#include "store/settings-edit.h"

/* ABSENT: nothing was set; *settings_r then has no more than the lists, and is_set is false. */
enum bk_lookup bk_settings_lookup_spam(struct bk_settings *settings, struct bk_arena *arena,
                                       int64_t account_id, struct bk_spam_settings *settings_r,
                                       struct bk_error *error);

/* Everything but the lists. */
bool bk_settings_put_spam(struct bk_settings *settings, int64_t account_id,
                          const struct bk_spam_settings *spam, struct bk_error *error);

/* `pattern` is folded. What stands there already is fine. */
bool bk_settings_add_sender_pattern(struct bk_settings *settings, int64_t account_id,
                                    const char *pattern, bool allow, struct bk_error *error);
/* From both lists; BK_ERROR_UNKNOWN where it is on neither. */
bool bk_settings_remove_sender_pattern(struct bk_settings *settings, int64_t account_id,
                                       const char *pattern, struct bk_error *error);

#endif
