/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Who may log in by which protocol, and what a user is told who may not. credentials.db holds the
 * outcome, one row an account, for Dovecot's passdb.
 */
#ifndef BK_RULES_ACCESS_H
#define BK_RULES_ACCESS_H

#include "rules/account.h"

struct bk_access {
    bool locked; /* being deleted: no login of any kind */
    bool imap, pop3, submission, managesieve;
    /* For a protocol that is not allowed: shown to the user by Dovecot, English, without end mark.
     */
    const char *imap_reason, *pop3_reason, *submission_reason, *managesieve_reason;
};

/* Suspended (also with its domain) and deleting: nothing. Force-changed: no submission. Else the
 * switches. */
struct bk_access bk_access_decide(const struct bk_account *account);

/* What both allow: written before the settings' commit, so that a crash between the two databases
 * never leaves anybody with more than settings say. */
struct bk_access bk_access_intersect(const struct bk_access *before, const struct bk_access *after);

#endif
