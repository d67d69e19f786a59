/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * A cache of bounded memory: values by the hash of their key. The newest value overwrites the
 * oldest, as in a ring; nothing is freed one by one. It may forget a value at any time, and it
 * keeps no keys: whoever finds a value has to see from its content that it is the one meant.
 *
 * Memory is taken from the system only as values come.
 */
#ifndef BK_STORE_RING_H
#define BK_STORE_RING_H

#include <stddef.h>
#include <stdint.h>

struct bk_ring;

/* NULL if there is no memory. `bytes` are for values; an eighth more goes for finding them. */
struct bk_ring *bk_ring_create(size_t bytes);
void bk_ring_destroy(struct bk_ring **ring);

/* The value put last under `hash`, its size in *size_r; NULL: none, or forgotten. Valid until the
 * next put. */
const void *bk_ring_find(const struct bk_ring *ring, uint64_t hash, size_t *size_r);
/* What is larger than a sixteenth of the ring is not kept. */
void bk_ring_put(struct bk_ring *ring, uint64_t hash, const void *value, size_t size);
void bk_ring_clear(struct bk_ring *ring);

#endif
