/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Look-ups, edits and lists of settings.db. */
#include "store_fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static struct bk_settings *writer;
static struct bk_arena *arena;

static void setup(void)
{
    fixture_setup();
    arena = bk_arena_create();
    writer = bk_settings_open_writer(fixture.settings_path, &error);
    OK(writer != NULL);
}

static void teardown(void)
{
    bk_settings_close(&writer);
    bk_arena_destroy(&arena);
    fixture_teardown();
}

/* ---- plans: PRODUCT.md section 2, cell by cell ---- */

#define GB (INT64_C(1) << 30)
#define DAY INT64_C(86400)
#define CHOICES                                                                                    \
    "0,1073741824,2147483648,5368709120,10737418240,21474836480,53687091200,107374182400"

static const struct bk_plan want_plans[] = {
    {
        .name = "open",
        .capacity_kind = BK_CAPACITY_ANY,
        .capacity_choices = "",
        .quota_warnings = true,
        .receive_off = BK_RECEIVE_OFF_DROPS,
        .forward_allowed = true,
        .forward_targets_maximum = 100,
        .auto_reply_allowed = true,
        .spam_tag_allowed = true,
        .spam_tag_text = "[SPAM]",
        .spam_tag_text_settable = true,
        .spam_sort_allowed = true,
        .spam_folder = "Junk",
        .spam_actions_allowed = true,
        .spam_lists_allowed = true,
        .spam_score_hundredths = 500,
        .auto_reply_interval_seconds = 7 * DAY,
        .retention_kind = BK_RETENTION_ANY,
        .archive_seconds = 180 * DAY,
        .trash_seconds = 31 * DAY,
        .trash_names = "",
        .name_rule = BK_PANEL_A,
        .name_length_minimum = 2,
        .name_length_maximum = 32,
        .password_rule = BK_PANEL_A,
        .password_length_minimum = 8,
        .password_length_maximum = 64,
        .password_dictionary = true,
        .present_from_start = "postmaster",
    },
#define PANEL_A                                                                                    \
    .quota_warnings = true, .receive_off = BK_RECEIVE_OFF_DROPS, .forward_allowed = true,          \
    .forward_targets_maximum = 20, .auto_reply_allowed = true, .auto_reply_width_maximum = 600,    \
    .spam_tag_allowed = true, .auto_reply_interval_seconds = 7 * DAY,                              \
    .spam_score_hundredths = 500, .spam_tag_text = "[SPAM]", .spam_folder = "Junk",                \
    .trash_names = "", .name_rule = BK_PANEL_A, .name_length_minimum = 2,                          \
    .name_length_maximum = 32, .password_rule = BK_PANEL_A, .password_length_minimum = 8,          \
    .password_length_maximum = 64, .password_dictionary = true, .present_from_start = "postmaster"
    {
        .name = "business-standard",
        .capacity_kind = BK_CAPACITY_CHOICES,
        .capacity_choices = CHOICES,
        .capacity_default_bytes = 5 * GB,
        .spam_sort_allowed = true,
        .retention_kind = BK_RETENTION_FIXED,
        .archive_seconds = 180 * DAY,
        .trash_seconds = 31 * DAY,
        .registration_rows_maximum = 50,
        PANEL_A,
    },
    {
        .name = "kwc",
        .capacity_kind = BK_CAPACITY_CHOICES,
        .capacity_choices = CHOICES,
        .capacity_default_bytes = 5 * GB,
        .spam_sort_allowed = true,
        .retention_kind = BK_RETENTION_FIXED,
        .archive_seconds = 180 * DAY,
        .trash_seconds = 31 * DAY,
        .registration_rows_maximum = 50,
        PANEL_A,
    },
    {
        .name = "sv-basic",
        .capacity_kind = BK_CAPACITY_FIXED,
        .capacity_choices = "",
        .retention_kind = BK_RETENTION_NONE,
        PANEL_A,
    },
    {
        .name = "site",
        .capacity_kind = BK_CAPACITY_RANGE,
        .capacity_choices = "",
        .capacity_minimum_bytes = INT64_C(1) << 20,
        .capacity_maximum_bytes = 10 * GB + GB / 2,
        .capacity_default_bytes = GB,
        .quota_warnings = true,
        .receive_off = BK_RECEIVE_OFF_REFUSES,
        .forward_allowed = true,
        .forward_targets_maximum = 20,
        .auto_reply_allowed = true,
        .spam_tag_allowed = true,
        .spam_tag_text = "****SPAM(_SCORE_)****",
        .spam_tag_text_settable = true,
        .spam_sort_allowed = true,
        .spam_folder = "caughtspam",
        .spam_actions_allowed = true,
        .spam_lists_allowed = true,
        .spam_score_hundredths = 500,
        .auto_reply_interval_seconds = 7 * DAY,
        .retention_kind = BK_RETENTION_NONE,
        .trash_names = "",
        .registration_rows_maximum = 50,
        .name_rule = BK_PANEL_B,
        .name_length_minimum = 1,
        .name_length_maximum = 47,
        .password_rule = BK_PANEL_B,
        .password_length_minimum = 8,
        .password_length_maximum = 64,
        .password_dictionary = true,
        .full_name_required = true,
        .present_from_start = "postmaster\nmailadmin",
    },
};

#define SAME_NUMBER(field)                                                                         \
    ck_assert_msg((int64_t)got->field == (int64_t)want->field,                                     \
                  "%s: " #field ": got %lld, want %lld", want->name, (long long)got->field,        \
                  (long long)want->field)
#define SAME_TEXT(field)                                                                           \
    ck_assert_msg(strcmp(got->field, want->field) == 0, "%s: " #field ": got %s, want %s",         \
                  want->name, got->field, want->field)

