/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The texts and dates of an account's auto-reply. Whether it is on stands in struct bk_account,
 * since it decides where mail goes; the rest is needed by a delivery and the CLI only. Conventions
 * as in settings.h and settings-edit.h.
 */
#ifndef BK_STORE_SETTINGS_AUTO_REPLY_H
#define BK_STORE_SETTINGS_AUTO_REPLY_H

#include "rules/auto_reply.h"
#include "store/settings-edit.h"

/* ABSENT: none was ever set; *reply_r is empty then, with the plan's interval. */
enum bk_lookup bk_settings_lookup_auto_reply(struct bk_settings *settings, struct bk_arena *arena,
                                             int64_t account_id, struct bk_auto_reply *reply_r,
                                             struct bk_error *error);
bool bk_settings_put_auto_reply(struct bk_settings *settings, int64_t account_id,
                                const struct bk_auto_reply *reply, struct bk_error *error);

#endif
