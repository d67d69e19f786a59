/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/creation.h"
#include "admin/describe.h"
#include "admin/domain-addresses.h"
#include "admin/domain-fields.h"
#include "admin/domain-plan.h"
#include "admin/question.h"
#include "rules/address.h"
#include "rules/names.h"

#include <string.h>

const struct bk_option bk_domain_add_options[] = {
    {"plan", N_("PLAN"), N_("what its accounts may have (default: open)"), false},
    {"login-prefix", N_("PREFIX"), N_("users log in as PREFIX_name"), false},
    BK_DOMAIN_OPTIONS,
    {NULL, NULL, NULL, false},
};

const struct bk_option bk_domain_set_options[] = {
    {"plan", N_("PLAN"), N_("another plan; shows what it forbids"), false},
    BK_CATCH_ALL_OPTION,
    BK_DOMAIN_OPTIONS,
    {NULL, NULL, NULL, false},
};

static bool show_result(struct bk_admin *admin, const struct bk_domain *domain)
{
    json_t *object;

    if (!admin->dry_run) {
        domain = bk_admin_domain(admin, domain->name);
        if (domain == NULL)
            return false;
    }
    object = admin->json ? bk_describe_domain(admin, domain) : json_object();
    if (object == NULL)
        return false;
    bk_output_result(admin, object);
    return true;
}

/* ---- add ---- */

struct prefix_search {
    const char *prefix;
    const char *except;
    const char *owner;
    struct bk_arena *arena;
};

static bool compare_prefix(void *context, const struct bk_domain *domain)
{
    struct prefix_search *search = context;

    if (domain->login_prefix == NULL || strcmp(domain->login_prefix, search->prefix) != 0 ||
        strcmp(domain->name, search->except) == 0)
        return true;
    search->owner = bk_arena_strdup(search->arena, domain->name);
    return false;
}

static bool check_prefix(struct bk_admin *admin, const struct bk_domain *domain)
{
    struct prefix_search search = {
        .prefix = domain->login_prefix, .except = domain->name, .arena = admin->arena};

    if (domain->login_prefix == NULL)
        return true;
    if (!bk_login_prefix_is_valid(domain->login_prefix))
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("login prefix \"%s\": use 1 to 16 of a-z and 0-9, a letter first"),
                             domain->login_prefix);
    if (bk_settings_list_domains(admin->settings, compare_prefix, &search, &admin->error) ==
        BK_FAILED)
        return false;
    if (search.owner == NULL)
        return true;
    return bk_admin_fail(admin, BK_ERROR_EXISTS,
                         _("login prefix \"%s\" belongs to %s: a prefix is unique on the server"),
                         domain->login_prefix, search.owner);
}

/* The domain as the command line describes it; id 0. */
static struct bk_domain *new_domain(struct bk_admin *admin)
{
    struct bk_domain *domain = bk_arena_alloc(admin->arena, sizeof(*domain));
    const char *plan = bk_option_value(admin, "plan");
    const char *prefix = bk_option_value(admin, "login-prefix");

    *domain = (struct bk_domain){
        .name = bk_admin_fold(admin, admin->arguments[0]),
        .plan = bk_admin_plan(admin, plan != NULL ? plan : "open"),
        .login_prefix = prefix != NULL ? bk_admin_fold(admin, prefix) : NULL,
        .default_capacity_bytes = BK_INHERIT,
        .archive_seconds = BK_INHERIT,
        .send = BK_SEND_LIMITS_INHERITED,
        .trash_seconds = BK_INHERIT,
        .junk_seconds = BK_INHERIT,
    };
    if (domain->plan == NULL)
        return NULL;
    if (!bk_domain_name_is_valid(domain->name) || bk_address_is_internal(domain->name)) {
        bk_admin_fail(admin, BK_ERROR_VALUE,
                      _("%s is not a name for a mail domain: say one such as example.com"),
                      admin->arguments[0]);
        return NULL;
    }
    return check_prefix(admin, domain) && bk_take_domain_fields(admin, domain) ? domain : NULL;
}

static bool is_same(const struct bk_domain *a, const struct bk_domain *b)
{
    const char *a_prefix = a->login_prefix != NULL ? a->login_prefix : "";
    const char *b_prefix = b->login_prefix != NULL ? b->login_prefix : "";

    return strcmp(a->plan->name, b->plan->name) == 0 && strcmp(a_prefix, b_prefix) == 0;
}

