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
        /* 2.4 */
        {"passdb pam {\n}\n", "passdb { driver = pam }"},
        {"passdb mine {\n  driver = ldap\n}\n", NULL},
        {"passdb boxkeeper {\n  driver = sql\n}\nuserdb boxkeeper {\n  driver = sql\n}\n", NULL},
        {"userdb passwd {\n}\n", "userdb { driver = passwd }"},
        {"userdb mine {\n  driver = sql\n}\n", "userdb { driver = sql }"},
        {"mail_driver = mbox\n", "mail_driver = mbox"},
        {"mail_driver = maildir\n", NULL},
        {"namespace old {\n  mail_driver = mbox\n}\n", "mail_driver = mbox"},
        {"quota \"User quota\" {\n  driver = boxkeeper\n  storage_grace = 0\n}\n", NULL},
        {"quota mine {\n}\n", "quota mine"},
        {"quota mine {\n  driver = maildir\n}\n", "quota mine"},
        {"quota mine {\n  driver = boxkeeper\n  storage_size = 1G\n}\n", "storage_size = 1G"},
        {"quota mine {\n  driver = boxkeeper\n  storage_grace = 10M\n}\n", "storage_grace = 10M"},
        {"quota mine {\n  driver = boxkeeper\n  message_count = 9\n}\n", "message_count = 9"},
        {"quota mine {\n  driver = boxkeeper\n  enforce = no\n}\n", "enforce = no"},
        {"quota mine {\n  driver = boxkeeper\n  warning x {\n    quota_storage_percentage = 9\n"
         "    execute x {\n      driver = unix\n    }\n  }\n}\n",
         NULL},
        {"quota_storage_size = 1G\n", "quota_storage_size = 1G"},
        {"namespace inbox {\n  mailbox Trash {\n    quota_storage_extra = 1M\n  }\n}\n",
         "quota_storage_extra = 1M"},
        {"sieve_extensions {\n  editheader = yes\n}\n", "editheader = yes"},
        {"sieve_extensions {\n  vacation = yes\n}\n", NULL},
        {"sieve_extensions = vacation editheader\n", "sieve_extensions = vacation editheader"},
        {"sieve_global_extensions {\n  editheader = yes\n}\n", NULL},
        {"mailbox Trash {\n  autoexpunge = 30 days\n}\n", "autoexpunge = 30 days"},
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
    static const struct {
        const char *configuration, *want; /* what is missing with lmtp */
    } cases[] = {
        {"mail_plugins = \" quota boxkeeper sieve\"\n", NULL},
        {"mail_plugins = sieve quota\n", "boxkeeper"},
        {"mail_plugins = imap_quota boxkeeper\n", "quota"},
        {"", "quota"},
        {"mail_plugins = quota boxkeeper\nprotocol lmtp {\n  mail_plugins = sieve\n}\n", "quota"},
        {"mail_plugins = quota boxkeeper\nprotocol imap {\n  mail_plugins = sieve\n}\n", NULL},
        {"protocol lmtp {\n  mail_plugins = \" quota boxkeeper\"\n}\n", NULL},
        {"plugin {\n  mail_plugins = quota boxkeeper\n}\n", "quota"},
        /* 2.4 */
        {"mail_plugins {\n  quota = yes\n  boxkeeper = yes\n}\n", NULL},
        {"mail_plugins {\n  quota = yes\n}\nprotocol lmtp {\n  mail_plugins {\n"
         "    boxkeeper = yes\n  }\n}\n",
         NULL},
        {"mail_plugins {\n  quota = yes\n  boxkeeper = yes\n}\nprotocol lmtp {\n"
         "  mail_plugins {\n    quota = no\n  }\n}\n",
         "quota"},
        {"mail_plugins {\n  quota = yes\n  boxkeeper = yes\n}\nprotocol lmtp {\n"
         "  mail_plugins = sieve\n}\n",
         "quota"},
        {"mail_plugins {\n  quota = yes\n}\nprotocol imap {\n  mail_plugins {\n"
         "    boxkeeper = yes\n  }\n}\n",
         "boxkeeper"},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_arena *arena = bk_arena_create();
        const char *got = bk_dovecot_missing_plugin(arena, cases[i].configuration, "lmtp", names);

        if (cases[i].want == NULL)
            ck_assert_msg(got == NULL, "case %zu: got %s", i, got);
        else
            ck_assert_pstr_eq(got, cases[i].want);
        bk_arena_destroy(&arena);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {judges_dovecot, finds_missing_plugins};

    return unit_run("setup_dovecot", tests, UNIT_COUNT(tests));
}
