/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/hashing.h"

#include "admin/password.h"
#include "admin/progress.h"

#include <crypt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAXIMUM 64
#define SHOWN_EVERY_NANOSECONDS (100 * 1000 * 1000)

struct pool {
    const struct bk_hashing *items;
    char (*hashes)[CRYPT_OUTPUT_SIZE];
    size_t count;
    atomic_size_t next, done;
    atomic_bool failed;
    pthread_mutex_t mutex; /* for `changed` */
    pthread_cond_t changed;
};

static void *work(void *context)
{
    struct pool *pool = context;
    size_t i;

    while (!pool->failed && (i = atomic_fetch_add(&pool->next, 1)) < pool->count) {
        if (pool->items[i].password != NULL &&
            !bk_password_hash(pool->items[i].password, pool->items[i].setting, pool->hashes[i]))
            pool->failed = true;
        atomic_fetch_add(&pool->done, 1);
    }
    (void)pthread_mutex_lock(&pool->mutex);
    (void)pthread_cond_signal(&pool->changed);
    (void)pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* Draws the bar until all is done. */
static void watch(const struct bk_admin *admin, struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->mutex);
    while (!pool->failed && pool->done < pool->count) {
        struct timespec until;

        bk_progress_show(admin, _("Hashing passwords"), (int64_t)pool->done, (int64_t)pool->count);
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += SHOWN_EVERY_NANOSECONDS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&pool->changed, &pool->mutex, &until);
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    bk_progress_end(admin);
}

static size_t thread_count(size_t count)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = processors > 1 ? (size_t)processors : 1;

    if (wanted > THREADS_MAXIMUM)
        wanted = THREADS_MAXIMUM;
    return wanted < count ? wanted : count;
}

static void run(const struct bk_admin *admin, struct pool *pool)
{
    pthread_t threads[THREADS_MAXIMUM];
    size_t wanted = thread_count(pool->count), started = 0;

    while (started < wanted && pthread_create(&threads[started], NULL, work, pool) == 0)
        started++;
    if (started == 0)
        (void)work(pool);
    else
        watch(admin, pool);
    while (started > 0)
        (void)pthread_join(threads[--started], NULL);
}

bool bk_hash_all(struct bk_admin *admin, struct bk_hashing *items, size_t count)
{
    struct pool pool = {.items = items,
                        .count = count,
                        .mutex = PTHREAD_MUTEX_INITIALIZER,
                        .changed = PTHREAD_COND_INITIALIZER};

    if (count == 0)
        return true;
    pool.hashes = bk_arena_alloc(admin->arena, count * sizeof(*pool.hashes));
    run(admin, &pool);
    if (pool.failed)
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION, "%s", bk_password_hash_failed());
    for (size_t i = 0; i < count; i++)
        items[i].hash = items[i].password != NULL ? pool.hashes[i] : NULL;
    return true;
}
