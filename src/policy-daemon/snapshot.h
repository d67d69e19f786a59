/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The databases as one turn of the event loop sees them. A turn answers everything that is ready;
 * its first request begins one read transaction on settings.db, and it ends before the loop waits
 * again: a commit of the CLI is seen by the next request, and nobody waits inside a transaction.
 *
 * Nothing that fails here stops the daemon. While settings.db cannot be read, every look-up is
 * FAILED, which the rules turn into "try again later"; once a second it is opened anew. A turn
 * waits for a busy database at most once (200 ms in the store), however many requests it has.
 * state.db may be missing: then usage is unknown, and the delivery checks the quota alone. Both are
 * logged when they begin to fail and when they can be read again.
 */
#ifndef BK_POLICY_DAEMON_SNAPSHOT_H
#define BK_POLICY_DAEMON_SNAPSHOT_H

#include "rules/arena.h"
#include "rules/directory.h"

struct bk_settings;
struct bk_snapshot;
struct bk_state;

/* Opens nothing yet. `settings_path` must stay valid. Accounts are kept from one turn to the next
 * in up to `cache_bytes` of memory, and their usage in half as much (settings-cache.h and state.h:
 * never an old one); 0: not at all. */
struct bk_snapshot *bk_snapshot_create(const char *settings_path, size_t cache_bytes);
/* Closes everything and sets *snapshot to NULL. */
void bk_snapshot_destroy(struct bk_snapshot **snapshot);

/* The look-ups for one request, whose results live in `arena`; begins the turn's transaction if it
 * has not begun. Never NULL; valid until the next call or the end of the turn. */
const struct bk_directory *bk_snapshot_directory(struct bk_snapshot *snapshot,
                                                 struct bk_arena *arena);
/* The databases themselves, for what is no look-up of the rules: within the turn that
 * bk_snapshot_directory() has begun. NULL: can't be read now. */
struct bk_settings *bk_snapshot_settings(struct bk_snapshot *snapshot);
struct bk_state *bk_snapshot_state(struct bk_snapshot *snapshot);
/* Where settings say that limits.db is; NULL: not known yet. Valid until the next turn. */
const char *bk_snapshot_limits_path(const struct bk_snapshot *snapshot);
/* To be called before waiting. */
void bk_snapshot_end_turn(struct bk_snapshot *snapshot);
/* Open everything anew at the next request. */
void bk_snapshot_reopen(struct bk_snapshot *snapshot);

#endif
