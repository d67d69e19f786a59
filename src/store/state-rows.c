/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/state-private.h"

/* In the order of enum bk_state_folder_kind. */
static const char *const folder_kind_words[] = {"inbox", "trash", "junk", NULL};

enum bk_lookup bk_state_lookup_limit(struct bk_state *state, const char *primary_address,
                                     int64_t *limit_bytes_r, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query,
                        "SELECT u.limit_bytes FROM users n JOIN usage u "
                        "ON u.account_id = n.account_id WHERE n.primary_address = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_text(&query, primary_address);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *limit_bytes_r = bk_query_number(&query);
    bk_query_end(&query);
    return found;
}

/* ---- users ---- */

static enum bk_lookup lookup_user(struct bk_state *state, int64_t account_id,
                                  const char *primary_address, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query,
                        "SELECT 1 FROM users WHERE primary_address = $1 AND account_id = $2",
                        error))
        return BK_FAILED;
    bk_query_bind_text(&query, primary_address);
    bk_query_bind_number(&query, account_id);
    found = bk_query_lookup(&query, error);
    bk_query_end(&query);
    return found;
}

static bool run_with_account(struct bk_state *state, const char *sql, int64_t account_id,
                             const char *text, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_state_begin(state, &query, sql, error))
        return false;
    bk_query_bind_number(&query, account_id);
    if (text != NULL)
        bk_query_bind_text(&query, text);
    return bk_query_run(&query, error);
}

static bool put_user(struct bk_state *state, int64_t account_id, const char *primary_address,
                     struct bk_error *error)
{
    return run_with_account(state, "DELETE FROM users WHERE account_id = $1", account_id, NULL,
                            error) &&
           run_with_account(state,
                            "INSERT INTO users (account_id, primary_address) "
                            "VALUES ($1, $2) ON CONFLICT (primary_address) "
                            "DO UPDATE SET account_id = excluded.account_id",
                            account_id, primary_address, error);
}

bool bk_state_put_user(struct bk_state *state, int64_t account_id, const char *primary_address,
                       struct bk_error *error)
{
    enum bk_lookup found = lookup_user(state, account_id, primary_address, error);

    /* Asked at each login: nearly always it is there already. */
    if (found != BK_ABSENT)
        return found == BK_FOUND;
    if (state->database.in_transaction)
        return put_user(state, account_id, primary_address, error);
    if (!bk_database_begin(&state->database, "BEGIN IMMEDIATE", error))
        return false;
    return bk_state_finish(state, put_user(state, account_id, primary_address, error), error);
}

/* ---- retention ---- */

bool bk_state_put_folder(struct bk_state *state, int64_t account_id,
                         const struct bk_state_folder *folder, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_state_begin(state, &query,
                        "INSERT INTO folders (account_id, name, kind, oldest_stored_at, "
                        "full_look_at) VALUES ($1, $2, $3, $4, $5) "
                        "ON CONFLICT (account_id, name) DO UPDATE SET kind = excluded.kind, "
                        "oldest_stored_at = excluded.oldest_stored_at, "
                        "full_look_at = excluded.full_look_at",
                        error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_text(&query, folder->name);
    bk_query_bind_text(&query, folder_kind_words[folder->kind - 1]);
    bk_query_bind_number(&query, folder->oldest_stored_at);
    bk_query_bind_number(&query, folder->full_look_at);
    return bk_query_run(&query, error);
}

#define FOLDER_COLUMNS "kind, oldest_stored_at, full_look_at"

static void read_folder(struct bk_query *query, struct bk_state_folder *folder)
{
    folder->kind = (enum bk_state_folder_kind)bk_query_word(query, folder_kind_words);
    folder->oldest_stored_at = bk_query_number(query);
    folder->full_look_at = bk_query_number(query);
}

enum bk_lookup bk_state_lookup_folder(struct bk_state *state, int64_t account_id, const char *name,
                                      struct bk_state_folder *folder_r, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query,
                        "SELECT " FOLDER_COLUMNS " FROM folders WHERE account_id = $1 AND "
                        "name = $2",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_text(&query, name);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        read_folder(&query, folder_r);
        folder_r->name = name;
        found = bk_query_found(&query, error);
    }
    bk_query_end(&query);
    return found;
}

static enum bk_lookup list_folders(struct bk_query *query, struct bk_arena *arena,
                                   bk_state_folder_row *row, void *context, struct bk_error *error)
{
    enum bk_lookup found = BK_ABSENT;
    struct bk_state_folder folder;
    enum bk_step step;

    while ((step = bk_query_step(query, error)) == BK_ROW) {
        read_folder(query, &folder);
        folder.name = bk_query_text(query, arena);
        found = bk_query_found(query, error);
        if (found == BK_FAILED || !row(context, &folder))
            return found;
    }
    return step == BK_DONE ? found : BK_FAILED;
}

