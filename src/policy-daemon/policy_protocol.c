/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/policy_protocol.h"

#include <stdbool.h>
#include <string.h>

/* Where the empty line is that ends the request. */
static enum bk_protocol_result find_end(const char *input, size_t length, size_t *used_r,
                                        const char **problem_r)
{
    size_t start = 0; /* of the line looked at */

    for (size_t attributes = 0; attributes <= BK_POLICY_ATTRIBUTES_MAXIMUM; attributes++) {
        size_t rest = length - start;
        size_t range = rest;
        const char *end;

        if (range > BK_POLICY_LINE_MAXIMUM_BYTES + 1)
            range = BK_POLICY_LINE_MAXIMUM_BYTES + 1;
        end = memchr(input + start, '\n', range);
        if (end == NULL && rest > BK_POLICY_LINE_MAXIMUM_BYTES) {
            *problem_r = "a line is longer than 8192 bytes";
            return BK_PROTOCOL_VIOLATION;
        }
        *used_r = end == NULL ? length : (size_t)(end - input) + 1;
        if (*used_r > BK_POLICY_REQUEST_MAXIMUM_BYTES) {
            *problem_r = "the request is longer than 65536 bytes";
            return BK_PROTOCOL_VIOLATION;
        }
        if (end == NULL)
            return BK_PROTOCOL_MORE;
        if (*used_r == start + 1)
            return BK_PROTOCOL_REQUEST;
        start = *used_r;
    }
    *problem_r = "the request has more than 100 attributes";
    return BK_PROTOCOL_VIOLATION;
}

static void set_attribute(struct bk_policy_request *request, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **value;
    } attributes[] = {
        {"request", &request->request},
        {"policy_context", &request->policy_context},
        {"protocol_state", &request->protocol_state},
        {"recipient", &request->recipient},
        {"sender", &request->sender},
        {"sasl_username", &request->sasl_username},
        {"client_address", &request->client_address},
        {"queue_id", &request->queue_id},
        {"instance", &request->instance},
        {"size", &request->size},
    };

    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (strcmp(attributes[i].name, name) == 0)
            *attributes[i].value = value;
    }
}

/* Digits only; no digits are 0. Saturates. */
static bool parse_size(const char *text, int64_t *bytes_r)
{
    *bytes_r = 0;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        if (__builtin_mul_overflow(*bytes_r, 10, bytes_r) ||
            __builtin_add_overflow(*bytes_r, *text - '0', bytes_r))
            *bytes_r = INT64_MAX;
    }
    return true;
}

/* `text` holds the request without its empty line, one 0 byte after it; it is cut into pieces. */
static const char *parse_attributes(char *text, struct bk_policy_request *request)
{
    char *line, *equals;

    while (*text != '\0') {
        line = text;
        text = strchr(line, '\n');
        *text++ = '\0';
        equals = strchr(line, '=');
        if (equals == NULL)
            return "a line has no =";
        *equals = '\0';
        set_attribute(request, line, equals + 1);
    }
    if (strcmp(request->request, "smtpd_access_policy") != 0)
        return "it is not request=smtpd_access_policy";
    if (!parse_size(request->size, &request->size_bytes))
        return "size is not a number";
    return NULL;
}

enum bk_protocol_result bk_policy_parse(struct bk_arena *arena, const char *input, size_t length,
                                        size_t *used_r, struct bk_policy_request *request_r,
                                        const char **problem_r)
{
    enum bk_protocol_result result = find_end(input, length, used_r, problem_r);
    char *text;

    if (result != BK_PROTOCOL_REQUEST)
        return result;
    if (memchr(input, '\0', *used_r) != NULL) {
        *problem_r = "the request has a zero byte";
        return BK_PROTOCOL_VIOLATION;
    }
    *request_r = (struct bk_policy_request){"", "", "", "", "", "", "", "", "", "", 0};
    text = bk_arena_alloc(arena, *used_r);
    memcpy(text, input, *used_r - 1);
    *problem_r = parse_attributes(text, request_r);
    return *problem_r == NULL ? BK_PROTOCOL_REQUEST : BK_PROTOCOL_VIOLATION;
}

const char *bk_policy_format(struct bk_arena *arena, const char *action)
{
    return bk_arena_printf(arena, "action=%s\n\n", action);
}
