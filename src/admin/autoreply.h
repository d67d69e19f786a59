/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * An account's auto-reply as JSON: for `autoreply show`, `explain` and the audit log.
 */
#ifndef BK_ADMIN_AUTOREPLY_H
#define BK_ADMIN_AUTOREPLY_H

#include "admin/output.h"
#include "store/settings-auto-reply.h"

/* On or off, texts, dates, and the interval in force. NULL: admin->error. */
json_t *bk_lookup_auto_reply(struct bk_admin *admin, const struct bk_account *account);
/* Columns of bk_output_record() for it. */
extern const struct bk_column bk_autoreply_columns[];

#endif
