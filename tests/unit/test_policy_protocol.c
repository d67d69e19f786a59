/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* The policy protocol: golden requests, each limit at 0 and +1, and every way to cut a request. */
#include "policy-daemon/policy_protocol.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "request=smtpd_access_policy\n"

static struct bk_arena *arena;
static struct bk_policy_request request;
static const char *problem;
static size_t used;

static void setup(void)
{
    arena = bk_arena_create();
}

static void teardown(void)
{
    bk_arena_destroy(&arena);
}

static enum bk_protocol_result parse(const char *input, size_t length)
{
    /* Exactly as many bytes as there are: the address sanitizer sees a read beyond. */
    char *bytes = malloc(length == 0 ? 1 : length);
    enum bk_protocol_result result;

    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, input, length);
    used = 0;
    result = bk_policy_parse(arena, bytes, length, &used, &request, &problem);
    free(bytes);
    return result;
}

START_TEST(test_attributes)
{
    static const char input[] = HEAD "protocol_state=RCPT\nprotocol_name=ESMTP\n"
                                     "client_address=192.0.2.1\nclient_name=a.example\n"
                                     "sender=b=c@a.example\nrecipient=taro+x@d.example\n"
                                     "queue_id=\ninstance=123.456.7\nsize=12345\n"
                                     "sasl_username=taro@d.example\npolicy_context=submission\n\n";

    ck_assert_int_eq(parse(input, strlen(input)), BK_PROTOCOL_REQUEST);
    ck_assert_uint_eq(used, strlen(input));
    ck_assert_str_eq(request.protocol_state, "RCPT");
    ck_assert_str_eq(request.client_address, "192.0.2.1");
    ck_assert_str_eq(request.sender, "b=c@a.example");
    ck_assert_str_eq(request.recipient, "taro+x@d.example");
    ck_assert_str_eq(request.queue_id, "");
    ck_assert_str_eq(request.instance, "123.456.7");
    ck_assert_int_eq(request.size_bytes, 12345);
    ck_assert_str_eq(request.sasl_username, "taro@d.example");
    ck_assert_str_eq(request.policy_context, "submission");
}
END_TEST

START_TEST(test_missing_attributes_are_empty)
{
    ck_assert_int_eq(parse(HEAD "\n", strlen(HEAD) + 1), BK_PROTOCOL_REQUEST);
    ck_assert_str_eq(request.recipient, "");
    ck_assert_str_eq(request.policy_context, "");
    ck_assert_int_eq(request.size_bytes, 0);
}
END_TEST

START_TEST(test_each_prefix_wants_more)
{
    static const char input[] = HEAD "recipient=a@b\n\n" HEAD "recipient=c@d\n\n";
    size_t first = (size_t)(strstr(input, "\n\n") - input) + 2;

    for (size_t length = 0; length < first; length++)
        ck_assert_msg(parse(input, length) == BK_PROTOCOL_MORE, "%zu bytes", length);
    for (size_t length = first; length <= strlen(input); length++) {
        ck_assert_msg(parse(input, length) == BK_PROTOCOL_REQUEST, "%zu bytes", length);
        ck_assert_uint_eq(used, first);
        ck_assert_str_eq(request.recipient, "a@b");
    }
}
END_TEST

static const struct {
    const char *input;
    const char *want_problem;
} rubbish[] = {
    {"\n", "it is not request=smtpd_access_policy"},
    {"recipient=a@b\n\n", "it is not request=smtpd_access_policy"},
    {"request=other\n\n", "it is not request=smtpd_access_policy"},
    {HEAD "recipient\n\n", "a line has no ="},
    {HEAD "\r\n\n", "a line has no ="},
    {HEAD "size=12x\n\n", "size is not a number"},
    {HEAD "size=-1\n\n", "size is not a number"},
    {HEAD "size= 1\n\n", "size is not a number"},
};

START_TEST(test_rubbish)
{
    ck_assert_int_eq(parse(rubbish[_i].input, strlen(rubbish[_i].input)), BK_PROTOCOL_VIOLATION);
    ck_assert_str_eq(problem, rubbish[_i].want_problem);
}
END_TEST

START_TEST(test_zero_byte)
{
    static const char input[] = HEAD "recipient=a@b\0.example\n\n";

    ck_assert_int_eq(parse(input, sizeof(input) - 1), BK_PROTOCOL_VIOLATION);
    ck_assert_str_eq(problem, "the request has a zero byte");
}
END_TEST

static const struct {
    const char *text;
    int64_t want_bytes;
} sizes[] = {
    {"", 0},
    {"0", 0},
    {"1", 1},
    {"007", 7},
    {"9223372036854775806", INT64_MAX - 1},
    {"9223372036854775807", INT64_MAX},
    {"9223372036854775808", INT64_MAX},
    {"92233720368547758070", INT64_MAX},
    {"99999999999999999999999999999999999999999999", INT64_MAX},
};

