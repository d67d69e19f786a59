/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/account-fields.h"

#include "admin/output.h"
#include "rules/address.h"
#include "rules/capacity.h"
#include "rules/names.h"
#include "rules/usage.h"

#include <inttypes.h>
#include <string.h>

/* One line of UTF-8: it stands in tables and in files of one line per account. */
static bool take_text(struct bk_admin *admin, const char *option, const char **text_r)
{
    const char *text = bk_option_value(admin, option);

    if (text == NULL)
        return true;
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return bk_admin_fail(admin, BK_ERROR_VALUE,
                                 _("--%s has a control character: give one line of text"), option);
    }
    *text_r = text;
    return bk_json_text(admin, text) != NULL;
}

bool bk_take_language(struct bk_admin *admin, const char **language_r)
{
    static const char *const languages[] = {"ja", "en", "fr", "de", "it", "pt", "es"};
    const char *text = bk_option_value(admin, "language");

    if (text == NULL)
        return true;
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
        if (strcmp(languages[i], text) == 0) {
            *language_r = text;
            return true;
        }
    }
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("--language %s: say ja, en, fr, de, it, pt or es"), text);
}

bool bk_take_account_texts(struct bk_admin *admin, struct bk_account *account)
{
    if (!take_text(admin, "full-name", &account->full_name) ||
        !take_text(admin, "comment", &account->comment) ||
        !take_text(admin, "rights", &account->rights) ||
        !bk_take_language(admin, &account->language) || !bk_take_send_limits(admin, &account->send))
        return false;
    if (account->domain->plan->full_name_required && *account->full_name == '\0')
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("plan %s requires a full name: --full-name can't be empty"),
                             account->domain->plan->name);
    return true;
}

static bool capacity_failed(struct bk_admin *admin, const struct bk_account *account,
                            enum bk_capacity_problem problem, const char *text)
{
    const struct bk_domain *domain = account->domain;

    if (problem == BK_CAPACITY_MISSING)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("plan %s requires a capacity: --capacity SIZE"), domain->plan->name);
    if (problem == BK_CAPACITY_SUM)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("capacity %s %s of %s: see boxkeeper domain show %s"), text,
                             _(bk_capacity_problem_text(problem)), domain->name, domain->name);
    return bk_admin_fail(admin, BK_ERROR_VALUE, _("capacity %s %s (plan %s of %s)"), text,
                         _(bk_capacity_problem_text(problem)), domain->plan->name, domain->name);
}

static bool check_sum(struct bk_admin *admin, const struct bk_account *account)
{
    int64_t others_bytes, others_unlimited, accounts;
    enum bk_capacity_problem problem;
    char text[32];

    if (bk_settings_domain_sums(admin->settings, account->domain->id, account->id, &others_bytes,
                                &others_unlimited, &accounts, &admin->error) == BK_FAILED)
        return false;
    problem = bk_capacity_check_sum(account->domain, others_bytes, others_unlimited,
                                    account->capacity_bytes);
    if (problem == BK_CAPACITY_FINE)
        return true;
    bk_capacity_format(account->capacity_bytes, text, sizeof(text));
    return capacity_failed(admin, account, problem, text);
}

void bk_warn_if_full(struct bk_admin *admin, const struct bk_account *account)
{
    struct bk_state *state = bk_admin_state(admin);
    struct bk_usage usage = {.known = false};
    int64_t limit_bytes;

    if (state == NULL ||
        bk_state_lookup_usage(state, account->id, &usage, &limit_bytes, NULL) != BK_FOUND)
        return;
    if (bk_usage_would_exceed(account, &usage, 0))
        bk_warning(admin,
                   _("%s holds %s already: nothing more is stored until it is below the capacity"),
                   account->primary_address,
                   bk_output_format(admin, json_integer(usage.bytes), BK_COLUMN_BYTES));
}

bool bk_take_account_capacity(struct bk_admin *admin, struct bk_account *account, bool is_new)
{
    const char *text = bk_option_value(admin, "capacity");
    int64_t before = account->capacity_bytes;
    enum bk_capacity_problem problem;

    if (text == NULL && !is_new)
        return true;
    if (text == NULL)
        problem = bk_capacity_default(account->domain, &account->capacity_bytes);
    else
        problem = bk_capacity_parse(text, &account->capacity_bytes);
    if (problem == BK_CAPACITY_FINE && (is_new || account->capacity_bytes != before))
        problem = bk_capacity_check(account->domain, account->capacity_bytes);
    if (problem != BK_CAPACITY_FINE)
        return capacity_failed(admin, account, problem, text != NULL ? text : "");
    if (!is_new && account->capacity_bytes == before)
        return true;
    if (!check_sum(admin, account))
        return false;
    if (!is_new)
        bk_warn_if_full(admin, account);
    return true;
}

