/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* What a reader keeps of settings: the ring, packed accounts, and that nothing old comes out. */
#include "store/account-pack.h"
#include "store/ring.h"
#include "store/settings-edit.h"
#include "store_fixture.h"

#include <inttypes.h>
#include <string.h>

/* ---- the ring ---- */

#define KEYS 3000

static uint64_t hash_of(uint64_t key)
{
    /* Few buckets, so that many keys want the same ones. */
    return (key * UINT64_C(0x9e3779b97f4a7c15)) & ~UINT64_C(0xf0);
}

START_TEST(ring_gives_the_newest_or_nothing)
{
    struct bk_ring *ring = bk_ring_create(0);
    uint64_t newest[KEYS] = {0};
    size_t hits = 0, asked = 0, size;

    ck_assert_ptr_nonnull(ring);
    for (uint64_t i = 1; i <= 100000; i++) {
        uint64_t key = i * 7919 % KEYS, other = i * 104729 % KEYS;
        uint64_t value[16] = {key, i};
        size_t length = sizeof(uint64_t) * (2 + i % 15);
        const uint64_t *got;

        newest[key] = i;
        bk_ring_put(ring, hash_of(key), value, length);
        got = bk_ring_find(ring, hash_of(key), &size);
        ck_assert_msg(got != NULL && size == length && got[0] == key && got[1] == i,
                      "what was just put is not there");
        got = bk_ring_find(ring, hash_of(other), &size);
        asked++;
        hits += got != NULL;
        if (got != NULL)
            ck_assert_msg(got[0] == other && got[1] == newest[other], "%" PRIu64 ": old", other);
    }
    ck_assert_msg(hits > asked / 100 && hits < asked, "%zu hits of %zu", hits, asked);
    bk_ring_clear(ring);
    for (uint64_t key = 0; key < KEYS; key++)
        ck_assert_ptr_null(bk_ring_find(ring, hash_of(key), &size));
    bk_ring_destroy(&ring);
    ck_assert_ptr_null(ring);
}
END_TEST

START_TEST(ring_keeps_nothing_that_is_large)
{
    static unsigned char large[65536 / 16];
    struct bk_ring *ring = bk_ring_create(65536);
    size_t size;

    bk_ring_put(ring, 1, large, sizeof(large));
    ck_assert_ptr_null(bk_ring_find(ring, 1, &size));
    bk_ring_put(ring, 1, large, sizeof(large) - 64);
    ck_assert_ptr_nonnull(bk_ring_find(ring, 1, &size));
    bk_ring_destroy(&ring);
}
END_TEST

/* ---- packed accounts ---- */

static const char *const targets[] = {"a@remote.example", "b+x@d.example"};

/* Each field has a value that no other of its kind has. */
static struct bk_account distinct(const struct bk_domain *domain)
{
    return (struct bk_account){
        .id = INT64_C(1) << 40,
        .state = BK_ACCOUNT_DELETING,
        .domain = domain,
        .name = "taro",
        .primary_address = "taro@d.example",
        .login = "x_taro",
        .full_name = "山口 太郎",
        .comment = "",
        .language = "ja",
        .rights = "all",
        .capacity_bytes = INT64_MAX,
        .receive = true,
        .force_changed = true,
        .imap_allowed = true,
        .submission_allowed = true,
        .forward_keep_copy = true,
        .forward_targets = targets,
        .forward_target_count = 2,
        .archive_seconds = -1,
        .trash_seconds = 0,
        .junk_seconds = 63,
        .send = {64, 127, 128, 16384},
        .hold_reason = "court",
        .created_at = -5,
    };
}

#define SAME(field)                                                                                \
    ck_assert_msg(got->field == want->field, #field ": got %" PRId64 ", want %" PRId64,            \
                  (int64_t)got->field, (int64_t)want->field)
#define SAME_TEXT(field) ck_assert_pstr_eq(got->field, want->field)

