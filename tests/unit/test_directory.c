/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Whose an address is: owners, domain aliases, catch-all accounts. */
#include "rules/directory.h"
#include "unit.h"

static struct unit_world world;
static struct bk_arena *arena;
static struct bk_account *taro, *jiro;

static void setup(void)
{
    bk_arena_clear(arena);
    unit_world_init(&world);
    taro = unit_world_add(&world, "taro@d.example");
    jiro = unit_world_add(&world, "jiro@strict.example");
    world.domain.catch_all_account_id = jiro->id;
}

static struct bk_place place_of(const char *text, bool own)
{
    struct bk_address address;

    ck_assert(bk_address_parse(arena, text, &address));
    return own ? bk_place_own(arena, &world.directory, &address)
               : bk_place_find(arena, &world.directory, &address);
}

START_TEST(finds_owners_and_catch_all)
{
    setup();

    const struct {
        const char *address;
        const struct bk_domain *want_domain;
        const struct bk_account *want_owner, *want_taker;
    } cases[] = {
        {"taro@d.example", &world.domain, taro, taro},
        {"taro+x@d.example", &world.domain, taro, taro},
        {"Taro@ALIAS.example", &world.domain, taro, taro},
        {"nobody@d.example", &world.domain, NULL, jiro},
        {"nobody+x@alias.example", &world.domain, NULL, jiro},
        {"jiro@strict.example", &world.strict_domain, jiro, jiro},
        {"taro@strict.example", &world.strict_domain, NULL, NULL},
        {"taro@elsewhere.example", NULL, NULL, NULL},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct bk_account *owner = cases[i].want_owner, *taker = cases[i].want_taker;
        struct bk_place own = place_of(cases[i].address, true);
        struct bk_place found = place_of(cases[i].address, false);

        ck_assert_msg(own.domain == cases[i].want_domain && found.domain == cases[i].want_domain,
                      "%s: wrong domain", cases[i].address);
        ck_assert_msg(own.account == owner && own.found == (owner ? BK_FOUND : BK_ABSENT),
                      "%s: wrong owner", cases[i].address);
        ck_assert_msg(found.account == taker && found.found == (taker ? BK_FOUND : BK_ABSENT),
                      "%s: wrong taker", cases[i].address);
        ck_assert_msg(!own.is_caught && found.is_caught == (owner == NULL && taker != NULL),
                      "%s: is_caught %d", cases[i].address, found.is_caught);
    }
}
END_TEST

START_TEST(failures_are_not_absence)
{
    setup();
    world.failing_address = "nobody@d.example";
    ck_assert_int_eq(place_of("nobody@d.example", false).found, BK_FAILED);
    ck_assert_ptr_null(place_of("nobody@d.example", false).account);
    world.failing_address = NULL;
    world.accounts_fail = true;
    ck_assert_int_eq(place_of("nobody@d.example", false).found, BK_FAILED);
    ck_assert(!place_of("nobody@d.example", false).is_caught);
    world.domains_fail = true;
    ck_assert_int_eq(place_of("taro@d.example", true).found, BK_FAILED);
    ck_assert_ptr_null(place_of("taro@d.example", true).domain);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {finds_owners_and_catch_all, failures_are_not_absence};
    int status;

    arena = bk_arena_create();
    status = unit_run("directory", tests, UNIT_COUNT(tests));
    bk_arena_destroy(&arena);
    return status;
}
