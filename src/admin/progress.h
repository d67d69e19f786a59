/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * A bar for work that takes its time: on standard error, where that is a terminal, and not with
 * --json. Never in a file or a script's log.
 */
#ifndef BK_ADMIN_PROGRESS_H
#define BK_ADMIN_PROGRESS_H

#include "admin/admin.h"

/* Draw the bar, over the last one. `title` is translated already. */
void bk_progress_show(const struct bk_admin *admin, const char *title, int64_t done, int64_t total);
/* Take it away. */
void bk_progress_end(const struct bk_admin *admin);

#endif