static void same_account(const struct bk_account *got, const struct bk_account *want)
{
    SAME(id);
    SAME(state);
    SAME_TEXT(name);
    SAME_TEXT(primary_address);
    SAME_TEXT(login);
    SAME_TEXT(full_name);
    SAME_TEXT(comment);
    SAME_TEXT(language);
    SAME_TEXT(rights);
    SAME(capacity_bytes);
    SAME(receive);
    SAME(suspended);
    SAME(force_changed);
    SAME(external_auth);
    SAME(imap_allowed);
    SAME(pop3_allowed);
    SAME(submission_allowed);
    SAME(managesieve_allowed);
    SAME(forward_target_count);
    for (size_t i = 0; i < want->forward_target_count; i++)
        SAME_TEXT(forward_targets[i]);
    SAME(forward_keep_copy);
    SAME(auto_reply);
    SAME(archive_seconds);
    SAME(trash_seconds);
    SAME(junk_seconds);
    SAME(send.messages_per_hour);
    SAME(send.messages_per_day);
    SAME(send.recipients_per_hour);
    SAME(send.recipients_per_day);
    SAME_TEXT(hold_reason);
    SAME(created_at);
}

START_TEST(accounts_come_out_as_they_went_in)
{
    const struct bk_domain domain = {.id = 77};
    struct bk_account plain = distinct(&domain), other = distinct(&domain);
    const struct bk_account *const accounts[] = {&plain, &other};
    struct bk_arena *arena = bk_arena_create();

    other.hold_reason = NULL;
    other.login = other.primary_address;
    other.forward_target_count = 0;
    other.suspended = other.external_auth = other.pop3_allowed = true;
    other.managesieve_allowed = other.auto_reply = true;
    other.receive = other.imap_allowed = other.forward_keep_copy = false;
    other.id = 0;
    for (size_t i = 0; i < 2; i++) {
        unsigned char packed[BK_PACKED_MAXIMUM_BYTES];
        size_t size = bk_account_pack(packed, "taro@d.example", accounts[i]);
        int64_t domain_id = 0;
        const struct bk_account *got;

        ck_assert_msg(size > 0 && size < 200, "%zu bytes", size);
        ck_assert_int_eq(bk_account_packed_id(packed), accounts[i]->id);
        got = bk_account_unpack(arena, packed, size, "taro@d.example", &domain_id);
        ck_assert_ptr_nonnull(got);
        ck_assert_int_eq(domain_id, 77);
        same_account(got, accounts[i]);
        ck_assert_ptr_null(bk_account_unpack(arena, packed, size, "jiro@d.example", &domain_id));
    }
    bk_arena_destroy(&arena);
}
END_TEST

START_TEST(what_does_not_fit_is_not_packed)
{
    const struct bk_domain domain = {.id = 1};
    struct bk_account account = distinct(&domain);
    unsigned char packed[BK_PACKED_MAXIMUM_BYTES];
    char comment[BK_PACKED_MAXIMUM_BYTES];

    memset(comment, 'c', sizeof(comment));
    comment[sizeof(comment) - 1] = '\0';
    account.comment = comment;
    ck_assert_uint_eq(bk_account_pack(packed, "taro@d.example", &account), 0);
    comment[1000] = '\0';
    ck_assert_uint_gt(bk_account_pack(packed, "taro@d.example", &account), 1000);
}
END_TEST

/* ---- a reader with a cache sees what one without sees ---- */

static struct bk_settings *writer, *plain, *cached;
static struct bk_arena *arena;
static const struct bk_domain *domain;

static const char *const addresses[] = {"taro@d.example", "jiro@d.example", "sales@d.example",
                                        "hana@e.example", "taro@e.example", "nobody@d.example"};
static const char *const domains[] = {"d.example", "e.example", "alias.example", "no.example"};

