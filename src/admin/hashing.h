/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Hashes of many passwords, on all processors: yescrypt takes some 25 ms for each, on purpose.
 */
#ifndef BK_ADMIN_HASHING_H
#define BK_ADMIN_HASHING_H

#include "admin/admin.h"

struct bk_hashing {
    const char *password; /* NULL: nothing to do */
    const char *setting;  /* a hash to hash like, which gives it again; NULL: a new salt */
    const char *hash;     /* the result, in the arena */
};

/* Fill the hashes, with a progress bar. Can't be stopped but by ending the process. */
bool bk_hash_all(struct bk_admin *admin, struct bk_hashing *items, size_t count);

#endif
