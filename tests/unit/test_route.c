/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Where mail goes, and what the alias map answers. */
#include "rules/route.h"
#include "graph.h"

#include <stdio.h>
#include <string.h>

static struct unit_world world;
static struct bk_arena *arena;

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/* taro and jiro with aliases, a third one, one in a domain whose receive OFF refuses. */
static struct bk_account *taro, *jiro, *hana, *strict;

static void setup(void)
{
    bk_arena_clear(arena);
    unit_world_init(&world);
    taro = unit_world_add(&world, "taro@d.example");
    jiro = unit_world_add(&world, "jiro@d.example");
    hana = unit_world_add(&world, "hana@d.example");
    strict = unit_world_add(&world, "strict@strict.example");
    unit_world_add_alias(&world, taro, "sales@d.example");
    unit_world_add_alias(&world, jiro, "office@d.example");
}

static struct bk_route route_of(const char *recipient)
{
    return bk_route_resolve(arena, &world.directory, recipient);
}

/* Outside addresses are written as they are, not in the form in which they leave. */
static void assert_answer(const char *recipient, const char *want)
{
    struct bk_route route = route_of(recipient);
    const char *got = graph_plain(arena, bk_route_alias_answer(arena, &route));

    ck_assert_msg((got == NULL) == (want == NULL) && (got == NULL || strcmp(got, want) == 0),
                  "\"%s\": got %s, want %s", recipient, got, want);
}

/* Leaves as text: the address, and behind ! the reason of a dead one. */
static void assert_leaves(const char *recipient, const char *want)
{
    struct bk_route route = route_of(recipient);
    const char *got = "";

    for (size_t i = 0; i < route.leaf_count; i++)
        got = bk_arena_printf(arena, "%s%s%s", got, i == 0 ? "" : " ", route.leaves[i].address);
    ck_assert_msg(strcmp(got, want) == 0, "\"%s\": got %s, want %s", recipient, got, want);
}

START_TEST(knows_who_is_ours)
{
    static const struct {
        const char *recipient;
        enum bk_lookup want;
        bool want_ours, want_internal;
        const char *want_address, *want_answer;
    } cases[] = {
        {"taro@d.example", BK_FOUND, 1, 0, "taro@d.example", "taro@d.example"},
        {"TARO@D.EXAMPLE", BK_FOUND, 1, 0, "taro@d.example", "taro@d.example"},
        {"taro@d.example.", BK_FOUND, 1, 0, "taro@d.example", "taro@d.example"},
        {"taro+X@d.example", BK_FOUND, 1, 0, "taro+x@d.example", "taro+x@d.example"},
        {"taro+@d.example", BK_FOUND, 1, 0, "taro+@d.example", "taro+@d.example"},
        {"sales@d.example", BK_FOUND, 1, 0, "taro@d.example", "taro@d.example"},
        {"sales+x@d.example", BK_FOUND, 1, 0, "taro+x@d.example", "taro+x@d.example"},
        {"nobody@d.example", BK_ABSENT, 1, 0, NULL, NULL},
        {"nobody+x@d.example", BK_ABSENT, 1, 0, NULL, NULL},
        {"taro@elsewhere.example", BK_ABSENT, 0, 0, NULL, NULL},
        {"taro", BK_ABSENT, 0, 0, NULL, NULL},
        {"", BK_ABSENT, 0, 0, NULL, NULL},
        {"*", BK_ABSENT, 0, 0, NULL, NULL},
        {"ta\tro@d.example", BK_ABSENT, 0, 0, NULL, NULL},
        {"1@boxkeeper.invalid", BK_ABSENT, 0, 1, NULL, NULL},
        {"1%boxkeeper.invalid@d.example", BK_ABSENT, 0, 1, NULL, NULL},
        {"boxkeeper.invalid!1", BK_ABSENT, 0, 1, NULL, NULL},
    };

    setup();
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_route route = route_of(cases[i].recipient);

        ck_assert_msg(route.found == cases[i].want && route.ours == cases[i].want_ours &&
                          route.internal == cases[i].want_internal,
                      "\"%s\": got %d, ours %d, internal %d", cases[i].recipient, route.found,
                      route.ours, route.internal);
        ck_assert_pstr_eq(route.address, cases[i].want_address);
        ck_assert((route.account != NULL) == (cases[i].want == BK_FOUND));
        assert_answer(cases[i].recipient, cases[i].want_answer);
    }
}
END_TEST

