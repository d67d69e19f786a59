/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* The databases as files: made, migrated, checked. */
#include "store_fixture.h"

#include "store/schema.h"

#include <ctype.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- owners and modes: DESIGN.md, "Files and who may touch them" ---- */

static void check_file(const char *path, mode_t mode, uid_t owner, gid_t group)
{
    struct stat now;

    ck_assert_msg(lstat(path, &now) == 0, "%s is missing", path);
    ck_assert_msg((now.st_mode & 07777) == mode, "%s: got %o, want %o", path,
                  (unsigned int)(now.st_mode & 07777), (unsigned int)mode);
    if (geteuid() == 0)
        ck_assert_msg(now.st_uid == owner && now.st_gid == group, "%s: got %u:%u, want %u:%u", path,
                      now.st_uid, now.st_gid, owner, group);
}

static void check_all_files(void)
{
    const struct {
        const char *name;
        mode_t mode;
        uid_t owner;
        gid_t group;
    } rows[] = {
        {"settings", 0750, 0, fixture.boxkeeper_gid},
        {"settings/settings.db", 0640, 0, fixture.boxkeeper_gid},
        {"settings/settings.db-wal", 0640, 0, fixture.boxkeeper_gid},
        {"settings/settings.db-shm", 0640, 0, fixture.boxkeeper_gid},
        {"credentials", 0700, 0, 0},
        {"credentials/credentials.db", 0600, 0, 0},
        {"state", 02750, fixture.mail_uid, fixture.boxkeeper_gid},
        {"state/state.db", 0640, fixture.mail_uid, fixture.boxkeeper_gid},
        {"state/state.db-wal", 0640, fixture.mail_uid, fixture.boxkeeper_gid},
        {"state/state.db-shm", 0640, fixture.mail_uid, fixture.boxkeeper_gid},
        {"limits", 0700, fixture.boxkeeper_uid, fixture.boxkeeper_gid},
        {"limits/limits.db", 0600, fixture.boxkeeper_uid, fixture.boxkeeper_gid},
    };
    char path[200];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", fixture.folder, rows[i].name);
        check_file(path, rows[i].mode, rows[i].owner, rows[i].group);
    }
    snprintf(path, sizeof(path), "%s/mail", fixture.folder);
    check_file(path, 0700, fixture.mail_uid, getpwuid(fixture.mail_uid)->pw_gid);
}

START_TEST(owners_and_modes)
{
    mode_t mask = umask(0777);

    check_all_files();
    fixture_shell("cd %s && rm state/* limits/* credentials/*", fixture.folder);
    OK(bk_databases_migrate(fixture.settings_path, NULL, 0, &error));
    check_all_files();
    fixture_shell("chmod 0644 %s && chmod 0600 %s-wal && chmod 0644 %s && chmod 0755 %s/settings",
                  fixture.settings_path, fixture.settings_path, fixture.credentials_path,
                  fixture.folder);
    OK(bk_databases_migrate(fixture.settings_path, NULL, 0, &error));
    check_all_files();
    (void)umask(mask);
}
END_TEST

START_TEST(migrate_again_changes_nothing)
{
    struct bk_settings *settings = bk_settings_open_reader(fixture.settings_path, &error);
    int64_t before, after;

    OK(settings != NULL);
    LOOKUP(bk_settings_change_sequence(settings, &before, &error), BK_FOUND);
    for (int i = 0; i < 2; i++)
        OK(bk_databases_migrate(fixture.settings_path, NULL, 0, &error));
    LOOKUP(bk_settings_change_sequence(settings, &after, &error), BK_FOUND);
    ck_assert_int_eq(after, before);
    check_all_files();
    bk_settings_close(&settings);
}
END_TEST

static void check_value(const char *name, const char *want)
{
    struct bk_settings *settings = bk_settings_open_reader(fixture.settings_path, &error);
    struct bk_arena *arena = bk_arena_create();
    const char *value = NULL;

    OK(settings != NULL);
    LOOKUP(bk_settings_server_value(settings, arena, name, &value, &error), BK_FOUND);
    ck_assert_str_eq(value, want);
    bk_settings_close(&settings);
    bk_arena_destroy(&arena);
}

