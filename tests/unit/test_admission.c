/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* May a message come in: at RCPT over the flattened targets, and at delivery. */
#include "rules/admission.h"
#include "rules/route.h"
#include "graph.h"

#include <string.h>

static struct unit_world world;
static struct bk_arena *arena;
static struct bk_account *taro, *jiro, *hana, *strict;

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
static const char *const outside[] = {"x@outside.example", NULL};

static void setup(void)
{
    bk_arena_clear(arena);
    unit_world_init(&world);
    taro = unit_world_add(&world, "taro@d.example");
    jiro = unit_world_add(&world, "jiro@d.example");
    hana = unit_world_add(&world, "hana@d.example");
    strict = unit_world_add(&world, "strict@strict.example");
}

static void fill(struct bk_account *account)
{
    account->capacity_bytes = 1000;
    unit_world_set_usage(&world, account, 1000);
}

static struct bk_admission decide(const char *recipient, int64_t message_bytes)
{
    struct bk_route route = bk_route_resolve(arena, &world.directory, recipient);

    world.usage_lookups = 0;
    return bk_admission_decide(&world.directory, &route, message_bytes);
}

static void assert_decision(const char *recipient, enum bk_admission_reason want,
                            const char *want_by)
{
    struct bk_admission got = decide(recipient, 0);

    ck_assert_msg(got.reason == want, "%s: got %d (%s), want %d", recipient, got.reason,
                  bk_admission_reply(got.reason), want);
    ck_assert_int_eq(got.action, bk_admission_action(want));
    ck_assert_pstr_eq(got.decided_by, want_by);
}

START_TEST(an_answer_is_no_delivery)
{
    setup();
    taro->auto_reply = true;
    taro->receive = false;
    fill(taro);
    assert_decision("taro@d.example", BK_REASON_NONE, NULL);
    unit_forward(taro, false, LIST("jiro@d.example"));
    assert_decision("taro@d.example", BK_REASON_NONE, NULL);
    fill(jiro);
    assert_decision("taro@d.example", BK_REASON_FULL, "jiro@d.example");
    jiro->suspended = true;
    assert_decision("taro@d.example", BK_REASON_SUSPENDED, "jiro@d.example");
    jiro->suspended = false;
    unit_forward(jiro, false, LIST("taro@d.example"));
    assert_decision("taro@d.example", BK_REASON_CIRCLE, "taro@d.example");
}
END_TEST

START_TEST(ours_or_not)
{
    setup();
    assert_decision("taro@d.example", BK_REASON_NONE, NULL);
    assert_decision("nobody@d.example", BK_REASON_UNKNOWN_RECIPIENT, NULL);
    assert_decision("1@boxkeeper.invalid", BK_REASON_INTERNAL_FORM, NULL);
    assert_decision("1@BOXKEEPER.invalid.", BK_REASON_INTERNAL_FORM, NULL);
    ck_assert_int_eq(decide("taro@elsewhere.example", 0).action, BK_ADMISSION_NONE_OF_OURS);
    ck_assert_int_eq(decide("taro", 0).action, BK_ADMISSION_NONE_OF_OURS);
    ck_assert_int_eq(decide("", 0).action, BK_ADMISSION_NONE_OF_OURS);
    world.domains_fail = true;
    assert_decision("taro@d.example", BK_REASON_SETTINGS_FAILED, NULL);
    assert_decision("taro@elsewhere.example", BK_REASON_SETTINGS_FAILED, NULL);
    assert_decision("1@boxkeeper.invalid", BK_REASON_INTERNAL_FORM, NULL);
}
END_TEST

START_TEST(the_accounts_own_state)
{
    setup();
    taro->suspended = true;
    assert_decision("taro+x@d.example", BK_REASON_SUSPENDED, "taro@d.example");
    unit_forward(taro, false, LIST("jiro@d.example"));
    assert_decision("taro@d.example", BK_REASON_SUSPENDED, "taro@d.example");
    taro->state = BK_ACCOUNT_DELETING;
    assert_decision("taro@d.example", BK_REASON_DELETING, "taro@d.example");
    world.domain.suspended = true;
    assert_decision("hana@d.example", BK_REASON_SUSPENDED, "hana@d.example");
    strict->receive = false;
    assert_decision("strict@strict.example", BK_REASON_DISABLED, "strict@strict.example");
    unit_forward(strict, false, LIST("x@outside.example"));
    assert_decision("strict@strict.example", BK_REASON_DISABLED, "strict@strict.example");
}
END_TEST