START_TEST(outside_addresses_leave_by_the_relay_form)
{
    struct bk_route route;

    setup();
    unit_forward(taro, true, LIST("x+y@outside.example", "gone@d.example", "jiro@d.example"));
    route = route_of("taro@d.example");
    ck_assert_str_eq(bk_route_alias_answer(arena, &route),
                     "taro@d.example,x+y=outside.example@fwd.boxkeeper.invalid,jiro@d.example");
    route = route_of("x+y=outside.example@fwd.boxkeeper.invalid");
    ck_assert(route.internal);
    ck_assert_ptr_null(bk_route_alias_answer(arena, &route));
}
END_TEST

START_TEST(domain_aliases_are_the_domain)
{
    setup();
    assert_answer("taro@alias.example", "taro@d.example");
    assert_answer("Sales+X@Alias.Example", "taro+x@d.example");
    assert_answer("nobody@alias.example", NULL);
    ck_assert(route_of("nobody@alias.example").ours);
    assert_answer("strict@alias.example", NULL);
    unit_forward(taro, true, LIST("office+y@alias.example", "taro@alias.example"));
    assert_answer("taro@d.example", "taro@d.example,jiro+y@d.example");
}
END_TEST

START_TEST(catch_all_comes_last)
{
    setup();
    world.domain.catch_all_account_id = jiro->id;
    assert_answer("nobody@d.example", "jiro@d.example");
    assert_answer("No.Body+Shop@alias.example", "jiro+shop@d.example");
    ck_assert(route_of("nobody@d.example").is_caught);
    assert_answer("taro@d.example", "taro@d.example");
    assert_answer("sales+x@d.example", "taro+x@d.example");
    ck_assert(!route_of("taro@d.example").is_caught);
    assert_answer("nobody@strict.example", NULL);
    assert_answer("nobody@elsewhere.example", NULL);
    assert_answer("1%boxkeeper.invalid@d.example", NULL);

    unit_forward(jiro, false, LIST("anybody@d.example", "x@outside.example"));
    assert_answer("nobody@d.example", "x@outside.example");
    unit_forward(taro, false, LIST("gone@d.example"));
    assert_answer("taro@d.example", "x@outside.example");
    unit_forward(jiro, false, LIST("anybody@d.example"));
    assert_leaves("nobody@d.example", "");
    assert_answer("nobody@d.example", "jiro@d.example");
}
END_TEST

START_TEST(who_only_answers_gets_a_form)
{
    setup();
    taro->auto_reply = true;
    assert_answer("taro@d.example", "taro@d.example");
    taro->receive = false;
    assert_answer("taro@d.example", "1@boxkeeper.invalid");
    assert_answer("Sales+X@d.example", "1+x@boxkeeper.invalid");
    assert_answer("taro+a,b@d.example", "\"1+a,b\"@boxkeeper.invalid");
    unit_forward(taro, true, LIST("x@outside.example"));
    assert_answer("taro@d.example", "x@outside.example,1@boxkeeper.invalid");
    taro->receive = true;
    assert_answer("taro@d.example", "taro@d.example,x@outside.example");
    unit_forward(taro, false, LIST("x@outside.example", "jiro+y@d.example"));
    jiro->auto_reply = true;
    jiro->receive = false;
    assert_answer("taro@d.example", "x@outside.example,1@boxkeeper.invalid,2+y@boxkeeper.invalid");
    world.plan.auto_reply_allowed = false;
    assert_answer("taro@d.example", "x@outside.example,jiro+y@d.example");
}
END_TEST

START_TEST(an_answer_is_no_delivery)
{
    setup();
    taro->auto_reply = true;
    unit_forward(taro, false, LIST("jiro@d.example"));
    jiro->suspended = true;
    assert_answer("taro@d.example", "jiro@d.example");
    taro->suspended = true;
    assert_answer("taro@d.example", "taro@d.example");
    taro->suspended = jiro->suspended = false;
    unit_forward(jiro, false, LIST("taro@d.example"));
    jiro->auto_reply = true;
    assert_answer("taro@d.example", "taro@d.example");
}
END_TEST

