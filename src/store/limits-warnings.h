/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The warnings of limits.db: what each account was told of its filling mailbox, and how far the
 * daemon has looked through usage and settings. All of it may be lost with the file.
 */
#ifndef BK_STORE_LIMITS_WARNINGS_H
#define BK_STORE_LIMITS_WARNINGS_H

#include "rules/warning.h"
#include "store/limits.h"

/* ABSENT: never anything; *warned_r is empty then, and after FAILED. */
enum bk_lookup bk_limits_lookup_warned(struct bk_limits *limits, int64_t account_id,
                                       struct bk_warned *warned_r, struct bk_error *error);
/* Within a transaction, as all writing (limits.h). */
bool bk_limits_put_warned(struct bk_limits *limits, int64_t account_id,
                          const struct bk_warned *warned, struct bk_error *error);
bool bk_limits_delete_warned(struct bk_limits *limits, int64_t account_id, struct bk_error *error);

/* Accounts that are to be looked at by `now`, at most `count` of them; the earliest first. */
typedef bool bk_limits_due_row(void *context, int64_t account_id);
enum bk_lookup bk_limits_list_due(struct bk_limits *limits, int64_t now, int64_t count,
                                  bk_limits_due_row *row, void *context, struct bk_error *error);

struct bk_warning_progress {
    int64_t usage_sequence;  /* of state.db: looked at up to here */
    int64_t change_sequence; /* of settings.db */
    int64_t walk_account_id; /* a look at all accounts goes on from here; -1 = none */
    int64_t known_sequence;  /* usage up to this one counts as told; -1 = none */
};
/* ABSENT: nobody has looked yet, or what was known is lost. */
enum bk_lookup bk_limits_lookup_progress(struct bk_limits *limits,
                                         struct bk_warning_progress *progress_r,
                                         struct bk_error *error);
bool bk_limits_put_progress(struct bk_limits *limits, const struct bk_warning_progress *progress,
                            struct bk_error *error);

#endif
