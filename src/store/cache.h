/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Databases that may be lost, state.db and limits.db: their writer makes them anew where they are
 * missing, damaged or replaced, also while it runs.
 */
#ifndef BK_STORE_CACHE_H
#define BK_STORE_CACHE_H

#include "store/database.h"

/* Connect, and check the schema; not connected after false. */
bool bk_cache_connect(struct bk_database *database, struct bk_error *error);
/* For a writer: make the handle usable again, whatever happened to the file. *made_r: it is a new,
 * empty one. */
bool bk_cache_mend(struct bk_database *database, bool *made_r, struct bk_error *error);
/* Still the file at its path, and the last statement found no damage. */
bool bk_cache_is_usable(struct bk_database *database);

#endif
