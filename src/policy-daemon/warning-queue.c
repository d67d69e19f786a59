/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/warning-queue.h"

#include "store/settings.h"
#include "store/state.h"

#include <string.h>

struct filling {
    struct bk_warning_queue *queue;
    struct bk_limits *limits;
    struct bk_error *error;
    int64_t rows, last;     /* of the present source */
    int64_t whole_sequence; /* changes: all rows of the commits up to here are in the queue */
    size_t whole_count;     /* candidates then */
    bool whole_touches_many, touches_many;
    bool failed;
};

static void add(struct filling *filling, int64_t account_id, bool known)
{
    filling->queue->candidates[filling->queue->count++] = (struct bk_warning_candidate){
        .account_id = account_id, .known = known};
}

/* ---- usage ---- */

/* Most reports change nothing: then settings need not be asked. The limit of the report is the one
 * in force at that time, and changes of limits are a source of their own. */
static bool is_new(struct filling *filling, const struct bk_state_usage *usage)
{
    struct bk_warned warned;

    if (bk_limits_lookup_warned(filling->limits, usage->account_id, &warned, filling->error) ==
        BK_FAILED)
        filling->failed = true;
    return warned.told != bk_warning_reached(usage->bytes, usage->limit_bytes);
}

static bool take_usage(void *context, const struct bk_state_usage *usage)
{
    struct filling *filling = context;

    filling->rows++;
    filling->last = usage->sequence;
    if (is_new(filling, usage))
        add(filling, usage->account_id, false);
    return !filling->failed;
}

static bool fill_from_usage(struct filling *filling, struct bk_state *state)
{
    struct bk_warning_progress *after = &filling->queue->after;
    int64_t newest = 0;

    if (bk_state_usage_sequence(state, &newest, NULL) == BK_FAILED)
        return false;
    /* Another file, from before: the clock was set back. */
    if (newest < after->usage_sequence)
        after->usage_sequence = 0;
    filling->rows = 0;
    filling->last = after->usage_sequence;
    if (bk_state_list_newer_usage(state, after->usage_sequence, BK_WARNING_BATCH, take_usage,
                                  filling, NULL) == BK_FAILED)
        return false;
    after->usage_sequence = filling->last;
    filling->queue->more |= filling->rows == BK_WARNING_BATCH;
    return !filling->failed;
}

/* ---- settings ---- */

static bool take_change(void *context, const struct bk_settings_change *change)
{
    struct filling *filling = context;

    if (change->sequence != filling->last) {
        filling->whole_sequence = filling->last;
        filling->whole_count = filling->queue->count;
        filling->whole_touches_many = filling->touches_many;
    }
    filling->rows++;
    filling->last = change->sequence;
    if (strcmp(change->kind, "account") == 0)
        add(filling, change->subject_id, false);
    else if (strcmp(change->kind, "server") != 0)
        filling->touches_many = true;
    return true;
}

static bool list_changes(struct filling *filling, struct bk_settings *settings, int64_t newest)
{
    struct bk_warning_progress *after = &filling->queue->after;
    size_t count_before = filling->queue->count;

    filling->rows = 0;
    filling->last = filling->whole_sequence = after->change_sequence;
    filling->whole_count = count_before;
    if (bk_settings_list_changes(settings, after->change_sequence, BK_WARNING_BATCH, take_change,
                                 filling, NULL) == BK_FAILED)
        return false;
    if (filling->rows < BK_WARNING_BATCH) {
        after->change_sequence = newest;
        return true;
    }
    /* The last commit may have more rows. If it is the only one it touches many indeed. */
    filling->queue->more = true;
    if (filling->whole_sequence == after->change_sequence) {
        filling->touches_many = true;
        filling->queue->count = count_before;
        after->change_sequence = filling->last;
        return true;
    }
    filling->queue->count = filling->whole_count;
    filling->touches_many = filling->whole_touches_many;
    after->change_sequence = filling->whole_sequence;
    return true;
}

