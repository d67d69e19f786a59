/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Who may send as whom. */
#include "rules/sender.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct unit_world world;
static struct bk_arena *arena;
static struct bk_account *taro, *jiro;

static void setup(void)
{
    bk_arena_clear(arena);
    unit_world_init(&world);
    taro = unit_world_add(&world, "taro@d.example");
    jiro = unit_world_add(&world, "jiro@d.example");
    unit_world_add_alias(&world, taro, "sales@d.example");
    unit_world_add_alias(&world, jiro, "office@d.example");
}

START_TEST(decides_by_ownership)
{
    static const struct {
        const char *login, *sender;
        enum bk_sender_reason want;
    } cases[] = {
        {"taro@d.example", "taro@d.example", BK_SENDER_ALLOWED},
        {"taro@d.example", "TARO@D.Example", BK_SENDER_ALLOWED},
        {"TARO@D.Example", "taro@d.example", BK_SENDER_ALLOWED},
        {"taro@d.example", "taro+lists@d.example", BK_SENDER_ALLOWED},
        {"taro@d.example", "sales@d.example", BK_SENDER_ALLOWED},
        {"taro@d.example", "sales+x@d.example", BK_SENDER_ALLOWED},
        {"taro@d.example", "", BK_SENDER_ALLOWED},
        {"taro@d.example", "taro@alias.example", BK_SENDER_ALLOWED},
        {"taro@d.example", "sales+x@alias.example", BK_SENDER_ALLOWED},
        {"taro@d.example", "jiro@alias.example", BK_SENDER_NOT_OWNER},
        {"taro@alias.example", "taro@d.example", BK_SENDER_UNKNOWN_LOGIN},
        {"taro@d.example", "jiro@d.example", BK_SENDER_NOT_OWNER},
        {"taro@d.example", "office@d.example", BK_SENDER_NOT_OWNER},
        {"taro@d.example", "nobody@d.example", BK_SENDER_NOT_OWNER},
        {"taro@d.example", "taro@elsewhere.example", BK_SENDER_NOT_OWNER},
        {"taro@d.example", "taro", BK_SENDER_NOT_OWNER},
        {"taro@d.example", "@d.example", BK_SENDER_NOT_OWNER},
        {"taro@d.example", "taro@d.example@elsewhere.example", BK_SENDER_NOT_OWNER},
        {"taro@d.example", "1@boxkeeper.invalid", BK_SENDER_NOT_OWNER},
        {"sales@d.example", "sales@d.example", BK_SENDER_UNKNOWN_LOGIN},
        {"taro+x@d.example", "taro@d.example", BK_SENDER_UNKNOWN_LOGIN},
        {"nobody@d.example", "", BK_SENDER_UNKNOWN_LOGIN},
        {"", "", BK_SENDER_UNKNOWN_LOGIN},
    };

    setup();
    world.domain.catch_all_account_id = taro->id; /* takes mail, owns nothing by it */
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        enum bk_sender_reason got = bk_sender_decide(arena, &world.directory, cases[i].login,
                                                     cases[i].sender);

        ck_assert_msg(got == cases[i].want, "\"%s\" as \"%s\": got %d, want %d", cases[i].login,
                      cases[i].sender, got, cases[i].want);
    }
}
END_TEST

