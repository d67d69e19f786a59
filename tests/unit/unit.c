/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

int unit_run(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

unsigned int unit_random(unsigned int limit)
{
    static uint64_t state = 88172645463325252u; /* xorshift64 */

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned int)((state >> 16) % limit);
}

void unit_random_text(const char *characters, unsigned int length_maximum, char *text_r)
{
    unsigned int length = unit_random(length_maximum + 1);

    for (unsigned int i = 0; i < length; i++)
        *text_r++ = characters[unit_random((unsigned int)strlen(characters))];
    *text_r = '\0';
}

struct bk_plan unit_plan(void)
{
    return (struct bk_plan){
        .name = "open",
        .capacity_kind = BK_CAPACITY_ANY,
        .capacity_choices = "",
        .quota_warnings = true,
        .receive_off = BK_RECEIVE_OFF_DROPS,
        .forward_allowed = true,
        .auto_reply_allowed = true,
        .retention_kind = BK_RETENTION_ANY,
        .archive_seconds = INT64_C(180) * 86400,
        .trash_seconds = INT64_C(31) * 86400,
        .trash_names = "",
        .name_rule = BK_PANEL_A,
        .name_length_minimum = 2,
        .name_length_maximum = 32,
        .password_rule = BK_PANEL_A,
        .password_length_minimum = 8,
        .password_length_maximum = 64,
        .present_from_start = "postmaster",
    };
}

static enum bk_lookup lookup_domain(void *context, const char *name,
                                    const struct bk_domain **domain_r)
{
    const struct unit_world *world = context;

    if (world->domains_fail)
        return BK_FAILED;
    if (strcmp(name, world->domain.name) == 0 || strcmp(name, UNIT_ALIAS_DOMAIN) == 0)
        *domain_r = &world->domain;
    else if (strcmp(name, world->strict_domain.name) == 0)
        *domain_r = &world->strict_domain;
    else
        return BK_ABSENT;
    return BK_FOUND;
}

static enum bk_lookup lookup_address(void *context, const char *address,
                                     const struct bk_account **account_r)
{
    const struct unit_world *world = context;

    if (world->failing_address != NULL && strcmp(address, world->failing_address) == 0)
        return BK_FAILED;
    for (size_t i = 0; i < world->account_count; i++)
        if (strcmp(address, world->accounts[i].primary_address) == 0) {
            *account_r = &world->accounts[i];
            return BK_FOUND;
        }
    for (size_t i = 0; i < world->alias_count; i++)
        if (strcmp(address, world->aliases[i].address) == 0) {
            *account_r = &world->accounts[world->aliases[i].account];
            return BK_FOUND;
        }
    return BK_ABSENT;
}

static enum bk_lookup lookup_account(void *context, int64_t id, const struct bk_account **account_r)
{
    const struct unit_world *world = context;

    if (world->accounts_fail)
        return BK_FAILED;
    if (id < 1 || (size_t)id > world->account_count)
        return BK_ABSENT;
    *account_r = &world->accounts[id - 1];
    return BK_FOUND;
}

static enum bk_lookup lookup_usage(void *context, const struct bk_account *account,
                                   struct bk_usage *usage_r)
{
    struct unit_world *world = context;

    world->usage_lookups++;
    if (world->usages_fail)
        return BK_FAILED;
    *usage_r = world->usages[account->id - 1];
    return usage_r->known ? BK_FOUND : BK_ABSENT;
}

void unit_world_init(struct unit_world *world)
{
    world->account_count = world->alias_count = 0;
    world->domains_fail = world->accounts_fail = world->usages_fail = false;
    world->failing_address = NULL;
    world->plan = world->strict_plan = unit_plan();
    world->strict_plan.receive_off = BK_RECEIVE_OFF_REFUSES;
    world->domain = (struct bk_domain){.id = 1,
                                       .name = "d.example",
                                       .plan = &world->plan,
                                       .default_capacity_bytes = BK_INHERIT,
                                       .archive_seconds = BK_INHERIT,
                                       .send = BK_SEND_LIMITS_INHERITED,
                                       .trash_seconds = BK_INHERIT,
                                       .junk_seconds = BK_INHERIT};
    world->strict_domain = world->domain;
    world->strict_domain.id = 2;
    world->strict_domain.name = "strict.example";
    world->strict_domain.plan = &world->strict_plan;
    world->directory = (struct bk_directory){.context = world,
                                             .lookup_domain = lookup_domain,
                                             .lookup_address = lookup_address,
                                             .lookup_account = lookup_account,
                                             .lookup_usage = lookup_usage};
}

struct bk_account *unit_world_add(struct unit_world *world, const char *address)
{
    struct bk_account *account = &world->accounts[world->account_count++];

    ck_assert_uint_le(world->account_count, UNIT_ACCOUNTS_MAXIMUM);
    world->usages[world->account_count - 1].known = false;
    *account = (struct bk_account){
        .id = (int64_t)world->account_count,
        .state = BK_ACCOUNT_ACTIVE,
        .domain = strstr(address, "@strict.") != NULL ? &world->strict_domain : &world->domain,
        .primary_address = address,
        .login = address,
        .receive = true,
        .imap_allowed = true,
        .pop3_allowed = true,
        .submission_allowed = true,
        .managesieve_allowed = true,
        .archive_seconds = BK_INHERIT,
        .send = BK_SEND_LIMITS_INHERITED,
        .trash_seconds = BK_INHERIT,
        .junk_seconds = BK_INHERIT,
    };
    return account;
}

void unit_world_add_alias(struct unit_world *world, const struct bk_account *account,
                          const char *address)
{
    ck_assert_uint_lt(world->alias_count, UNIT_ALIASES_MAXIMUM);
    world->aliases[world->alias_count].address = address;
    world->aliases[world->alias_count++].account = (size_t)account->id - 1;
}

void unit_world_set_usage(struct unit_world *world, const struct bk_account *account, int64_t bytes)
{
    world->usages[account->id - 1] = (struct bk_usage){.known = true, .bytes = bytes};
}

void unit_forward(struct bk_account *account, bool keep_copy, const char *const *targets)
{
    account->forward_targets = targets;
    account->forward_keep_copy = keep_copy;
    account->forward_target_count = 0;
    while (targets[account->forward_target_count] != NULL)
        account->forward_target_count++;
}
