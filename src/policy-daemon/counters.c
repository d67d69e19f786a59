/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/counters.h"

#include "policy-daemon/log.h"
#include "store/limits.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define BUCKETS 4096
#define DAY_SECONDS 86400
#define CLEAN_SECONDS 3600
/* Messages of one account that are being sent at the same time. */
#define INSTANCES 16

struct counter {
    struct counter *next; /* of the same bucket */
    int64_t account_id;
    struct bk_sent sent;
    char instances[INSTANCES][48]; /* counted as messages already */
    unsigned int instance_next;
    bool changed; /* not written yet */
};

struct bk_counters {
    struct counter *buckets[BUCKETS];
    char *path;
    struct bk_limits *limits; /* NULL: could not be opened */
    bool changed, failing;
    int64_t cleaned_at;
};

struct bk_counters *bk_counters_create(void)
{
    struct bk_counters *counters = calloc(1, sizeof(*counters));

    if (counters == NULL)
        abort();
    return counters;
}

static void close_limits(struct bk_counters *counters)
{
    if (counters->limits != NULL)
        bk_limits_close(&counters->limits);
}

/* ---- the file ---- */

static void note_failure(struct bk_counters *counters, const struct bk_error *error)
{
    if (!counters->failing)
        bk_log(LOG_ERR, "limits.db cannot be used, what is sent is counted in memory only: %s",
               error->text);
    counters->failing = true;
}

static void note_success(struct bk_counters *counters)
{
    if (counters->failing)
        bk_log(LOG_NOTICE, "limits.db can be used again");
    counters->failing = false;
}

/* What memory knows has to be written again. */
static void change_all(struct bk_counters *counters)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct counter *counter = counters->buckets[i]; counter != NULL;
             counter = counter->next)
            counter->changed = true;
}

static bool look_after_file(struct bk_counters *counters)
{
    struct bk_error error = {.text = "settings do not say where it is"};
    bool made;

    if (counters->limits == NULL && counters->path != NULL)
        counters->limits = bk_limits_open_writer(counters->path, &error);
    if (counters->limits == NULL || !bk_limits_refresh(counters->limits, &made, &error)) {
        note_failure(counters, &error);
        return false;
    }
    if (made) {
        bk_log(LOG_WARNING,
               "limits.db was missing or damaged and is made anew: what had been sent before this "
               "start is not counted");
        change_all(counters);
    }
    note_success(counters);
    return true;
}

void bk_counters_set_path(struct bk_counters *counters, const char *path)
{
    if (path == NULL || (counters->path != NULL && strcmp(counters->path, path) == 0))
        return;
    close_limits(counters);
    free(counters->path);
    counters->path = strdup(path);
    (void)look_after_file(counters);
}

static bool write_changed(struct bk_counters *counters, struct bk_error *error)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct counter *counter = counters->buckets[i]; counter != NULL;
             counter = counter->next)
            if (counter->changed &&
                !bk_limits_put_sent(counters->limits, counter->account_id, &counter->sent, error))
                return false;
    return true;
}

static void forget_changed(struct bk_counters *counters)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct counter *counter = counters->buckets[i]; counter != NULL;
             counter = counter->next)
            counter->changed = false;
    counters->changed = false;
}

/* Who has sent nothing for a day needs no memory. */
static void drop_old(struct bk_counters *counters, int64_t now)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct counter **at = &counters->buckets[i];

        while (*at != NULL) {
            struct counter *counter = *at;

            bk_sent_expire(&counter->sent, now);
            if (counter->sent.day.started_at != 0) {
                at = &counter->next;
                continue;
            }
            *at = counter->next;
            free(counter);
        }
    }
}

void bk_counters_write(struct bk_counters *counters, int64_t now)
{
    bool clean = now - counters->cleaned_at >= CLEAN_SECONDS || now < counters->cleaned_at;
    struct bk_error error = {.text = ""};

    if ((!counters->changed && !clean) || !look_after_file(counters))
        return;
    if (!bk_limits_begin(counters->limits, &error) || !write_changed(counters, &error) ||
        (clean && !bk_limits_forget_sent(counters->limits, now - DAY_SECONDS, &error)) ||
        !bk_limits_commit(counters->limits, &error)) {
        note_failure(counters, &error);
        close_limits(counters);
        return;
    }
    forget_changed(counters);
    if (clean) {
        drop_old(counters, now);
        counters->cleaned_at = now;
    }
}

void bk_counters_destroy(struct bk_counters **counters)
{
    if ((*counters)->changed && look_after_file(*counters))
        bk_counters_write(*counters, (*counters)->cleaned_at);
    close_limits(*counters);
    for (size_t i = 0; i < BUCKETS; i++)
        while ((*counters)->buckets[i] != NULL) {
            struct counter *counter = (*counters)->buckets[i];

            (*counters)->buckets[i] = counter->next;
            free(counter);
        }
    free((*counters)->path);
    free(*counters);
    *counters = NULL;
}

/* ---- counting ---- */

static struct counter *find(struct bk_counters *counters, int64_t account_id)
{
    struct counter **bucket = &counters->buckets[(uint64_t)account_id % BUCKETS];
    struct bk_error error = {.text = ""};
    struct counter *counter;

    for (counter = *bucket; counter != NULL; counter = counter->next)
        if (counter->account_id == account_id)
            return counter;
    counter = calloc(1, sizeof(*counter));
    if (counter == NULL)
        abort();
    counter->account_id = account_id;
    if (counters->limits != NULL &&
        bk_limits_lookup_sent(counters->limits, account_id, &counter->sent, &error) == BK_FAILED)
        note_failure(counters, &error);
    counter->next = *bucket;
    *bucket = counter;
    return counter;
}

static bool is_counted(const struct counter *counter, const char *instance)
{
    for (size_t i = 0; i < INSTANCES; i++)
        if (strncmp(counter->instances[i], instance, sizeof(counter->instances[i]) - 1) == 0)
            return true;
    return false;
}

static void remember(struct counter *counter, const char *instance)
{
    char *place = counter->instances[counter->instance_next++ % INSTANCES];

    memset(place, 0, sizeof(counter->instances[0]));
    memcpy(place, instance, strnlen(instance, sizeof(counter->instances[0]) - 1));
}

enum bk_send_limit bk_counters_take(struct bk_counters *counters, int64_t account_id,
                                    const struct bk_send_limits *limits, const char *instance,
                                    int64_t now)
{
    struct counter *counter = find(counters, account_id);
    bool new_message = instance[0] == '\0' || !is_counted(counter, instance);
    enum bk_send_limit reached;

    bk_sent_expire(&counter->sent, now);
    reached = bk_sending_decide(limits, &counter->sent, new_message);
    if (reached != BK_SEND_WITHIN_LIMITS)
        return reached;
    bk_sent_add(&counter->sent, now, new_message);
    if (new_message)
        remember(counter, instance);
    counter->changed = counters->changed = true;
    return BK_SEND_WITHIN_LIMITS;
}
