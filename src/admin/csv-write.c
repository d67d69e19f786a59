/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/csv.h"

#include <csv.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

struct bk_csv_writer {
    FILE *out;
    struct bk_arena *arena; /* of one row */
    iconv_t converter;      /* (iconv_t)-1: UTF-8 as it is */
};

static bool is_cp932(const char *encoding)
{
    return strcasecmp(encoding, "cp932") == 0 || strcasecmp(encoding, "shift_jis") == 0;
}

static bool is_utf8(const char *encoding)
{
    return strcasecmp(encoding, "utf-8") == 0 || strcasecmp(encoding, "utf8") == 0;
}

struct bk_csv_writer *bk_csv_writer_open(struct bk_admin *admin, const char *encoding, FILE *out)
{
    struct bk_csv_writer *writer = bk_arena_alloc(admin->arena, sizeof(*writer));

    writer->out = out;
    writer->converter = (iconv_t)-1;
    if (encoding != NULL && is_cp932(encoding)) {
        writer->converter = iconv_open("CP932", "UTF-8");
        if (writer->converter == (iconv_t)-1) {
            bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                          _("iconv of this system does not know the encoding %s: install the C "
                            "library's gconv modules"),
                          encoding);
            return NULL;
        }
    } else if (encoding != NULL && !is_utf8(encoding)) {
        bk_admin_fail(admin, BK_ERROR_VALUE, _("--encoding %s: say utf-8 or cp932"), encoding);
        return NULL;
    } else if (out != NULL) {
        (void)fputs("\xef\xbb\xbf", out);
    }
    writer->arena = bk_arena_create();
    return writer;
}

void bk_csv_writer_close(struct bk_csv_writer **writer)
{
    if (*writer == NULL)
        return;
    if ((*writer)->converter != (iconv_t)-1)
        (void)iconv_close((*writer)->converter);
    bk_arena_destroy(&(*writer)->arena);
    *writer = NULL;
}

static bool needs_quotes(const char *cell)
{
    size_t length = strlen(cell);

    return length > 0 &&
           (cell[strcspn(cell, ",\"\r\n")] != '\0' || cell[0] == ' ' || cell[length - 1] == ' ');
}

/* The row as UTF-8, in the writer's arena. */
static char *join(struct bk_csv_writer *writer, const char *const *cells, size_t count,
                  size_t *length_r)
{
    size_t room = 3; /* CRLF, NUL */
    char *text, *end;

    for (size_t i = 0; i < count; i++)
        room += 2 * strlen(cells[i]) + 3;
    text = end = bk_arena_alloc(writer->arena, room);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(cells[i]);

        if (i > 0)
            *end++ = ',';
        if (needs_quotes(cells[i]))
            length = csv_write(end, room - (size_t)(end - text), cells[i], length);
        else
            memcpy(end, cells[i], length);
        end += length;
    }
    memcpy(end, "\r\n", 2);
    *length_r = (size_t)(end + 2 - text);
    return text;
}

static void copy_character(const char *text, char bad_r[8])
{
    size_t length = 1;

    bad_r[0] = text[0];
    while (length < 4 && ((unsigned char)text[length] & 0xc0) == 0x80) {
        bad_r[length] = text[length];
        length++;
    }
    bad_r[length] = '\0';
}

bool bk_csv_write(struct bk_csv_writer *writer, const char *const *cells, size_t count,
                  char bad_r[8])
{
    size_t length, left;
    char *text, *in, *out;

    bk_arena_clear(writer->arena);
    in = text = join(writer, cells, count, &length);
    if (writer->converter != (iconv_t)-1) {
        size_t room = length; /* CP932 is never longer */

        left = length;
        text = out = bk_arena_alloc(writer->arena, room);
        /* A replacement that was made up is as bad as an error. */
        if (iconv(writer->converter, &in, &left, &out, &room) != 0) {
            copy_character(in, bad_r);
            return false;
        }
        length = (size_t)(out - text);
    }
    if (writer->out != NULL)
        (void)fwrite(text, 1, length, writer->out);
    return true;
}