START_TEST(the_state_of_a_catch_all_counts)
{
    struct bk_route route;

    setup();
    world.domain.catch_all_account_id = jiro->id;
    jiro->suspended = true;
    route = route_of("nobody@d.example");
    ck_assert_int_eq(bk_admission_decide(&world.directory, &route, 0).reason, BK_REASON_SUSPENDED);
    jiro->state = BK_ACCOUNT_DELETING;
    route = route_of("nobody@d.example");
    ck_assert_int_eq(bk_admission_decide(&world.directory, &route, 0).reason, BK_REASON_DELETING);
    world.domain.catch_all_account_id = 99; /* of an account that is gone */
    route = route_of("nobody@d.example");
    ck_assert_int_eq(bk_admission_decide(&world.directory, &route, 0).reason,
                     BK_REASON_UNKNOWN_RECIPIENT);
    world.accounts_fail = true;
    ck_assert_int_eq(route_of("nobody@d.example").found, BK_FAILED);
    ck_assert_int_eq(route_of("taro@d.example").found, BK_FOUND);
}
END_TEST

START_TEST(forwards)
{
    setup();
    unit_forward(taro, false, LIST("jiro@d.example", "x@outside.example"));
    assert_leaves("taro@d.example", "jiro@d.example x@outside.example");
    assert_answer("sales+ext@d.example", "jiro@d.example,x@outside.example");

    unit_forward(taro, true, LIST("jiro@d.example", "x@outside.example"));
    assert_leaves("taro@d.example", "taro@d.example jiro@d.example x@outside.example");
    assert_answer("taro+e@d.example", "taro+e@d.example,jiro@d.example,x@outside.example");

    taro->receive = false; /* the targets only, whatever the copy says */
    assert_leaves("taro@d.example", "jiro@d.example x@outside.example");
    unit_forward(taro, true, LIST(NULL));
    assert_leaves("taro@d.example", "taro@d.example");
    assert_answer("taro@d.example", "taro@d.example");
}
END_TEST

START_TEST(forwards_hold_in_turn)
{
    setup();
    unit_forward(taro, false, LIST("office+o@d.example"));
    unit_forward(jiro, true, LIST("hana+h@d.example"));
    assert_leaves("taro+t@d.example", "jiro+o@d.example hana+h@d.example");
    hana->receive = false;
    assert_leaves("taro+t@d.example", "jiro+o@d.example hana+h@d.example");
    unit_forward(hana, true, LIST("x@outside.example"));
    assert_leaves("taro+t@d.example", "jiro+o@d.example x@outside.example");
}
END_TEST

START_TEST(one_copy_a_way)
{
    setup();
    unit_forward(taro, true,
                 LIST("jiro@d.example", "office@d.example", "hana@d.example", "jiro+x@d.example",
                      "x@outside.example", "x@outside.example", "office+x@d.example"));
    unit_forward(hana, false, LIST("jiro@d.example", "x@outside.example"));
    assert_leaves("taro@d.example",
                  "taro@d.example jiro@d.example jiro+x@d.example x@outside.example");
}
END_TEST

START_TEST(breadth_first)
{
    setup();
    unit_forward(taro, false, LIST("jiro@d.example", "1@outside.example"));
    unit_forward(jiro, true, LIST("hana@d.example", "2@outside.example"));
    unit_forward(hana, true, LIST("3@outside.example", "1@outside.example"));
    assert_leaves("taro@d.example", "jiro@d.example 1@outside.example hana@d.example "
                                    "2@outside.example 3@outside.example");
}
END_TEST

