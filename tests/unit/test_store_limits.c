/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* limits.db: what is put comes back, and what is lost is made anew and told. */
#include "store/limits-warnings.h"
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

static const struct bk_warned some = {BK_WARNING_90, {1, 2, 3, 4}, 50};

static void put_warned(int64_t account_id, const struct bk_warned *warned)
{
    OK(bk_limits_begin(writer, &error));
    OK(bk_limits_put_warned(writer, account_id, warned, &error));
    OK(bk_limits_commit(writer, &error));
}

START_TEST(warnings_come_back)
{
    struct bk_warned got = some;

    ck_assert_int_eq(bk_limits_lookup_warned(writer, 1, &got, &error), BK_ABSENT);
    ck_assert(got.told == BK_WARNING_BELOW && got.look_at == 0 && got.sent_at[1] == 0);
    put_warned(1, &(struct bk_warned){BK_WARNING_80, {0}, 0});
    put_warned(1, &some);
    ck_assert_int_eq(bk_limits_lookup_warned(writer, 1, &got, &error), BK_FOUND);
    ck_assert(got.told == some.told && got.look_at == some.look_at);
    ck_assert_mem_eq(got.sent_at, some.sent_at, sizeof(some.sent_at));
    OK(bk_limits_begin(writer, &error));
    OK(bk_limits_delete_warned(writer, 1, &error));
    OK(bk_limits_commit(writer, &error));
    ck_assert_int_eq(bk_limits_lookup_warned(writer, 1, &got, &error), BK_ABSENT);
}
END_TEST

static bool add_digit(void *context, int64_t account_id)
{
    int64_t *number = context;

    *number = *number * 10 + account_id;
    return account_id != 9;
}

START_TEST(whose_time_has_come)
{
    static const int64_t times[] = {0, 49, 50, 51, 30}; /* of accounts 1 to 5 */
    int64_t due = 0;

    ck_assert_int_eq(bk_limits_list_due(writer, 50, 9, add_digit, &due, &error), BK_ABSENT);
    for (int64_t id = 1; id <= 5; id++)
        put_warned(id, &(struct bk_warned){.look_at = times[id - 1]});
    ck_assert_int_eq(bk_limits_list_due(writer, 50, 9, add_digit, &due, &error), BK_FOUND);
    ck_assert_int_eq(due, 523);
    due = 0;
    ck_assert_int_eq(bk_limits_list_due(writer, 50, 2, add_digit, &due, &error), BK_FOUND);
    ck_assert_int_eq(due, 52);
}
END_TEST

START_TEST(progress_comes_back)
{
    const struct bk_warning_progress first = {1, 2, 3, 4}, second = {INT64_MAX, 6, -1, -1};
    struct bk_warning_progress got;

    ck_assert_int_eq(bk_limits_lookup_progress(writer, &got, &error), BK_ABSENT);
    OK(bk_limits_put_progress(writer, &first, &error));
    ck_assert_int_eq(bk_limits_lookup_progress(writer, &got, &error), BK_FOUND);
    ck_assert_mem_eq(&got, &first, sizeof(got));
    OK(bk_limits_put_progress(writer, &second, &error));
    ck_assert_int_eq(bk_limits_lookup_progress(writer, &got, &error), BK_FOUND);
    ck_assert_mem_eq(&got, &second, sizeof(got));
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
    tcase_add_test(tcase, warnings_come_back);
    tcase_add_test(tcase, whose_time_has_come);
    tcase_add_test(tcase, progress_comes_back);
    tcase_add_test(tcase, a_missing_file_is_no_reader);
    suite_add_tcase(suite, tcase);
    return fixture_main(suite);
}
