/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/snapshot.h"

#include "policy-daemon/log.h"
#include "store/settings.h"
#include "store/state.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

/* A look-up that fails this late in a turn has waited for a lock: the rest of the turn does not. */
#define TURN_PATIENCE_MILLISECONDS 200

/* A database that can or cannot be read; told to the log at the changes. */
struct health {
    const char *name;
    const char *consequence;
    bool failing;
    int64_t failed_at_seconds;
};

struct bk_snapshot {
    const char *settings_path;
    size_t cache_bytes;
    struct bk_arena *arena;       /* of the look after the files */
    struct bk_settings *settings; /* NULL: could not be opened */
    struct bk_state *state;       /* NULL: could not be opened */
    char *limits_path;            /* as settings said last */
    char *state_path;             /* that `state` was opened with */
    struct health settings_health, state_health;
    int64_t looked_at_seconds;          /* when the files were looked after last */
    bool settings_usable, state_usable; /* as found then, or since */
    bool turn_begun;
    bool settings_readable;            /* in this turn: the transaction has begun */
    bool state_begun;                  /* in this turn: its transaction, too */
    int64_t turn_milliseconds;         /* when it began */
    const struct bk_directory *stored; /* the store's look-ups for the present request */
    struct bk_error error;             /* of `stored` */
    struct bk_directory directory;     /* ours, around it */
};

static int64_t now_milliseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void note_failure(struct health *health, const char *reason)
{
    health->failed_at_seconds = now_milliseconds() / 1000;
    if (!health->failing)
        bk_log(LOG_ERR, "%s cannot be read, %s: %s", health->name, health->consequence, reason);
    health->failing = true;
}

static void note_success(struct health *health)
{
    /* A second without failures: what comes and goes must not flood the log. */
    if (!health->failing || now_milliseconds() / 1000 - health->failed_at_seconds < 1)
        return;
    bk_log(LOG_NOTICE, "%s can be read again", health->name);
    health->failing = false;
}

static void end_read(struct bk_snapshot *snapshot)
{
    if (snapshot->state_begun)
        bk_state_end_read(snapshot->state);
    snapshot->state_begun = false;
    if (snapshot->settings_readable)
        bk_settings_end_read(snapshot->settings);
    snapshot->settings_readable = false;
}

static enum bk_lookup fail_settings(struct bk_snapshot *snapshot)
{
    note_failure(&snapshot->settings_health, snapshot->error.text);
    if (now_milliseconds() - snapshot->turn_milliseconds >= TURN_PATIENCE_MILLISECONDS)
        end_read(snapshot);
    return BK_FAILED;
}

static enum bk_lookup lookup_domain(void *context, const char *name,
                                    const struct bk_domain **domain_r)
{
    struct bk_snapshot *snapshot = context;
    enum bk_lookup found;

    if (!snapshot->settings_readable)
        return BK_FAILED;
    found = snapshot->stored->lookup_domain(snapshot->stored->context, name, domain_r);
    return found == BK_FAILED ? fail_settings(snapshot) : found;
}

static enum bk_lookup lookup_address(void *context, const char *address,
                                     const struct bk_account **account_r)
{
    struct bk_snapshot *snapshot = context;
    enum bk_lookup found;

    if (!snapshot->settings_readable)
        return BK_FAILED;
    found = snapshot->stored->lookup_address(snapshot->stored->context, address, account_r);
    return found == BK_FAILED ? fail_settings(snapshot) : found;
}

static enum bk_lookup lookup_account(void *context, int64_t id, const struct bk_account **account_r)
{
    struct bk_snapshot *snapshot = context;
    enum bk_lookup found;

    if (!snapshot->settings_readable)
        return BK_FAILED;
    found = snapshot->stored->lookup_account(snapshot->stored->context, id, account_r);
    return found == BK_FAILED ? fail_settings(snapshot) : found;
}

static enum bk_lookup lookup_usage(void *context, const struct bk_account *account,
                                   struct bk_usage *usage_r)
{
    struct bk_snapshot *snapshot = context;
    enum bk_lookup found;

    *usage_r = (struct bk_usage){.known = false};
    if (!snapshot->settings_readable || !snapshot->state_usable)
        return BK_FAILED;
    if (!snapshot->state_begun)
        snapshot->state_begun = bk_state_begin_read(snapshot->state, &snapshot->error);
    found = snapshot->state_begun
                ? snapshot->stored->lookup_usage(snapshot->stored->context, account, usage_r)
                : BK_FAILED;
    if (found == BK_FAILED) {
        note_failure(&snapshot->state_health, snapshot->error.text);
        snapshot->state_usable = false;
    }
    return found;
}

struct bk_snapshot *bk_snapshot_create(const char *settings_path, size_t cache_bytes)
{
    struct bk_snapshot *snapshot = calloc(1, sizeof(*snapshot));

    if (snapshot == NULL)
        abort();
    snapshot->settings_path = settings_path;
    snapshot->cache_bytes = cache_bytes;
    snapshot->arena = bk_arena_create();
    snapshot->looked_at_seconds = -1;
    snapshot->settings_health = (struct health){.name = "settings.db",
                                                .consequence = "answers are 451 until then"};
    snapshot->state_health = (struct health){
        .name = "state.db", .consequence = "over quota is found at delivery only until then"};
    snapshot->directory = (struct bk_directory){.context = snapshot,
                                                .lookup_domain = lookup_domain,
                                                .lookup_address = lookup_address,
                                                .lookup_account = lookup_account,
                                                .lookup_usage = lookup_usage};
    return snapshot;
}

