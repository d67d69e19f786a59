/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/state-private.h"

/* In the order of enum bk_state_folder_kind. */
static const char *const folder_kind_words[] = {"inbox", "trash", "junk", NULL};

/* ---- usage ---- */

enum bk_lookup bk_state_lookup_usage(struct bk_state *state, int64_t account_id,
                                     struct bk_usage *usage_r, int64_t *limit_bytes_r,
                                     struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    *usage_r = (struct bk_usage){.known = false};
    if (!bk_state_begin(state, &query,
                        "SELECT bytes, messages, measured_at, limit_bytes FROM usage "
                        "WHERE account_id = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        usage_r->known = true;
        usage_r->bytes = bk_query_number(&query);
        usage_r->messages = bk_query_number(&query);
        usage_r->measured_at = bk_query_number(&query);
        *limit_bytes_r = bk_query_number(&query);
    }
    bk_query_end(&query);
    return found;
}

static bool finish(struct bk_state *state, bool is_done, struct bk_error *error)
{
    if (is_done && bk_database_commit(&state->database, error))
        return true;
    bk_database_rollback(&state->database);
    return false;
}

/* The first number is the time in microseconds: more than a lost file can have counted. */
static bool next_sequence(struct bk_state *state, int64_t now, int64_t *sequence_r,
                          struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query,
                        "INSERT INTO counters (name, value) VALUES ('usage_sequence', $1) "
                        "ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 "
                        "RETURNING value",
                        error))
        return false;
    bk_query_bind_number(&query, now * 1000000);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *sequence_r = bk_query_number(&query);
    bk_query_end(&query);
    return found == BK_FOUND;
}

static bool put_usage(struct bk_state *state, int64_t account_id, const struct bk_usage *usage,
                      int64_t limit_bytes, int64_t sequence, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_state_begin(state, &query,
                        "INSERT INTO usage (account_id, bytes, messages, measured_at, limit_bytes, "
                        "sequence) VALUES ($1, $2, $3, $4, $5, $6) "
                        "ON CONFLICT (account_id) DO UPDATE SET "
                        "bytes = excluded.bytes, messages = excluded.messages, "
                        "measured_at = excluded.measured_at, limit_bytes = excluded.limit_bytes, "
                        "sequence = excluded.sequence",
                        error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_number(&query, usage->bytes);
    bk_query_bind_number(&query, usage->messages);
    bk_query_bind_number(&query, usage->measured_at);
    bk_query_bind_number(&query, limit_bytes);
    bk_query_bind_number(&query, sequence);
    return bk_query_run(&query, error);
}

bool bk_state_put_usage(struct bk_state *state, int64_t account_id, const struct bk_usage *usage,
                        int64_t limit_bytes, struct bk_error *error)
{
    bool is_own = !state->database.in_transaction, is_done;
    int64_t sequence = 0;

    if (is_own && !bk_state_begin_write(state, error))
        return false;
    is_done = next_sequence(state, usage->measured_at, &sequence, error) &&
              put_usage(state, account_id, usage, limit_bytes, sequence, error);
    return is_own ? finish(state, is_done, error) : is_done;
}

enum bk_lookup bk_state_usage_sequence(struct bk_state *state, int64_t *sequence_r,
                                       struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query, "SELECT value FROM counters WHERE name = 'usage_sequence'",
                        error))
        return BK_FAILED;
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *sequence_r = bk_query_number(&query);
    bk_query_end(&query);
    return found;
}

/* Both lists: a number to begin at, and how many. */
static enum bk_lookup list_usage(struct bk_state *state, const char *sql, int64_t from,
                                 int64_t count, bk_state_usage_row *row, void *context,
                                 struct bk_error *error)
{
    enum bk_lookup found = BK_ABSENT;
    struct bk_state_usage usage;
    struct bk_query query;
    enum bk_step step;

    if (!bk_state_make_usable(state, error) ||
        !bk_query_begin_list(&query, &state->database, sql, error))
        return BK_FAILED;
    bk_query_bind_number(&query, from);
    bk_query_bind_number(&query, count);
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        found = BK_FOUND;
        usage.account_id = bk_query_number(&query);
        usage.sequence = bk_query_number(&query);
        usage.bytes = bk_query_number(&query);
        usage.limit_bytes = bk_query_number(&query);
        if (!row(context, &usage))
            break;
    }
    bk_query_end(&query);
    return step == BK_STEP_FAILED ? BK_FAILED : found;
}

enum bk_lookup bk_state_list_newer_usage(struct bk_state *state, int64_t sequence, int64_t count,
                                         bk_state_usage_row *row, void *context,
                                         struct bk_error *error)
{
    return list_usage(state,
                      "SELECT account_id, sequence, bytes, limit_bytes FROM usage "
                      "WHERE sequence > $1 ORDER BY sequence LIMIT $2",
                      sequence, count, row, context, error);
}

enum bk_lookup bk_state_list_usage(struct bk_state *state, int64_t account_id, int64_t count,
                                   bk_state_usage_row *row, void *context, struct bk_error *error)
{
    return list_usage(state,
                      "SELECT account_id, sequence, bytes, limit_bytes FROM usage "
                      "WHERE account_id >= $1 ORDER BY account_id LIMIT $2",
                      account_id, count, row, context, error);
}

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
    return finish(state, put_user(state, account_id, primary_address, error), error);
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
        "DELETE FROM usage WHERE account_id = $1",
        "DELETE FROM users WHERE account_id = $1",
        "DELETE FROM folders WHERE account_id = $1",
        "DELETE FROM account_runs WHERE account_id = $1",
        "DELETE FROM activity WHERE account_id = $1",
    };
    bool is_done = true;

    if (!bk_state_make_usable(state, error) ||
        !bk_database_begin(&state->database, "BEGIN IMMEDIATE", error))
        return false;
    for (size_t i = 0; is_done && i < sizeof(statements) / sizeof(statements[0]); i++)
        is_done = run_with_account(state, statements[i], account_id, NULL, error);
    return finish(state, is_done, error);
}
