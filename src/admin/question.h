/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Questions to the administrator before something that can't be undone.
 */
#ifndef BK_ADMIN_QUESTION_H
#define BK_ADMIN_QUESTION_H

#include "admin/admin.h"

/*
 * Ask a yes/no question on the terminal. True: yes (also by --yes, and without asking by
 * --dry-run). False: admin->error is filled: BK_ERROR_USAGE without a terminal and after any other
 * answer.
 */
bool bk_question(struct bk_admin *admin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
