/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/quote.h"

#include "istream.h"
#include "mail-html2text.h"
#include "message-decoder.h"
#include "message-parser.h"
#include "str.h"
#include "unichar.h"

#include <stdbool.h>

/* The text of a message that people read: its first text/plain, or without one its first text/html
 * without the markup; no attachment. */
struct reader {
    size_t maximum_bytes;
    const struct message_part *now, *plain_part, *html_part;
    bool is_attachment; /* the part read now */
    struct mail_html2text *html;
    string_t *plain_text, *html_text;
};

static void read_header(struct reader *reader, const struct message_header_line *header)
{
    if (strcasecmp(header->name, "Content-Disposition") == 0 && !header->continued)
        reader->is_attachment = header->value_len >= strlen("attachment") &&
                                strncasecmp((const char *)header->value, "attachment",
                                            strlen("attachment")) == 0;
}

static void read_data(struct reader *reader, const char *type, const struct message_block *block)
{
    if (reader->is_attachment)
        return;
    if (type == NULL || strcasecmp(type, "text/plain") == 0) {
        if (reader->plain_part == NULL)
            reader->plain_part = block->part;
        if (reader->plain_part == block->part)
            str_append_data(reader->plain_text, block->data, block->size);
    } else if (mail_html2text_content_type_match(type)) {
        if (reader->html_part == NULL)
            reader->html_part = block->part;
        if (reader->html_part == block->part && str_len(reader->html_text) < reader->maximum_bytes)
            mail_html2text_more(reader->html, block->data, block->size, reader->html_text);
    }
}

static string_t *read_text(struct istream *input, size_t maximum_bytes)
{
    const struct message_parser_settings set = {
        .hdr_flags = MESSAGE_HEADER_PARSER_FLAG_SKIP_INITIAL_LWSP};
    struct message_parser_ctx *parser = message_parser_init(pool_datastack_create(), input, &set);
    struct message_decoder_context *decoder = message_decoder_init(NULL, 0);
    struct reader reader = {.maximum_bytes = maximum_bytes,
                            .html = mail_html2text_init(0),
                            .plain_text = t_str_new(4096),
                            .html_text = t_str_new(4096)};
    struct message_part *parts;
    struct message_block raw, block;

    while (str_len(reader.plain_text) < maximum_bytes &&
           message_parser_parse_next_block(parser, &raw) > 0) {
        if (raw.part != reader.now)
            reader.is_attachment = false;
        reader.now = raw.part;
        if (raw.hdr != NULL)
            read_header(&reader, raw.hdr);
        if (message_decoder_decode_next_block(decoder, &raw, &block) && block.hdr == NULL &&
            block.size > 0)
            read_data(&reader, message_decoder_current_content_type(decoder), &block);
    }
    mail_html2text_deinit(&reader.html);
    message_decoder_deinit(&decoder);
    message_parser_deinit(&parser, &parts);
    return reader.plain_part != NULL ? reader.plain_text : reader.html_text;
}

static void cut(string_t *text, size_t maximum_bytes)
{
    size_t valid = 0;

    if (str_len(text) > maximum_bytes)
        str_truncate(text, maximum_bytes);
    if (!uni_utf8_data_is_valid(str_data(text), str_len(text))) {
        (void)uni_utf8_partial_strlen_n(str_data(text), str_len(text), &valid);
        str_truncate(text, valid);
    }
}

const char *boxkeeper_quote(struct mail *mail, size_t maximum_bytes)
{
    string_t *text, *quote = t_str_new(4096);
    struct istream *input;

    if (mail_get_stream(mail, NULL, NULL, &input) < 0)
        return "";
    i_stream_seek(input, 0);
    text = read_text(input, maximum_bytes);
    i_stream_seek(input, 0);
    cut(text, maximum_bytes);
    for (const char *line = str_c(text); *line != '\0';) {
        size_t length = strcspn(line, "\n");

        str_append(quote, "> ");
        str_append_data(quote, line, length > 0 && line[length - 1] == '\r' ? length - 1 : length);
        str_append_c(quote, '\n');
        line += length + (line[length] == '\n');
    }
    return str_c(quote);
}
