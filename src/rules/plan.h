/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * A plan: what the accounts of a domain may have, and their defaults. Every cell of the table in
 * PRODUCT.md section 2 is a field here and a column of the table `plans`; no rule anywhere asks for
 * a plan by its name. Strings belong to whoever loaded the plan (an arena).
 */
#ifndef BK_RULES_PLAN_H
#define BK_RULES_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum bk_capacity_kind {
    BK_CAPACITY_ANY = 1, /* any size, also 0 */
    BK_CAPACITY_CHOICES, /* one of capacity_choices */
    BK_CAPACITY_RANGE,   /* capacity_minimum_bytes to capacity_maximum_bytes, not 0 */
    BK_CAPACITY_FIXED,   /* not settable: the plan's default */
};

enum bk_receive_off {
    BK_RECEIVE_OFF_DROPS = 1, /* accepted, not stored */
    BK_RECEIVE_OFF_REFUSES,   /* 550 5.2.1 at RCPT */
};

/* Which of the two manuals' alphabets holds for names and passwords. */
enum bk_panel { BK_PANEL_A = 1, BK_PANEL_B };

enum bk_retention_kind {
    BK_RETENTION_ANY = 1, /* account and domain may set their own durations */
    BK_RETENTION_FIXED,   /* the plan's durations, not settable */
    BK_RETENTION_NONE,    /* nothing is archived or expired */
};

/* How much may be sent: 0 = unlimited; BK_INHERIT: as one level up (not in a plan). */
struct bk_send_limits {
    int64_t messages_per_hour, messages_per_day;
    int64_t recipients_per_hour, recipients_per_day;
};

struct bk_plan {
    const char *name;
    /* capacity */
    enum bk_capacity_kind capacity_kind;
    const char *capacity_choices; /* bytes, comma separated, "0" = unlimited; "" if none */
    int64_t capacity_minimum_bytes;
    int64_t capacity_maximum_bytes; /* 0 = no upper limit */
    bool capacity_required;         /* account create must name one */
    int64_t capacity_default_bytes; /* 0 = unlimited */
    int64_t quota_grace_bytes;      /* a message may pass the limit by so much */
    bool full_is_temporary;         /* 452 4.2.2 instead of 552 5.2.2 */
    bool quota_warnings;            /* by mail, at 80, 90 and 95 % and when below again */
    /* receiving, forwarding, answering */
    enum bk_receive_off receive_off;
    bool forward_allowed;
    int64_t forward_targets_maximum; /* 0 = no limit */
    bool auto_reply_allowed;
    int64_t auto_reply_width_maximum;    /* half-width characters, 0 = no limit */
    int64_t auto_reply_interval_seconds; /* one answer per sender in it */
    /* spam */
    bool spam_tag_allowed;
    bool spam_tag_default;
    const char *spam_tag_text; /* the default text of the subject tag */
    bool spam_tag_text_settable;
    bool spam_sort_allowed;
    bool spam_sort_default;
    const char *spam_folder;
    bool spam_actions_allowed;     /* off, tag, move, delete */
    bool spam_lists_allowed;       /* score, allow and block list */
    int64_t spam_score_hundredths; /* required score where the account has none */
    struct bk_send_limits send;
    /* retention */
    enum bk_retention_kind retention_kind;
    int64_t archive_seconds; /* 0 = never */
    int64_t trash_seconds;
    int64_t junk_seconds;
    const char *trash_names; /* further names of trash folders, one a line; "" = none */
    /* accounts */
    int64_t registration_rows_maximum; /* 0 = no limit */
    enum bk_panel name_rule;
    int64_t name_length_minimum;
    int64_t name_length_maximum;
    enum bk_panel password_rule;
    int64_t password_length_minimum;
    int64_t password_length_maximum;
    bool password_dictionary;       /* libpwquality must find it good */
    bool full_name_required;        /* filled with the account's name when nothing is said */
    const char *present_from_start; /* account names, one a line */
};

/* Is `name` one of the lines of a field with one name a line (trash_names, present_from_start)? */
bool bk_plan_lists(const char *lines, const char *name);

#endif
