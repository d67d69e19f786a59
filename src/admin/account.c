/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/account-fields.h"
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/creation.h"
#include "admin/describe.h"
#include "rules/address.h"
#include "rules/names.h"

#include <string.h>
#include <unistd.h>

const struct bk_option bk_account_create_options[] = {
    BK_ACCOUNT_OPTIONS,
    {NULL, NULL, NULL, false},
};

const struct bk_option bk_account_set_options[] = {
    BK_ACCOUNT_OPTIONS,
    {NULL, NULL, NULL, false},
};

const struct bk_option bk_account_password_options[] = {
    BK_PASSWORD_OPTIONS,
    {NULL, NULL, NULL, false},
};

/* The account as it is now, as the result of a changing command. */
static bool show_result(struct bk_admin *admin, const struct bk_account *account,
                        const struct bk_new_password *password)
{
    const struct bk_account *now = account;
    json_t *object;

    if (!admin->dry_run && bk_settings_lookup_account_id(admin->settings, admin->arena, account->id,
                                                         &now, &admin->error) == BK_FAILED)
        return false;
    object = admin->json ? bk_describe_account(admin, now) : json_object();
    if (object == NULL)
        return false;
    if (password != NULL)
        bk_password_show(admin, password, object);
    bk_output_result(admin, object);
    return true;
}

/* ---- create ---- */

static bool split_new_address(struct bk_admin *admin, const char *text, const char **name_r,
                              const struct bk_domain **domain_r)
{
    char *name = bk_admin_fold(admin, text);
    char *at = strrchr(name, '@');
    enum bk_name_problem problem;

    if (at == NULL)
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("%s has no @: say NAME@DOMAIN"), text);
    *at = '\0';
    *domain_r = bk_admin_domain(admin, at + 1);
    if (*domain_r == NULL)
        return false;
    problem = bk_name_check((*domain_r)->plan, name);
    if (problem != BK_NAME_FINE)
        return bk_admin_fail(admin, BK_ERROR_VALUE, _("the name \"%s\" %s (plan %s)"), name,
                             _(bk_name_problem_text(problem)), (*domain_r)->plan->name);
    *name_r = name;
    return true;
}

/* Everything between begin and commit. */
static bool insert_account(struct bk_admin *admin, struct bk_account *account, bool *again_r)
{
    json_t *before = NULL, *after;

    if (!bk_creation_begin(admin, account, again_r) || !bk_take_account_texts(admin, account) ||
        !bk_take_account_capacity(admin, account, true))
        return false;
    if (*again_r && (before = bk_creation_before(admin, account)) == NULL)
        return false;
    if (!bk_creation_insert(admin, account, *again_r) || !bk_set_aliases(admin, account))
        return false;
    after = bk_describe_account_settings(admin, account);
    return after != NULL && bk_audit(admin, account->primary_address, before, after);
}

bool bk_run_account_create(struct bk_admin *admin)
{
    const char *name = NULL;
    const struct bk_domain *domain = NULL;
    enum bk_password_source source;
    struct bk_new_password password;
    struct bk_account *account;
    struct bk_change change = {0};
    bool again;

    if (!bk_password_source(admin, &source) ||
        !split_new_address(admin, admin->arguments[0], &name, &domain) ||
        !bk_password_take(admin, domain, name, source, &password) || !bk_admin_begin(admin))
        return false;
    domain = bk_admin_domain(admin, domain->name); /* as it is under the lock */
    if (domain == NULL)
        return false;
    account = bk_creation_defaults(admin, domain, name);
    account->external_auth = source == BK_PASSWORD_EXTERNAL;
    if (!bk_check_address_length(admin, account) || !insert_account(admin, account, &again))
        return false;
    change.after = account;
    change.password_hash = password.hash;
    if (!bk_apply(admin, &change, 1, NULL))
        return false;
    bk_message(admin,
               again ? _("%s: a creation that had been interrupted is complete now")
                     : _("%s was created"),
               account->primary_address);
    if (source == BK_PASSWORD_NOT_GIVEN)
        bk_message(admin,
                   _("It has no login until a password is set: boxkeeper account password "
                     "%s"),
                   account->primary_address);
    return show_result(admin, account, &password);
}

/* ---- set, password ---- */

/* A password makes an end of external authentication, and the other way round. */
static void take_external(struct bk_account *account, enum bk_password_source source)
{
    if (source != BK_PASSWORD_NOT_GIVEN)
        account->external_auth = source == BK_PASSWORD_EXTERNAL;
}

