/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/due.h"

#include "rules/retention.h"
#include "rules/usage.h"
#include "store/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KINDS 3

/* The parts of due.h, in order. */
enum part { PART_OLDEST = 1, PART_OWN, PART_UNKNOWN, PART_FULL_LOOK };

/* Where an account stands in the order; part 0: nowhere. */
struct place {
    enum part part;
    int64_t at; /* PART_OLDEST: due at the earliest; PART_FULL_LOOK: the last one */
    int kind;   /* of both: enum bk_state_folder_kind */
};

/* Candidates of one part. */
struct stream {
    struct place place; /* `at` comes from each candidate */
    struct bk_state_place after;
    int64_t until;
    struct bk_state_places read;
    size_t next;
    bool is_at_end;
};

struct bk_due {
    struct bk_due_share share;
    int64_t now;
    struct bk_retention_durations shortest; /* of plans and domains; INT64_MAX: never */
    struct bk_arena *arena;
    int64_t last_id; /* the last candidate */
    struct place last_place;
    size_t stream_count;
    /* Full looks: up to the day at which they are due again, and in the future. */
    struct stream streams[KINDS + 2 + 2 * KINDS];
};

static int64_t *seconds_of(struct bk_retention_durations *durations, int kind)
{
    int64_t *const seconds[] = {&durations->archive_seconds, &durations->trash_seconds,
                                &durations->junk_seconds};

    return seconds[kind - 1];
}

/* ---- where an account stands ---- */

struct judging {
    struct bk_due *due;
    struct bk_retention_durations durations;
    bool is_known;
    struct place place;
};

static bool is_before(const struct place *a, const struct place *b)
{
    if (b->part == 0 || a->part != b->part)
        return b->part == 0 || a->part < b->part;
    return a->at != b->at ? a->at < b->at : a->kind < b->kind;
}

static bool is_same(const struct place *a, const struct place *b)
{
    return a->part == b->part && a->at == b->at && a->kind == b->kind;
}

static struct place place_of(const struct judging *judging, const struct bk_state_folder *folder,
                             int64_t seconds)
{
    struct bk_due *due = judging->due;
    int64_t shortest = *seconds_of(&due->shortest, (int)folder->kind);
    struct place place = {.kind = (int)folder->kind};

    switch (bk_retention_need(folder->oldest_stored_at, folder->full_look_at, seconds, due->now)) {
    case BK_NEED_DUE:
        place.at = bk_add_saturating(folder->oldest_stored_at, shortest);
        place.part = place.at <= due->now ? PART_OLDEST : PART_OWN;
        break;
    case BK_NEED_FULL_LOOK:
        place.at = folder->full_look_at;
        place.part = shortest == INT64_MAX ? PART_OWN : PART_FULL_LOOK;
        break;
    case BK_NEED_NOTHING:
        break;
    }
    return place.part == PART_OWN ? (struct place){.part = PART_OWN} : place;
}

static bool judge_folder(void *context, const struct bk_state_folder *folder)
{
    struct judging *judging = context;
    int64_t seconds = *seconds_of(&judging->durations, (int)folder->kind);
    struct place place;

    judging->is_known = true;
    place = place_of(judging, folder, seconds);
    if (place.part != 0 && is_before(&place, &judging->place))
        judging->place = place;
    return true;
}

static struct place judge(struct bk_due *due, struct bk_state *state,
                          const struct bk_account *account)
{
    struct judging judging = {.due = due, .durations = bk_retention_durations(account)};
    struct bk_error error = {0};

    if (bk_retention_rest(account) != BK_REST_NO ||
        (judging.durations.archive_seconds == 0 && judging.durations.trash_seconds == 0 &&
         judging.durations.junk_seconds == 0))
        return judging.place;
    if (state == NULL ||
        bk_state_list_folders(state, account->id, judge_folder, &judging, &error) == BK_FAILED)
        judging.is_known = false;
    return judging.is_known ? judging.place : (struct place){.part = PART_UNKNOWN};
}

/* ---- one account ---- */

struct record {
    struct bk_retention_durations durations;
    int64_t now, next_due;
    bool has_inbox, has_need;
};

static bool read_record(void *context, const struct bk_state_folder *folder)
{
    struct record *record = context;
    int64_t seconds = *seconds_of(&record->durations, (int)folder->kind);
    int64_t next = bk_retention_next_due(folder->oldest_stored_at, seconds);

    if (folder->kind == BK_STATE_INBOX)
        record->has_inbox = true;
    if (bk_retention_need(folder->oldest_stored_at, folder->full_look_at, seconds, record->now) !=
        BK_NEED_NOTHING)
        record->has_need = true;
    if (next < record->next_due)
        record->next_due = next;
    return true;
}

