/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* What in a Dovecot configuration is refused. */
#include "rules/setup_dovecot.h"
#include "unit.h"

START_TEST(judges_dovecot)
{
    static const struct {
        const char *configuration, *want; /* what is named; NULL: nothing is refused */
    } cases[] = {
        {"", NULL},
        {"passdb {\n  args = /x/boxkeeper-sql.conf.ext\n  driver = sql\n}\n"
         "userdb {\n  args = /x/boxkeeper-sql.conf.ext\n  driver = sql\n}\n",
         NULL},
        {"passdb {\n  driver = pam\n}\n", "passdb { driver = pam }"},
        {"passdb {\n  args = /x/ldap\n  driver = ldap\n}\n", NULL},
        {"userdb {\n  driver = passwd\n}\n", "userdb { driver = passwd }"},
        {"mail_location = mbox:~/mail\n", "mail_location = mbox:~/mail"},
        {"mail_location = maildir:~/Maildir\n", NULL},
        {"namespace old {\n  location = mbox:~/old\n}\n", "location = mbox:~/old"},
        {"auth_cache_size = 10 M\n", "auth_cache_size = 10 M"},
        {"auth_cache_size = 0\n", NULL},
        {"plugin {\n  quota = boxkeeper:User quota\n  quota_grace = 0\n}\n", NULL},
        {"plugin {\n  quota = maildir:User quota\n}\n", "quota = maildir:User quota"},
        {"plugin {\n  quota2 = count:x\n}\n", "quota2 = count:x"},
        {"plugin {\n  quota_rule = *:storage=1G\n}\n", "quota_rule = *:storage=1G"},
        {"plugin {\n  quota_grace = 10%%\n}\n", "quota_grace = 10%%"},
        {"plugin {\n  sieve_extensions = +editheader\n}\n", "sieve_extensions = +editheader"},
        {"namespace inbox {\n  mailbox Trash {\n    autoexpunge = 30 days\n  }\n}\n",
         "autoexpunge = 30 days"},
        {"namespace inbox {\n  mailbox Other {\n    autoexpunge = 30 days\n  }\n}\n", NULL},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_arena *arena = bk_arena_create();
        size_t count;
        const struct bk_setup_refusal *refusals = bk_dovecot_judge(arena, cases[i].configuration,
                                                                   &count);

        ck_assert_msg(count == (cases[i].want != NULL ? 1 : 0), "case %zu: got %zu refusals", i,
                      count);
        if (count > 0)
            ck_assert_str_eq(refusals[0].subject, cases[i].want);
        bk_arena_destroy(&arena);
    }
}
END_TEST

START_TEST(finds_missing_plugins)
{
    static const char *const names[] = {"quota", "boxkeeper", NULL};
    struct bk_arena *arena = bk_arena_create();

    ck_assert_ptr_null(bk_dovecot_missing_plugin(arena, " quota boxkeeper sieve\n", names));
    ck_assert_str_eq(bk_dovecot_missing_plugin(arena, "sieve quota", names), "boxkeeper");
    ck_assert_str_eq(bk_dovecot_missing_plugin(arena, "imap_quota boxkeeper", names), "quota");
    bk_arena_destroy(&arena);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {judges_dovecot, finds_missing_plugins};

    return unit_run("setup_dovecot", tests, UNIT_COUNT(tests));
}