static void setup(void)
{
    fixture_setup();
    arena = bk_arena_create();
    writer = bk_settings_open_writer(fixture.settings_path, &error);
    OK(writer != NULL);
    domain = fixture_add_domain(writer, arena, "d.example", "open");
    (void)fixture_add_account(writer, fixture_add_domain(writer, arena, "e.example", "site"),
                              "hana");
    (void)fixture_add_account(writer, domain, "taro");
    (void)fixture_add_account(writer, domain, "jiro");
    plain = bk_settings_open_reader(fixture.settings_path, &error);
    cached = bk_settings_open_reader(fixture.settings_path, &error);
    OK(plain != NULL && cached != NULL && bk_settings_use_cache(cached, 1 << 20, &error));
}

static void teardown(void)
{
    bk_settings_close(&cached);
    bk_settings_close(&plain);
    bk_settings_close(&writer);
    bk_arena_destroy(&arena);
    fixture_teardown();
}

static void same_domain(const struct bk_domain *got, const struct bk_domain *want)
{
    SAME(id);
    SAME_TEXT(name);
    SAME(suspended);
    SAME(catch_all_account_id);
    SAME_TEXT(plan->name);
    SAME(plan->quota_grace_bytes);
}

static void ask_twice(void)
{
    const struct bk_directory *got, *want;

    for (int round = 0; round < 2; round++) {
        OK(bk_settings_begin_read(plain, &error) && bk_settings_begin_read(cached, &error));
        got = bk_settings_directory(cached, NULL, arena, &error);
        want = bk_settings_directory(plain, NULL, arena, &error);
        for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
            const struct bk_account *got_account, *want_account;
            enum bk_lookup found = want->lookup_address(want->context, addresses[i], &want_account);

            LOOKUP(got->lookup_address(got->context, addresses[i], &got_account), found);
            if (found == BK_FOUND) {
                same_account(got_account, want_account);
                same_domain(got_account->domain, want_account->domain);
            }
        }
        for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
            const struct bk_domain *got_domain, *want_domain;
            enum bk_lookup found = want->lookup_domain(want->context, domains[i], &want_domain);

            LOOKUP(got->lookup_domain(got->context, domains[i], &got_domain), found);
            if (found == BK_FOUND)
                same_domain(got_domain, want_domain);
        }
        bk_settings_end_read(plain);
        bk_settings_end_read(cached);
    }
}

static struct bk_account load(const char *address)
{
    const struct bk_account *account;

    LOOKUP(bk_settings_lookup_address(writer, arena, address, &account, &error), BK_FOUND);
    return *account;
}

/* ---- every kind of change, one commit each ---- */

static bool suspend(void)
{
    struct bk_account taro = load("taro@d.example");

    taro.suspended = true;
    return bk_settings_update_account(writer, &taro, &error);
}

static bool forward(void)
{
    struct bk_account taro = load("taro@d.example");

    taro.forward_targets = targets;
    taro.forward_target_count = 2;
    return bk_settings_update_account(writer, &taro, &error);
}

static bool add_alias(void)
{
    return bk_settings_add_alias(writer, load("taro@d.example").id, "sales@d.example", &error);
}

static bool move_alias(void)
{
    return bk_settings_remove_alias(writer, load("taro@d.example").id, "sales@d.example", &error) &&
           bk_settings_add_alias(writer, load("jiro@d.example").id, "sales@d.example", &error);
}

static bool change_domain(void)
{
    const struct bk_domain *now;
    struct bk_domain changed;

    LOOKUP(bk_settings_lookup_domain(writer, arena, "d.example", &now, &error), BK_FOUND);
    changed = *now;
    changed.catch_all_account_id = load("jiro@d.example").id;
    return bk_settings_update_domain(writer, &changed, &error);
}

static bool add_domain_alias(void)
{
    return bk_settings_add_domain_alias(writer, domain->id, "alias.example", &error);
}

static bool remove_domain_alias(void)
{
    return bk_settings_remove_domain_alias(writer, domain->id, "alias.example", &error);
}

static bool change_plan(void)
{
    const struct bk_plan *now;
    struct bk_plan changed;

    LOOKUP(bk_settings_lookup_plan(writer, arena, "open", &now, &error), BK_FOUND);
    changed = *now;
    changed.quota_grace_bytes = 4711;
    return bk_settings_update_plan(writer, &changed, &error);
}

