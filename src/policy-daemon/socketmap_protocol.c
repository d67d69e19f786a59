/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/socketmap_protocol.h"

#include <string.h>

/* The netstring's head "123:": its content begins at *start_r and has *size_r bytes. */
static enum bk_protocol_result parse_head(const char *input, size_t length, size_t *start_r,
                                          size_t *size_r, const char **problem_r)
{
    size_t size = 0;

    for (size_t i = 0; i < length; i++) {
        if (input[i] == ':' && i > 0) {
            *start_r = i + 1;
            *size_r = size;
            return BK_PROTOCOL_REQUEST;
        }
        if (input[i] < '0' || input[i] > '9' || (i > 0 && size == 0)) {
            *problem_r = "it is not a netstring";
            return BK_PROTOCOL_VIOLATION;
        }
        size = size * 10 + (size_t)(input[i] - '0');
        if (size > BK_SOCKETMAP_REQUEST_MAXIMUM_BYTES) {
            *problem_r = "the request is longer than 16384 bytes";
            return BK_PROTOCOL_VIOLATION;
        }
    }
    return BK_PROTOCOL_MORE;
}

enum bk_protocol_result bk_socketmap_parse(struct bk_arena *arena, const char *input, size_t length,
                                           size_t *used_r, struct bk_socketmap_request *request_r,
                                           const char **problem_r)
{
    size_t start = 0, size = 0;
    enum bk_protocol_result result = parse_head(input, length, &start, &size, problem_r);
    char *text, *blank;

    if (result != BK_PROTOCOL_REQUEST)
        return result;
    if (length - start <= size)
        return BK_PROTOCOL_MORE;
    *used_r = start + size + 1;
    if (input[*used_r - 1] != ',') {
        *problem_r = "it is not a netstring";
        return BK_PROTOCOL_VIOLATION;
    }
    text = bk_arena_alloc(arena, size + 1);
    memcpy(text, input + start, size);
    blank = strchr(text, ' ');
    if (strlen(text) != size || blank == NULL) {
        *problem_r = "it is not a map and a key";
        return BK_PROTOCOL_VIOLATION;
    }
    *blank = '\0';
    *request_r = (struct bk_socketmap_request){.map = text, .key = blank + 1};
    return BK_PROTOCOL_REQUEST;
}

const char *bk_socketmap_format(struct bk_arena *arena, enum bk_socketmap_status status,
                                const char *text)
{
    static const char *const words[] = {
        [BK_SOCKETMAP_OK] = "OK",
        [BK_SOCKETMAP_NOTFOUND] = "NOTFOUND",
        [BK_SOCKETMAP_TEMP] = "TEMP",
        [BK_SOCKETMAP_PERM] = "PERM",
    };

    /* Not found is "NOTFOUND " with the blank: without it Postfix takes it for an error. */
    return bk_arena_printf(arena, "%zu:%s %s,", strlen(words[status]) + 1 + strlen(text),
                           words[status], text);
}
