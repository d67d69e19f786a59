/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/check.h"

#include "admin/commands.h"
#include "admin/output.h"
#include "store/databases.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

const struct bk_option bk_check_options[] = {
    {"repair", NULL, N_("mend what a crash, a shell or a restore has left"), false},
    {NULL, NULL, NULL, false},
};

static bool is_reported(const struct bk_check *check, const json_t *finding)
{
    size_t i;
    json_t *item;

    json_array_foreach(check->items, i, item)
    {
        if (json_equal(json_object_get(item, "finding"), finding))
            return true;
    }
    return false;
}

void bk_check_report(struct bk_check *check, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    json_t *finding;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    finding = json_string(text);
    if (finding == NULL) /* a file name or a program's answer that is not UTF-8, or cut there */
        finding = json_string(_("a finding can't be shown: its text is not UTF-8"));
    if (!is_reported(check, finding))
        json_array_append_new(check->items, json_pack("{s:O}", "finding", finding));
    json_decref(finding);
}

static void report_file(void *context, const char *text)
{
    bk_check_report(context, "%s", text);
}

/* What keeps a part from looking on is a finding too, and hides none of the others. */
static void run_parts(struct bk_check *check)
{
    struct bk_admin *admin = check->admin;

    if (!bk_databases_check(admin->settings_path, report_file, check, &admin->error))
        bk_check_report(check, "%s", admin->error.text);
    if (!bk_check_host(check))
        bk_check_report(check, "%s", admin->error.text);
    if (!bk_check_srs(check))
        bk_check_report(check, "%s", admin->error.text);
    if (!bk_check_accounts(check))
        bk_check_report(check, "%s", admin->error.text);
}

bool bk_run_check(struct bk_admin *admin)
{
    static const struct bk_column columns[] = {{"finding", N_("Finding"), BK_COLUMN_TEXT},
                                               {NULL, NULL, 0}};
    struct bk_check check = {.admin = admin, .items = json_array()};
    struct bk_command *writer; /* the same command, which opens settings for writing */
    size_t count;

    if (geteuid() != 0)
        return bk_admin_fail(admin, BK_ERROR_NOT_PERMITTED, _("run this as root"));
    if (bk_option_given(admin, "repair") && !admin->dry_run) {
        writer = bk_arena_alloc(admin->arena, sizeof(*writer));
        *writer = *admin->command;
        writer->changes = true;
        admin->command = writer;
        if (!bk_check_repair(admin))
            return false;
    }
    if (bk_admin_settings(admin) == NULL)
        return false;
    run_parts(&check);
    count = json_array_size(check.items);
    if (count > 0 || admin->json)
        bk_output_list(admin, check.items, columns, NULL, NULL);
    else
        bk_message(admin, "%s", _("nothing found: everything is as it should be"));
    if (count == 0)
        return true;
    return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                         ngettext("%lu finding", "%lu findings", (unsigned long)count),
                         (unsigned long)count);
}
