/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * `account rename`: another name, or another domain. The mail stays where it is, for a home is
 * named by the account's id. The old address stays as an alias; apply.h sees to it that Dovecot
 * knows both names as long as mail may come under either.
 */
#include "admin/account-fields.h"
#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/creation.h"
#include "admin/describe.h"
#include "rules/capacity.h"
#include "rules/names.h"

#include <string.h>

static bool check_name(struct bk_admin *admin, const struct bk_account *before,
                       const struct bk_account *after)
{
    enum bk_name_problem problem = bk_name_check(after->domain->plan, after->name);

    if (bk_name_is_present_from_start(before->domain->plan, before->name))
        return bk_admin_fail(admin, BK_ERROR_NOT_PERMITTED,
                             _("%s is there from the start of its domain and can't be renamed"),
                             before->primary_address);
    if (problem == BK_NAME_FINE)
        return true;
    return bk_admin_fail(admin, BK_ERROR_VALUE, _("the name \"%s\" %s (plan %s)"), after->name,
                         _(bk_name_problem_text(problem)), after->domain->plan->name);
}

/* Free, or an alias of the account itself. */
static bool check_address(struct bk_admin *admin, const struct bk_account *after)
{
    const struct bk_account *owner = NULL;
    enum bk_lookup found = bk_settings_lookup_address(
        admin->settings, admin->arena, after->primary_address, &owner, &admin->error);

    if (found == BK_FAILED)
        return false;
    return (found == BK_FOUND && owner->id == after->id) ||
           bk_address_is_free(admin, after->primary_address);
}

static bool refuse_move(struct bk_admin *admin, const struct bk_account *after, const char *reason)
{
    return bk_admin_fail(admin, BK_ERROR_VALUE, _("it can't move to %s with plan %s: %s"),
                         after->domain->name, after->domain->plan->name, reason);
}

static bool check_capacity(struct bk_admin *admin, const struct bk_account *after)
{
    enum bk_capacity_problem problem = bk_capacity_check(after->domain, after->capacity_bytes);
    int64_t others_bytes, others_unlimited, accounts;
    char text[32];

    bk_capacity_format(after->capacity_bytes, text, sizeof(text));
    if (problem == BK_CAPACITY_FINE) {
        if (bk_settings_domain_sums(admin->settings, after->domain->id, after->id, &others_bytes,
                                    &others_unlimited, &accounts, &admin->error) == BK_FAILED)
            return false;
        problem = bk_capacity_check_sum(after->domain, others_bytes, others_unlimited,
                                        after->capacity_bytes);
    }
    return problem == BK_CAPACITY_FINE ||
           refuse_move(admin, after,
                       bk_arena_printf(admin->arena, _("its capacity %s %s"), text,
                                       _(bk_capacity_problem_text(problem))));
}

/* What the new domain and its plan do not allow must be changed first. */
static bool check_move(struct bk_admin *admin, const struct bk_account *after)
{
    const struct bk_plan *plan = after->domain->plan;
    int64_t targets = (int64_t)after->forward_target_count;

    if (!bk_creation_fits(admin, after->domain, 1) || !check_capacity(admin, after))
        return false;
    if (targets > 0 && !plan->forward_allowed)
        return refuse_move(admin, after, _("the plan does not allow forwards"));
    if (plan->forward_targets_maximum > 0 && targets > plan->forward_targets_maximum)
        return refuse_move(admin, after, _("it has too many forward targets"));
    if (plan->retention_kind != BK_RETENTION_ANY &&
        (after->archive_seconds != BK_INHERIT || after->trash_seconds != BK_INHERIT ||
         after->junk_seconds != BK_INHERIT))
        return refuse_move(admin, after, _("it has durations of its own"));
    return true;
}

