/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Backups come back whole or not at all, and nobody's handle notices. */
#include "store_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h> // flock
#include <sys/stat.h>
#include <unistd.h>

static struct bk_arena *arena;
static const struct bk_domain *domain;
static char backup[128];

static void put_credential(int64_t account_id, const char *login)
{
    struct bk_credentials *credentials = bk_credentials_open(fixture.credentials_path, &error);
    const struct bk_credential credential = {.account_id = account_id,
                                             .login = login,
                                             .primary_address = login,
                                             .home = "/old/home",
                                             .uid = 1,
                                             .gid = 2};

    OK(credentials != NULL);
    OK(bk_credentials_put(credentials, &credential, &error));
    OK(bk_credentials_set_hash(credentials, account_id, "$y$hash", &error));
    bk_credentials_close(&credentials);
}

static int64_t add_account(const char *name)
{
    struct bk_settings *settings = bk_settings_open_writer(fixture.settings_path, &error);
    const char *login;
    int64_t id;

    OK(settings != NULL);
    id = fixture_add_account(settings, domain, name);
    login = bk_arena_printf(arena, "%s@d.example", name);
    bk_settings_close(&settings);
    put_credential(id, login);
    return id;
}

static void setup(void)
{
    struct bk_settings *settings;

    fixture_setup();
    arena = bk_arena_create();
    snprintf(backup, sizeof(backup), "%s/backup", fixture.folder);
    settings = bk_settings_open_writer(fixture.settings_path, &error);
    OK(settings != NULL);
    domain = fixture_add_domain(settings, arena, "d.example", "open");
    bk_settings_close(&settings);
    (void)add_account("taro");
}

static void teardown(void)
{
    bk_arena_destroy(&arena);
    fixture_teardown();
}

static enum bk_lookup known_to_settings(struct bk_settings *settings, const char *name)
{
    const struct bk_account *account;
    const char *address = bk_arena_printf(arena, "%s@d.example", name);

    return bk_settings_lookup_address(settings, arena, address, &account, &error);
}

static bool find_login(void *context, const struct bk_credential *credential)
{
    const char **wanted = context;

    if (strcmp(credential->login, *wanted) == 0)
        *wanted = NULL;
    return *wanted != NULL;
}

static bool known_to_credentials(const char *name)
{
    struct bk_credentials *credentials = bk_credentials_open(fixture.credentials_path, &error);
    const char *wanted = bk_arena_printf(arena, "%s@d.example", name);

    OK(credentials != NULL);
    (void)bk_credentials_list(credentials, find_login, &wanted, &error);
    bk_credentials_close(&credentials);
    return wanted == NULL;
}

static int64_t sequence_now(void)
{
    struct bk_settings *settings = bk_settings_open_reader(fixture.settings_path, &error);
    int64_t sequence = 0;

    OK(settings != NULL);
    LOOKUP(bk_settings_change_sequence(settings, &sequence, &error), BK_FOUND);
    bk_settings_close(&settings);
    return sequence;
}

/* ---- backup ---- */

START_TEST(backup_is_a_pair_of_plain_files)
{
    static const char *const names[] = {"settings.db", "credentials.db", "state.db", "limits.db"};
    struct stat now;

    OK(bk_databases_backup(fixture.settings_path, backup, &error));
    ck_assert_int_eq(stat(backup, &now), 0);
    ck_assert_int_eq(now.st_mode & 07777, 0700);
    for (int i = 0; i < 4; i++) {
        const char *path = bk_arena_printf(arena, "%s/%s", backup, names[i]);

        ck_assert_int_eq(stat(path, &now), 0);
        ck_assert_int_eq(now.st_mode & 07777, 0600);
        ck_assert_int_gt(now.st_size, 4096);
    }
    fixture_shell("test $(ls %s | wc -l) = 4", backup); /* no WAL, no parts */
    FAILS(bk_databases_backup(fixture.settings_path, backup, &error), BK_ERROR_EXISTS);
}
END_TEST

