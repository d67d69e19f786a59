/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/account-select.h"

#include "rules/route.h"
#include "rules/usage.h"

#include <stdlib.h> // qsort_r
#include <string.h>

#define PAGE_SIZE 100
#define PAGE_SIZE_MAXIMUM 100000

static const char *const status_words[] = {
    [BK_SELECT_FORCE_CHANGED] = "force-changed",
    [BK_SELECT_SUSPENDED] = "suspended",
    [BK_SELECT_FULL] = "full",
    [BK_SELECT_DELETING] = "deleting",
};

static const char *const sort_words[] = {
    [BK_SORT_ADDRESS] = "address",
    [BK_SORT_LOGIN] = "login",
    [BK_SORT_FULL_NAME] = "full-name",
    [BK_SORT_COMMENT] = "comment",
    [BK_SORT_CAPACITY] = "capacity",
    [BK_SORT_USAGE] = "usage",
    [BK_SORT_CREATED] = "created",
    [BK_SORT_LAST_LOGIN] = "last-login",
    [BK_SORT_LAST_DELIVERY] = "last-delivery",
};
#define SORT_COUNT (sizeof(sort_words) / sizeof(sort_words[0]))

struct bk_selection_row {
    int64_t id;
    const char *text; /* sort key, or NULL: the number counts */
    int64_t number;
    size_t position; /* by address: decides between equal ones */
};

static bool take_status(struct bk_admin *admin, enum bk_selection_status *status_r)
{
    const char *text = bk_option_value(admin, "status");

    *status_r = BK_SELECT_ALL;
    if (text == NULL)
        return true;
    for (enum bk_selection_status i = BK_SELECT_FORCE_CHANGED; i <= BK_SELECT_DELETING; i++) {
        if (strcmp(status_words[i], text) == 0) {
            *status_r = i;
            return true;
        }
    }
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("--status %s: say force-changed, suspended, full or deleting"), text);
}

static bool take_sort(struct bk_admin *admin, struct bk_selection *selection)
{
    const char *text = bk_option_value(admin, "sort");

    if (text == NULL)
        return true;
    selection->backwards = *text == '-';
    for (size_t i = 0; i < SORT_COUNT; i++) {
        if (strcmp(sort_words[i], text + selection->backwards) == 0) {
            selection->sort = (enum bk_selection_sort)i;
            return true;
        }
    }
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("--sort %s: say address, login, full-name, comment, capacity, usage, "
                           "created, last-login or last-delivery, with - before it for backwards"),
                         text);
}

static struct bk_usage usage_of(struct bk_admin *admin, const struct bk_account_key *account)
{
    struct bk_state *state = bk_admin_state(admin);
    struct bk_usage usage = {.known = false};
    int64_t limit_bytes;

    if (state == NULL ||
        bk_state_lookup_usage(state, account->id, &usage, &limit_bytes, NULL) != BK_FOUND)
        return (struct bk_usage){.known = false};
    return usage;
}

static bool is_full(struct bk_admin *admin, const struct bk_account_key *key)
{
    const struct bk_plan plan = {.quota_grace_bytes = key->quota_grace_bytes};
    const struct bk_domain domain = {.plan = &plan};
    const struct bk_account account = {.domain = &domain, .capacity_bytes = key->capacity_bytes};
    struct bk_usage usage;

    if (key->capacity_bytes == 0)
        return false;
    usage = usage_of(admin, key);
    return bk_usage_would_exceed(&account, &usage, 0);
}

static bool has_status(struct bk_admin *admin, const struct bk_account_key *key,
                       enum bk_selection_status status)
{
    switch (status) {
    case BK_SELECT_ALL:
        break;
    case BK_SELECT_FORCE_CHANGED:
        return key->force_changed;
    case BK_SELECT_SUSPENDED:
        return key->suspended;
    case BK_SELECT_DELETING:
        return key->deleting;
    case BK_SELECT_FULL:
        return is_full(admin, key);
    }
    return true;
}

static bool forwards_as_asked(struct bk_selection *selection, int64_t account_id)
{
    struct bk_admin *admin = selection->admin;
    const struct bk_account *account;
    struct bk_arena *arena;
    enum bk_lookup found;

    if (!selection->forwarding_outside)
        return true;
    arena = bk_arena_create();
    found = bk_settings_lookup_account_id(admin->settings, arena, account_id, &account,
                                          &admin->error);
    if (found == BK_FOUND)
        found = bk_forward_goes_outside(
            arena, bk_settings_directory(admin->settings, NULL, arena, &admin->error), account);
    bk_arena_destroy(&arena);
    selection->failed = selection->failed || found == BK_FAILED;
    return found == BK_FOUND;
}

/* What strcmp() sorts as strcoll() would, computed once instead of at each comparison. */
static const char *sort_text(struct bk_arena *arena, const char *text)
{
    char small[256];
    size_t length = strxfrm(small, text, sizeof(small));
    char *key = bk_arena_alloc(arena, length + 1);

    if (length < sizeof(small))
        memcpy(key, small, length + 1);
    else
        (void)strxfrm(key, text, length + 1);
    return key;
}