START_TEST(server_values_given)
{
    const char *const fine[] = {"doveadm_command=/opt/doveadm -c x=y"};
    static const struct {
        const char *value;
        enum bk_error_kind want;
    } rows[] = {
        {"doveadm=/opt/doveadm", BK_ERROR_VALUE},
        {"mail_root", BK_ERROR_VALUE},
        {"mail_root=", BK_ERROR_VALUE},
        {"mail_root=srv/mail", BK_ERROR_VALUE},
        {"state_path=state.db", BK_ERROR_VALUE},
        {"=x", BK_ERROR_VALUE},
        {"mail_user=no-such-user", BK_ERROR_CONFIGURATION},
        {"boxkeeper_group=no-such-group", BK_ERROR_CONFIGURATION},
    };

    OK(bk_databases_migrate(fixture.settings_path, fine, 1, &error));
    check_value("doveadm_command", "/opt/doveadm -c x=y");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const values[] = {"socket_directory=/elsewhere", rows[i].value};

        FAILS(bk_databases_migrate(fixture.settings_path, values, 2, &error), rows[i].want);
        check_value("socket_directory", "/var/spool/postfix/boxkeeper");
    }
    OK(bk_databases_migrate(fixture.settings_path, NULL, 0, &error));
    check_value("doveadm_command", "/opt/doveadm -c x=y");
}
END_TEST

START_TEST(folder_of_others_is_left_alone)
{
    char value[200];
    const char *const values[] = {value};
    struct stat now;

    fixture_shell("mkdir -m 1777 %s/shared && touch %s/shared/other", fixture.folder,
                  fixture.folder);
    snprintf(value, sizeof(value), "credentials_path=%s/shared/credentials.db", fixture.folder);
    FAILS(bk_databases_migrate(fixture.settings_path, values, 1, &error), BK_ERROR_CONFIGURATION);
    snprintf(value, sizeof(value), "%s/shared", fixture.folder);
    ck_assert_int_eq(stat(value, &now), 0);
    ck_assert_int_eq(now.st_mode & 07777, 01777);
}
END_TEST

/* Killed between making a folder and giving it away. */
START_TEST(half_made_folders)
{
    if (geteuid() != 0)
        return;
    fixture_shell("cd %s && rm -r mail state && mkdir -m 0700 mail state", fixture.folder);
    OK(bk_databases_migrate(fixture.settings_path, NULL, 0, &error));
    check_all_files();
    fixture_shell("cd %s && chown 0 mail && touch mail/kept", fixture.folder);
    OK(bk_databases_migrate(fixture.settings_path, NULL, 0, &error));
    fixture_shell("test -e %s/mail/kept", fixture.folder);
}
END_TEST

/* ---- the schema ---- */

START_TEST(schema_numbers)
{
    struct bk_settings *settings = bk_settings_open_reader(fixture.settings_path, &error);
    int64_t version = 0, oldest_reader = 0;

    OK(settings != NULL);
    LOOKUP(bk_databases_schema(settings, &version, &oldest_reader, &error), BK_FOUND);
    ck_assert_int_eq(version, bk_schema_version);
    ck_assert_int_eq(bk_schema_latest(BK_DATABASE_SETTINGS), bk_schema_version);
    ck_assert_int_ge(oldest_reader, 1);
    bk_settings_close(&settings);
}
END_TEST

START_TEST(newer_schema)
{
    struct bk_settings *settings;

    fixture_sql(fixture.settings_path, "UPDATE schema SET version = 1000");
    settings = bk_settings_open_reader(fixture.settings_path, &error);
    OK(settings != NULL); /* it says that we can still read it */
    OK(bk_settings_refresh(settings, 1, &error));
    FAILS(bk_settings_open_writer(fixture.settings_path, &error) != NULL, BK_ERROR_CONFIGURATION);
    FAILS(bk_databases_migrate(fixture.settings_path, NULL, 0, &error), BK_ERROR_CONFIGURATION);
    fixture_sql(fixture.settings_path, "UPDATE schema SET oldest_reader = 1000");
    FAILS(bk_settings_open_reader(fixture.settings_path, &error) != NULL, BK_ERROR_CONFIGURATION);
    FAILS(bk_settings_refresh(settings, 2, &error), BK_ERROR_CONFIGURATION);
    bk_settings_close(&settings);
}
END_TEST

