/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * CSV files as spreadsheets read and write them (boxkeeper-csv(5); RFC 4180 by libcsv). Reading
 * takes UTF-8, with a byte order mark or without, or CP932, which Japanese spreadsheets call
 * Shift_JIS; lines end with LF or CRLF. A file that is UTF-8 throughout is taken as such. Blanks
 * belong to the cell they stand in.
 *
 * Lines are those of the file, counted from 1, also where a quoted cell goes over several: what an
 * editor shows. Rows without anything in them are passed over.
 */
#ifndef BK_ADMIN_CSV_H
#define BK_ADMIN_CSV_H

#include "admin/admin.h"

#include <stdio.h>

/* Larger files are refused: some 500,000 accounts. */
#define BK_CSV_MAXIMUM_BYTES ((size_t)64 * 1024 * 1024)
/* Further cells of a row are counted, but not kept. */
#define BK_CSV_CELLS_MAXIMUM 16

struct bk_csv_text {
    char *utf8; /* without a byte order mark; ends with a NUL that is not counted */
    size_t length;
};

/* The file as UTF-8. False: it can't be read, or is no text (BK_ERROR_VALUE with what is wrong). */
bool bk_csv_load(struct bk_admin *admin, const char *path, struct bk_csv_text *text_r);
/* Wipes it: there are passwords in it. */
void bk_csv_free(struct bk_csv_text *text);

struct bk_csv_row {
    int64_t line; /* where it begins */
    const char *const *cells;
    size_t count; /* how many there were in the file */
};
/* False stops. The cells are in the arena. */
typedef bool bk_csv_row_function(void *context, const struct bk_csv_row *row);

/*
 * Take `text` apart. The line on which the quotes went wrong into bad_line_r, 0 if they did not;
 * nothing after it was read.
 */
void bk_csv_parse(struct bk_arena *arena, const struct bk_csv_text *text, bk_csv_row_function *row,
                  void *context, int64_t *bad_line_r);

/* ---- writing ---- */

struct bk_csv_writer;

/* `encoding` is "utf-8" (NULL: the same; begins with a byte order mark) or "cp932". NULL:
 * BK_ERROR_VALUE. `out` NULL: nothing is written, only looked whether it could be. */
struct bk_csv_writer *bk_csv_writer_open(struct bk_admin *admin, const char *encoding, FILE *out);
void bk_csv_writer_close(struct bk_csv_writer **writer);
/* One row, ended by CRLF. False: the encoding lacks a character, which is copied to bad_r. */
bool bk_csv_write(struct bk_csv_writer *writer, const char *const *cells, size_t count,
                  char bad_r[8]);

#endif
