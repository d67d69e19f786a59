/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Mail of an account that still waits in Postfix's queue: what `postqueue -j` lists with a sender
 * that the account may send as (rules/sender.h): its addresses, also in alias domains and with an
 * extension, and the form that they have after a forward to another host (SRS).
 */
#ifndef BK_ADMIN_QUEUE_H
#define BK_ADMIN_QUEUE_H

#include "admin/output.h"

/* An array of {queue_id, queue, arrived_at, size_bytes, sender, recipients}; NULL: admin->error,
 * BK_ERROR_TRY_AGAIN. */
json_t *bk_queue_find(struct bk_admin *admin, const struct bk_account *account);

/* `postsuper -d` all of `messages` (as bk_queue_find() gave them). Postfix's listing may miss one
 * that moves from one queue to another: what is found after that goes too, and is added to
 * `messages`. One that was delivered meanwhile is not an error. */
bool bk_queue_delete(struct bk_admin *admin, const struct bk_account *account, json_t *messages);

extern const struct bk_column bk_queue_columns[];

#endif
