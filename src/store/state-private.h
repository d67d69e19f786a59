/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What the files of state.db share; for no other file.
 */
#ifndef BK_STORE_STATE_PRIVATE_H
#define BK_STORE_STATE_PRIVATE_H

#include "store/database.h"
#include "store/state.h"

struct bk_state {
    struct bk_database database;
    /* Usage kept by a reader (state-usage.c); NULL: none. */
    struct bk_kept_usage *kept;
    size_t kept_count;
    int64_t kept_sequence; /* it is as new as this one; -1: nothing is kept */
};

/* A writer makes the file anew if somebody has removed or replaced it, or if the last statement
 * found it damaged. */
bool bk_state_make_usable(struct bk_state *state, struct bk_error *error);
/* The same, and begin a statement. */
bool bk_state_begin(struct bk_state *state, struct bk_query *query, const char *sql,
                    struct bk_error *error);

/* Commits if `is_done`; else, or where that fails, rolls back and returns false. */
bool bk_state_finish(struct bk_state *state, bool is_done, struct bk_error *error);
/* Within a write transaction. */
bool bk_state_delete_usage(struct bk_state *state, int64_t account_id, struct bk_error *error);
/* The file was opened anew. */
void bk_state_forget_kept(struct bk_state *state);
void bk_state_end_cache(struct bk_state *state);

#endif
