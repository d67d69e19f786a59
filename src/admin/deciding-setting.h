/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Which setting stands behind a decision of src/rules, and on which level it is set. Nothing is
 * decided here: the reason comes from the rules, this names the field that an administrator would
 * change to get another answer.
 */
#ifndef BK_ADMIN_DECIDING_SETTING_H
#define BK_ADMIN_DECIDING_SETTING_H

#include "rules/admission.h"
#include "rules/retention.h"
#include "rules/route.h"

struct bk_deciding_setting {
    const char *field;   /* as JSON output names it; NULL: no setting, every default applies */
    const char *level;   /* "account", "domain", "plan" or "built-in" */
    const char *subject; /* primary address, domain or plan; NULL for built-in */
};

/* The account that `admission` names in decided_by, else the one asked for; NULL if there is none.
 */
const struct bk_account *bk_deciding_account(const struct bk_admission *admission,
                                             const struct bk_route *route);

/* What decided at RCPT, also when mail is accepted. */
struct bk_deciding_setting bk_deciding_setting(const struct bk_admission *admission,
                                               const struct bk_route *route);

/* Where a duration in force comes from. */
enum bk_duration_field { BK_DURATION_ARCHIVE, BK_DURATION_TRASH, BK_DURATION_JUNK };
struct bk_deciding_setting bk_deciding_duration(const struct bk_account *account,
                                                enum bk_duration_field field);

#endif
