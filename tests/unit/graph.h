/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Random small worlds of forwards, and slow, obvious answers about them: who should get a message
 * by plain recursion, and what Postfix's own recursive expansion makes of the alias map.
 */
#ifndef BK_TESTS_GRAPH_H
#define BK_TESTS_GRAPH_H

#include "rules/arena.h"
#include "unit.h"

#define GRAPH_SET_MAXIMUM 2500

/* Addresses, each once. */
struct graph_set {
    const char *addresses[GRAPH_SET_MAXIMUM];
    size_t count;
};

bool graph_set_has(const struct graph_set *set, const char *address);
void graph_set_add(struct graph_set *set, const char *address);

/* Up to seven accounts with random states, switches and targets. */
void graph_make(struct unit_world *world);
/* What one might write to in such a world. */
const char *graph_random_recipient(void);
/* For messages of failing tests. */
const char *graph_describe(struct bk_arena *arena, const struct unit_world *world);

/* The account that takes mail for an address, with or without extension. */
struct bk_account *graph_find(struct unit_world *world, const char *address);

/* Where mail for `address` should go, by plain recursion. */
struct graph_delivery {
    struct graph_set visited; /* ways of accounts of ours: primary address with extension */
    struct graph_set living;  /* these store, or are outside */
    struct graph_set dead;    /* these take nothing */
    struct graph_set answers; /* forms that answer beside targets */
};
void graph_deliver(struct unit_world *world, struct bk_arena *arena, const char *address,
                   struct graph_delivery *delivery);

/* An answer of the alias map (NULL stays NULL) with outside addresses as they are. */
const char *graph_plain(struct bk_arena *arena, const char *answer);

/*
 * What Postfix's cleanup server makes of the alias map, step by step as it goes about it. Each
 * recipient once in `result`; returns how many there were with repetitions, 0 if Postfix would
 * give up and defer the message.
 */
size_t graph_expand_by_postfix(struct unit_world *world, struct bk_arena *arena,
                               const char *recipient, struct graph_set *result);

#endif
