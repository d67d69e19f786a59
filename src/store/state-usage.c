/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Usage on record, and what a reader keeps of it from one snapshot to the next. */
#include "store/ring.h"
#include "store/state-private.h"

#include <errno.h>
#include <string.h>

/* Of more new reports than that, a reader forgets everything instead of reading them. */
#define REPORTS_MAXIMUM 10000

/* ---- kept in memory ---- */

/* In the ring, by a hash that no two accounts share. */
struct kept_usage {
    int64_t bytes; /* -1: nothing on record */
    int64_t messages;
    int64_t measured_at;
    int64_t limit_bytes;
};

static uint64_t hash_of(int64_t account_id)
{
    return (uint64_t)account_id * UINT64_C(0x9e3779b97f4a7c15); /* odd, so that it can be undone */
}

bool bk_state_use_cache(struct bk_state *state, size_t bytes, struct bk_error *error)
{
    bk_ring_destroy(&state->kept_usage);
    state->kept_sequence = -1;
    if (bytes == 0)
        return true;
    state->kept_usage = bk_ring_create(bytes, sizeof(struct kept_usage));
    if (state->kept_usage == NULL)
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s", strerror(ENOMEM));
    return state->kept_usage != NULL;
}

void bk_state_forget_kept(struct bk_state *state)
{
    if (state->kept_usage != NULL)
        bk_ring_clear(state->kept_usage);
    state->kept_sequence = -1;
}

/* Only within a snapshot is it known how old that may be. */
static bool is_keeping(const struct bk_state *state)
{
    return state->kept_usage != NULL && state->database.in_transaction;
}

static const struct kept_usage *find_kept(const struct bk_state *state, int64_t account_id)
{
    size_t size;

    return is_keeping(state) ? bk_ring_find(state->kept_usage, hash_of(account_id), &size) : NULL;
}

static void keep(struct bk_state *state, int64_t account_id, const struct kept_usage *usage)
{
    if (is_keeping(state))
        bk_ring_put(state->kept_usage, hash_of(account_id), usage, sizeof(*usage));
}

static bool keep_newer(struct bk_state *state, struct bk_error *error)
{
    struct bk_query query;
    enum bk_step step;

    if (!bk_query_begin(&query, &state->database,
                        "SELECT account_id, bytes, messages, measured_at, limit_bytes FROM usage "
                        "WHERE sequence > $1",
                        error))
        return false;
    bk_query_bind_number(&query, state->kept_sequence);
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        int64_t account_id = bk_query_number(&query);
        struct kept_usage usage;

        usage.bytes = bk_query_number(&query);
        usage.messages = bk_query_number(&query);
        usage.measured_at = bk_query_number(&query);
        usage.limit_bytes = bk_query_number(&query);
        keep(state, account_id, &usage);
    }
    bk_query_end(&query);
    return step != BK_STEP_FAILED;
}

/* In a snapshot that has just begun: what is kept is as new as that, or forgotten. */
static bool catch_up(struct bk_state *state, struct bk_error *error)
{
    int64_t sequence = 0, reports;

    if (bk_state_usage_sequence(state, &sequence, error) == BK_FAILED)
        return false;
    reports = sequence - state->kept_sequence;
    if (state->kept_sequence < 0 || reports < 0 || reports >= REPORTS_MAXIMUM)
        bk_state_forget_kept(state);
    else if (reports > 0 && !keep_newer(state, error))
        return false;
    state->kept_sequence = sequence;
    return true;
}

bool bk_state_begin_read(struct bk_state *state, struct bk_error *error)
{
    if (!bk_database_begin(&state->database, "BEGIN", error))
        return false;
    if (state->kept_usage == NULL || catch_up(state, error))
        return true;
    bk_state_forget_kept(state);
    bk_state_end_read(state);
    return false;
}

/* ---- on record ---- */

static enum bk_lookup read_usage(struct bk_state *state, int64_t account_id,
                                 struct kept_usage *usage_r, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    *usage_r = (struct kept_usage){.bytes = -1};
    if (!bk_state_begin(state, &query,
                        "SELECT bytes, messages, measured_at, limit_bytes FROM usage "
                        "WHERE account_id = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        usage_r->bytes = bk_query_number(&query);
        usage_r->messages = bk_query_number(&query);
        usage_r->measured_at = bk_query_number(&query);
        usage_r->limit_bytes = bk_query_number(&query);
    }
    bk_query_end(&query);
    return found;
}

enum bk_lookup bk_state_lookup_usage(struct bk_state *state, int64_t account_id,
                                     struct bk_usage *usage_r, int64_t *limit_bytes_r,
                                     struct bk_error *error)
{
    const struct kept_usage *kept = find_kept(state, account_id);
    struct kept_usage read;

    *usage_r = (struct bk_usage){.known = false};
    if (kept == NULL) {
        if (read_usage(state, account_id, &read, error) == BK_FAILED)
            return BK_FAILED;
        keep(state, account_id, &read);
        kept = &read;
    }
    if (kept->bytes < 0)
        return BK_ABSENT;
    *usage_r = (struct bk_usage){.known = true,
                                 .bytes = kept->bytes,
                                 .messages = kept->messages,
                                 .measured_at = kept->measured_at};
    *limit_bytes_r = kept->limit_bytes;
    return BK_FOUND;
}

/* The first number is the time in microseconds: more than a lost file can have counted. */
static bool next_sequence(struct bk_state *state, int64_t now, int64_t *sequence_r,
                          struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query,
                        "INSERT INTO counters (name, value) VALUES ('usage_sequence', $1) "
                        "ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 "
                        "RETURNING value",
                        error))
        return false;
    bk_query_bind_number(&query, now * 1000000);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *sequence_r = bk_query_number(&query);
    bk_query_end(&query);
    return found == BK_FOUND;
}

