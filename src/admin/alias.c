/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/account-fields.h"
#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/describe.h"

#include <string.h>

static bool finish(struct bk_admin *admin, const struct bk_account *account, const json_t *before)
{
    json_t *after = bk_describe_account_settings(admin, account);
    json_t *object;

    if (after == NULL || !bk_audit(admin, account->primary_address, before, after))
        return false;
    object = json_pack("{s:s, s:o}", "address", account->primary_address, "aliases",
                       json_object_get(after, "aliases"));
    if (!bk_apply_settings(admin))
        return false;
    bk_message(admin, admin->edited ? _("%s was changed") : _("%s is so already"),
               account->primary_address);
    bk_output_result(admin, object);
    return true;
}

bool bk_run_alias_add(struct bk_admin *admin)
{
    const struct bk_account *account;
    json_t *before;

    if (!bk_admin_begin(admin) ||
        (account = bk_admin_live_account(admin, admin->arguments[0])) == NULL ||
        (before = bk_describe_account_settings(admin, account)) == NULL)
        return false;
    for (size_t i = 1; i < admin->argument_count; i++) {
        if (!bk_add_alias(admin, account, admin->arguments[i]))
            return false;
    }
    return finish(admin, account, before);
}

static const struct bk_account *owner_of(struct bk_admin *admin, const char *alias)
{
    const struct bk_account *account = NULL;

    switch (
        bk_settings_lookup_address(admin->settings, admin->arena, alias, &account, &admin->error)) {
    case BK_FAILED:
        return NULL;
    case BK_FOUND:
        if (strcmp(account->primary_address, alias) != 0)
            return account;
        break;
    case BK_ABSENT: /* a login, say; or nothing at all */
        account = bk_admin_account(admin, alias);
        break;
    }
    if (account != NULL)
        bk_admin_fail(admin, BK_ERROR_VALUE,
                      _("%s is not an alias but the account %s itself: see boxkeeper alias list"),
                      alias, account->primary_address);
    return NULL;
}

static bool is_live(struct bk_admin *admin, const struct bk_account *account)
{
    return bk_admin_live_account(admin, account->primary_address) != NULL;
}

static bool remove_one(struct bk_admin *admin, const char *text)
{
    const char *alias = bk_admin_fold(admin, text);
    const struct bk_account *account = owner_of(admin, alias);
    json_t *before, *after;

    if (account == NULL || !is_live(admin, account) ||
        (before = bk_describe_account_settings(admin, account)) == NULL ||
        !bk_settings_remove_alias(admin->settings, account->id, alias, &admin->error))
        return false;
    after = bk_describe_account_settings(admin, account);
    return after != NULL && bk_audit(admin, account->primary_address, before, after);
}

bool bk_run_alias_remove(struct bk_admin *admin)
{
    json_t *removed = json_array();

    if (!bk_admin_begin(admin))
        return false;
    for (size_t i = 0; i < admin->argument_count; i++) {
        if (!remove_one(admin, admin->arguments[i]))
            return false;
        json_array_append_new(removed, json_string(admin->arguments[i]));
    }
    if (!bk_apply_settings(admin))
        return false;
    bk_message(admin,
               ngettext("%zu alias was removed", "%zu aliases were removed", admin->argument_count),
               admin->argument_count);
    bk_output_result(admin, json_pack("{s:o}", "removed", removed));
    return true;
}

static bool collect_alias(void *context, const char *alias)
{
    json_array_append_new(context, json_pack("{s:s}", "alias", alias));
    return true;
}

bool bk_run_alias_list(struct bk_admin *admin)
{
    static const struct bk_column columns[] = {{"alias", N_("Alias"), BK_COLUMN_TEXT},
                                               {NULL, NULL, 0}};
    const struct bk_account *account = bk_admin_account(admin, admin->arguments[0]);
    json_t *items = json_array();

    if (account == NULL || bk_settings_list_aliases(admin->settings, account->id, collect_alias,
                                                    items, &admin->error) == BK_FAILED)
        return false;
    bk_output_list(admin, items, columns, json_pack("{s:s}", "address", account->primary_address),
                   NULL);
    return true;
}
