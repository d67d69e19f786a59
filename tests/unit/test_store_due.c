/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Whom the sweep visits: random worlds against a slow and obvious oracle, which looks at everybody.
 */
#include "store_fixture.h"

#include "store/due.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DAY INT64_C(86400)
#define NOW (INT64_C(20000) * DAY)
#define ACCOUNTS 500 /* more than one piece of candidates */
#define DOMAINS 12
#define FOLDERS 4
#define WORLDS 10

static const char *const folder_names[FOLDERS] = {"INBOX", "Trash", "Deleted Items", "Junk"};
static const int folder_kinds[FOLDERS] = {BK_STATE_INBOX, BK_STATE_TRASH, BK_STATE_TRASH,
                                          BK_STATE_JUNK};

struct folder {
    bool is_known;
    int64_t oldest, full_look;
};

struct account {
    int domain;
    bool suspended, deleting, held, fails;
    int64_t own[3];
    struct folder folders[FOLDERS];
    int visits;
};

static struct {
    int plan[DOMAINS]; /* 1 open, 3 kwc, 4 sv-basic */
    bool suspended[DOMAINS];
    int64_t own[DOMAINS][3];
    struct account accounts[ACCOUNTS];
} world;

static struct bk_settings *settings;
static struct bk_state *state;
static char sql[1000000];
static size_t sql_length;

/* ---- a world ---- */

static __attribute__((format(printf, 1, 2))) void add_sql(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    sql_length += (size_t)vsnprintf(sql + sql_length, sizeof(sql) - sql_length, format, arguments);
    va_end(arguments);
    ck_assert_uint_lt(sql_length, sizeof(sql));
}

static void run_sql(const char *path)
{
    add_sql("COMMIT;");
    fixture_sql(path, sql);
    sql_length = 0;
    add_sql("BEGIN;");
}

static bool one_in(int n)
{
    return rand() % n == 0;
}

static int64_t some_duration(void)
{
    static const int64_t some[] = {0, 5, 3600, DAY, 31 * DAY, 180 * DAY, 400 * DAY};

    return some[rand() % 7];
}

/* Around the moments at which something becomes due. */
static int64_t some_time(void)
{
    static const int64_t ago[] = {5, 3600, DAY, 30 * DAY, 31 * DAY, 180 * DAY, 400 * DAY};

    return NOW - ago[rand() % 7] + rand() % 3 - 1;
}

static void make_domains(int plain)
{
    for (int i = 0; i < DOMAINS; i++) {
        world.plan[i] = one_in(4) ? 4 : one_in(3) ? 3 : 1;
        world.suspended[i] = one_in(8);
        for (int k = 0; k < 3; k++)
            world.own[i][k] = one_in(plain) ? some_duration() : BK_INHERIT;
        add_sql("INSERT INTO domains (id, name, plan_id, suspended, archive_seconds, "
                "trash_seconds, junk_seconds) VALUES (%d, 'd%d.example', %d, %d, %" PRId64
                ", %" PRId64 ", %" PRId64 ");",
                i + 100, i, world.plan[i], world.suspended[i], world.own[i][0], world.own[i][1],
                world.own[i][2]);
    }
}

static void make_folders(struct account *account)
{
    bool is_known = !one_in(10);

    for (int f = 0; f < FOLDERS; f++) {
        account->folders[f].is_known = is_known && (f == 0 || one_in(2));
        account->folders[f].oldest = one_in(4) ? 0 : some_time();
        account->folders[f].full_look = one_in(5)    ? 0
                                        : one_in(10) ? NOW + rand() % 2
                                                     : NOW - DAY - rand() % 10;
        if (one_in(4))
            account->folders[f].full_look = NOW - 30 * DAY + rand() % 3 - 1;
    }
}

static void make_account(int i, int plain)
{
    struct account *account = &world.accounts[i];

    memset(account, 0, sizeof(*account));
    account->domain = rand() % DOMAINS;
    account->suspended = one_in(15);
    account->deleting = one_in(30);
    account->held = one_in(15);
    account->fails = one_in(4);
    for (int k = 0; k < 3; k++)
        account->own[k] = one_in(plain) ? some_duration() : BK_INHERIT;
    make_folders(account);
    add_sql("INSERT INTO accounts (id, domain_id, name, login, state, suspended, hold_reason, "
            "archive_seconds, trash_seconds, junk_seconds) VALUES (%d, %d, 'n%d', 'n%d@', '%s', "
            "%d, %s, %" PRId64 ", %" PRId64 ", %" PRId64 ");"
            "INSERT INTO addresses (address, account_id, kind) VALUES ('%d', %d, 'primary');",
            i + 1, account->domain + 100, i, i, account->deleting ? "deleting" : "active",
            account->suspended, account->held ? "'h'" : "NULL", account->own[0], account->own[1],
            account->own[2], i, i + 1);
}