START_TEST(the_own_mailbox_is_full)
{
    static const struct {
        const char *name;
        bool receive, forward, keep_copy, temporary;
        enum bk_admission_reason want;
    } cases[] = {
        {"stores", 1, 0, 0, 0, BK_REASON_FULL},
        {"stores, for now", 1, 0, 0, 1, BK_REASON_FULL_FOR_NOW},
        {"copy beside a living target", 1, 1, 1, 0, BK_REASON_FULL},
        {"copy beside a living target, for now", 1, 1, 1, 1, BK_REASON_FULL_FOR_NOW},
        {"forward without copy", 1, 1, 0, 0, BK_REASON_NONE},
        {"receive OFF", 0, 0, 0, 0, BK_REASON_NONE},
        {"receive OFF with forward", 0, 1, 0, 0, BK_REASON_NONE},
        {"receive OFF with forward and copy", 0, 1, 1, 0, BK_REASON_NONE},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        setup();
        fill(taro);
        taro->receive = cases[i].receive;
        world.plan.full_is_temporary = cases[i].temporary;
        if (cases[i].forward)
            unit_forward(taro, cases[i].keep_copy, outside);
        ck_assert_msg(decide("taro@d.example", 0).reason == cases[i].want, "%s", cases[i].name);
    }
}
END_TEST

START_TEST(size_counts)
{
    setup();
    taro->capacity_bytes = 1000;
    unit_world_set_usage(&world, taro, 900);
    ck_assert_int_eq(decide("taro@d.example", 99).reason, BK_REASON_NONE);
    ck_assert_int_eq(decide("taro@d.example", 100).reason, BK_REASON_NONE);
    ck_assert_int_eq(decide("taro@d.example", 101).reason, BK_REASON_FULL);
    ck_assert_int_eq(decide("taro@d.example", INT64_MAX).reason, BK_REASON_FULL);
    ck_assert_int_eq(decide("taro@d.example", 0).reason, BK_REASON_NONE);
}
END_TEST

START_TEST(unknown_usage_counts_as_empty)
{
    setup();
    fill(taro);
    world.usages_fail = true;
    assert_decision("taro@d.example", BK_REASON_NONE, NULL);
    ck_assert_int_eq(decide("taro@d.example", taro->capacity_bytes).reason, BK_REASON_NONE);
    ck_assert_int_eq(decide("taro@d.example", taro->capacity_bytes + 1).reason, BK_REASON_FULL);
    world.usages_fail = false;
    world.usages[0].known = false;
    assert_decision("taro@d.example", BK_REASON_NONE, NULL);
    ck_assert_int_eq(decide("taro@d.example", taro->capacity_bytes + 1).reason, BK_REASON_FULL);
}
END_TEST

START_TEST(one_living_target_is_enough)
{
    setup();
    fill(jiro);
    hana->suspended = true;
    unit_forward(taro, false, LIST("jiro@d.example", "hana@d.example", "gone@d.example"));
    assert_decision("taro@d.example", BK_REASON_FULL, "jiro@d.example");
    unit_forward(taro, false, LIST("gone@d.example", "jiro@d.example", "hana@d.example"));
    assert_decision("taro@d.example", BK_REASON_UNKNOWN_RECIPIENT, "gone@d.example");
    unit_forward(taro, false, LIST("hana+x@d.example", "jiro@d.example"));
    assert_decision("taro@d.example", BK_REASON_SUSPENDED, "hana@d.example");
    unit_forward(taro, false, LIST("jiro@d.example", "hana@d.example", "x@outside.example"));
    assert_decision("taro@d.example", BK_REASON_NONE, NULL);
    unit_forward(taro, true, LIST("jiro@d.example", "hana@d.example"));
    assert_decision("taro@d.example", BK_REASON_NONE, NULL);
    jiro->receive = false; /* never full */
    unit_forward(taro, false, LIST("jiro@d.example", "hana@d.example"));
    assert_decision("taro@d.example", BK_REASON_NONE, NULL);
}
END_TEST

