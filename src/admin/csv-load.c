/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define BYTE_ORDER_MARK_LENGTH 3

/* ---- bytes ---- */

static bool load_failed(struct bk_admin *admin, const char *path, int number)
{
    return bk_admin_fail(
        admin, number == EACCES || number == EPERM ? BK_ERROR_NOT_PERMITTED : BK_ERROR_VALUE,
        _("the file %s can't be read: %s"), path, strerror(number));
}

/* To the end, or one byte more than is allowed. */
static bool read_all(int file, struct bk_csv_text *text_r)
{
    size_t room = 64 * 1024;

    *text_r = (struct bk_csv_text){.utf8 = malloc(room)};
    while (text_r->utf8 != NULL) {
        ssize_t count = read(file, text_r->utf8 + text_r->length, room - text_r->length - 1);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        text_r->length += (size_t)count;
        text_r->utf8[text_r->length] = '\0';
        if (count == 0 || text_r->length > BK_CSV_MAXIMUM_BYTES)
            return true;
        if (text_r->length == room - 1) {
            char *larger = malloc(room * 2);

            if (larger != NULL)
                memcpy(larger, text_r->utf8, text_r->length + 1);
            explicit_bzero(text_r->utf8, room);
            free(text_r->utf8);
            text_r->utf8 = larger;
            room *= 2;
        }
    }
    errno = ENOMEM;
    return false;
}

static bool read_file(struct bk_admin *admin, const char *path, struct bk_csv_text *text_r)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool is_read;
    int number;

    if (file < 0)
        return load_failed(admin, path, errno);
    is_read = read_all(file, text_r);
    number = errno;
    (void)close(file);
    return is_read || load_failed(admin, path, number);
}

void bk_csv_free(struct bk_csv_text *text)
{
    if (text->utf8 != NULL)
        explicit_bzero(text->utf8, text->length);
    free(text->utf8);
    *text = (struct bk_csv_text){.utf8 = NULL};
}

/* ---- encodings ---- */

static bool begins_with(const struct bk_csv_text *text, const char *start, size_t length)
{
    return text->length >= length && memcmp(text->utf8, start, length) == 0;
}

static bool check_bytes(struct bk_admin *admin, const char *path, const struct bk_csv_text *text)
{
    if (text->length > BK_CSV_MAXIMUM_BYTES)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("the file %s is larger than %zu MB: split it, or is it another file "
                               "than you meant?"),
                             path, BK_CSV_MAXIMUM_BYTES >> 20);
    if (text->length == 0 || (text->length == BYTE_ORDER_MARK_LENGTH &&
                              begins_with(text, BYTE_ORDER_MARK, BYTE_ORDER_MARK_LENGTH)))
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("the file %s is empty: begin with boxkeeper account sample"), path);
    if (begins_with(text, "\xff\xfe", 2) || begins_with(text, "\xfe\xff", 2))
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("the file %s is UTF-16: save it as CSV in UTF-8 or Shift_JIS"),
                             path);
    if (memchr(text->utf8, '\0', text->length) != NULL)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("the file %s is not text: if it is a spreadsheet's own format, save "
                               "it as CSV"),
                             path);
    return true;
}

/* Replaces `text` by itself, converted; false and where it went wrong if it is not `encoding`. */
static bool convert(struct bk_csv_text *text, iconv_t converter, size_t *bad_offset_r)
{
    size_t room = 3 * text->length; /* one byte of CP932 becomes at most three of UTF-8 */
    struct bk_csv_text converted = {.utf8 = malloc(room + 1)};
    char *in = text->utf8, *out = converted.utf8;
    size_t in_left = text->length, out_left = room;

    *bad_offset_r = 0;
    if (out == NULL)
        return false;
    if (iconv(converter, &in, &in_left, &out, &out_left) == (size_t)-1) {
        *bad_offset_r = text->length - in_left;
        converted.length = room - out_left;
        bk_csv_free(&converted);
        return false;
    }
    *out = '\0';
    converted.length = room - out_left;
    bk_csv_free(text);
    *text = converted;
    return true;
}

static bool convert_from(struct bk_admin *admin, const char *encoding, struct bk_csv_text *text,
                         size_t *bad_offset_r)
{
    iconv_t converter = iconv_open("UTF-8", encoding);
    bool converted;

    *bad_offset_r = 0;
    if (converter == (iconv_t)-1)
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             _("iconv of this system does not know the encoding %s: install the C "
                               "library's gconv modules"),
                             encoding);
    converted = convert(text, converter, bad_offset_r);
    (void)iconv_close(converter);
    return converted;
}

static int64_t line_of(const struct bk_csv_text *text, size_t offset)
{
    int64_t line = 1;

    for (size_t i = 0; i < offset && i < text->length; i++)
        line += text->utf8[i] == '\n';
    return line;
}

/* UTF-8 first: hardly any CP932 text happens to be valid UTF-8, but every byte of UTF-8 text may be
 * valid CP932. */
static bool decode(struct bk_admin *admin, const char *path, struct bk_csv_text *text)
{
    bool has_mark = begins_with(text, BYTE_ORDER_MARK, BYTE_ORDER_MARK_LENGTH);
    size_t bad_utf8, bad_cp932 = 0;
    bool is_utf8 = convert_from(admin, "UTF-8", text, &bad_utf8);

    if (is_utf8 && has_mark) {
        text->length -= BYTE_ORDER_MARK_LENGTH;
        memmove(text->utf8, text->utf8 + BYTE_ORDER_MARK_LENGTH, text->length + 1);
    }
    if (is_utf8 || admin->error.kind != BK_ERROR_NONE)
        return is_utf8;
    if (has_mark)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("line %lld of %s is not UTF-8, as its beginning says: save it anew"),
                             (long long)line_of(text, bad_utf8), path);
    if (convert_from(admin, "CP932", text, &bad_cp932))
        return true;
    if (admin->error.kind != BK_ERROR_NONE)
        return false;
    return bk_admin_fail(
        admin, BK_ERROR_VALUE,
        _("line %lld of %s is neither UTF-8 nor Shift_JIS (CP932): save it as CSV in one of these"),
        (long long)line_of(text, bad_utf8 > bad_cp932 ? bad_utf8 : bad_cp932), path);
}

bool bk_csv_load(struct bk_admin *admin, const char *path, struct bk_csv_text *text_r)
{
    *text_r = (struct bk_csv_text){.utf8 = NULL};
    if (read_file(admin, path, text_r) && check_bytes(admin, path, text_r) &&
        decode(admin, path, text_r))
        return true;
    bk_csv_free(text_r);
    return false;
}
