/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Merging into a Postfix configuration that is there. */
#include "rules/setup_postfix.h"
#include "unit.h"

#define NOTHING NULL /* no change */
#define REFUSED "(refused)"

static const char wanted_main[] =
    "# a comment\n"
    "virtual_mailbox_domains = ours:domain\n"
    "virtual_alias_maps = ours:alias\n"
    "virtual_alias_domains =\n"
    "virtual_alias_expansion_limit = 2000\n"
    "virtual_transport = lmtp:ours\n"
    "recipient_delimiter = +\n"
    "header_checks = $boxkeeper_header_checks\n"
    "nested_header_checks =\n"
    "smtpd_relay_before_recipient_restrictions = yes\n"
    "smtpd_relay_restrictions = check_recipient_access $boxkeeper_internal_recipients,\n"
    "    reject_unauth_destination\n"
    "smtpd_recipient_restrictions = $boxkeeper_policy_mx\n";

static const char *value_after(struct bk_arena *arena, const char *present_text, const char *name)
{
    struct bk_postfix_settings wanted = bk_postfix_parse_main(arena, wanted_main);
    struct bk_postfix_settings present = bk_postfix_parse_main(arena, present_text);
    struct bk_postfix_plan plan = bk_postfix_plan_main(arena, &wanted, &present);

    return plan.refusal_count > 0 ? REFUSED : bk_postfix_value(&plan.changes, name);
}

START_TEST(merges_main)
{
    static const struct {
        const char *present, *name, *want;
    } cases[] = {
        {"", "virtual_alias_maps", "ours:alias"},
        {"", "virtual_alias_domains", ""},
        {"virtual_alias_maps = hash:/a\n", "virtual_alias_maps", "ours:alias, hash:/a"},
        {"virtual_alias_maps = hash:/a\n", "virtual_alias_domains", "hash:/a"},
        {"virtual_alias_maps = ours:alias, hash:/a\n", "virtual_alias_maps", NOTHING},
        {"virtual_alias_domains = own.example\n", "virtual_alias_domains", NOTHING},
        {"virtual_alias_expansion_limit = 1999\n", "virtual_alias_expansion_limit", "2000"},
        {"virtual_alias_expansion_limit = 2000\n", "virtual_alias_expansion_limit", NOTHING},
        {"virtual_alias_expansion_limit = 2001\n", "virtual_alias_expansion_limit", NOTHING},
        {"virtual_transport = virtual\n", "virtual_transport", "lmtp:ours"},
        {"virtual_transport = lmtp:ours\n", "virtual_transport", NOTHING},
        {"virtual_transport = maildrop\n", "virtual_transport", REFUSED},
        {"virtual_mailbox_domains = x.example\n", "virtual_mailbox_domains", REFUSED},
        {"virtual_mailbox_domains =\n", "virtual_mailbox_domains", "ours:domain"},
        {"recipient_delimiter =\n", "recipient_delimiter", "+"},
        {"recipient_delimiter = -\n", "recipient_delimiter", REFUSED},
        {"recipient_delimiter = -+\n", "recipient_delimiter", NOTHING},
        {"header_checks = regexp:/h\n", "header_checks", "$boxkeeper_header_checks, regexp:/h"},
        {"header_checks = regexp:/h\n", "nested_header_checks", "regexp:/h"},
        {"smtpd_relay_before_recipient_restrictions = no\n", "smtpd_relay_restrictions", REFUSED},
        {"", "smtpd_relay_restrictions",
         "check_recipient_access $boxkeeper_internal_recipients, permit_mynetworks, "
         "permit_sasl_authenticated, defer_unauth_destination"},
        {"compatibility_level = 0\nsmtpd_recipient_restrictions =\n", "smtpd_relay_restrictions",
         "check_recipient_access $boxkeeper_internal_recipients, permit_mynetworks, "
         "permit_sasl_authenticated, defer_unauth_destination"},
        {"smtpd_recipient_restrictions = permit_x, reject_unauth_destination\n",
         "smtpd_relay_restrictions", "check_recipient_access $boxkeeper_internal_recipients"},
        {"compatibility_level = 0\n"
         "smtpd_recipient_restrictions = permit_x, reject_unauth_destination\n",
         "smtpd_relay_restrictions", "check_recipient_access $boxkeeper_internal_recipients"},
        {"compatibility_level = 1\n"
         "smtpd_recipient_restrictions = permit_x, reject_unauth_destination\n",
         "smtpd_relay_restrictions",
         "check_recipient_access $boxkeeper_internal_recipients, permit_mynetworks, "
         "permit_sasl_authenticated, defer_unauth_destination"},
        {"compatibility_level = 3.10\nsmtpd_recipient_restrictions = reject_rbl_client x\n",
         "smtpd_relay_restrictions",
         "check_recipient_access $boxkeeper_internal_recipients, permit_mynetworks, "
         "permit_sasl_authenticated, defer_unauth_destination"},
        {"smtpd_relay_restrictions = permit_mynetworks\n  reject\n", "smtpd_relay_restrictions",
         "check_recipient_access $boxkeeper_internal_recipients, permit_mynetworks reject"},
        {"smtpd_recipient_restrictions = reject_unlisted_recipient,\n# mine\n\treject_rbl_client "
         "x\n",
         "smtpd_recipient_restrictions",
         "$boxkeeper_policy_mx, reject_unlisted_recipient, reject_rbl_client x"},
        {"smtpd_recipient_restrictions = permit_mynetworks, $boxkeeper_policy_mx\n",
         "smtpd_recipient_restrictions", NOTHING},
        {"smtpd_recipient_restrictions = reject_unverified_recipient\n",
         "smtpd_recipient_restrictions", REFUSED},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_arena *arena = bk_arena_create();
        const char *got = value_after(arena, cases[i].present, cases[i].name);

        ck_assert_msg(
            cases[i].want == NULL ? got == NULL : got != NULL && strcmp(got, cases[i].want) == 0,
            "%s with \"%s\": got \"%s\", want \"%s\"", cases[i].name, cases[i].present,
            got != NULL ? got : "(nothing)", cases[i].want != NULL ? cases[i].want : "(nothing)");
        bk_arena_destroy(&arena);
    }
}
END_TEST

