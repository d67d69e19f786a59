/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/output.h"

#include "rules/capacity.h"
#include "rules/duration.h"

#include <inttypes.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void print_json(struct bk_admin *admin, json_t *object)
{
    if (admin->warnings != NULL)
        json_object_set(object, "warnings", admin->warnings);
    if (admin->dry_run)
        json_object_set_new(object, "dry_run", json_true());
    json_dumpf(object, stdout, JSON_INDENT(2));
    printf("\n");
}

/* The same in every language of ours, and what the manuals print. */
static const char *with_commas(struct bk_admin *admin, int64_t number)
{
    char digits[24];
    char *text = bk_arena_alloc(admin->arena, 32);
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, number);
    size_t out = 0;

    for (size_t i = 0; i < length; i++) {
        if (i > 0 && digits[i - 1] != '-' && (length - i) % 3 == 0)
            text[out++] = ',';
        text[out++] = digits[i];
    }
    return text;
}

/* Rounded for reading: capacities are exact where they are whole, usage is not. */
static const char *readable_bytes(struct bk_admin *admin, int64_t bytes)
{
    static const char units[] = "BKMGTPE";
    double number = (double)bytes;
    size_t unit = 0;

    while (number >= 1024 && units[unit + 1] != '\0') {
        number /= 1024;
        unit++;
    }
    if (bytes == 0)
        return "0";
    if (number == (double)(int64_t)number)
        return bk_arena_printf(admin->arena, "%" PRId64 "%c", (int64_t)number, units[unit]);
    return bk_arena_printf(admin->arena, "%.1f%c", number, units[unit]);
}

static const char *local_time(struct bk_admin *admin, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm parts;
    char text[64];

    if (seconds == 0 || localtime_r(&when, &parts) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts) == 0)
        return "-";
    return bk_arena_strdup(admin->arena, text);
}

static const char *duration(struct bk_admin *admin, int64_t seconds)
{
    char text[32];

    if (seconds == 0)
        return _("never");
    if (seconds == BK_INHERIT)
        return _("inherit");
    bk_duration_format(seconds, text, sizeof(text));
    return bk_arena_strdup(admin->arena, text);
}

static const char *format_text(struct bk_admin *admin, const json_t *value)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        return bk_arena_printf(admin->arena, "%lld", (long long)json_integer_value(value));
    return json_is_true(value) ? _("yes") : _("no");
}

static const char *join(struct bk_admin *admin, const json_t *array, enum bk_column_format format)
{
    const char *text = "";
    size_t i;
    json_t *value;

    json_array_foreach(array, i, value) text = bk_arena_printf(
        admin->arena, "%s%s%s", text, i > 0 ? ", " : "", bk_output_format(admin, value, format));
    return text;
}

const char *bk_output_format(struct bk_admin *admin, const json_t *value,
                             enum bk_column_format format)
{
    int64_t number = json_integer_value(value);

    if (json_is_array(value))
        return join(admin, value, format);
    if (value == NULL || json_is_null(value))
        return format == BK_COLUMN_TEXT || format == BK_COLUMN_WORD || format == BK_COLUMN_YES
                   ? ""
                   : "-";
    switch (format) {
    case BK_COLUMN_NUMBER:
        return number == BK_INHERIT ? _("inherit") : with_commas(admin, number);
    case BK_COLUMN_BYTES:
        return number == BK_INHERIT ? _("inherit") : readable_bytes(admin, number);
    case BK_COLUMN_CAPACITY:
        return number == 0            ? _("unlimited")
               : number == BK_INHERIT ? _("inherit")
                                      : readable_bytes(admin, number);
    case BK_COLUMN_DURATION:
        return duration(admin, number);
    case BK_COLUMN_TIME:
        return local_time(admin, number);
    case BK_COLUMN_SCORE:
        return bk_arena_printf(admin->arena, "%.2f", json_number_value(value));
    case BK_COLUMN_SWITCH:
        return json_is_true(value) ? _("ON") : _("OFF");
    case BK_COLUMN_YES:
        return json_is_true(value) ? _("yes") : "";
    case BK_COLUMN_WORD:
        return bk_translate(json_string_value(value));
    case BK_COLUMN_TEXT:
        break;
    }
    return format_text(admin, value);
}

