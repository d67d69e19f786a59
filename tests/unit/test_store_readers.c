/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What a reader sees that may write neither file nor folder, while writers come, go and are killed,
 * and while somebody replaces the file.
 */
#include "store_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STRANGER 65534

static const char address[] = "taro@d.example";

/* What a stranger of the group gets: 0 found, 1 absent, 2 failed, 3 can't open. */
static int ask(void *context)
{
    struct bk_settings *settings = bk_settings_open_reader(fixture.settings_path, &error);
    const struct bk_account *account;
    struct bk_arena *arena = bk_arena_create();
    enum bk_lookup found = BK_FAILED;

    (void)context;
    if (settings == NULL)
        return 3;
    if (access(fixture.settings_path, W_OK) == 0 && geteuid() == STRANGER)
        return 4;
    found = bk_settings_lookup_address(settings, arena, address, &account, &error);
    bk_settings_close(&settings);
    bk_arena_destroy(&arena);
    return found == BK_FOUND ? 0 : found == BK_ABSENT ? 1 : 2;
}

static int ask_as_stranger(void)
{
    return fixture_run_as(STRANGER, fixture.boxkeeper_gid, ask, NULL);
}

static void add_account(const char *name)
{
    struct bk_settings *settings = bk_settings_open_writer(fixture.settings_path, &error);
    struct bk_arena *arena = bk_arena_create();
    const struct bk_domain *domain;

    OK(settings != NULL);
    if (bk_settings_lookup_domain(settings, arena, "d.example", &domain, &error) == BK_ABSENT)
        domain = fixture_add_domain(settings, arena, "d.example", "open");
    (void)fixture_add_account(settings, domain, name);
    bk_arena_destroy(&arena);
    bk_settings_close(&settings);
}

static bool file_exists(const char *ending)
{
    char path[200];

    snprintf(path, sizeof(path), "%s%s", fixture.settings_path, ending);
    return access(path, F_OK) == 0;
}

/* ---- the rows of FACTS, "Reader without write permission" ---- */

static void hold_writer_open(void)
{
    struct bk_settings *settings = bk_settings_open_writer(fixture.settings_path, &error);

    if (settings == NULL)
        _exit(1);
    fixture_ready();
    bk_settings_close(&settings);
}

static void stay_in_transaction(void)
{
    struct bk_settings *settings = bk_settings_open_writer(fixture.settings_path, &error);

    if (settings == NULL || !bk_settings_begin_write(settings, &error) ||
        !bk_settings_put_server_value(settings, "mail_root", "/half/done", &error))
        _exit(1);
    fixture_ready();
}

START_TEST(writer_connected)
{
    struct fixture_child writer;

    add_account("taro");
    fixture_start(&writer, hold_writer_open);
    ck_assert_int_eq(ask_as_stranger(), 0);
    fixture_release(&writer);
}
END_TEST

START_TEST(writer_closed)
{
    add_account("taro");
    ck_assert(file_exists("-wal"));
    ck_assert(file_exists("-shm"));
    ck_assert_int_eq(ask_as_stranger(), 0);
}
END_TEST

START_TEST(writer_killed)
{
    struct fixture_child writer;

    add_account("taro");
    fixture_start(&writer, hold_writer_open);
    fixture_kill(&writer);
    ck_assert_int_eq(ask_as_stranger(), 0);
}
END_TEST

START_TEST(writer_killed_in_transaction)
{
    struct bk_settings *settings;
    struct bk_arena *arena = bk_arena_create();
    struct fixture_child writer;
    const char *value = "";

    add_account("taro");
    fixture_start(&writer, stay_in_transaction);
    ck_assert_int_eq(ask_as_stranger(), 0);
    fixture_kill(&writer);
    ck_assert_int_eq(ask_as_stranger(), 0);
    settings = bk_settings_open_reader(fixture.settings_path, &error);
    OK(settings != NULL);
    LOOKUP(bk_settings_server_value(settings, arena, "mail_root", &value, &error), BK_FOUND);
    ck_assert_str_ne(value, "/half/done");
    bk_settings_close(&settings);
    add_account("jiro");
    ck_assert_int_eq(ask_as_stranger(), 0);
    bk_arena_destroy(&arena);
}
END_TEST

