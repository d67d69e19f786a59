/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* The socketmap protocol: golden requests and replies, rubbish, and every way to cut a request. */
#include "policy-daemon/socketmap_protocol.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct bk_arena *arena;
static struct bk_socketmap_request request;
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
    result = bk_socketmap_parse(arena, bytes, length, &used, &request, &problem);
    free(bytes);
    return result;
}

static const struct {
    const char *input;
    const char *want_map;
    const char *want_key;
} requests[] = {
    {"21:alias taro@d.example,,", "alias", "taro@d.example,"},
    {"16:domain d.example,", "domain", "d.example"},
    {"13:login a b c d,", "login", "a b c d"},
    {"8:mailbox ,", "mailbox", ""},
    {"2: *,", "", "*"},
    {"1: ,", "", ""},
};

START_TEST(test_requests)
{
    const char *input = requests[_i].input;

    ck_assert_int_eq(parse(input, strlen(input)), BK_PROTOCOL_REQUEST);
    ck_assert_uint_eq(used, strlen(input));
    ck_assert_str_eq(request.map, requests[_i].want_map);
    ck_assert_str_eq(request.key, requests[_i].want_key);
}
END_TEST

START_TEST(test_each_prefix_wants_more)
{
    static const char input[] = "16:domain d.example,9:login a@b,";
    size_t first = strlen("16:domain d.example,");

    for (size_t length = 0; length < first; length++)
        ck_assert_msg(parse(input, length) == BK_PROTOCOL_MORE, "%zu bytes", length);
    for (size_t length = first; length <= strlen(input); length++) {
        ck_assert_msg(parse(input, length) == BK_PROTOCOL_REQUEST, "%zu bytes", length);
        ck_assert_uint_eq(used, first);
        ck_assert_str_eq(request.key, "d.example");
    }
}
END_TEST

static const struct {
    const char *input;
    size_t length; /* 0: strlen */
    const char *want_problem;
} rubbish[] = {
    {":", 0, "it is not a netstring"},
    {"x", 0, "it is not a netstring"},
    {"-1:", 0, "it is not a netstring"},
    {"01:a,", 0, "it is not a netstring"},
    {"1 :a,", 0, "it is not a netstring"},
    {"3:a b;", 0, "it is not a netstring"},
    {"request=smtpd_access_policy\n\n", 0, "it is not a netstring"},
    {"0:,", 0, "it is not a map and a key"},
    {"5:alias,", 0, "it is not a map and a key"},
    {"7:alias\0a,", 10, "it is not a map and a key"},
    {"9:alias a\0b,", 12, "it is not a map and a key"},
    {"16385", 0, "the request is longer than 16384 bytes"},
    {"99999999999999999999999999", 0, "the request is longer than 16384 bytes"},
};

START_TEST(test_rubbish)
{
    size_t length = rubbish[_i].length == 0 ? strlen(rubbish[_i].input) : rubbish[_i].length;

    ck_assert_msg(parse(rubbish[_i].input, length) == BK_PROTOCOL_VIOLATION, "%s",
                  rubbish[_i].input);
    ck_assert_str_eq(problem, rubbish[_i].want_problem);
}
END_TEST

START_TEST(test_limit)
{
    const char *fits = bk_arena_printf(arena, "%d:alias %*s,", BK_SOCKETMAP_REQUEST_MAXIMUM_BYTES,
                                       BK_SOCKETMAP_REQUEST_MAXIMUM_BYTES - 6, "a@b");
    const char *longer = bk_arena_printf(arena, "%d:", BK_SOCKETMAP_REQUEST_MAXIMUM_BYTES + 1);

    ck_assert_int_eq(parse(fits, strlen(fits) - 1), BK_PROTOCOL_MORE);
    ck_assert_int_eq(parse(fits, strlen(fits)), BK_PROTOCOL_REQUEST);
    ck_assert_int_eq(parse(longer, strlen(longer)), BK_PROTOCOL_VIOLATION);
}
END_TEST

static const struct {
    enum bk_socketmap_status status;
    const char *text;
    const char *want;
} replies[] = {
    {BK_SOCKETMAP_OK, "taro@d.example", "17:OK taro@d.example,"},
    {BK_SOCKETMAP_NOTFOUND, "", "9:NOTFOUND ,"},
    {BK_SOCKETMAP_TEMP, "later", "10:TEMP later,"},
    {BK_SOCKETMAP_PERM, "no", "7:PERM no,"},
};

START_TEST(test_replies)
{
    ck_assert_str_eq(bk_socketmap_format(arena, replies[_i].status, replies[_i].text),
                     replies[_i].want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("socketmap protocol");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, test_requests, 0, sizeof(requests) / sizeof(requests[0]));
    tcase_add_test(tests, test_each_prefix_wants_more);
    tcase_add_loop_test(tests, test_rubbish, 0, sizeof(rubbish) / sizeof(rubbish[0]));
    tcase_add_test(tests, test_limit);
    tcase_add_loop_test(tests, test_replies, 0, sizeof(replies) / sizeof(replies[0]));
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
