/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/ring.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

/* Zeroed, and taken from the system as it is used; in large pages where it gives them, since every
 * look-up is somewhere else. NULL: there is none. */
static uint64_t *allocate(uint64_t words)
{
    void *memory = mmap(NULL, words * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    (void)madvise(memory, words * sizeof(uint64_t), MADV_HUGEPAGE);
    return memory;
}

static void release(uint64_t *memory, uint64_t words)
{
    if (memory != NULL)
        (void)munmap(memory, words * sizeof(uint64_t));
}

struct bk_ring *bk_ring_create(size_t bytes, size_t value_bytes)
{
    struct bk_ring *ring = calloc(1, sizeof(*ring));
    uint64_t buckets = 1;

    if (ring == NULL)
        return NULL;
    if (bytes < SMALLEST_BYTES)
        bytes = SMALLEST_BYTES;
    /* Of at least as many slots as values few are wanted twice. */
    while (buckets * SLOTS * (sizeof(struct entry) + value_bytes) < bytes)
        buckets *= 2;
    ring->units = bytes / UNIT_BYTES;
    ring->head = ring->units;
    ring->bucket_mask = buckets - 1;
    ring->memory = allocate(ring->units);
    ring->slots = allocate(buckets * SLOTS);
    if (ring->memory == NULL || ring->slots == NULL)
        bk_ring_destroy(&ring);
    return ring;
}

void bk_ring_destroy(struct bk_ring **ring)
{
    if (*ring == NULL)
        return;
    release((*ring)->memory, (*ring)->units);
    release((*ring)->slots, ((*ring)->bucket_mask + 1) * SLOTS);
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

/* The slot that leads to the value of `hash`, or NULL. */
static uint64_t *find_slot(const struct bk_ring *ring, uint64_t hash)
{
    uint64_t *bucket = bucket_of(ring, hash);

    for (int i = 0; i < SLOTS; i++)
        if (((bucket[i] ^ hash) & ~POSITION_MASK) == 0 && is_there(ring, bucket[i]) &&
            entry_at(ring, bucket[i] & POSITION_MASK)->hash == hash)
            return &bucket[i];
    return NULL;
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
    uint64_t *bucket = bucket_of(ring, hash), *oldest = find_slot(ring, hash);

    if (oldest != NULL)
        return oldest;
    oldest = &bucket[0];
    for (int i = 0; i < SLOTS && is_there(ring, *oldest); i++)
        if (!is_there(ring, bucket[i]) || (bucket[i] & POSITION_MASK) < (*oldest & POSITION_MASK))
            oldest = &bucket[i];
    return oldest;
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
