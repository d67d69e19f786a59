/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/route.h"

#include "rules/auto_reply.h"

#include <inttypes.h>

#include <string.h>

/*
 * The graph of one walk. A node is one way: a mailbox under one extension, or an address that is
 * no mailbox of ours. Its address is its key: no primary address contains a +.
 */
struct node {
    const char *address;
    uint32_t hash; /* of the address, to compare few of them */
    const struct bk_account *account;
    enum bk_admission_reason reason;
    bool is_leaf;      /* its own answer contains itself */
    bool only_answers; /* the form for an account that answers without storing */
    size_t first_edge, edge_count;
};

struct walk {
    struct bk_arena *arena;
    const struct bk_directory *directory;
    struct node *nodes;
    size_t node_count, node_room;
    size_t *edges; /* indexes of nodes */
    size_t edge_count, edge_room;
    size_t leaf_count, answer_bytes;
    bool failed, too_many;
};

/* `items` with room for one more item behind `count`. */
static void *grow(struct bk_arena *arena, void *items, size_t count, size_t *room, size_t size)
{
    void *larger;

    if (count < *room)
        return items;
    *room = *room == 0 ? 8 : *room * 2;
    larger = bk_arena_alloc(arena, *room * size);
    if (count > 0)
        memcpy(larger, items, count * size);
    return larger;
}

