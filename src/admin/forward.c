/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/describe.h"
#include "rules/address.h"
#include "rules/route.h"

#include <string.h>

const struct bk_option bk_forward_set_options[] = {
    {"keep-copy", NULL, N_("mail goes to the targets and into the mailbox"), false},
    {"no-copy", NULL, N_("mail goes to the targets only"), false},
    {NULL, NULL, NULL, false},
};

static bool check_forward(struct bk_admin *admin, const struct bk_account *account)
{
    const struct bk_directory *directory = bk_settings_directory(admin->settings, NULL,
                                                                 admin->arena, &admin->error);
    const char *target = NULL;
    enum bk_forward_problem problem = bk_forward_check(admin->arena, directory, account, &target);

    switch (problem) {
    case BK_FORWARD_FINE:
        return true;
    case BK_FORWARD_FAILED:
        if (admin->error.kind != BK_ERROR_NONE)
            return false;
        return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN, _("target %s %s"),
                             target != NULL ? target : "", _(bk_forward_problem_text(problem)));
    case BK_FORWARD_NOT_ALLOWED:
    case BK_FORWARD_TOO_MANY:
        return bk_admin_fail(admin, BK_ERROR_VALUE, _("%s %s (plan %s)"), account->primary_address,
                             _(bk_forward_problem_text(problem)), account->domain->plan->name);
    case BK_FORWARD_SELF:
    case BK_FORWARD_CIRCLE:
    case BK_FORWARD_UNKNOWN:
        break;
    }
    return bk_admin_fail(admin, BK_ERROR_VALUE, _("target %s %s"), target != NULL ? target : "",
                         _(bk_forward_problem_text(problem)));
}

static bool is_listed(const char *const *targets, size_t count, const char *target)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(targets[i], target) == 0)
            return true;
    }
    return false;
}

static bool take_targets(struct bk_admin *admin, struct bk_account *account)
{
    const char **targets = bk_arena_alloc(admin->arena,
                                          admin->argument_count * sizeof(const char *));
    size_t count = 0;

    for (size_t i = 1; i < admin->argument_count; i++) {
        const char *target = bk_admin_fold(admin, admin->arguments[i]);
        enum bk_address_problem problem = bk_address_check(target);

        if (problem != BK_ADDRESS_FINE)
            return bk_admin_fail(admin, BK_ERROR_VALUE, _("target %s %s"), admin->arguments[i],
                                 _(bk_address_problem_text(problem)));
        if (!is_listed(targets, count, target))
            targets[count++] = target;
    }
    account->forward_targets = targets;
    account->forward_target_count = count;
    return true;
}

static void show_forward(struct bk_admin *admin, const struct bk_account *account, bool is_result)
{
    static const struct bk_column columns[] = {
        {"address", N_("Address"), BK_COLUMN_TEXT},
        {"forward_targets", N_("Forwarded to"), BK_COLUMN_TEXT},
        {"forward_keep_copy", N_("Keeps a copy"), BK_COLUMN_TEXT},
        {NULL, NULL, 0},
    };
    json_t *targets = json_array();
    json_t *object;

    for (size_t i = 0; i < account->forward_target_count; i++)
        json_array_append_new(targets, json_string(account->forward_targets[i]));
    object = json_pack("{s:s, s:o, s:b}", "address", account->primary_address, "forward_targets",
                       targets, "forward_keep_copy", account->forward_keep_copy);
    if (is_result)
        bk_output_result(admin, object);
    else
        bk_output_record(admin, object, columns);
}

/* `after` is checked; `before` is what it was. */
static bool finish(struct bk_admin *admin, const struct bk_account *before,
                   const struct bk_account *after)
{
    json_t *was = bk_describe_account_settings(admin, before);
    json_t *is = bk_describe_account_settings(admin, after);

    if (was == NULL || is == NULL ||
        !bk_settings_update_account(admin->settings, after, &admin->error) ||
        !bk_audit(admin, after->primary_address, was, is) || !bk_apply_settings(admin))
        return false;
    bk_message(admin, admin->edited ? _("%s was changed") : _("%s is so already"),
               after->primary_address);
    show_forward(admin, after, true);
    return true;
}

bool bk_run_forward_set(struct bk_admin *admin)
{
    bool keep_copy = bk_option_given(admin, "keep-copy");
    const struct bk_account *before;
    struct bk_account after;

    if (keep_copy == bk_option_given(admin, "no-copy"))
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("say --keep-copy (targets and mailbox) or --no-copy (targets "
                               "only)"));
    if (!bk_admin_begin(admin) ||
        (before = bk_admin_live_account(admin, admin->arguments[0])) == NULL)
        return false;
    after = *before;
    after.forward_keep_copy = keep_copy;
    if (!take_targets(admin, &after) || !check_forward(admin, &after))
        return false;
    return finish(admin, before, &after);
}

bool bk_run_forward_off(struct bk_admin *admin)
{
    const struct bk_account *before;
    struct bk_account after;

    if (!bk_admin_begin(admin) ||
        (before = bk_admin_live_account(admin, admin->arguments[0])) == NULL)
        return false;
    after = *before;
    after.forward_targets = NULL;
    after.forward_target_count = 0;
    after.forward_keep_copy = false;
    return finish(admin, before, &after);
}

bool bk_run_forward_show(struct bk_admin *admin)
{
    const struct bk_account *account = bk_admin_account(admin, admin->arguments[0]);

    if (account == NULL)
        return false;
    show_forward(admin, account, false);
    return true;
}
