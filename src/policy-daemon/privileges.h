/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * From root to the daemon's own user. Root is needed to make the sockets; databases are opened by
 * the user alone. Who is not root at the start stays who he is (tests, and systemd's User=).
 */
#ifndef BK_POLICY_DAEMON_PRIVILEGES_H
#define BK_POLICY_DAEMON_PRIVILEGES_H

#include "rules/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct bk_identity {
    uid_t user;
    gid_t group; /* the user's own */
    /* The one supplementary group; 0: none. */
    gid_t mta_group;
};

bool bk_privileges_find_user(const char *name, struct bk_identity *identity_r,
                             struct bk_error *error);
bool bk_privileges_find_group(const char *name, gid_t *group_r, struct bk_error *error);

/* Root only: files are opened as `identity` until bk_privileges_resume(). */
bool bk_privileges_lend(const struct bk_identity *identity, struct bk_error *error);
bool bk_privileges_resume(struct bk_error *error);

/* Root only: become `identity` for good, without capabilities, other groups or a way back.
 */
bool bk_privileges_drop(const struct bk_identity *identity, struct bk_error *error);

#endif
