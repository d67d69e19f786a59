/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/due.h"

#include "dovecot-plugin/databases.h"

static enum bk_retention_doubt clock_doubt(struct bk_state *state, int64_t now, bool clock_ok)
{
    struct bk_error error = {0};
    int64_t newest_time = 0, last_run = 0;

    if (state == NULL)
        return BK_DOUBT_NONE;
    if (clock_ok && !bk_state_put_clock(state, now, false, true, &error))
        boxkeeper_log_database_error("state", &error);
    if (bk_state_lookup_clock(state, &newest_time, &last_run, &error) != BK_FOUND)
        newest_time = last_run = 0;
    return bk_retention_clock_doubt(now, newest_time, last_run, clock_ok);
}

/* Until the process ends: a descriptor that is left open on purpose. */
static bool take_lock(struct bk_settings *settings, const char **why_r)
{
    static bool is_taken;
    struct bk_arena *arena = bk_arena_create();
    struct bk_error error = {0};
    const char *mail_root = NULL;

    if (!is_taken &&
        bk_settings_server_value(settings, arena, "mail_root", &mail_root, &error) == BK_FOUND)
        is_taken = bk_sweep_lock(mail_root, &error) >= 0;
    bk_arena_destroy(&arena);
    if (!is_taken)
        *why_r = t_strdup(error.text);
    return is_taken;
}

struct bk_due *boxkeeper_due_begin(const char *settings_path, const struct bk_due_share *share,
                                   int64_t now, bool clock_ok, const char **why_r)
{
    enum bk_retention_doubt doubt;
    struct bk_settings *settings;
    struct bk_error error = {0};
    struct bk_due *due;

    boxkeeper_databases_init(settings_path);
    settings = boxkeeper_settings();
    *why_r = bk_retention_doubt_text(BK_DOUBT_SETTINGS);
    if (settings == NULL || (share == NULL && !take_lock(settings, why_r)))
        return NULL;
    doubt = clock_doubt(boxkeeper_state(), now, clock_ok);
    if (doubt != BK_DOUBT_NONE) {
        *why_r = bk_retention_doubt_text(doubt);
        return NULL;
    }
    due = bk_due_begin(settings, share != NULL ? *share : (struct bk_due_share){0, 1}, now, &error);
    if (due == NULL)
        boxkeeper_log_database_error("settings", &error);
    return due;
}

enum bk_lookup boxkeeper_due_next(struct bk_due *due, const char **username_r)
{
    struct bk_settings *settings = boxkeeper_settings();
    struct bk_error error = {0};
    enum bk_lookup found;

    if (settings == NULL)
        return BK_FAILED;
    found = bk_due_next(due, settings, boxkeeper_state(), username_r, &error);
    if (found == BK_FAILED)
        boxkeeper_log_database_error("settings", &error);
    return found;
}

void boxkeeper_due_completed(int64_t now)
{
    struct bk_state *state = boxkeeper_state();
    struct bk_error error = {0};

    if (state != NULL && !bk_state_put_clock(state, now, true, false, &error))
        boxkeeper_log_database_error("state", &error);
}

void boxkeeper_due_end(struct bk_due **due)
{
    bk_due_end(due);
}