bool bk_due_is_nothing(struct bk_state *state, const struct bk_account *account, int64_t now,
                       int64_t *next_due_r)
{
    struct record record = {
        .durations = bk_retention_durations(account), .now = now, .next_due = INT64_MAX};
    struct bk_error error = {0};
    int64_t last_run;

    if (state == NULL ||
        bk_state_lookup_account_run(state, account->id, &last_run, &error) != BK_FOUND ||
        !bk_usage_record_is_fresh(last_run, now) ||
        bk_state_list_folders(state, account->id, read_record, &record, &error) != BK_FOUND)
        return false;
    *next_due_r = record.next_due;
    return record.has_inbox && !record.has_need;
}

/* ---- candidates ---- */

/* What state.db can't tell is not a candidate here: everybody is unknown then. */
static void read_oldest(struct stream *stream, struct bk_state *state)
{
    enum bk_state_folder_kind kind = (enum bk_state_folder_kind)stream->place.kind;
    struct bk_error error = {0};
    enum bk_lookup found = BK_FAILED;

    if (state != NULL)
        found = stream->place.part == PART_OLDEST
                    ? bk_state_list_oldest(state, kind, &stream->after, stream->until,
                                           &stream->read, &error)
                    : bk_state_list_full_looks(state, kind, &stream->after, stream->until,
                                               &stream->read, &error);
    if (found == BK_FAILED)
        stream->read.count = 0;
}

static enum bk_lookup read_ids(struct bk_due *due, struct stream *stream,
                               struct bk_settings *settings, struct bk_error *error)
{
    int64_t ids[BK_STATE_PLACES];
    enum bk_lookup found = stream->place.part == PART_OWN
                               ? bk_settings_list_short_ids(settings, stream->after.account_id,
                                                            &due->shortest, ids, BK_STATE_PLACES,
                                                            &stream->read.count, error)
                               : bk_settings_list_ids(settings, stream->after.account_id, ids,
                                                      BK_STATE_PLACES, &stream->read.count, error);

    for (size_t i = 0; i < stream->read.count; i++)
        stream->read.at[i] = (struct bk_state_place){.account_id = ids[i]};
    return found;
}

/* Both lists are in order of id. */
static void leave_out(struct bk_state_places *from, const struct bk_state_places *known)
{
    size_t kept = 0, k = 0;

    for (size_t i = 0; i < from->count; i++) {
        while (k < known->count && known->at[k].account_id < from->at[i].account_id)
            k++;
        if (k == known->count || known->at[k].account_id != from->at[i].account_id)
            from->at[kept++] = from->at[i];
    }
    from->count = kept;
}

static void leave_out_known(struct stream *stream, int64_t after_id, struct bk_state *state)
{
    struct bk_state_places known;
    struct bk_error error = {0};

    if (state != NULL && stream->read.count > 0 &&
        bk_state_list_known(state, after_id, stream->after.account_id, &known, &error) == BK_FOUND)
        leave_out(&stream->read, &known);
}

/* The next piece, which may be empty. */
static enum bk_lookup read_piece(struct bk_due *due, struct stream *stream,
                                 struct bk_settings *settings, struct bk_state *state,
                                 struct bk_error *error)
{
    int64_t after_id = stream->after.account_id;

    stream->next = 0;
    if (stream->place.part == PART_OLDEST || stream->place.part == PART_FULL_LOOK)
        read_oldest(stream, state);
    else if (read_ids(due, stream, settings, error) == BK_FAILED)
        return BK_FAILED;
    stream->is_at_end = stream->read.count < BK_STATE_PLACES;
    if (stream->read.count > 0)
        stream->after = stream->read.at[stream->read.count - 1];
    if (stream->place.part == PART_UNKNOWN)
        leave_out_known(stream, after_id, state);
    return BK_FOUND;
}

/* FOUND: there is a candidate at stream->next. */
static enum bk_lookup peek(struct bk_due *due, struct stream *stream, struct bk_settings *settings,
                           struct bk_state *state, struct bk_error *error)
{
    for (;;) {
        for (; stream->next < stream->read.count; stream->next++)
            if (stream->read.at[stream->next].account_id % due->share.count == due->share.index)
                return BK_FOUND;
        if (stream->is_at_end)
            return BK_ABSENT;
        if (read_piece(due, stream, settings, state, error) == BK_FAILED)
            return BK_FAILED;
    }
}

static struct place candidate_place(struct bk_due *due, const struct stream *stream)
{
    struct place place = stream->place;

    place.at = stream->read.at[stream->next].time;
    if (place.part == PART_OLDEST)
        place.at = bk_add_saturating(place.at, *seconds_of(&due->shortest, place.kind));
    return place;
}

/* The candidate that comes first; takes it out. */
static enum bk_lookup take(struct bk_due *due, struct bk_settings *settings, struct bk_state *state,
                           struct place *place_r, int64_t *account_id_r, struct bk_error *error)
{
    struct stream *first = NULL;