static bool is_right_aligned(enum bk_column_format format)
{
    return format == BK_COLUMN_NUMBER || format == BK_COLUMN_BYTES || format == BK_COLUMN_CAPACITY;
}

static void add_row(struct bk_admin *admin, struct libscols_table *table, const json_t *item,
                    const struct bk_column *columns)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);

    for (size_t i = 0; line != NULL && columns[i].key != NULL; i++)
        (void)scols_line_set_data(
            line, i,
            bk_output_format(admin, json_object_get(item, columns[i].key), columns[i].format));
}

static void print_table(struct bk_admin *admin, const json_t *items,
                        const struct bk_column *columns)
{
    struct libscols_table *table = scols_new_table();
    size_t i;
    json_t *item;

    if (table == NULL)
        return;
    for (i = 0; columns[i].key != NULL; i++)
        (void)scols_table_new_column(table, _(columns[i].title), 0,
                                     is_right_aligned(columns[i].format) ? SCOLS_FL_RIGHT : 0);
    json_array_foreach(items, i, item) add_row(admin, table, item, columns);
    (void)scols_print_table(table);
    scols_unref_table(table);
}

void bk_output_list(struct bk_admin *admin, json_t *items, const struct bk_column *columns,
                    json_t *extra, const char *footer)
{
    if (admin->json) {
        json_t *object = json_pack("{s:o}", "items", items);

        if (extra != NULL)
            json_object_update(object, extra);
        print_json(admin, object);
        return;
    }
    print_table(admin, items, columns);
    if (footer != NULL)
        printf("%s\n", footer);
}

void bk_output_record(struct bk_admin *admin, json_t *object, const struct bk_column *columns)
{
    static const struct bk_column pair[] = {
        {"title", "", BK_COLUMN_TEXT}, {"value", "", BK_COLUMN_TEXT}, {NULL, NULL, 0}};
    struct libscols_table *table;

    if (admin->json) {
        print_json(admin, object);
        return;
    }
    table = scols_new_table();
    if (table == NULL)
        return;
    (void)scols_table_enable_noheadings(table, 1);
    (void)scols_table_new_column(table, "", 0, 0);
    (void)scols_table_new_column(table, "", 0, 0);
    for (; columns->key != NULL; columns++) {
        json_t *value = json_object_get(object, columns->key);

        if (value == NULL || json_is_null(value))
            continue;
        add_row(admin, table,
                json_pack("{s:s, s:s}", "title", _(columns->title), "value",
                          bk_output_format(admin, value, columns->format)),
                pair);
    }
    (void)scols_print_table(table);
    scols_unref_table(table);
}

void bk_output_result(struct bk_admin *admin, json_t *object)
{
    if (admin->json)
        print_json(admin, object);
    else if (admin->dry_run)
        bk_message(admin, "%s", _("dry run: that would be done; nothing was changed"));
}

void bk_message(struct bk_admin *admin, const char *format, ...)
{
    va_list arguments;

    if (admin->json)
        return;
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
}

void bk_warning(struct bk_admin *admin, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (!admin->json) {
        (void)fprintf(stderr, _("boxkeeper: warning: %s\n"), text);
        return;
    }
    if (admin->warnings == NULL)
        admin->warnings = json_array();
    json_array_append_new(admin->warnings, json_string(text));
}

void bk_error_print(const struct bk_admin *admin)
{
    json_t *text;

    if (!admin->json) {
        (void)fprintf(stderr, "boxkeeper: %s\n", admin->error.text);
        return;
    }
    text = json_string(admin->error.text);
    if (text == NULL) /* what was typed was not UTF-8 */
        text = json_string(_("something in the command is not UTF-8 text"));
    json_dumpf(
        json_pack("{s:{s:i, s:o}}", "error", "code", (int)admin->error.kind, "message", text),
        stderr, JSON_INDENT(2));
    (void)fputc('\n', stderr);
}

json_t *bk_json_text(struct bk_admin *admin, const char *text)
{
    json_t *value = json_string(text);

    if (value == NULL)
        bk_admin_fail(admin, BK_ERROR_VALUE,
                      _("a text is not UTF-8: check the terminal's encoding"));
    return value;
}
