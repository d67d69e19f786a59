/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * `retention preview|run`: what retention would do and does. Mail is Dovecot's, so the work is done
 * by its doveadm with Boxkeeper's module (`doveadm boxkeeper preview|sweep`); here its answer is
 * read and shown.
 */
#include "admin/commands.h"
#include "admin/output.h"
#include "admin/program.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct bk_option bk_retention_preview_options[] = {
    {"as-of", N_("DATE"), N_("as if it were then: YYYY-MM-DD or \"YYYY-MM-DD HH:MM\", local time"),
     false},
    {NULL, NULL, NULL, false},
};
const struct bk_option bk_retention_run_options[] = {
    {"clock-ok", NULL, N_("the clock is right, although it jumped since the last run"), false},
    {NULL, NULL, NULL, false},
};

#define TROUBLE_MAXIMUM 5 /* accounts named in an error text */

/* doveadm's json formatter makes every value a string. */
static void make_numbers(json_t *item, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        const char *text = json_string_value(json_object_get(item, *keys));

        if (text != NULL)
            json_object_set_new(item, *keys, json_integer(strtoll(text, NULL, 10)));
    }
}

static void rename_key(json_t *item, const char *from, const char *to)
{
    json_t *value = json_object_get(item, from);

    if (value == NULL)
        return;
    json_object_set(item, to, value);
    json_object_del(item, from);
}

/* The rows of doveadm's answer; NULL with admin->error if it has none that can be read. */
static json_t *read_rows(struct bk_admin *admin, const struct bk_program_result *result,
                         const char *doveadm, const char *const *numbers)
{
    json_error_t problem;
    json_t *rows = json_loads(*result->output != '\0' ? result->output : "[]", 0, &problem);
    size_t i;
    json_t *row;

    if (json_is_array(rows) && (result->status == 0 || json_array_size(rows) > 0)) {
        json_array_foreach(rows, i, row) make_numbers(row, numbers);
        return rows;
    }
    bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                  _("%s could not do it: %s. See Dovecot's log, and whether boxkeeper check finds "
                    "something"),
                  doveadm, bk_program_last_line(admin, result->errors));
    return NULL;
}

/* ---- preview ---- */

/* Local time. False: not a date. */
static bool parse_date(const char *text, int64_t *seconds_r)
{
    static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm parts = {.tm_isdst = -1};
        const char *end = strptime(text, forms[i], &parts);
        int day = parts.tm_mday;

        if (end == NULL || *end != '\0')
            continue;
        parts.tm_isdst = -1;
        *seconds_r = mktime(&parts);
        return parts.tm_mday == day && *seconds_r > 0; /* no 31st of June */
    }
    return false;
}

static bool take_as_of(struct bk_admin *admin, int64_t *as_of_r)
{
    const char *text = bk_option_value(admin, "as-of");

    *as_of_r = time(NULL);
    if (text == NULL || parse_date(text, as_of_r))
        return true;
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("--as-of %s is not a date: say 2027-01-31 or \"2027-01-31 12:00\""),
                         text);
}

bool bk_run_retention_preview(struct bk_admin *admin)
{
    static const struct bk_column columns[] = {
        {"folder", N_("Folder"), BK_COLUMN_TEXT},
        {"action", N_("What would happen"), BK_COLUMN_WORD},
        {"messages", N_("Messages"), BK_COLUMN_NUMBER},
        {"bytes", N_("Size"), BK_COLUMN_BYTES},
        {"oldest_stored_at", N_("Oldest stored"), BK_COLUMN_TIME},
        {NULL, NULL, 0},
    };
    static const char *const numbers[] = {"messages", "bytes", "oldest", NULL};
    const char *doveadm = bk_admin_server_value(admin, "doveadm_command");
    const struct bk_account *account = bk_admin_account(admin, admin->arguments[0]);
    struct bk_program_result result;
    int64_t as_of;
    size_t i;
    json_t *rows, *row;

    if (doveadm == NULL || account == NULL || !take_as_of(admin, &as_of))
        return false;
    result = bk_program_run(
        admin, doveadm,
        (const char *const[]){"-f", "json", "boxkeeper", "preview", "-u", account->primary_address,
                              "-d", bk_arena_printf(admin->arena, "%lld", (long long)as_of), NULL});
    rows = read_rows(admin, &result, doveadm, numbers);
    if (rows == NULL)
        return false;
    if (result.status != 0)
        return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN, "%s",
                             bk_program_last_line(admin, result.errors));
    json_array_foreach(rows, i, row) rename_key(row, "oldest", "oldest_stored_at");
    if (*result.errors != '\0')
        bk_warning(admin, "%s", bk_program_last_line(admin, result.errors));
    bk_output_list(
        admin, rows, columns,
        json_pack("{s:s, s:I}", "address", account->primary_address, "as_of", (json_int_t)as_of),
        NULL);
    return true;
}

/* ---- run ---- */

/* "taro@example.com (unfinished), …" of the accounts that are neither done nor at rest. */
static const char *name_troubles(struct bk_admin *admin, json_t *rows)
{
    const char *text = "";
    size_t i, count = 0;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        const char *state = json_string_value(json_object_get(row, "state"));

        if (state == NULL || strcmp(state, "done") == 0)
            continue;
        if (++count > TROUBLE_MAXIMUM)
            return bk_arena_printf(admin->arena, "%s, ...", text);
        text = bk_arena_printf(admin->arena, "%s%s%s (%s)", text, count > 1 ? ", " : "",
                               json_string_value(json_object_get(row, "address")), _(state));
    }
    return text;
}

static bool report_trouble(struct bk_admin *admin, const struct bk_program_result *result,
                           json_t *rows)
{
    const char *troubles = name_troubles(admin, rows);
    const char *line = bk_program_last_line(admin, result->errors);

    return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                         _("retention could not do everything: %s%s%s. It goes on with the next "
                           "run; where the clock was doubted and is right: boxkeeper retention run "
                           "--clock-ok"),
                         troubles, *troubles != '\0' && *line != '\0' ? "; " : "", line);
}

bool bk_run_retention_run(struct bk_admin *admin)
{
    static const struct bk_column columns[] = {
        {"address", N_("Account"), BK_COLUMN_TEXT},
        {"archived", N_("Archived"), BK_COLUMN_NUMBER},
        {"expunged", N_("Expunged"), BK_COLUMN_NUMBER},
        {"state", N_("State"), BK_COLUMN_WORD},
        {NULL, NULL, 0},
    };
    static const char *const numbers[] = {"archived", "expunged", NULL};
    const char *doveadm = bk_admin_server_value(admin, "doveadm_command");
    bool clock_ok = bk_option_given(admin, "clock-ok");
    struct bk_program_result result;
    size_t i;
    json_t *rows, *row;

    if (doveadm == NULL)
        return false;
    if (admin->dry_run)
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("this command has no --dry-run: see boxkeeper retention preview"));
    result = bk_program_run(admin, doveadm,
                            (const char *const[]){"-f", "json", "boxkeeper", "sweep", "-A",
                                                  clock_ok ? "-c" : NULL, NULL});
    rows = read_rows(admin, &result, doveadm, numbers);
    if (rows == NULL)
        return false;
    json_array_foreach(rows, i, row) rename_key(row, "username", "address");
    if (json_array_size(rows) == 0 && result.status == 0)
        bk_message(admin, "%s", _("nothing was due"));
    bk_output_list(admin, rows, columns, NULL, NULL);
    return result.status == 0 || report_trouble(admin, &result, rows);
}