START_TEST(circles)
{
    setup();
    unit_forward(taro, false, LIST("jiro@d.example"));
    unit_forward(jiro, false, LIST("hana@d.example"));
    unit_forward(hana, false, LIST("sales@d.example"));
    assert_leaves("taro@d.example", "");
    assert_answer("taro@d.example", "taro@d.example");
    assert_answer("sales+x@d.example", "taro+x@d.example");
    assert_answer("jiro@d.example", "jiro@d.example");

    unit_forward(jiro, true, LIST("hana@d.example"));
    assert_leaves("taro@d.example", "jiro@d.example");
    assert_answer("hana@d.example", "jiro@d.example");

    unit_forward(taro, false, LIST("taro@d.example"));
    assert_leaves("taro@d.example", "");
    assert_answer("taro@d.example", "taro@d.example");
    unit_forward(taro, true, LIST("taro@d.example"));
    assert_leaves("taro@d.example", "taro@d.example");
}
END_TEST

START_TEST(dead_targets_are_left_out_beside_living_ones)
{
    static const struct {
        const char *name, *target;
        bool suspended, domain_suspended, deleting, off;
        enum bk_admission_reason want;
    } cases[] = {
        {"living", "jiro@d.example", 0, 0, 0, 0, BK_REASON_NONE},
        {"receive OFF", "jiro@d.example", 0, 0, 0, 1, BK_REASON_NONE},
        {"suspended", "jiro@d.example", 1, 0, 0, 0, BK_REASON_SUSPENDED},
        {"domain suspended", "strict@strict.example", 0, 1, 0, 0, BK_REASON_SUSPENDED},
        {"deleting", "jiro@d.example", 1, 0, 1, 0, BK_REASON_DELETING},
        {"disabled", "strict@strict.example", 0, 0, 0, 1, BK_REASON_DISABLED},
        {"unknown", "nobody@d.example", 0, 0, 0, 0, BK_REASON_UNKNOWN_RECIPIENT},
        {"internal", "2@boxkeeper.invalid", 0, 0, 0, 0, BK_REASON_INTERNAL_FORM},
        {"no address", "jiro", 0, 0, 0, 0, BK_REASON_UNKNOWN_RECIPIENT},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *const with_living[] = {cases[i].target, "hana@d.example", NULL};
        const char *const alone[] = {cases[i].target, NULL};
        struct bk_account *target;
        struct bk_route route;

        setup();
        target = strchr(cases[i].target, '@') != NULL && cases[i].target[0] == 's' ? strict : jiro;
        target->suspended = cases[i].suspended;
        world.strict_domain.suspended = cases[i].domain_suspended;
        target->state = cases[i].deleting ? BK_ACCOUNT_DELETING : BK_ACCOUNT_ACTIVE;
        target->receive = !cases[i].off;
        unit_forward(taro, false, with_living);
        route = route_of("taro@d.example");
        ck_assert_uint_eq(route.leaf_count, 2);
        ck_assert_msg(route.leaves[0].reason == cases[i].want, "%s: got %d", cases[i].name,
                      route.leaves[0].reason);
        ck_assert_int_eq(route.leaves[1].reason, BK_REASON_NONE);
        assert_answer("taro@d.example",
                      cases[i].want == BK_REASON_NONE
                          ? bk_arena_printf(arena, "%s,hana@d.example", cases[i].target)
                          : "hana@d.example");
        unit_forward(taro, false, alone);
        assert_answer("taro@d.example", cases[i].target);
    }
}
END_TEST

START_TEST(the_dead_are_all_answered_if_nobody_lives)
{
    setup();
    unit_forward(taro, false, LIST("jiro@d.example", "nobody@d.example", "hana@d.example"));
    jiro->suspended = true;
    hana->state = BK_ACCOUNT_DELETING;
    assert_answer("taro@d.example", "jiro@d.example,nobody@d.example,hana@d.example");
    world.accounts[2].state = BK_ACCOUNT_ACTIVE;
    assert_answer("taro@d.example", "hana@d.example");
}
END_TEST

START_TEST(forwards_rest_while_suspended)
{
    setup();
    unit_forward(taro, false, LIST("jiro@d.example"));
    taro->suspended = true;
    assert_leaves("taro+x@d.example", "taro+x@d.example");
    ck_assert_int_eq(route_of("taro@d.example").leaves[0].reason, BK_REASON_SUSPENDED);
    assert_answer("taro+x@d.example", "taro+x@d.example");
    unit_forward(strict, false, LIST("jiro@d.example"));
    strict->receive = false;
    assert_leaves("strict@strict.example", "strict@strict.example");
    ck_assert_int_eq(route_of("strict@strict.example").leaves[0].reason, BK_REASON_DISABLED);
}
END_TEST

