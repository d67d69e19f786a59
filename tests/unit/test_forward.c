/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* What is wrong with a forward before it is set. */
#include "rules/route.h"
#include "graph.h"

#include <stdio.h>
#include <string.h>

static struct unit_world world;
static struct bk_arena *arena;
static struct bk_account *taro, *jiro, *hana;

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void setup(void)
{
    bk_arena_clear(arena);
    unit_world_init(&world);
    taro = unit_world_add(&world, "taro@d.example");
    jiro = unit_world_add(&world, "jiro@d.example");
    hana = unit_world_add(&world, "hana@d.example");
    unit_world_add_alias(&world, taro, "sales@d.example");
}

/* Checks taro with these targets; taro as it is in the world has none. */
static void assert_check(const char *const *targets, enum bk_forward_problem want,
                         const char *want_target)
{
    struct bk_account account = *taro;
    const char *target = "untouched";
    enum bk_forward_problem got;

    unit_forward(&account, false, targets);
    got = bk_forward_check(arena, &world.directory, &account, &target);
    ck_assert_msg(got == want, "%s: got %d (%s), want %d", targets[0], got,
                  bk_forward_problem_text(got), want);
    ck_assert_pstr_eq(target, want_target);
}

START_TEST(checks_targets)
{
    setup();
    assert_check(LIST(NULL), BK_FORWARD_FINE, NULL);
    assert_check(LIST("jiro@d.example", "x@outside.example"), BK_FORWARD_FINE, NULL);
    assert_check(LIST("jiro@d.example", "jiro@d.example"), BK_FORWARD_FINE, NULL);
    assert_check(LIST("taro@d.example"), BK_FORWARD_SELF, "taro@d.example");
    assert_check(LIST("x@outside.example", "Sales+y@d.example"), BK_FORWARD_SELF,
                 "Sales+y@d.example");
    assert_check(LIST("jiro@d.example", "nobody@d.example"), BK_FORWARD_UNKNOWN,
                 "nobody@d.example");
    unit_forward(jiro, false, LIST("nobody@d.example"));
    assert_check(LIST("jiro@d.example"), BK_FORWARD_FINE, NULL);
}
END_TEST

START_TEST(finds_circles)
{
    setup();
    unit_forward(jiro, false, LIST("x@outside.example", "hana+h@d.example"));
    unit_forward(hana, true, LIST("sales@d.example"));
    assert_check(LIST("x@outside.example", "jiro@d.example"), BK_FORWARD_CIRCLE, "jiro@d.example");
    assert_check(LIST("hana@d.example"), BK_FORWARD_CIRCLE, "hana@d.example");
    hana->suspended = true; /* to be resumed one day */
    assert_check(LIST("jiro@d.example"), BK_FORWARD_CIRCLE, "jiro@d.example");
    unit_forward(hana, true, LIST("jiro@d.example")); /* a circle of others */
    assert_check(LIST("jiro@d.example"), BK_FORWARD_FINE, NULL);
}
END_TEST

START_TEST(knows_catch_all_and_domain_aliases)
{
    setup();
    assert_check(LIST("sales@alias.example"), BK_FORWARD_SELF, "sales@alias.example");
    assert_check(LIST("jiro@alias.example"), BK_FORWARD_FINE, NULL);
    assert_check(LIST("nobody@alias.example"), BK_FORWARD_UNKNOWN, "nobody@alias.example");
    world.domain.catch_all_account_id = jiro->id;
    assert_check(LIST("nobody@alias.example"), BK_FORWARD_FINE, NULL);
    unit_forward(jiro, false, LIST("taro@alias.example"));
    assert_check(LIST("nobody@d.example"), BK_FORWARD_CIRCLE, "nobody@d.example");
    world.domain.catch_all_account_id = taro->id;
    assert_check(LIST("nobody@d.example"), BK_FORWARD_SELF, "nobody@d.example");
}
END_TEST

START_TEST(tells_what_leaves_this_server)
{
    setup();
    ck_assert_int_eq(bk_forward_goes_outside(arena, &world.directory, taro), BK_ABSENT);
    unit_forward(taro, true, LIST("jiro@d.example", "nobody@d.example", "hana@alias.example"));
    ck_assert_int_eq(bk_forward_goes_outside(arena, &world.directory, taro), BK_ABSENT);
    unit_forward(taro, true, LIST("jiro@d.example", "x@outside.example"));
    ck_assert_int_eq(bk_forward_goes_outside(arena, &world.directory, taro), BK_FOUND);
    world.domains_fail = true;
    ck_assert_int_eq(bk_forward_goes_outside(arena, &world.directory, taro), BK_FAILED);
}
END_TEST

START_TEST(asks_the_plan)
{
    setup();
    world.plan.forward_targets_maximum = 2;
    assert_check(LIST("1@o.example"), BK_FORWARD_FINE, NULL);
    assert_check(LIST("1@o.example", "2@o.example"), BK_FORWARD_FINE, NULL);
    assert_check(LIST("1@o.example", "2@o.example", "3@o.example"), BK_FORWARD_TOO_MANY, NULL);
    world.plan.forward_targets_maximum = 1;
    assert_check(LIST("1@o.example"), BK_FORWARD_FINE, NULL);
    assert_check(LIST("1@o.example", "2@o.example"), BK_FORWARD_TOO_MANY, NULL);
    world.plan.forward_allowed = false;
    assert_check(LIST("1@o.example"), BK_FORWARD_NOT_ALLOWED, NULL);
    assert_check(LIST(NULL), BK_FORWARD_FINE, NULL);
}
END_TEST