static void put_folder(int i, int f)
{
    const struct folder *folder = &world.accounts[i].folders[f];

    OK(bk_state_put_folder(state, i + 1,
                           &(struct bk_state_folder){
                               .name = folder_names[f],
                               .kind = (enum bk_state_folder_kind)folder_kinds[f],
                               .oldest_stored_at = folder->oldest,
                               .full_look_at = folder->full_look,
                           },
                           &error));
}

/* One in `plain` has durations of its own. */
static void make_world(unsigned int seed, int plain)
{
    static const char *const kinds[] = {"", "inbox", "trash", "junk"};

    srand(seed);
    sql_length = 0;
    add_sql("BEGIN; DELETE FROM accounts; DELETE FROM addresses; DELETE FROM domains;");
    make_domains(plain);
    for (int i = 0; i < ACCOUNTS; i++)
        make_account(i, plain);
    run_sql(fixture.settings_path);
    add_sql("DELETE FROM folders;");
    for (int i = 0; i < ACCOUNTS; i++)
        for (int f = 0; f < FOLDERS; f++)
            if (world.accounts[i].folders[f].is_known)
                add_sql("INSERT INTO folders VALUES (%d, '%s', '%s', %" PRId64 ", %" PRId64 ");",
                        i + 1, folder_names[f], kinds[folder_kinds[f]],
                        world.accounts[i].folders[f].oldest,
                        world.accounts[i].folders[f].full_look);
    run_sql(fixture.state_path);
}

/* ---- the oracle ---- */

static int64_t seconds_in_force(const struct account *account, int kind)
{
    static const int64_t of_plans[] = {180 * DAY, 31 * DAY, 0};
    int domain = account->domain;

    if (world.plan[domain] == 4)
        return 0;
    if (world.plan[domain] == 3)
        return of_plans[kind - 1];
    if (account->own[kind - 1] != BK_INHERIT)
        return account->own[kind - 1];
    return world.own[domain][kind - 1] != BK_INHERIT ? world.own[domain][kind - 1]
                                                     : of_plans[kind - 1];
}

static bool is_resting(const struct account *account)
{
    return account->suspended || account->deleting || account->held ||
           world.suspended[account->domain];
}

static bool asks_for_look(const struct account *account, int f)
{
    const struct folder *folder = &account->folders[f];
    int64_t seconds = seconds_in_force(account, folder_kinds[f]);

    return folder->is_known && seconds > 0 && folder->oldest > 0 &&
           (folder->oldest + seconds <= NOW || folder->full_look > NOW ||
            folder->full_look + 30 * DAY <= NOW);
}

static bool needs_visit(const struct account *account)
{
    bool is_known = false, is_set = false, needs = false;

    for (int f = 0; f < FOLDERS; f++) {
        is_set = is_set || seconds_in_force(account, folder_kinds[f]) > 0;
        is_known = is_known || account->folders[f].is_known;
        needs = needs || asks_for_look(account, f);
    }
    return !is_resting(account) && is_set && (needs || !is_known);
}

static int64_t longest_due(const struct account *account)
{
    int64_t first = INT64_MAX;

    for (int f = 0; f < FOLDERS; f++) {
        const struct folder *folder = &account->folders[f];
        int64_t seconds = seconds_in_force(account, folder_kinds[f]);

        if (folder->is_known && folder->oldest > 0 && seconds > 0 &&
            folder->oldest + seconds <= NOW && folder->oldest + seconds < first)
            first = folder->oldest + seconds;
    }
    return first;
}

/* What a session may believe, whoever rests: INBOX is on record, and no folder asks for anything.
 */
static bool is_idle_on_record(const struct account *account)
{
    for (int f = 0; f < FOLDERS; f++)
        if (asks_for_look(account, f))
            return false;
    return account->folders[0].is_known;
}

static int64_t next_due_on_record(const struct account *account)
{
    int64_t next = INT64_MAX;

    for (int f = 0; f < FOLDERS; f++) {
        int64_t seconds = seconds_in_force(account, folder_kinds[f]);
        const struct folder *folder = &account->folders[f];

        if (folder->is_known && folder->oldest > 0 && seconds > 0 &&
            folder->oldest + seconds < next)
            next = folder->oldest + seconds;
    }
    return next;
}

