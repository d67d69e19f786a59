/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store_fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct bk_credentials *credentials;
static struct bk_arena *arena;

static const struct bk_credential taro = {
    .account_id = 7,
    .login = "aaa_taro",
    .primary_address = "aaa_taro@d.example",
    .access = {.imap = true, .submission = true, .pop3_reason = "POP3 is off"},
    .home = "/srv/mail/7",
    .uid = 5000,
    .gid = 5001,
};

static void setup(void)
{
    fixture_setup();
    arena = bk_arena_create();
    credentials = bk_credentials_open(fixture.credentials_path, &error);
    OK(credentials != NULL);
}

static void teardown(void)
{
    bk_credentials_close(&credentials);
    bk_arena_destroy(&arena);
    fixture_teardown();
}

static const struct bk_credential *get(int64_t account_id)
{
    const struct bk_credential *credential = NULL;

    LOOKUP(bk_credentials_lookup(credentials, arena, account_id, &credential, &error), BK_FOUND);
    return credential;
}

START_TEST(row_comes_back_as_written)
{
    const struct bk_credential *got;
    struct bk_credential changed = taro;

    OK(bk_credentials_put(credentials, &taro, &error));
    got = get(7);
    ck_assert_str_eq(got->login, taro.login);
    ck_assert_str_eq(got->primary_address, taro.primary_address);
    ck_assert_ptr_null(got->password_hash);
    ck_assert_ptr_null(got->previous_hash);
    ck_assert(!got->access.locked && got->access.imap && !got->access.pop3 &&
              got->access.submission && !got->access.managesieve);
    ck_assert_ptr_null(got->access.imap_reason);
    ck_assert_str_eq(got->access.pop3_reason, "POP3 is off");
    ck_assert_str_eq(got->home, taro.home);
    ck_assert(got->uid == 5000 && got->gid == 5001 && !got->external_auth);
    changed.login = changed.primary_address = "new@d.example";
    changed.access = (struct bk_access){.locked = true,
                                        .pop3 = true,
                                        .managesieve = true,
                                        .imap_reason = "i",
                                        .submission_reason = "s",
                                        .managesieve_reason = "m"};
    changed.external_auth = true;
    OK(bk_credentials_put(credentials, &changed, &error));
    got = get(7);
    ck_assert_str_eq(got->login, "new@d.example");
    ck_assert_str_eq(got->primary_address, "new@d.example");
    ck_assert(got->access.locked && !got->access.imap && got->access.pop3 &&
              !got->access.submission && got->access.managesieve && got->external_auth);
    ck_assert_str_eq(got->access.imap_reason, "i");
    ck_assert_ptr_null(got->access.pop3_reason);
    ck_assert_str_eq(got->access.submission_reason, "s");
    ck_assert_str_eq(got->access.managesieve_reason, "m");
}
END_TEST

START_TEST(hashes)
{
    OK(bk_credentials_put(credentials, &taro, &error));
    OK(bk_credentials_set_hash(credentials, 7, "first", &error));
    ck_assert_ptr_null(get(7)->previous_hash);
    OK(bk_credentials_set_hash(credentials, 7, "second", &error));
    OK(bk_credentials_put(credentials, &taro, &error)); /* leaves them alone */
    ck_assert_str_eq(get(7)->password_hash, "second");
    ck_assert_str_eq(get(7)->previous_hash, "first");
    OK(bk_credentials_set_hash(credentials, 7, NULL, &error));
    ck_assert_ptr_null(get(7)->password_hash);
    ck_assert_str_eq(get(7)->previous_hash, "second");
    FAILS(bk_credentials_set_hash(credentials, 8, "x", &error), BK_ERROR_UNKNOWN);
}
END_TEST

static bool add_login(void *context, const struct bk_credential *credential)
{
    char text[100];

    snprintf(text, sizeof(text), "%lld:%s ", (long long)credential->account_id, credential->login);
    strcat(context, text);
    return strcmp(credential->login, "last") != 0;
}