START_TEST(counts_what_targets_lead_to)
{
    static char texts[1000][24];
    static const char *list[1001];

    for (size_t count = 998; count <= 1000; count++) {
        setup();
        for (size_t i = 0; i < count; i++) {
            (void)snprintf(texts[i], sizeof(texts[i]), "%zu@outside.example", i);
            list[i] = texts[i];
        }
        list[count] = NULL;
        unit_forward(jiro, false, list);
        assert_check(LIST("jiro@d.example", "x@outside.example"),
                     count < 1000 ? BK_FORWARD_FINE : BK_FORWARD_TOO_MANY, NULL);
    }
}
END_TEST

/* As many accounts as may be passed, and one more. */
START_TEST(the_search_has_an_end)
{
    static char addresses[BK_ROUTE_STEPS_MAXIMUM + 1][24];
    static const char *lists[BK_ROUTE_STEPS_MAXIMUM + 1][2];

    setup();
    for (size_t i = 0; i < UNIT_COUNT(addresses); i++) {
        (void)snprintf(addresses[i], sizeof(addresses[i]), "chain%zu@d.example", i);
        lists[i][0] = i == 0 ? "x@outside.example" : addresses[i - 1];
        unit_forward(unit_world_add(&world, addresses[i]), false, lists[i]);
    }
    assert_check(LIST(addresses[BK_ROUTE_STEPS_MAXIMUM - 2]), BK_FORWARD_FINE, NULL);
    assert_check(LIST(addresses[BK_ROUTE_STEPS_MAXIMUM]), BK_FORWARD_TOO_MANY, NULL);
}
END_TEST

START_TEST(failures_are_told)
{
    setup();
    world.failing_address = "hana@d.example";
    assert_check(LIST("hana@d.example"), BK_FORWARD_FAILED, "hana@d.example");
    unit_forward(jiro, false, LIST("hana@d.example"));
    assert_check(LIST("x@outside.example", "jiro@d.example"), BK_FORWARD_FAILED, "jiro@d.example");
}
END_TEST

/* Does the account's mail come back to `to`, whatever state those between are in? */
static bool leads_to(const struct bk_account *from, const struct bk_account *to, int depth)
{
    if (from == NULL || depth > 8)
        return false;
    if (from->id == to->id)
        return true;
    for (size_t i = 0; i < from->forward_target_count; i++)
        if (leads_to(graph_find(&world, from->forward_targets[i]), to, depth + 1))
            return true;
    return false;
}

static enum bk_forward_problem slow_check(const struct bk_account *account, const char **target_r)
{
    for (size_t i = 0; i < account->forward_target_count; i++) {
        const struct bk_account *target = graph_find(&world, account->forward_targets[i]);

        *target_r = account->forward_targets[i];
        if (target == NULL && strstr(*target_r, "outside") == NULL)
            return BK_FORWARD_UNKNOWN;
        if (target != NULL && target->id == account->id)
            return BK_FORWARD_SELF;
        if (leads_to(target, account, 0))
            return BK_FORWARD_CIRCLE;
    }
    *target_r = NULL;
    return BK_FORWARD_FINE;
}

START_TEST(checks_like_plain_recursion)
{
    unsigned int seen[BK_FORWARD_FAILED + 1] = {0};

    for (int round = 0; round < 40000; round++) {
        const char *targets[] = {graph_random_recipient(), graph_random_recipient(), NULL};
        const char *target, *want_target;
        struct bk_account account;
        enum bk_forward_problem got, want;

        bk_arena_clear(arena);
        graph_make(&world);
        account = world.accounts[unit_random((unsigned int)world.account_count)];
        unit_forward(&account, false, targets);
        got = bk_forward_check(arena, &world.directory, &account, &target);
        want = slow_check(&account, &want_target);
        ck_assert_msg(got == want, "%s to %s, %s: got %d, want %d in%s", account.primary_address,
                      targets[0], targets[1], got, want, graph_describe(arena, &world));
        ck_assert_pstr_eq(target, want_target);
        seen[got]++;
    }
    ck_assert_uint_gt(seen[BK_FORWARD_FINE], 1000);
    ck_assert_uint_gt(seen[BK_FORWARD_CIRCLE], 1000);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {checks_targets,
                                  finds_circles,
                                  knows_catch_all_and_domain_aliases,
                                  tells_what_leaves_this_server,
                                  asks_the_plan,
                                  counts_what_targets_lead_to,
                                  the_search_has_an_end,
                                  failures_are_told,
                                  checks_like_plain_recursion};
    int status;

    arena = bk_arena_create();
    status = unit_run("forward", tests, UNIT_COUNT(tests));
    bk_arena_destroy(&arena);
    return status;
}
