/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/settings-private.h"

bool bk_settings_need_transaction(struct bk_settings *settings, struct bk_error *error)
{
    if (settings->database.writer && settings->database.in_transaction)
        return true;
    bk_error_set(error, BK_ERROR_NOT_PERMITTED, _("%s is not open for changes"),
                 settings->database.path);
    return false;
}

bool bk_settings_check_changed(struct bk_settings *settings, const char *text,
                               struct bk_error *error)
{
    if (sqlite3_changes(settings->database.connection) > 0)
        return true;
    bk_error_set(error, BK_ERROR_UNKNOWN, "%s", text);
    return false;
}

bool bk_settings_next_id(struct bk_settings *settings, const char *counter, int64_t *id_r,
                         struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_settings_need_transaction(settings, error) ||
        !bk_query_begin(&query, &settings->database,
                        "UPDATE counters SET value = value + 1 WHERE name = $1 RETURNING value",
                        error))
        return false;
    bk_query_bind_text(&query, counter);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *id_r = bk_query_number(&query);
    else if (found == BK_ABSENT)
        bk_error_set(error, BK_ERROR_CONFIGURATION, _("%s has no counter %s"),
                     settings->database.path, counter);
    bk_query_end(&query);
    return found == BK_FOUND;
}

bool bk_settings_touch(struct bk_settings *settings, const char *kind, int64_t subject_id,
                       struct bk_error *error)
{
    struct bk_query query;

    if (!bk_settings_need_transaction(settings, error) ||
        !bk_query_begin(&query, &settings->database,
                        "INSERT INTO changes (sequence, kind, subject_id) VALUES ($1, $2, $3) "
                        "ON CONFLICT DO NOTHING",
                        error))
        return false;
    bk_query_bind_number(&query, settings->writing_sequence);
    bk_query_bind_text(&query, kind);
    bk_query_bind_number(&query, subject_id);
    return bk_query_run(&query, error);
}

static bool forget_old_changes(struct bk_settings *settings, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &settings->database, "DELETE FROM changes WHERE sequence <= $1",
                        error))
        return false;
    bk_query_bind_number(&query, settings->writing_sequence - BK_CHANGES_KEPT);
    return bk_query_run(&query, error);
}

bool bk_settings_begin_write(struct bk_settings *settings, struct bk_error *error)
{
    if (bk_database_is_stale(&settings->database)) {
        bk_error_set(error, BK_ERROR_TRY_AGAIN, _("%s was replaced meanwhile: try again"),
                     settings->database.path);
        return false;
    }
    if (!bk_database_begin(&settings->database, "BEGIN IMMEDIATE", error))
        return false;
    if (bk_settings_next_id(settings, "change_sequence", &settings->writing_sequence, error) &&
        forget_old_changes(settings, error))
        return true;
    bk_settings_rollback(settings);
    return false;
}

bool bk_settings_commit(struct bk_settings *settings, struct bk_error *error)
{
    if (!bk_settings_need_transaction(settings, error))
        return false;
    if (bk_database_commit(&settings->database, error))
        return true;
    bk_settings_rollback(settings);
    return false;
}

void bk_settings_rollback(struct bk_settings *settings)
{
    bk_database_rollback(&settings->database);
}

bool bk_settings_put_server_value(struct bk_settings *settings, const char *name, const char *value,
                                  struct bk_error *error)
{
    struct bk_query query;

    if (!bk_settings_need_transaction(settings, error) ||
        !bk_query_begin(&query, &settings->database,
                        "INSERT INTO server (name, value) VALUES ($1, $2) "
                        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                        error))
        return false;
    bk_query_bind_text(&query, name);
    bk_query_bind_text(&query, value);
    return bk_query_run(&query, error) && bk_settings_touch(settings, "server", 0, error);
}