START_TEST(unique_list_and_delete)
{
    struct bk_credential other = taro;
    const struct bk_credential *got;
    char all[200] = "";

    LOOKUP(bk_credentials_list(credentials, add_login, all, &error), BK_ABSENT);
    OK(bk_credentials_put(credentials, &taro, &error));
    other.account_id = 3;
    FAILS(bk_credentials_put(credentials, &other, &error), BK_ERROR_EXISTS);
    other.login = "jiro";
    FAILS(bk_credentials_put(credentials, &other, &error), BK_ERROR_EXISTS);
    other.primary_address = "jiro@d.example";
    OK(bk_credentials_put(credentials, &other, &error));
    LOOKUP(bk_credentials_list(credentials, add_login, all, &error), BK_FOUND);
    ck_assert_str_eq(all, "3:jiro 7:aaa_taro ");
    OK(bk_credentials_delete(credentials, 3, &error));
    OK(bk_credentials_delete(credentials, 3, &error)); /* a job may say it again */
    LOOKUP(bk_credentials_lookup(credentials, arena, 3, &got, &error), BK_ABSENT);
}
END_TEST

START_TEST(several_as_one)
{
    struct bk_credential other = taro;
    const struct bk_credential *got;

    OK(bk_credentials_begin(credentials, &error));
    OK(bk_credentials_put(credentials, &taro, &error));
    bk_credentials_rollback(credentials);
    LOOKUP(bk_credentials_lookup(credentials, arena, 7, &got, &error), BK_ABSENT);
    OK(bk_credentials_begin(credentials, &error));
    OK(bk_credentials_put(credentials, &taro, &error));
    other.account_id = 8;
    other.login = other.primary_address = "b";
    OK(bk_credentials_put(credentials, &other, &error));
    OK(bk_credentials_commit(credentials, &error));
    LOOKUP(bk_credentials_lookup(credentials, arena, 8, &got, &error), BK_FOUND);
}
END_TEST

struct staged {
    int64_t ids[4];
    char hashes[4][16];
    size_t count;
};

static bool collect_staged(void *context, int64_t account_id, const char *hash)
{
    struct staged *staged = context;

    ck_assert_uint_lt(staged->count, 4);
    staged->ids[staged->count] = account_id;
    snprintf(staged->hashes[staged->count++], 16, "%s", hash);
    return true;
}

/* What is staged is seen by its job only, and changes no login. */
START_TEST(staged_hashes)
{
    struct staged staged = {.count = 0};
    const struct bk_credential *got;

    OK(bk_credentials_put(credentials, &taro, &error));
    OK(bk_credentials_set_hash(credentials, 7, "old", &error));
    LOOKUP(bk_credentials_list_staged(credentials, 5, collect_staged, &staged, &error), BK_ABSENT);
    OK(bk_credentials_stage(credentials, 5, 8, "eight", &error));
    OK(bk_credentials_stage(credentials, 5, 7, "seven", &error));
    ck_assert(!bk_credentials_stage(credentials, 6, 7, "again", &error));
    LOOKUP(bk_credentials_list_staged(credentials, 6, collect_staged, &staged, &error), BK_ABSENT);
    LOOKUP(bk_credentials_list_staged(credentials, 5, collect_staged, &staged, &error), BK_FOUND);
    ck_assert_uint_eq(staged.count, 2);
    ck_assert_int_eq(staged.ids[0], 7);
    ck_assert_str_eq(staged.hashes[0], "seven");
    ck_assert_int_eq(staged.ids[1], 8);
    LOOKUP(bk_credentials_lookup(credentials, arena, 7, &got, &error), BK_FOUND);
    ck_assert_str_eq(got->password_hash, "old");
    OK(bk_credentials_clear_staged(credentials, &error));
    LOOKUP(bk_credentials_list_staged(credentials, 5, collect_staged, &staged, &error), BK_ABSENT);
}
END_TEST

START_TEST(missing)
{
    FAILS(bk_credentials_open("/nowhere/credentials.db", &error) != NULL, BK_ERROR_CONFIGURATION);
}
END_TEST

/* Dovecot's driver is the last to close it, and must find no WAL to remove. */
START_TEST(never_a_wal)
{
    char path[200];
    struct stat now;

    OK(bk_credentials_put(credentials, &taro, &error));
    snprintf(path, sizeof(path), "%s-wal", fixture.credentials_path);
    ck_assert_int_eq(stat(path, &now), -1);
    ck_assert_int_eq(stat(fixture.credentials_path, &now), 0);
    ck_assert_int_eq(now.st_mode & 07777, 0600);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_credentials");
    TCase *all = tcase_create("credentials");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, row_comes_back_as_written);
    tcase_add_test(all, hashes);
    tcase_add_test(all, unique_list_and_delete);
    tcase_add_test(all, several_as_one);
    tcase_add_test(all, staged_hashes);
    tcase_add_test(all, missing);
    tcase_add_test(all, never_a_wal);
    suite_add_tcase(suite, all);
    return fixture_main(suite);
}
