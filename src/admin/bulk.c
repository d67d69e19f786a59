/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/bulk.h"

#include "admin/csv.h"
#include "admin/hashing.h"
#include "admin/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h> // reallocarray
#include <string.h>

/* ---- rows ---- */

struct loader {
    struct bk_bulk *bulk;
    const char *columns[BK_BULK_COLUMNS_MAXIMUM];
    size_t column_count;
    bool has_header;
};

static bool header_failed(struct loader *loader, int64_t line)
{
    struct bk_admin *admin = loader->bulk->admin;
    const char *want = "";

    for (size_t i = 0; i < loader->column_count; i++)
        want = bk_arena_printf(admin->arena, "%s%s%s", want, i > 0 ? "," : "", loader->columns[i]);
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("line %lld of %s is not the header that plan %s of %s wants: %s"),
                         (long long)line, loader->bulk->path, loader->bulk->domain->plan->name,
                         loader->bulk->domain->name, want);
}

static bool take_header(struct loader *loader, const struct bk_csv_row *row)
{
    bool fine = row->count == loader->column_count;

    for (size_t i = 0; fine && i < row->count; i++)
        fine = strcmp(row->cells[i], loader->columns[i]) == 0;
    loader->has_header = true;
    return fine || header_failed(loader, row->line);
}

/* The arena never moves what it gave: the array of rows is made anew, twice as large. */
static struct bk_bulk_row *add_row(struct bk_bulk *bulk)
{
    if (bulk->count == bulk->room) {
        struct bk_bulk_row *rows;

        bulk->room = bulk->room == 0 ? 64 : 2 * bulk->room;
        rows = bk_arena_alloc(bulk->admin->arena, bulk->room * sizeof(*rows));
        if (bulk->count > 0)
            memcpy(rows, bulk->rows, bulk->count * sizeof(*rows));
        bulk->rows = rows;
    }
    return &bulk->rows[bulk->count++];
}

static void take_cells(struct bk_bulk *bulk, struct bk_bulk_row *taken,
                       const struct bk_csv_row *row)
{
    size_t next = 2;

    taken->account = row->cells[0];
    taken->password = row->cells[1];
    taken->comment = bulk->file == BK_BULK_REGISTRATION ? row->cells[next++] : "";
    taken->capacity = bk_bulk_has_capacity(bulk->domain->plan) ? row->cells[next] : "";
}

static bool take_row(void *context, const struct bk_csv_row *row)
{
    struct loader *loader = context;
    struct bk_bulk *bulk = loader->bulk;
    struct bk_bulk_row *taken;

    if (!loader->has_header)
        return take_header(loader, row);
    taken = add_row(bulk);
    *taken = (struct bk_bulk_row){.line = row->line, .account = row->cells[0]};
    if (row->count == loader->column_count)
        take_cells(bulk, taken, row);
    else
        taken->problem = bk_arena_printf(bulk->admin->arena,
                                         _("has %zu cells, and the header has %zu"), row->count,
                                         loader->column_count);
    return true;
}

static bool check_file(struct bk_bulk *bulk, const struct loader *loader, int64_t bad_line)
{
    struct bk_admin *admin = bulk->admin;

    if (admin->error.kind != BK_ERROR_NONE)
        return false;
    if (bad_line > 0)
        *add_row(bulk) = (struct bk_bulk_row){
            .line = bad_line,
            .account = "",
            .problem = _("has a quotation mark that is not closed, or stands in a cell without "
                         "others around it; what comes after was not looked at")};
    else if (!loader->has_header || bulk->count == 0)
        return bk_admin_fail(admin, BK_ERROR_VALUE, _("there is no account in the file %s"),
                             bulk->path);
    return true;
}

