/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/autoreply.h"
#include "admin/commands.h"
#include "admin/describe.h"
#include "admin/output.h"
#include "admin/spam.h"
#include "rules/duration.h"

#include <string.h>
#include <time.h>

const struct bk_option bk_log_options[] = {
    {"account", N_("ACCOUNT"), N_("only what was done to this account, domain or plan"), false},
    {"since", N_("TIME"), N_("only from then: 2026-01-31, \"2026-01-31 12:00\", or 7d ago"), false},
    {NULL, NULL, NULL, false},
};

static bool take_since(struct bk_admin *admin, int64_t *since_r)
{
    static const char *const formats[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"};
    const char *text = bk_option_value(admin, "since");
    int64_t seconds;

    *since_r = 0;
    if (text == NULL)
        return true;
    if (bk_duration_parse(text, &seconds) && seconds > 0) {
        *since_r = time(NULL) - seconds;
        return true;
    }
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct tm parts = {.tm_isdst = -1};
        const char *end = strptime(text, formats[i], &parts);

        if (end != NULL && *end == '\0') {
            *since_r = mktime(&parts);
            return true;
        }
    }
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("--since %s: say a date such as 2026-01-31 or \"2026-01-31 12:00\", or "
                           "a duration such as 7d"),
                         text);
}

static bool collect_entry(void *context, const struct bk_audit_entry *entry)
{
    json_t *before = entry->before != NULL ? json_loads(entry->before, 0, NULL) : NULL;
    json_t *after = entry->after != NULL ? json_loads(entry->after, 0, NULL) : NULL;
    json_t *object = json_pack("{s:I, s:s, s:s, s:s}", "at", (json_int_t)entry->at, "actor",
                               entry->actor, "command", entry->command, "subject", entry->subject);

    json_object_set_new(object, "before", before != NULL ? before : json_null());
    json_object_set_new(object, "after", after != NULL ? after : json_null());
    json_array_append_new(context, object);
    return true;
}

/* What a new thing has by default is of no interest to people. */
static bool is_dull(const json_t *value)
{
    return json_is_null(value) || json_is_false(value) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_integer(value) && json_integer_value(value) <= 0);
}

static const struct bk_column *find_column(const char *key)
{
    static const struct bk_column others[] = {
        {"name", N_("Name"), BK_COLUMN_TEXT},
        {"password", N_("Password"), BK_COLUMN_WORD},
        {"force_changed", N_("Password changed by force"), BK_COLUMN_TEXT},
        {"mail", N_("Mail"), BK_COLUMN_WORD},
        {"score_decides", N_("The score decides"), BK_COLUMN_SWITCH},
        {NULL, NULL, 0},
    };
    static const struct bk_column *const tables[] = {bk_account_columns,   bk_domain_columns,
                                                     bk_plan_columns,      bk_spam_columns,
                                                     bk_autoreply_columns, others};

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (const struct bk_column *column = tables[i]; column->key != NULL; column++) {
            if (strcmp(column->key, key) == 0)
                return column;
        }
    }
    return NULL;
}

/* Texts in quotes, since they may be empty or have blanks. */
static const char *value_text(struct bk_admin *admin, const struct bk_column *column,
                              const json_t *value)
{
    if (value == NULL || json_is_null(value))
        return "-";
    if (column == NULL || json_is_array(value) ||
        (json_is_string(value) && column->format == BK_COLUMN_TEXT))
        return json_dumps(value, JSON_ENCODE_ANY);
    return bk_output_format(admin, value, column->format);
}

/* "Capacity: 1G -> 2G" for each field; only the new value of what is new. */
static json_t *changes_text(struct bk_admin *admin, const json_t *entry)
{
    json_t *before = json_object_get(entry, "before");
    json_t *after = json_object_get(entry, "after");
    json_t *either = json_object();
    const char *text = "";
    const char *key;
    json_t *value;

    json_object_update(either, before);
    json_object_update(either, after);
    json_object_foreach(either, key, value)
    {
        const struct bk_column *column = find_column(key);
        const json_t *was = json_object_get(before, key);
        const json_t *is = json_object_get(after, key);

        if ((was == NULL || is == NULL) && is_dull(value))
            continue;
        text = bk_arena_printf(admin->arena, "%s%s%s: %s%s%s", text, *text != '\0' ? "; " : "",
                               column != NULL ? _(column->title) : key,
                               was != NULL ? value_text(admin, column, was) : "",
                               was != NULL ? " -> " : "", value_text(admin, column, is));
    }
    return json_string(text);
}

/* The subject that the log has for what was typed, which may be gone by now. */
static bool take_subject(struct bk_admin *admin, const char **subject_r)
{
    const char *text = bk_option_value(admin, "account");
    const struct bk_account *account = NULL;

    *subject_r = NULL;
    if (text == NULL)
        return true;
    text = bk_admin_fold(admin, text);
    if (bk_settings_lookup_account(admin->settings, admin->arena, text, &account, &admin->error) ==
        BK_FAILED)
        return false;
    *subject_r = account != NULL ? account->primary_address : text;
    return true;
}

bool bk_run_log(struct bk_admin *admin)
{
    static const struct bk_column columns[] = {
        {"at", N_("Time"), BK_COLUMN_TIME},         {"actor", N_("Who"), BK_COLUMN_TEXT},
        {"command", N_("What"), BK_COLUMN_TEXT},    {"subject", N_("Of"), BK_COLUMN_TEXT},
        {"changes", N_("Changes"), BK_COLUMN_TEXT}, {NULL, NULL, 0},
    };
    json_t *items = json_array();
    const char *subject;
    int64_t since;
    size_t i;
    json_t *item;

    if (!take_since(admin, &since) || bk_admin_settings(admin) == NULL ||
        !take_subject(admin, &subject) ||
        bk_settings_list_audit(admin->settings, subject, since, collect_entry, items,
                               &admin->error) == BK_FAILED)
        return false;
    if (!admin->json) {
        json_array_foreach(items, i, item)
            json_object_set_new(item, "changes", changes_text(admin, item));
    }
    bk_output_list(admin, items, columns, NULL, NULL);
    return true;
}
