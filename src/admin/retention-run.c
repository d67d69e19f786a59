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
#include "admin/progress.h"
#include "admin/sweep.h"
#include "rules/duration.h"
#include "store/due.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const struct bk_option bk_retention_preview_options[] = {
    {"as-of", N_("DATE"), N_("as if it were then: YYYY-MM-DD or \"YYYY-MM-DD HH:MM\", local time"),
     false},
    {NULL, NULL, NULL, false},
};
const struct bk_option bk_retention_run_options[] = {
    {"clock-ok", NULL, N_("the clock is right, although it jumped since the last run"), false},
    {"workers", N_("NUMBER"), N_("how many accounts at a time (default: one for each processor)"),
     false},
    {"time", N_("DURATION"), N_("stop after this time; the next run goes on (default 50m)"), false},
    {NULL, NULL, NULL, false},
};

#define TROUBLE_MAXIMUM 5  /* accounts named in an error text */
#define ROWS_MAXIMUM 10000 /* accounts listed; all are counted */
#define TIME_DEFAULT_SECONDS 3000

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

struct run {
    struct bk_admin *admin;
    json_t *rows;
    int64_t expected; /* accounts, for the progress bar */
    int64_t accounts, archived, expunged, unfinished;
    const char *troubles; /* "taro@example.com (failed), ..." */
    int64_t trouble_count;
};

static void note_trouble(struct run *run, const struct bk_sweep_row *row)
{
    struct bk_arena *arena = run->admin->arena;

    run->unfinished += strcmp(row->state, "unfinished") == 0;
    if (++run->trouble_count <= TROUBLE_MAXIMUM)
        run->troubles = bk_arena_printf(arena, "%s%s%s (%s)", run->troubles,
                                        run->trouble_count > 1 ? ", " : "", row->address,
                                        _(row->state));
    else if (run->trouble_count == TROUBLE_MAXIMUM + 1)
        run->troubles = bk_arena_printf(arena, "%s, ...", run->troubles);
}

static void take_row(void *context, const struct bk_sweep_row *row)
{
    struct run *run = context;

    run->accounts++;
    run->archived += row->archived;
    run->expunged += row->expunged;
    if (strcmp(row->state, "done") != 0)
        note_trouble(run, row);
    if (json_array_size(run->rows) < ROWS_MAXIMUM)
        json_array_append_new(run->rows,
                              json_pack("{s:s, s:I, s:I, s:s}", "address", row->address, "archived",
                                        (json_int_t)row->archived, "expunged",
                                        (json_int_t)row->expunged, "state", row->state));
    if (run->expected > 0)
        bk_progress_show(run->admin, _("Retention"), run->accounts,
                         run->accounts > run->expected ? run->accounts : run->expected);
}

/* At most so many have something due; 0: not known, and no bar is drawn. */
static int64_t count_expected(struct bk_admin *admin)
{
    struct bk_settings *settings = bk_admin_settings(admin);
    struct bk_state *state = bk_admin_state(admin);
    struct bk_error error = {0};
    struct bk_due *due;
    int64_t count = 0;

    if (settings == NULL || state == NULL || !isatty(STDERR_FILENO))
        return 0;
    due = bk_due_begin(settings, (struct bk_due_share){0, 1}, time(NULL), &error);
    if (due != NULL)
        count = bk_due_count(due, state);
    bk_due_end(&due);
    return count;
}

static bool take_options(struct bk_admin *admin, struct bk_sweep_options *options_r)
{
    const char *seconds = bk_option_value(admin, "time");
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t workers = processors < 1 ? 1 : processors > 8 ? 8 : processors;

    options_r->clock_ok = bk_option_given(admin, "clock-ok");
    options_r->seconds = TIME_DEFAULT_SECONDS;
    if (bk_option_given(admin, "workers") &&
        !bk_option_number(admin, "workers", 1, BK_SWEEP_WORKERS_MAXIMUM, &workers))
        return false;
    options_r->workers = (int)workers;
    if (seconds != NULL && (!bk_duration_parse(seconds, &options_r->seconds) ||
                            options_r->seconds < 1 || options_r->seconds > INT32_MAX))
        return bk_admin_fail(admin, BK_ERROR_VALUE, _("--time %s is not a duration: say 10m or 2h"),
                             seconds);
    options_r->doveadm = bk_admin_server_value(admin, "doveadm_command");
    return options_r->doveadm != NULL;
}

static void report(struct run *run, bool ended_well)
{
    static const struct bk_column columns[] = {
        {"address", N_("Account"), BK_COLUMN_TEXT},
        {"archived", N_("Archived"), BK_COLUMN_NUMBER},
        {"expunged", N_("Expunged"), BK_COLUMN_NUMBER},
        {"state", N_("State"), BK_COLUMN_WORD},
        {NULL, NULL, 0},
    };
    struct bk_admin *admin = run->admin;

    if (run->accounts == 0 && ended_well)
        bk_message(admin, "%s", _("nothing was due"));
    bk_output_list(admin, run->rows, columns,
                   json_pack("{s:I, s:I, s:I, s:I}", "accounts", (json_int_t)run->accounts,
                             "archived", (json_int_t)run->archived, "expunged",
                             (json_int_t)run->expunged, "unfinished", (json_int_t)run->unfinished),
                   run->accounts == 0
                       ? NULL
                       : bk_arena_printf(admin->arena,
                                         ngettext("%lld account: %lld messages archived, %lld "
                                                  "expunged",
                                                  "%lld accounts: %lld messages archived, %lld "
                                                  "expunged",
                                                  (unsigned long)run->accounts),
                                         (long long)run->accounts, (long long)run->archived,
                                         (long long)run->expunged));
}

bool bk_run_retention_run(struct bk_admin *admin)
{
    struct run run = {.admin = admin, .troubles = ""};
    struct bk_sweep_options options = {0};
    const char *line;
    bool ended_well;

    if (admin->dry_run)
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("this command has no --dry-run: see boxkeeper retention preview"));
    if (!take_options(admin, &options))
        return false;
    run.rows = json_array();
    run.expected = count_expected(admin);
    ended_well = bk_sweep_run(admin, &options, take_row, &run, &line);
    bk_progress_end(admin);
    if (!ended_well && run.accounts == 0 && admin->error.kind != BK_ERROR_NONE) {
        json_decref(run.rows);
        return false;
    }
    report(&run, ended_well);
    if (ended_well)
        return true;
    if (admin->error.kind != BK_ERROR_NONE)
        return false;
    return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                         _("retention could not do everything: %s%s%s. It goes on with the next "
                           "run; where the clock was doubted and is right: boxkeeper retention run "
                           "--clock-ok"),
                         run.troubles, *run.troubles != '\0' && *line != '\0' ? "; " : "", line);
}
