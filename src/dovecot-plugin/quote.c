/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/quote.h"

#include "istream.h"
#include "message-decoder.h"
#include "message-parser.h"
#include "str.h"
#include "unichar.h"

/* Append what the first text/plain part has, up to `maximum_bytes`. */
static void read_text(struct istream *input, size_t maximum_bytes, string_t *text)
{
    const struct message_parser_settings set = {
        .hdr_flags = MESSAGE_HEADER_PARSER_FLAG_SKIP_INITIAL_LWSP};
    struct message_parser_ctx *parser = message_parser_init(pool_datastack_create(), input, &set);
    struct message_decoder_context *decoder = message_decoder_init(NULL, 0);
    const struct message_part *taken = NULL;
    struct message_part *parts;
    struct message_block raw, block;

    while (str_len(text) < maximum_bytes && message_parser_parse_next_block(parser, &raw) > 0) {
        const char *type;

        if (!message_decoder_decode_next_block(decoder, &raw, &block) || block.hdr != NULL ||
            block.size == 0)
            continue;
        type = message_decoder_current_content_type(decoder);
        if (type != NULL && strcasecmp(type, "text/plain") != 0)
            continue;
        if (taken == NULL)
            taken = block.part;
        if (block.part == taken)
            str_append_data(text, block.data, block.size);
    }
    message_decoder_deinit(&decoder);
    message_parser_deinit(&parser, &parts);
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
    string_t *text = t_str_new(4096), *quote = t_str_new(4096);
    struct istream *input;

    if (mail_get_stream(mail, NULL, NULL, &input) < 0)
        return "";
    i_stream_seek(input, 0);
    read_text(input, maximum_bytes, text);
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
