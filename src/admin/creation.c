/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/creation.h"

#include "admin/account-fields.h"
#include "admin/audit.h"
#include "admin/describe.h"
#include "rules/capacity.h"
#include "rules/names.h"

#include <string.h>
#include <time.h>

struct bk_account *bk_creation_defaults(struct bk_admin *admin, const struct bk_domain *domain,
                                        const char *name)
{
    struct bk_account *account = bk_arena_alloc(admin->arena, sizeof(*account));

    *account = (struct bk_account){
        .state = BK_ACCOUNT_ACTIVE,
        .domain = domain,
        .name = name,
        .primary_address = bk_primary_address(admin->arena, domain, name),
        .login = bk_login(admin->arena, domain, name),
        .full_name = domain->plan->full_name_required ? name : "",
        .comment = "",
        .language = domain->language != NULL ? domain->language : "en",
        .rights = "",
        .receive = true,
        .imap_allowed = true,
        .pop3_allowed = true,
        .submission_allowed = true,
        .managesieve_allowed = true,
        .archive_seconds = BK_INHERIT,
        .send = BK_SEND_LIMITS_INHERITED,
        .trash_seconds = BK_INHERIT,
        .junk_seconds = BK_INHERIT,
        .created_at = time(NULL),
    };
    return account;
}

bool bk_creation_fits(struct bk_admin *admin, const struct bk_domain *domain, int64_t more)
{
    int64_t capacity_bytes, unlimited, accounts;

    if (domain->accounts_maximum == 0)
        return true;
    if (bk_settings_domain_sums(admin->settings, domain->id, 0, &capacity_bytes, &unlimited,
                                &accounts, &admin->error) == BK_FAILED)
        return false;
    if (accounts + more <= domain->accounts_maximum)
        return true;
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         ngettext("%s has %lld account and may have %lld: raise it with boxkeeper "
                                  "domain set %s --max-accounts N",
                                  "%s has %lld accounts and may have %lld: raise it with boxkeeper "
                                  "domain set %s --max-accounts N",
                                  (unsigned long)accounts),
                         domain->name, (long long)accounts, (long long)domain->accounts_maximum,
                         domain->name);
}

/* The account that an interrupted creation left, or NULL. */
static const struct bk_account *find_unfinished(struct bk_admin *admin,
                                                const struct bk_account *account)
{
    const struct bk_account *existing = NULL;

    if (bk_settings_lookup_address(admin->settings, admin->arena, account->primary_address,
                                   &existing, &admin->error) != BK_FOUND ||
        strcmp(existing->primary_address, account->primary_address) != 0 ||
        !bk_creation_is_unfinished(admin, existing))
        return NULL;
    return existing;
}

bool bk_creation_begin(struct bk_admin *admin, struct bk_account *account, bool *again_r)
{
    const struct bk_account *unfinished = find_unfinished(admin, account);

    *again_r = unfinished != NULL;
    if (unfinished == NULL)
        return admin->error.kind == BK_ERROR_NONE &&
               bk_address_is_free(admin, account->primary_address);
    account->id = unfinished->id;
    account->created_at = unfinished->created_at;
    return true;
}

bool bk_creation_insert(struct bk_admin *admin, struct bk_account *account, bool again)
{
    if (again)
        return bk_settings_update_account(admin->settings, account, &admin->error);
    return bk_creation_fits(admin, account->domain, 1) &&
           bk_settings_insert_account(admin->settings, account, &account->id, &admin->error);
}

/* What the audit log compares the account with: an interrupted creation was recorded already. */
json_t *bk_creation_before(struct bk_admin *admin, const struct bk_account *account)
{
    const struct bk_account *before = NULL;

    if (bk_settings_lookup_account_id(admin->settings, admin->arena, account->id, &before,
                                      &admin->error) != BK_FOUND)
        return NULL;
    return bk_describe_account_settings(admin, before);
}

static bool fits_in_total(struct bk_admin *admin, const struct bk_account *account)
{
    const struct bk_domain *domain = account->domain;
    int64_t others_bytes, others_unlimited, accounts;

    if (bk_settings_domain_sums(admin->settings, domain->id, account->id, &others_bytes,
                                &others_unlimited, &accounts, &admin->error) == BK_FAILED)
        return false;
    if (bk_capacity_check_sum(domain, others_bytes, others_unlimited, account->capacity_bytes) ==
        BK_CAPACITY_FINE)
        return true;
    return bk_admin_fail(
        admin, BK_ERROR_VALUE,
        _("%s, which is there from the start, does not fit into the domain's total "
          "capacity: give a --default-capacity that does"),
        account->primary_address);
}

/* ABSENT: to be made, or made completely. */
static enum bk_lookup find_first_account(struct bk_admin *admin, const struct bk_account *account)
{
    const struct bk_account *existing = NULL;
    enum bk_lookup found = bk_settings_lookup_address(
        admin->settings, admin->arena, account->primary_address, &existing, &admin->error);

    if (found != BK_FOUND || strcmp(existing->primary_address, account->primary_address) != 0)
        return found == BK_FAILED ? BK_FAILED : BK_ABSENT; /* an alias: the insertion tells whose */
    if (bk_creation_is_unfinished(admin, existing))
        return BK_ABSENT;
    return admin->error.kind == BK_ERROR_NONE ? BK_FOUND : BK_FAILED;
}

static bool add_first_account(struct bk_admin *admin, struct bk_account *account)
{
    const struct bk_domain *domain = account->domain;
    json_t *before = NULL, *after;
    bool again;

    account->capacity_bytes = domain->default_capacity_bytes != BK_INHERIT
                                  ? domain->default_capacity_bytes
                                  : domain->plan->capacity_default_bytes;
    if (!bk_creation_begin(admin, account, &again) || !fits_in_total(admin, account))
        return false;
    if (again && (before = bk_creation_before(admin, account)) == NULL)
        return false;
    if (!bk_creation_insert(admin, account, again))
        return false;
    after = bk_describe_account_settings(admin, account);
    return after != NULL && bk_audit(admin, account->primary_address, before, after);
}

bool bk_creation_first_accounts(struct bk_admin *admin, const struct bk_domain *domain,
                                struct bk_change **changes_r, size_t *count_r)
{
    const char *names = domain->plan->present_from_start;
    char *rest = bk_arena_strdup(admin->arena, names);
    char *save = NULL;

    *changes_r = bk_arena_alloc(admin->arena, (strlen(names) + 1) * sizeof(struct bk_change));
    *count_r = 0;
    for (char *name = strtok_r(rest, "\n", &save); name != NULL;
         name = strtok_r(NULL, "\n", &save)) {
        struct bk_account *account = bk_creation_defaults(admin, domain, name);
        enum bk_lookup found = find_first_account(admin, account);

        if (found == BK_FOUND)
            continue;
        if (found == BK_FAILED || !add_first_account(admin, account))
            return false;
        (*changes_r)[(*count_r)++] = (struct bk_change){.after = account};
    }
    return true;
}
