/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* state.db: what is put comes back, and what is lost fills again. */
#include "store_fixture.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct bk_state *writer, *reader;
static const struct bk_usage some = {.known = true, .bytes = 5, .messages = 2, .measured_at = 9};

static void setup(void)
{
    fixture_setup();
    writer = bk_state_open_writer(fixture.state_path, &error);
    OK(writer != NULL);
    reader = bk_state_open_reader(fixture.state_path, &error);
    OK(reader != NULL);
}

static void teardown(void)
{
    bk_state_close(&writer);
    bk_state_close(&reader);
    fixture_teardown();
}

static enum bk_lookup usage_of(int64_t account_id)
{
    struct bk_usage usage;
    int64_t limit;

    return bk_state_lookup_usage(reader, account_id, &usage, &limit, &error);
}

/* ---- rows ---- */

START_TEST(usage_and_limit)
{
    struct bk_usage got = {.known = true};
    int64_t limit = -1;

    LOOKUP(bk_state_lookup_usage(reader, 1, &got, &limit, &error), BK_ABSENT);
    ck_assert(!got.known);
    OK(bk_state_put_usage(writer, 1, &some, 100, &error));
    OK(bk_state_put_usage(writer, 2, &some, 200, &error));
    OK(bk_state_put_usage(writer, 1, &(struct bk_usage){.bytes = INT64_MAX}, 0, &error));
    LOOKUP(bk_state_lookup_usage(reader, 2, &got, &limit, &error), BK_FOUND);
    ck_assert(got.known && got.bytes == 5 && got.messages == 2 && got.measured_at == 9);
    ck_assert_int_eq(limit, 200);
    LOOKUP(bk_state_lookup_usage(reader, 1, &got, &limit, &error), BK_FOUND);
    ck_assert(got.bytes == INT64_MAX && got.messages == 0 && limit == 0);
}
END_TEST

/* ---- reports of usage, in their order ---- */

struct reports {
    int64_t accounts[8];
    int64_t last_sequence;
    size_t count, stop_at; /* 0: at the end */
};

static bool note_report(void *context, const struct bk_state_usage *usage)
{
    struct reports *reports = context;

    ck_assert_int_lt(reports->count, 8);
    reports->accounts[reports->count++] = usage->account_id;
    reports->last_sequence = usage->sequence;
    ck_assert(usage->bytes == 5 && usage->limit_bytes == 100);
    return reports->count != reports->stop_at;
}

static void report(int64_t account_id)
{
    OK(bk_state_put_usage(writer, account_id, &some, 100, &error));
}

START_TEST(newer_usage)
{
    struct reports reports = {.count = 0};
    int64_t sequence = -1, middle;

    LOOKUP(bk_state_usage_sequence(reader, &sequence, &error), BK_ABSENT);
    LOOKUP(bk_state_list_newer_usage(reader, 0, 9, note_report, &reports, &error), BK_ABSENT);
    report(3);
    report(1);
    LOOKUP(bk_state_usage_sequence(reader, &middle, &error), BK_FOUND);
    report(2);
    report(3); /* again: the newest now */
    LOOKUP(bk_state_list_newer_usage(reader, 0, 9, note_report, &reports, &error), BK_FOUND);
    ck_assert(reports.count == 3 && reports.accounts[0] == 1 && reports.accounts[1] == 2 &&
              reports.accounts[2] == 3);
    LOOKUP(bk_state_usage_sequence(reader, &sequence, &error), BK_FOUND);
    ck_assert_int_eq(sequence, reports.last_sequence);
    reports.count = 0;
    LOOKUP(bk_state_list_newer_usage(reader, middle, 1, note_report, &reports, &error), BK_FOUND);
    ck_assert(reports.count == 1 && reports.accounts[0] == 2);
    LOOKUP(bk_state_list_newer_usage(reader, sequence, 9, note_report, &reports, &error),
           BK_ABSENT);
    reports = (struct reports){.stop_at = 1};
    LOOKUP(bk_state_list_usage(reader, 2, 9, note_report, &reports, &error), BK_FOUND);
    ck_assert(reports.count == 1 && reports.accounts[0] == 2);
    OK(bk_state_delete_account(writer, 3, &error)); /* its number is not given again */
    report(1);
    reports = (struct reports){.count = 0};
    LOOKUP(bk_state_list_newer_usage(reader, sequence, 9, note_report, &reports, &error), BK_FOUND);
    ck_assert(reports.count == 1 && reports.accounts[0] == 1);
}
END_TEST

