/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What an account is, as every room sees it: the account's own row, its domain's and its domain's
 * plan, always loaded together and read-only from then on. The strings and the structs belong to
 * the arena they were loaded into.
 *
 * Addresses and logins are lower case throughout (ASCII letters; RFC 5321 section 2.4 lets the
 * receiving system decide about case). Times are epoch seconds, durations seconds, sizes bytes.
 */
#ifndef BK_RULES_ACCOUNT_H
#define BK_RULES_ACCOUNT_H

#include "rules/plan.h"

#include <stddef.h>

#define BK_INHERIT ((int64_t)-1) /* a duration, capacity or limit that is set one level up */
#define BK_SEND_LIMITS_INHERITED                                                                   \
    ((struct bk_send_limits){BK_INHERIT, BK_INHERIT, BK_INHERIT, BK_INHERIT})

struct bk_domain {
    int64_t id;
    const char *name;
    const struct bk_plan *plan;
    const char *login_prefix; /* NULL: the login is the primary address */
    const char *time_zone;    /* of the tz database; NULL: the server's */
    const char *language;     /* of new accounts; NULL: en */
    bool suspended;
    int64_t catch_all_account_id;       /* 0 = none */
    int64_t accounts_maximum;           /* 0 = no limit */
    int64_t capacity_sum_maximum_bytes; /* 0 = no limit */
    int64_t capacity_maximum_bytes; /* upper limit of one account where the plan is a range; 0 = the
                                       plan's */
    int64_t default_capacity_bytes; /* BK_INHERIT: the plan's */
    int64_t archive_seconds;        /* BK_INHERIT: the plan's; 0 = never */
    int64_t trash_seconds;
    int64_t junk_seconds;
    struct bk_send_limits send;
};

enum bk_account_state {
    BK_ACCOUNT_ACTIVE = 1,
    BK_ACCOUNT_DELETING, /* a deletion has begun: nothing is delivered, the name is not free yet */
};

struct bk_account {
    int64_t id; /* never used again for another account */
    enum bk_account_state state;
    const struct bk_domain *domain;
    const char *name;            /* what the administrator typed before the @ */
    const char *primary_address; /* Dovecot's user and the SASL name */
    const char *login;
    const char *full_name;
    const char *comment;
    const char *language;   /* ja en fr de it pt es */
    const char *rights;     /* recorded and shown only */
    int64_t capacity_bytes; /* 0 = unlimited */
    bool receive;
    bool suspended; /* the account itself; see bk_account_is_suspended() */
    bool force_changed;
    bool external_auth; /* the operator's own passdb authenticates */
    bool imap_allowed, pop3_allowed, submission_allowed, managesieve_allowed;
    const char *const *forward_targets; /* lower-cased, in the order given */
    size_t forward_target_count;
    bool forward_keep_copy;
    bool auto_reply;         /* as set; bk_auto_reply_is_on() asks the plan too */
    int64_t archive_seconds; /* BK_INHERIT: the domain's */
    int64_t trash_seconds;
    int64_t junk_seconds;
    struct bk_send_limits send;
    const char *hold_reason; /* NULL: no hold */
    int64_t created_at;
};

/* Suspended by itself or with its domain. */
bool bk_account_is_suspended(const struct bk_account *account);

#endif
