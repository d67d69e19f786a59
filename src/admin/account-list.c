/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/commands.h"
#include "admin/describe.h"
#include "rules/usage.h"

#include <stdlib.h> // qsort
#include <string.h>

#define PAGE_SIZE 100
#define PAGE_SIZE_MAXIMUM 100000

const struct bk_option bk_account_list_options[] = {
    {"domain", "DOMAIN", N_("only accounts of this domain"), false},
    {"search", "TEXT", N_("only where name, address, full name or comment has this"), false},
    {"status", "STATUS", N_("only force-changed, suspended, full or deleting ones"), false},
    {"sort", "COLUMN",
     N_("by address (default), login, full-name, comment, capacity, usage, "
        "created, last-login or last-delivery; -COLUMN backwards"),
     false},
    {"columns", "COLUMN,...", N_("which columns, in which order; all for all"), false},
    {"page", "NUMBER", N_("which page"), false},
    {"page-size", "NUMBER", N_("rows of a page (100)"), false},
    {NULL, NULL, NULL, false},
};

/* ---- columns ---- */

struct list_column {
    const char *name; /* on the command line */
    struct bk_column column;
    bool by_default;
};

static const struct list_column list_columns[] = {
    {"address", {"address", N_("Address"), BK_COLUMN_TEXT}, true},
    {"full-name", {"full_name", N_("Full name"), BK_COLUMN_TEXT}, true},
    {"name", {"name", N_("Name"), BK_COLUMN_TEXT}, false},
    {"login", {"login", N_("Login"), BK_COLUMN_TEXT}, false},
    {"aliases", {"aliases", N_("Aliases"), BK_COLUMN_TEXT}, false},
    {"capacity", {"capacity_bytes", N_("Capacity"), BK_COLUMN_CAPACITY}, true},
    {"usage", {"usage_bytes", N_("Usage"), BK_COLUMN_BYTES}, true},
    {"messages", {"usage_messages", N_("Messages"), BK_COLUMN_NUMBER}, false},
    {"receive", {"receive", N_("Receive"), BK_COLUMN_SWITCH}, true},
    {"forward", {"forward_targets", N_("Forwarded to"), BK_COLUMN_TEXT}, true},
    {"rights", {"rights", N_("Rights"), BK_COLUMN_TEXT}, false},
    {"suspended", {"suspended", N_("Suspended"), BK_COLUMN_YES}, false},
    {"status", {"status", N_("Status"), BK_COLUMN_TEXT}, true},
    {"created", {"created_at", N_("Created"), BK_COLUMN_TIME}, false},
    {"last-login", {"last_login_at", N_("Last login"), BK_COLUMN_TIME}, false},
    {"last-delivery", {"last_delivery_at", N_("Last delivery"), BK_COLUMN_TIME}, false},
    {"comment", {"comment", N_("Comment"), BK_COLUMN_TEXT}, true},
};
#define LIST_COLUMN_COUNT (sizeof(list_columns) / sizeof(list_columns[0]))

static const struct list_column *find_column(const char *name)
{
    for (size_t i = 0; i < LIST_COLUMN_COUNT; i++) {
        if (strcmp(list_columns[i].name, name) == 0)
            return &list_columns[i];
    }
    return NULL;
}

static struct bk_column *columns_that(struct bk_admin *admin, bool all)
{
    struct bk_column *columns = bk_arena_alloc(admin->arena,
                                               (LIST_COLUMN_COUNT + 1) * sizeof(*columns));
    size_t count = 0;

    for (size_t i = 0; i < LIST_COLUMN_COUNT; i++) {
        if (all || list_columns[i].by_default)
            columns[count++] = list_columns[i].column;
    }
    return columns;
}