START_TEST(circles_and_crowds)
{
    static const char *crowd[BK_ROUTE_STEPS_MAXIMUM + 2];

    setup();
    unit_forward(taro, false, LIST("jiro@d.example"));
    unit_forward(jiro, false, LIST("taro@d.example"));
    assert_decision("taro@d.example", BK_REASON_CIRCLE, "taro@d.example");
    assert_decision("jiro@d.example", BK_REASON_CIRCLE, "jiro@d.example");
    unit_forward(jiro, true, LIST("taro@d.example"));
    assert_decision("taro@d.example", BK_REASON_NONE, NULL);
    for (size_t i = 0; i < UNIT_COUNT(crowd) - 1; i++)
        crowd[i] = "jiro@d.example";
    unit_forward(taro, true, crowd);
    fill(taro);
    assert_decision("taro@d.example", BK_REASON_TOO_MANY_TARGETS, "taro@d.example");
}
END_TEST

START_TEST(usage_is_asked_only_where_it_matters)
{
    setup();
    (void)decide("taro@d.example", 0);
    ck_assert_uint_eq(world.usage_lookups, 0); /* unlimited */
    taro->capacity_bytes = 1000;
    unit_forward(taro, false, LIST("x@outside.example"));
    (void)decide("taro@d.example", 0);
    ck_assert_uint_eq(world.usage_lookups, 0); /* not stored here */
    taro->forward_target_count = 0;
    taro->receive = false;
    (void)decide("taro@d.example", 0);
    ck_assert_uint_eq(world.usage_lookups, 0);
    taro->receive = true;
    taro->suspended = true;
    (void)decide("taro@d.example", 0);
    ck_assert_uint_eq(world.usage_lookups, 0);
    taro->suspended = false;
    (void)decide("taro@d.example", 0);
    ck_assert_uint_gt(world.usage_lookups, 0);
    (void)decide("taro@elsewhere.example", 0);
    ck_assert_uint_eq(world.usage_lookups, 0);
}
END_TEST

/* ---- random worlds ---- */

static bool takes(const char *address)
{
    const struct bk_account *account = graph_find(&world, address);
    const struct bk_usage *usage;

    if (account == NULL || !account->receive || account->capacity_bytes == 0)
        return true;
    usage = &world.usages[account->id - 1];
    return !usage->known || usage->bytes + 1 <= account->capacity_bytes;
}

static bool slow_accepts(const char *recipient)
{
    static struct graph_delivery delivery;
    const char *own;
    bool any = false;

    delivery.visited.count = delivery.living.count = delivery.dead.count = 0;
    delivery.answers.count = 0;
    graph_deliver(&world, arena, recipient, &delivery);
    own = delivery.visited.addresses[0];
    for (size_t i = 0; i < delivery.living.count; i++) {
        if (!takes(delivery.living.addresses[i]) &&
            graph_find(&world, delivery.living.addresses[i]) == graph_find(&world, own))
            return false;
        any = any || takes(delivery.living.addresses[i]);
    }
    return any;
}

START_TEST(decides_like_plain_recursion)
{
    unsigned int seen[BK_REASON_NOT_IN_SETTINGS + 1] = {0};

    for (int round = 0; round < 60000; round++) {
        const char *recipient = graph_random_recipient();
        struct bk_admission got;

        bk_arena_clear(arena);
        graph_make(&world);
        got = decide(recipient, 0);
        seen[got.reason]++;
        if (graph_find(&world, recipient) == NULL)
            continue;
        ck_assert_msg((got.action == BK_ADMISSION_ACCEPT) == slow_accepts(recipient),
                      "%s: got %d, reason %d in%s", recipient, got.action, got.reason,
                      graph_describe(arena, &world));
    }
    for (int reason = BK_REASON_NONE; reason <= BK_REASON_CIRCLE; reason++)
        if (reason != BK_REASON_INTERNAL_FORM && reason != BK_REASON_FULL_FOR_NOW)
            ck_assert_msg(seen[reason] > 50, "reason %d: %u", reason, seen[reason]);
}
END_TEST

