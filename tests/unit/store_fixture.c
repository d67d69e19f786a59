/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store_fixture.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture fixture;
struct bk_error error;

static int ready_pipe, go_on_pipe;

static void migrate_as_root(void)
{
    static const char *const values[] = {"mail_user=mail", "mail_group=mail",
                                         "boxkeeper_user=daemon", "boxkeeper_group=daemon"};

    fixture.mail_uid = getpwnam("mail")->pw_uid;
    fixture.boxkeeper_uid = getpwnam("daemon")->pw_uid;
    fixture.boxkeeper_gid = getgrnam("daemon")->gr_gid;
    OK(bk_databases_migrate(fixture.settings_path, values, 4, &error));
}

static void migrate_as_oneself(void)
{
    char users[4][64];
    const char *values[4];
    const char *user = getpwuid(geteuid())->pw_name, *group = getgrgid(getegid())->gr_name;

    snprintf(users[0], sizeof(users[0]), "mail_user=%s", user);
    snprintf(users[1], sizeof(users[1]), "mail_group=%s", group);
    snprintf(users[2], sizeof(users[2]), "boxkeeper_user=%s", user);
    snprintf(users[3], sizeof(users[3]), "boxkeeper_group=%s", group);
    for (int i = 0; i < 4; i++)
        values[i] = users[i];
    fixture.mail_uid = fixture.boxkeeper_uid = geteuid();
    fixture.boxkeeper_gid = getegid();
    OK(bk_databases_migrate(fixture.settings_path, values, 4, &error));
}

void fixture_setup(void)
{
    strcpy(fixture.folder, "/tmp/bk-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fixture.folder));
    ck_assert_int_eq(chmod(fixture.folder, 0755), 0);
    snprintf(fixture.settings_path, sizeof(fixture.settings_path), "%s/settings/settings.db",
             fixture.folder);
    snprintf(fixture.credentials_path, sizeof(fixture.credentials_path),
             "%s/credentials/credentials.db", fixture.folder);
    snprintf(fixture.state_path, sizeof(fixture.state_path), "%s/state/state.db", fixture.folder);
    snprintf(fixture.limits_path, sizeof(fixture.limits_path), "%s/limits/limits.db",
             fixture.folder);
    if (geteuid() == 0)
        migrate_as_root();
    else
        migrate_as_oneself();
}

void fixture_teardown(void)
{
    fixture_shell("rm -rf %s", fixture.folder);
}

/* ---- rows ---- */

struct bk_account fixture_account(struct bk_arena *arena, const struct bk_domain *domain,
                                  const char *name)
{
    const char *address = bk_arena_printf(arena, "%s@%s", name, domain->name);

    return (struct bk_account){
        .state = BK_ACCOUNT_ACTIVE,
        .domain = domain,
        .name = name,
        .primary_address = address,
        .login = address,
        .full_name = "山口 太郎",
        .comment = "総務部",
        .language = "ja",
        .rights = "",
        .capacity_bytes = INT64_C(1) << 30,
        .receive = true,
        .imap_allowed = true,
        .pop3_allowed = true,
        .submission_allowed = true,
        .managesieve_allowed = true,
        .forward_keep_copy = true,
        .archive_seconds = BK_INHERIT,
        .send = BK_SEND_LIMITS_INHERITED,
        .trash_seconds = BK_INHERIT,
        .junk_seconds = BK_INHERIT,
        .created_at = 1700000000,
    };
}

const struct bk_domain *fixture_add_domain(struct bk_settings *settings, struct bk_arena *arena,
                                           const char *name, const char *plan)
{
    const struct bk_plan only_name = {.name = plan};
    const struct bk_domain domain = {
        .name = name,
        .plan = &only_name,
        .default_capacity_bytes = BK_INHERIT,
        .archive_seconds = BK_INHERIT,
        .send = BK_SEND_LIMITS_INHERITED,
        .trash_seconds = BK_INHERIT,
        .junk_seconds = BK_INHERIT,
    };
    const struct bk_domain *read_back = NULL;
    int64_t id = 0;

    OK(bk_settings_begin_write(settings, &error));
    OK(bk_settings_insert_domain(settings, &domain, &id, &error));
    OK(bk_settings_commit(settings, &error));
    LOOKUP(bk_settings_lookup_domain(settings, arena, name, &read_back, &error), BK_FOUND);
    ck_assert_int_eq(read_back->id, id);
    return read_back;
}

int64_t fixture_add_account(struct bk_settings *settings, const struct bk_domain *domain,
                            const char *name)
{
    struct bk_arena *arena = bk_arena_create();
    const struct bk_account account = fixture_account(arena, domain, name);
    int64_t id = 0;

    OK(bk_settings_begin_write(settings, &error));
    OK(bk_settings_insert_account(settings, &account, &id, &error));
    OK(bk_settings_commit(settings, &error));
    bk_arena_destroy(&arena);
    return id;
}

/* ---- other processes ---- */

static void become(uid_t uid, gid_t gid)
{
    if (geteuid() == 0 &&
        (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0))
        _exit(99);
}

static int wait_for(pid_t pid)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int fixture_run_as(uid_t uid, gid_t gid, fixture_work *work, void *context)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        become(uid, gid);
        _exit(work(context));
    }
    return wait_for(pid);
}

void fixture_start(struct fixture_child *child, void (*work)(void))
{
    int ready[2], go_on[2];
    char byte;

    ck_assert_int_eq(pipe(ready), 0);
    ck_assert_int_eq(pipe(go_on), 0);
    child->pid = fork();
    ck_assert_int_ge(child->pid, 0);
    if (child->pid == 0) {
        ready_pipe = ready[1];
        go_on_pipe = go_on[0];
        (void)close(ready[0]);
        (void)close(go_on[1]);
        work();
        _exit(0);
    }
    (void)close(ready[1]);
    (void)close(go_on[0]);
    child->ready = ready[0];
    child->go_on = go_on[1];
    ck_assert_msg(read(child->ready, &byte, 1) == 1, "the child ended too early");
}

void fixture_ready(void)
{
    char byte = 0;

    if (write(ready_pipe, &byte, 1) != 1 || read(go_on_pipe, &byte, 1) < 0)
        _exit(98);
}

static void close_pipes(struct fixture_child *child)
{
    (void)close(child->ready);
    (void)close(child->go_on);
}

void fixture_release(struct fixture_child *child)
{
    close_pipes(child);
    ck_assert_int_eq(wait_for(child->pid), 0);
}

void fixture_kill(struct fixture_child *child)
{
    ck_assert_int_eq(kill(child->pid, SIGKILL), 0);
    ck_assert_int_eq(wait_for(child->pid), -1);
    close_pipes(child);
}

/* ---- hands of others ---- */

void fixture_shell(const char *format, ...)
{
    va_list arguments;
    char command[1024];

    va_start(arguments, format);
    vsnprintf(command, sizeof(command), format, arguments);
    va_end(arguments);
    ck_assert_msg(system(command) == 0, "%s", command);
}

void fixture_sql(const char *path, const char *sql)
{
    sqlite3 *connection;
    int on = 1;

    ck_assert_int_eq(sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_file_control(connection, "main", SQLITE_FCNTL_PERSIST_WAL, &on),
                     SQLITE_OK);
    ck_assert_msg(sqlite3_exec(connection, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(connection));
    ck_assert_int_eq(sqlite3_close(connection), SQLITE_OK);
}

int fixture_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