static void check_plan(const struct bk_plan *got, const struct bk_plan *want)
{
    SAME_TEXT(name);
    SAME_NUMBER(capacity_kind);
    SAME_TEXT(capacity_choices);
    SAME_NUMBER(capacity_minimum_bytes);
    SAME_NUMBER(capacity_maximum_bytes);
    SAME_NUMBER(capacity_required);
    SAME_NUMBER(capacity_default_bytes);
    SAME_NUMBER(quota_grace_bytes);
    SAME_NUMBER(full_is_temporary);
    SAME_NUMBER(quota_warnings);
    SAME_NUMBER(receive_off);
    SAME_NUMBER(forward_allowed);
    SAME_NUMBER(forward_targets_maximum);
    SAME_NUMBER(auto_reply_allowed);
    SAME_NUMBER(auto_reply_width_maximum);
    SAME_NUMBER(spam_tag_allowed);
    SAME_NUMBER(spam_tag_default);
    SAME_NUMBER(spam_score_hundredths);
    SAME_NUMBER(auto_reply_interval_seconds);
    SAME_TEXT(spam_tag_text);
    SAME_NUMBER(spam_tag_text_settable);
    SAME_NUMBER(spam_sort_allowed);
    SAME_NUMBER(spam_sort_default);
    SAME_TEXT(spam_folder);
    SAME_NUMBER(spam_actions_allowed);
    SAME_NUMBER(spam_lists_allowed);
    SAME_NUMBER(retention_kind);
    SAME_NUMBER(archive_seconds);
    SAME_NUMBER(trash_seconds);
    SAME_NUMBER(junk_seconds);
    SAME_TEXT(trash_names);
    SAME_NUMBER(registration_rows_maximum);
    SAME_NUMBER(name_rule);
    SAME_NUMBER(name_length_minimum);
    SAME_NUMBER(name_length_maximum);
    SAME_NUMBER(password_rule);
    SAME_NUMBER(password_length_minimum);
    SAME_NUMBER(password_length_maximum);
    SAME_NUMBER(password_dictionary);
    SAME_NUMBER(full_name_required);
    SAME_TEXT(present_from_start);
}

START_TEST(built_in_plan)
{
    const struct bk_plan *plan;

    LOOKUP(bk_settings_lookup_plan(writer, arena, want_plans[_i].name, &plan, &error), BK_FOUND);
    check_plan(plan, &want_plans[_i]);
}
END_TEST

static bool count_plan(void *context, const struct bk_plan *plan)
{
    size_t *count = context;

    ck_assert_str_eq(plan->name, want_plans[(*count)++].name);
    return true;
}

START_TEST(plans_listed_in_order)
{
    const struct bk_plan *plan;
    size_t count = 0;

    LOOKUP(bk_settings_list_plans(writer, count_plan, &count, &error), BK_FOUND);
    ck_assert_uint_eq(count, 5);
    LOOKUP(bk_settings_lookup_plan(writer, arena, "none", &plan, &error), BK_ABSENT);
}
END_TEST

/* ---- domains ---- */

START_TEST(domain_comes_back_as_written)
{
    const struct bk_domain *domain = fixture_add_domain(writer, arena, "d.example", "open"), *got;
    const struct bk_plan only_name = {.name = "site"};
    struct bk_domain changed = *domain;
    const struct bk_domain *want = &changed;

    ck_assert_str_eq(domain->plan->name, "open");
    ck_assert_ptr_null(domain->login_prefix);
    ck_assert_ptr_null(domain->time_zone);
    changed.plan = &only_name;
    changed.login_prefix = "aaa";
    changed.time_zone = "Asia/Tokyo";
    changed.suspended = true;
    changed.catch_all_account_id = 7;
    changed.accounts_maximum = 8;
    changed.capacity_sum_maximum_bytes = INT64_MAX;
    changed.capacity_maximum_bytes = 10;
    changed.default_capacity_bytes = 11;
    changed.archive_seconds = 12;
    changed.trash_seconds = 13;
    changed.junk_seconds = 0;
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_update_domain(writer, &changed, &error));
    OK(bk_settings_commit(writer, &error));
    LOOKUP(bk_settings_lookup_domain(writer, arena, "d.example", &got, &error), BK_FOUND);
    SAME_NUMBER(id);
    SAME_TEXT(name);
    SAME_TEXT(plan->name);
    SAME_TEXT(login_prefix);
    SAME_TEXT(time_zone);
    SAME_NUMBER(suspended);
    SAME_NUMBER(catch_all_account_id);
    SAME_NUMBER(accounts_maximum);
    SAME_NUMBER(capacity_sum_maximum_bytes);
    SAME_NUMBER(capacity_maximum_bytes);
    SAME_NUMBER(default_capacity_bytes);
    SAME_NUMBER(archive_seconds);
    SAME_NUMBER(trash_seconds);
    SAME_NUMBER(junk_seconds);
    LOOKUP(bk_settings_lookup_domain(writer, arena, "other.example", &got, &error), BK_ABSENT);
}
END_TEST