START_TEST(older_schema)
{
    fixture_sql(fixture.settings_path, "UPDATE schema SET version = 0");
    FAILS(bk_settings_open_reader(fixture.settings_path, &error) != NULL, BK_ERROR_CONFIGURATION);
    ck_assert_ptr_nonnull(strstr(error.text, "boxkeeper migrate"));
}
END_TEST

START_TEST(no_file)
{
    fixture_shell("rm %s*", fixture.settings_path);
    FAILS(bk_settings_open_reader(fixture.settings_path, &error) != NULL, BK_ERROR_CONFIGURATION);
    ck_assert_ptr_nonnull(strstr(error.text, "boxkeeper migrate"));
    FAILS(bk_settings_open_writer(fixture.settings_path, &error) != NULL, BK_ERROR_CONFIGURATION);
    ck_assert_int_ne(access(fixture.settings_path, F_OK), 0);
}
END_TEST

/* Without comments, each run of blanks as one, and none before a comma or a bracket's end: there a
 * migration that adds a column leaves one. */
static void append_normal(char *text, size_t size, const char *sql)
{
    size_t end = strlen(text);

    for (; *sql != '\0' && end + 2 < size; sql++) {
        if (sql[0] == '-' && sql[1] == '-')
            sql += strcspn(sql, "\n");
        if (strchr(",)", *sql) != NULL && end > 0 && text[end - 1] == ' ')
            end--;
        if (!isspace((unsigned char)*sql))
            text[end++] = *sql;
        else if (end > 0 && !isspace((unsigned char)text[end - 1]))
            text[end++] = ' ';
        text[end] = '\0';
        if (*sql == '\0')
            break;
    }
}

