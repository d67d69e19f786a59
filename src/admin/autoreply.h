/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * An account's auto-reply as JSON: for `autoreply show`, `explain` and the audit log; and the width
 * of its text.
 */
#ifndef BK_ADMIN_AUTOREPLY_H
#define BK_ADMIN_AUTOREPLY_H

#include "admin/output.h"
#include "store/settings-auto-reply.h"

/* On or off, texts, dates, and the interval in force. NULL: admin->error. */
json_t *bk_lookup_auto_reply(struct bk_admin *admin, const struct bk_account *account);
/* Columns of bk_output_record() for it. */
extern const struct bk_column bk_autoreply_columns[];
/* Half-width characters of a text: East Asian wide ones are two. Line ends and what has no width
 * are none. The width does not depend on the administrator's locale. */
bool bk_measure_width(struct bk_admin *admin, const char *text, int64_t *width_r);

#endif
