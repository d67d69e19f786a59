/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/policy_protocol.h"

#include <stdbool.h>
#include <string.h>

struct text {
    const char *start; /* within the input, not ended by 0; NULL: not sent */
    size_t length;
};

/* In the order of copy_values(). */
static const struct text names[] = {
#define NAME(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
    NAME("request"),  NAME("policy_context"), NAME("protocol_state"), NAME("recipient"),
    NAME("sender"),   NAME("sasl_username"),  NAME("client_address"), NAME("queue_id"),
    NAME("instance"), NAME("size"),
#undef NAME
};

#define NAMES (sizeof(names) / sizeof(names[0]))

/* What the lines say, up to the empty one. */
struct lines {
    struct text values[NAMES];
    bool is_bad; /* a line has no = */
};

static void take_line(struct lines *lines, const char *line, size_t length)
{
    const char *equals = memchr(line, '=', length);
    size_t name_length;

    if (equals == NULL) {
        lines->is_bad = true;
        return;
    }
    name_length = (size_t)(equals - line);
    for (size_t i = 0; i < NAMES; i++)
        if (names[i].length == name_length && memcmp(names[i].start, line, name_length) == 0)
            lines->values[i] = (struct text){equals + 1, length - name_length - 1};
}

/* REQUEST: the empty line is there that ends it. */
static enum bk_protocol_result take_lines(const char *input, size_t length, size_t *used_r,
                                          struct lines *lines, const char **problem_r)
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
        take_line(lines, input + start, *used_r - start - 1);
        start = *used_r;
    }
    *problem_r = "the request has more than 100 attributes";
    return BK_PROTOCOL_VIOLATION;
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

static void copy_values(struct bk_arena *arena, const struct lines *lines,
                        struct bk_policy_request *request)
{
    const char **const places[NAMES] = {
        &request->request,  &request->policy_context, &request->protocol_state, &request->recipient,
        &request->sender,   &request->sasl_username,  &request->client_address, &request->queue_id,
        &request->instance, &request->size,
    };

    for (size_t i = 0; i < NAMES; i++)
        *places[i] = lines->values[i].length == 0
                         ? ""
                         : bk_arena_copy(arena, lines->values[i].start, lines->values[i].length);
}

static const char *find_problem(const char *input, size_t length, const struct lines *lines)
{
    if (memchr(input, '\0', length) != NULL)
        return "the request has a zero byte";
    if (lines->is_bad)
        return "a line has no =";
    return NULL;
}

enum bk_protocol_result bk_policy_parse(struct bk_arena *arena, const char *input, size_t length,
                                        size_t *used_r, struct bk_policy_request *request_r,
                                        const char **problem_r)
{
    struct lines lines = {.is_bad = false};
    enum bk_protocol_result result = take_lines(input, length, used_r, &lines, problem_r);

    if (result != BK_PROTOCOL_REQUEST)
        return result;
    *problem_r = find_problem(input, *used_r, &lines);
    if (*problem_r != NULL)
        return BK_PROTOCOL_VIOLATION;
    copy_values(arena, &lines, request_r);
    if (strcmp(request_r->request, "smtpd_access_policy") != 0)
        *problem_r = "it is not request=smtpd_access_policy";
    else if (!parse_size(request_r->size, &request_r->size_bytes))
        *problem_r = "size is not a number";
    return *problem_r == NULL ? BK_PROTOCOL_REQUEST : BK_PROTOCOL_VIOLATION;
}

const char *bk_policy_format(struct bk_arena *arena, const char *action)
{
    return bk_arena_concat(arena, "action=", action, "\n\n", NULL);
}