START_TEST(numbers_rise_though_the_file_is_lost)
{
    int64_t before, after;

    report(1);
    report(1);
    LOOKUP(bk_state_usage_sequence(writer, &before, &error), BK_FOUND);
    fixture_shell("rm %s*", fixture.state_path);
    OK(bk_state_put_usage(writer, 1, &(struct bk_usage){.measured_at = some.measured_at + 1}, 100,
                          &error));
    LOOKUP(bk_state_usage_sequence(writer, &after, &error), BK_FOUND);
    ck_assert_int_gt(after, before);
}
END_TEST

/* ---- what a reader keeps ---- */

/* In a snapshot of its own. -1: nothing on record. */
static int64_t bytes_in_snapshot(int64_t account_id)
{
    struct bk_usage usage = {.known = false};
    int64_t limit;

    OK(bk_state_begin_read(reader, &error));
    (void)bk_state_lookup_usage(reader, account_id, &usage, &limit, &error);
    bk_state_end_read(reader);
    return usage.known ? usage.bytes : -1;
}

static void put_bytes(int64_t account_id, int64_t bytes)
{
    const struct bk_usage usage = {.bytes = bytes, .measured_at = 9};

    OK(bk_state_put_usage(writer, account_id, &usage, 100, &error));
}

START_TEST(kept_usage_is_never_old)
{
    struct bk_usage got;
    int64_t limit;

    OK(bk_state_use_cache(reader, 65536, &error));
    ck_assert_int_eq(bytes_in_snapshot(1), -1);
    put_bytes(1, 10);
    put_bytes(2, 20);
    ck_assert_int_eq(bytes_in_snapshot(1), 10);
    put_bytes(1, 11);
    ck_assert_int_eq(bytes_in_snapshot(1), 11);
    /* Within a snapshot nothing changes. */
    OK(bk_state_begin_read(reader, &error));
    LOOKUP(usage_of(1), BK_FOUND);
    put_bytes(1, 12);
    put_bytes(2, 21);
    for (int64_t id = 1; id <= 2; id++) {
        LOOKUP(bk_state_lookup_usage(reader, id, &got, &limit, &error), BK_FOUND);
        ck_assert_int_eq(got.bytes, id == 1 ? 11 : 20);
        ck_assert(got.measured_at == 9 && limit == 100);
    }
    bk_state_end_read(reader);
    ck_assert_int_eq(bytes_in_snapshot(1), 12);
    ck_assert_int_eq(bytes_in_snapshot(2), 21);
    OK(bk_state_delete_account(writer, 1, &error));
    ck_assert_int_eq(bytes_in_snapshot(1), -1);
    ck_assert_int_eq(bytes_in_snapshot(2), 21);
}
END_TEST

START_TEST(kept_usage_is_used)
{
    OK(bk_state_use_cache(reader, 65536, &error));
    put_bytes(1, 10);
    ck_assert_int_eq(bytes_in_snapshot(1), 10);
    ck_assert_int_eq(bytes_in_snapshot(2), -1);
    /* What nobody does: without a report. Only who reads sees it. */
    fixture_sql(fixture.state_path, "UPDATE usage SET bytes = 13 WHERE account_id = 1");
    fixture_sql(fixture.state_path, "INSERT INTO usage VALUES (2, 77, 2, 5, 100, 1)");
    ck_assert_int_eq(bytes_in_snapshot(1), 10);
    ck_assert_int_eq(bytes_in_snapshot(2), -1);
    LOOKUP(usage_of(2), BK_FOUND); /* in no snapshot */
    OK(bk_state_use_cache(reader, 0, &error));
    ck_assert_int_eq(bytes_in_snapshot(1), 13);
    ck_assert_int_eq(bytes_in_snapshot(2), 77);
}
END_TEST