/* Not FOUND, and above all not ABSENT; the next writer makes the files anew. */
START_TEST(files_removed)
{
    add_account("taro");
    fixture_shell("rm %s-wal %s-shm", fixture.settings_path, fixture.settings_path);
    ck_assert_int_ge(ask_as_stranger(), 2);
    add_account("jiro");
    ck_assert_int_eq(ask_as_stranger(), 0);
}
END_TEST

START_TEST(closed_by_another_program)
{
    sqlite3 *shell;

    add_account("taro");
    ck_assert_int_eq(sqlite3_open(fixture.settings_path, &shell), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(shell, "UPDATE counters SET value = value", NULL, NULL, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(shell), SQLITE_OK);
    ck_assert(!file_exists("-wal"));
    ck_assert_int_ge(ask_as_stranger(), 2);
    OK(bk_databases_migrate(fixture.settings_path, NULL, 0, &error));
    ck_assert_int_eq(ask_as_stranger(), 0);
}
END_TEST

/* credentials.db: the writer that comes next rolls back what a killed one left. */
static void stay_in_credentials(void)
{
    struct bk_credentials *credentials = bk_credentials_open(fixture.credentials_path, &error);
    const struct bk_credential credential = {
        .account_id = 1, .login = "half", .primary_address = "half", .home = "/half"};

    if (credentials == NULL || !bk_credentials_begin(credentials, &error) ||
        !bk_credentials_put(credentials, &credential, &error))
        _exit(1);
    fixture_ready();
}

START_TEST(rollback_journal_killed)
{
    const struct bk_credential *credential;
    struct bk_credentials *credentials;
    struct bk_arena *arena = bk_arena_create();
    struct fixture_child writer;

    fixture_start(&writer, stay_in_credentials);
    fixture_kill(&writer);
    credentials = bk_credentials_open(fixture.credentials_path, &error);
    OK(credentials != NULL);
    LOOKUP(bk_credentials_lookup(credentials, arena, 1, &credential, &error), BK_ABSENT);
    bk_credentials_close(&credentials);
    bk_arena_destroy(&arena);
}
END_TEST

/* ---- a stranger outside the group ---- */

START_TEST(others_read_nothing)
{
    add_account("taro");
    ck_assert_int_eq(fixture_run_as(STRANGER, 65534, ask, NULL), 3);
}
END_TEST

static int can_read(void *path)
{
    return access(path, R_OK) == 0 ? 0 : 1;
}

START_TEST(secrets_are_closed_to_the_group)
{
    ck_assert_int_eq(
        fixture_run_as(STRANGER, fixture.boxkeeper_gid, can_read, fixture.credentials_path), 1);
    ck_assert_int_eq(fixture_run_as(STRANGER, fixture.boxkeeper_gid, can_read, fixture.limits_path),
                     1);
    ck_assert_int_eq(
        fixture_run_as(fixture.mail_uid, fixture.boxkeeper_gid, can_read, fixture.credentials_path),
        1);
}
END_TEST

/* ---- a long life ---- */

START_TEST(replaced_file_is_noticed)
{
    struct bk_settings *reader;
    const struct bk_account *account;
    struct bk_arena *arena = bk_arena_create();

    fixture_shell("cp -p %s %s.old", fixture.settings_path, fixture.settings_path);
    add_account("taro");
    reader = bk_settings_open_reader(fixture.settings_path, &error);
    OK(reader != NULL);
    OK(bk_settings_refresh(reader, 1, &error));
    LOOKUP(bk_settings_lookup_address(reader, arena, address, &account, &error), BK_FOUND);
    fixture_shell("mv %s.old %s && rm %s-wal %s-shm", fixture.settings_path, fixture.settings_path,
                  fixture.settings_path, fixture.settings_path);
    OK(bk_settings_refresh(reader, 1, &error)); /* the same second: not looked at */
    LOOKUP(bk_settings_lookup_address(reader, arena, address, &account, &error), BK_FOUND);
    OK(bk_databases_migrate(fixture.settings_path, NULL, 0, &error));
    OK(bk_settings_refresh(reader, 2, &error));
    LOOKUP(bk_settings_lookup_address(reader, arena, address, &account, &error), BK_ABSENT);
    bk_settings_close(&reader);
    bk_arena_destroy(&arena);
}
END_TEST

START_TEST(change_is_noticed)
{
    struct bk_settings_version version = {0};
    struct bk_settings *reader;

    add_account("taro");
    reader = bk_settings_open_reader(fixture.settings_path, &error);
    OK(reader != NULL);
    ck_assert(bk_settings_has_changed(reader, &version));
    ck_assert(!bk_settings_has_changed(reader, &version));
    add_account("hanako");
    ck_assert(bk_settings_has_changed(reader, &version));
    ck_assert(!bk_settings_has_changed(reader, &version));
    /* Another file, though with the same sequence. */
    fixture_shell("cd %s/settings && mkdir ../copy && cp -p * ../copy && mv ../copy/* .",
                  fixture.folder);
    OK(bk_settings_refresh(reader, 1, &error));
    ck_assert(bk_settings_has_changed(reader, &version));
    ck_assert(!bk_settings_has_changed(reader, &version));
    /* What can't be read may have been changed. */
    fixture_shell("rm %s*", fixture.settings_path);
    FAILS(bk_settings_refresh(reader, 2, &error), BK_ERROR_CONFIGURATION);
    ck_assert(bk_settings_has_changed(reader, &version));
    ck_assert(bk_settings_has_changed(reader, &version));
    bk_settings_close(&reader);
}
END_TEST

START_TEST(removed_file_fails_until_it_is_back)
{
    struct bk_settings *reader;
    const struct bk_account *account;
    struct bk_arena *arena = bk_arena_create();

    add_account("taro");
    reader = bk_settings_open_reader(fixture.settings_path, &error);
    OK(reader != NULL);
    fixture_shell("mkdir %s/away && mv %s* %s/away", fixture.folder, fixture.settings_path,
                  fixture.folder);
    FAILS(bk_settings_refresh(reader, 10, &error), BK_ERROR_CONFIGURATION);
    LOOKUP(bk_settings_lookup_address(reader, arena, address, &account, &error), BK_FAILED);
    FAILS(bk_settings_begin_read(reader, &error), BK_ERROR_TRY_AGAIN);
    fixture_shell("mv %s/away/* %s/settings", fixture.folder, fixture.folder);
    OK(bk_settings_refresh(reader, 10, &error)); /* the same second: what has failed is looked at */
    LOOKUP(bk_settings_lookup_address(reader, arena, address, &account, &error), BK_FOUND);
    bk_settings_close(&reader);
    bk_arena_destroy(&arena);
}
END_TEST

START_TEST(sequence_going_backwards)
{
    struct bk_settings *reader;
    int64_t sequence;

    add_account("taro");
    reader = bk_settings_open_reader(fixture.settings_path, &error);
    OK(reader != NULL);
    OK(bk_settings_refresh(reader, 1, &error));
    fixture_sql(fixture.settings_path,
                "UPDATE counters SET value = 1 WHERE name = 'change_sequence'");
    OK(bk_settings_refresh(reader, 2, &error));
    LOOKUP(bk_settings_change_sequence(reader, &sequence, &error), BK_FOUND);
    ck_assert_int_eq(sequence, 1);
    bk_settings_close(&reader);
}
END_TEST

START_TEST(snapshot_holds_still)
{
    struct bk_settings *reader = bk_settings_open_reader(fixture.settings_path, &error);
    const struct bk_account *account;
    struct bk_arena *arena = bk_arena_create();

    OK(reader != NULL);
    OK(bk_settings_begin_read(reader, &error));
    add_account("taro");
    LOOKUP(bk_settings_lookup_address(reader, arena, address, &account, &error), BK_ABSENT);
    bk_settings_end_read(reader);
    LOOKUP(bk_settings_lookup_address(reader, arena, address, &account, &error), BK_FOUND);
    bk_settings_close(&reader);
    bk_arena_destroy(&arena);
}
END_TEST

/* ---- readers among writers that come, go and are killed ---- */

static int ask_often(void *context)
{
    const struct bk_account *account;
    struct bk_arena *arena = bk_arena_create();

    for (int i = 0; i < *(int *)context; i++) {
        struct bk_settings *settings = bk_settings_open_reader(fixture.settings_path, &error);

        if (settings == NULL) {
            fprintf(stderr, "open %d: %s\n", i, error.text);
            return 3;
        }
        for (int k = 0; k < 20; k++) {
            if (bk_settings_lookup_address(settings, arena, address, &account, &error) !=
                BK_FOUND) {
                fprintf(stderr, "look-up %d: %s\n", i, error.text);
                return 2;
            }
            bk_arena_clear(arena);
        }
        bk_settings_close(&settings);
    }
    bk_arena_destroy(&arena);
    return 0;
}

static void write_for_ever(void)
{
    fixture_ready();
    for (;;) {
        struct bk_settings *settings = bk_settings_open_writer(fixture.settings_path, &error);

        if (settings == NULL || !bk_settings_begin_write(settings, &error) ||
            !bk_settings_put_server_value(settings, "mail_root", "/srv/mail", &error) ||
            !bk_settings_commit(settings, &error))
            _exit(1);
        bk_settings_close(&settings);
    }
}

START_TEST(reading_while_writers_come_and_go)
{
    struct fixture_child writers[2];
    int rounds = 300;

    add_account("taro");
    for (int i = 0; i < 2; i++) {
        fixture_start(&writers[i], write_for_ever);
        (void)close(writers[i].go_on);
    }
    ck_assert_int_eq(fixture_run_as(STRANGER, fixture.boxkeeper_gid, ask_often, &rounds), 0);
    /* A writer that dies within the few instructions in which it changes the WAL's index leaves it
     * to the next writer: until then readers fail (mail is deferred). Never is anything absent. */
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(kill(writers[i].pid, SIGKILL), 0);
        ck_assert_int_ne(ask_as_stranger(), 1);
    }
    add_account("hana");
    ck_assert_int_eq(ask_as_stranger(), 0);
}
END_TEST