START_TEST(odd_extensions_stay_one_recipient)
{
    setup();
    assert_answer("taro+x,evil@out.example,y@d.example", "\"taro+x,evil@out.example,y\"@d.example");
    assert_answer("taro+a b@d.example", "\"taro+a b\"@d.example");
    unit_forward(taro, true, LIST("jiro@d.example"));
    assert_answer("taro+,@d.example", "\"taro+,\"@d.example,jiro@d.example");
}
END_TEST

START_TEST(long_recipients_are_unknown)
{
    char recipient[400];

    setup();
    for (size_t length = BK_ROUTE_RECIPIENT_MAXIMUM_BYTES - 1;
         length <= BK_ROUTE_RECIPIENT_MAXIMUM_BYTES + 1; length++) {
        size_t extension_length = length - strlen("taro+@d.example");
        struct bk_route route;

        (void)snprintf(recipient, sizeof(recipient), "taro+%0*d@d.example", (int)extension_length,
                       0);
        ck_assert_uint_eq(strlen(recipient), length);
        route = route_of(recipient);
        ck_assert_int_eq(route.found,
                         length <= BK_ROUTE_RECIPIENT_MAXIMUM_BYTES ? BK_FOUND : BK_ABSENT);
        ck_assert(route.ours);
    }
}
END_TEST

START_TEST(failures_are_no_answers)
{
    struct bk_route route;

    setup();
    world.domains_fail = true;
    ck_assert_int_eq(route_of("taro@d.example").found, BK_FAILED);
    ck_assert_int_eq(route_of("taro@elsewhere.example").found, BK_FAILED);
    world.domains_fail = false;
    world.failing_address = "taro@d.example";
    ck_assert_int_eq(route_of("taro+x@d.example").found, BK_FAILED);
    world.failing_address = "hana@d.example";
    unit_forward(taro, true, LIST("jiro@d.example"));
    unit_forward(jiro, true, LIST("x@outside.example", "hana@d.example"));
    route = route_of("taro@d.example");
    ck_assert_int_eq(route.found, BK_FAILED);
    ck_assert_uint_eq(route.leaf_count, 0);
    ck_assert_ptr_null(bk_route_alias_answer(arena, &route));
}
END_TEST

/* ---- limits ---- */

static const char *outside_list[2000];

static const char *const *outside(size_t count)
{
    static char texts[UNIT_COUNT(outside_list)][24];

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "%zu@outside.example", i);
        outside_list[i] = texts[i];
    }
    outside_list[count] = NULL;
    return outside_list;
}

START_TEST(the_number_of_leaves_is_limited)
{
    for (size_t count = BK_ROUTE_LEAVES_MAXIMUM - 1; count <= BK_ROUTE_LEAVES_MAXIMUM + 1;
         count++) {
        static struct graph_set got;
        struct bk_route route;

        setup();
        unit_forward(taro, false, outside(count));
        route = route_of("taro@d.example");
        ck_assert_int_eq(route.too_many, count > BK_ROUTE_LEAVES_MAXIMUM);
        got.count = 0;
        ck_assert_uint_eq(graph_expand_by_postfix(&world, arena, "taro@d.example", &got),
                          route.too_many ? 1 : count);
        if (route.too_many)
            assert_answer("taro@d.example", "taro@d.example");
    }
}
END_TEST

/* 400 addresses of 224 bytes as they leave, each with a comma or the end: 90,000. */
START_TEST(the_answer_fits_in_a_socketmap_reply)
{
    static char texts[500][256];
    static const char *list[500];

    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "%0186zu@outside.example", i);
        list[i] = texts[i];
    }
    for (size_t count = 399; count <= 401; count++) {
        struct bk_route route;
        size_t length;

        setup();
        list[count] = NULL;
        unit_forward(taro, false, list);
        list[count] = texts[count];
        route = route_of("taro@d.example");
        length = count * (strlen(bk_address_to_relay(arena, texts[0])) + 1);
        ck_assert_int_eq(route.too_many, length > BK_ROUTE_ANSWER_MAXIMUM_BYTES);
        if (!route.too_many)
            ck_assert_uint_eq(strlen(bk_route_alias_answer(arena, &route)) + 1, length);
    }
}
END_TEST