START_TEST(kept_usage_after_very_many_reports)
{
    OK(bk_state_use_cache(reader, 65536, &error));
    put_bytes(1, 10);
    put_bytes(2, 20);
    ck_assert_int_eq(bytes_in_snapshot(1), 10);
    ck_assert_int_eq(bytes_in_snapshot(2), 20);
    put_bytes(1, 11);
    OK(bk_state_begin_write(writer, &error));
    for (int i = 0; i < 10000; i++)
        put_bytes(3, i);
    OK(bk_state_commit(writer, &error));
    ck_assert_int_eq(bytes_in_snapshot(1), 11);
    ck_assert_int_eq(bytes_in_snapshot(2), 20);
    ck_assert_int_eq(bytes_in_snapshot(3), 9999);
}
END_TEST

START_TEST(kept_usage_of_a_file_that_is_lost)
{
    OK(bk_state_use_cache(reader, 65536, &error));
    put_bytes(1, 10);
    ck_assert_int_eq(bytes_in_snapshot(1), 10);
    fixture_shell("rm %s*", fixture.state_path);
    put_bytes(2, 20);
    OK(bk_state_refresh(reader, 1, &error));
    ck_assert_int_eq(bytes_in_snapshot(1), -1);
    ck_assert_int_eq(bytes_in_snapshot(2), 20);
}
END_TEST

START_TEST(limit_by_user)
{
    int64_t limit = -1;

    OK(bk_state_put_usage(writer, 1, &some, 100, &error));
    LOOKUP(bk_state_lookup_limit(reader, "a@d", &limit, &error), BK_ABSENT);
    OK(bk_state_put_user(writer, 1, "a@d", &error));
    OK(bk_state_put_user(writer, 1, "a@d", &error));
    LOOKUP(bk_state_lookup_limit(reader, "a@d", &limit, &error), BK_FOUND);
    ck_assert_int_eq(limit, 100);
    OK(bk_state_put_user(writer, 1, "renamed@d", &error));
    LOOKUP(bk_state_lookup_limit(reader, "a@d", &limit, &error), BK_ABSENT);
    LOOKUP(bk_state_lookup_limit(reader, "renamed@d", &limit, &error), BK_FOUND);
    OK(bk_state_put_user(writer, 2, "renamed@d", &error)); /* the name is another's now */
    LOOKUP(bk_state_lookup_limit(reader, "renamed@d", &limit, &error), BK_ABSENT);
}
END_TEST

static bool add_folder(void *context, const struct bk_state_folder *folder)
{
    char text[100];

    snprintf(text, sizeof(text), "%s:%d:%lld:%lld ", folder->name, (int)folder->kind,
             (long long)folder->oldest_stored_at, (long long)folder->full_look_at);
    strcat(context, text);
    return strcmp(folder->name, "stop") != 0;
}

START_TEST(folders)
{
    const struct bk_state_folder rows[] = {{"INBOX", BK_STATE_INBOX, 0, 0},
                                           {"ごみ箱", BK_STATE_TRASH, 20, 2},
                                           {"Junk", BK_STATE_JUNK, 30, 3},
                                           {"INBOX", BK_STATE_INBOX, 10, 1}};
    struct bk_state_folder got;
    char all[300] = "";

    LOOKUP(bk_state_list_folders(reader, 1, add_folder, all, &error), BK_ABSENT);
    for (int i = 0; i < 4; i++)
        OK(bk_state_put_folder(writer, 1, &rows[i], &error));
    OK(bk_state_put_folder(writer, 2, &rows[1], &error));
    LOOKUP(bk_state_list_folders(reader, 1, add_folder, all, &error), BK_FOUND);
    ck_assert_str_eq(all, "INBOX:1:10:1 Junk:3:30:3 ごみ箱:2:20:2 ");
    LOOKUP(bk_state_lookup_folder(reader, 1, "ごみ箱", &got, &error), BK_FOUND);
    ck_assert(got.kind == BK_STATE_TRASH && got.oldest_stored_at == 20 && got.full_look_at == 2);
    ck_assert_str_eq(got.name, "ごみ箱");
    LOOKUP(bk_state_lookup_folder(reader, 2, "INBOX", &got, &error), BK_ABSENT);
}
END_TEST