/*
 * A reader that may write nothing can't mend the WAL's index (SQLITE_READONLY_RECOVERY); it waits
 * for a writer to do that. This one spoils it and mends it again and again.
 */
static void spoil_and_mend(void)
{
    struct bk_settings *settings = bk_settings_open_writer(fixture.settings_path, &error);
    const char zeros[136] = {0}; /* both copies of the index's header */
    char path[200];
    int index;

    snprintf(path, sizeof(path), "%s-shm", fixture.settings_path);
    index = open(path, O_WRONLY); /* never closed: that would drop SQLite's locks */
    if (settings == NULL || index < 0)
        _exit(1);
    fixture_ready();
    for (;;)
        if (pwrite(index, zeros, sizeof(zeros), 0) != (ssize_t)sizeof(zeros) ||
            !bk_settings_begin_write(settings, &error) || !bk_settings_commit(settings, &error))
            _exit(1);
}

START_TEST(waiting_for_the_index)
{
    struct fixture_child writer;
    int rounds = 20;

    add_account("taro");
    fixture_start(&writer, spoil_and_mend);
    (void)close(writer.go_on);
    ck_assert_int_eq(fixture_run_as(STRANGER, fixture.boxkeeper_gid, ask_often, &rounds), 0);
    ck_assert_int_eq(kill(writer.pid, SIGKILL), 0);
}
END_TEST