static void set_sort_key(struct bk_selection *selection, struct bk_selection_row *row,
                         const struct bk_account_key *account)
{
    struct bk_state *state = bk_admin_state(selection->admin);
    struct bk_state_activity activity = {0};
    const char *text = NULL;

    if (state != NULL &&
        (selection->sort == BK_SORT_LAST_LOGIN || selection->sort == BK_SORT_LAST_DELIVERY))
        (void)bk_state_lookup_activity(state, account->id, &activity, NULL);
    switch (selection->sort) {
    case BK_SORT_ADDRESS:
        break; /* the order in which they come */
    case BK_SORT_LOGIN:
        text = account->login;
        break;
    case BK_SORT_FULL_NAME:
        text = account->full_name;
        break;
    case BK_SORT_COMMENT:
        text = account->comment;
        break;
    case BK_SORT_CAPACITY: /* unlimited is the largest */
        row->number = account->capacity_bytes == 0 ? INT64_MAX : account->capacity_bytes;
        break;
    case BK_SORT_USAGE:
        row->number = usage_of(selection->admin, account).bytes;
        break;
    case BK_SORT_CREATED:
        row->number = account->created_at;
        break;
    case BK_SORT_LAST_LOGIN:
        row->number = activity.last_login_at;
        break;
    case BK_SORT_LAST_DELIVERY:
        row->number = activity.last_delivery_at;
        break;
    }
    if (text != NULL)
        row->text = sort_text(selection->admin->arena, text);
}

static bool collect(void *context, const struct bk_account_key *account)
{
    struct bk_selection *selection = context;
    struct bk_selection_row *row;

    if (!has_status(selection->admin, account, selection->status) ||
        !forwards_as_asked(selection, account->id))
        return !selection->failed;
    if (selection->count == selection->room) {
        struct bk_selection_row *more;

        selection->room = selection->room * 2 + PAGE_SIZE;
        more = bk_arena_alloc(selection->admin->arena, selection->room * sizeof(*more));
        if (selection->count > 0)
            memcpy(more, selection->rows, selection->count * sizeof(*more));
        selection->rows = more;
    }
    row = &selection->rows[selection->count];
    *row = (struct bk_selection_row){.id = account->id, .position = selection->count};
    selection->count++;
    set_sort_key(selection, row, account);
    return true;
}

static int compare(const void *a_pointer, const void *b_pointer, void *context)
{
    const struct bk_selection_row *a = a_pointer;
    const struct bk_selection_row *b = b_pointer;
    const struct bk_selection *selection = context;
    int order = a->text != NULL && b->text != NULL
                    ? strcmp(a->text, b->text)
                    : (a->number > b->number) - (a->number < b->number);

    if (order == 0)
        order = (a->position > b->position) - (a->position < b->position);
    return selection->backwards ? -order : order;
}

/* Only the page is read where the database can choose it at once; else all are looked at. */
static bool find_rows(struct bk_selection *selection)
{
    struct bk_admin *admin = selection->admin;
    bool whole = selection->status != BK_SELECT_ALL || selection->sort != BK_SORT_ADDRESS ||
                 selection->backwards || selection->filter.search != NULL ||
                 selection->forwarding_outside;
    struct bk_account_filter filter = selection->filter;
    size_t skip = (size_t)((selection->page - 1) * selection->page_size);

    if (!whole) {
        filter.limit = selection->page_size;
        filter.offset = (int64_t)skip;
        if (bk_settings_count_accounts(admin->settings, &filter, &selection->total,
                                       &admin->error) == BK_FAILED)
            return false;
    }
    if (bk_settings_list_account_keys(admin->settings, &filter, collect, selection,
                                      &admin->error) == BK_FAILED ||
        selection->failed)
        return false;
    if (!whole)
        return true;
    selection->total = (int64_t)selection->count;
    if (selection->count > 0 && (selection->sort != BK_SORT_ADDRESS || selection->backwards))
        qsort_r(selection->rows, selection->count, sizeof(*selection->rows), compare, selection);
    skip = skip < selection->count ? skip : selection->count;
    selection->rows += skip;
    selection->count -= skip;
    if (selection->count > (size_t)selection->page_size)
        selection->count = (size_t)selection->page_size;
    return true;
}

static bool parse_domain(struct bk_admin *admin, struct bk_selection *selection)
{
    const char *name = bk_option_value(admin, "domain");
    const struct bk_domain *domain;

    if (name == NULL)
        return true;
    domain = bk_admin_domain(admin, name);
    if (domain == NULL)
        return false;
    selection->filter.domain = domain->name;
    return true;
}

bool bk_selection_parse(struct bk_admin *admin, struct bk_selection *selection_r)
{
    *selection_r = (struct bk_selection){.admin = admin, .page = 1, .page_size = PAGE_SIZE};
    selection_r->filter.search = bk_option_value(admin, "search");
    selection_r->forwarding_outside = bk_option_given(admin, "forwarding-outside");
    return bk_option_number(admin, "page", 1, INT32_MAX, &selection_r->page) &&
           bk_option_number(admin, "page-size", 1, PAGE_SIZE_MAXIMUM, &selection_r->page_size) &&
           take_status(admin, &selection_r->status) && take_sort(admin, selection_r) &&
           bk_admin_settings(admin) != NULL && parse_domain(admin, selection_r);
}

bool bk_selection_find(struct bk_selection *selection, const int64_t **ids_r, size_t *count_r)
{
    int64_t *ids;

    if (!find_rows(selection))
        return false;
    ids = bk_arena_alloc(selection->admin->arena, (selection->count + 1) * sizeof(*ids));
    for (size_t i = 0; i < selection->count; i++)
        ids[i] = selection->rows[i].id;
    *ids_r = ids;
    *count_r = selection->count;
    return true;
}