START_TEST(clock_on_record)
{
    static const struct {
        int64_t now;
        bool run_completed, reset;
        int64_t want_newest, want_run;
    } rows[] = {
        {100, false, false, 100, 0},   {200, true, false, 200, 200},  {150, true, false, 200, 200},
        {300, false, false, 300, 200}, {299, false, false, 300, 200}, {50, false, true, 50, 50},
        {60, true, false, 60, 60},
    };
    int64_t newest, run;

    LOOKUP(bk_state_lookup_clock(reader, &newest, &run, &error), BK_ABSENT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        OK(bk_state_put_clock(writer, rows[i].now, rows[i].run_completed, rows[i].reset, &error));
        LOOKUP(bk_state_lookup_clock(reader, &newest, &run, &error), BK_FOUND);
        ck_assert_msg(newest == rows[i].want_newest && run == rows[i].want_run,
                      "row %zu: got %lld %lld", i, (long long)newest, (long long)run);
    }
}
END_TEST

START_TEST(activity_and_deletion)
{
    struct bk_state_activity got;
    struct bk_state_folder folder = {"INBOX", BK_STATE_INBOX, 1, 1};
    int64_t limit;

    LOOKUP(bk_state_lookup_activity(reader, 1, &got, &error), BK_ABSENT);
    OK(bk_state_put_activity(writer, 1, &(struct bk_state_activity){.last_login_at = 10}, &error));
    OK(bk_state_put_activity(writer, 1, &(struct bk_state_activity){.last_delivery_at = 20},
                             &error));
    OK(bk_state_put_activity(writer, 1, &(struct bk_state_activity){5, 5}, &error));
    LOOKUP(bk_state_lookup_activity(reader, 1, &got, &error), BK_FOUND);
    ck_assert(got.last_login_at == 10 && got.last_delivery_at == 20);
    OK(bk_state_put_usage(writer, 1, &some, 1, &error));
    OK(bk_state_put_usage(writer, 2, &some, 1, &error));
    OK(bk_state_put_user(writer, 1, "a@d", &error));
    OK(bk_state_put_folder(writer, 1, &folder, &error));
    OK(bk_state_put_account_run(writer, 1, 5, &error));
    OK(bk_state_delete_account(writer, 1, &error));
    LOOKUP(bk_state_lookup_activity(reader, 1, &got, &error), BK_ABSENT);
    LOOKUP(bk_state_lookup_limit(reader, "a@d", &limit, &error), BK_ABSENT);
    LOOKUP(bk_state_lookup_folder(reader, 1, "INBOX", &folder, &error), BK_ABSENT);
    LOOKUP(usage_of(1), BK_ABSENT);
    LOOKUP(usage_of(2), BK_FOUND);
}
END_TEST

/* ---- lost and found ---- */

START_TEST(removed_under_writer_and_reader)
{
    OK(bk_state_put_usage(writer, 1, &some, 1, &error));
    OK(bk_state_refresh(reader, 1, &error));
    LOOKUP(usage_of(1), BK_FOUND);
    fixture_shell("rm %s", fixture.state_path); /* its -wal stays, with the old rows */
    FAILS(bk_state_refresh(reader, 2, &error), BK_ERROR_CONFIGURATION);
    LOOKUP(usage_of(1), BK_FAILED);
    OK(bk_state_put_usage(writer, 2, &some, 1, &error));
    FAILS(bk_state_refresh(reader, 2, &error), BK_ERROR_TRY_AGAIN);
    OK(bk_state_refresh(reader, 3, &error));
    LOOKUP(usage_of(1), BK_ABSENT);
    LOOKUP(usage_of(2), BK_FOUND);
}
END_TEST

START_TEST(whole_folder_emptied)
{
    struct stat made;

    fixture_shell("rm %s/state/*", fixture.folder);
    OK(bk_state_refresh(writer, 1, &error));
    OK(bk_state_put_usage(writer, 2, &some, 1, &error));
    OK(bk_state_refresh(reader, 1, &error));
    LOOKUP(usage_of(2), BK_FOUND);
    ck_assert_int_eq(stat(fixture.state_path, &made), 0);
    ck_assert_int_eq(made.st_mode & 07777, 0640);
    ck_assert_uint_eq(made.st_gid, fixture.boxkeeper_gid); /* from the folder */
}
END_TEST

