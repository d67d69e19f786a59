/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * How long a handle that nobody may have to wait for (readers, state.db) waits at most. A busy
 * timeout alone does not bound it: while the index of the WAL is being set up or is locked, SQLite
 * tries a hundred times with growing pauses, ten seconds in sum, which the timeout does not know of
 * (walTryBeginRead in wal.c). So its pauses are kept short, and the timeout counts by the clock.
 */
#ifndef BK_STORE_PATIENCE_H
#define BK_STORE_PATIENCE_H

#include "store/database.h"

/*
 * sqlite3_open_v2() of database->path into database->connection, with the busy timeout
 * database->busy_milliseconds, counted by the clock. Returns SQLite's result; as there, the
 * connection is to be closed after an error too.
 */
int bk_patience_open(struct bk_database *database, int flags);

/* Before trying again what failed at once: a moment's pause, or false if
 * database->busy_milliseconds are over. *since is 0 before the first trial. */
bool bk_patience_pause(const struct bk_database *database, int64_t *since);

#endif
