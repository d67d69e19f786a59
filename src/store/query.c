/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/database.h"

#include "store/patience.h"

#include <string.h>

/* A reader sees these for moments only, while a writer opens, closes or recovers the WAL. */
static bool pause_after(const struct bk_database *database, int result, int64_t *since)
{
    return (result == SQLITE_READONLY_RECOVERY || result == SQLITE_READONLY_CANTLOCK ||
            result == SQLITE_READONLY_CANTINIT) &&
           bk_patience_pause(database, since);
}

/* SQLite numbers $1, $2 by first appearance, whatever they are called: a slip would bind crosswise.
 */
static bool are_parameters_in_order(sqlite3_stmt *statement)
{
    char want[8];

    for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
        const char *name = sqlite3_bind_parameter_name(statement, i);

        if (name == NULL || strcmp(name, sqlite3_snprintf(sizeof(want), want, "$%d", i)) != 0)
            return false;
    }
    return true;
}

static int prepare(struct bk_database *database, const char *sql, unsigned int flags,
                   sqlite3_stmt **statement_r)
{
    int64_t since = 0;
    int result;

    do
        result = sqlite3_prepare_v3(database->connection, sql, -1, flags, statement_r, NULL);
    while (pause_after(database, result, &since));
    if (result == SQLITE_OK && !are_parameters_in_order(*statement_r)) {
        (void)sqlite3_finalize(*statement_r);
        *statement_r = NULL;
        return SQLITE_MISUSE;
    }
    return result;
}

static bool is_connected(struct bk_database *database, struct bk_error *error)
{
    if (database->connection != NULL)
        return true;
    bk_error_set(error, BK_ERROR_TRY_AGAIN, _("%s can't be read now: try again"), database->path);
    return false;
}

static struct bk_kept_statement *find_kept(struct bk_database *database, const char *sql)
{
    for (size_t i = 0; i < database->kept_count; i++)
        if (database->kept[i].sql == sql)
            return &database->kept[i];
    return NULL;
}

bool bk_query_begin_list(struct bk_query *query, struct bk_database *database, const char *sql,
                         struct bk_error *error)
{
    memset(query, 0, sizeof(*query));
    query->database = database;
    if (!is_connected(database, error))
        return false;
    query->result = prepare(database, sql, 0, &query->statement);
    return query->result == SQLITE_OK || bk_database_failed(database, query->result, error);
}

bool bk_query_begin(struct bk_query *query, struct bk_database *database, const char *sql,
                    struct bk_error *error)
{
    struct bk_kept_statement *kept = find_kept(database, sql);

    if (kept == NULL && is_connected(database, error) &&
        database->kept_count < BK_STATEMENTS_MAXIMUM) {
        kept = &database->kept[database->kept_count];
        kept->sql = sql;
        query->result = prepare(database, sql, SQLITE_PREPARE_PERSISTENT, &kept->statement);
        if (query->result != SQLITE_OK)
            return bk_database_failed(database, query->result, error);
        database->kept_count++;
    }
    if (kept == NULL || sqlite3_stmt_busy(kept->statement))
        return bk_query_begin_list(query, database, sql, error);
    *query = (struct bk_query){.database = database, .statement = kept->statement, .kept = true};
    return true;
}

void bk_query_bind_text(struct bk_query *query, const char *text)
{
    int result = text == NULL
                     ? sqlite3_bind_null(query->statement, ++query->bound)
                     : sqlite3_bind_text(query->statement, ++query->bound, text, -1, SQLITE_STATIC);

    if (result != SQLITE_OK)
        query->is_bad = true;
}

void bk_query_bind_number(struct bk_query *query, int64_t number)
{
    if (sqlite3_bind_int64(query->statement, ++query->bound, number) != SQLITE_OK)
        query->is_bad = true;
}

