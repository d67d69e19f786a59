/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What the files of limits.db share; for no other file.
 */
#ifndef BK_STORE_LIMITS_PRIVATE_H
#define BK_STORE_LIMITS_PRIVATE_H

#include "store/database.h"
#include "store/limits.h"

struct bk_limits {
    struct bk_database database;
    bool made; /* anew, and nobody has asked yet */
};

/* Rolls the transaction back where `is_fine` is false; returns it. */
bool bk_limits_keep(struct bk_limits *limits, bool is_fine);

#endif