static bool put_usage(struct bk_state *state, int64_t account_id, const struct bk_usage *usage,
                      int64_t limit_bytes, int64_t sequence, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_state_begin(state, &query,
                        "INSERT INTO usage (account_id, bytes, messages, measured_at, limit_bytes, "
                        "sequence) VALUES ($1, $2, $3, $4, $5, $6) "
                        "ON CONFLICT (account_id) DO UPDATE SET "
                        "bytes = excluded.bytes, messages = excluded.messages, "
                        "measured_at = excluded.measured_at, limit_bytes = excluded.limit_bytes, "
                        "sequence = excluded.sequence",
                        error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_number(&query, usage->bytes);
    bk_query_bind_number(&query, usage->messages);
    bk_query_bind_number(&query, usage->measured_at);
    bk_query_bind_number(&query, limit_bytes);
    bk_query_bind_number(&query, sequence);
    return bk_query_run(&query, error);
}

bool bk_state_put_usage(struct bk_state *state, int64_t account_id, const struct bk_usage *usage,
                        int64_t limit_bytes, struct bk_error *error)
{
    bool is_own = !state->database.in_transaction, is_done;
    int64_t sequence = 0;

    if (is_own && !bk_state_begin_write(state, error))
        return false;
    is_done = next_sequence(state, usage->measured_at, &sequence, error) &&
              put_usage(state, account_id, usage, limit_bytes, sequence, error);
    return is_own ? bk_state_finish(state, is_done, error) : is_done;
}

enum bk_lookup bk_state_usage_sequence(struct bk_state *state, int64_t *sequence_r,
                                       struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query, "SELECT value FROM counters WHERE name = 'usage_sequence'",
                        error))
        return BK_FAILED;
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *sequence_r = bk_query_number(&query);
    bk_query_end(&query);
    return found;
}

/* Both lists: a number to begin at, and how many. */
static enum bk_lookup list_usage(struct bk_state *state, const char *sql, int64_t from,
                                 int64_t count, bk_state_usage_row *row, void *context,
                                 struct bk_error *error)
{
    enum bk_lookup found = BK_ABSENT;
    struct bk_state_usage usage;
    struct bk_query query;
    enum bk_step step;

    if (!bk_state_make_usable(state, error) ||
        !bk_query_begin_list(&query, &state->database, sql, error))
        return BK_FAILED;
    bk_query_bind_number(&query, from);
    bk_query_bind_number(&query, count);
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        found = BK_FOUND;
        usage.account_id = bk_query_number(&query);
        usage.sequence = bk_query_number(&query);
        usage.bytes = bk_query_number(&query);
        usage.limit_bytes = bk_query_number(&query);
        if (!row(context, &usage))
            break;
    }
    bk_query_end(&query);
    return step == BK_STEP_FAILED ? BK_FAILED : found;
}

enum bk_lookup bk_state_list_newer_usage(struct bk_state *state, int64_t sequence, int64_t count,
                                         bk_state_usage_row *row, void *context,
                                         struct bk_error *error)
{
    return list_usage(state,
                      "SELECT account_id, sequence, bytes, limit_bytes FROM usage "
                      "WHERE sequence > $1 ORDER BY sequence LIMIT $2",
                      sequence, count, row, context, error);
}

enum bk_lookup bk_state_list_usage(struct bk_state *state, int64_t account_id, int64_t count,
                                   bk_state_usage_row *row, void *context, struct bk_error *error)
{
    return list_usage(state,
                      "SELECT account_id, sequence, bytes, limit_bytes FROM usage "
                      "WHERE account_id >= $1 ORDER BY account_id LIMIT $2",
                      account_id, count, row, context, error);
}

bool bk_state_delete_usage(struct bk_state *state, int64_t account_id, struct bk_error *error)
{
    struct bk_query query;

    /* No row is left to tell readers that this one is gone: they forget all that they have. */
    if (!bk_state_begin(state, &query,
                        "UPDATE counters SET value = value + $1 WHERE name = 'usage_sequence'",
                        error))
        return false;
    bk_query_bind_number(&query, REPORTS_MAXIMUM);
    if (!bk_query_run(&query, error) ||
        !bk_state_begin(state, &query, "DELETE FROM usage WHERE account_id = $1", error))
        return false;
    bk_query_bind_number(&query, account_id);
    return bk_query_run(&query, error);
}