/* ---- two writers ---- */

static void hold_transaction(void)
{
    struct bk_settings *settings = bk_settings_open_writer(fixture.settings_path, &error);

    if (settings == NULL || !bk_settings_begin_write(settings, &error) ||
        !bk_settings_put_server_value(settings, "mail_root", "/first", &error))
        _exit(1);
    fixture_ready();
    if (!bk_settings_commit(settings, &error))
        _exit(2);
    bk_settings_close(&settings);
}

START_TEST(second_writer_waits)
{
    struct fixture_child first;
    struct bk_settings *second;
    struct bk_arena *arena = bk_arena_create();
    const char *value;
    int64_t before, after;

    fixture_start(&first, hold_transaction);
    second = bk_settings_open_writer(fixture.settings_path, &error);
    OK(second != NULL);
    LOOKUP(bk_settings_change_sequence(second, &before, &error), BK_FOUND);
    (void)close(first.go_on); /* commits while we wait */
    OK(bk_settings_begin_write(second, &error));
    LOOKUP(bk_settings_server_value(second, arena, "mail_root", &value, &error), BK_FOUND);
    ck_assert_str_eq(value, "/first");
    LOOKUP(bk_settings_change_sequence(second, &after, &error), BK_FOUND);
    ck_assert_int_eq(after, before + 2);
    OK(bk_settings_commit(second, &error));
    bk_settings_close(&second);
    bk_arena_destroy(&arena);
}
END_TEST