enum bk_lookup bk_state_list_folders(struct bk_state *state, int64_t account_id,
                                     bk_state_folder_row *row, void *context,
                                     struct bk_error *error)
{
    struct bk_arena *arena;
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query,
                        "SELECT " FOLDER_COLUMNS ", name FROM folders WHERE account_id = $1 "
                        "ORDER BY name",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    arena = bk_arena_create();
    found = list_folders(&query, arena, row, context, error);
    bk_arena_destroy(&arena);
    bk_query_end(&query);
    return found;
}

enum bk_lookup bk_state_lookup_account_run(struct bk_state *state, int64_t account_id,
                                           int64_t *completed_at_r, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query,
                        "SELECT completed_at FROM account_runs WHERE account_id = $1", error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *completed_at_r = bk_query_number(&query);
    bk_query_end(&query);
    return found;
}

bool bk_state_put_account_run(struct bk_state *state, int64_t account_id, int64_t now,
                              struct bk_error *error)
{
    struct bk_query query;

    if (!bk_state_begin(state, &query,
                        "INSERT INTO account_runs (account_id, completed_at) VALUES ($1, $2) "
                        "ON CONFLICT (account_id) DO UPDATE SET "
                        "completed_at = excluded.completed_at",
                        error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_number(&query, now);
    return bk_query_run(&query, error);
}

/* ---- the clock ---- */

enum bk_lookup bk_state_lookup_clock(struct bk_state *state, int64_t *newest_time_r,
                                     int64_t *last_run_r, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query, "SELECT newest_time, last_run FROM clock WHERE id = 1",
                        error))
        return BK_FAILED;
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        *newest_time_r = bk_query_number(&query);
        *last_run_r = bk_query_number(&query);
    }
    bk_query_end(&query);
    return found;
}

bool bk_state_put_clock(struct bk_state *state, int64_t now, bool run_completed, bool reset,
                        struct bk_error *error)
{
    struct bk_query query;

    if (!bk_state_begin(state, &query,
                        "INSERT INTO clock (id, newest_time, last_run) VALUES (1, $1, $2) "
                        "ON CONFLICT (id) DO UPDATE SET newest_time = CASE "
                        "WHEN $3 = 1 OR excluded.newest_time > clock.newest_time "
                        "THEN excluded.newest_time ELSE clock.newest_time END, last_run = CASE "
                        "WHEN $3 = 1 OR excluded.last_run > clock.last_run "
                        "THEN excluded.last_run ELSE clock.last_run END",
                        error))
        return false;
    bk_query_bind_number(&query, now);
    bk_query_bind_number(&query, run_completed || reset ? now : 0);
    bk_query_bind_number(&query, reset);
    return bk_query_run(&query, error);
}

/* ---- activity ---- */

enum bk_lookup bk_state_lookup_activity(struct bk_state *state, int64_t account_id,
                                        struct bk_state_activity *activity_r,
                                        struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query,
                        "SELECT last_login_at, last_delivery_at FROM activity "
                        "WHERE account_id = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        activity_r->last_login_at = bk_query_number(&query);
        activity_r->last_delivery_at = bk_query_number(&query);
    }
    bk_query_end(&query);
    return found;
}

bool bk_state_put_activity(struct bk_state *state, int64_t account_id,
                           const struct bk_state_activity *activity, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_state_begin(state, &query,
                        "INSERT INTO activity (account_id, last_login_at, last_delivery_at) "
                        "VALUES ($1, $2, $3) ON CONFLICT (account_id) DO UPDATE SET "
                        "last_login_at = CASE WHEN excluded.last_login_at > activity.last_login_at "
                        "THEN excluded.last_login_at ELSE activity.last_login_at END, "
                        "last_delivery_at = CASE "
                        "WHEN excluded.last_delivery_at > activity.last_delivery_at "
                        "THEN excluded.last_delivery_at ELSE activity.last_delivery_at END",
                        error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_number(&query, activity->last_login_at);
    bk_query_bind_number(&query, activity->last_delivery_at);
    return bk_query_run(&query, error);
}

bool bk_state_delete_account(struct bk_state *state, int64_t account_id, struct bk_error *error)
{
    static const char *const statements[] = {
        "DELETE FROM users WHERE account_id = $1",
        "DELETE FROM folders WHERE account_id = $1",
        "DELETE FROM account_runs WHERE account_id = $1",
        "DELETE FROM activity WHERE account_id = $1",
    };
    bool is_done;

    if (!bk_state_make_usable(state, error) ||
        !bk_database_begin(&state->database, "BEGIN IMMEDIATE", error))
        return false;
    is_done = bk_state_delete_usage(state, account_id, error);
    for (size_t i = 0; is_done && i < sizeof(statements) / sizeof(statements[0]); i++)
        is_done = run_with_account(state, statements[i], account_id, NULL, error);
    return bk_state_finish(state, is_done, error);
}
