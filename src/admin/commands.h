/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The functions and option tables behind the rows of the table in main.c, by the file of their
 * noun.
 */
#ifndef BK_ADMIN_COMMANDS_H
#define BK_ADMIN_COMMANDS_H

#include "admin/admin.h"

/* plan.c */
bool bk_run_plan_list(struct bk_admin *admin);
bool bk_run_plan_show(struct bk_admin *admin);

#endif
