/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/state-private.h"

/* In the order of enum bk_state_folder_kind. */
static const char *const kind_words[] = {"inbox", "trash", "junk"};

/* Fill `places` from a query of two columns. FOUND also when there are none. */
static enum bk_lookup read_places(struct bk_query *query, struct bk_state_places *places,
                                  struct bk_error *error)
{
    enum bk_step step = BK_ROW;

    places->count = 0;
    while (places->count < BK_STATE_PLACES && (step = bk_query_step(query, error)) == BK_ROW) {
        places->at[places->count].time = bk_query_number(query);
        places->at[places->count++].account_id = bk_query_number(query);
    }
    bk_query_end(query);
    return step == BK_STEP_FAILED ? BK_FAILED : BK_FOUND;
}

enum bk_lookup bk_state_list_oldest(struct bk_state *state, enum bk_state_folder_kind kind,
                                    const struct bk_state_place *after, int64_t until,
                                    struct bk_state_places *places, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_state_begin(state, &query,
                        "SELECT oldest_stored_at, account_id FROM folders WHERE kind = $1 AND "
                        "oldest_stored_at > 0 AND (oldest_stored_at, account_id) > ($2, $3) AND "
                        "oldest_stored_at <= $4 ORDER BY oldest_stored_at, account_id LIMIT $5",
                        error))
        return BK_FAILED;
    bk_query_bind_text(&query, kind_words[kind - 1]);
    bk_query_bind_number(&query, after->time);
    bk_query_bind_number(&query, after->account_id);
    bk_query_bind_number(&query, until);
    bk_query_bind_number(&query, BK_STATE_PLACES);
    return read_places(&query, places, error);
}

enum bk_lookup bk_state_list_full_looks(struct bk_state *state, enum bk_state_folder_kind kind,
                                        const struct bk_state_place *after, int64_t until,
                                        struct bk_state_places *places, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_state_begin(state, &query,
                        "SELECT full_look_at, account_id FROM folders WHERE kind = $1 AND "
                        "oldest_stored_at > 0 AND (full_look_at, account_id) > ($2, $3) AND "
                        "full_look_at <= $4 ORDER BY full_look_at, account_id LIMIT $5",
                        error))
        return BK_FAILED;
    bk_query_bind_text(&query, kind_words[kind - 1]);
    bk_query_bind_number(&query, after->time);
    bk_query_bind_number(&query, after->account_id);
    bk_query_bind_number(&query, until);
    bk_query_bind_number(&query, BK_STATE_PLACES);
    return read_places(&query, places, error);
}

enum bk_lookup bk_state_list_known(struct bk_state *state, int64_t after_id, int64_t last_id,
                                   struct bk_state_places *places, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_state_begin(state, &query,
                        "SELECT DISTINCT 0, account_id FROM folders WHERE account_id > $1 AND "
                        "account_id <= $2 ORDER BY account_id LIMIT $3",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, after_id);
    bk_query_bind_number(&query, last_id);
    bk_query_bind_number(&query, BK_STATE_PLACES);
    return read_places(&query, places, error);
}

enum bk_lookup bk_state_count_oldest(struct bk_state *state, enum bk_state_folder_kind kind,
                                     int64_t until, int64_t *count_r, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_state_begin(state, &query,
                        "SELECT count(*) FROM folders WHERE kind = $1 AND oldest_stored_at > 0 "
                        "AND oldest_stored_at <= $2",
                        error))
        return BK_FAILED;
    bk_query_bind_text(&query, kind_words[kind - 1]);
    bk_query_bind_number(&query, until);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *count_r = bk_query_number(&query);
    bk_query_end(&query);
    return found;
}
