/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/commands.h"
#include "admin/describe.h"

struct collector {
    struct bk_admin *admin;
    json_t *items;
};

static bool collect_plan(void *context, const struct bk_plan *plan)
{
    struct collector *collector = context;

    json_array_append_new(collector->items, bk_describe_plan(collector->admin, plan));
    return true;
}

bool bk_run_plan_list(struct bk_admin *admin)
{
    static const struct bk_column columns[] = {
        {"plan", N_("Plan"), BK_COLUMN_TEXT},
        {"capacity_kind", N_("Capacity"), BK_COLUMN_TEXT},
        {"capacity_default_bytes", N_("Default"), BK_COLUMN_CAPACITY},
        {"receive_off", N_("Receive OFF"), BK_COLUMN_TEXT},
        {"forward_targets_maximum", N_("Forward targets"), BK_COLUMN_NUMBER},
        {"archive_seconds", N_("Archive"), BK_COLUMN_DURATION},
        {"trash_seconds", N_("Trash"), BK_COLUMN_DURATION},
        {NULL, NULL, 0},
    };
    struct collector collector = {.admin = admin, .items = json_array()};

    if (bk_admin_settings(admin) == NULL ||
        bk_settings_list_plans(admin->settings, collect_plan, &collector, &admin->error) ==
            BK_FAILED)
        return false;
    bk_output_list(admin, collector.items, columns, NULL, NULL);
    return true;
}

bool bk_run_plan_show(struct bk_admin *admin)
{
    const struct bk_plan *plan = bk_admin_plan(admin, admin->arguments[0]);

    if (plan == NULL)
        return false;
    bk_output_record(admin, bk_describe_plan(admin, plan), bk_plan_columns);
    return true;
}