START_TEST(second_time_changes_nothing)
{
    struct bk_arena *arena = bk_arena_create();
    struct bk_postfix_settings wanted = bk_postfix_parse_main(arena, wanted_main);
    struct bk_postfix_settings present = bk_postfix_parse_main(
        arena,
        "virtual_alias_maps = hash:/a\nsmtpd_recipient_restrictions = reject_rbl_client x\n");
    struct bk_postfix_plan first = bk_postfix_plan_main(arena, &wanted, &present);

    ck_assert_uint_eq(first.refusal_count, 0);
    ck_assert_uint_eq(first.changes.count, wanted.count);
    struct bk_postfix_plan second = bk_postfix_plan_main(arena, &wanted, &first.changes);
    ck_assert_uint_eq(second.changes.count, 0);
    ck_assert_uint_eq(second.refusal_count, 0);
    bk_arena_destroy(&arena);
}
END_TEST

static const char wanted_master[] =
    "submission inet n - y - - smtpd\n"
    "    -o syslog_name=postfix/submission\n"
    "    -o smtpd_tls_security_level=encrypt\n"
    "    -o smtpd_tls_auth_only=yes\n"
    "    -o smtpd_recipient_restrictions=$boxkeeper_submission_recipient_restrictions\n"
    "127.0.0.1:10587 inet n - y - - smtpd\n"
    "    -o smtpd_tls_security_level=none\n";

START_TEST(merges_master)
{
    static const struct {
        const char *present;
        bool plaintext_login;
        const char *name, *want;
    } cases[] = {
        {"", false, "submission/inet", "submission inet n - y - - smtpd"},
        {"submission inet n - n - - smtpd\n", false, "submission/inet", NOTHING},
        {"submission inet n - n - - postscreen\n", false, "submission/inet", REFUSED},
        {"", false, "submission/inet/smtpd_tls_security_level", "encrypt"},
        {"", true, "submission/inet/smtpd_tls_security_level", "may"},
        {"", true, "submission/inet/smtpd_tls_auth_only", "no"},
        {"", true, "127.0.0.1:10587/inet/smtpd_tls_security_level", "none"},
        {"submission inet n - y - - smtpd -o syslog_name=mine\n", false,
         "submission/inet/syslog_name", NOTHING},
        {"submission inet n - y - - smtpd -o smtpd_recipient_restrictions=permit_x,reject\n", false,
         "submission/inet/smtpd_recipient_restrictions",
         "$boxkeeper_policy_submission,permit_x,reject"},
        {"submission inet n - y - - smtpd\n"
         " -o smtpd_recipient_restrictions=$boxkeeper_policy_submission,permit_x,reject\n",
         false, "submission/inet/smtpd_recipient_restrictions", NOTHING},
        {"smtp inet n - y - - smtpd -o smtpd_recipient_restrictions=reject\n", false,
         "submission/inet", REFUSED},
        {"smtps inet n - y - - smtpd\n", false, "submission/inet", REFUSED},
        {"587 inet n - y - - smtpd\n", false, "submission/inet", REFUSED},
        {"smtpd pass - - y - - smtpd -o smtpd_relay_restrictions=reject\n", false,
         "submission/inet", REFUSED},
        {"smtpd pass - - y - - smtpd -o smtpd_relay_restrictions=$boxkeeper_mine\n", false,
         "submission/inet", "submission inet n - y - - smtpd"},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_arena *arena = bk_arena_create();
        struct bk_postfix_settings wanted = bk_postfix_parse_master(arena, wanted_master);
        struct bk_postfix_settings present = bk_postfix_parse_master(arena, cases[i].present);
        struct bk_postfix_plan plan = bk_postfix_plan_master(arena, &wanted, &present,
                                                             cases[i].plaintext_login);
        const char *got = plan.refusal_count > 0 ? REFUSED
                                                 : bk_postfix_value(&plan.changes, cases[i].name);

        ck_assert_msg(
            cases[i].want == NULL ? got == NULL : got != NULL && strcmp(got, cases[i].want) == 0,
            "case %zu, %s: got \"%s\"", i, cases[i].name, got != NULL ? got : "(nothing)");
        bk_arena_destroy(&arena);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {merges_main, second_time_changes_nothing, merges_master};

    return unit_run("setup_postfix", tests, UNIT_COUNT(tests));
}
