/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The audit log: who changed what, from what to what. Objects come from describe.h, which never
 * holds a password or a hash; a changed password is the field "password" with the value "changed".
 */
#ifndef BK_ADMIN_AUDIT_H
#define BK_ADMIN_AUDIT_H

#include "admin/admin.h"

/*
 * Record in the open write transaction what differs between `before` and `after` (objects; NULL:
 * there was or will be nothing) and note that there is something to commit. Nothing differs:
 * nothing is recorded.
 */
bool bk_audit(struct bk_admin *admin, const char *subject, const json_t *before,
              const json_t *after);

/* Login name of who runs the command; "taro (root)" through sudo. */
const char *bk_audit_actor(struct bk_admin *admin);

#endif
