/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* What an account was told of its filling mailbox, and would be told now. */
#include "admin/explain.h"
#include "admin/output.h"
#include "store/limits-warnings.h"

#include <time.h>

json_t *bk_explain_warning(struct bk_admin *admin, const struct bk_account *account,
                           const struct bk_usage *usage)
{
    struct bk_limits *limits = bk_admin_limits(admin);
    struct bk_warned warned = {.told = BK_WARNING_BELOW};
    struct bk_warning_decision decision;
    int64_t sent_at = 0;

    if (limits == NULL || bk_limits_lookup_warned(limits, account->id, &warned, NULL) == BK_FAILED)
        return json_null();
    for (int kind = BK_WARNING_BELOW; kind < BK_WARNING_COUNT; kind++)
        if (warned.sent_at[kind] > sent_at)
            sent_at = warned.sent_at[kind];
    decision = bk_warning_decide(account, usage, &warned, (int64_t)time(NULL));
    return json_pack("{s:b, s:i, s:o, s:o}", "allowed", account->domain->plan->quota_warnings,
                     "told_percent", bk_warning_percent(warned.told), "sent_at",
                     sent_at != 0 ? json_integer(sent_at) : json_null(), "due_percent",
                     decision.send ? json_integer(bk_warning_percent(decision.warning))
                                   : json_null());
}

const char *bk_explain_warning_text(struct bk_admin *admin, const json_t *warning)
{
    json_t *sent_at = json_object_get(warning, "sent_at");
    int percent = (int)json_integer_value(json_object_get(warning, "told_percent"));

    if (!json_is_object(warning))
        return NULL;
    if (!json_is_true(json_object_get(warning, "allowed")))
        return _("none in this plan");
    if (json_is_null(sent_at))
        return percent == 0
                   ? _("none yet")
                   : bk_arena_printf(admin->arena, _("none; %d %% counts as told"), percent);
    return percent == 0
               ? bk_arena_printf(admin->arena, _("last one %s; it has room now"),
                                 bk_output_format(admin, sent_at, BK_COLUMN_TIME))
               : bk_arena_printf(admin->arena, _("last one %s; it knows of %d %%"),
                                 bk_output_format(admin, sent_at, BK_COLUMN_TIME), percent);
}
