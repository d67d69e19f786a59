/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Running another program (doveadm, dpkg-query) and reading what it says. No shell comes between:
 * the command of a server value is split at blanks, and arguments go through as they are.
 */
#ifndef BK_ADMIN_PROGRAM_H
#define BK_ADMIN_PROGRAM_H

#include "admin/admin.h"

#include <sys/types.h>

struct bk_program_result {
    int status;         /* exit status; -1: it could not be started, or was killed */
    const char *output; /* standard output, in the arena */
    const char *errors; /* standard error; where it could not be started, why */
};

/* Run `command` (words split at blanks) with `arguments` (ends with NULL) after them, wait for it,
 * and keep everything it wrote. Standard input is empty. */
struct bk_program_result bk_program_run(struct bk_admin *admin, const char *command,
                                        const char *const *arguments);

/* Start it and do not wait, with these descriptors for input, output and errors: 0, or an errno. */
int bk_program_start(struct bk_admin *admin, const char *command, const char *const *arguments,
                     int input, int output, int errors, pid_t *child_r);
/* Its exit status; -1: it was killed. */
int bk_program_wait(pid_t child);

/* The same with `input` on its standard input. */
struct bk_program_result bk_program_run_with_input(struct bk_admin *admin, const char *command,
                                                   const char *const *arguments, const char *input);

/* The last line of `text` that is not empty, for a message, without doveadm's prefixes; "" if there
 * is none. */
const char *bk_program_last_line(struct bk_admin *admin, const char *text);

#endif
