/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* limits.db: what is put comes back, and what is lost is made anew and told. */
#include "store/limits.h"
#include "store_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

static struct bk_limits *writer;
static bool made;

static void setup(void)
{
    fixture_setup();
    writer = bk_limits_open_writer(fixture.limits_path, &error);
    OK(writer != NULL);
    OK(bk_limits_refresh(writer, &made, &error));
}

static void teardown(void)
{
    bk_limits_close(&writer);
    fixture_teardown();
}

static void put(int64_t account_id, int64_t hour, int64_t day)
{
    const struct bk_sent sent = {.hour = {1000, hour, hour * 2}, .day = {900, day, day * 2}};

    OK(bk_limits_begin(writer, &error));
    OK(bk_limits_put_sent(writer, account_id, &sent, &error));
    OK(bk_limits_commit(writer, &error));
}

static void assert_sent(int64_t account_id, enum bk_lookup want, int64_t want_hour,
                        int64_t want_day)
{
    struct bk_limits *reader = bk_limits_open_reader(fixture.limits_path, &error);
    struct bk_sent sent;

    OK(reader != NULL);
    ck_assert_int_eq(bk_limits_lookup_sent(reader, account_id, &sent, &error), want);
    ck_assert_int_eq(sent.hour.messages, want_hour);
    ck_assert_int_eq(sent.hour.recipients, want_hour * 2);
    ck_assert_int_eq(sent.day.messages, want_day);
    ck_assert_int_eq(sent.day.recipients, want_day * 2);
    bk_limits_close(&reader);
}

START_TEST(rows_come_back)
{
    ck_assert(!made);
    assert_sent(1, BK_ABSENT, 0, 0);
    put(1, 3, 7);
    put(2, 5, 9);
    assert_sent(1, BK_FOUND, 3, 7);
    put(1, 4, 8);
    assert_sent(1, BK_FOUND, 4, 8);
    assert_sent(2, BK_FOUND, 5, 9);
}
END_TEST

START_TEST(old_periods_go)
{
    put(1, 3, 7);
    OK(bk_limits_begin(writer, &error));
    OK(bk_limits_forget_sent(writer, 1000, &error)); /* the hour began then, the day before */
    OK(bk_limits_commit(writer, &error));
    assert_sent(1, BK_FOUND, 3, 0);
}
END_TEST

START_TEST(a_lost_file_is_made_anew_and_told_once)
{
    struct stat file;

    put(1, 3, 7);
    fixture_shell("rm %s*", fixture.limits_path);
    OK(bk_limits_refresh(writer, &made, &error));
    ck_assert(made);
    OK(bk_limits_refresh(writer, &made, &error));
    ck_assert(!made);
    ck_assert_int_eq(stat(fixture.limits_path, &file), 0);
    ck_assert_int_eq(file.st_mode & 0777, 0600);
    assert_sent(1, BK_ABSENT, 0, 0);
    put(1, 1, 1);
    assert_sent(1, BK_FOUND, 1, 1);
}
END_TEST

START_TEST(a_missing_file_is_no_reader)
{
    fixture_shell("rm %s*", fixture.limits_path);
    ck_assert_ptr_null(bk_limits_open_reader(fixture.limits_path, &error));
    ck_assert_int_ne(access(fixture.limits_path, F_OK), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_limits");
    TCase *tcase = tcase_create("limits");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, rows_come_back);
    tcase_add_test(tcase, old_periods_go);
    tcase_add_test(tcase, a_lost_file_is_made_anew_and_told_once);
    tcase_add_test(tcase, a_missing_file_is_no_reader);
    suite_add_tcase(suite, tcase);
    return fixture_main(suite);
}