/*
 * Accounts with a forward and a copy, each to the same nine outside: 99 of them and the nine are
 * 108 leaves, and 9 more for each of the 99 when Postfix asks for it: 999.
 */
START_TEST(repetitions_count)
{
    static char addresses[101][24];
    static const char *list[110];
    static const char *const nine[] = {"1@o.example", "2@o.example", "3@o.example", "4@o.example",
                                       "5@o.example", "6@o.example", "7@o.example", "8@o.example",
                                       "9@o.example", NULL};
    static const char *const more[] = {"x@o.example", "y@o.example"};

    for (size_t further = 0; further <= 2; further++) {
        static struct graph_set got;
        struct bk_route route;
        size_t expanded;

        setup();
        for (size_t i = 0; i < 99; i++) {
            (void)snprintf(addresses[i], sizeof(addresses[i]), "member%zu@d.example", i);
            unit_forward(unit_world_add(&world, addresses[i]), true, nine);
            list[i] = addresses[i];
        }
        for (size_t i = 0; i < 2; i++)
            list[99 + i] = i < further ? more[i] : NULL;
        list[101] = NULL;
        unit_forward(taro, false, list);
        unit_forward(jiro, false, LIST("taro@d.example"));
        route = route_of("taro@d.example");
        ck_assert_int_eq(route.too_many, further == 2);
        ck_assert_int_eq(route_of("jiro@d.example").too_many, further == 2);
        got.count = 0;
        expanded = graph_expand_by_postfix(&world, arena, "taro@d.example", &got);
        ck_assert_uint_eq(expanded, further == 2 ? 1 : 999 + further);
    }
}
END_TEST

/* A ring of accounts with copies: everybody's answer is everybody. */
START_TEST(rings_with_copies)
{
    static char addresses[40][24];
    static const char *lists[40][2];

    for (size_t count = 2; count <= 40; count++) {
        static struct graph_set got;
        struct bk_route route;
        size_t expanded;

        setup();
        for (size_t i = 0; i < count; i++)
            (void)snprintf(addresses[i], sizeof(addresses[i]), "ring%zu@d.example", i);
        for (size_t i = 0; i < count; i++) {
            lists[i][0] = addresses[(i + 1) % count];
            unit_forward(unit_world_add(&world, addresses[i]), true, lists[i]);
        }
        route = route_of(addresses[0]);
        ck_assert_int_eq(route.too_many, count + (count - 1) * (count - 1) > 1000);
        got.count = 0;
        expanded = graph_expand_by_postfix(&world, arena, addresses[0], &got);
        ck_assert_uint_gt(expanded, 0);
        ck_assert_uint_eq(got.count, route.too_many ? 1 : count);
    }
}
END_TEST

START_TEST(long_chains_are_fine)
{
    static char addresses[1000][24];
    static const char *lists[1000][2];
    struct bk_route route;

    setup();
    for (size_t i = 0; i < UNIT_COUNT(addresses); i++) {
        (void)snprintf(addresses[i], sizeof(addresses[i]), "chain%zu@d.example", i);
        lists[i][0] = i == 0 ? "x@outside.example" : addresses[i - 1];
        unit_forward(unit_world_add(&world, addresses[i]), false, lists[i]);
    }
    route = route_of(addresses[UNIT_COUNT(addresses) - 1]);
    ck_assert(!route.too_many);
    ck_assert_uint_eq(route.leaf_count, 1);
    ck_assert_str_eq(route.leaves[0].address, "x@outside.example");
}
END_TEST