    for (size_t i = 0; i < due->stream_count; i++) {
        struct stream *stream = &due->streams[i];
        struct place place;

        if (first != NULL && first->place.part < stream->place.part)
            break;
        switch (peek(due, stream, settings, state, error)) {
        case BK_FOUND:
            break;
        case BK_ABSENT:
            continue;
        case BK_FAILED:
            return BK_FAILED;
        }
        place = candidate_place(due, stream);
        if (first == NULL || is_before(&place, place_r)) {
            first = stream;
            *place_r = place;
        }
    }
    if (first == NULL)
        return BK_ABSENT;
    *account_id_r = first->read.at[first->next++].account_id;
    return BK_FOUND;
}

enum bk_lookup bk_due_next(struct bk_due *due, struct bk_settings *settings, struct bk_state *state,
                           const char **address_r, struct bk_error *error)
{
    const struct bk_account *account;
    struct place candidate = {0}, place;
    enum bk_lookup found;
    int64_t account_id = 0;

    while ((found = take(due, settings, state, &candidate, &account_id, error)) == BK_FOUND) {
        /* Two of his folders at one place. */
        if (account_id == due->last_id && is_same(&candidate, &due->last_place))
            continue;
        due->last_id = account_id;
        due->last_place = candidate;
        bk_arena_clear(due->arena);
        found = bk_settings_lookup_retention(settings, due->arena, account_id, &account, error);
        if (found == BK_FAILED)
            return BK_FAILED;
        if (found == BK_ABSENT)
            continue;
        place = judge(due, state, account);
        if (is_same(&place, &candidate)) {
            *address_r = account->primary_address;
            return BK_FOUND;
        }
    }
    return found;
}

/* ---- beginning and end ---- */

static bool take_shortest(void *context, const struct bk_account *account)
{
    struct bk_due *due = context;
    struct bk_retention_durations durations = bk_retention_durations(account);

    for (int kind = 1; kind <= KINDS; kind++) {
        int64_t seconds = *seconds_of(&durations, kind);
        int64_t *shortest = seconds_of(&due->shortest, kind);

        if (seconds > 0 && seconds < *shortest)
            *shortest = seconds;
    }
    return true;
}

static void add_stream(struct bk_due *due, enum part part, int kind, int64_t after, int64_t until)
{
    due->streams[due->stream_count++] = (struct stream){
        .place = {.part = part, .kind = kind}, .after = {.time = after}, .until = until};
}

static void add_streams(struct bk_due *due)
{
    for (int kind = 1; kind <= KINDS; kind++)
        if (*seconds_of(&due->shortest, kind) != INT64_MAX)
            add_stream(due, PART_OLDEST, kind, 0, due->now - *seconds_of(&due->shortest, kind));
    add_stream(due, PART_OWN, 0, 0, 0);
    add_stream(due, PART_UNKNOWN, 0, 0, 0);
    for (int kind = 1; kind <= KINDS; kind++) {
        if (*seconds_of(&due->shortest, kind) == INT64_MAX)
            continue;
        add_stream(due, PART_FULL_LOOK, kind, -1, due->now - BK_RETENTION_FULL_LOOK_SECONDS);
        add_stream(due, PART_FULL_LOOK, kind, due->now, INT64_MAX);
        due->streams[due->stream_count - 1].after.account_id = INT64_MAX;
    }
}

struct bk_due *bk_due_begin(struct bk_settings *settings, struct bk_due_share share, int64_t now,
                            struct bk_error *error)
{
    struct bk_due *due = calloc(1, sizeof(*due));

    if (due == NULL) {
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s", strerror(ENOMEM));
        return NULL;
    }
    due->share = share;
    due->now = now;
    due->shortest = (struct bk_retention_durations){INT64_MAX, INT64_MAX, INT64_MAX};
    due->arena = bk_arena_create();
    if (bk_settings_list_retention(settings, take_shortest, due, error) == BK_FAILED)
        bk_due_end(&due);
    else
        add_streams(due);
    return due;
}

void bk_due_end(struct bk_due **due)
{
    if (*due == NULL)
        return;
    bk_arena_destroy(&(*due)->arena);
    free(*due);
    *due = NULL;
}

int64_t bk_due_count(struct bk_due *due, struct bk_state *state)
{
    struct bk_error error = {0};
    int64_t sum = 0, count = 0;

    for (size_t i = 0; i < due->stream_count; i++) {
        const struct stream *stream = &due->streams[i];

        if (stream->place.part == PART_OLDEST && state != NULL &&
            bk_state_count_oldest(state, (enum bk_state_folder_kind)stream->place.kind,
                                  stream->until, &count, &error) == BK_FOUND)
            sum += count;
    }
    return sum;
}

int bk_sweep_lock(const char *mail_root, struct bk_error *error)
{
    int lock = bk_files_lock_folder(mail_root, 0, error);

    if (lock < 0 && error->kind == BK_ERROR_TRY_AGAIN)
        bk_error_set(error, BK_ERROR_TRY_AGAIN, _("another sweep is at work on this host"));
    return lock;
}
