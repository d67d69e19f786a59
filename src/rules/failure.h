/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What each operation does when something cannot be read: DESIGN.md's table "What each failure
 * does" as code, and one test a cell.
 */
#ifndef BK_RULES_FAILURE_H
#define BK_RULES_FAILURE_H

enum bk_failed {
    BK_FAILED_SETTINGS,
    BK_FAILED_STATE,
    BK_FAILED_CREDENTIALS,
    BK_FAILED_DAEMON,
    BK_FAILED_DISK, /* full */
    BK_FAILED_COUNT,
};

enum bk_operation {
    BK_OPERATION_DELIVERY,
    BK_OPERATION_RECIPIENT,  /* RCPT on port 25 */
    BK_OPERATION_SUBMISSION, /* RCPT on port 587, after login */
    BK_OPERATION_LOGIN,
    BK_OPERATION_SESSION, /* an IMAP or POP3 session */
    BK_OPERATION_RETENTION,
    BK_OPERATION_COUNT,
};

enum bk_failure_action {
    BK_GO_ON = 1,
    BK_TRY_LATER,        /* 4xx to mail, temporary failure to a login */
    BK_GO_ON_LAST_LIMIT, /* with the limit last known, else state.db's, else NO [UNAVAILABLE] to
                            storing */
    BK_REFUSE_STORING,   /* NO, nothing half-written */
    BK_DO_NOTHING,       /* leave everything as it is, quietly until it can be read again */
    BK_STOP_AND_SAY,     /* end the run with an error */
};

/* The cell of the table. */
enum bk_failure_action bk_failure_decide(enum bk_failed failed, enum bk_operation operation);

#endif