/* ---- a sweep ---- */

/* What a visit leaves on record; one that fails leaves everything. */
static void visit(int i)
{
    struct account *account = &world.accounts[i];

    account->visits++;
    if (account->fails)
        return;
    for (int f = 0; f < FOLDERS; f++) {
        struct folder *folder = &account->folders[f];
        int64_t seconds = seconds_in_force(account, folder_kinds[f]);

        if (f == 0)
            folder->is_known = true;
        if (!folder->is_known)
            continue;
        if (seconds > 0 && folder->oldest > 0 && folder->oldest + seconds <= NOW)
            folder->oldest = one_in(2) ? 0 : NOW - seconds + 1 + rand() % 3;
        folder->full_look = NOW;
        put_folder(i, f);
    }
}

/* -1 at the end. */
static int next_account(struct bk_due *due, struct bk_state *with_state)
{
    const char *address;
    enum bk_lookup found = bk_due_next(due, settings, with_state, &address, &error);

    ck_assert_msg(found != BK_FAILED, "%s", error.text);
    return found == BK_FOUND ? atoi(address) : -1;
}

static struct bk_due *begin(int64_t index, int64_t count)
{
    struct bk_due *due = bk_due_begin(settings, (struct bk_due_share){index, count}, NOW, &error);

    OK(due != NULL);
    return due;
}

static void note_who_needs_it(bool *needs)
{
    for (int i = 0; i < ACCOUNTS; i++)
        needs[i] = needs_visit(&world.accounts[i]);
}

static void check_visits(const bool *want, unsigned int seed)
{
    for (int i = 0; i < ACCOUNTS; i++)
        ck_assert_msg(world.accounts[i].visits == want[i],
                      "world %u, account %d: got %d visits, want %d", seed, i,
                      world.accounts[i].visits, want[i]);
}

static void setup(void)
{
    fixture_setup();
    settings = bk_settings_open_reader(fixture.settings_path, &error);
    OK(settings != NULL);
    state = bk_state_open_writer(fixture.state_path, &error);
    OK(state != NULL);
}

static void teardown(void)
{
    bk_settings_close(&settings);
    bk_state_close(&state);
    fixture_teardown();
}

/* ---- tests ---- */

/* Also in shares, and also where visits fail: each one once, and nobody else. */
START_TEST(everybody_who_needs_it_once)
{
    bool want[ACCOUNTS];
    int count = 1 + _i % 3, i;

    make_world((unsigned int)_i, 2 + _i % 20);
    note_who_needs_it(want);
    for (int index = 0; index < count; index++) {
        struct bk_due *due = begin(index, count);

        while ((i = next_account(due, state)) >= 0) {
            ck_assert_int_eq((i + 1) % count, index);
            visit(i);
        }
        bk_due_end(&due);
    }
    check_visits(want, (unsigned int)_i);
}
END_TEST

/* Whoever comes to rest, or is dealt with by somebody else, is not visited any more; and the next
 * sweep goes on where this one was ended. */
START_TEST(changed_and_ended_in_the_middle)
{
    bool want[ACCOUNTS];
    struct bk_due *due;
    int i, seen = 0;

    make_world(1000 + (unsigned int)_i, 2 + _i % 20);
    for (i = 0; i < ACCOUNTS; i++)
        world.accounts[i].fails = false;
    note_who_needs_it(want);
    due = begin(0, 1);
    while (++seen <= 60 && (i = next_account(due, state)) >= 0)
        visit(i);
    for (i = 0; i < ACCOUNTS; i++) {
        if (world.accounts[i].visits > 0 || !one_in(3))
            continue;
        want[i] = false;
        if (one_in(3))
            add_sql("UPDATE accounts SET hold_reason = 'now' WHERE id = %d;", i + 1);
        else if (one_in(2))
            add_sql("UPDATE accounts SET suspended = 1 WHERE id = %d;", i + 1);
        else {
            visit(i);
            world.accounts[i].visits = 0;
        }
    }
    run_sql(fixture.settings_path);
    for (seen = 0; ++seen <= 60 && (i = next_account(due, state)) >= 0;)
        visit(i);
    bk_due_end(&due);
    due = begin(0, 1);
    while ((i = next_account(due, state)) >= 0)
        visit(i);
    bk_due_end(&due);
    check_visits(want, 1000 + (unsigned int)_i);
}
END_TEST