/* Insert the domain, or find it again after an interrupted `domain add` of the same kind: then
 * `changes` has the accounts that are not complete. */
static bool insert_domain(struct bk_admin *admin, struct bk_domain *domain,
                          struct bk_change **changes_r, size_t *count_r)
{
    const struct bk_domain *existing = NULL;
    json_t *object;

    switch (bk_settings_lookup_domain(admin->settings, admin->arena, domain->name, &existing,
                                      &admin->error)) {
    case BK_FAILED:
        return false;
    case BK_FOUND:
        if (is_same(existing, domain) &&
            !bk_creation_first_accounts(admin, existing, changes_r, count_r))
            return false;
        if (*count_r > 0)
            return true;
        return bk_admin_fail(admin, BK_ERROR_EXISTS,
                             _("there is a domain %s already: change it with boxkeeper domain set"),
                             domain->name);
    case BK_ABSENT:
        break;
    }
    object = bk_describe_domain(admin, domain);
    return object != NULL &&
           bk_settings_insert_domain(admin->settings, domain, &domain->id, &admin->error) &&
           bk_audit(admin, domain->name, NULL, object) &&
           bk_creation_first_accounts(admin, domain, changes_r, count_r);
}

bool bk_run_domain_add(struct bk_admin *admin)
{
    struct bk_domain *domain;
    struct bk_change *changes = NULL;
    size_t count = 0;

    if (!bk_admin_begin(admin) || (domain = new_domain(admin)) == NULL ||
        !insert_domain(admin, domain, &changes, &count) || !bk_apply(admin, changes, count, NULL))
        return false;
    bk_message(admin, _("%s was added with plan %s"), domain->name, domain->plan->name);
    for (size_t i = 0; i < count; i++)
        bk_message(admin,
                   _("%s receives mail; it has no login until a password is set: boxkeeper account "
                     "password %s"),
                   changes[i].after->primary_address, changes[i].after->primary_address);
    return show_result(admin, domain);
}

/* ---- list, show ---- */

static bool collect_name(void *context, const struct bk_domain *domain)
{
    json_array_append_new(context, json_string(domain->name));
    return true;
}

bool bk_run_domain_list(struct bk_admin *admin)
{
    static const struct bk_column columns[] = {
        {"domain", N_("Domain"), BK_COLUMN_TEXT},
        {"plan", N_("Plan"), BK_COLUMN_TEXT},
        {"login_prefix", N_("Prefix"), BK_COLUMN_TEXT},
        {"accounts", N_("Accounts"), BK_COLUMN_NUMBER},
        {"capacity_sum_bytes", N_("Capacities"), BK_COLUMN_BYTES},
        {"suspended", N_("Suspended"), BK_COLUMN_YES},
        {NULL, NULL, 0},
    };
    json_t *names = json_array();
    json_t *items = json_array();
    size_t i;
    json_t *name;

    if (bk_admin_settings(admin) == NULL ||
        bk_settings_list_domains(admin->settings, collect_name, names, &admin->error) == BK_FAILED)
        return false;
    json_array_foreach(names, i, name)
    {
        const struct bk_domain *domain = bk_admin_domain(admin, json_string_value(name));
        json_t *object = domain != NULL ? bk_describe_domain(admin, domain) : NULL;

        if (object == NULL)
            return false;
        json_array_append_new(items, object);
    }
    bk_output_list(admin, items, columns, NULL, NULL);
    return true;
}

bool bk_run_domain_show(struct bk_admin *admin)
{
    const struct bk_domain *domain = bk_admin_domain(admin, admin->arguments[0]);
    json_t *object = domain != NULL ? bk_describe_domain(admin, domain) : NULL;

    if (object == NULL)
        return false;
    bk_output_record(admin, object, bk_domain_columns);
    return true;
}

/* ---- set ---- */

static bool update_domain(struct bk_admin *admin, const struct bk_domain *before,
                          const struct bk_domain *after)
{
    json_t *was = bk_describe_domain(admin, before);
    json_t *is = bk_describe_domain(admin, after);

    return was != NULL && is != NULL &&
           bk_settings_update_domain(admin->settings, after, &admin->error) &&
           bk_audit(admin, after->name, was, is);
}