START_TEST(domain_names_and_prefixes_are_unique)
{
    const struct bk_domain *domain = fixture_add_domain(writer, arena, "d.example", "open");
    struct bk_domain other = *domain;
    int64_t id;

    OK(bk_settings_begin_write(writer, &error));
    FAILS(bk_settings_insert_domain(writer, &other, &id, &error), BK_ERROR_EXISTS);
    other.name = "e.example";
    other.login_prefix = "aaa";
    OK(bk_settings_insert_domain(writer, &other, &id, &error));
    other.name = "f.example";
    FAILS(bk_settings_insert_domain(writer, &other, &id, &error), BK_ERROR_EXISTS);
    other.login_prefix = NULL;
    other.plan = &(const struct bk_plan){.name = "none"};
    FAILS(bk_settings_insert_domain(writer, &other, &id, &error), BK_ERROR_UNKNOWN);
    other.plan = domain->plan;
    other.id = 99;
    FAILS(bk_settings_update_domain(writer, &other, &error), BK_ERROR_UNKNOWN);
    bk_settings_rollback(writer);
    fixture_sql(fixture.settings_path, "INSERT INTO domain_aliases VALUES ('g.example', 1)");
    OK(bk_settings_begin_write(writer, &error));
    other.name = "g.example";
    FAILS(bk_settings_insert_domain(writer, &other, &id, &error), BK_ERROR_EXISTS);
    bk_settings_rollback(writer);
}
END_TEST

START_TEST(domain_with_accounts_stays)
{
    const struct bk_domain *domain = fixture_add_domain(writer, arena, "d.example", "open"), *got;
    int64_t account = fixture_add_account(writer, domain, "taro");

    OK(bk_settings_begin_write(writer, &error));
    FAILS(bk_settings_delete_domain(writer, domain->id, &error), BK_ERROR_VALUE);
    bk_settings_rollback(writer);
    LOOKUP(bk_settings_lookup_domain(writer, arena, "d.example", &got, &error), BK_FOUND);
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_delete_account(writer, account, &error));
    OK(bk_settings_delete_domain(writer, domain->id, &error));
    OK(bk_settings_commit(writer, &error));
    LOOKUP(bk_settings_lookup_domain(writer, arena, "d.example", &got, &error), BK_ABSENT);
}
END_TEST

/* ---- accounts ---- */

static void check_account(const struct bk_account *got, const struct bk_account *want)
{
    SAME_NUMBER(id);
    SAME_NUMBER(state);
    SAME_TEXT(name);
    SAME_TEXT(primary_address);
    SAME_TEXT(login);
    SAME_TEXT(full_name);
    SAME_TEXT(comment);
    SAME_TEXT(language);
    SAME_TEXT(rights);
    SAME_NUMBER(capacity_bytes);
    SAME_NUMBER(receive);
    SAME_NUMBER(suspended);
    SAME_NUMBER(force_changed);
    SAME_NUMBER(external_auth);
    SAME_NUMBER(imap_allowed);
    SAME_NUMBER(pop3_allowed);
    SAME_NUMBER(submission_allowed);
    SAME_NUMBER(managesieve_allowed);
    SAME_NUMBER(forward_target_count);
    SAME_NUMBER(forward_keep_copy);
    SAME_NUMBER(archive_seconds);
    SAME_NUMBER(trash_seconds);
    SAME_NUMBER(junk_seconds);
    SAME_NUMBER(created_at);
    SAME_NUMBER(domain->id);
    SAME_TEXT(domain->name);
    SAME_TEXT(domain->plan->name);
    for (size_t i = 0; i < want->forward_target_count; i++)
        SAME_TEXT(forward_targets[i]);
}

START_TEST(account_comes_back_as_written)
{
    const struct bk_domain *domain = fixture_add_domain(writer, arena, "d.example", "kwc");
    struct bk_account account = fixture_account(arena, domain, "taro");
    const char *const targets[] = {"z@else.example", "a@d.example", "m+x@d.example"};
    const struct bk_account *got;

    account.id = fixture_add_account(writer, domain, "taro");
    LOOKUP(bk_settings_lookup_address(writer, arena, "taro@d.example", &got, &error), BK_FOUND);
    check_account(got, &account);
    ck_assert_ptr_null(got->hold_reason);
    account.state = BK_ACCOUNT_DELETING;
    account.login = "aaa_taro";
    account.primary_address = "aaa_taro@d.example";
    account.full_name = "'; DROP TABLE accounts; --";
    account.comment = "a\nb";
    account.language = "pt";
    account.rights = "mail admin";
    account.capacity_bytes = INT64_MAX;
    account.receive = account.imap_allowed = account.submission_allowed = false;
    account.suspended = account.force_changed = account.external_auth = true;
    account.forward_targets = targets;
    account.forward_target_count = 3;
    account.forward_keep_copy = false;
    account.archive_seconds = 1;
    account.trash_seconds = 0;
    account.junk_seconds = 3;
    account.hold_reason = "lawsuit";
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_update_account(writer, &account, &error));
    OK(bk_settings_commit(writer, &error));
    LOOKUP(bk_settings_lookup_account_id(writer, arena, account.id, &got, &error), BK_FOUND);
    check_account(got, &account);
    ck_assert_str_eq(got->hold_reason, "lawsuit");
    LOOKUP(bk_settings_lookup_address(writer, arena, "taro@d.example", &got, &error), BK_ABSENT);
    LOOKUP(bk_settings_lookup_account_id(writer, arena, account.id + 1, &got, &error), BK_ABSENT);
}
END_TEST

