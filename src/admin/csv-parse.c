/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/csv.h"

#include <csv.h>
#include <string.h>

struct parser {
    struct bk_arena *arena;
    bk_csv_row_function *row;
    void *context;
    const char **cells; /* of the row that is being read */
    size_t count;
    int64_t line, row_line;
    bool in_row, stopped;
    char before; /* the character before */
};

static void take_cell(void *text, size_t length, void *context)
{
    struct parser *parser = context;
    char *cell;

    if (parser->count == 0)
        parser->cells = bk_arena_alloc(parser->arena,
                                       BK_CSV_CELLS_MAXIMUM * sizeof(*parser->cells));
    if (parser->count < BK_CSV_CELLS_MAXIMUM) {
        cell = bk_arena_alloc(parser->arena, length + 1);
        memcpy(cell, text, length);
        parser->cells[parser->count] = cell;
    }
    parser->count++;
}

static void take_row(int end, void *context)
{
    struct parser *parser = context;
    struct bk_csv_row row = {
        .line = parser->row_line, .cells = parser->cells, .count = parser->count};

    (void)end;
    parser->in_row = false;
    parser->count = 0;
    if (!parser->stopped)
        parser->stopped = !parser->row(parser->context, &row);
}

/* A blank is part of its cell. */
static int is_never(unsigned char character)
{
    (void)character;
    return 0;
}

/* libcsv does not count lines: it gets one character after the other. CRLF is one end of a line. */
static bool feed(struct parser *parser, struct csv_parser *csv, char character)
{
    if (!parser->in_row && character != '\n' && character != '\r') {
        parser->in_row = true;
        parser->row_line = parser->line;
    }
    if (csv_parse(csv, &character, 1, take_cell, take_row, parser) != 1)
        return false;
    if (character == '\r' || (character == '\n' && parser->before != '\r'))
        parser->line++;
    parser->before = character;
    return true;
}

void bk_csv_parse(struct bk_arena *arena, const struct bk_csv_text *text, bk_csv_row_function *row,
                  void *context, int64_t *bad_line_r)
{
    struct parser parser = {.arena = arena, .row = row, .context = context, .line = 1};
    struct csv_parser csv;
    bool fine = true;

    *bad_line_r = 0;
    (void)csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_space_func(&csv, is_never);
    for (size_t i = 0; fine && !parser.stopped && i < text->length; i++)
        fine = feed(&parser, &csv, text->utf8[i]);
    if (fine && !parser.stopped)
        fine = csv_fini(&csv, take_cell, take_row, &parser) == 0;
    if (!fine)
        *bad_line_r = parser.row_line;
    csv_free(&csv);
}
