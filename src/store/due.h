/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Whom the sweep has to visit, one after the other, without looking at everybody: state.db has an
 * index of the oldest message of each folder, and whatever is younger than the shortest duration in
 * force can't be due. In this order:
 *
 *   1. accounts with a message that is due, the one that has been so for longest first (reckoned
 *      with the shortest duration that a plan or domain has for such a folder);
 *   2. those that have a shorter duration of their own;
 *   3. those of which state.db knows nothing: all, when it was lost; they are looked at once;
 *   4. those of which all messages are to be looked at again (rules/retention).
 *
 * Candidates come in pieces of a few hundred, no snapshot stays open between two calls, and memory
 * does not grow with accounts. Each candidate is judged when its turn comes, by the settings and
 * state of that moment: so a hold, a suspension or a new duration holds from one account to the
 * next, and what somebody else has dealt with meanwhile is passed over. An account that stays due
 * because its visit failed is not named again: it has one place in the order.
 *
 * Durations that become shorter during a sweep may have to wait for the next one.
 */
#ifndef BK_STORE_DUE_H
#define BK_STORE_DUE_H

#include "store/settings.h"
#include "store/state.h"

struct bk_due;

/* One of several sweeps that work side by side: accounts with id % count == index. */
struct bk_due_share {
    int64_t index, count; /* { 0, 1 }: all */
};

/* Begin, as of `now`. NULL and `error` if settings can't be read. */
struct bk_due *bk_due_begin(struct bk_settings *settings, struct bk_due_share share, int64_t now,
                            struct bk_error *error);
/*
 * FOUND and the next account's primary address (valid until the next call); ABSENT at the end;
 * FAILED if settings can't be read. The handles may be others each time; `state` may be NULL or
 * unreadable: then everybody is unknown.
 */
enum bk_lookup bk_due_next(struct bk_due *due, struct bk_settings *settings, struct bk_state *state,
                           const char **address_r, struct bk_error *error);
void bk_due_end(struct bk_due **due);

/* For one account: does state.db know that nothing is to be done as of `now`, and when the next
 * thing is (INT64_MAX: nothing)? What is not known for sure is false. */
bool bk_due_is_nothing(struct bk_state *state, const struct bk_account *account, int64_t now,
                       int64_t *next_due_r);

/* How many folders may be due, for a progress bar: never less than the accounts of part 1. */
int64_t bk_due_count(struct bk_due *due, struct bk_state *state);

/* The lock of the one sweep of this host, on the folder of all mail: a descriptor to close(), or -1
 * and `error`. A program that is started without closing it holds it too. */
int bk_sweep_lock(const char *mail_root, struct bk_error *error);

#endif