static uint32_t hash_text(const char *text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

/* The node of this address, made if it is not there. */
static size_t visit(struct walk *walk, const char *address, const struct bk_account *account,
                    enum bk_admission_reason reason)
{
    uint32_t hash = hash_text(address);

    for (size_t i = 0; i < walk->node_count; i++)
        if (walk->nodes[i].hash == hash && strcmp(walk->nodes[i].address, address) == 0)
            return i;
    walk->nodes = grow(walk->arena, walk->nodes, walk->node_count, &walk->node_room,
                       sizeof(*walk->nodes));
    walk->nodes[walk->node_count] = (struct node){
        .address = address, .hash = hash, .account = account, .reason = reason};
    return walk->node_count++;
}

/* The primary address with the extension of `address`. */
static const char *way_to(struct bk_arena *arena, const struct bk_account *account,
                          const struct bk_address *address)
{
    return bk_address_extend(arena, account->primary_address, address->extension);
}

static size_t visit_target(struct walk *walk, const char *target)
{
    struct bk_address address;
    struct bk_place place;

    if (bk_address_is_internal(target))
        return visit(walk, target, NULL, BK_REASON_INTERNAL_FORM);
    if (!bk_address_parse(walk->arena, target, &address))
        return visit(walk, target, NULL, BK_REASON_UNKNOWN_RECIPIENT);
    place = bk_place_find(walk->arena, walk->directory, &address);
    if (place.found == BK_FAILED)
        walk->failed = true;
    if (place.found == BK_FOUND)
        return visit(walk, way_to(walk->arena, place.account, &address), place.account,
                     BK_REASON_NONE);
    return visit(walk, target, NULL,
                 place.domain != NULL ? BK_REASON_UNKNOWN_RECIPIENT : BK_REASON_NONE);
}

/* A leaf as Postfix gets it: what leaves this server goes out by way of the second cleanup. */
static const char *answered(struct bk_arena *arena, const char *address,
                            const struct bk_account *account, enum bk_admission_reason reason)
{
    if (account == NULL && reason == BK_REASON_NONE)
        address = bk_address_to_relay(arena, address);
    return bk_address_quote(arena, address);
}

const char *bk_route_answered(struct bk_arena *arena, const struct bk_route_leaf *leaf)
{
    return answered(arena, leaf->address, leaf->account, leaf->reason);
}

static void make_leaf(struct walk *walk, struct node *node)
{
    node->is_leaf = true;
    walk->leaf_count++;
    walk->answer_bytes +=
        strlen(answered(walk->arena, node->address, node->account, node->reason)) + 1;
    if (walk->leaf_count > BK_ROUTE_LEAVES_MAXIMUM ||
        walk->answer_bytes > BK_ROUTE_ANSWER_MAXIMUM_BYTES)
        walk->too_many = true;
}

static void add_edge(struct walk *walk, size_t from, size_t to)
{
    walk->edges = grow(walk->arena, walk->edges, walk->edge_count, &walk->edge_room,
                       sizeof(*walk->edges));
    walk->edges[walk->edge_count++] = to;
    walk->nodes[from].edge_count++;
}

static void follow_targets(struct walk *walk, size_t index)
{
    const struct bk_account *account = walk->nodes[index].account;

    for (size_t i = 0; i < account->forward_target_count && !walk->failed; i++) {
        if (walk->edge_count >= BK_ROUTE_STEPS_MAXIMUM) {
            walk->too_many = true;
            return;
        }
        add_edge(walk, index, visit_target(walk, account->forward_targets[i]));
    }
}

/* <account id>@boxkeeper.invalid, with the extension of the way: LMTP answers there. */
static void add_answer(struct walk *walk, size_t index)
{
    const struct bk_account *account = walk->nodes[index].account;
    const char *form = bk_arena_printf(walk->arena, "%" PRId64 "@" BK_INTERNAL_DOMAIN, account->id);
    struct bk_address way;
    size_t node;

    if (bk_address_parse(walk->arena, walk->nodes[index].address, &way))
        form = bk_address_extend(walk->arena, form, way.extension);
    node = visit(walk, form, account, BK_REASON_NONE);
    walk->nodes[node].only_answers = true;
    add_edge(walk, index, node);
}

static void expand(struct walk *walk, size_t index)
{
    const struct bk_account *account = walk->nodes[index].account;
    bool forwards = account != NULL && account->forward_target_count > 0, answers;

    if (account != NULL)
        walk->nodes[index].reason = bk_admission_account_reason(account);
    if (account == NULL || walk->nodes[index].reason != BK_REASON_NONE ||
        walk->nodes[index].only_answers) {
        make_leaf(walk, &walk->nodes[index]);
        return;
    }
    answers = bk_auto_reply_is_on(account);
    walk->nodes[index].first_edge = walk->edge_count;
    if (forwards ? account->receive && account->forward_keep_copy : account->receive || !answers)
        make_leaf(walk, &walk->nodes[index]);
    follow_targets(walk, index);
    if (answers && !walk->nodes[index].is_leaf)
        add_answer(walk, index);
}

static bool is_living_leaf(const struct node *node)
{
    return node->is_leaf && node->reason == BK_REASON_NONE;
}

/* How many living leaves a walk from node `start` would find. `seen` holds for each node the last
 * start that reached it; `queue` has room for all nodes. */
static size_t count_living(const struct walk *walk, size_t start, size_t *seen, size_t *queue)
{
    size_t living = 0, queued = 0;

    seen[start] = start;
    queue[queued++] = start;
    for (size_t i = 0; i < queued; i++) {
        const struct node *node = &walk->nodes[queue[i]];

        living += is_living_leaf(node);
        for (size_t edge = 0; edge < node->edge_count; edge++) {
            size_t next = walk->edges[node->first_edge + edge];

            if (seen[next] != start) {
                seen[next] = start;
                queue[queued++] = next;
            }
        }
    }
    return living;
}

/*
 * Postfix asks again for each leaf of the answer, and appends what a leaf that forwards itself
 * leads to although all of it is there already; only the sum counts for its limit (cleanup_map1n.c
 * lets an address expand into itself once and looks for no other repetition).
 */
static void count_repetitions(struct walk *walk)
{
    size_t *seen = bk_arena_alloc(walk->arena, walk->node_count * sizeof(*seen));
    size_t *queue = bk_arena_alloc(walk->arena, walk->node_count * sizeof(*queue));
    size_t sum = walk->leaf_count;

    for (size_t i = 1; i < walk->node_count && !walk->too_many; i++) {
        if (!is_living_leaf(&walk->nodes[i]) || walk->nodes[i].edge_count == 0)
            continue;
        sum += count_living(walk, i, seen, queue) - 1;
        walk->too_many = sum > BK_ROUTE_LEAVES_MAXIMUM;
    }
}

static void walk_from(struct walk *walk, const char *address, const struct bk_account *account)
{
    visit(walk, address, account, BK_REASON_NONE);
    for (size_t i = 0; i < walk->node_count && !walk->failed && !walk->too_many; i++)
        expand(walk, i);
    if (!walk->failed && !walk->too_many)
        count_repetitions(walk);
}

static const struct bk_route_leaf *collect_leaves(const struct walk *walk)
{
    struct bk_route_leaf *leaves = bk_arena_alloc(walk->arena,
                                                  (walk->leaf_count + 1) * sizeof(*leaves));
    size_t count = 0;

    for (size_t i = 0; i < walk->node_count; i++)
        if (walk->nodes[i].is_leaf)
            leaves[count++] = (struct bk_route_leaf){.address = walk->nodes[i].address,
                                                     .account = walk->nodes[i].account,
                                                     .reason = walk->nodes[i].reason,
                                                     .only_answers = walk->nodes[i].only_answers};
    return leaves;
}

struct bk_route bk_route_resolve(struct bk_arena *arena, const struct bk_directory *directory,
                                 const char *recipient)
{
    struct walk walk = {.arena = arena, .directory = directory};
    struct bk_route route = {.found = BK_ABSENT};
    struct bk_address address;
    struct bk_place place;

    route.internal = bk_address_is_internal(recipient);
    if (route.internal || !bk_address_parse(arena, recipient, &address))
        return route;
    place = bk_place_find(arena, directory, &address);
    route.ours = place.domain != NULL;
    if (place.found == BK_FOUND && strlen(recipient) > BK_ROUTE_RECIPIENT_MAXIMUM_BYTES)
        return route;
    if (place.found == BK_FOUND) {
        route.address = way_to(arena, place.account, &address);
        walk_from(&walk, route.address, place.account);
    }
    route.found = walk.failed ? BK_FAILED : place.found;
    if (route.found != BK_FOUND)
        return route;
    route.account = place.account;
    route.is_caught = place.is_caught;
    route.leaves = collect_leaves(&walk);
    route.leaf_count = walk.leaf_count;
    route.too_many = walk.too_many;
    return route;
}

bool bk_route_leaf_takes(const struct bk_route_leaf *leaf)
{
    return leaf->reason == BK_REASON_NONE &&
           (!leaf->only_answers || leaf->account->forward_target_count == 0);
}

/* The leaves that are living, or those that are not, comma separated. */
static const char *join_leaves(struct bk_arena *arena, const struct bk_route *route, bool living)
{
    size_t length = 0, room = 1;
    char *answer;

    for (size_t i = 0; i < route->leaf_count; i++)
        room += strlen(bk_route_answered(arena, &route->leaves[i])) + 1;
    answer = bk_arena_alloc(arena, room);

    for (size_t i = 0; i < route->leaf_count; i++) {
        const char *address = bk_route_answered(arena, &route->leaves[i]);

        if ((route->leaves[i].reason == BK_REASON_NONE) != living)
            continue;
        if (length > 0)
            answer[length++] = ',';
        memcpy(answer + length, address, strlen(address));
        length += strlen(address);
    }
    return answer;
}

const char *bk_route_alias_answer(struct bk_arena *arena, const struct bk_route *route)
{
    size_t taking = 0, dead = 0;

    if (route->found != BK_FOUND)
        return NULL;
    for (size_t i = 0; i < route->leaf_count; i++) {
        taking += bk_route_leaf_takes(&route->leaves[i]);
        dead += route->leaves[i].reason != BK_REASON_NONE;
    }
    if (route->too_many || taking + dead == 0)
        return bk_address_quote(arena, route->address);
    if (route->leaf_count == 1)
        return bk_route_answered(arena, &route->leaves[0]);
    return join_leaves(arena, route, taking > 0);
}