START_TEST(test_size)
{
    const char *input = bk_arena_printf(arena, HEAD "size=%s\n\n", sizes[_i].text);

    ck_assert_int_eq(parse(input, strlen(input)), BK_PROTOCOL_REQUEST);
    ck_assert_msg(request.size_bytes == sizes[_i].want_bytes, "%s: got %lld, want %lld",
                  sizes[_i].text, (long long)request.size_bytes, (long long)sizes[_i].want_bytes);
}
END_TEST

/* A request with one line of `bytes`. */
static const char *make_line(int bytes)
{
    return bk_arena_printf(arena, HEAD "recipient=%*s\n\n", bytes - (int)strlen("recipient="), "x");
}

START_TEST(test_line_limit)
{
    const char *fits = make_line(BK_POLICY_LINE_MAXIMUM_BYTES);
    const char *longer = make_line(BK_POLICY_LINE_MAXIMUM_BYTES + 1);

    ck_assert_int_eq(parse(fits, strlen(fits)), BK_PROTOCOL_REQUEST);
    ck_assert_int_eq(parse(longer, strlen(longer)), BK_PROTOCOL_VIOLATION);
    ck_assert_str_eq(problem, "a line is longer than 8192 bytes");
    /* Without its end it can't be right any more either. */
    ck_assert_int_eq(parse(longer, strlen(HEAD) + BK_POLICY_LINE_MAXIMUM_BYTES), BK_PROTOCOL_MORE);
    ck_assert_int_eq(parse(longer, strlen(HEAD) + BK_POLICY_LINE_MAXIMUM_BYTES + 1),
                     BK_PROTOCOL_VIOLATION);
}
END_TEST

/* A request of `lines` attributes and, if that is more, `bytes`. */
static const char *make_request(int lines, size_t bytes)
{
    char *text = bk_arena_strdup(arena, HEAD);

    for (int i = 1; i < lines; i++) {
        size_t left = bytes > strlen(text) + 1 ? bytes - strlen(text) - 1 : 0;
        int width = left > 8000 ? 7000 : (int)left - (int)strlen("n=\n");

        if (lines < 20)
            text = bk_arena_printf(arena, "%sn=%*s\n", text, width > 0 ? width : 0, "x");
        else
            text = bk_arena_printf(arena, "%sn=x\n", text);
    }
    return bk_arena_printf(arena, "%s\n", text);
}

START_TEST(test_request_limit)
{
    const char *fits = make_request(11, BK_POLICY_REQUEST_MAXIMUM_BYTES);
    const char *longer = make_request(11, BK_POLICY_REQUEST_MAXIMUM_BYTES + 1);

    ck_assert_uint_eq(strlen(fits), BK_POLICY_REQUEST_MAXIMUM_BYTES);
    ck_assert_uint_eq(strlen(longer), BK_POLICY_REQUEST_MAXIMUM_BYTES + 1);
    ck_assert_int_eq(parse(fits, strlen(fits)), BK_PROTOCOL_REQUEST);
    ck_assert_int_eq(parse(longer, strlen(longer) - 1), BK_PROTOCOL_MORE);
    ck_assert_int_eq(parse(longer, strlen(longer)), BK_PROTOCOL_VIOLATION);
    ck_assert_str_eq(problem, "the request is longer than 65536 bytes");
}
END_TEST

START_TEST(test_attribute_limit)
{
    const char *fits = make_request(BK_POLICY_ATTRIBUTES_MAXIMUM, 0);
    const char *more = make_request(BK_POLICY_ATTRIBUTES_MAXIMUM + 1, 0);

    ck_assert_int_eq(parse(fits, strlen(fits)), BK_PROTOCOL_REQUEST);
    ck_assert_int_eq(parse(more, strlen(more)), BK_PROTOCOL_VIOLATION);
    ck_assert_str_eq(problem, "the request has more than 100 attributes");
}
END_TEST

START_TEST(test_format)
{
    ck_assert_str_eq(bk_policy_format(arena, "DUNNO"), "action=DUNNO\n\n");
    ck_assert_str_eq(bk_policy_format(arena, "550 5.1.1 no"), "action=550 5.1.1 no\n\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy protocol");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_attributes);
    tcase_add_test(tests, test_missing_attributes_are_empty);
    tcase_add_test(tests, test_each_prefix_wants_more);
    tcase_add_loop_test(tests, test_rubbish, 0, sizeof(rubbish) / sizeof(rubbish[0]));
    tcase_add_test(tests, test_zero_byte);
    tcase_add_loop_test(tests, test_size, 0, sizeof(sizes) / sizeof(sizes[0]));
    tcase_add_test(tests, test_line_limit);
    tcase_add_test(tests, test_request_limit);
    tcase_add_test(tests, test_attribute_limit);
    tcase_add_test(tests, test_format);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
