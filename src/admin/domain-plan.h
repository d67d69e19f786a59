/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * A change of plan: what accounts have that the new plan would not give them.
 */
#ifndef BK_ADMIN_DOMAIN_PLAN_H
#define BK_ADMIN_DOMAIN_PLAN_H

#include "admin/admin.h"

/* Show it as warnings, one a kind with the first few addresses; how many there are. */
bool bk_show_plan_conflicts(struct bk_admin *admin, const struct bk_domain *domain,
                            const struct bk_plan *plan, int64_t *count_r);

#endif
