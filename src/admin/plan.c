/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/describe.h"
#include "admin/domain-plan.h"
#include "admin/question.h"
#include "rules/plan_fields.h"

#include <string.h>

const struct bk_option bk_plan_add_options[] = {
    {"from", N_("PLAN"), N_("the plan that it is to be equal to"), false},
    {NULL, NULL, NULL, false},
};

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
        {"capacity_kind", N_("Capacity"), BK_COLUMN_WORD},
        {"capacity_default_bytes", N_("Default"), BK_COLUMN_CAPACITY},
        {"receive_off", N_("Receive OFF"), BK_COLUMN_WORD},
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

/* ---- add ---- */

static bool copy_plan(struct bk_admin *admin, const char *name, const struct bk_plan *from)
{
    struct bk_plan copy = *from;

    copy.name = name;
    return bk_settings_copy_plan(admin->settings, name, from->name, &admin->error) &&
           bk_audit(admin, name, NULL, bk_describe_plan(admin, &copy)) && bk_apply_settings(admin);
}

bool bk_run_plan_add(struct bk_admin *admin)
{
    const char *name = admin->arguments[0];
    const char *from_name = bk_option_value(admin, "from");
    const struct bk_plan *from;

    if (from_name == NULL)
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("say which plan it is to be equal to: --from PLAN"));
    if (!bk_plan_name_is_valid(name))
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("%s can't be the name of a plan: up to 32 of a-z, 0-9 and -, a "
                               "letter first"),
                             name);
    if (!bk_admin_begin(admin) || (from = bk_admin_plan(admin, from_name)) == NULL ||
        !copy_plan(admin, name, from))
        return false;
    bk_message(admin, _("plan %s was added, equal to %s"), name, from->name);
    bk_output_result(admin, json_pack("{s:s, s:s}", "plan", name, "from", from->name));
    return true;
}

/* ---- set ---- */

static const char *field_names(struct bk_admin *admin)
{
    json_t *names = json_array();

    for (const struct bk_plan_field *field = bk_plan_fields; field->name != NULL; field++)
        json_array_append_new(names, json_string(field->name));
    return bk_output_format(admin, names, BK_COLUMN_TEXT);
}

static const char *words_of(struct bk_admin *admin, const struct bk_plan_field *field)
{
    json_t *words = json_array();

    for (size_t i = 0; field->words != NULL && field->words[i] != NULL; i++)
        json_array_append_new(words, json_string(field->words[i]));
    return bk_output_format(admin, words, BK_COLUMN_TEXT);
}

static bool value_failed(struct bk_admin *admin, const struct bk_plan_field *field,
                         const char *value, enum bk_plan_problem problem)
{
    if (problem == BK_PLAN_NOT_A_WORD)
        return bk_admin_fail(admin, BK_ERROR_VALUE, _("%s: \"%s\" %s: %s"), field->name, value,
                             _(bk_plan_problem_text(problem)), words_of(admin, field));
    if (problem == BK_PLAN_NOT_A_NUMBER)
        return bk_admin_fail(admin, BK_ERROR_VALUE, _("%s: \"%s\" %s: %lld to %lld"), field->name,
                             value, _(bk_plan_problem_text(problem)), (long long)field->minimum,
                             (long long)field->maximum);
    return bk_admin_fail(admin, BK_ERROR_VALUE, "%s: \"%s\" %s", field->name, value,
                         _(bk_plan_problem_text(problem)));
}

static bool take_field(struct bk_admin *admin, struct bk_plan *plan, const char *word)
{
    char *name = bk_arena_strdup(admin->arena, word);
    char *equals = strchr(name, '=');
    const struct bk_plan_field *field;
    enum bk_plan_problem problem;

    if (equals == NULL)
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("%s: say FIELD=VALUE"), word);
    *equals = '\0';
    field = bk_plan_field_find(name);
    if (field == NULL)
        return bk_admin_fail(admin, BK_ERROR_VALUE, _("a plan has no field %s; its fields are %s"),
                             name, field_names(admin));
    if (bk_json_text(admin, equals + 1) == NULL)
        return false;
    problem = bk_plan_field_set(admin->arena, plan, field, equals + 1);
    return problem == BK_PLAN_FINE || value_failed(admin, field, equals + 1, problem);
}

static bool take_fields(struct bk_admin *admin, struct bk_plan *plan)
{
    const char *field = "";
    enum bk_plan_problem problem;

    for (size_t i = 1; i < admin->argument_count; i++) {
        if (!take_field(admin, plan, admin->arguments[i]))
            return false;
    }
    problem = bk_plan_check(plan, &field);
    return problem == BK_PLAN_FINE ||
           bk_admin_fail(admin, BK_ERROR_VALUE, _("plan %s would not be sound: %s %s"), plan->name,
                         field, _(bk_plan_problem_text(problem)));
}

static bool collect_domain(void *context, const struct bk_domain *domain)
{
    struct collector *collector = context;

    if (strcmp(domain->plan->name, collector->admin->arguments[0]) == 0)
        json_array_append_new(collector->items, json_string(domain->name));
    return true;
}

/* What the plan, changed, forbids in the domains that have it. */
static bool show_conflicts(struct bk_admin *admin, const struct bk_plan *plan, int64_t *count_r)
{
    struct collector domains = {.admin = admin, .items = json_array()};
    size_t i;
    json_t *name;

    *count_r = 0;
    if (bk_settings_list_domains(admin->settings, collect_domain, &domains, &admin->error) ==
        BK_FAILED)
        return false;
    json_array_foreach(domains.items, i, name)
    {
        const struct bk_domain *domain = bk_admin_domain(admin, json_string_value(name));
        int64_t count;

        if (domain == NULL || !bk_show_plan_conflicts(admin, domain, plan, &count))
            return false;
        *count_r += count;
    }
    return true;
}

/* Before the lock is taken: the answer may take its time. */
static bool confirm(struct bk_admin *admin)
{
    const struct bk_plan *before = bk_admin_plan(admin, admin->arguments[0]);
    struct bk_plan after;
    int64_t conflicts;

    if (before == NULL)
        return false;
    after = *before;
    if (!take_fields(admin, &after) || !show_conflicts(admin, &after, &conflicts))
        return false;
    if (strcmp(before->present_from_start, after.present_from_start) != 0)
        bk_warning(admin,
                   _("a domain gets new accounts from the start with: boxkeeper domain set DOMAIN "
                     "--plan %s"),
                   after.name);
    return conflicts == 0 ||
           bk_question(admin,
                       _("Plan %s will forbid the above; they stay as they are until they are "
                         "changed. Change the plan?"),
                       after.name);
}

bool bk_run_plan_set(struct bk_admin *admin)
{
    const struct bk_plan *before;
    struct bk_plan after;
    json_t *result;

    if (!confirm(admin) || !bk_admin_begin(admin) ||
        (before = bk_admin_plan(admin, admin->arguments[0])) == NULL)
        return false;
    after = *before;
    if (!take_fields(admin, &after) ||
        !bk_settings_update_plan(admin->settings, &after, &admin->error))
        return false;
    result = bk_describe_plan(admin, &after);
    if (!bk_audit(admin, after.name, bk_describe_plan(admin, before), result) ||
        !bk_apply_settings(admin))
        return false;
    bk_message(admin, admin->edited ? _("plan %s was changed") : _("plan %s is so already"),
               after.name);
    bk_output_result(admin, result);
    return true;
}
