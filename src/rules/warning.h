/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Warnings that a mailbox fills up: at 80, 90 and 95 % of the limit, and once when usage falls
 * below all of them again (PRODUCT.md section 6). Which one is due now is decided from the usage,
 * the limit in force and what was told before; the daemon looks, sends and remembers.
 *
 * - What passes two thresholds at once is one mail, about the higher one.
 * - Each kind of mail goes to an account at most once in 24 hours. What is held back for that is
 *   looked at again when the time has passed, and told if it is still so.
 * - From 95 down to 85 % tells nothing, but passing 90 % again does.
 * - A limit that was lowered or raised is as good as usage that rose or fell. Without a limit there
 *   is nothing to tell.
 * - Whoever takes no mail (suspended, being deleted, receive OFF) gets no warning; it comes when he
 *   takes mail again. A plan may have none at all (quota_warnings).
 */
#ifndef BK_RULES_WARNING_H
#define BK_RULES_WARNING_H

#include "rules/arena.h"
#include "rules/usage.h"

#define BK_WARNING_INTERVAL_SECONDS 86400

/* The kinds of mail. */
enum bk_warning {
    BK_WARNING_BELOW = 0, /* below all thresholds again */
    BK_WARNING_80,
    BK_WARNING_90,
    BK_WARNING_95,
    BK_WARNING_COUNT,
};

/* What an account was told. All 0: never anything. */
struct bk_warned {
    enum bk_warning told;              /* what it knows; BELOW: no threshold is passed */
    int64_t sent_at[BK_WARNING_COUNT]; /* the last mail of each kind; 0 = never */
    int64_t look_at;                   /* when to look again by all means; 0 = at the next change */
};

/* The highest threshold that `used_bytes` has reached; BELOW also for limit 0 (unlimited). */
enum bk_warning bk_warning_reached(int64_t used_bytes, int64_t limit_bytes);
/* 80, 90, 95; 0 for BELOW. */
int bk_warning_percent(enum bk_warning warning);
/* How full: whole percents, rounded down; 0 for limit 0. */
int64_t bk_usage_percent(int64_t used_bytes, int64_t limit_bytes);

struct bk_warning_decision {
    bool send;
    enum bk_warning warning; /* to send */
    struct bk_warned after;  /* to remember: once the mail is accepted, or at once */
};
/* `usage` unknown: nothing is due. */
struct bk_warning_decision bk_warning_decide(const struct bk_account *account,
                                             const struct bk_usage *usage,
                                             const struct bk_warned *before, int64_t now);

#endif
