/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/state-private.h"

#include "store/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- handles ---- */

static struct bk_state *allocate(const char *path, bool writer, struct bk_error *error)
{
    struct bk_state *state = calloc(1, sizeof(*state));

    if (state != NULL)
        state->database = (struct bk_database){
            .kind = BK_DATABASE_STATE,
            .path = strdup(path),
            .writer = writer,
            .busy_milliseconds = BK_BUSY_STATE_MILLISECONDS,
            .looked_at = INT64_MIN,
        };
    if (state != NULL && state->database.path != NULL)
        return state;
    bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s", strerror(ENOMEM));
    free(state);
    return NULL;
}

struct bk_state *bk_state_open_reader(const char *path, struct bk_error *error)
{
    struct bk_state *state = allocate(path, false, error);

    if (state != NULL)
        (void)bk_cache_connect(&state->database, error);
    return state;
}

struct bk_state *bk_state_open_writer(const char *path, struct bk_error *error)
{
    struct bk_state *state = allocate(path, true, error);
    bool made;

    if (state != NULL && !bk_cache_mend(&state->database, &made, error))
        bk_state_close(&state);
    return state;
}

void bk_state_close(struct bk_state **state)
{
    if (*state == NULL)
        return;
    bk_database_close(&(*state)->database);
    bk_state_end_cache(*state);
    free(*state);
    *state = NULL;
}

bool bk_state_refresh(struct bk_state *state, int64_t now_seconds, struct bk_error *error)
{
    struct bk_database *database = &state->database;
    bool made;

    if (bk_database_is_look_due(database, now_seconds) && !bk_cache_is_usable(database)) {
        if (database->writer)
            return bk_cache_mend(database, &made, error);
        bk_state_forget_kept(state);
        bk_database_disconnect(database);
        return bk_cache_connect(database, error);
    }
    if (database->connection != NULL)
        return true;
    bk_error_set(error, BK_ERROR_TRY_AGAIN, _("%s can't be read now: try again"), database->path);
    return false;
}

bool bk_state_make_usable(struct bk_state *state, struct bk_error *error)
{
    struct bk_database *database = &state->database;
    bool made;

    return !database->writer || database->in_transaction || bk_cache_is_usable(database) ||
           bk_cache_mend(database, &made, error);
}

bool bk_state_begin(struct bk_state *state, struct bk_query *query, const char *sql,
                    struct bk_error *error)
{
    return bk_state_make_usable(state, error) &&
           bk_query_begin(query, &state->database, sql, error);
}

void bk_state_end_read(struct bk_state *state)
{
    bk_database_rollback(&state->database);
}

bool bk_state_begin_write(struct bk_state *state, struct bk_error *error)
{
    return bk_state_make_usable(state, error) &&
           bk_database_begin(&state->database, "BEGIN IMMEDIATE", error);
}

bool bk_state_commit(struct bk_state *state, struct bk_error *error)
{
    if (bk_database_commit(&state->database, error))
        return true;
    bk_state_rollback(state);
    return false;
}

void bk_state_rollback(struct bk_state *state)
{
    bk_database_rollback(&state->database);
}

bool bk_state_finish(struct bk_state *state, bool is_done, struct bk_error *error)
{
    if (is_done)
        return bk_state_commit(state, error);
    bk_state_rollback(state);
    return false;
}

void bk_state_set_patience(struct bk_state *state, int milliseconds)
{
    state->database.busy_milliseconds = milliseconds;
}