START_TEST(decides_by_state)
{
    static const struct {
        const char *name;
        bool deleting, suspended, domain_suspended, force_changed, allowed, receive;
        enum bk_sender_reason want;
    } cases[] = {
        {"plain", 0, 0, 0, 0, 1, 1, BK_SENDER_ALLOWED},
        {"receive OFF", 0, 0, 0, 0, 1, 0, BK_SENDER_ALLOWED},
        {"deleting", 1, 0, 0, 0, 1, 1, BK_SENDER_UNKNOWN_LOGIN},
        {"suspended", 0, 1, 0, 0, 1, 1, BK_SENDER_SUSPENDED},
        {"domain suspended", 0, 0, 1, 0, 1, 1, BK_SENDER_SUSPENDED},
        {"force-changed", 0, 0, 0, 1, 1, 1, BK_SENDER_FORCE_CHANGED},
        {"submission OFF", 0, 0, 0, 0, 0, 1, BK_SENDER_NOT_SWITCHED_ON},
    };
    static const char *const senders[] = {"taro@d.example", "", "jiro@d.example"};

    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (size_t sender = 0; sender < UNIT_COUNT(senders); sender++) {
            enum bk_sender_reason got, want = cases[i].want;

            setup();
            taro->state = cases[i].deleting ? BK_ACCOUNT_DELETING : BK_ACCOUNT_ACTIVE;
            taro->suspended = cases[i].suspended;
            world.domain.suspended = cases[i].domain_suspended;
            taro->force_changed = cases[i].force_changed;
            taro->submission_allowed = cases[i].allowed;
            taro->receive = cases[i].receive;
            if (want == BK_SENDER_ALLOWED && sender == 2)
                want = BK_SENDER_NOT_OWNER;
            got = bk_sender_decide(arena, &world.directory, "taro@d.example", senders[sender]);
            ck_assert_msg(got == want, "%s, \"%s\": got %d, want %d", cases[i].name,
                          senders[sender], got, want);
        }
}
END_TEST

START_TEST(unreadable_settings_are_no_refusal)
{
    setup();
    world.failing_address = "taro@d.example";
    ck_assert_int_eq(bk_sender_decide(arena, &world.directory, "taro@d.example", ""),
                     BK_SENDER_SETTINGS_FAILED);
    world.failing_address = "sales@d.example";
    ck_assert_int_eq(bk_sender_decide(arena, &world.directory, "taro@d.example", "sales@d.example"),
                     BK_SENDER_SETTINGS_FAILED);
    ck_assert_int_eq(bk_sender_decide(arena, &world.directory, "taro@d.example", "taro@d.example"),
                     BK_SENDER_ALLOWED);
}
END_TEST

START_TEST(finds_owners)
{
    static const struct {
        const char *sender;
        enum bk_lookup want;
        const char *want_login;
    } cases[] = {
        {"taro@d.example", BK_FOUND, "taro@d.example"},
        {"Sales+x@d.example", BK_FOUND, "taro@d.example"},
        {"office@d.example", BK_FOUND, "jiro@d.example"},
        {"nobody@d.example", BK_ABSENT, NULL},
        {"taro@elsewhere.example", BK_ABSENT, NULL},
        {"taro", BK_ABSENT, NULL},
        {"", BK_ABSENT, NULL},
        {"broken@d.example", BK_FAILED, NULL},
    };

    setup();
    world.failing_address = "broken@d.example";
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *login = NULL;
        enum bk_lookup got = bk_sender_owner(arena, &world.directory, cases[i].sender, &login);

        ck_assert_msg(got == cases[i].want, "\"%s\": got %d", cases[i].sender, got);
        ck_assert_pstr_eq(login, cases[i].want_login);
    }
}
END_TEST

START_TEST(replies_have_their_codes)
{
    static const struct {
        enum bk_sender_reason reason;
        const char *want;
    } cases[] = {
        {BK_SENDER_UNKNOWN_LOGIN, "550 5.7.1 "},   {BK_SENDER_NOT_OWNER, "553 5.7.1 "},
        {BK_SENDER_SUSPENDED, "550 5.7.1 "},       {BK_SENDER_FORCE_CHANGED, "550 5.7.1 "},
        {BK_SENDER_NOT_SWITCHED_ON, "550 5.7.1 "}, {BK_SENDER_SETTINGS_FAILED, "451 4.3.0 "},
    };

    ck_assert_ptr_null(bk_sender_reply(BK_SENDER_ALLOWED));
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_int_eq(strncmp(bk_sender_reply(cases[i].reason), cases[i].want, 10), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {decides_by_ownership, decides_by_state,
                                  unreadable_settings_are_no_refusal, finds_owners,
                                  replies_have_their_codes};
    int status;

    arena = bk_arena_create();
    status = unit_run("sender", tests, UNIT_COUNT(tests));
    bk_arena_destroy(&arena);
    return status;
}