/* ---- locked is never "not there" ---- */

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

START_TEST(locked_out_is_failed_in_time)
{
    struct bk_settings *reader;
    const struct bk_account *account;
    struct bk_arena *arena = bk_arena_create();
    sqlite3 *other;
    double began;

    add_account("taro");
    reader = bk_settings_open_reader(fixture.settings_path, &error);
    OK(reader != NULL);
    ck_assert_int_eq(sqlite3_open(fixture.settings_path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL),
                     SQLITE_OK);
    bk_settings_close(&reader);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    began = seconds();
    reader = bk_settings_open_reader(fixture.settings_path, &error);
    ck_assert_ptr_null(reader);
    ck_assert_int_eq(error.kind, BK_ERROR_TRY_AGAIN);
    ck_assert_msg(seconds() - began < 2, "took %.1f s", seconds() - began);
    ck_assert_int_eq(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(other), SQLITE_OK);
    OK(bk_databases_migrate(fixture.settings_path, NULL, 0, &error));
    reader = bk_settings_open_reader(fixture.settings_path, &error);
    OK(reader != NULL);
    LOOKUP(bk_settings_lookup_address(reader, arena, address, &account, &error), BK_FOUND);
    bk_settings_close(&reader);
    bk_arena_destroy(&arena);
}
END_TEST

START_TEST(damaged_file_is_failed)
{
    add_account("taro");
    fixture_shell("rm %s-wal %s-shm && dd if=/dev/zero of=%s bs=4096 count=200 conv=notrunc "
                  "2>/dev/null",
                  fixture.settings_path, fixture.settings_path, fixture.settings_path);
    ck_assert_int_ge(ask_as_stranger(), 2);
    FAILS(bk_settings_open_reader(fixture.settings_path, &error) != NULL, BK_ERROR_CONFIGURATION);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_readers");
    TCase *rows = tcase_create("without write permission"), *life = tcase_create("long life");

    tcase_add_checked_fixture(rows, fixture_setup, fixture_teardown);
    tcase_add_test(rows, writer_connected);
    tcase_add_test(rows, writer_closed);
    tcase_add_test(rows, writer_killed);
    tcase_add_test(rows, writer_killed_in_transaction);
    tcase_add_test(rows, files_removed);
    tcase_add_test(rows, closed_by_another_program);
    tcase_add_test(rows, rollback_journal_killed);
    tcase_add_test(rows, others_read_nothing);
    tcase_add_test(rows, secrets_are_closed_to_the_group);
    if (geteuid() == 0) /* nobody else can become a stranger */
        suite_add_tcase(suite, rows);
    tcase_add_checked_fixture(life, fixture_setup, fixture_teardown);
    tcase_set_timeout(life, 60);
    tcase_add_test(life, replaced_file_is_noticed);
    tcase_add_test(life, change_is_noticed);
    tcase_add_test(life, removed_file_fails_until_it_is_back);
    tcase_add_test(life, sequence_going_backwards);
    tcase_add_test(life, snapshot_holds_still);
    tcase_add_test(life, reading_while_writers_come_and_go);
    tcase_add_test(life, waiting_for_the_index);
    tcase_add_test(life, second_writer_waits);
    tcase_add_test(life, locked_out_is_failed_in_time);
    tcase_add_test(life, damaged_file_is_failed);
    suite_add_tcase(suite, life);
    return fixture_main(suite);
}