START_TEST(names_by_which_an_account_is_found)
{
    static const struct {
        const char *text;
        enum bk_lookup want;
    } rows[] = {
        {"aaa_taro@d.example", BK_FOUND}, {"aaa_taro", BK_FOUND},
        {"alias@d.example", BK_FOUND},    {"taro@d.example", BK_FOUND},
        {"TARO@D.Example", BK_FOUND},     {"taro", BK_ABSENT},
        {"taro@e.example", BK_ABSENT},    {"", BK_ABSENT},
        {"taro+x@d.example", BK_ABSENT},  {"@d.example", BK_ABSENT},
    };
    const struct bk_domain *domain = fixture_add_domain(writer, arena, "d.example", "site");
    struct bk_account account = fixture_account(arena, domain, "taro");
    const struct bk_account *got;
    int64_t id;

    account.login = "aaa_taro";
    account.primary_address = "aaa_taro@d.example";
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_insert_account(writer, &account, &id, &error));
    OK(bk_settings_add_alias(writer, id, "alias@d.example", &error));
    OK(bk_settings_commit(writer, &error));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum bk_lookup found = bk_settings_lookup_account(writer, arena, rows[i].text, &got,
                                                          &error);

        ck_assert_msg(found == rows[i].want, "%s: got %d, want %d", rows[i].text, found,
                      rows[i].want);
        if (found == BK_FOUND)
            ck_assert_int_eq(got->id, id);
    }
    /* As an address the bare name is none, on a prefix domain. */
    LOOKUP(bk_settings_lookup_address(writer, arena, "taro@d.example", &got, &error), BK_ABSENT);
}
END_TEST

START_TEST(addresses_belong_to_one_account)
{
    const struct bk_domain *domain = fixture_add_domain(writer, arena, "d.example", "open");
    int64_t taro = fixture_add_account(writer, domain, "taro");
    int64_t jiro = fixture_add_account(writer, domain, "jiro"), id;
    struct bk_account other = fixture_account(arena, domain, "saburo");
    const struct bk_account *got;

    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_add_alias(writer, taro, "info@d.example", &error));
    FAILS(bk_settings_add_alias(writer, jiro, "info@d.example", &error), BK_ERROR_EXISTS);
    FAILS(bk_settings_add_alias(writer, jiro, "taro@d.example", &error), BK_ERROR_EXISTS);
    other.primary_address = "info@d.example";
    FAILS(bk_settings_insert_account(writer, &other, &id, &error), BK_ERROR_EXISTS);
    FAILS(bk_settings_remove_alias(writer, jiro, "info@d.example", &error), BK_ERROR_UNKNOWN);
    FAILS(bk_settings_remove_alias(writer, taro, "taro@d.example", &error), BK_ERROR_UNKNOWN);
    bk_settings_rollback(writer);
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_add_alias(writer, taro, "info@d.example", &error));
    /* Renamed: an alias becomes the primary address, and the old one an alias. */
    LOOKUP(bk_settings_lookup_account_id(writer, arena, taro, &got, &error), BK_FOUND);
    other = *got;
    other.primary_address = "info@d.example";
    OK(bk_settings_update_account(writer, &other, &error));
    OK(bk_settings_add_alias(writer, taro, "taro@d.example", &error));
    OK(bk_settings_remove_alias(writer, taro, "taro@d.example", &error));
    OK(bk_settings_add_alias(writer, jiro, "taro@d.example", &error));
    OK(bk_settings_commit(writer, &error));
    LOOKUP(bk_settings_lookup_address(writer, arena, "info@d.example", &got, &error), BK_FOUND);
    ck_assert_int_eq(got->id, taro);
    ck_assert_str_eq(got->primary_address, "info@d.example");
    LOOKUP(bk_settings_lookup_address(writer, arena, "taro@d.example", &got, &error), BK_FOUND);
    ck_assert_int_eq(got->id, jiro);
}
END_TEST

START_TEST(logins_and_names_are_unique)
{
    const struct bk_domain *domain = fixture_add_domain(writer, arena, "d.example", "open");
    const struct bk_domain *other_domain = fixture_add_domain(writer, arena, "e.example", "open");
    struct bk_account account = fixture_account(arena, other_domain, "taro");
    int64_t id;

    (void)fixture_add_account(writer, domain, "taro");
    OK(bk_settings_begin_write(writer, &error));
    account.login = "taro@d.example";
    FAILS(bk_settings_insert_account(writer, &account, &id, &error), BK_ERROR_EXISTS);
    account = fixture_account(arena, domain, "taro");
    account.login = account.primary_address = "other@d.example";
    FAILS(bk_settings_insert_account(writer, &account, &id, &error), BK_ERROR_EXISTS);
    account = fixture_account(arena, domain, "hanako");
    account.language = "xx";
    FAILS(bk_settings_insert_account(writer, &account, &id, &error), BK_ERROR_VALUE);
    account.language = "en";
    account.capacity_bytes = -1;
    FAILS(bk_settings_insert_account(writer, &account, &id, &error), BK_ERROR_VALUE);
    account.capacity_bytes = 0;
    account.domain = &(const struct bk_domain){.id = 99};
    FAILS(bk_settings_insert_account(writer, &account, &id, &error), BK_ERROR_VALUE);
    account.id = 99;
    FAILS(bk_settings_update_account(writer, &account, &error), BK_ERROR_UNKNOWN);
    FAILS(bk_settings_delete_account(writer, 99, &error), BK_ERROR_UNKNOWN);
    bk_settings_rollback(writer);
}
END_TEST

START_TEST(ids_are_never_used_again)
{
    const struct bk_domain *domain = fixture_add_domain(writer, arena, "d.example", "open"), *got;
    int64_t first = fixture_add_account(writer, domain, "taro");
    struct bk_domain changed = *domain;

    changed.catch_all_account_id = first;
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_update_domain(writer, &changed, &error));
    OK(bk_settings_add_alias(writer, first, "info@d.example", &error));
    OK(bk_settings_delete_account(writer, first, &error));
    OK(bk_settings_commit(writer, &error));
    ck_assert_int_gt(fixture_add_account(writer, domain, "taro"), first);
    LOOKUP(bk_settings_lookup_domain(writer, arena, "d.example", &got, &error), BK_FOUND);
    ck_assert_int_eq(got->catch_all_account_id, 0);
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_add_alias(writer, first + 1, "info@d.example", &error));
    bk_settings_rollback(writer);
}
END_TEST

