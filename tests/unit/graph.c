/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "graph.h"

#include "rules/route.h"

#include <stdio.h> // snprintf
#include <string.h>

#define POSTFIX_EXPANSION_LIMIT 1000
#define POSTFIX_RECURSION_LIMIT 1000

static const char *const account_addresses[] = {
    "a@d.example",      "b@d.example",      "c@d.example", "d@d.example",
    "e@strict.example", "f@strict.example", "g@d.example",
};

static const char *const targets[] = {
    "a@d.example",          "a+x@d.example",       "b@d.example",
    "b+x@d.example",        "c@d.example",         "c+y@d.example",
    "d@d.example",          "e@strict.example",    "f@strict.example",
    "g@d.example",          "alias-a@d.example",   "alias-b+x@d.example",
    "one@outside.example",  "two@outside.example", "gone@d.example",
    "gone@strict.example",  "c@alias.example",     "alias-b+x@alias.example",
    "gone+x@alias.example",
};

bool graph_set_has(const struct graph_set *set, const char *address)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->addresses[i], address) == 0)
            return true;
    return false;
}

void graph_set_add(struct graph_set *set, const char *address)
{
    if (graph_set_has(set, address))
        return;
    ck_assert_uint_lt(set->count, GRAPH_SET_MAXIMUM);
    set->addresses[set->count++] = address;
}

static bool one_of(unsigned int chances)
{
    return unit_random(chances) == 0;
}

static void forward_at_random(struct bk_account *account)
{
    static const char *lists[UNIT_COUNT(account_addresses)][5];
    const char **list = lists[account->id - 1];
    unsigned int count = unit_random(5);

    for (unsigned int i = 0; i < count; i++)
        list[i] = targets[unit_random(UNIT_COUNT(targets))];
    list[count] = NULL;
    unit_forward(account, one_of(2), list);
}

void graph_make(struct unit_world *world)
{
    size_t count = 1 + unit_random(UNIT_COUNT(account_addresses));

    unit_world_init(world);
    for (size_t i = 0; i < count; i++) {
        struct bk_account *account = unit_world_add(world, account_addresses[i]);

        account->receive = !one_of(4);
        account->auto_reply = one_of(3);
        account->suspended = one_of(8);
        account->state = one_of(10) ? BK_ACCOUNT_DELETING : BK_ACCOUNT_ACTIVE;
        account->capacity_bytes = one_of(3) ? 0 : 1000;
        if (!one_of(4))
            unit_world_set_usage(world, account, one_of(2) ? 1000 : 10);
        if (!one_of(3))
            forward_at_random(account);
    }
    unit_world_add_alias(world, &world->accounts[0], "alias-a@d.example");
    if (count > 1)
        unit_world_add_alias(world, &world->accounts[1], "alias-b@d.example");
    if (one_of(3))
        world->domain.catch_all_account_id = (int64_t)(1 + unit_random((unsigned int)count));
    if (one_of(3))
        world->strict_domain.catch_all_account_id = (int64_t)(1 + unit_random((unsigned int)count));
}

const char *graph_random_recipient(void)
{
    return targets[unit_random(UNIT_COUNT(targets))];
}

const char *graph_describe(struct bk_arena *arena, const struct unit_world *world)
{
    const char *text = "";

    for (size_t i = 0; i < world->account_count; i++) {
        const struct bk_account *account = &world->accounts[i];

        text = bk_arena_printf(arena, "%s\n%s%s%s%s%s%s:", text, account->primary_address,
                               account->receive ? "" : " OFF",
                               account->auto_reply ? " answers" : "",
                               account->suspended ? " suspended" : "",
                               account->state == BK_ACCOUNT_DELETING ? " deleting" : "",
                               account->forward_keep_copy ? " copy" : "");
        for (size_t target = 0; target < account->forward_target_count; target++)
            text = bk_arena_printf(arena, "%s %s", text, account->forward_targets[target]);
    }
    return bk_arena_printf(arena, "%s\ncatch-all: %lld, strict: %lld", text,
                           (long long)world->domain.catch_all_account_id,
                           (long long)world->strict_domain.catch_all_account_id);
}

struct bk_account *graph_find(struct unit_world *world, const char *address)
{
    char plain[128];
    const struct bk_account *found;
    const char *at = strrchr(address, '@'), *plus = strchr(address, '+');
    int local_length = (int)((plus != NULL && plus < at ? plus : at) - address);

    const struct bk_domain *domain = NULL;

    if (strcmp(at, "@d.example") == 0 || strcmp(at, "@alias.example") == 0)
        domain = &world->domain;
    else if (strcmp(at, "@strict.example") == 0)
        domain = &world->strict_domain;
    else
        return NULL;
    (void)snprintf(plain, sizeof(plain), "%.*s@%s", local_length, address, domain->name);
    if (world->directory.lookup_address(world, plain, &found) == BK_FOUND)
        return &world->accounts[found->id - 1];
    if (domain->catch_all_account_id == 0)
        return NULL;
    return &world->accounts[domain->catch_all_account_id - 1];
}