/* The account under its new name; NULL: admin->error. */
static struct bk_account *rename_copy(struct bk_admin *admin, const struct bk_account *before,
                                      const char *text)
{
    struct bk_account *after = bk_arena_alloc(admin->arena, sizeof(*after));
    char *name = bk_admin_fold(admin, text);
    char *at = strrchr(name, '@');

    if (at == NULL) {
        bk_admin_fail(admin, BK_ERROR_USAGE, _("%s has no @: say NAME@DOMAIN"), text);
        return NULL;
    }
    *at = '\0';
    *after = *before;
    after->domain = bk_admin_domain(admin, at + 1);
    if (after->domain == NULL)
        return NULL;
    after->name = name;
    after->primary_address = bk_primary_address(admin->arena, after->domain, name);
    after->login = bk_login(admin->arena, after->domain, name);
    return after;
}

static bool check(struct bk_admin *admin, const struct bk_account *before,
                  const struct bk_account *after)
{
    return check_name(admin, before, after) && bk_check_address_length(admin, after) &&
           check_address(admin, after) &&
           (before->domain->id == after->domain->id || check_move(admin, after));
}

static bool update(struct bk_admin *admin, const struct bk_account *before,
                   const struct bk_account *after)
{
    json_t *was = bk_describe_account_settings(admin, before);
    json_t *is;

    if (was == NULL || !bk_settings_update_account(admin->settings, after, &admin->error) ||
        !bk_settings_add_alias(admin->settings, after->id, before->primary_address, &admin->error))
        return false;
    is = bk_describe_account_settings(admin, after);
    return is != NULL && bk_audit(admin, before->primary_address, was, is) &&
           bk_audit(admin, after->primary_address, was, is);
}

/* So that its limit is found under the new name before its first session. */
static bool put_user(void *context, struct bk_mail_user_child *child, struct bk_error *error)
{
    const struct bk_account *account = ((void **)context)[0];
    struct bk_state *state = bk_state_open_writer(((void **)context)[1], error);
    bool fine;

    (void)child;
    if (state == NULL)
        return false;
    fine = bk_state_put_user(state, account->id, account->primary_address, error);
    bk_state_close(&state);
    return fine;
}

/* A cache: what can't be written now the next session writes. */
static void rename_in_state(struct bk_admin *admin, struct bk_account *account)
{
    const char *path = bk_admin_server_value(admin, "state_path");
    void *context[2] = {account, (void *)path};
    struct bk_mail_user user;
    struct bk_error error = {0};

    if (path != NULL && bk_admin_mail_user(admin, &user))
        (void)bk_mail_user_run(&user, put_user, context, NULL, NULL, &error);
    admin->error.kind = BK_ERROR_NONE;
}

/* The end of it, also where a killed command had come as far as the settings' commit. */
static bool apply(struct bk_admin *admin, const struct bk_account *before, struct bk_account *after)
{
    const struct bk_change change = {.before = before, .after = after, .kick = admin->edited};

    if (!bk_apply(admin, &change, 1, NULL))
        return false;
    if (!admin->dry_run)
        rename_in_state(admin, after);
    if (admin->edited)
        bk_message(admin, _("%s is now %s; the old address stays as an alias"),
                   before->primary_address, after->primary_address);
    else
        bk_message(admin, _("%s is so already"), after->primary_address);
    bk_output_result(admin, json_pack("{s:s, s:s, s:s}", "address", after->primary_address, "login",
                                      after->login, "before", before->primary_address));
    return true;
}

bool bk_run_account_rename(struct bk_admin *admin)
{
    const struct bk_account *before;
    struct bk_account *after;

    if (!bk_admin_begin(admin) ||
        (before = bk_admin_live_account(admin, admin->arguments[0])) == NULL ||
        (after = rename_copy(admin, before, admin->arguments[1])) == NULL)
        return false;
    if (strcmp(before->primary_address, after->primary_address) != 0 &&
        (!check(admin, before, after) || !update(admin, before, after)))
        return false;
    return apply(admin, before, after);
}
