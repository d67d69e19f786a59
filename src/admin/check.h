/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * `check`: what is not as it should be on this server. It reports and, but
 * for --repair, changes nothing. The parts
 * stand in check-accounts.c (what databases and mail root say about the same account),
 * check-host.c (users, permissions, Dovecot, the daemon) and check-srs.c (forwards to other hosts);
 * src/store checks the files themselves.
 */
#ifndef BK_ADMIN_CHECK_H
#define BK_ADMIN_CHECK_H

#include "admin/admin.h"

struct bk_check {
    struct bk_admin *admin;
    json_t *items; /* of {finding: text} */
};

/* One finding: what is wrong and what to do. */
void bk_check_report(struct bk_check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Mend what settings say how it should be (check-repair.c). Opens settings for writing. */
bool bk_check_repair(struct bk_admin *admin);

/* Settings against credentials, jobs and homes. False: could not be looked at; admin->error. */
bool bk_check_accounts(struct bk_check *check);
/* Users and groups, what each may read, doveadm, Dovecot's version, the daemon's sockets. */
bool bk_check_host(struct bk_check *check);
/* postsrsd, and where bounces to its senders go. */
bool bk_check_srs(struct bk_check *check);

#endif