static bool is_bad(struct bk_query *query, struct bk_error *error)
{
    if (query->is_bad)
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     _("%s holds a value that this version of boxkeeper does not know"),
                     query->database->path);
    return query->is_bad;
}

enum bk_step bk_query_step(struct bk_query *query, struct bk_error *error)
{
    bool is_first = !sqlite3_stmt_busy(query->statement);
    int64_t since = 0;

    query->column = 0;
    if (query->is_bad) {
        (void)bk_database_failed(query->database, SQLITE_MISUSE, error);
        return BK_STEP_FAILED;
    }
    for (;;) {
        query->result = sqlite3_step(query->statement);
        if (query->result == SQLITE_ROW)
            return BK_ROW;
        if (query->result == SQLITE_DONE)
            return BK_DONE;
        if (!is_first || !pause_after(query->database, query->result, &since))
            break;
        (void)sqlite3_reset(query->statement);
    }
    (void)bk_database_failed(query->database, query->result, error);
    return BK_STEP_FAILED;
}

enum bk_lookup bk_query_lookup(struct bk_query *query, struct bk_error *error)
{
    switch (bk_query_step(query, error)) {
    case BK_ROW:
        return BK_FOUND;
    case BK_DONE:
        return BK_ABSENT;
    case BK_STEP_FAILED:
        break;
    }
    return BK_FAILED;
}

enum bk_lookup bk_query_found(struct bk_query *query, struct bk_error *error)
{
    return is_bad(query, error) ? BK_FAILED : BK_FOUND;
}

void bk_query_end(struct bk_query *query)
{
    if (!query->kept) {
        (void)sqlite3_finalize(query->statement);
    } else {
        (void)sqlite3_reset(query->statement);
        (void)sqlite3_clear_bindings(query->statement);
    }
    query->statement = NULL;
}

bool bk_query_run(struct bk_query *query, struct bk_error *error)
{
    enum bk_step step;

    do
        step = bk_query_step(query, error);
    while (step == BK_ROW);
    bk_query_end(query);
    return step == BK_DONE;
}

const char *bk_query_text(struct bk_query *query, struct bk_arena *arena)
{
    return bk_arena_strdup(arena,
                           (const char *)sqlite3_column_text(query->statement, query->column++));
}

int64_t bk_query_number(struct bk_query *query)
{
    return sqlite3_column_int64(query->statement, query->column++);
}

bool bk_query_flag(struct bk_query *query)
{
    return bk_query_number(query) != 0;
}

int bk_query_word(struct bk_query *query, const char *const *words)
{
    const char *text = (const char *)sqlite3_column_text(query->statement, query->column++);

    for (int i = 0; text != NULL && words[i] != NULL; i++)
        if (strcmp(text, words[i]) == 0)
            return i + 1;
    query->is_bad = true;
    return 0;
}

/* ---- transactions ---- */

bool bk_database_execute(struct bk_database *database, const char *sql, struct bk_error *error)
{
    struct bk_query query;

    return bk_query_begin_list(&query, database, sql, error) && bk_query_run(&query, error);
}

/* Transactions are begun and ended all the time. */
static bool run_kept(struct bk_database *database, const char *sql, struct bk_error *error)
{
    struct bk_query query;

    return bk_query_begin(&query, database, sql, error) && bk_query_run(&query, error);
}

bool bk_database_begin(struct bk_database *database, const char *sql, struct bk_error *error)
{
    if (!run_kept(database, sql, error))
        return false;
    database->in_transaction = true;
    return true;
}

bool bk_database_commit(struct bk_database *database, struct bk_error *error)
{
    if (!run_kept(database, "COMMIT", error))
        return false;
    database->in_transaction = false;
    return true;
}

void bk_database_rollback(struct bk_database *database)
{
    /* Some errors (disk full, I/O) have ended the transaction already. */
    if (database->connection != NULL && !sqlite3_get_autocommit(database->connection))
        (void)run_kept(database, "ROLLBACK", NULL);
    database->in_transaction = false;
}