static bool take_columns(struct bk_admin *admin, struct bk_column **columns_r)
{
    const char *text = bk_option_value(admin, "columns");
    char *rest, *save = NULL;
    size_t count = 0;

    *columns_r = columns_that(admin, text != NULL && strcmp(text, "all") == 0);
    if (text == NULL || strcmp(text, "all") == 0)
        return true;
    *columns_r = bk_arena_alloc(admin->arena, (strlen(text) + 2) * sizeof(**columns_r));
    rest = bk_arena_strdup(admin->arena, text);
    for (char *name = strtok_r(rest, ",", &save); name != NULL; name = strtok_r(NULL, ",", &save)) {
        const struct list_column *column = find_column(name);

        if (column == NULL)
            return bk_admin_fail(admin, BK_ERROR_VALUE,
                                 _("--columns: there is no column %s; the columns are address, "
                                   "full-name, name, login, aliases, capacity, usage, messages, "
                                   "receive, forward, rights, suspended, status, created, "
                                   "last-login, last-delivery, comment"),
                                 name);
        (*columns_r)[count++] = column->column;
    }
    if (count == 0)
        return bk_admin_fail(admin, BK_ERROR_VALUE, _("--columns names no column"));
    return true;
}

/* ---- which accounts, in which order ---- */

enum status {
    STATUS_ALL = 0,
    STATUS_FORCE_CHANGED,
    STATUS_SUSPENDED,
    STATUS_FULL,
    STATUS_DELETING
};

static const char *const status_words[] = {
    [STATUS_FORCE_CHANGED] = "force-changed",
    [STATUS_SUSPENDED] = "suspended",
    [STATUS_FULL] = "full",
    [STATUS_DELETING] = "deleting",
};

enum sort_key {
    SORT_ADDRESS = 0,
    SORT_LOGIN,
    SORT_FULL_NAME,
    SORT_COMMENT,
    SORT_CAPACITY,
    SORT_USAGE,
    SORT_CREATED,
    SORT_LAST_LOGIN,
    SORT_LAST_DELIVERY,
};

static const char *const sort_words[] = {
    [SORT_ADDRESS] = "address",
    [SORT_LOGIN] = "login",
    [SORT_FULL_NAME] = "full-name",
    [SORT_COMMENT] = "comment",
    [SORT_CAPACITY] = "capacity",
    [SORT_USAGE] = "usage",
    [SORT_CREATED] = "created",
    [SORT_LAST_LOGIN] = "last-login",
    [SORT_LAST_DELIVERY] = "last-delivery",
};
#define SORT_COUNT (sizeof(sort_words) / sizeof(sort_words[0]))

struct list_row {
    int64_t id;
    const char *text; /* sort key, or NULL: the number counts */
    int64_t number;
    size_t position; /* by address: decides between equal ones */
};

struct list {
    struct bk_admin *admin;
    struct bk_account_filter filter;
    enum status status;
    enum sort_key sort;
    bool backwards;
    int64_t page, page_size, total;
    struct list_row *rows;
    size_t count, room;
};

static bool take_status(struct bk_admin *admin, enum status *status_r)
{
    const char *text = bk_option_value(admin, "status");

    *status_r = STATUS_ALL;
    if (text == NULL)
        return true;
    for (enum status i = STATUS_FORCE_CHANGED; i <= STATUS_DELETING; i++) {
        if (strcmp(status_words[i], text) == 0) {
            *status_r = i;
            return true;
        }
    }
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("--status %s: say force-changed, suspended, full or deleting"), text);
}

static bool take_sort(struct bk_admin *admin, struct list *list)
{
    const char *text = bk_option_value(admin, "sort");

    if (text == NULL)
        return true;
    list->backwards = *text == '-';
    for (size_t i = 0; i < SORT_COUNT; i++) {
        if (strcmp(sort_words[i], text + list->backwards) == 0) {
            list->sort = (enum sort_key)i;
            return true;
        }
    }
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("--sort %s: say address, login, full-name, comment, capacity, usage, "
                           "created, last-login or last-delivery, with - before it for backwards"),
                         text);
}

