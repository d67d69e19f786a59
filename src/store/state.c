/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/state-private.h"

#include "store/files.h"
#include "store/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Our own statements are right, so "no such table" means that the file was emptied. */
static bool is_damage(int result)
{
    return bk_database_is_damaged(result) || result == SQLITE_ERROR;
}

static bool connect_and_check(struct bk_database *database, struct bk_error *error)
{
    if (!bk_database_connect(database, error))
        return false;
    if (bk_schema_check(database, error)) {
        /* Opened while another process replaced it: then its -wal may be the new file's. */
        if (!bk_database_is_stale(database))
            return true;
        bk_error_set(error, BK_ERROR_TRY_AGAIN, _("%s was replaced meanwhile: try again"),
                     database->path);
    }
    bk_database_disconnect(database);
    return false;
}

/* ---- making the file anew ---- */

/* A WAL left behind would be played into the new file. */
static void remove_files(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    struct bk_arena *arena = bk_arena_create();

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        (void)unlink(bk_arena_printf(arena, "%s%s", path, endings[i]));
    bk_arena_destroy(&arena);
}

static bool make_anew(struct bk_database *database, struct bk_error *error)
{
    struct bk_file file = {.kind = BK_DATABASE_STATE, .path = database->path, .mode = 0640};
    struct stat now;
    bool is_made;

    /* Empty: somebody was killed while making it, or emptied it. */
    if (stat(database->path, &now) != 0 || now.st_size == 0)
        remove_files(database->path);
    is_made = bk_files_migrate(&file, database->busy_milliseconds, &database->last_failure, error);
    if (!is_made && is_damage(database->last_failure)) {
        remove_files(database->path);
        is_made = bk_files_migrate(&file, database->busy_milliseconds, &database->last_failure,
                                   error);
    }
    return is_made && connect_and_check(database, error);
}

/* Make the handle usable again, whatever happened to the file. */
static bool mend(struct bk_database *database, struct bk_error *error)
{
    bool is_bad = database->connection != NULL && is_damage(database->last_failure) &&
                  !bk_database_is_stale(database);
    struct bk_arena *arena;
    bool is_mended;
    int lock;

    bk_database_disconnect(database);
    if (!is_bad && connect_and_check(database, error))
        return true;
    /* The folder outlives the file. */
    arena = bk_arena_create();
    lock = bk_files_lock_folder(bk_files_folder_of(arena, database->path),
                                database->busy_milliseconds, error);
    bk_arena_destroy(&arena);
    if (lock < 0)
        return false;
    if (is_bad)
        remove_files(database->path);
    is_mended = make_anew(database, error);
    (void)close(lock);
    return is_mended;
}

static bool is_usable(struct bk_database *database)
{
    return !is_damage(database->last_failure) && !bk_database_is_stale(database);
}

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
        (void)connect_and_check(&state->database, error);
    return state;
}

struct bk_state *bk_state_open_writer(const char *path, struct bk_error *error)
{
    struct bk_state *state = allocate(path, true, error);

    if (state != NULL && !mend(&state->database, error))
        bk_state_close(&state);
    return state;
}

void bk_state_close(struct bk_state **state)
{
    if (*state == NULL)
        return;
    bk_database_close(&(*state)->database);
    free(*state);
    *state = NULL;
}

bool bk_state_refresh(struct bk_state *state, int64_t now_seconds, struct bk_error *error)
{
    struct bk_database *database = &state->database;

    if (bk_database_is_look_due(database, now_seconds) && !is_usable(database)) {
        if (database->writer)
            return mend(database, error);
        bk_database_disconnect(database);
        return connect_and_check(database, error);
    }
    if (database->connection != NULL)
        return true;
    bk_error_set(error, BK_ERROR_TRY_AGAIN, _("%s can't be read now: try again"), database->path);
    return false;
}

bool bk_state_make_usable(struct bk_state *state, struct bk_error *error)
{
    struct bk_database *database = &state->database;

    return !database->writer || database->in_transaction || is_usable(database) ||
           mend(database, error);
}

bool bk_state_begin(struct bk_state *state, struct bk_query *query, const char *sql,
                    struct bk_error *error)
{
    return bk_state_make_usable(state, error) &&
           bk_query_begin(query, &state->database, sql, error);
}
