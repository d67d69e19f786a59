/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Who may log in by which protocol. */
#include "rules/access.h"
#include "unit.h"

static struct unit_world world;

/* The protocols as letters, - where one is not allowed. */
static const char *letters(const struct bk_access *access)
{
    static char text[6];

    text[0] = access->locked ? 'L' : '.';
    text[1] = access->imap ? 'i' : '-';
    text[2] = access->pop3 ? 'p' : '-';
    text[3] = access->submission ? 's' : '-';
    text[4] = access->managesieve ? 'm' : '-';
    return text;
}

static void assert_reasons(const char *name, const struct bk_access *access)
{
    ck_assert_msg(access->imap == (access->imap_reason == NULL), "%s: imap", name);
    ck_assert_msg(access->pop3 == (access->pop3_reason == NULL), "%s: pop3", name);
    ck_assert_msg(access->submission == (access->submission_reason == NULL), "%s: submission",
                  name);
    ck_assert_msg(access->managesieve == (access->managesieve_reason == NULL), "%s: sieve", name);
}

START_TEST(decides_by_state_and_switches)
{
    static const struct {
        const char *name;
        enum bk_account_state state;
        bool suspended, domain_suspended, force_changed;
        bool imap, pop3, submission, managesieve;
        const char *want;
    } cases[] = {
        {"all on", BK_ACCOUNT_ACTIVE, 0, 0, 0, 1, 1, 1, 1, ".ipsm"},
        {"all off", BK_ACCOUNT_ACTIVE, 0, 0, 0, 0, 0, 0, 0, ".----"},
        {"only imap", BK_ACCOUNT_ACTIVE, 0, 0, 0, 1, 0, 0, 0, ".i---"},
        {"only pop3", BK_ACCOUNT_ACTIVE, 0, 0, 0, 0, 1, 0, 0, ".-p--"},
        {"only submission", BK_ACCOUNT_ACTIVE, 0, 0, 0, 0, 0, 1, 0, ".--s-"},
        {"only managesieve", BK_ACCOUNT_ACTIVE, 0, 0, 0, 0, 0, 0, 1, ".---m"},
        {"force-changed", BK_ACCOUNT_ACTIVE, 0, 0, 1, 1, 1, 1, 1, ".ip-m"},
        {"force-changed, pop3 off", BK_ACCOUNT_ACTIVE, 0, 0, 1, 1, 0, 1, 1, ".i--m"},
        {"suspended", BK_ACCOUNT_ACTIVE, 1, 0, 0, 1, 1, 1, 1, ".----"},
        {"domain suspended", BK_ACCOUNT_ACTIVE, 0, 1, 0, 1, 1, 1, 1, ".----"},
        {"deleting", BK_ACCOUNT_DELETING, 0, 0, 0, 1, 1, 1, 1, "L----"},
        {"deleting and suspended", BK_ACCOUNT_DELETING, 1, 1, 0, 1, 1, 1, 1, "L----"},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_account *account;
        struct bk_access access;

        unit_world_init(&world);
        account = unit_world_add(&world, "taro@d.example");
        account->state = cases[i].state;
        account->suspended = cases[i].suspended;
        world.domain.suspended = cases[i].domain_suspended;
        account->force_changed = cases[i].force_changed;
        account->imap_allowed = cases[i].imap;
        account->pop3_allowed = cases[i].pop3;
        account->submission_allowed = cases[i].submission;
        account->managesieve_allowed = cases[i].managesieve;
        access = bk_access_decide(account);
        ck_assert_msg(strcmp(letters(&access), cases[i].want) == 0, "%s: got %s, want %s",
                      cases[i].name, letters(&access), cases[i].want);
        assert_reasons(cases[i].name, &access);
    }
}
END_TEST

static struct bk_access access_of_bits(unsigned int bits, const char *reason)
{
    return (struct bk_access){
        .locked = bits & 1,
        .imap = bits & 2,
        .pop3 = bits & 4,
        .submission = bits & 8,
        .managesieve = bits & 16,
        .imap_reason = bits & 2 ? NULL : reason,
        .pop3_reason = bits & 4 ? NULL : reason,
        .submission_reason = bits & 8 ? NULL : reason,
        .managesieve_reason = bits & 16 ? NULL : reason,
    };
}

START_TEST(intersection_never_gives_more)
{
    for (unsigned int a = 0; a < 32; a++)
        for (unsigned int b = 0; b < 32; b++) {
            struct bk_access before = access_of_bits(a, "before");
            struct bk_access after = access_of_bits(b, "after");
            struct bk_access both = bk_access_intersect(&before, &after);

            ck_assert(both.locked == (before.locked || after.locked));
            ck_assert(both.imap == (before.imap && after.imap));
            ck_assert(both.pop3 == (before.pop3 && after.pop3));
            ck_assert(both.submission == (before.submission && after.submission));
            ck_assert(both.managesieve == (before.managesieve && after.managesieve));
            assert_reasons("intersection", &both);
            if (!both.pop3)
                ck_assert_str_eq(both.pop3_reason, after.pop3 ? "before" : "after");
        }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {decides_by_state_and_switches, intersection_never_gives_more};

    return unit_run("access", tests, UNIT_COUNT(tests));
}