/* ---- transactions ---- */

static void check_changes(const char *want)
{
    sqlite3_stmt *statement;
    sqlite3 *connection;
    const char *got;

    ck_assert_int_eq(sqlite3_open(fixture.settings_path, &connection), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_prepare_v2(connection,
                           "SELECT coalesce(group_concat(kind || ' ' || subject_id, ', '), '') "
                           "FROM changes WHERE sequence = (SELECT value FROM counters "
                           "WHERE name = 'change_sequence')",
                           -1, &statement, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    got = (const char *)sqlite3_column_text(statement, 0);
    ck_assert_msg(strcmp(got, want) == 0, "got %s, want %s", got, want);
    ck_assert_int_eq(sqlite3_finalize(statement), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(connection), SQLITE_OK);
}

START_TEST(commits_say_what_they_touched)
{
    const struct bk_domain *domain = fixture_add_domain(writer, arena, "d.example", "open");
    int64_t before, after;

    check_changes("domain 1");
    LOOKUP(bk_settings_change_sequence(writer, &before, &error), BK_FOUND);
    (void)fixture_add_account(writer, domain, "taro");
    check_changes("account 1");
    LOOKUP(bk_settings_change_sequence(writer, &after, &error), BK_FOUND);
    ck_assert_int_eq(after, before + 1);
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_add_alias(writer, 1, "a@d.example", &error));
    OK(bk_settings_add_alias(writer, 1, "b@d.example", &error));
    OK(bk_settings_put_server_value(writer, "mail_root", "/srv", &error));
    OK(bk_settings_update_domain(writer, domain, &error));
    OK(bk_settings_commit(writer, &error));
    check_changes("account 1, domain 1, server 0");
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_commit(writer, &error));
    check_changes("");
    LOOKUP(bk_settings_change_sequence(writer, &after, &error), BK_FOUND);
    ck_assert_int_eq(after, before + 3);
}
END_TEST

static bool note_change(void *context, const struct bk_settings_change *change)
{
    char *list = context;
    size_t length = strlen(list);

    (void)snprintf(list + length, 200 - length, "%s%s %d", length > 0 ? ", " : "", change->kind,
                   (int)change->subject_id);
    return true;
}

START_TEST(changes_can_be_followed)
{
    const struct bk_domain *domain = fixture_add_domain(writer, arena, "d.example", "open");
    char list[200] = "";
    int64_t before, after;

    LOOKUP(bk_settings_change_sequence(writer, &before, &error), BK_FOUND);
    LOOKUP(bk_settings_list_changes(writer, before, 9, note_change, list, &error), BK_ABSENT);
    (void)fixture_add_account(writer, domain, "taro");
    (void)fixture_add_account(writer, domain, "hana");
    LOOKUP(bk_settings_change_sequence(writer, &after, &error), BK_FOUND);
    LOOKUP(bk_settings_list_changes(writer, before, 9, note_change, list, &error), BK_FOUND);
    ck_assert_str_eq(list, "account 1, account 2");
    *list = '\0';
    LOOKUP(bk_settings_list_changes(writer, before, 1, note_change, list, &error), BK_FOUND);
    ck_assert_str_eq(list, "account 1");
    LOOKUP(bk_settings_list_changes(writer, after, 9, note_change, list, &error), BK_ABSENT);
}
END_TEST

START_TEST(edits_need_a_transaction)
{
    const struct bk_domain *domain = fixture_add_domain(writer, arena, "d.example", "open");
    struct bk_settings *reader = bk_settings_open_reader(fixture.settings_path, &error);
    struct bk_account account = fixture_account(arena, domain, "taro");
    const struct bk_account *got;
    int64_t id;

    OK(reader != NULL);
    FAILS(bk_settings_insert_account(writer, &account, &id, &error), BK_ERROR_NOT_PERMITTED);
    FAILS(bk_settings_commit(writer, &error), BK_ERROR_NOT_PERMITTED);
    FAILS(bk_settings_begin_write(reader, &error), BK_ERROR_NOT_PERMITTED);
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_insert_account(writer, &account, &id, &error));
    LOOKUP(bk_settings_lookup_account_id(writer, arena, id, &got, &error), BK_FOUND);
    LOOKUP(bk_settings_lookup_account_id(reader, arena, id, &got, &error), BK_ABSENT);
    bk_settings_rollback(writer);
    bk_settings_rollback(writer);
    LOOKUP(bk_settings_lookup_account_id(writer, arena, id, &got, &error), BK_ABSENT);
    bk_settings_close(&reader);
}
END_TEST

START_TEST(no_write_into_a_replaced_file)
{
    fixture_shell("cp -p %s %s.new && mv %s.new %s", fixture.settings_path, fixture.settings_path,
                  fixture.settings_path, fixture.settings_path);
    FAILS(bk_settings_begin_write(writer, &error), BK_ERROR_TRY_AGAIN);
}
END_TEST

/* ---- lists ---- */

struct texts {
    char all[2000];
    int stop_after;
};

static bool add_text(void *context, const char *text)
{
    struct texts *texts = context;

    strcat(texts->all, text);
    strcat(texts->all, " ");
    return --texts->stop_after != 0;
}

static bool add_account(void *context, const struct bk_account *account)
{
    ck_assert_ptr_nonnull(account->domain->plan->name);
    return add_text(context, account->primary_address);
}

