/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `account sample`: files to begin with. */
#include "admin/commands.h"
#include "admin/csv.h"
#include "rules/bulk.h"

#include <string.h>

/* No plan allows it, so that a sample that was left as it is registers nobody. */
#define SAMPLE_PASSWORD N_("(password)")

const struct bk_option bk_account_sample_options[] = {
    {"domain", N_("DOMAIN"), N_("with the columns that this domain's plan wants"), false},
    {NULL, NULL, NULL, false},
};

/* The plan that decides about the columns, and the capacity of the accounts. */
static bool take_plan(struct bk_admin *admin, const struct bk_plan **plan_r, int64_t *bytes_r)
{
    const char *name = bk_option_value(admin, "domain");
    const struct bk_domain *domain;

    if (name != NULL && (domain = bk_admin_domain(admin, name)) != NULL) {
        *plan_r = domain->plan;
        (void)bk_capacity_default(domain, bytes_r);
    } else if (name == NULL && (*plan_r = bk_admin_plan(admin, "open")) != NULL) {
        *bytes_r = (*plan_r)->capacity_default_bytes;
    }
    return *plan_r != NULL;
}

static void write_sample(struct bk_admin *admin, enum bk_bulk_file file, const struct bk_plan *plan,
                         int64_t bytes)
{
    const char *columns[BK_BULK_COLUMNS_MAXIMUM];
    size_t count = bk_bulk_columns(file, plan, columns);
    struct bk_csv_writer *writer = bk_csv_writer_open(admin, NULL, stdout);
    char capacity[32], bad[8];

    bk_bulk_capacity_format(bytes, capacity, sizeof(capacity));
    (void)bk_csv_write(writer, columns, count, bad);
    for (int i = 1; i <= 2; i++) {
        const char *name = bk_arena_printf(admin->arena, "sample%02d", i);
        const char *registration[] = {name, _(SAMPLE_PASSWORD), _("a comment"), capacity};
        const char *edit[] = {name, _(SAMPLE_PASSWORD), capacity};

        (void)bk_csv_write(writer, file == BK_BULK_EDIT ? edit : registration, count, bad);
    }
    bk_csv_writer_close(&writer);
}

bool bk_run_account_sample(struct bk_admin *admin)
{
    const char *kind = admin->arguments[0];
    bool is_edit = strcmp(kind, "edit") == 0;
    const struct bk_plan *plan = NULL;
    int64_t bytes = 0;

    if (admin->json)
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("this prints CSV: leave out --json"));
    if (!is_edit && strcmp(kind, "registration") != 0)
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("%s is no sample: say registration or edit"),
                             kind);
    if (!take_plan(admin, &plan, &bytes))
        return false;
    write_sample(admin, is_edit ? BK_BULK_EDIT : BK_BULK_REGISTRATION, plan, bytes);
    return true;
}
