/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What a command says. Every result is made once, as JSON; for people it is printed as a table from
 * the same JSON (libsmartcols, which knows full-width characters), so that the two cannot differ.
 * With --json standard output is exactly one object, lists stand under `items`.
 */
#ifndef BK_ADMIN_OUTPUT_H
#define BK_ADMIN_OUTPUT_H

#include "admin/admin.h"

/* How a JSON value looks in a table; those of an array are joined by ", ". */
enum bk_column_format {
    BK_COLUMN_TEXT,     /* as it is; true and false as yes and no */
    BK_COLUMN_WORD,     /* one of ours, marked by N_(): translated */
    BK_COLUMN_NUMBER,   /* 1,234 */
    BK_COLUMN_BYTES,    /* 1.5G; 0 as 0 */
    BK_COLUMN_CAPACITY, /* as BYTES, 0 as "unlimited" */
    BK_COLUMN_DURATION, /* 180d, never, inherit */
    BK_COLUMN_TIME,     /* local time; 0 and null as "-" */
    BK_COLUMN_SCORE,    /* 5.00 */
    BK_COLUMN_SWITCH,   /* ON, OFF */
    BK_COLUMN_YES,      /* yes, "" */
};

struct bk_column {
    const char *key;   /* of the JSON object */
    const char *title; /* English, N_(); a table of columns ends with a NULL key */
    enum bk_column_format format;
};

/* A list: `items` (array of objects) as a table, `extra` (object or NULL) beside `items` in JSON,
 * `footer` (or NULL) below the table. */
void bk_output_list(struct bk_admin *admin, json_t *items, const struct bk_column *columns,
                    json_t *extra, const char *footer);
/* One object, for people a line per column; fields that are missing or null are left out. */
void bk_output_record(struct bk_admin *admin, json_t *object, const struct bk_column *columns);
/* The result of a changing command: with --json `object`, else nothing (bk_message() tells). */
void bk_output_result(struct bk_admin *admin, json_t *object);
/* One value as text, in the arena. */
const char *bk_output_format(struct bk_admin *admin, const json_t *value,
                             enum bk_column_format format);

/* Something worth knowing, on standard error; silent with --json. Ends the line by itself. */
void bk_message(struct bk_admin *admin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* As bk_message(), marked as a warning; with --json under `warnings` of the object. */
void bk_warning(struct bk_admin *admin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* admin->error on standard error, with --json as an object. Called by main() only. */
void bk_error_print(const struct bk_admin *admin);

/* A text from the command line as JSON; NULL and BK_ERROR_VALUE if it is not UTF-8. */
json_t *bk_json_text(struct bk_admin *admin, const char *text);

#endif
