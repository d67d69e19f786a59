/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/domain-fields.h"

#include "admin/account-fields.h"
#include "admin/output.h"
#include "rules/capacity.h"

#include <string.h>
#include <sys/stat.h>

#define ZONE_FOLDER "/usr/share/zoneinfo"

static bool take_size(struct bk_admin *admin, const char *option, int64_t *bytes_r)
{
    const char *text = bk_option_value(admin, option);
    enum bk_capacity_problem problem;

    if (text == NULL)
        return true;
    problem = bk_capacity_parse(text, bytes_r);
    if (problem == BK_CAPACITY_FINE)
        return true;
    return bk_admin_fail(admin, BK_ERROR_VALUE, "--%s %s %s", option, text,
                         _(bk_capacity_problem_text(problem)));
}

static bool take_default_capacity(struct bk_admin *admin, struct bk_domain *domain)
{
    const char *text = bk_option_value(admin, "default-capacity");
    enum bk_capacity_problem problem;

    if (text == NULL)
        return true;
    if (strcmp(text, "inherit") == 0) {
        domain->default_capacity_bytes = BK_INHERIT;
        return true;
    }
    if (!take_size(admin, "default-capacity", &domain->default_capacity_bytes))
        return false;
    problem = bk_capacity_check(domain, domain->default_capacity_bytes);
    if (problem == BK_CAPACITY_FINE)
        return true;
    return bk_admin_fail(admin, BK_ERROR_VALUE, _("--default-capacity %s %s (plan %s)"), text,
                         _(bk_capacity_problem_text(problem)), domain->plan->name);
}

static bool take_account_maximum(struct bk_admin *admin, struct bk_domain *domain)
{
    if (!bk_option_given(admin, "max-account-capacity"))
        return true;
    if (domain->plan->capacity_kind != BK_CAPACITY_RANGE)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("--max-account-capacity: plan %s does not give a range of "
                               "capacities"),
                             domain->plan->name);
    return take_size(admin, "max-account-capacity", &domain->capacity_maximum_bytes);
}

static bool zone_exists(struct bk_admin *admin, const char *zone)
{
    struct stat entry;

    return *zone != '/' && strstr(zone, "..") == NULL &&
           stat(bk_arena_printf(admin->arena, ZONE_FOLDER "/%s", zone), &entry) == 0 &&
           S_ISREG(entry.st_mode);
}

static bool take_time_zone(struct bk_admin *admin, struct bk_domain *domain)
{
    const char *zone = bk_option_value(admin, "time-zone");

    if (zone == NULL)
        return true;
    domain->time_zone = *zone != '\0' ? zone : NULL;
    if (*zone == '\0' || zone_exists(admin, zone))
        return true;
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("--time-zone %s: there is no such zone; say one such as Asia/Tokyo (see "
                           "timedatectl list-timezones)"),
                         zone);
}

/* A limit may be set below what is there: nothing is taken away, nothing more is given. */
static bool warn_about_limits(struct bk_admin *admin, const struct bk_domain *domain)
{
    int64_t capacity_bytes, unlimited, accounts;

    if (domain->id == 0)
        return true;
    if (bk_settings_domain_sums(admin->settings, domain->id, 0, &capacity_bytes, &unlimited,
                                &accounts, &admin->error) == BK_FAILED)
        return false;
    if (domain->accounts_maximum > 0 && accounts > domain->accounts_maximum)
        bk_warning(admin,
                   ngettext("%s has %lld account already: none can be added",
                            "%s has %lld accounts already: none can be added",
                            (unsigned long)accounts),
                   domain->name, (long long)accounts);
    if (domain->capacity_sum_maximum_bytes > 0 && unlimited > 0)
        bk_warning(admin,
                   ngettext("%lld account of %s has no limit: give it a capacity, or no other "
                            "account can be added or enlarged",
                            "%lld accounts of %s have no limit: give them a capacity, or no other "
                            "account can be added or enlarged",
                            (unsigned long)unlimited),
                   (long long)unlimited, domain->name);
    else if (domain->capacity_sum_maximum_bytes > 0 &&
             capacity_bytes > domain->capacity_sum_maximum_bytes)
        bk_warning(admin, _("the capacities of %s sum up to %s already: none can be added"),
                   domain->name,
                   bk_output_format(admin, json_integer(capacity_bytes), BK_COLUMN_BYTES));
    return true;
}

bool bk_take_domain_fields(struct bk_admin *admin, struct bk_domain *domain)
{
    return bk_option_number(admin, "max-accounts", 0, INT32_MAX, &domain->accounts_maximum) &&
           take_size(admin, "max-capacity", &domain->capacity_sum_maximum_bytes) &&
           take_account_maximum(admin, domain) && take_default_capacity(admin, domain) &&
           take_time_zone(admin, domain) && bk_take_language(admin, &domain->language) &&
           bk_take_send_limits(admin, &domain->send) && warn_about_limits(admin, domain);
}
