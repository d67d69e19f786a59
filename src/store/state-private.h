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
};

/* A writer makes the file anew if somebody has removed or replaced it, or if the last statement
 * found it damaged. */
bool bk_state_make_usable(struct bk_state *state, struct bk_error *error);
/* The same, and begin a statement. */
bool bk_state_begin(struct bk_state *state, struct bk_query *query, const char *sql,
                    struct bk_error *error);

#endif