static bool fill_from_settings(struct filling *filling, struct bk_settings *settings)
{
    struct bk_warning_progress *after = &filling->queue->after;
    int64_t newest;

    if (bk_settings_change_sequence(settings, &newest, NULL) != BK_FOUND)
        return false;
    if (newest < after->change_sequence || newest - after->change_sequence > BK_CHANGES_KEPT) {
        /* Restored, or too much for what is remembered. */
        filling->touches_many = true;
        after->change_sequence = newest;
    } else if (newest > after->change_sequence && !list_changes(filling, settings, newest)) {
        return false;
    }
    if (filling->touches_many)
        after->walk_account_id = 0;
    return true;
}

/* ---- those whose time has come, and all ---- */

static bool take_due(void *context, int64_t account_id)
{
    struct filling *filling = context;

    filling->rows++;
    add(filling, account_id, false);
    return true;
}

static bool fill_from_due(struct filling *filling, int64_t now)
{
    filling->rows = 0;
    if (bk_limits_list_due(filling->limits, now, BK_WARNING_BATCH, take_due, filling,
                           filling->error) == BK_FAILED)
        return false;
    filling->queue->more |= filling->rows == BK_WARNING_BATCH;
    return true;
}

static bool take_walk(void *context, const struct bk_state_usage *usage)
{
    struct filling *filling = context;

    filling->rows++;
    filling->last = usage->account_id;
    add(filling, usage->account_id, usage->sequence <= filling->queue->after.known_sequence);
    return true;
}

static bool fill_from_walk(struct filling *filling, struct bk_state *state)
{
    struct bk_warning_progress *after = &filling->queue->after;

    if (after->walk_account_id < 0)
        return true;
    filling->rows = 0;
    if (bk_state_list_usage(state, after->walk_account_id, BK_WARNING_BATCH, take_walk, filling,
                            NULL) == BK_FAILED)
        return false;
    if (filling->rows == BK_WARNING_BATCH) {
        after->walk_account_id = filling->last + 1;
        filling->queue->more = true;
    } else {
        after->walk_account_id = -1;
        after->known_sequence = -1;
    }
    return true;
}

/* ---- the queue ---- */

/* Nothing is on record: what there is now counts as told, by a walk over all. */
static bool begin_anew(struct bk_warning_progress *progress, struct bk_settings *settings,
                       struct bk_state *state)
{
    *progress = (struct bk_warning_progress){.walk_account_id = 0};
    if (bk_state_usage_sequence(state, &progress->usage_sequence, NULL) == BK_FAILED ||
        bk_settings_change_sequence(settings, &progress->change_sequence, NULL) != BK_FOUND)
        return false;
    progress->known_sequence = progress->usage_sequence;
    return true;
}

bool bk_warning_queue_fill(struct bk_warning_queue *queue, struct bk_snapshot *snapshot,
                           struct bk_limits *limits, int64_t now, struct bk_error *error)
{
    struct filling filling = {.queue = queue, .limits = limits, .error = error};
    struct bk_settings *settings = bk_snapshot_settings(snapshot);
    struct bk_state *state = bk_snapshot_state(snapshot);
    enum bk_lookup found;

    queue->count = 0;
    queue->more = false;
    if (settings == NULL || state == NULL)
        return false;
    found = bk_limits_lookup_progress(limits, &queue->before, error);
    if (found == BK_FAILED)
        return false;
    queue->begins_anew = found == BK_ABSENT;
    if (queue->begins_anew) {
        if (!begin_anew(&queue->after, settings, state))
            return false;
        queue->before = (struct bk_warning_progress){.change_sequence = -1};
    } else {
        queue->after = queue->before;
    }
    return fill_from_usage(&filling, state) && fill_from_settings(&filling, settings) &&
           fill_from_due(&filling, now) && fill_from_walk(&filling, state);
}
