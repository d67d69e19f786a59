/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/settings-cache.h"

#include "store/account-pack.h"
#include "store/ring.h"
#include "store/settings-private.h"

#include <stdlib.h>
#include <string.h>

/* Accounts share these, by their id, to remember when they were changed last; two that share one
 * are forgotten together. */
#define CHANGE_SLOTS 65536
#define DOMAINS_MAXIMUM 16384
#define DOMAIN_SLOTS (2 * DOMAINS_MAXIMUM)

struct kept_domain {
    const char *name; /* its own, or an alias; NULL: by its id */
    const struct bk_domain *domain;
};

struct bk_settings_cache {
    struct bk_ring *accounts; /* by address: struct kept_account */
    int64_t sequence;         /* of the present snapshot, or of the last one; -1: none */
    int64_t *changed_at;      /* CHANGE_SLOTS: the sequence of the last change */
    struct bk_arena *domain_arena;
    struct kept_domain *domains; /* DOMAIN_SLOTS, open addressing; NULL domain: free */
    size_t domain_count;
};

/* What stands in the ring. */
struct kept_account {
    int64_t sequence; /* of the snapshot that it was read in */
    unsigned char packed[BK_PACKED_MAXIMUM_BYTES];
};

static uint64_t hash_bytes(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    return hash ^ hash >> 32;
}

struct bk_settings_cache *bk_settings_cache_create(size_t bytes)
{
    struct bk_settings_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return NULL;
    cache->sequence = -1;
    cache->domain_arena = bk_arena_create();
    cache->accounts = bk_ring_create(bytes);
    cache->changed_at = calloc(CHANGE_SLOTS, sizeof(*cache->changed_at));
    cache->domains = calloc(DOMAIN_SLOTS, sizeof(*cache->domains));
    if (cache->accounts == NULL || cache->changed_at == NULL || cache->domains == NULL)
        bk_settings_cache_destroy(&cache);
    return cache;
}

void bk_settings_cache_destroy(struct bk_settings_cache **cache)
{
    if (*cache == NULL)
        return;
    bk_arena_destroy(&(*cache)->domain_arena);
    bk_ring_destroy(&(*cache)->accounts);
    free((*cache)->changed_at);
    free((*cache)->domains);
    free(*cache);
    *cache = NULL;
}

/* ---- forgetting ---- */

static void forget_domains(struct bk_settings_cache *cache)
{
    if (cache->domain_count == 0)
        return;
    memset(cache->domains, 0, DOMAIN_SLOTS * sizeof(*cache->domains));
    bk_arena_clear(cache->domain_arena);
    cache->domain_count = 0;
}

void bk_settings_cache_clear(struct bk_settings_cache *cache)
{
    forget_domains(cache);
    bk_ring_clear(cache->accounts);
    memset(cache->changed_at, 0, CHANGE_SLOTS * sizeof(*cache->changed_at));
    cache->sequence = -1;
}

static int64_t *change_slot(const struct bk_settings_cache *cache, int64_t account_id)
{
    return &cache->changed_at[(uint64_t)account_id % CHANGE_SLOTS];
}

/* What the commits after the last snapshot's touched. */
static bool read_changes(struct bk_settings_cache *cache, struct bk_settings *settings,
                         int64_t sequence, struct bk_error *error)
{
    struct bk_query query;
    enum bk_step step;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT kind = 'account', subject_id FROM changes WHERE sequence > $1",
                        error))
        return false;
    bk_query_bind_number(&query, cache->sequence);
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        bool is_account = bk_query_flag(&query);
        int64_t id = bk_query_number(&query);

        if (!is_account) {
            bk_settings_cache_clear(cache);
            break;
        }
        *change_slot(cache, id) = sequence;
    }
    bk_query_end(&query);
    return step != BK_STEP_FAILED;
}

bool bk_settings_cache_begin(struct bk_settings_cache *cache, struct bk_settings *settings,
                             int64_t sequence, struct bk_error *error)
{
    if (cache->domain_count >= DOMAINS_MAXIMUM)
        forget_domains(cache);
    if (sequence == cache->sequence)
        return true;
    if (sequence < cache->sequence || sequence - cache->sequence >= BK_CHANGES_KEPT) {
        bk_settings_cache_clear(cache);
    } else if (!read_changes(cache, settings, sequence, error)) {
        bk_settings_cache_clear(cache);
        return false;
    }
    cache->sequence = sequence;
    return true;
}

/* ---- domains ---- */

/* The place of a name, or where `name` is NULL of an id; or the free one where it goes. */
static struct kept_domain *domain_place(struct bk_settings_cache *cache, const char *name,
                                        int64_t id)
{
    uint64_t hash = name != NULL ? hash_bytes(name, strlen(name))
                                 : (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) >> 32;

    for (;; hash++) {
        struct kept_domain *place = &cache->domains[hash % DOMAIN_SLOTS];

        if (place->domain == NULL)
            return place;
        if (name == NULL ? place->name == NULL && place->domain->id == id
                         : place->name != NULL && strcmp(place->name, name) == 0)
            return place;
    }
}