/* The catch-all account: its domain changes with it. */
static bool delete_account(void)
{
    return bk_settings_delete_account(writer, load("jiro@d.example").id, &error);
}

static bool rename_account(void)
{
    struct bk_account taro = load("taro@d.example");

    taro.name = "tarou";
    taro.primary_address = taro.login = "tarou@d.example";
    return bk_settings_update_account(writer, &taro, &error) &&
           bk_settings_add_alias(writer, taro.id, "taro@d.example", &error);
}

START_TEST(no_change_is_missed)
{
    static bool (*const changes[])(void) = {
        suspend,     forward,        add_alias,      move_alias,       change_domain,
        change_plan, rename_account, delete_account, add_domain_alias, remove_domain_alias,
    };

    ask_twice();
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        OK(bk_settings_begin_write(writer, &error) && changes[i]());
        OK(bk_settings_commit(writer, &error));
        ask_twice();
    }
}
END_TEST

START_TEST(snapshot_stays_as_it_began)
{
    const struct bk_directory *directory;
    const struct bk_account *account;

    ask_twice();
    OK(bk_settings_begin_read(cached, &error));
    directory = bk_settings_directory(cached, NULL, arena, &error);
    OK(bk_settings_begin_write(writer, &error) && suspend() && forward());
    OK(bk_settings_commit(writer, &error));
    LOOKUP(directory->lookup_address(directory->context, "taro@d.example", &account), BK_FOUND);
    ck_assert(!account->suspended && account->forward_target_count == 0);
    bk_settings_end_read(cached);
    ask_twice();
}
END_TEST

/* More commits than the table of changes remembers, a sequence that went back, another file. */
START_TEST(what_cannot_be_told_is_forgotten)
{
    static const char *const changes[] = {
        "UPDATE accounts SET suspended = 1 WHERE name = 'taro';"
        "UPDATE counters SET value = value + 10000 WHERE name = 'change_sequence'",
        "UPDATE accounts SET suspended = 0 WHERE name = 'taro';"
        "UPDATE counters SET value = value - 1 WHERE name = 'change_sequence'",
    };

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        ask_twice();
        fixture_sql(fixture.settings_path, changes[i]);
        ask_twice();
    }
    fixture_shell("sqlite3 %s \"VACUUM INTO '%s.new'\"", fixture.settings_path,
                  fixture.settings_path);
    fixture_shell("sqlite3 %s.new \"PRAGMA journal_mode = WAL;"
                  "UPDATE accounts SET suspended = 1 WHERE name = 'taro'\" >/dev/null",
                  fixture.settings_path);
    bk_settings_close(&writer);
    fixture_shell("mv %s.new %s; rm %s-wal %s-shm", fixture.settings_path, fixture.settings_path,
                  fixture.settings_path, fixture.settings_path);
    OK(bk_databases_migrate(fixture.settings_path, NULL, 0, &error));
    OK(bk_settings_refresh(plain, 1000, &error) && bk_settings_refresh(cached, 1000, &error));
    ask_twice();
    writer = bk_settings_open_writer(fixture.settings_path, &error);
    ck_assert(load("taro@d.example").suspended);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_cache");
    TCase *pure = tcase_create("ring and packing"), *reading = tcase_create("reading");

    tcase_add_test(pure, ring_gives_the_newest_or_nothing);
    tcase_add_test(pure, ring_keeps_nothing_that_is_large);
    tcase_add_test(pure, accounts_come_out_as_they_went_in);
    tcase_add_test(pure, what_does_not_fit_is_not_packed);
    suite_add_tcase(suite, pure);
    tcase_add_checked_fixture(reading, setup, teardown);
    tcase_add_test(reading, no_change_is_missed);
    tcase_add_test(reading, snapshot_stays_as_it_began);
    tcase_add_test(reading, what_cannot_be_told_is_forgotten);
    suite_add_tcase(suite, reading);
    return fixture_main(suite);
}