static bool is_dead(const struct bk_account *account)
{
    return account->state == BK_ACCOUNT_DELETING || account->suspended ||
           account->domain->suspended ||
           (!account->receive && strcmp(account->domain->name, "strict.example") == 0);
}

void graph_deliver(struct unit_world *world, struct bk_arena *arena, const char *address,
                   struct graph_delivery *delivery)
{
    const struct bk_account *account = graph_find(world, address);
    const char *plus = strchr(address, '+'), *at = strrchr(address, '@'), *way;

    if (account == NULL) {
        bool ours = strcmp(at, "@d.example") == 0 || strcmp(at, "@strict.example") == 0 ||
                    strcmp(at, "@alias.example") == 0;

        graph_set_add(ours ? &delivery->dead : &delivery->living, address);
        return;
    }
    way = account->primary_address;
    if (plus != NULL)
        way = bk_arena_printf(arena, "%.*s%.*s%s", (int)strcspn(way, "@"), way, (int)(at - plus),
                              plus, strchr(way, '@'));
    if (graph_set_has(&delivery->visited, way))
        return;
    graph_set_add(&delivery->visited, way);
    if (is_dead(account)) {
        graph_set_add(&delivery->dead, way);
        return;
    }
    if (account->receive && (account->forward_target_count == 0 || account->forward_keep_copy))
        graph_set_add(&delivery->living, way);
    else if (account->auto_reply)
        graph_set_add(account->forward_target_count == 0 ? &delivery->living : &delivery->answers,
                      bk_arena_printf(arena, "%lld%.*s@boxkeeper.invalid", (long long)account->id,
                                      plus != NULL ? (int)(at - plus) : 0,
                                      plus != NULL ? plus : ""));
    else if (account->forward_target_count == 0)
        graph_set_add(&delivery->living, way);
    for (size_t i = 0; i < account->forward_target_count; i++)
        graph_deliver(world, arena, account->forward_targets[i], delivery);
}

/* ---- Postfix: cleanup_map1n_internal() of cleanup_map1n.c in other words ---- */

struct expansion {
    const char *addresses[GRAPH_SET_MAXIMUM]; /* with repetitions */
    size_t count;
    struct graph_set done; /* what has expanded into itself */
};

const char *graph_plain(struct bk_arena *arena, const char *answer)
{
    const char *plain = "";
    char *rest, *save = NULL;

    if (answer == NULL || strstr(answer, "@" BK_RELAY_DOMAIN) == NULL)
        return answer;
    rest = bk_arena_strdup(arena, answer);
    for (char *part = strtok_r(rest, ",", &save); part != NULL; part = strtok_r(NULL, ",", &save)) {
        const char *address = bk_address_from_relay(arena, part);

        plain = bk_arena_printf(arena, "%s%s%s", plain, *plain != '\0' ? "," : "",
                                address != NULL ? address : part);
    }
    return plain;
}

/* Replaces the address at `index` by the map's answer for it; false if there is none. */
static bool expand_once(struct unit_world *world, struct bk_arena *arena,
                        struct expansion *expansion, size_t index)
{
    const char *asked = expansion->addresses[index];
    struct bk_route route = bk_route_resolve(arena, &world->directory, asked);
    const char *answer = bk_route_alias_answer(arena, &route);
    char *part;
    size_t parts = 0;

    if (answer == NULL)
        return false;
    for (part = strtok(bk_arena_strdup(arena, answer), ","); part != NULL;
         part = strtok(NULL, ",")) {
        if (parts++ == 0) {
            expansion->addresses[index] = part;
        } else {
            ck_assert_uint_lt(expansion->count, GRAPH_SET_MAXIMUM);
            expansion->addresses[expansion->count++] = part;
        }
        if (strcmp(part, asked) == 0)
            graph_set_add(&expansion->done, part);
    }
    ck_assert_uint_gt(parts, 0);
    return true;
}

size_t graph_expand_by_postfix(struct unit_world *world, struct bk_arena *arena,
                               const char *recipient, struct graph_set *result)
{
    static struct expansion expansion;

    memset(&expansion, 0, sizeof(expansion));
    expansion.addresses[expansion.count++] = recipient;
    for (size_t i = 0; i < expansion.count; i++) {
        if (expansion.count > POSTFIX_EXPANSION_LIMIT)
            return 0;
        for (int depth = 0; !graph_set_has(&expansion.done, expansion.addresses[i]); depth++) {
            if (depth >= POSTFIX_RECURSION_LIMIT)
                return 0;
            if (!expand_once(world, arena, &expansion, i))
                break;
        }
    }
    for (size_t i = 0; i < expansion.count; i++)
        graph_set_add(result, graph_plain(arena, expansion.addresses[i]));
    return expansion.count;
}