static bool has_room(const struct bk_settings_cache *cache)
{
    return cache->domain_count < DOMAINS_MAXIMUM;
}

static void keep_domain(struct bk_settings_cache *cache, const char *name,
                        const struct bk_domain *domain)
{
    struct kept_domain *place = domain_place(cache, name, domain->id);

    *place = (struct kept_domain){.name = bk_arena_strdup(cache->domain_arena, name),
                                  .domain = domain};
    cache->domain_count++;
}

enum bk_lookup bk_settings_cache_domain(struct bk_settings_cache *cache,
                                        struct bk_settings *settings, struct bk_arena *arena,
                                        const char *name, const struct bk_domain **domain_r,
                                        struct bk_error *error)
{
    const struct kept_domain *place = domain_place(cache, name, 0);
    enum bk_lookup found;

    if (place->domain != NULL) {
        *domain_r = place->domain;
        return BK_FOUND;
    }
    if (has_room(cache))
        arena = cache->domain_arena;
    found = bk_settings_lookup_mail_domain(settings, arena, name, domain_r, error);
    if (found == BK_FOUND && has_room(cache))
        keep_domain(cache, name, *domain_r);
    return found;
}

/* An account's own: it is there. */
static const struct bk_domain *domain_of(struct bk_settings_cache *cache,
                                         struct bk_settings *settings, struct bk_arena *arena,
                                         int64_t id, struct bk_error *error)
{
    const struct kept_domain *place = domain_place(cache, NULL, id);
    const struct bk_domain *domain = NULL;
    struct bk_query query;

    if (place->domain != NULL)
        return place->domain;
    if (has_room(cache))
        arena = cache->domain_arena;
    if (!bk_query_begin(&query, &settings->database,
                        "SELECT " BK_DOMAIN_COLUMNS " FROM " BK_DOMAIN_TABLES " WHERE d.id = $1",
                        error))
        return NULL;
    bk_query_bind_number(&query, id);
    switch (bk_query_lookup(&query, error)) {
    case BK_FOUND:
        domain = bk_read_domain(&query, arena);
        if (bk_query_found(&query, error) != BK_FOUND)
            domain = NULL;
        break;
    case BK_ABSENT:
        bk_error_set(error, BK_ERROR_CONFIGURATION, _("%s has an account without its domain"),
                     settings->database.path);
        break;
    case BK_FAILED:
        break;
    }
    bk_query_end(&query);
    if (domain != NULL && has_room(cache))
        keep_domain(cache, NULL, domain);
    return domain;
}

/* ---- accounts ---- */

static struct bk_account *find_kept(const struct bk_settings_cache *cache, struct bk_arena *arena,
                                    const char *address, uint64_t hash, int64_t *domain_id_r)
{
    size_t size;
    const struct kept_account *kept = bk_ring_find(cache->accounts, hash, &size);

    if (kept == NULL || kept->sequence < *change_slot(cache, bk_account_packed_id(kept->packed)))
        return NULL;
    return bk_account_unpack(arena, kept->packed, size - offsetof(struct kept_account, packed),
                             address, domain_id_r);
}

static void keep_account(struct bk_settings_cache *cache, const char *address, uint64_t hash,
                         const struct bk_account *account)
{
    struct kept_account kept;
    size_t size = bk_account_pack(kept.packed, address, account);

    kept.sequence = cache->sequence;
    if (size > 0)
        bk_ring_put(cache->accounts, hash, &kept, offsetof(struct kept_account, packed) + size);
}

static enum bk_lookup read_account(struct bk_settings *settings, struct bk_arena *arena,
                                   const char *address, struct bk_account **account_r,
                                   int64_t *domain_id_r, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT " BK_ACCOUNT_OWN_COLUMNS ", c.domain_id FROM addresses a "
                        "CROSS JOIN accounts c "
                        "LEFT JOIN addresses m ON m.account_id = c.id AND m.kind = 'primary' "
                        "WHERE a.address = $1 AND c.id = a.account_id",
                        error))
        return BK_FAILED;
    bk_query_bind_text(&query, address);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        found = bk_read_own_account(&query, arena, account_r, domain_id_r, error);
    bk_query_end(&query);
    return found;
}

enum bk_lookup bk_settings_cache_address(struct bk_settings_cache *cache,
                                         struct bk_settings *settings, struct bk_arena *arena,
                                         const char *address, const struct bk_account **account_r,
                                         struct bk_error *error)
{
    uint64_t hash = hash_bytes(address, strlen(address));
    int64_t domain_id;
    struct bk_account *account = find_kept(cache, arena, address, hash, &domain_id);
    bool is_kept = account != NULL;
    enum bk_lookup found = BK_FOUND;

    if (!is_kept)
        found = read_account(settings, arena, address, &account, &domain_id, error);
    if (found != BK_FOUND)
        return found;
    account->domain = domain_of(cache, settings, arena, domain_id, error);
    if (account->domain == NULL)
        return BK_FAILED;
    if (!is_kept)
        keep_account(cache, address, hash, account);
    *account_r = account;
    return BK_FOUND;
}