static struct bk_usage usage_of(struct bk_admin *admin, const struct bk_account *account)
{
    struct bk_state *state = bk_admin_state(admin);
    struct bk_usage usage = {.known = false};
    int64_t limit_bytes;

    if (state == NULL ||
        bk_state_lookup_usage(state, account->id, &usage, &limit_bytes, NULL) != BK_FOUND)
        return (struct bk_usage){.known = false};
    return usage;
}

static bool has_status(struct bk_admin *admin, const struct bk_account *account, enum status status)
{
    struct bk_usage usage;

    switch (status) {
    case STATUS_ALL:
        break;
    case STATUS_FORCE_CHANGED:
        return account->force_changed;
    case STATUS_SUSPENDED:
        return bk_account_is_suspended(account);
    case STATUS_DELETING:
        return account->state == BK_ACCOUNT_DELETING;
    case STATUS_FULL:
        usage = usage_of(admin, account);
        return bk_usage_would_exceed(account, &usage, 0);
    }
    return true;
}

static void set_sort_key(struct list *list, struct list_row *row, const struct bk_account *account)
{
    struct bk_state *state = bk_admin_state(list->admin);
    struct bk_state_activity activity = {0};
    const char *text = NULL;

    if (state != NULL && (list->sort == SORT_LAST_LOGIN || list->sort == SORT_LAST_DELIVERY))
        (void)bk_state_lookup_activity(state, account->id, &activity, NULL);
    switch (list->sort) {
    case SORT_ADDRESS:
        break; /* the order in which they come */
    case SORT_LOGIN:
        text = account->login;
        break;
    case SORT_FULL_NAME:
        text = account->full_name;
        break;
    case SORT_COMMENT:
        text = account->comment;
        break;
    case SORT_CAPACITY: /* unlimited is the largest */
        row->number = account->capacity_bytes == 0 ? INT64_MAX : account->capacity_bytes;
        break;
    case SORT_USAGE:
        row->number = usage_of(list->admin, account).bytes;
        break;
    case SORT_CREATED:
        row->number = account->created_at;
        break;
    case SORT_LAST_LOGIN:
        row->number = activity.last_login_at;
        break;
    case SORT_LAST_DELIVERY:
        row->number = activity.last_delivery_at;
        break;
    }
    row->text = bk_arena_strdup(list->admin->arena, text);
}

static bool collect(void *context, const struct bk_account *account)
{
    struct list *list = context;
    struct list_row *row;

    if (!has_status(list->admin, account, list->status))
        return true;
    if (list->count == list->room) {
        struct list_row *more;

        list->room = list->room * 2 + PAGE_SIZE;
        more = bk_arena_alloc(list->admin->arena, list->room * sizeof(*more));
        if (list->count > 0)
            memcpy(more, list->rows, list->count * sizeof(*more));
        list->rows = more;
    }
    row = &list->rows[list->count];
    *row = (struct list_row){.id = account->id, .position = list->count};
    list->count++;
    set_sort_key(list, row, account);
    return true;
}

static int compare(const void *a_pointer, const void *b_pointer, void *context)
{
    const struct list_row *a = a_pointer;
    const struct list_row *b = b_pointer;
    const struct list *list = context;
    int order = a->text != NULL && b->text != NULL
                    ? strcoll(a->text, b->text)
                    : (a->number > b->number) - (a->number < b->number);

    if (order == 0)
        order = (a->position > b->position) - (a->position < b->position);
    return list->backwards ? -order : order;
}