bool bk_address_is_free(struct bk_admin *admin, const char *address)
{
    const struct bk_account *owner = NULL;

    switch (
        bk_settings_lookup_address(admin->settings, admin->arena, address, &owner, &admin->error)) {
    case BK_ABSENT:
        return true;
    case BK_FAILED:
        return false;
    case BK_FOUND:
        break;
    }
    if (owner->state == BK_ACCOUNT_DELETING)
        return bk_admin_fail(admin, BK_ERROR_EXISTS,
                             _("%s is still being deleted: wait until boxkeeper job list does not "
                               "show it any more"),
                             address);
    if (strcmp(owner->primary_address, address) == 0)
        return bk_admin_fail(admin, BK_ERROR_EXISTS, _("there is an account %s already"), address);
    return bk_admin_fail(admin, BK_ERROR_EXISTS, _("%s is an alias of %s already"), address,
                         owner->primary_address);
}

bool bk_check_address_length(struct bk_admin *admin, const struct bk_account *account)
{
    size_t local_length = (size_t)(strrchr(account->primary_address, '@') -
                                   account->primary_address);

    if (local_length <= 64 && strlen(account->primary_address) <= 254)
        return true;
    return bk_admin_fail(admin, BK_ERROR_VALUE, _("%s is too long for an address"),
                         account->primary_address);
}

/* In another domain there is only what a rename has left. */
static bool has_alias(struct bk_admin *admin, const struct bk_account *account, const char *address)
{
    const struct bk_account *owner = NULL;

    return bk_settings_lookup_address(admin->settings, admin->arena, address, &owner,
                                      &admin->error) == BK_FOUND &&
           owner->id == account->id && strcmp(owner->primary_address, address) != 0;
}

const char *bk_take_alias(struct bk_admin *admin, const struct bk_account *account,
                          const char *text)
{
    const char *domain = account->domain->name;
    char *address = bk_admin_fold(admin, text);
    enum bk_address_problem problem;

    if (strchr(address, '@') == NULL)
        address = bk_arena_printf(admin->arena, "%s@%s", address, domain);
    problem = bk_address_check(address);
    if (problem != BK_ADDRESS_FINE) {
        bk_admin_fail(admin, BK_ERROR_VALUE, _("alias %s %s"), text,
                      _(bk_address_problem_text(problem)));
        return NULL;
    }
    if (strchr(address, '+') != NULL) {
        bk_admin_fail(admin, BK_ERROR_VALUE,
                      _("alias %s has a +: what follows it is an extension, which every address "
                        "has by itself"),
                      text);
        return NULL;
    }
    if (strcmp(strrchr(address, '@') + 1, domain) != 0 && !has_alias(admin, account, address)) {
        bk_admin_fail(admin, BK_ERROR_VALUE, _("alias %s is not in %s, the domain of its account"),
                      text, domain);
        return NULL;
    }
    return address;
}

bool bk_add_alias(struct bk_admin *admin, const struct bk_account *account, const char *text)
{
    const char *address = bk_take_alias(admin, account, text);
    const struct bk_account *owner = NULL;

    if (address == NULL)
        return false;
    if (strcmp(address, account->primary_address) == 0)
        return bk_admin_fail(admin, BK_ERROR_EXISTS,
                             _("%s is the primary address of the account itself"), address);
    switch (
        bk_settings_lookup_address(admin->settings, admin->arena, address, &owner, &admin->error)) {
    case BK_ABSENT:
        return bk_settings_add_alias(admin->settings, account->id, address, &admin->error);
    case BK_FAILED:
        return false;
    case BK_FOUND:
        break;
    }
    return owner->id == account->id || bk_address_is_free(admin, address);
}

struct alias_set {
    struct bk_admin *admin;
    const char **keep;
    size_t keep_count;
    json_t *others;
};

static bool collect_other(void *context, const char *alias)
{
    struct alias_set *set = context;

    for (size_t i = 0; i < set->keep_count; i++) {
        if (strcmp(set->keep[i], alias) == 0)
            return true;
    }
    json_array_append_new(set->others, json_string(alias));
    return true;
}

static bool remove_others(struct bk_admin *admin, const struct bk_account *account,
                          struct alias_set *set)
{
    size_t i;
    json_t *alias;

    if (bk_settings_list_aliases(admin->settings, account->id, collect_other, set, &admin->error) ==
        BK_FAILED)
        return false;
    json_array_foreach(set->others, i, alias)
    {
        if (!bk_settings_remove_alias(admin->settings, account->id, json_string_value(alias),
                                      &admin->error))
            return false;
    }
    return true;
}

bool bk_set_aliases(struct bk_admin *admin, const struct bk_account *account)
{
    size_t count;
    const char **values = bk_option_values(admin, "alias", &count);
    struct alias_set set = {.admin = admin, .keep = values, .others = json_array()};

    if (count == 0)
        return true;
    for (size_t i = 0; i < count; i++) {
        const char *address;

        if (*values[i] == '\0')
            continue;
        address = bk_take_alias(admin, account, values[i]);
        if (address == NULL)
            return false;
        values[set.keep_count++] = address;
    }
    if (!remove_others(admin, account, &set))
        return false;
    for (size_t i = 0; i < set.keep_count; i++) {
        if (!bk_add_alias(admin, account, values[i]))
            return false;
    }
    return true;
}
