/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/domain-addresses.h"

#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/describe.h"
#include "rules/address.h"
#include "rules/route.h"

#include <string.h>

/* ---- catch-all ---- */

bool bk_take_catch_all(struct bk_admin *admin, struct bk_domain *domain)
{
    const char *text = bk_option_value(admin, "catch-all");
    const struct bk_account *account;

    if (text == NULL)
        return true;
    if (*text == '\0') {
        domain->catch_all_account_id = 0;
        return true;
    }
    account = bk_admin_live_account(admin, text);
    if (account == NULL)
        return false;
    if (account->domain->id != domain->id)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("%s is not an account of %s: name one of the domain's own, which "
                               "may forward to another"),
                             account->primary_address, domain->name);
    domain->catch_all_account_id = account->id;
    return true;
}

bool bk_check_catch_all(struct bk_admin *admin, const struct bk_domain *domain)
{
    const struct bk_account *account;
    const struct bk_directory *directory;
    enum bk_forward_problem problem;
    const char *target;

    if (domain->catch_all_account_id == 0 || !bk_option_given(admin, "catch-all"))
        return true;
    if (bk_settings_lookup_account_id(admin->settings, admin->arena, domain->catch_all_account_id,
                                      &account, &admin->error) != BK_FOUND)
        return false;
    directory = bk_settings_directory(admin->settings, NULL, admin->arena, &admin->error);
    problem = bk_forward_check(admin->arena, directory, account, &target);
    if (problem == BK_FORWARD_FAILED)
        return false;
    if (problem != BK_FORWARD_SELF && problem != BK_FORWARD_CIRCLE)
        return true;
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("%s can't be the catch-all: its forward target %s %s"),
                         account->primary_address, target, _(bk_forward_problem_text(problem)));
}

/* ---- domain aliases ---- */

static bool check_name(struct bk_admin *admin, const char *name)
{
    if (bk_domain_name_is_valid(name) && !bk_address_is_internal(name))
        return true;
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("%s is not a name for a mail domain: say one such as example.com"),
                         name);
}

static bool take_action(struct bk_admin *admin, bool *add_r)
{
    const char *word = admin->arguments[0];

    *add_r = strcmp(word, "add") == 0;
    if (*add_r || strcmp(word, "remove") == 0)
        return true;
    return bk_admin_fail(admin, BK_ERROR_USAGE,
                         _("\"%s\": say domain alias add or domain alias remove"), word);
}

bool bk_run_domain_alias(struct bk_admin *admin)
{
    const struct bk_domain *domain;
    const char *name;
    json_t *was, *is;
    bool add;

    if (!take_action(admin, &add))
        return false;
    name = bk_admin_fold(admin, admin->arguments[2]);
    if (!check_name(admin, name) || !bk_admin_begin(admin) ||
        (domain = bk_admin_domain(admin, admin->arguments[1])) == NULL ||
        (was = bk_describe_domain(admin, domain)) == NULL)
        return false;
    if (add ? !bk_settings_add_domain_alias(admin->settings, domain->id, name, &admin->error)
            : !bk_settings_remove_domain_alias(admin->settings, domain->id, name, &admin->error))
        return false;
    is = bk_describe_domain(admin, domain);
    if (is == NULL || !bk_audit(admin, domain->name, was, is) || !bk_apply_settings(admin))
        return false;
    bk_message(admin,
               add ? _("mail for %s is mail for %s now") : _("mail for %s is not mail for %s now"),
               name, domain->name);
    bk_output_result(admin, is);
    return true;
}