/* Written over in place, as a bad disk or a bad hand would. */
static void overwrite(const char *path, size_t bytes)
{
    char rubbish[64 * 1024];
    int file = open(path, O_WRONLY);

    memset(rubbish, 'x', sizeof(rubbish));
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, rubbish, bytes), (ssize_t)bytes);
    (void)close(file);
}

static void damage_in_another_process(void)
{
    char wal[200];

    snprintf(wal, sizeof(wal), "%s-wal", fixture.state_path);
    overwrite(fixture.state_path, 60 * 1024);
    if (truncate(wal, 0) != 0)
        _exit(1);
    fixture_ready();
}

START_TEST(damaged_under_writer_and_reader)
{
    struct fixture_child child;
    struct bk_state *session;

    OK(bk_state_put_usage(writer, 1, &some, 1, &error));
    /* Not by this process: closing the file here would drop SQLite's locks. */
    fixture_start(&child, damage_in_another_process);
    fixture_release(&child);
    /* The next session finds it, and everybody else follows. */
    session = bk_state_open_writer(fixture.state_path, &error);
    OK(session != NULL);
    OK(bk_state_put_usage(session, 3, &some, 1, &error));
    OK(bk_state_put_usage(writer, 4, &some, 1, &error));
    OK(bk_state_refresh(reader, 7, &error));
    LOOKUP(usage_of(1), BK_ABSENT);
    LOOKUP(usage_of(3), BK_FOUND);
    LOOKUP(usage_of(4), BK_FOUND);
    bk_state_close(&session);
}
END_TEST

static void empty_in_another_process(void)
{
    if (truncate(fixture.state_path, 0) != 0)
        _exit(1);
    fixture_ready();
}

START_TEST(emptied_under_writer)
{
    struct fixture_child child;

    bk_state_close(&writer);
    fixture_start(&child, empty_in_another_process);
    fixture_release(&child);
    writer = bk_state_open_writer(fixture.state_path, &error);
    OK(writer != NULL);
    OK(bk_state_put_usage(writer, 3, &some, 1, &error));
    OK(bk_state_refresh(reader, 7, &error));
    LOOKUP(usage_of(3), BK_FOUND);
}
END_TEST

START_TEST(not_there_yet)
{
    bk_state_close(&reader);
    bk_state_close(&writer);
    fixture_shell("rm -r %s/state", fixture.folder);
    reader = bk_state_open_reader(fixture.state_path, &error);
    ck_assert_ptr_nonnull(reader);
    LOOKUP(usage_of(1), BK_FAILED);
    FAILS((writer = bk_state_open_writer(fixture.state_path, &error)) != NULL, BK_ERROR_TRY_AGAIN);
    fixture_shell("mkdir %s/state", fixture.folder);
    writer = bk_state_open_writer(fixture.state_path, &error);
    OK(writer != NULL);
    OK(bk_state_refresh(reader, 1, &error));
    LOOKUP(usage_of(1), BK_ABSENT);
}
END_TEST

/* ---- many at once ---- */

/* False: somebody else was writing, on a slow disk for longer than mail may wait. */
static bool put_with_new_handle(int64_t account_id)
{
    struct bk_state *state = bk_state_open_writer(fixture.state_path, &error);
    bool is_put = state != NULL && bk_state_put_usage(state, account_id, &some, 1, &error);

    bk_state_close(&state);
    if (!is_put && error.kind != BK_ERROR_TRY_AGAIN) {
        fprintf(stderr, "%" PRId64 ": %s\n", account_id, error.text);
        _exit(1);
    }
    return is_put;
}

static int put_often(void *context)
{
    const int *first = context;

    int done = 0;

    for (int trials = 0; done < 60 && trials < 600; trials++)
        done += put_with_new_handle(*first + done);
    return done == 60 ? 0 : 1;
}

static void put_in_child(void)
{
    int first = 1000;

    fixture_ready();
    if (fixture_run_as(fixture.mail_uid, fixture.boxkeeper_gid, put_often, &first) != 0)
        _exit(1);
}