bool bk_bulk_load(struct bk_admin *admin, enum bk_bulk_file file, struct bk_bulk *bulk_r)
{
    struct loader loader = {.bulk = bulk_r};
    struct bk_csv_text text;
    int64_t bad_line;
    const char *domain = bk_option_value(admin, "domain");

    *bulk_r = (struct bk_bulk){.admin = admin, .file = file, .path = admin->arguments[0]};
    if (domain == NULL)
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("say in which domain the accounts are: --domain DOMAIN"));
    bulk_r->domain = bk_admin_domain(admin, domain);
    if (bulk_r->domain == NULL || !bk_csv_load(admin, bulk_r->path, &text))
        return false;
    loader.column_count = bk_bulk_columns(file, bulk_r->domain->plan, loader.columns);
    bk_csv_parse(admin->arena, &text, take_row, &loader, &bad_line);
    bk_csv_free(&text);
    return check_file(bulk_r, &loader, bad_line);
}

bool bk_bulk_domain_again(struct bk_bulk *bulk)
{
    bool had_capacity = bk_bulk_has_capacity(bulk->domain->plan);
    const struct bk_domain *domain = bk_admin_domain(bulk->admin, bulk->domain->name);

    if (domain == NULL)
        return false;
    bulk->domain = domain;
    if (bk_bulk_has_capacity(domain->plan) == had_capacity)
        return true;
    return bk_admin_fail(bulk->admin, BK_ERROR_TRY_AGAIN,
                         _("the plan of %s was changed meanwhile: nothing was done"), domain->name);
}

/* ---- what is wrong ---- */

void bk_bulk_bad(struct bk_bulk *bulk, struct bk_bulk_row *row, const char *format, ...)
{
    char reason[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    if (row->reasons == NULL) {
        row->reasons = json_array();
        bulk->bad++;
    }
    json_array_append_new(row->reasons, json_string(reason));
}

/* Every reason of every row, in the order of the lines. */
static json_t *collect_reasons(const struct bk_bulk *bulk)
{
    json_t *items = json_array();
    json_t *reason;
    size_t j;

    for (size_t i = 0; i < bulk->count; i++) {
        const struct bk_bulk_row *row = &bulk->rows[i];

        json_array_foreach(row->reasons, j, reason)
            json_array_append_new(items, json_pack("{s:I, s:s, s:O}", "line", (json_int_t)row->line,
                                                   "account", row->account, "reason", reason));
    }
    return items;
}

static void print_reasons(struct bk_admin *admin, const json_t *items)
{
    const json_t *item;
    size_t i;

    json_array_foreach(items, i, item) bk_message(
        admin, _("line %lld: %s: %s"), (long long)json_integer_value(json_object_get(item, "line")),
        json_string_value(json_object_get(item, "account")),
        json_string_value(json_object_get(item, "reason")));
}

bool bk_bulk_report(struct bk_bulk *bulk)
{
    struct bk_admin *admin = bulk->admin;
    json_t *items;

    if (bulk->bad == 0)
        return true;
    items = collect_reasons(bulk);
    print_reasons(admin, items);
    if (admin->json)
        bk_output_result(admin,
                         json_pack("{s:o, s:I, s:I}", "items", items, "rows",
                                   (json_int_t)bulk->count, "bad_rows", (json_int_t)bulk->bad));
    if (bulk->taken == bulk->count)
        bk_message(admin, "%s",
                   _("all of these accounts are there already: if an import of this file was "
                     "interrupted, another command has completed it meanwhile (boxkeeper log)"));
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         ngettext("%s: %lld row of %zu is bad, so nothing of the file was done",
                                  "%s: %lld rows of %zu are bad, so nothing of the file was done",
                                  (unsigned long)bulk->bad),
                         bulk->path, (long long)bulk->bad, bulk->count);
}

/* ---- passwords ---- */

struct bk_hashing *bk_bulk_hash(struct bk_bulk *bulk)
{
    struct bk_hashing *items = bk_arena_alloc(bulk->admin->arena, bulk->count * sizeof(*items));

    for (size_t i = 0; i < bulk->count; i++) {
        const struct bk_bulk_row *row = &bulk->rows[i];
        bool wanted = bulk->file == BK_BULK_REGISTRATION || row->present != NULL;

        if (wanted && *row->password != '\0')
            items[i].password = row->password;
    }
    return bk_hash_all(bulk->admin, items, bulk->count) ? items : NULL;
}
