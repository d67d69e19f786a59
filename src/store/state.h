/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * state.db: what the mail processes saw last. A cache that can be lost and fills again: a missing
 * file is made anew by the next writer (plugin and doveadm, as the mail user), a missing row means
 * "not known", never "nothing there". It keeps the oldest save date of a folder, not a due time:
 * due is computed with today's durations.
 *
 * Nothing here may hold up mail: writers wait at most 200 ms.
 */
#ifndef BK_STORE_STATE_H
#define BK_STORE_STATE_H

#include "rules/arena.h"
#include "rules/error.h"
#include "rules/lookup.h"
#include "rules/retention.h"
#include "rules/usage.h"

#include <stddef.h>

struct bk_state;

/*
 * A reader's handle exists even where the file can't be read now, since a cache may not be there
 * yet: its look-ups are BK_FAILED until bk_state_refresh() has found it. NULL only without memory.
 */
struct bk_state *bk_state_open_reader(const char *path, struct bk_error *error);
/*
 * Creates the file where it is missing or damaged (mode 0640, group of the folder), also later: a
 * write after somebody removed it makes it anew. NULL and `error` if it can't be made now.
 */
struct bk_state *bk_state_open_writer(const char *path, struct bk_error *error);
void bk_state_close(struct bk_state **state);
/* As bk_settings_refresh(): a reader finds a file that was made anew. */
bool bk_state_refresh(struct bk_state *state, int64_t now_seconds, struct bk_error *error);

/*
 * Keep usage from one snapshot of a reader to the next, in at most `bytes` of memory, 40
 * for each account; 0: none. A snapshot never gets anything older than itself: it begins by reading
 * what was reported since the last one, and forgets everything after too many reports, the deletion
 * of an account, a sequence that went back, and for a file opened anew. False: there is no memory.
 */
bool bk_state_use_cache(struct bk_state *state, size_t bytes, struct bk_error *error);
/* One snapshot for many look-ups of a reader, which is much quicker. */
bool bk_state_begin_read(struct bk_state *state, struct bk_error *error);
void bk_state_end_read(struct bk_state *state);

/* Several writes as one: all of them count, or none. */
bool bk_state_begin_write(struct bk_state *state, struct bk_error *error);
bool bk_state_commit(struct bk_state *state, struct bk_error *error);
void bk_state_rollback(struct bk_state *state);
/* How long the next calls wait for another writer. */
void bk_state_set_patience(struct bk_state *state, int milliseconds);

/* ---- usage ---- */
enum bk_lookup bk_state_lookup_usage(struct bk_state *state, int64_t account_id,
                                     struct bk_usage *usage_r, int64_t *limit_bytes_r,
                                     struct bk_error *error);
/* It will be asked for in a moment: fetch what is kept of it into the processor's cache. */
void bk_state_expect_usage(const struct bk_state *state, int64_t account_id);
/* `limit_bytes` is the capacity in force then: the last resort when settings can't be read. */
bool bk_state_put_usage(struct bk_state *state, int64_t account_id, const struct bk_usage *usage,
                        int64_t limit_bytes, struct bk_error *error);
/* Every bk_state_put_usage() has a number of its own, higher than all before, also where the file
 * was made anew meanwhile. ABSENT: none was made yet. */
enum bk_lookup bk_state_usage_sequence(struct bk_state *state, int64_t *sequence_r,
                                       struct bk_error *error);
struct bk_state_usage {
    int64_t account_id, sequence;
    int64_t bytes, limit_bytes; /* as at that time */
};
typedef bool bk_state_usage_row(void *context, const struct bk_state_usage *usage);
/* What is newer than `sequence`, the oldest first; at most `count` of it. */
enum bk_lookup bk_state_list_newer_usage(struct bk_state *state, int64_t sequence, int64_t count,
                                         bk_state_usage_row *row, void *context,
                                         struct bk_error *error);
/* By account, from `account_id` on. */
enum bk_lookup bk_state_list_usage(struct bk_state *state, int64_t account_id, int64_t count,
                                   bk_state_usage_row *row, void *context, struct bk_error *error);
/* The limit last known to user `primary_address`, when settings can't even tell its account id. */
enum bk_lookup bk_state_lookup_limit(struct bk_state *state, const char *primary_address,
                                     int64_t *limit_bytes_r, struct bk_error *error);
