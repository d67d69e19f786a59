/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "lib.h"

#include "dovecot-plugin/subject.h"

#include "charset-utf8.h"
#include "message-header-decode.h"
#include "str.h"
#include "unichar.h"

#include <stdbool.h>

#define ESCAPE 0x1B
/* glibc's names for the charsets with the vendors' characters. */
#define EUC_JP "EUC-JP-MS"
#define SHIFT_JIS "CP932"

struct reader {
    string_t *text;
    const char *charset; /* of what is pending; "": not encoded */
    string_t *pending;
};

/* False: there is no such charset here. What can't be converted becomes a replacement character. */
static bool convert(string_t *text, const char *charset, string_t *input)
{
    enum charset_result result;

    return charset_to_utf8_str(charset, NULL, str_c(input), text, &result) == 0;
}

/* ISO-2022-JP as EUC, which has the same characters by other numbers (RFC 1468). */
static string_t *euc_of_jis(string_t *input)
{
    const unsigned char *at = str_data(input), *end = at + str_len(input);
    string_t *euc = t_str_new(str_len(input) + 16);
    bool kanji = false, kana = false;

    while (at < end) {
        if (end - at >= 3 && at[0] == ESCAPE && (at[1] == '$' || at[1] == '(')) {
            kanji = at[1] == '$';
            kana = !kanji && at[2] == 'I';
            at += 3;
        } else if (kanji && end - at >= 2 && at[0] > 0x20 && at[1] > 0x20) {
            str_append_c(euc, (unsigned char)(at[0] | 0x80));
            str_append_c(euc, (unsigned char)(at[1] | 0x80));
            at += 2;
        } else {
            if (kana && *at > 0x20)
                str_append_c(euc, (unsigned char)0x8E);
            str_append_c(euc, kana && *at > 0x20 ? (unsigned char)(*at | 0x80) : *at);
            at++;
        }
    }
    return euc;
}

static bool is_jis(string_t *input)
{
    return strstr(str_c(input), "\x1B$") != NULL || strstr(str_c(input), "\x1B(") != NULL;
}

static bool take(string_t *text, const char *charset, string_t *input)
{
    if (*charset == '\0' && is_jis(input))
        charset = "iso-2022-jp";
    if (strncasecmp(charset, "iso-2022-jp", 11) == 0)
        return convert(text, EUC_JP, euc_of_jis(input));
    if (strcasecmp(charset, "shift_jis") == 0 || strcasecmp(charset, "x-sjis") == 0)
        return convert(text, SHIFT_JIS, input);
    if (strcasecmp(charset, "euc-jp") == 0)
        return convert(text, EUC_JP, input);
    if (*charset != '\0')
        return convert(text, charset, input);
    if (!uni_utf8_data_is_valid(str_data(input), str_len(input)))
        return convert(text, SHIFT_JIS, input);
    str_append_str(text, input);
    return true;
}

static void flush(struct reader *reader)
{
    if (str_len(reader->pending) > 0 && !take(reader->text, reader->charset, reader->pending))
        (void)convert(reader->text, "UTF-8", reader->pending);
    str_truncate(reader->pending, 0);
}

/* Pieces of one charset are converted together: a character may begin in one and end in another. */
static bool add_piece(const unsigned char *data, size_t size, const char *charset, void *context)
{
    struct reader *reader = context;

    if (charset == NULL)
        charset = "";
    if (strcasecmp(charset, reader->charset) != 0) {
        flush(reader);
        reader->charset = t_strdup(charset);
    }
    str_append_data(reader->pending, data, size);
    return TRUE;
}

/* Line ends go (a blank follows where the header is folded), the rest of them become blanks. */
static const char *without_controls(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        bool is_blank = (unsigned char)*from <= 0x20 || *from == 0x7F;

        if (*from != '\r' && *from != '\n' && !(is_blank && to == text))
            *to++ = is_blank ? ' ' : *from;
    }
    *to = '\0';
    return text;
}

const char *boxkeeper_readable_subject(const char *header)
{
    struct reader reader = {.text = t_str_new(256), .charset = "", .pending = t_str_new(256)};
    string_t *valid = t_str_new(256);

    if (header == NULL)
        return "";
    message_header_decode((const unsigned char *)header, strlen(header), add_piece, &reader);
    flush(&reader);
    if (uni_utf8_get_valid_data(str_data(reader.text), str_len(reader.text), valid))
        valid = reader.text;
    return without_controls(str_c_modifiable(valid));
}