/* Only the page is read where the database can choose it; else all are looked at and sorted. */
static bool find_rows(struct list *list)
{
    struct bk_admin *admin = list->admin;
    bool whole = list->status != STATUS_ALL || list->sort != SORT_ADDRESS || list->backwards;
    struct bk_account_filter filter = list->filter;
    size_t skip = (size_t)((list->page - 1) * list->page_size);

    if (!whole) {
        filter.limit = list->page_size;
        filter.offset = (int64_t)skip;
        if (bk_settings_count_accounts(admin->settings, &filter, &list->total, &admin->error) ==
            BK_FAILED)
            return false;
    }
    if (bk_settings_list_accounts(admin->settings, &filter, collect, list, &admin->error) ==
        BK_FAILED)
        return false;
    if (!whole)
        return true;
    list->total = (int64_t)list->count;
    if (list->count > 0)
        qsort_r(list->rows, list->count, sizeof(*list->rows), compare, list);
    skip = skip < list->count ? skip : list->count;
    list->rows += skip;
    list->count -= skip;
    if (list->count > (size_t)list->page_size)
        list->count = (size_t)list->page_size;
    return true;
}

/* ---- output ---- */

static json_t *describe_rows(struct list *list)
{
    struct bk_admin *admin = list->admin;
    json_t *items = json_array();

    for (size_t i = 0; i < list->count; i++) {
        const struct bk_account *account = NULL;
        json_t *object = NULL;
        enum bk_lookup found = bk_settings_lookup_account_id(
            admin->settings, admin->arena, list->rows[i].id, &account, &admin->error);

        if (found == BK_FOUND)
            object = bk_describe_account(admin, account);
        if (object == NULL)
            return NULL;
        json_array_append_new(items, object);
    }
    return items;
}

static const char *number_text(struct bk_admin *admin, int64_t number)
{
    return bk_output_format(admin, json_integer(number), BK_COLUMN_NUMBER);
}

static const char *footer(const struct list *list, int64_t pages)
{
    struct bk_admin *admin = list->admin;
    int64_t first = (list->page - 1) * list->page_size + 1;

    if (list->total == 0)
        return _("no accounts");
    return bk_arena_printf(admin->arena, _("%s-%s of %s, page %s of %s"), number_text(admin, first),
                           number_text(admin, first + (int64_t)list->count - 1),
                           number_text(admin, list->total), number_text(admin, list->page),
                           number_text(admin, pages));
}

static bool print_list(struct list *list, const struct bk_column *columns)
{
    struct bk_admin *admin = list->admin;
    int64_t pages = (list->total + list->page_size - 1) / list->page_size;
    json_t *items;

    if (list->page > 1 && list->page > pages)
        return bk_admin_fail(admin, BK_ERROR_VALUE, _("--page %lld: there are %lld pages"),
                             (long long)list->page, (long long)pages);
    items = describe_rows(list);
    if (items == NULL)
        return false;
    bk_output_list(admin, items, columns,
                   json_pack("{s:I, s:I, s:I, s:I}", "total", (json_int_t)list->total, "page",
                             (json_int_t)list->page, "pages", (json_int_t)pages, "page_size",
                             (json_int_t)list->page_size),
                   footer(list, pages));
    return true;
}

bool bk_run_account_list(struct bk_admin *admin)
{
    struct list list = {.admin = admin, .page = 1, .page_size = PAGE_SIZE};
    const char *domain_name = bk_option_value(admin, "domain");
    const struct bk_domain *domain;
    struct bk_column *columns;
    bool fine;

    if (!bk_option_number(admin, "page", 1, INT32_MAX, &list.page) ||
        !bk_option_number(admin, "page-size", 1, PAGE_SIZE_MAXIMUM, &list.page_size) ||
        !take_status(admin, &list.status) || !take_sort(admin, &list) ||
        !take_columns(admin, &columns) || bk_admin_settings(admin) == NULL)
        return false;
    if (domain_name != NULL) {
        domain = bk_admin_domain(admin, domain_name);
        if (domain == NULL)
            return false;
        list.filter.domain = domain->name;
    }
    list.filter.search = bk_option_value(admin, "search");
    if (!bk_settings_begin_read(admin->settings, &admin->error))
        return false;
    fine = find_rows(&list) && print_list(&list, columns);
    bk_settings_end_read(admin->settings);
    return fine;
}