static void close_state(struct bk_snapshot *snapshot)
{
    if (snapshot->state != NULL)
        bk_state_close(&snapshot->state);
    free(snapshot->state_path);
    snapshot->state_path = NULL;
}

static void close_settings(struct bk_snapshot *snapshot)
{
    if (snapshot->settings != NULL)
        bk_settings_close(&snapshot->settings);
}

void bk_snapshot_destroy(struct bk_snapshot **snapshot)
{
    bk_snapshot_end_turn(*snapshot);
    close_state(*snapshot);
    close_settings(*snapshot);
    bk_arena_destroy(&(*snapshot)->arena);
    free((*snapshot)->limits_path);
    free(*snapshot);
    *snapshot = NULL;
}

/* Is it still the file at its path? After a failure it is opened anew. */
static bool look_after_settings(struct bk_snapshot *snapshot, int64_t now_seconds,
                                struct bk_error *error)
{
    if (snapshot->settings_health.failing)
        close_settings(snapshot);
    if (snapshot->settings == NULL) {
        snapshot->settings = bk_settings_open_reader(snapshot->settings_path, error);
        if (snapshot->settings != NULL &&
            !bk_settings_use_cache(snapshot->settings, snapshot->cache_bytes, error))
            close_settings(snapshot);
    }
    return snapshot->settings != NULL &&
           bk_settings_refresh(snapshot->settings, now_seconds, error);
}

static bool look_after_state(struct bk_snapshot *snapshot, int64_t now_seconds,
                             struct bk_error *error)
{
    const char *path;

    bk_arena_clear(snapshot->arena);
    if (bk_settings_server_value(snapshot->settings, snapshot->arena, "state_path", &path, error) !=
        BK_FOUND)
        return false;
    if (snapshot->state_health.failing || snapshot->state_path == NULL ||
        strcmp(snapshot->state_path, path) != 0)
        close_state(snapshot);
    if (snapshot->state == NULL) {
        snapshot->state = bk_state_open_reader(path, error);
        snapshot->state_path = strdup(path);
        /* A usage takes less than half as much as an account. */
        if (snapshot->state != NULL &&
            !bk_state_use_cache(snapshot->state, snapshot->cache_bytes / 2, error))
            close_state(snapshot);
    }
    return snapshot->state != NULL && bk_state_refresh(snapshot->state, now_seconds, error);
}

static void note_limits_path(struct bk_snapshot *snapshot)
{
    const char *path;

    if (bk_settings_server_value(snapshot->settings, snapshot->arena, "limits_path", &path, NULL) !=
            BK_FOUND ||
        (snapshot->limits_path != NULL && strcmp(snapshot->limits_path, path) == 0))
        return;
    free(snapshot->limits_path);
    snapshot->limits_path = strdup(path);
}

const char *bk_snapshot_limits_path(const struct bk_snapshot *snapshot)
{
    return snapshot->limits_path;
}

static void begin_turn(struct bk_snapshot *snapshot)
{
    int64_t now_seconds = now_milliseconds() / 1000;
    bool look = now_seconds != snapshot->looked_at_seconds;
    struct bk_error error = {.text = "no such value in settings"};

    snapshot->turn_begun = true;
    snapshot->turn_milliseconds = now_milliseconds();
    snapshot->looked_at_seconds = now_seconds;
    if (look) {
        snapshot->settings_usable = look_after_settings(snapshot, now_seconds, &error);
        if (!snapshot->settings_usable)
            note_failure(&snapshot->settings_health, error.text);
    }
    if (!snapshot->settings_usable)
        return;
    snapshot->settings_readable = bk_settings_begin_read(snapshot->settings, &error);
    if (!snapshot->settings_readable) {
        note_failure(&snapshot->settings_health, error.text);
        return;
    }
    if (look) {
        note_limits_path(snapshot);
        snapshot->state_usable = look_after_state(snapshot, now_seconds, &error);
        if (!snapshot->state_usable)
            note_failure(&snapshot->state_health, error.text);
    }
}

const struct bk_directory *bk_snapshot_directory(struct bk_snapshot *snapshot,
                                                 struct bk_arena *arena)
{
    if (!snapshot->turn_begun)
        begin_turn(snapshot);
    if (snapshot->settings_readable)
        snapshot->stored = bk_settings_directory(snapshot->settings,
                                                 snapshot->state_usable ? snapshot->state : NULL,
                                                 arena, &snapshot->error);
    return &snapshot->directory;
}

struct bk_settings *bk_snapshot_settings(struct bk_snapshot *snapshot)
{
    return snapshot->settings_readable ? snapshot->settings : NULL;
}

struct bk_state *bk_snapshot_state(struct bk_snapshot *snapshot)
{
    return snapshot->settings_readable && snapshot->state_usable ? snapshot->state : NULL;
}

void bk_snapshot_end_turn(struct bk_snapshot *snapshot)
{
    if (snapshot->settings_readable) {
        note_success(&snapshot->settings_health);
        if (snapshot->state_usable)
            note_success(&snapshot->state_health);
    }
    end_read(snapshot);
    snapshot->turn_begun = false;
}

void bk_snapshot_reopen(struct bk_snapshot *snapshot)
{
    bk_snapshot_end_turn(snapshot);
    close_state(snapshot);
    close_settings(snapshot);
    snapshot->looked_at_seconds = -1;
}