START_TEST(two_make_it_at_once)
{
    struct fixture_child child;
    int first = 2000;

    bk_state_close(&writer);
    fixture_shell("rm %s/state/*", fixture.folder);
    fixture_start(&child, put_in_child);
    (void)close(child.go_on);
    ck_assert_int_eq(fixture_run_as(fixture.mail_uid, fixture.boxkeeper_gid, put_often, &first), 0);
    ck_assert_int_eq(read(child.ready, &first, 1), 0); /* the other has ended */
    OK(bk_state_refresh(reader, 1, &error));
    for (int i = 0; i < 60; i++) {
        LOOKUP(usage_of(1000 + i), BK_FOUND);
        LOOKUP(usage_of(2000 + i), BK_FOUND);
    }
}
END_TEST

static void stay_in_transaction(void)
{
    sqlite3 *other;

    if (sqlite3_open(fixture.state_path, &other) != SQLITE_OK ||
        sqlite3_exec(other, "BEGIN IMMEDIATE; DELETE FROM usage", NULL, NULL, NULL) != SQLITE_OK)
        _exit(1);
    fixture_ready();
}

START_TEST(locked_and_then_killed)
{
    struct fixture_child child;

    OK(bk_state_put_usage(writer, 1, &some, 1, &error));
    fixture_start(&child, stay_in_transaction);
    FAILS(bk_state_put_usage(writer, 2, &some, 1, &error), BK_ERROR_TRY_AGAIN);
    LOOKUP(usage_of(1), BK_FOUND);
    fixture_kill(&child);
    LOOKUP(usage_of(1), BK_FOUND);
    OK(bk_state_put_usage(writer, 2, &some, 1, &error));
}
END_TEST

/* The daemon's view: in the group, may write nothing. */
static int ask_as_daemon(void *context)
{
    struct bk_state *state = bk_state_open_reader(fixture.state_path, &error);
    struct bk_usage usage;
    int64_t limit;

    (void)context;
    return (int)bk_state_lookup_usage(state, 1, &usage, &limit, &error);
}

START_TEST(daemon_reads_what_the_mail_user_writes)
{
    if (geteuid() != 0)
        return;
    OK(bk_state_put_usage(writer, 1, &some, 1, &error));
    ck_assert_int_eq(
        fixture_run_as(fixture.boxkeeper_uid, fixture.boxkeeper_gid, ask_as_daemon, NULL),
        BK_FOUND);
    bk_state_close(&writer);
    ck_assert_int_eq(
        fixture_run_as(fixture.boxkeeper_uid, fixture.boxkeeper_gid, ask_as_daemon, NULL),
        BK_FOUND);
    ck_assert_int_eq(fixture_run_as(65534, 65534, ask_as_daemon, NULL), BK_FAILED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_state");
    TCase *state = tcase_create("state");

    tcase_add_checked_fixture(state, setup, teardown);
    tcase_set_timeout(state, 60);
    tcase_add_test(state, usage_and_limit);
    tcase_add_test(state, newer_usage);
    tcase_add_test(state, numbers_rise_though_the_file_is_lost);
    tcase_add_test(state, kept_usage_is_never_old);
    tcase_add_test(state, kept_usage_is_used);
    tcase_add_test(state, kept_usage_after_very_many_reports);
    tcase_add_test(state, kept_usage_of_a_file_that_is_lost);
    tcase_add_test(state, limit_by_user);
    tcase_add_test(state, folders);
    tcase_add_test(state, clock_on_record);
    tcase_add_test(state, activity_and_deletion);
    tcase_add_test(state, removed_under_writer_and_reader);
    tcase_add_test(state, whole_folder_emptied);
    tcase_add_test(state, damaged_under_writer_and_reader);
    tcase_add_test(state, emptied_under_writer);
    tcase_add_test(state, not_there_yet);
    tcase_add_test(state, two_make_it_at_once);
    tcase_add_test(state, locked_and_then_killed);
    tcase_add_test(state, daemon_reads_what_the_mail_user_writes);
    suite_add_tcase(suite, state);
    return fixture_main(suite);
}