static bool add_domain(void *context, const struct bk_domain *domain)
{
    return add_text(context, domain->name);
}

static void fill(void)
{
    const struct bk_domain *e = fixture_add_domain(writer, arena, "e.example", "open");
    const struct bk_domain *d = fixture_add_domain(writer, arena, "d.example", "site");
    const char *const targets[] = {"taro+ext@d.example", "out@else.example"};
    struct bk_account account;

    (void)fixture_add_account(writer, e, "taro");
    (void)fixture_add_account(writer, d, "taro");
    (void)fixture_add_account(writer, d, "jiro");
    account = fixture_account(arena, d, "100%_sure");
    account.full_name = "Hanako YAMADA";
    account.comment = "!";
    account.forward_targets = targets;
    account.forward_target_count = 2;
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_insert_account(writer, &account, &account.id, &error));
    OK(bk_settings_add_alias(writer, account.id, "hana@d.example", &error));
    OK(bk_settings_add_alias(writer, account.id, "alpha@d.example", &error));
    OK(bk_settings_commit(writer, &error));
}

START_TEST(accounts_are_listed)
{
    static const struct {
        struct bk_account_filter filter;
        const char *want;
        int64_t want_count;
    } rows[] = {
        {{0}, "100%_sure@d.example jiro@d.example taro@d.example taro@e.example ", 4},
        {{.domain = "d.example"}, "100%_sure@d.example jiro@d.example taro@d.example ", 3},
        {{.domain = "d.example", .limit = 1, .offset = 1}, "jiro@d.example ", 3},
        {{.limit = 2, .offset = 3}, "taro@e.example ", 4},
        {{.offset = 4}, "", 4},
        {{.domain = "none.example"}, "", 0},
        {{.search = "taro"}, "taro@d.example taro@e.example ", 2},
        {{.search = "taro", .domain = "e.example"}, "taro@e.example ", 1},
        {{.search = "TARO@E"}, "taro@e.example ", 1},
        {{.search = "hana@"}, "100%_sure@d.example ", 1},
        {{.search = "yamada"}, "100%_sure@d.example ", 1},
        {{.search = "山口"}, "jiro@d.example taro@d.example taro@e.example ", 3},
        {{.search = "0%_s"}, "100%_sure@d.example ", 1},
        {{.search = "%"}, "100%_sure@d.example ", 1},
        {{.search = "_"}, "100%_sure@d.example ", 1},
        {{.search = "!"}, "100%_sure@d.example ", 1},
        {{.search = "' OR 1=1 --"}, "", 0},
    };

    fill();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct texts texts = {.stop_after = -1};
        int64_t count = -1;

        LOOKUP(bk_settings_list_accounts(writer, &rows[i].filter, add_account, &texts, &error),
               rows[i].want[0] == '\0' ? BK_ABSENT : BK_FOUND);
        ck_assert_msg(strcmp(texts.all, rows[i].want) == 0, "row %zu: got %s, want %s", i,
                      texts.all, rows[i].want);
        LOOKUP(bk_settings_count_accounts(writer, &rows[i].filter, &count, &error), BK_FOUND);
        ck_assert_msg(count == rows[i].want_count, "row %zu: got %lld", i, (long long)count);
    }
}
END_TEST

START_TEST(a_list_stops_where_it_is_told)
{
    const struct bk_account_filter all = {0};
    struct texts texts = {.stop_after = 2};

    fill();
    LOOKUP(bk_settings_list_accounts(writer, &all, add_account, &texts, &error), BK_FOUND);
    ck_assert_str_eq(texts.all, "100%_sure@d.example jiro@d.example ");
    texts = (struct texts){.stop_after = -1};
    LOOKUP(bk_settings_list_domains(writer, add_domain, &texts, &error), BK_FOUND);
    ck_assert_str_eq(texts.all, "d.example e.example ");
}
END_TEST

static bool list_within(void *context, const struct bk_account *account)
{
    const struct bk_account_filter all = {0};
    const struct bk_account *again;
    struct texts texts = {.stop_after = -1};

    LOOKUP(bk_settings_list_accounts(writer, &all, add_account, &texts, &error), BK_FOUND);
    LOOKUP(bk_settings_lookup_account_id(writer, arena, account->id, &again, &error), BK_FOUND);
    ck_assert_str_eq(again->primary_address, account->primary_address);
    return add_text(context, account->primary_address);
}

START_TEST(lists_may_be_nested)
{
    const struct bk_account_filter all = {0};
    struct texts texts = {.stop_after = -1};

    fill();
    LOOKUP(bk_settings_list_accounts(writer, &all, list_within, &texts, &error), BK_FOUND);
    ck_assert_str_eq(texts.all, "100%_sure@d.example jiro@d.example taro@d.example "
                                "taro@e.example ");
}
END_TEST

