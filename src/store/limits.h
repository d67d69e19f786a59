/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * limits.db: what accounts have sent. The daemon writes it, once a second; the CLI reads. It may be
 * lost: then counting begins anew, and whoever opens it for writing is told.
 */
#ifndef BK_STORE_LIMITS_H
#define BK_STORE_LIMITS_H

#include "rules/error.h"
#include "rules/lookup.h"
#include "rules/sending.h"

struct bk_limits;

/* NULL and `error` if it can't be opened now. */
struct bk_limits *bk_limits_open_reader(const char *path, struct bk_error *error);
/* Makes the file where it is missing or damaged (mode 0600). */
struct bk_limits *bk_limits_open_writer(const char *path, struct bk_error *error);
void bk_limits_close(struct bk_limits **limits);
/* A writer: is it usable, perhaps made anew? *made_r: since the last call (or the opening) it was,
 * so nothing that had been written is there. */
bool bk_limits_refresh(struct bk_limits *limits, bool *made_r, struct bk_error *error);

/* ABSENT: nothing on record; *sent_r is empty then, and after FAILED. */
enum bk_lookup bk_limits_lookup_sent(struct bk_limits *limits, int64_t account_id,
                                     struct bk_sent *sent_r, struct bk_error *error);

/* Writing happens in one transaction; after a false it is rolled back. */
bool bk_limits_begin(struct bk_limits *limits, struct bk_error *error);
bool bk_limits_put_sent(struct bk_limits *limits, int64_t account_id, const struct bk_sent *sent,
                        struct bk_error *error);
/* Periods that began before `time` go. */
bool bk_limits_forget_sent(struct bk_limits *limits, int64_t time, struct bk_error *error);
bool bk_limits_commit(struct bk_limits *limits, struct bk_error *error);

#endif