/* With the durations of plans alone the order is that of becoming due. */
START_TEST(longest_due_first)
{
    int64_t before = 0, now;
    struct bk_due *due;
    int i, count = 0;

    make_world(2000 + (unsigned int)_i, 1000000);
    due = begin(0, 1);
    while ((i = next_account(due, state)) >= 0) {
        now = longest_due(&world.accounts[i]);
        ck_assert_msg(now >= before, "account %d is due since %" PRId64 ", after %" PRId64, i, now,
                      before);
        before = now;
        count += now != INT64_MAX;
        visit(i);
    }
    ck_assert_int_gt(count, 30);
    ck_assert_int_ge(bk_due_count(due, state), 0);
    bk_due_end(&due);
}
END_TEST

/* Lost, or not readable: everybody who may have something is looked at. */
START_TEST(nothing_known)
{
    struct bk_due *due;
    bool want[ACCOUNTS];
    int i;

    make_world(3000, 5);
    for (i = 0; i < ACCOUNTS; i++)
        for (int f = 0; f < FOLDERS; f++)
            world.accounts[i].folders[f].is_known = false;
    note_who_needs_it(want);
    due = begin(0, 1);
    while ((i = next_account(due, NULL)) >= 0)
        world.accounts[i].visits++;
    check_visits(want, 3000);
    bk_due_end(&due);

    fixture_shell("rm %s*", fixture.state_path);
    due = begin(0, 1);
    for (i = 0; i < ACCOUNTS; i++)
        world.accounts[i].visits = 0;
    while ((i = next_account(due, state)) >= 0)
        visit(i);
    check_visits(want, 3000);
    bk_due_end(&due);
    for (i = 0; i < ACCOUNTS; i++)
        want[i] = world.accounts[i].fails && want[i];
    for (i = 0; i < ACCOUNTS; i++)
        world.accounts[i].visits = 0;
    due = begin(0, 1);
    while ((i = next_account(due, state)) >= 0)
        visit(i);
    check_visits(want, 3000);
    bk_due_end(&due);
}
END_TEST

START_TEST(settings_unreadable)
{
    const char *address;
    struct bk_due *due;

    make_world(1, 3);
    due = begin(0, 1);
    fixture_sql(fixture.settings_path, "ALTER TABLE accounts RENAME TO elsewhere");
    LOOKUP(bk_due_next(due, settings, state, &address, &error), BK_FAILED);
    bk_due_end(&due);
    fixture_sql(fixture.settings_path, "ALTER TABLE domains RENAME TO elsewhere2");
    ck_assert_ptr_null(bk_due_begin(settings, (struct bk_due_share){0, 1}, NOW, &error));
}
END_TEST

START_TEST(sessions_believe_what_is_sure)
{
    struct bk_arena *arena = bk_arena_create();
    const struct bk_account *account;
    int idle = 0;

    make_world((unsigned int)_i, 3);
    for (int i = 0; i < ACCOUNTS; i++) {
        bool want = is_idle_on_record(&world.accounts[i]), got;
        int64_t next = -1;

        OK(bk_settings_lookup_retention(settings, arena, i + 1, &account, &error) == BK_FOUND);
        ck_assert(!bk_due_is_nothing(NULL, account, NOW, &next));
        ck_assert(!bk_due_is_nothing(state, account, NOW, &next));
        OK(bk_state_put_account_run(state, i + 1, NOW - DAY, &error));
        ck_assert(!bk_due_is_nothing(state, account, NOW, &next));
        OK(bk_state_put_account_run(state, i + 1, NOW - DAY + 1, &error));
        got = bk_due_is_nothing(state, account, NOW, &next);
        ck_assert_msg(got == want, "account %d: got %d, want %d", i, got, want);
        if (want)
            ck_assert_int_eq(next, next_due_on_record(&world.accounts[i]));
        idle += want;
    }
    ck_assert(idle > 0 && idle < ACCOUNTS);
    bk_arena_destroy(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store/due");
    TCase *due = tcase_create("due");

    tcase_add_checked_fixture(due, setup, teardown);
    tcase_set_timeout(due, 60);
    tcase_add_loop_test(due, everybody_who_needs_it_once, 0, WORLDS);
    tcase_add_loop_test(due, changed_and_ended_in_the_middle, 0, WORLDS);
    tcase_add_loop_test(due, longest_due_first, 0, 3);
    tcase_add_loop_test(due, sessions_believe_what_is_sure, 0, 3);
    tcase_add_test(due, nothing_known);
    tcase_add_test(due, settings_unreadable);
    suite_add_tcase(suite, due);
    return fixture_main(suite);
}
