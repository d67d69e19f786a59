/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/due.h"

#include "dovecot-plugin/databases.h"

struct visits {
    pool_t pool;
    int64_t now;
    struct bk_state *state; /* NULL: cannot be read; unknown = look */
    ARRAY_TYPE(const_string) * users;
};

struct folders_due {
    const struct bk_retention_durations *durations;
    int64_t now;
    bool due;
};

static int64_t seconds_of(const struct bk_retention_durations *durations,
                          enum bk_state_folder_kind kind)
{
    switch (kind) {
    case BK_STATE_INBOX:
        return durations->archive_seconds;
    case BK_STATE_TRASH:
        return durations->trash_seconds;
    case BK_STATE_JUNK:
        return durations->junk_seconds;
    }
    return 0;
}

static bool is_folder_due(void *context, const struct bk_state_folder *folder)
{
    struct folders_due *folders = context;
    int64_t seconds = seconds_of(folders->durations, folder->kind);

    if (seconds > 0 && folder->oldest_stored_at > 0 &&
        (bk_retention_next_due(folder->oldest_stored_at, seconds) <= folders->now ||
         bk_retention_full_look_due(folder->full_look_at, folders->now)))
        folders->due = true;
    return !folders->due;
}

static bool is_account_due(struct visits *visits, const struct bk_account *account)
{
    struct bk_retention_durations durations = bk_retention_durations(account);
    struct folders_due folders = {.durations = &durations, .now = visits->now};
    struct bk_error error = {0};

    if (bk_retention_rest(account) != BK_REST_NO ||
        (durations.archive_seconds == 0 && durations.trash_seconds == 0 &&
         durations.junk_seconds == 0))
        return false;
    if (visits->state == NULL || bk_state_list_folders(visits->state, account->id, is_folder_due,
                                                       &folders, &error) != BK_FOUND)
        return true;
    return folders.due;
}

static bool visit_if_due(void *context, const struct bk_account *account)
{
    struct visits *visits = context;

    if (is_account_due(visits, account)) {
        const char *user = p_strdup(visits->pool, account->primary_address);

        array_push_back(visits->users, &user);
    }
    return true;
}

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

void boxkeeper_due_init(const char *settings_path)
{
    boxkeeper_databases_init(settings_path);
}

bool boxkeeper_due_users(pool_t pool, int64_t now, bool clock_ok, ARRAY_TYPE(const_string) * users,
                         enum bk_retention_doubt *doubt_r)
{
    struct visits visits = {.pool = pool, .now = now, .users = users};
    struct bk_account_filter everybody = {0};
    struct bk_settings *settings = boxkeeper_settings();
    struct bk_error error = {0};

    *doubt_r = BK_DOUBT_SETTINGS;
    if (settings == NULL)
        return false;
    visits.state = boxkeeper_state();
    *doubt_r = clock_doubt(visits.state, now, clock_ok);
    if (*doubt_r != BK_DOUBT_NONE)
        return true;
    if (bk_settings_list_accounts(settings, &everybody, visit_if_due, &visits, &error) ==
        BK_FAILED) {
        boxkeeper_log_database_error("settings", &error);
        *doubt_r = BK_DOUBT_SETTINGS;
        return false;
    }
    return true;
}

void boxkeeper_due_completed(int64_t now)
{
    struct bk_state *state = boxkeeper_state();
    struct bk_error error = {0};

    if (state != NULL && !bk_state_put_clock(state, now, true, false, &error))
        boxkeeper_log_database_error("state", &error);
}