/* Targets that repeat are no leaves but steps. */
START_TEST(the_number_of_steps_is_limited)
{
    static const char *list[BK_ROUTE_STEPS_MAXIMUM + 2];

    for (size_t i = 0; i < UNIT_COUNT(list) - 1; i++)
        list[i] = "jiro@d.example";
    for (size_t count = BK_ROUTE_STEPS_MAXIMUM - 1; count <= BK_ROUTE_STEPS_MAXIMUM + 1; count++) {
        setup();
        list[count] = NULL;
        unit_forward(taro, false, list);
        list[count] = "jiro@d.example";
        ck_assert_int_eq(route_of("taro@d.example").too_many, count > BK_ROUTE_STEPS_MAXIMUM);
    }
}
END_TEST

/* ---- random worlds ---- */

static void assert_same(const struct graph_set *got, const struct graph_set *want,
                        const char *recipient)
{
    bool same = got->count == want->count;

    for (size_t i = 0; i < want->count && same; i++)
        same = graph_set_has(got, want->addresses[i]);
    if (same)
        return;
    for (size_t i = 0; i < got->count; i++)
        printf("got %s\n", got->addresses[i]);
    for (size_t i = 0; i < want->count; i++)
        printf("want %s\n", want->addresses[i]);
    ck_abort_msg("%s in%s", recipient, graph_describe(arena, &world));
}

static void assert_each_once(const struct bk_route *route)
{
    for (size_t i = 0; i < route->leaf_count; i++)
        for (size_t other = 0; other < i; other++)
            ck_assert_str_ne(route->leaves[i].address, route->leaves[other].address);
}

START_TEST(everybody_gets_it_once)
{
    static struct graph_delivery want;
    static struct graph_set got, own;
    unsigned int nobody = 0, all_dead = 0, many = 0, answers = 0;

    for (int round = 0; round < 60000; round++) {
        const char *recipient = graph_random_recipient();
        struct bk_route route;

        bk_arena_clear(arena);
        graph_make(&world);
        want.visited.count = want.living.count = want.dead.count = want.answers.count = 0;
        got.count = own.count = 0;
        graph_deliver(&world, arena, recipient, &want);
        route = route_of(recipient);
        assert_each_once(&route);
        ck_assert_msg(graph_expand_by_postfix(&world, arena, recipient, &got) > 0,
                      "Postfix gives up on %s in%s", recipient, graph_describe(arena, &world));
        if (route.found != BK_FOUND) {
            ck_assert_ptr_null(graph_find(&world, recipient));
            continue;
        }
        ck_assert_uint_eq(route.leaf_count,
                          want.living.count + want.dead.count + want.answers.count);
        graph_set_add(&own, route.address);
        nobody += want.living.count + want.dead.count == 0;
        all_dead += want.living.count == 0 && want.dead.count > 1;
        many += want.living.count > 3;
        answers += want.answers.count > 0 && want.living.count > 0;
        for (size_t i = 0; want.living.count > 0 && i < want.answers.count; i++)
            graph_set_add(&want.living, want.answers.addresses[i]);
        assert_same(&got,
                    want.living.count > 0 ? &want.living
                    : want.dead.count > 0 ? &want.dead
                                          : &own,
                    recipient);
    }
    ck_assert_uint_gt(nobody, 100);
    ck_assert_uint_gt(all_dead, 100);
    ck_assert_uint_gt(many, 100);
    ck_assert_uint_gt(answers, 100);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        knows_who_is_ours,
        outside_addresses_leave_by_the_relay_form,
        domain_aliases_are_the_domain,
        catch_all_comes_last,
        who_only_answers_gets_a_form,
        an_answer_is_no_delivery,
        the_state_of_a_catch_all_counts,
        forwards,
        forwards_hold_in_turn,
        one_copy_a_way,
        breadth_first,
        circles,
        dead_targets_are_left_out_beside_living_ones,
        the_dead_are_all_answered_if_nobody_lives,
        forwards_rest_while_suspended,
        odd_extensions_stay_one_recipient,
        long_recipients_are_unknown,
        failures_are_no_answers,
        the_number_of_leaves_is_limited,
        the_answer_fits_in_a_socketmap_reply,
        repetitions_count,
        rings_with_copies,
        long_chains_are_fine,
        the_number_of_steps_is_limited,
        everybody_gets_it_once,
    };
    int status;

    arena = bk_arena_create();
    status = unit_run("route", tests, UNIT_COUNT(tests));
    bk_arena_destroy(&arena);
    return status;
}