bool bk_state_put_user(struct bk_state *state, int64_t account_id, const char *primary_address,
                       struct bk_error *error);

/* ---- retention ---- */
struct bk_state_folder {
    const char *name;
    enum bk_state_folder_kind {
        BK_STATE_INBOX = 1,
        BK_STATE_TRASH,
        BK_STATE_JUNK,
    } kind;
    int64_t oldest_stored_at; /* 0 = empty */
    int64_t full_look_at;     /* when all messages were looked at last; 0 = never */
};
typedef bool bk_state_folder_row(void *context, const struct bk_state_folder *folder);

bool bk_state_put_folder(struct bk_state *state, int64_t account_id,
                         const struct bk_state_folder *folder, struct bk_error *error);
/* folder_r->name is `name`. */
enum bk_lookup bk_state_lookup_folder(struct bk_state *state, int64_t account_id, const char *name,
                                      struct bk_state_folder *folder_r, struct bk_error *error);
enum bk_lookup bk_state_list_folders(struct bk_state *state, int64_t account_id,
                                     bk_state_folder_row *row, void *context,
                                     struct bk_error *error);

/* ---- whom to visit, for store/due: in pieces, since no snapshot may stay open for hours ---- */
#define BK_STATE_PLACES 256
struct bk_state_place {
    int64_t time; /* of a folder: oldest_stored_at or full_look_at */
    int64_t account_id;
};
struct bk_state_places {
    struct bk_state_place at[BK_STATE_PLACES];
    size_t count; /* fewer than BK_STATE_PLACES: these were the last ones */
};
/* The next ones behind `after` up to the time `until`, in order of time and account, of folders
 * that are not empty; an account stands there once for each such folder. FOUND also if there is
 * none. */
enum bk_lookup bk_state_list_oldest(struct bk_state *state, enum bk_state_folder_kind kind,
                                    const struct bk_state_place *after, int64_t until,
                                    struct bk_state_places *places, struct bk_error *error);
enum bk_lookup bk_state_list_full_looks(struct bk_state *state, enum bk_state_folder_kind kind,
                                        const struct bk_state_place *after, int64_t until,
                                        struct bk_state_places *places, struct bk_error *error);
/* Accounts after `after_id` up to `last_id` of which any folder is on record, by id; times are 0.
 */
enum bk_lookup bk_state_list_known(struct bk_state *state, int64_t after_id, int64_t last_id,
                                   struct bk_state_places *places, struct bk_error *error);
/* How many folders bk_state_list_oldest() would list from the beginning. */
enum bk_lookup bk_state_count_oldest(struct bk_state *state, enum bk_state_folder_kind kind,
                                     int64_t until, int64_t *count_r, struct bk_error *error);

/* The account's last retention run, completed at `now`. */
enum bk_lookup bk_state_lookup_account_run(struct bk_state *state, int64_t account_id,
                                           int64_t *completed_at_r, struct bk_error *error);
bool bk_state_put_account_run(struct bk_state *state, int64_t account_id, int64_t now,
                              struct bk_error *error);

/* The host's clock on record: newest time seen by anybody, last completed run of a sweep over all.
 */
enum bk_lookup bk_state_lookup_clock(struct bk_state *state, int64_t *newest_time_r,
                                     int64_t *last_run_r, struct bk_error *error);
/* `now` raises the newest time on record; `run_completed` also the last run. `reset`: the
 * administrator said that the clock is right: both become `now` even if they were later. */
bool bk_state_put_clock(struct bk_state *state, int64_t now, bool run_completed, bool reset,
                        struct bk_error *error);

/* ---- last login and delivery, for lists ---- */
struct bk_state_activity {
    int64_t last_login_at; /* 0 = not known */
    int64_t last_delivery_at;
};
enum bk_lookup bk_state_lookup_activity(struct bk_state *state, int64_t account_id,
                                        struct bk_state_activity *activity_r,
                                        struct bk_error *error);
/* Each time counts only if it is later than the one on record: 0 leaves that as it is. */
bool bk_state_put_activity(struct bk_state *state, int64_t account_id,
                           const struct bk_state_activity *activity, struct bk_error *error);

/* Everything of an account that is gone. */
bool bk_state_delete_account(struct bk_state *state, int64_t account_id, struct bk_error *error);

#endif