START_TEST(aliases_forwarders_and_sums)
{
    struct texts texts = {.stop_after = -1};
    int64_t sum, unlimited, accounts;

    fill();
    LOOKUP(bk_settings_list_aliases(writer, 4, add_text, &texts, &error), BK_FOUND);
    ck_assert_str_eq(texts.all, "alpha@d.example hana@d.example ");
    LOOKUP(bk_settings_list_aliases(writer, 1, add_text, &texts, &error), BK_ABSENT);
    texts = (struct texts){.stop_after = -1};
    LOOKUP(bk_settings_list_forwarders(writer, "taro@d.example", add_text, &texts, &error),
           BK_FOUND);
    ck_assert_str_eq(texts.all, "100%_sure@d.example ");
    LOOKUP(bk_settings_list_forwarders(writer, "taro@e.example", add_text, &texts, &error),
           BK_ABSENT);
    LOOKUP(bk_settings_domain_sums(writer, 2, 0, &sum, &unlimited, &accounts, &error), BK_FOUND);
    ck_assert_int_eq(sum, 3 * GB);
    ck_assert_int_eq(accounts, 3);
    ck_assert_int_eq(unlimited, 0);
    fixture_sql(fixture.settings_path, "UPDATE accounts SET capacity_bytes = 0 WHERE id = 2");
    LOOKUP(bk_settings_domain_sums(writer, 2, 3, &sum, &unlimited, &accounts, &error), BK_FOUND);
    ck_assert_int_eq(sum, GB);
    ck_assert_int_eq(accounts, 2);
    ck_assert_int_eq(unlimited, 1);
    LOOKUP(bk_settings_domain_sums(writer, 99, 0, &sum, &unlimited, &accounts, &error), BK_FOUND);
    ck_assert_int_eq(sum + unlimited + accounts, 0);
}
END_TEST

/* ---- jobs, audit, server ---- */

static bool add_job(void *context, const struct bk_job *job)
{
    char text[200];

    snprintf(text, sizeof(text), "%lld:%s:%lld:%s:%lld/%lld:%lld:%lld", (long long)job->id,
             job->kind, (long long)job->account_id, job->detail, (long long)job->done,
             (long long)job->total, (long long)job->created_at, (long long)job->updated_at);
    return add_text(context, text);
}

START_TEST(jobs)
{
    struct bk_job job = {.kind = "erase-mail", .account_id = 5, .detail = "{}", .created_at = 10};
    struct texts texts = {.stop_after = -1};
    int64_t second;

    LOOKUP(bk_settings_list_jobs(writer, add_job, &texts, &error), BK_ABSENT);
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_insert_job(writer, &job, &job.id, &error));
    OK(bk_settings_insert_job(writer, &job, &second, &error));
    job.done = 3;
    job.total = 9;
    job.updated_at = 20;
    OK(bk_settings_update_job(writer, &job, &error));
    OK(bk_settings_commit(writer, &error));
    LOOKUP(bk_settings_list_jobs(writer, add_job, &texts, &error), BK_FOUND);
    ck_assert_str_eq(texts.all, "1:erase-mail:5:{}:3/9:10:20 2:erase-mail:5:{}:0/0:10:0 ");
    OK(bk_settings_begin_write(writer, &error));
    OK(bk_settings_delete_job(writer, second, &error));
    FAILS(bk_settings_delete_job(writer, second, &error), BK_ERROR_UNKNOWN);
    job.id = second;
    FAILS(bk_settings_update_job(writer, &job, &error), BK_ERROR_UNKNOWN);
    OK(bk_settings_insert_job(writer, &job, &job.id, &error));
    ck_assert_int_eq(job.id, 3);
    bk_settings_rollback(writer);
}
END_TEST

static bool add_entry(void *context, const struct bk_audit_entry *entry)
{
    char text[200];

    snprintf(text, sizeof(text), "%lld:%s:%s:%s:%s:%s", (long long)entry->at, entry->actor,
             entry->command, entry->subject, entry->before == NULL ? "-" : entry->before,
             entry->after == NULL ? "-" : entry->after);
    return add_text(context, text);
}

START_TEST(audit)
{
    const struct bk_audit_entry entries[] = {
        {10, "root", "account create", "a@d", NULL, "{1}"},
        {20, "taro (root)", "account suspend", "b@d", "{2}", "{3}"},
        {20, "root", "account delete", "a@d", "{4}", NULL},
    };
    static const struct {
        const char *subject;
        int64_t since;
        const char *want;
    } rows[] = {
        {NULL, 0,
         "10:root:account create:a@d:-:{1} 20:taro (root):account suspend:b@d:{2}:{3} "
         "20:root:account delete:a@d:{4}:- "},
        {"a@d", 0, "10:root:account create:a@d:-:{1} 20:root:account delete:a@d:{4}:- "},
        {"a@d", 11, "20:root:account delete:a@d:{4}:- "},
        {NULL, 21, ""},
        {"c@d", 0, ""},
    };

    OK(bk_settings_begin_write(writer, &error));
    for (int i = 0; i < 3; i++)
        OK(bk_settings_insert_audit(writer, &entries[i], &error));
    OK(bk_settings_commit(writer, &error));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct texts texts = {.stop_after = -1};

        LOOKUP(bk_settings_list_audit(writer, rows[i].subject, rows[i].since, add_entry, &texts,
                                      &error),
               rows[i].want[0] == '\0' ? BK_ABSENT : BK_FOUND);
        ck_assert_str_eq(texts.all, rows[i].want);
    }
}
END_TEST

START_TEST(server_values)
{
    const char *value;

    LOOKUP(bk_settings_server_value(writer, arena, "state_path", &value, &error), BK_FOUND);
    ck_assert_str_eq(value, fixture.state_path);
    LOOKUP(bk_settings_server_value(writer, arena, "none", &value, &error), BK_ABSENT);
}
END_TEST

/* ---- what rules ask ---- */