START_TEST(backup_without_the_caches)
{
    fixture_shell("rm %s/state/* %s/limits/*", fixture.folder, fixture.folder);
    OK(bk_databases_backup(fixture.settings_path, backup, &error));
    fixture_shell("test $(ls %s | wc -l) = 2", backup);
}
END_TEST

START_TEST(backup_without_credentials_is_none)
{
    fixture_shell("rm %s", fixture.credentials_path);
    FAILS(bk_databases_backup(fixture.settings_path, backup, &error), BK_ERROR_CONFIGURATION);
    fixture_shell("test ! -e %s/settings.db", backup);
    FAILS(bk_databases_restore(fixture.settings_path, backup, &error), BK_ERROR_VALUE);
}
END_TEST

static void hold_transaction(void)
{
    struct bk_settings *settings = bk_settings_open_writer(fixture.settings_path, &error);

    if (settings == NULL || !bk_settings_begin_write(settings, &error) ||
        !bk_settings_put_server_value(settings, "socket_directory", "/last/moment", &error))
        _exit(1);
    fixture_ready();
    if (!bk_settings_commit(settings, &error))
        _exit(1);
    bk_settings_close(&settings);
}

START_TEST(backup_waits_for_a_command)
{
    struct fixture_child command;
    sqlite3_stmt *statement;
    sqlite3 *copy;

    fixture_start(&command, hold_transaction);
    (void)close(command.go_on); /* it commits while the backup waits */
    OK(bk_databases_backup(fixture.settings_path, backup, &error));
    ck_assert_int_eq(sqlite3_open(bk_arena_printf(arena, "%s/settings.db", backup), &copy),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(copy,
                                        "SELECT value FROM server WHERE name = 'socket_directory'",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(statement, 0), "/last/moment");
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(copy);
}
END_TEST

static void hold_command_lock(void)
{
    int folder = open(bk_arena_printf(arena, "%s/credentials", fixture.folder), O_RDONLY);

    if (folder < 0 || flock(folder, LOCK_EX) != 0)
        _exit(1);
    fixture_ready();
    put_credential(9, "late");
}

/* Between the two databases' changes of one command there is no backup. */
START_TEST(backup_waits_for_both_halves)
{
    struct fixture_child command;
    sqlite3_stmt *statement;
    sqlite3 *copy;

    fixture_start(&command, hold_command_lock);
    (void)close(command.go_on);
    OK(bk_databases_backup(fixture.settings_path, backup, &error));
    ck_assert_int_eq(sqlite3_open(bk_arena_printf(arena, "%s/credentials.db", backup), &copy),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(copy, "SELECT 1 FROM credentials WHERE login = 'late'", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(copy);
}
END_TEST

/* ---- restore ---- */

START_TEST(restored_under_an_open_reader)
{
    struct bk_settings *reader = bk_settings_open_reader(fixture.settings_path, &error);
    int64_t last_id, last_sequence, sequence;

    OK(reader != NULL);
    OK(bk_settings_refresh(reader, 1, &error));
    OK(bk_databases_backup(fixture.settings_path, backup, &error));
    last_id = add_account("jiro");
    last_sequence = sequence_now();
    OK(bk_settings_refresh(reader, 2, &error));
    LOOKUP(known_to_settings(reader, "jiro"), BK_FOUND);
    OK(bk_databases_restore(fixture.settings_path, backup, &error));
    LOOKUP(known_to_settings(reader, "jiro"), BK_ABSENT);
    LOOKUP(known_to_settings(reader, "taro"), BK_FOUND);
    LOOKUP(bk_settings_change_sequence(reader, &sequence, &error), BK_FOUND);
    ck_assert_int_gt(sequence, last_sequence);
    OK(bk_settings_refresh(reader, 3, &error));
    ck_assert(known_to_credentials("taro"));
    ck_assert(!known_to_credentials("jiro"));
    ck_assert_int_gt(add_account("jiro"), last_id);
    LOOKUP(known_to_settings(reader, "jiro"), BK_FOUND);
    bk_settings_close(&reader);
    fixture_shell("test -z \"$(ls %s/settings %s/credentials | grep -e -restore -e -before)\"",
                  fixture.folder, fixture.folder);
}
END_TEST

/* A machine with other paths and another mail user gets the accounts, not the paths. */
START_TEST(fitted_to_this_machine)
{
    const struct bk_credential *credential;
    struct bk_credentials *credentials;
    char value[200];
    const char *const values[] = {value}, *got;
    struct bk_settings *settings;

    OK(bk_databases_backup(fixture.settings_path, backup, &error));
    snprintf(value, sizeof(value), "mail_root=%s/elsewhere", fixture.folder);
    OK(bk_databases_migrate(fixture.settings_path, values, 1, &error));
    OK(bk_databases_restore(fixture.settings_path, backup, &error));
    settings = bk_settings_open_reader(fixture.settings_path, &error);
    OK(settings != NULL);
    LOOKUP(bk_settings_server_value(settings, arena, "mail_root", &got, &error), BK_FOUND);
    ck_assert_str_eq(got, value + strlen("mail_root="));
    bk_settings_close(&settings);
    credentials = bk_credentials_open(fixture.credentials_path, &error);
    OK(credentials != NULL);
    LOOKUP(bk_credentials_lookup(credentials, arena, 1, &credential, &error), BK_FOUND);
    ck_assert_str_eq(credential->home, bk_arena_printf(arena, "%s/elsewhere/1", fixture.folder));
    ck_assert_int_eq(credential->uid, (int64_t)fixture.mail_uid);
    ck_assert_str_eq(credential->password_hash, "$y$hash");
    bk_credentials_close(&credentials);
}
END_TEST

/* settings.db is gone for good: ids given since the backup are known from what is left. */
START_TEST(after_the_loss_of_settings)
{
    OK(bk_databases_backup(fixture.settings_path, backup, &error));
    (void)add_account("jiro"); /* 2 */
    fixture_shell("mkdir %s/mail/41 %s/mail/x42 && rm %s/settings/*", fixture.folder,
                  fixture.folder, fixture.folder);
    if (geteuid() != 0)
        return;
    OK(bk_databases_migrate(fixture.settings_path,
                            (const char *const[]){"mail_user=mail", "mail_group=mail",
                                                  "boxkeeper_user=daemon",
                                                  "boxkeeper_group=daemon"},
                            4, &error));
    OK(bk_databases_restore(fixture.settings_path, backup, &error));
    ck_assert_int_eq(add_account("saburo"), 42);
}
END_TEST

/* ---- refused, and then nothing has changed ---- */

static void damage(const char *name)
{
    fixture_shell("dd if=/dev/zero of=%s/%s bs=4096 seek=2 count=1 conv=notrunc 2>/dev/null",
                  backup, name);
}

static void spoil(int how)
{
    switch (how) {
    case 0:
        fixture_shell("rm %s/credentials.db", backup);
        break;
    case 1:
        fixture_shell("rm %s/settings.db", backup);
        break;
    case 2:
        damage("settings.db");
        break;
    case 3:
        damage("credentials.db");
        break;
    case 4:
        fixture_shell("cd %s && mv settings.db s && mv credentials.db settings.db && "
                      "mv s credentials.db",
                      backup);
        break;
    case 5:
        fixture_shell("rm %s/credentials.db", backup);
        OK(bk_databases_backup(fixture.settings_path, bk_arena_printf(arena, "%s-2", backup),
                               &error));
        fixture_shell("cp %s-2/credentials.db %s", backup, backup);
        break;
    case 6:
        fixture_sql(bk_arena_printf(arena, "%s/settings.db", backup),
                    "UPDATE schema SET version = 1000, oldest_reader = 1000");
        break;
    case 7:
        fixture_sql(bk_arena_printf(arena, "%s/credentials.db", backup),
                    "UPDATE schema SET version = 1000, oldest_reader = 1000");
        break;
    default:
        fixture_sql(bk_arena_printf(arena, "%s/settings.db", backup),
                    "PRAGMA foreign_keys = 0; DELETE FROM domains");
    }
}

START_TEST(bad_backup_changes_nothing)
{
    struct bk_settings *reader = bk_settings_open_reader(fixture.settings_path, &error);
    int64_t sequence;

    OK(reader != NULL);
    OK(bk_databases_backup(fixture.settings_path, backup, &error));
    (void)add_account("jiro");
    sequence = sequence_now();
    spoil(_i);
    ck_assert(!bk_databases_restore(fixture.settings_path, backup, &error));
    ck_assert_msg(error.kind == BK_ERROR_VALUE || error.kind == BK_ERROR_CONFIGURATION,
                  "%d: got %d %s", _i, error.kind, error.text);
    ck_assert_int_eq(sequence_now(), sequence);
    LOOKUP(known_to_settings(reader, "jiro"), BK_FOUND);
    ck_assert(known_to_credentials("jiro"));
    fixture_shell("test -z \"$(ls %s/settings %s/credentials | grep -e -restore -e -before)\"",
                  fixture.folder, fixture.folder);
    bk_settings_close(&reader);
}
END_TEST

START_TEST(no_backup_there)
{
    FAILS(bk_databases_restore(fixture.settings_path, "/nowhere", &error), BK_ERROR_VALUE);
}
END_TEST

/* ---- killed ---- */

static int operations_left;

static int count_down(void *context)
{
    (void)context;
    if (--operations_left == 0)
        (void)raise(SIGKILL);
    return 0;
}

static int watch(sqlite3 *connection, char **message, const void *api)
{
    (void)message;
    (void)api;
    sqlite3_progress_handler(connection, 20, count_down, NULL);
    return SQLITE_OK;
}

static int restore_until_killed(void *context)
{
    operations_left = *(int *)context;
    sqlite3_auto_extension((void (*)(void))watch);
    return bk_databases_restore(fixture.settings_path, backup, &error) ? 0 : 1;
}

START_TEST(killed_while_restoring)
{
    struct bk_settings *reader = bk_settings_open_reader(fixture.settings_path, &error);
    int kills = 0;

    OK(reader != NULL);
    OK(bk_databases_backup(fixture.settings_path, backup, &error));
    for (int operations = 1;; operations += 1 + operations / 2) {
        int result;

        (void)add_account(bk_arena_printf(arena, "user%d", operations));
        result = fixture_run_as(geteuid(), getegid(), restore_until_killed, &operations);
        ck_assert_int_le(result, 0);
        LOOKUP(known_to_settings(reader, "taro"), BK_FOUND);
        ck_assert(known_to_credentials("taro"));
        if (result == 0)
            break;
        kills++;
        OK(bk_databases_restore(fixture.settings_path, backup, &error));
        LOOKUP(known_to_settings(reader, bk_arena_printf(arena, "user%d", operations)), BK_ABSENT);
        ck_assert(!known_to_credentials(bk_arena_printf(arena, "user%d", operations)));
    }
    ck_assert_int_gt(kills, 8);
    bk_settings_close(&reader);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_backup");
    TCase *all = tcase_create("backup"), *killed = tcase_create("killed");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 30);
    tcase_add_test(all, backup_is_a_pair_of_plain_files);
    tcase_add_test(all, backup_without_the_caches);
    tcase_add_test(all, backup_without_credentials_is_none);
    tcase_add_test(all, backup_waits_for_a_command);
    tcase_add_test(all, backup_waits_for_both_halves);
    tcase_add_test(all, restored_under_an_open_reader);
    tcase_add_test(all, fitted_to_this_machine);
    tcase_add_test(all, after_the_loss_of_settings);
    tcase_add_loop_test(all, bad_backup_changes_nothing, 0, 9);
    tcase_add_test(all, no_backup_there);
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(killed, setup, teardown);
    tcase_set_timeout(killed, 120);
    tcase_add_test(killed, killed_while_restoring);
    suite_add_tcase(suite, killed);
    return fixture_main(suite);
}
