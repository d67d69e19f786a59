/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/account-select.h"
#include "admin/commands.h"
#include "admin/describe.h"

#include <string.h>

const struct bk_option bk_account_list_options[] = {
    BK_SELECTION_OPTIONS,
    {"columns", N_("COLUMN,..."), N_("which columns, in which order; all for all"), false},
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
    {"auto-reply", {"auto_reply", N_("Auto-reply"), BK_COLUMN_SWITCH}, false},
    {"spam", {"spam", N_("Spam"), BK_COLUMN_WORD}, false},
    {"rights", {"rights", N_("Rights"), BK_COLUMN_TEXT}, false},
    {"suspended", {"suspended", N_("Suspended"), BK_COLUMN_YES}, false},
    {"status", {"status", N_("Status"), BK_COLUMN_WORD}, true},
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
            return bk_admin_fail(
                admin, BK_ERROR_VALUE,
                _("--columns: there is no column %s; the columns are address, "
                  "full-name, name, login, aliases, capacity, usage, messages, "
                  "receive, forward, auto-reply, spam, rights, suspended, status, created, "
                  "last-login, last-delivery, comment"),
                name);
        (*columns_r)[count++] = column->column;
    }
    if (count == 0)
        return bk_admin_fail(admin, BK_ERROR_VALUE, _("--columns names no column"));
    return true;
}

/* ---- output ---- */

static json_t *describe_all(struct bk_admin *admin, const int64_t *ids, size_t count)
{
    json_t *items = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct bk_account *account = NULL;
        json_t *object = NULL;

        if (bk_settings_lookup_account_id(admin->settings, admin->arena, ids[i], &account,
                                          &admin->error) == BK_FOUND)
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

static const char *footer(const struct bk_selection *selection, int64_t count, int64_t pages)
{
    struct bk_admin *admin = selection->admin;
    int64_t first = (selection->page - 1) * selection->page_size + 1;

    if (selection->total == 0)
        return _("no accounts");
    return bk_arena_printf(admin->arena, _("%s-%s of %s, page %s of %s"), number_text(admin, first),
                           number_text(admin, first + count - 1),
                           number_text(admin, selection->total),
                           number_text(admin, selection->page), number_text(admin, pages));
}

#define NAMED_MAXIMUM 20

static bool collect_address(void *context, const char *address)
{
    json_array_append_new(context, json_string(address));
    return true;
}

/* Accounts that wait for a new password; for people a notice before the list. */
static json_t *find_force_changed(struct bk_admin *admin)
{
    json_t *all = json_array(), *named = json_array();
    size_t i, count;
    json_t *address;

    if (bk_settings_list_force_changed(admin->settings, collect_address, all, &admin->error) ==
        BK_FAILED)
        return NULL;
    count = json_array_size(all);
    json_array_foreach(all, i, address)
    {
        json_array_append(named, i < NAMED_MAXIMUM ? address : json_string("..."));
        if (i == NAMED_MAXIMUM)
            break;
    }
    if (count > 0)
        bk_message(admin,
                   ngettext("The password of %zu account was changed by force, and it can't send "
                            "until it is given a new one: %s",
                            "The passwords of %zu accounts were changed by force, and they can't "
                            "send until they are given new ones: %s",
                            count),
                   count, bk_output_format(admin, named, BK_COLUMN_TEXT));
    return all;
}

static bool print_page(struct bk_selection *selection, const struct bk_column *columns)
{
    struct bk_admin *admin = selection->admin;
    const int64_t *ids;
    size_t count;
    int64_t pages;
    json_t *items, *force_changed;

    if (!bk_selection_find(selection, &ids, &count))
        return false;
    pages = (selection->total + selection->page_size - 1) / selection->page_size;
    if (selection->page > 1 && selection->page > pages)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             ngettext("--page %lld: there is %lld page",
                                      "--page %lld: there are %lld pages", (unsigned long)pages),
                             (long long)selection->page, (long long)pages);
    items = describe_all(admin, ids, count);
    force_changed = items != NULL ? find_force_changed(admin) : NULL;
    if (force_changed == NULL)
        return false;
    bk_output_list(admin, items, columns,
                   json_pack("{s:I, s:I, s:I, s:I, s:O}", "total", (json_int_t)selection->total,
                             "page", (json_int_t)selection->page, "pages", (json_int_t)pages,
                             "page_size", (json_int_t)selection->page_size, "force_changed",
                             force_changed),
                   footer(selection, (int64_t)count, pages));
    return true;
}

bool bk_run_account_list(struct bk_admin *admin)
{
    struct bk_selection selection;
    struct bk_column *columns;
    struct bk_state *state;
    bool fine;

    if (!take_columns(admin, &columns) || !bk_selection_parse(admin, &selection) ||
        !bk_settings_begin_read(admin->settings, &admin->error))
        return false;
    state = bk_admin_state(admin);
    if (state != NULL && !bk_state_begin_read(state, NULL))
        state = NULL;
    fine = print_page(&selection, columns);
    if (state != NULL)
        bk_state_end_read(state);
    bk_settings_end_read(admin->settings);
    return fine;
}