static bool audit_account(struct bk_admin *admin, const struct bk_account *account, json_t *before,
                          const struct bk_new_password *password)
{
    json_t *after = bk_describe_account_settings(admin, account);

    if (after == NULL)
        return false;
    if (password->hash != NULL)
        json_object_set_new(after, "password", json_string(N_("changed")));
    return bk_audit(admin, account->primary_address, before, after);
}

/* From the account as it was looked up to the end of the command. */
static bool change_account(struct bk_admin *admin, const char *text,
                           const struct bk_new_password *password, bool take_fields)
{
    const struct bk_account *before = bk_admin_live_account(admin, text);
    struct bk_account after;
    struct bk_change change;
    json_t *was;

    if (before == NULL || !bk_password_may_follow(admin, before, password))
        return false;
    was = bk_describe_account_settings(admin, before);
    if (was == NULL)
        return false;
    after = *before;
    take_external(&after, password->source);
    if (take_fields &&
        (!bk_take_account_texts(admin, &after) || !bk_take_account_capacity(admin, &after, false) ||
         !bk_set_aliases(admin, &after)))
        return false;
    /* The mark of a forced change goes with the next password. */
    if (password->hash != NULL)
        after.force_changed = false;
    if (!bk_settings_update_account(admin->settings, &after, &admin->error) ||
        !audit_account(admin, &after, was, password))
        return false;
    change = (struct bk_change){.before = before,
                                .after = &after,
                                .password_hash = password->hash,
                                .forget_password = password->source == BK_PASSWORD_EXTERNAL};
    if (!bk_apply(admin, &change, 1, NULL))
        return false;
    bk_message(admin, admin->edited ? _("%s was changed") : _("%s is so already"),
               before->primary_address);
    return show_result(admin, &after, password);
}

static bool take_password_of(struct bk_admin *admin, const char *text,
                             enum bk_password_source source, struct bk_new_password *password_r)
{
    const struct bk_account *account = bk_admin_live_account(admin, text);

    return account != NULL &&
           bk_password_take(admin, account->domain, account->name, source, password_r);
}

bool bk_run_account_set(struct bk_admin *admin)
{
    enum bk_password_source source;
    struct bk_new_password password;

    if (admin->option_count == 0)
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("nothing to change is given: see boxkeeper account set --help"));
    return bk_password_source(admin, &source) &&
           take_password_of(admin, admin->arguments[0], source, &password) &&
           bk_admin_begin(admin) && change_account(admin, admin->arguments[0], &password, true);
}

bool bk_run_account_password(struct bk_admin *admin)
{
    enum bk_password_source source;
    struct bk_new_password password;

    if (!bk_password_source(admin, &source))
        return false;
    if (source == BK_PASSWORD_NOT_GIVEN)
        source = BK_PASSWORD_TERMINAL;
    return take_password_of(admin, admin->arguments[0], source, &password) &&
           bk_admin_begin(admin) && change_account(admin, admin->arguments[0], &password, false);
}

/* ---- suspend, resume ---- */

static bool set_suspended(struct bk_admin *admin, bool suspended)
{
    const struct bk_account *before;
    struct bk_account after;
    struct bk_change change;
    json_t *was;

    if (!bk_admin_begin(admin))
        return false;
    before = bk_admin_live_account(admin, admin->arguments[0]);
    if (before == NULL || (was = bk_describe_account_settings(admin, before)) == NULL)
        return false;
    after = *before;
    after.suspended = suspended;
    if (!bk_settings_update_account(admin->settings, &after, &admin->error) ||
        !audit_account(admin, &after, was, &(struct bk_new_password){0}))
        return false;
    change = (struct bk_change){.before = before, .after = &after, .kick = suspended};
    if (!bk_apply(admin, &change, 1, NULL))
        return false;
    bk_message(admin, suspended ? _("%s is suspended") : _("%s is resumed"),
               before->primary_address);
    if (!suspended && after.domain->suspended)
        bk_warning(admin,
                   _("it rests all the same, because its domain is suspended: boxkeeper "
                     "domain resume %s"),
                   after.domain->name);
    return show_result(admin, &after, NULL);
}

bool bk_run_account_suspend(struct bk_admin *admin)
{
    return set_suspended(admin, true);
}

bool bk_run_account_resume(struct bk_admin *admin)
{
    return set_suspended(admin, false);
}

bool bk_run_account_show(struct bk_admin *admin)
{
    const struct bk_account *account = bk_admin_account(admin, admin->arguments[0]);
    json_t *object = account != NULL ? bk_describe_account(admin, account) : NULL;

    if (object == NULL)
        return false;
    bk_output_record(admin, object, bk_account_columns);
    return true;
}