START_TEST(directory)
{
    struct bk_state *state = bk_state_open_reader(fixture.state_path, &error);
    const struct bk_directory *asked = bk_settings_directory(writer, state, arena, &error);
    const struct bk_account *account;
    const struct bk_domain *domain;
    struct bk_usage usage = {.known = true};

    fill();
    LOOKUP(asked->lookup_domain(asked->context, "d.example", &domain), BK_FOUND);
    LOOKUP(asked->lookup_domain(asked->context, "x.example", &domain), BK_ABSENT);
    LOOKUP(asked->lookup_address(asked->context, "hana@d.example", &account), BK_FOUND);
    ck_assert_str_eq(account->name, "100%_sure");
    LOOKUP(asked->lookup_address(asked->context, "x@d.example", &account), BK_ABSENT);
    LOOKUP(asked->lookup_usage(asked->context, account, &usage), BK_ABSENT);
    ck_assert(!usage.known);
    fixture_sql(fixture.state_path, "INSERT INTO usage VALUES (4, 77, 2, 5, 100, 1)");
    LOOKUP(asked->lookup_usage(asked->context, account, &usage), BK_FOUND);
    ck_assert(usage.known && usage.bytes == 77 && usage.messages == 2);
    asked = bk_settings_directory(writer, NULL, arena, NULL);
    LOOKUP(asked->lookup_usage(asked->context, account, &usage), BK_ABSENT);
    bk_settings_close(&writer);
    bk_state_close(&state);
}
END_TEST

/* Each look-up of a file that can't be read is FAILED, never ABSENT. */
START_TEST(everything_fails_when_it_can_not_be_read)
{
    struct bk_settings *reader = bk_settings_open_reader(fixture.settings_path, &error);
    const struct bk_account_filter all = {0};
    const struct bk_account *account;
    const struct bk_domain *domain;
    const struct bk_plan *plan;
    const char *value;
    int64_t number;
    struct texts texts = {.stop_after = -1};

    OK(reader != NULL);
    bk_settings_close(&writer);
    fixture_shell("rm %s*", fixture.settings_path);
    FAILS(bk_settings_refresh(reader, 5, &error), BK_ERROR_CONFIGURATION);
    LOOKUP(bk_settings_lookup_plan(reader, arena, "open", &plan, &error), BK_FAILED);
    LOOKUP(bk_settings_lookup_domain(reader, arena, "d", &domain, &error), BK_FAILED);
    LOOKUP(bk_settings_lookup_address(reader, arena, "a@d", &account, &error), BK_FAILED);
    LOOKUP(bk_settings_lookup_account(reader, arena, "a@d", &account, &error), BK_FAILED);
    LOOKUP(bk_settings_lookup_account_id(reader, arena, 1, &account, &error), BK_FAILED);
    LOOKUP(bk_settings_change_sequence(reader, &number, &error), BK_FAILED);
    LOOKUP(bk_settings_server_value(reader, arena, "mail_root", &value, &error), BK_FAILED);
    LOOKUP(bk_settings_list_accounts(reader, &all, add_account, &texts, &error), BK_FAILED);
    LOOKUP(bk_settings_count_accounts(reader, &all, &number, &error), BK_FAILED);
    LOOKUP(bk_settings_list_domains(reader, add_domain, &texts, &error), BK_FAILED);
    LOOKUP(bk_settings_list_plans(reader, count_plan, &texts, &error), BK_FAILED);
    LOOKUP(bk_settings_list_aliases(reader, 1, add_text, &texts, &error), BK_FAILED);
    LOOKUP(bk_settings_list_forwarders(reader, "a@d", add_text, &texts, &error), BK_FAILED);
    LOOKUP(bk_settings_domain_sums(reader, 1, 0, &number, &number, &number, &error), BK_FAILED);
    LOOKUP(bk_settings_list_jobs(reader, add_job, &texts, &error), BK_FAILED);
    LOOKUP(bk_settings_list_audit(reader, NULL, 0, add_entry, &texts, &error), BK_FAILED);
    bk_settings_close(&reader);
}
END_TEST

/* Damage is not absence. */
START_TEST(account_without_primary_address_is_failed)
{
    const struct bk_account *account;

    fill();
    fixture_sql(fixture.settings_path,
                "DELETE FROM addresses WHERE address = '100%_sure@d.example'");
    LOOKUP(bk_settings_lookup_address(writer, arena, "hana@d.example", &account, &error),
           BK_FAILED);
    LOOKUP(bk_settings_lookup_account_id(writer, arena, 4, &account, &error), BK_FAILED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_settings");
    TCase *settings = tcase_create("settings");

    tcase_add_checked_fixture(settings, setup, teardown);
    tcase_add_loop_test(settings, built_in_plan, 0, 5);
    tcase_add_test(settings, plans_listed_in_order);
    tcase_add_test(settings, domain_comes_back_as_written);
    tcase_add_test(settings, domain_names_and_prefixes_are_unique);
    tcase_add_test(settings, domain_with_accounts_stays);
    tcase_add_test(settings, account_comes_back_as_written);
    tcase_add_test(settings, names_by_which_an_account_is_found);
    tcase_add_test(settings, addresses_belong_to_one_account);
    tcase_add_test(settings, logins_and_names_are_unique);
    tcase_add_test(settings, ids_are_never_used_again);
    tcase_add_test(settings, commits_say_what_they_touched);
    tcase_add_test(settings, changes_can_be_followed);
    tcase_add_test(settings, edits_need_a_transaction);
    tcase_add_test(settings, no_write_into_a_replaced_file);
    tcase_add_test(settings, accounts_are_listed);
    tcase_add_test(settings, a_list_stops_where_it_is_told);
    tcase_add_test(settings, lists_may_be_nested);
    tcase_add_test(settings, aliases_forwarders_and_sums);
    tcase_add_test(settings, jobs);
    tcase_add_test(settings, audit);
    tcase_add_test(settings, server_values);
    tcase_add_test(settings, directory);
    tcase_add_test(settings, everything_fails_when_it_can_not_be_read);
    tcase_add_test(settings, account_without_primary_address_is_failed);
    suite_add_tcase(suite, settings);
    return fixture_main(suite);
}
