/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/bulk.h"
#include "rules/usage.h"

/* What the domain will hold with the rows looked at so far. */
struct sums {
    int64_t bytes, unlimited, accounts;
};

static int64_t present_bytes(const struct bk_bulk_row *row)
{
    return row->present != NULL ? row->present->capacity_bytes : 0;
}

/* Lower than now; 0 is the highest of all. */
static bool is_lowered(const struct bk_bulk_row *row)
{
    int64_t now = present_bytes(row);

    return row->capacity_bytes != now && row->capacity_bytes != 0 &&
           (now == 0 || row->capacity_bytes < now);
}

static void take_out(struct sums *sums, int64_t bytes)
{
    sums->bytes -= bytes;
    sums->unlimited -= bytes == 0;
}

static void put_in(struct sums *sums, int64_t bytes)
{
    sums->bytes = bk_add_saturating(sums->bytes, bytes);
    sums->unlimited += bytes == 0;
}

/* What is lowered makes room, wherever in the file it stands. */
static void lower_all(struct bk_bulk *bulk, struct sums *sums)
{
    for (size_t i = 0; i < bulk->count; i++) {
        const struct bk_bulk_row *row = &bulk->rows[i];

        if (row->reasons != NULL || row->present == NULL || !is_lowered(row))
            continue;
        take_out(sums, present_bytes(row));
        put_in(sums, row->capacity_bytes);
    }
}

static void raise_one(struct bk_bulk *bulk, struct bk_bulk_row *row, struct sums *sums)
{
    const struct bk_domain *domain = bulk->domain;

    char text[32];

    if (row->present != NULL)
        take_out(sums, present_bytes(row));
    if (bk_capacity_check_sum(domain, sums->bytes, sums->unlimited, row->capacity_bytes) !=
        BK_CAPACITY_FINE) {
        bk_capacity_format(row->capacity_bytes, text, sizeof(text));
        bk_bulk_bad(bulk, row, _("capacity %s %s of %s: see boxkeeper domain show %s"), text,
                    _(bk_capacity_problem_text(BK_CAPACITY_SUM)), domain->name, domain->name);
    }
    put_in(sums, row->capacity_bytes);
}

static void count_one(struct bk_bulk *bulk, struct bk_bulk_row *row, struct sums *sums)
{
    const struct bk_domain *domain = bulk->domain;

    sums->accounts++;
    if (domain->accounts_maximum > 0 && sums->accounts > domain->accounts_maximum)
        bk_bulk_bad(bulk, row, _("this would be account %lld of %s, which may have %lld"),
                    (long long)sums->accounts, domain->name, (long long)domain->accounts_maximum);
}

bool bk_bulk_check_limits(struct bk_bulk *bulk)
{
    struct bk_admin *admin = bulk->admin;
    struct sums sums;

    if (bk_settings_domain_sums(admin->settings, bulk->domain->id, 0, &sums.bytes, &sums.unlimited,
                                &sums.accounts, &admin->error) == BK_FAILED)
        return false;
    lower_all(bulk, &sums);
    for (size_t i = 0; i < bulk->count; i++) {
        struct bk_bulk_row *row = &bulk->rows[i];
        bool is_new = bulk->file == BK_BULK_REGISTRATION;

        if (row->reasons != NULL)
            continue;
        if (is_new)
            count_one(bulk, row, &sums);
        if (is_new ||
            (row->present != NULL && row->capacity_bytes != present_bytes(row) && !is_lowered(row)))
            raise_one(bulk, row, &sums);
    }
    return true;
}
