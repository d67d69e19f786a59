/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * One SQLite file as the rest of this room uses it. Only files of src/store include sqlite3.h; this
 * room may use src/rules and the C library, and knows neither Dovecot nor Postfix.
 *
 * - A reader never creates, removes or checkpoints anything. A file that another one has replaced
 *   (mv new.db settings.db) would be served for ever without any error: bk_database_refresh() looks
 *   once a second.
 * - The result of a step is a row, the end, or an error; "locked" is never "not there".
 *   SQLITE_READONLY_RECOVERY, _CANTLOCK and _CANTINIT come and go while writers open and close:
 * they are tried again within the busy budget.
 * - Statements are prepared once and kept with the handle; a list gets one of its own, since its
 *   callback may ask the same again.
 *
 * A handle belongs to one thread of one process: open it after fork, never take it across.
 */
#ifndef BK_STORE_DATABASE_H
#define BK_STORE_DATABASE_H

#include "rules/arena.h"
#include "rules/error.h"
#include "rules/lookup.h"

#include <libintl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The plugin shares a process with others: their text domain stays theirs. */
#define _(text) dgettext("boxkeeper", text)

#define BK_BUSY_READER_MILLISECONDS 200
#define BK_BUSY_STATE_MILLISECONDS 200
#define BK_BUSY_WRITER_MILLISECONDS 30000

enum bk_database_kind {
    BK_DATABASE_SETTINGS,
    BK_DATABASE_CREDENTIALS,
    BK_DATABASE_STATE,
    BK_DATABASE_LIMITS,
    BK_DATABASE_KIND_COUNT,
};

/* "settings", as in the names of sql/. */
const char *bk_database_kind_name(enum bk_database_kind kind);
/* WAL for all but credentials: Dovecot's own driver opens that one, and as the last to close it
 * would take a WAL away from those who may only read. */
bool bk_database_kind_uses_wal(enum bk_database_kind kind);

#define BK_STATEMENTS_MAXIMUM 48

struct bk_kept_statement {
    const char *sql; /* compared as a pointer: always the same literal */
    sqlite3_stmt *statement;
};

struct bk_database {
    sqlite3 *connection; /* NULL: could not be reopened yet */
    char *path;
    enum bk_database_kind kind;
    bool writer;
    bool is_plain;       /* a copy: nothing is set or asked of it */
    bool in_transaction; /* between begin and end: no reopening */
    int busy_milliseconds;
    int64_t busy_since_milliseconds; /* patience.h */
    int last_failure;                /* SQLite's last bad result on this connection, or SQLITE_OK */
    int64_t looked_at; /* seconds of the clock given to refresh; INT64_MIN: look now */
    struct bk_kept_statement kept[BK_STATEMENTS_MAXIMUM];
    size_t kept_count;
};

/*
 * Fill `database` for `path` and open it: existing files only. A writer sets and reads back what it
 * relies on (journal, synchronous, foreign keys, PERSIST_WAL). The schema is not looked at. On
 * failure nothing is left to close.
 */
bool bk_database_open(struct bk_database *database, enum bk_database_kind kind, const char *path,
                      bool writer, int busy_milliseconds, struct bk_error *error);
/* For writing, as the file is: a copy that nobody else opens. */
bool bk_database_open_plain(struct bk_database *database, enum bk_database_kind kind,
                            const char *path, struct bk_error *error);
/* The same after bk_database_disconnect(). */
bool bk_database_connect(struct bk_database *database, struct bk_error *error);
/* Close, but remember path and kind. */
void bk_database_disconnect(struct bk_database *database);
void bk_database_close(struct bk_database *database);

/* Has the path another file by now (or none), or is the handle not connected? */
bool bk_database_is_stale(struct bk_database *database);
/* True once per second of `now_seconds`, and whenever the handle is not connected. */
bool bk_database_is_look_due(struct bk_database *database, int64_t now_seconds);

/* Fill `error` from SQLite's result; always false. */
bool bk_database_failed(struct bk_database *database, int result, struct bk_error *error);
bool bk_database_is_damaged(int result);

bool bk_database_begin(struct bk_database *database, const char *sql, struct bk_error *error);
bool bk_database_commit(struct bk_database *database, struct bk_error *error);
void bk_database_rollback(struct bk_database *database);
/* Statements without parameters and rows. */
bool bk_database_execute(struct bk_database *database, const char *sql, struct bk_error *error);
/* Set a PRAGMA and compare what it says then; false with `error` if it did not take. */
bool bk_database_set_pragma(struct bk_database *database, const char *name, const char *value,
                            const char *want, struct bk_error *error);

/* ---- one statement being run ---- */

struct bk_query {
    struct bk_database *database;
    sqlite3_stmt *statement;
    bool kept;
    bool is_bad; /* a value that nobody could have written */
    int bound;   /* parameters bound so far */
    int column;  /* columns read so far, of the present row */
    int result;  /* SQLite's last one */
};

/* A row, the end, or an error: never the end for an error. */
enum bk_step { BK_ROW = 1, BK_DONE, BK_STEP_FAILED };

/* `sql` must be a literal. After true, bk_query_end() is due. */
bool bk_query_begin(struct bk_query *query, struct bk_database *database, const char *sql,
                    struct bk_error *error);
/* The same with a statement that is not kept, for lists; `sql` may be any text. */
bool bk_query_begin_list(struct bk_query *query, struct bk_database *database, const char *sql,
                         struct bk_error *error);
/* Bind the next parameter. Texts must live until bk_query_end(); NULL is NULL. */
void bk_query_bind_text(struct bk_query *query, const char *text);
void bk_query_bind_number(struct bk_query *query, int64_t number);

enum bk_step bk_query_step(struct bk_query *query, struct bk_error *error);
/* The step of a look-up of one row: BK_FOUND, BK_ABSENT or BK_FAILED. */
enum bk_lookup bk_query_lookup(struct bk_query *query, struct bk_error *error);
/* After the columns were read: BK_FAILED if one of them was bad. */
enum bk_lookup bk_query_found(struct bk_query *query, struct bk_error *error);
void bk_query_end(struct bk_query *query);
/* Step to the end and end: for statements without rows. */
bool bk_query_run(struct bk_query *query, struct bk_error *error);

/* Read the next column. */
const char *bk_query_text(struct bk_query *query, struct bk_arena *arena); /* NULL for NULL */
int64_t bk_query_number(struct bk_query *query);
bool bk_query_flag(struct bk_query *query);
/* 1 for the first of `words`, 2 for the second …: the enums of src/rules begin at 1. */
int bk_query_word(struct bk_query *query, const char *const *words);

#endif