/* ---- delivery ---- */

START_TEST(at_delivery)
{
    static const struct {
        const char *name;
        enum bk_lookup found;
        bool strict, suspended, deleting, receive, forward, keep_copy, full, temporary;
        enum bk_admission_reason want;
        bool want_store;
    } cases[] = {
        {"plain", BK_FOUND, 0, 0, 0, 1, 0, 0, 0, 0, BK_REASON_NONE, true},
        {"settings unreadable", BK_FAILED, 0, 0, 0, 1, 0, 0, 0, 0, BK_REASON_SETTINGS_FAILED, 0},
        {"unknown to settings", BK_ABSENT, 0, 0, 0, 1, 0, 0, 0, 0, BK_REASON_NOT_IN_SETTINGS, 0},
        {"suspended", BK_FOUND, 0, 1, 0, 1, 0, 0, 0, 0, BK_REASON_SUSPENDED, false},
        {"deleting", BK_FOUND, 0, 1, 1, 1, 0, 0, 0, 0, BK_REASON_DELETING, false},
        {"disabled", BK_FOUND, 1, 0, 0, 0, 0, 0, 0, 0, BK_REASON_DISABLED, false},
        {"disabled with forward", BK_FOUND, 1, 0, 0, 0, 1, 0, 0, 0, BK_REASON_DISABLED, false},
        {"receive OFF", BK_FOUND, 0, 0, 0, 0, 0, 0, 0, 0, BK_REASON_NONE, false},
        {"receive OFF, full", BK_FOUND, 0, 0, 0, 0, 0, 0, 1, 0, BK_REASON_NONE, false},
        {"a forward set meanwhile", BK_FOUND, 0, 0, 0, 1, 1, 0, 0, 0, BK_REASON_NONE, true},
        {"that and receive OFF", BK_FOUND, 0, 0, 0, 0, 1, 0, 0, 0, BK_REASON_NONE, true},
        {"forward with copy", BK_FOUND, 0, 0, 0, 1, 1, 1, 0, 0, BK_REASON_NONE, true},
        {"full", BK_FOUND, 0, 0, 0, 1, 0, 0, 1, 0, BK_REASON_FULL, false},
        {"full for now", BK_FOUND, 0, 0, 0, 1, 0, 0, 1, 1, BK_REASON_FULL_FOR_NOW, false},
        {"full, with copy", BK_FOUND, 0, 0, 0, 1, 1, 1, 1, 0, BK_REASON_FULL, false},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_admission got;
        struct bk_account *account;

        setup();
        account = cases[i].strict ? strict : taro;
        account->suspended = cases[i].suspended;
        account->state = cases[i].deleting ? BK_ACCOUNT_DELETING : BK_ACCOUNT_ACTIVE;
        account->receive = cases[i].receive;
        world.plan.full_is_temporary = cases[i].temporary;
        if (cases[i].forward)
            unit_forward(account, cases[i].keep_copy, outside);
        if (cases[i].full)
            fill(account);
        got = bk_admission_decide_delivery(
            cases[i].found, cases[i].found == BK_FOUND ? account : NULL, account->primary_address,
            &world.usages[account->id - 1], 1);
        ck_assert_msg(got.reason == cases[i].want && got.store == cases[i].want_store,
                      "%s: got %d, store %d", cases[i].name, got.reason, got.store);
        ck_assert_int_eq(got.action, bk_admission_action(cases[i].want));
        ck_assert_pstr_eq(got.decided_by, cases[i].found == BK_FOUND && !got.store
                                              ? account->primary_address
                                              : NULL);
    }
}
END_TEST

START_TEST(what_only_answers_is_never_full)
{
    struct bk_admission got;

    setup();
    fill(taro);
    got = bk_admission_decide_delivery(BK_FOUND, taro, "1+x@boxkeeper.invalid", &world.usages[0],
                                       INT64_MAX);
    ck_assert_int_eq(got.reason, BK_REASON_NONE);
    ck_assert_int_eq(got.store, false);
    taro->suspended = true;
    got = bk_admission_decide_delivery(BK_FOUND, taro, "1@boxkeeper.invalid", &world.usages[0], 1);
    ck_assert_int_eq(got.reason, BK_REASON_SUSPENDED);
}
END_TEST

