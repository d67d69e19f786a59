/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a message that a scanner has looked at. The scanner in front of the mailbox
 * (rspamd, SpamAssassin) writes its opinion into the header; here that opinion, the account's
 * settings and its lists of senders become one verdict, which sieve carries out. Scores are
 * decimals and are compared in hundredths; sieve knows only whole numbers.
 *
 *   header ─▶ bk_spam_scan ┐
 *   settings + plan ─▶ bk_spam_filter ┼─▶ bk_spam_verdict: tag text, folder, delete, or nothing
 *   From, envelope sender ┘
 *
 * Postfix has removed such headers of the sender's own before the scanner added its own
 * (conf/postfix/main.cf). Should several stand there all the same, the worst opinion counts: a
 * forged good one helps nobody.
 */
#ifndef BK_RULES_SPAM_H
#define BK_RULES_SPAM_H

#include "rules/arena.h"
#include "rules/plan.h"

#include <stddef.h>

#define BK_SPAM_SCORE_OF_PLAN INT64_MIN
/* Panel B's manual: in practice between 5.0 and 8.0. */
#define BK_SPAM_SCORE_SENSIBLE_MINIMUM 500
#define BK_SPAM_SCORE_SENSIBLE_MAXIMUM 800
#define BK_SPAM_TAG_MAXIMUM_BYTES 200

/* Panel B's four; the two switches tag and sort of panel A say the same in another way. */
enum bk_spam_action {
    BK_SPAM_ACTION_OFF = 1,
    BK_SPAM_ACTION_TAG,
    BK_SPAM_ACTION_MOVE,
    BK_SPAM_ACTION_DELETE,
};

/* As set for one account. `tag`, `sort` and `discard` count only where `is_set`. */
struct bk_spam_settings {
    bool is_set; /* false: nothing was ever set, the plan's defaults hold */
    bool tag;
    const char *tag_text; /* NULL: the plan's */
    bool sort;
    bool discard;
    int64_t score_hundredths;          /* BK_SPAM_SCORE_OF_PLAN: the plan's */
    bool asian_mail, non_english_mail; /* ON: no points for such text; for the scanner, later */
    const char *const *allowed;        /* lower-cased patterns */
    size_t allowed_count;
    const char *const *blocked;
    size_t blocked_count;
};

/* What is in force: the settings as far as the plan allows them. */
struct bk_spam_filter {
    bool tag;
    const char *tag_text; /* with _SCORE_ */
    const char *folder;   /* NULL: not sorted */
    bool discard;
    bool score_decides; /* false: the scanner's own yes or no does */
    int64_t score_hundredths;
    const char *const *allowed;
    size_t allowed_count;
    const char *const *blocked;
    size_t blocked_count;
};
struct bk_spam_filter bk_spam_filter(const struct bk_plan *plan,
                                     const struct bk_spam_settings *settings);

/* The one of panel B's four that comes nearest; a sorted message may have a tag as well. */
enum bk_spam_action bk_spam_filter_action(const struct bk_spam_filter *filter);
/* off, tag, move, delete; NULL-terminated, in the order of the enum. */
extern const char *const bk_spam_action_words[];
/* The switches that stand for an action. "move" leaves the tag as it is. */
void bk_spam_set_action(struct bk_spam_settings *settings, enum bk_spam_action action);

enum bk_spam_opinion { BK_SPAM_NO_OPINION = 0, BK_SPAM_NO, BK_SPAM_YES };

/* The scanner's opinion; begins as {0}. */
struct bk_spam_scan {
    enum bk_spam_opinion opinion;
    bool has_score;
    int64_t score_hundredths; /* rounded down, so that comparing with hundredths is exact */
    const char *score_text;   /* as the scanner wrote it: "7.1" */
};

/* Headers that bk_spam_scan_header() reads; ends with NULL. */
extern const char *const bk_spam_headers[];
/*
 * Take one header line in: X-Spam: Yes, X-Spam-Flag: YES, X-Spam-Score: 7.1, X-Spam-Status: Yes,
 * score=7.1 required=5.0 …, X-Spamd-Result: default: True [7.10 / 15.00]; … What is none of these
 * changes nothing. `name` in any letter case.
 */
void bk_spam_scan_header(struct bk_arena *arena, struct bk_spam_scan *scan, const char *name,
                         const char *value);

enum bk_spam_reason {
    BK_SPAM_BECAUSE_NOTHING = 0, /* no opinion: not spam */
    BK_SPAM_BECAUSE_ALLOWED,
    BK_SPAM_BECAUSE_BLOCKED,
    BK_SPAM_BECAUSE_SCORE,
    BK_SPAM_BECAUSE_SCANNER,
};

struct bk_spam_verdict {
    bool spam; /* also where the settings do nothing about it: no auto-reply goes to spam */
    enum bk_spam_reason reason;
    const char *tag;    /* to stand before the subject, score filled in; NULL: none */
    const char *folder; /* NULL: INBOX, or wherever the user's own scripts put it */
    bool discard;
};

/*
 * `senders`: the addresses of From and the envelope sender, in any letter case. The allow list
 * wins; a blocked sender is spam whatever the score.
 */
struct bk_spam_verdict bk_spam_decide(struct bk_arena *arena, const struct bk_spam_filter *filter,
                                      const struct bk_spam_scan *scan, const char *const *senders,
                                      size_t sender_count);

/* An address, @domain or *@domain? In any letter case. */
bool bk_spam_pattern_is_valid(const char *text);
/* "5", "5.0", "-1.25": at most two decimals, below 1000. False, and *hundredths_r as it was, for
 * anything else. */
bool bk_spam_score_parse(const char *text, int64_t *hundredths_r);
/* One line of UTF-8 without control characters, not empty, not too long? */
bool bk_spam_tag_text_is_valid(const char *text);

#endif