/* Everything that sqlite_master says of a database made by `sql`. */
static void dump_schema(const char *sql, char *text, size_t size)
{
    sqlite3_stmt *statement;
    sqlite3 *memory;

    text[0] = '\0';
    ck_assert_int_eq(sqlite3_open(":memory:", &memory), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(memory, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
                  sqlite3_errmsg(memory));
    ck_assert_int_eq(sqlite3_prepare_v2(memory,
                                        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL "
                                        "ORDER BY type, name",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        append_normal(text, size, (const char *)sqlite3_column_text(statement, 0));
        append_normal(text, size, ";\n");
    }
    ck_assert_int_eq(sqlite3_finalize(statement), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(memory), SQLITE_OK);
}

static char *read_snapshot(void)
{
    FILE *file = fopen(BK_SCHEMA_SNAPSHOT, "r");
    char *text = calloc(1, 100000);

    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_gt(fread(text, 1, 99999, file), 1000);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

START_TEST(snapshot_says_what_migrations_make)
{
    const char *kind = bk_database_kind_name((enum bk_database_kind)_i);
    static char migrations[100000], got[100000], want[100000], title[50];
    char *snapshot = read_snapshot(), *section, *next;

    for (const struct bk_migration *migration = bk_migrations; migration->kind != NULL; migration++)
        if (strcmp(migration->kind, kind) == 0)
            strcat(migrations, migration->sql);
    snprintf(title, sizeof(title), "-- ==== %s.db", kind);
    section = strstr(snapshot, title);
    ck_assert_ptr_nonnull(section);
    next = strstr(section + strlen(title), "\n-- ==== ");
    if (next != NULL)
        *next = '\0';
    dump_schema(migrations, got, sizeof(got));
    dump_schema(section, want, sizeof(want));
    ck_assert_str_ne(got, "");
    ck_assert_str_eq(got, want);
    free(snapshot);
}
END_TEST

/* Each migration says its own number, and they come without gaps. */
START_TEST(migrations_are_numbered)
{
    int64_t last[BK_DATABASE_KIND_COUNT] = {0};

    for (const struct bk_migration *migration = bk_migrations; migration->kind != NULL; migration++)
        for (int i = 0; i < BK_DATABASE_KIND_COUNT; i++)
            if (strcmp(migration->kind, bk_database_kind_name((enum bk_database_kind)i)) == 0)
                ck_assert_int_eq(migration->version, ++last[i]);
    for (int i = 0; i < BK_DATABASE_KIND_COUNT; i++)
        ck_assert_int_eq(last[i], bk_schema_latest((enum bk_database_kind)i));
}
END_TEST

static int migrate(void *context)
{
    (void)context;
    if (bk_databases_migrate(fixture.settings_path, NULL, 0, &error))
        return 0;
    fprintf(stderr, "%s\n", error.text);
    return 1;
}

static void migrate_in_child(void)
{
    fixture_ready();
    if (migrate(NULL) != 0)
        _exit(1);
}

START_TEST(two_migrate_at_once)
{
    struct fixture_child other;

    for (int i = 0; i < 5; i++) {
        fixture_shell("cd %s && rm state/* limits/* credentials/*", fixture.folder);
        fixture_start(&other, migrate_in_child);
        (void)close(other.go_on);
        OK(migrate(NULL) == 0);
        other.go_on = -1;
        fixture_release(&other);
        check_all_files();
    }
}
END_TEST

/* ---- killed in the middle ---- */

static int operations_left;

static int count_down(void *context)
{
    (void)context;
    if (--operations_left == 0)
        (void)raise(SIGKILL);
    return 0;
}

/* For each handle that SQLite opens from now on. */
static int watch(sqlite3 *connection, char **message, const void *api)
{
    (void)message;
    (void)api;
    sqlite3_progress_handler(connection, 20, count_down, NULL);
    return SQLITE_OK;
}

static int migrate_until_killed(void *context)
{
    char value[4][64];
    const char *const values[] = {value[0], value[1], value[2], value[3]};

    operations_left = *(int *)context;
    sqlite3_auto_extension((void (*)(void))watch);
    if (geteuid() != 0)
        return 0;
    strcpy(value[0], "mail_user=mail");
    strcpy(value[1], "mail_group=mail");
    strcpy(value[2], "boxkeeper_user=daemon");
    strcpy(value[3], "boxkeeper_group=daemon");
    return bk_databases_migrate(fixture.settings_path, values, 4, &error) ? 0 : 1;
}

START_TEST(killed_while_migrating)
{
    int kills = 0;

    if (geteuid() != 0)
        return;
    for (int operations = 1;; operations += 1 + operations / 4) {
        int none = 0, result;

        fixture_shell("rm -rf %s/*", fixture.folder);
        result = fixture_run_as(0, 0, migrate_until_killed, &operations);
        ck_assert_int_le(result, 0);
        ck_assert_msg(fixture_run_as(0, 0, migrate_until_killed, &none) == 0, "after %d operations",
                      operations);
        check_all_files();
        check_value("mail_user", "mail");
        if (result == 0)
            break;
        kills++;
    }
    ck_assert_int_gt(kills, 8);
}
END_TEST

/* ---- check ---- */

static void add_finding(void *context, const char *text)
{
    strncat(context, text, 3000 - strlen(context));
    strncat(context, "\n", 3000 - strlen(context));
}

static void check_finds(const char *want)
{
    char findings[3001] = "";

    OK(bk_databases_check(fixture.settings_path, add_finding, findings, &error));
    if (want == NULL)
        ck_assert_str_eq(findings, "");
    else
        ck_assert_msg(strstr(findings, want) != NULL, "got %s, want %s", findings, want);
}

START_TEST(check_finds_nothing)
{
    check_finds(NULL);
    fixture_shell("rm %s/state/*", fixture.folder); /* a cache */
    check_finds(NULL);
}
END_TEST

START_TEST(check_finds_what_is_wrong)
{
    static const struct {
        const char *command; /* run in the folder */
        const char *want;
    } rows[] = {
        {"chmod 0644 settings/settings.db", "has mode 0644, and should have 0640"},
        {"chmod 0755 credentials", "has mode 0755, and should have 0700"},
        {"chmod 0644 credentials/credentials.db", "has mode 0644, and should have 0600"},
        {"chown mail limits", "belongs to mail:daemon, and should to daemon:daemon"},
        {"chgrp mail state/state.db", "belongs to mail:mail, and should to mail:daemon"},
        {"cd limits && rm limits.db*", "No such file"},
        {"touch credentials/credentials.db-restore", "that did not finish"},
        {"cd limits && mv limits.db l && ln -s l limits.db", "is not a plain file"},
        {"cd credentials && head -c 40000 /dev/zero > credentials.db", "is damaged"},
        {"cd credentials && head -c 40000 /dev/urandom > credentials.db", "is damaged"},
        {"cd limits && printf 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' | "
         "dd of=limits.db seek=8200 bs=1 conv=notrunc 2>/dev/null && rm limits.db-*",
         "limits"},
    };

    if (geteuid() != 0)
        return;
    fixture_shell("cd %s && %s", fixture.folder, rows[_i].command);
    check_finds(rows[_i].want);
}
END_TEST

START_TEST(check_finds_wrong_rows)
{
    struct bk_settings *settings = bk_settings_open_writer(fixture.settings_path, &error);
    struct bk_arena *arena = bk_arena_create();
    const struct bk_domain *domain;

    OK(settings != NULL);
    domain = fixture_add_domain(settings, arena, "d.example", "open");
    (void)fixture_add_account(settings, domain, "taro");
    (void)fixture_add_account(settings, domain, "jiro");
    bk_settings_close(&settings);
    check_finds(NULL);
    fixture_sql(fixture.settings_path, "DELETE FROM addresses WHERE account_id = 2");
    check_finds("no primary address, and their mail waits: jiro@d.example");
    fixture_sql(fixture.settings_path, "UPDATE counters SET value = 1 WHERE name = 'account_id'");
    check_finds("counter of account ids is behind");
    fixture_sql(fixture.settings_path, "INSERT INTO forwards VALUES (77, 0, 'a@b', 'a@b')");
    check_finds("of forwards refers to nothing in accounts");
    bk_arena_destroy(&arena);
}
END_TEST

START_TEST(check_finds_the_wrong_journal)
{
    sqlite3 *other; /* a program that does not keep the WAL */

    ck_assert_int_eq(sqlite3_open(fixture.settings_path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(other), SQLITE_OK);
    check_finds("has journal mode delete instead of wal");
    OK(bk_databases_migrate(fixture.settings_path, NULL, 0, &error));
    check_finds(NULL);
}
END_TEST

START_TEST(check_needs_settings)
{
    fixture_shell("rm %s*", fixture.settings_path);
    FAILS(bk_databases_check(fixture.settings_path, add_finding, NULL, &error),
          BK_ERROR_CONFIGURATION);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_databases");
    TCase *made = tcase_create("made"), *killed = tcase_create("killed"),
          *checked = tcase_create("checked");

    tcase_add_checked_fixture(made, fixture_setup, fixture_teardown);
    tcase_add_test(made, owners_and_modes);
    tcase_add_test(made, migrate_again_changes_nothing);
    tcase_add_test(made, server_values_given);
    tcase_add_test(made, folder_of_others_is_left_alone);
    tcase_add_test(made, half_made_folders);
    tcase_add_test(made, schema_numbers);
    tcase_add_test(made, newer_schema);
    tcase_add_test(made, older_schema);
    tcase_add_test(made, no_file);
    tcase_add_loop_test(made, snapshot_says_what_migrations_make, 0, BK_DATABASE_KIND_COUNT);
    tcase_add_test(made, migrations_are_numbered);
    suite_add_tcase(suite, made);
    tcase_add_checked_fixture(killed, fixture_setup, fixture_teardown);
    tcase_set_timeout(killed, 120);
    tcase_add_test(killed, two_migrate_at_once);
    tcase_add_test(killed, killed_while_migrating);
    suite_add_tcase(suite, killed);
    tcase_add_checked_fixture(checked, fixture_setup, fixture_teardown);
    tcase_add_test(checked, check_finds_nothing);
    tcase_add_loop_test(checked, check_finds_what_is_wrong, 0, 11);
    tcase_add_test(checked, check_finds_wrong_rows);
    tcase_add_test(checked, check_finds_the_wrong_journal);
    tcase_add_test(checked, check_needs_settings);
    suite_add_tcase(suite, checked);
    return fixture_main(suite);
}
