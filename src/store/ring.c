/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/ring.h"

#include "store/pages.h"

#include <stdlib.h>
#include <string.h>

#define UNIT_BYTES 8
#define SLOTS 8 /* of a bucket: one cache line */
#define SMALLEST_BYTES 65536
/* A slot: where the value stands, and as many bits of its hash as are left. */
#define POSITION_BITS 48
#define POSITION_MASK ((UINT64_C(1) << POSITION_BITS) - 1)

struct entry {
    uint64_t hash;
    uint64_t size;
    unsigned char value[];
};

/*
 * Positions are counted in units from the beginning and never wrap: position p stands at p modulo
 * the ring's size, and is overwritten as soon as the head is more than the ring's size ahead of it.
 */
struct bk_ring {
    uint64_t *memory;
    uint64_t units;
    uint64_t head; /* where the next value goes; from `units` on, so that no position is 0 */
    uint64_t *slots;
    uint64_t bucket_mask;
};

static size_t slots_bytes(const struct bk_ring *ring)
{
    return (ring->bucket_mask + 1) * SLOTS * sizeof(*ring->slots);
}

struct bk_ring *bk_ring_create(size_t bytes)
{
    struct bk_ring *ring = calloc(1, sizeof(*ring));
    uint64_t buckets = 1;

    if (ring == NULL)
        return NULL;
    if (bytes < SMALLEST_BYTES)
        bytes = SMALLEST_BYTES;
    /* A value with its head takes about 120 bytes: of twice as many slots few are wanted twice. */
    while (buckets * SLOTS * 64 < bytes)
        buckets *= 2;
    ring->units = bytes / UNIT_BYTES;
    ring->head = ring->units;
    ring->bucket_mask = buckets - 1;
    ring->memory = bk_pages_allocate(ring->units * UNIT_BYTES);
    ring->slots = bk_pages_allocate(slots_bytes(ring));
    if (ring->memory == NULL || ring->slots == NULL)
        bk_ring_destroy(&ring);
    return ring;
}

void bk_ring_destroy(struct bk_ring **ring)
{
    if (*ring == NULL)
        return;
    bk_pages_release((*ring)->memory, (*ring)->units * UNIT_BYTES);
    bk_pages_release((*ring)->slots, slots_bytes(*ring));
    free(*ring);
    *ring = NULL;
}

static uint64_t *bucket_of(const struct bk_ring *ring, uint64_t hash)
{
    return &ring->slots[(hash & ring->bucket_mask) * SLOTS];
}

static uint64_t slot_of(uint64_t position, uint64_t hash)
{
    return position | (hash & ~POSITION_MASK);
}

static struct entry *entry_at(const struct bk_ring *ring, uint64_t position)
{
    return (struct entry *)&ring->memory[position % ring->units];
}

static int is_there(const struct bk_ring *ring, uint64_t slot)
{
    return (slot & POSITION_MASK) + ring->units >= ring->head && slot != 0;
}

static uint64_t *find_in(const struct bk_ring *ring, uint64_t *bucket, uint64_t hash)
{
    for (int i = 0; i < SLOTS; i++)
        if (((bucket[i] ^ hash) & ~POSITION_MASK) == 0 && is_there(ring, bucket[i]) &&
            entry_at(ring, bucket[i] & POSITION_MASK)->hash == hash)
            return &bucket[i];
    return NULL;
}

/* The slot that leads to the value of `hash`, or NULL. A full bucket's neighbour helps out. */
static uint64_t *find_slot(const struct bk_ring *ring, uint64_t hash)
{
    uint64_t *slot = find_in(ring, bucket_of(ring, hash), hash);

    return slot != NULL ? slot : find_in(ring, bucket_of(ring, hash ^ 1), hash);
}

const void *bk_ring_find(const struct bk_ring *ring, uint64_t hash, size_t *size_r)
{
    const uint64_t *slot = find_slot(ring, hash);
    const struct entry *entry;

    if (slot == NULL)
        return NULL;
    entry = entry_at(ring, *slot & POSITION_MASK);
    *size_r = entry->size;
    return entry->value;
}

/* Its own old one, one that leads nowhere, or the one that leads to the oldest value. */
static uint64_t *slot_to_use(const struct bk_ring *ring, uint64_t hash)
{
    uint64_t *found = find_slot(ring, hash), *oldest = bucket_of(ring, hash);

    for (int i = 0; found == NULL && i < 2 * SLOTS; i++) {
        uint64_t *slot = &bucket_of(ring, hash ^ (uint64_t)(i / SLOTS))[i % SLOTS];

        if (!is_there(ring, *slot))
            return slot;
        if ((*slot & POSITION_MASK) < (*oldest & POSITION_MASK))
            oldest = slot;
    }
    return found != NULL ? found : oldest;
}

void bk_ring_put(struct bk_ring *ring, uint64_t hash, const void *value, size_t size)
{
    uint64_t units = (sizeof(struct entry) + size + UNIT_BYTES - 1) / UNIT_BYTES;
    uint64_t left = ring->units - ring->head % ring->units;
    struct entry *entry;

    if (units > ring->units / 16)
        return;
    if (units > left) /* a value stands in one piece */
        ring->head += left;
    entry = entry_at(ring, ring->head);
    *slot_to_use(ring, hash) = slot_of(ring->head, hash);
    entry->hash = hash;
    entry->size = size;
    memcpy(entry->value, value, size);
    ring->head += units;
}

void bk_ring_clear(struct bk_ring *ring)
{
    ring->head += ring->units;
}
