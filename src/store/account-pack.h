/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * An account in about 80 bytes, for the cache of settings: all of it but its domain, of which only
 * the id is kept, with the address that it was found by.
 */
#ifndef BK_STORE_ACCOUNT_PACK_H
#define BK_STORE_ACCOUNT_PACK_H

#include "rules/account.h"
#include "rules/arena.h"

#define BK_PACKED_MAXIMUM_BYTES 4096

/* The size of what was put into `packed_r` (BK_PACKED_MAXIMUM_BYTES); 0: it does not fit. */
size_t bk_account_pack(unsigned char *packed_r, const char *address,
                       const struct bk_account *account);

/* The account that was packed, in `arena`, with NULL for its domain, whose id is in *domain_id_r.
 * NULL: it was found by another address. */
struct bk_account *bk_account_unpack(struct bk_arena *arena, const unsigned char *packed,
                                     size_t size, const char *address, int64_t *domain_id_r);

/* The id of the account that was packed. */
int64_t bk_account_packed_id(const unsigned char *packed);

#endif
