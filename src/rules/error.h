/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * One error, owned by the caller, filled by the callee, handled (shown or logged, once) by whoever
 * decides what to do about it. `kind` is what a program acts on: each is one exit status of
 * boxkeeper(1) (sysexits.h). `text` is for operators: what was wrong and what to do.
 */
#ifndef BK_RULES_ERROR_H
#define BK_RULES_ERROR_H

enum bk_error_kind {
    BK_ERROR_NONE = 0,
    BK_ERROR_USAGE = 64,         /* the words of the command are off */
    BK_ERROR_VALUE = 65,         /* a bad value, or one that the plan forbids */
    BK_ERROR_UNKNOWN = 67,       /* no such account, domain, plan */
    BK_ERROR_EXISTS = 73,        /* it is there already */
    BK_ERROR_TRY_AGAIN = 75,     /* busy, disk full, unreadable for the moment */
    BK_ERROR_NOT_PERMITTED = 77, /* needs root, or is under hold */
    BK_ERROR_CONFIGURATION = 78, /* the installation is broken or of another version */
};

struct bk_error {
    enum bk_error_kind kind;
    char text[1024];
};

/* Fill `error` (may be NULL: then nobody wants to know). A text that is too long is cut. */
void bk_error_set(struct bk_error *error, enum bk_error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