START_TEST(warnings_are_stored_though_full)
{
    static const char *const forms[] = {"1@warning.boxkeeper.invalid",
                                        "1@Warning.Boxkeeper.Invalid"};
    static const char *const others[] = {
        "1+x@warning.boxkeeper.invalid", "taro@warning.boxkeeper.invalid",
        "@warning.boxkeeper.invalid",    "1@x.warning.boxkeeper.invalid",
        "1@boxkeeper.invalid",           "1@warning.boxkeeper.invalid.",
    };
    struct bk_admission got;

    setup();
    fill(taro);
    for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
        got = bk_admission_decide_delivery(BK_FOUND, taro, forms[i], &world.usages[0], INT64_MAX);
        ck_assert_msg(got.action == BK_ADMISSION_ACCEPT && got.store, "%s", forms[i]);
    }
    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        got = bk_admission_decide_delivery(BK_FOUND, taro, others[i], &world.usages[0], 1);
        ck_assert_msg(!got.store, "%s", others[i]);
    }
    taro->receive = false;
    taro->forward_target_count = 1;
    got = bk_admission_decide_delivery(BK_FOUND, taro, forms[0], &world.usages[0], 1);
    ck_assert(got.action == BK_ADMISSION_ACCEPT && !got.store);
    taro->suspended = true;
    got = bk_admission_decide_delivery(BK_FOUND, taro, forms[0], &world.usages[0], 1);
    ck_assert_int_eq(got.reason, BK_REASON_SUSPENDED);
}
END_TEST

START_TEST(replies_fit_their_actions)
{
    static const struct {
        enum bk_admission_reason reason;
        const char *want;
    } cases[] = {
        {BK_REASON_UNKNOWN_RECIPIENT, "550 5.1.1 "},
        {BK_REASON_INTERNAL_FORM, "550 5.1.1 "},
        {BK_REASON_SUSPENDED, "550 5.2.1 "},
        {BK_REASON_DISABLED, "550 5.2.1 "},
        {BK_REASON_FULL, "552 5.2.2 "},
        {BK_REASON_FULL_FOR_NOW, "452 4.2.2 "},
        {BK_REASON_CIRCLE, "550 5.4.6 "},
        {BK_REASON_TOO_MANY_TARGETS, "550 5.5.3 "},
        {BK_REASON_DELETING, "451 4.3.0 "},
        {BK_REASON_SETTINGS_FAILED, "451 4.3.0 "},
        {BK_REASON_NOT_IN_SETTINGS, "451 4.3.0 "},
    };

    ck_assert_ptr_null(bk_admission_reply(BK_REASON_NONE));
    ck_assert_int_eq(bk_admission_action(BK_REASON_NONE), BK_ADMISSION_ACCEPT);
    ck_assert_uint_eq(UNIT_COUNT(cases), BK_REASON_NOT_IN_SETTINGS);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *got = bk_admission_reply(cases[i].reason);

        ck_assert_msg(strncmp(got, cases[i].want, 10) == 0, "%s", got);
        ck_assert_int_eq(bk_admission_action(cases[i].reason),
                         got[0] == '5' ? BK_ADMISSION_REFUSE : BK_ADMISSION_DEFER);
        ck_assert_ptr_null(strpbrk(got, "\r\n"));
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_answer_is_no_delivery,
        ours_or_not,
        the_accounts_own_state,
        the_own_mailbox_is_full,
        size_counts,
        unknown_usage_counts_as_empty,
        one_living_target_is_enough,
        circles_and_crowds,
        usage_is_asked_only_where_it_matters,
        decides_like_plain_recursion,
        at_delivery,
        what_only_answers_is_never_full,
        warnings_are_stored_though_full,
        replies_fit_their_actions,
    };
    int status;

    arena = bk_arena_create();
    status = unit_run("admission", tests, UNIT_COUNT(tests));
    bk_arena_destroy(&arena);
    return status;
}