/* What a new plan forbids is asked about before the lock is taken. */
static bool confirm_plan(struct bk_admin *admin)
{
    const char *plan_name = bk_option_value(admin, "plan");
    const struct bk_domain *domain = bk_admin_domain(admin, admin->arguments[0]);
    const struct bk_plan *plan;
    int64_t conflicts;

    if (domain == NULL)
        return false;
    if (plan_name == NULL)
        return true;
    plan = bk_admin_plan(admin, plan_name);
    if (plan == NULL || !bk_show_plan_conflicts(admin, domain, plan, &conflicts))
        return false;
    return conflicts == 0 ||
           bk_question(admin,
                       _("Plan %s forbids the above; they stay as they are until they are "
                         "changed. Change the plan of %s?"),
                       plan->name, domain->name);
}

bool bk_run_domain_set(struct bk_admin *admin)
{
    const struct bk_domain *before;
    struct bk_domain after;
    struct bk_change *changes = NULL;
    size_t count = 0;

    if (admin->option_count == 0)
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("nothing to change is given: see boxkeeper domain set --help"));
    if (!confirm_plan(admin) || !bk_admin_begin(admin) ||
        (before = bk_admin_domain(admin, admin->arguments[0])) == NULL)
        return false;
    after = *before;
    if (bk_option_given(admin, "plan"))
        after.plan = bk_admin_plan(admin, bk_option_value(admin, "plan"));
    if (after.plan == NULL || !bk_take_domain_fields(admin, &after) ||
        !bk_take_catch_all(admin, &after) || !update_domain(admin, before, &after) ||
        !bk_check_catch_all(admin, &after) ||
        !bk_creation_first_accounts(admin, &after, &changes, &count) ||
        !bk_apply(admin, changes, count, NULL))
        return false;
    bk_message(admin, admin->edited ? _("%s was changed") : _("%s is so already"), before->name);
    return show_result(admin, &after);
}

/* ---- suspend, resume ---- */

struct id_list {
    int64_t *ids;
    size_t count;
};

static bool collect_id(void *context, const struct bk_account *account)
{
    struct id_list *list = context;

    list->ids[list->count++] = account->id;
    return true;
}

/* Every account of the domain as it is and as it will be with `after`. */
static bool changes_of_domain(struct bk_admin *admin, const struct bk_domain *after,
                              struct bk_change **changes_r, size_t *count_r)
{
    struct bk_account_filter filter = {.domain = after->name};
    struct id_list list = {0};
    int64_t total = 0;

    if (bk_settings_count_accounts(admin->settings, &filter, &total, &admin->error) == BK_FAILED)
        return false;
    list.ids = bk_arena_alloc(admin->arena, ((size_t)total + 1) * sizeof(*list.ids));
    if (bk_settings_list_accounts(admin->settings, &filter, collect_id, &list, &admin->error) ==
        BK_FAILED)
        return false;
    *changes_r = bk_arena_alloc(admin->arena, (list.count + 1) * sizeof(**changes_r));
    for (size_t i = 0; i < list.count; i++) {
        struct bk_account *copy = bk_arena_alloc(admin->arena, sizeof(*copy));
        const struct bk_account *before = NULL;

        if (bk_settings_lookup_account_id(admin->settings, admin->arena, list.ids[i], &before,
                                          &admin->error) != BK_FOUND)
            return false;
        *copy = *before;
        copy->domain = after;
        (*changes_r)[i] = (struct bk_change){
            .before = before, .after = copy, .kick = after->suspended};
    }
    *count_r = list.count;
    return true;
}

static bool set_suspended(struct bk_admin *admin, bool suspended)
{
    const struct bk_domain *before;
    struct bk_domain after;
    struct bk_change *changes;
    size_t count;

    if (!bk_admin_begin(admin) || (before = bk_admin_domain(admin, admin->arguments[0])) == NULL)
        return false;
    after = *before;
    after.suspended = suspended;
    if (!changes_of_domain(admin, &after, &changes, &count) ||
        !update_domain(admin, before, &after) ||
        !bk_apply(admin, changes, count, bk_arena_printf(admin->arena, "*@%s", after.name)))
        return false;
    bk_message(admin,
               suspended ? ngettext("%s with %zu account is suspended",
                                    "%s with %zu accounts is suspended", count)
                         : ngettext("%s with %zu account is resumed",
                                    "%s with %zu accounts is resumed", count),
               after.name, count);
    return show_result(admin, &after);
}

bool bk_run_domain_suspend(struct bk_admin *admin)
{
    return set_suspended(admin, true);
}

bool bk_run_domain_resume(struct bk_admin *admin)
{
    return set_suspended(admin, false);
}
