/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * May this message come in for this recipient? One decision, obeyed by the policy daemon at RCPT,
 * by the plugin at delivery, and printed by `boxkeeper explain` (PRODUCT.md section 5).
 */
#ifndef BK_RULES_ADMISSION_H
#define BK_RULES_ADMISSION_H

#include "rules/directory.h"

enum bk_admission_action {
    BK_ADMISSION_ACCEPT = 1,
    BK_ADMISSION_REFUSE,       /* 5xx */
    BK_ADMISSION_DEFER,        /* 4xx */
    BK_ADMISSION_NONE_OF_OURS, /* DUNNO: somebody else decides */
};

enum bk_admission_reason {
    BK_REASON_NONE = 0,
    BK_REASON_UNKNOWN_RECIPIENT, /* 550 5.1.1 */
    BK_REASON_INTERNAL_FORM,     /* 550 5.1.1: boxkeeper.invalid from outside */
    BK_REASON_SUSPENDED,         /* 550 5.2.1 */
    BK_REASON_DISABLED,          /* 550 5.2.1: receive OFF where the plan refuses */
    BK_REASON_FULL,              /* 552 5.2.2 */
    BK_REASON_FULL_FOR_NOW,      /* 452 4.2.2, where the plan says so */
    BK_REASON_CIRCLE,            /* 550 5.4.6: forwards in a circle, nobody would store it */
    BK_REASON_TOO_MANY_TARGETS,  /* 550 5.5.3 */
    BK_REASON_DELETING,          /* 451 4.3.0 */
    BK_REASON_SETTINGS_FAILED,   /* 451 4.3.0: never "unknown user" */
    BK_REASON_NOT_IN_SETTINGS,   /* 451 4.3.0 at delivery: userdb knows it, settings do not */
};

struct bk_admission {
    enum bk_admission_action action;
    enum bk_admission_reason reason;
    /* Whose setting decided: a primary address (the recipient's or a forward target's), a target of
     * ours that is gone, or NULL. */
    const char *decided_by;
    /* ACCEPT at delivery: false = let it go after sieve has run (receive OFF). */
    bool store;
};

struct bk_route;

/*
 * At RCPT: over the flattened targets of `route` (route.h). `message_bytes` is the client's SIZE, 0
 * if it gave none. Usage comes from `directory`, asked only for mailboxes that could be full.
 * The recipient's own mailbox, if the message would be stored there, refuses by being full even
 * where targets live; else one leaf that takes the message is enough; else the first one's reason
 * counts.
 */
struct bk_admission bk_admission_decide(const struct bk_directory *directory,
                                        const struct bk_route *route, int64_t message_bytes);

/*
 * At delivery into one mailbox: Postfix has expanded forwards already, and a forward set since then
 * must not keep the message from being stored; so receive OFF lets it go only where no forward
 * stands. What came for an internal form (`recipient` is RCPT's address) is answered only: nothing
 * is stored, and nothing is ever full; but a warning that the mailbox fills up (its own form,
 * address.h) is stored however full it is, unless the account does not receive. `found` says how
 * the look-up of the account ended (`account` is NULL unless FOUND).
 */
struct bk_admission bk_admission_decide_delivery(enum bk_lookup found,
                                                 const struct bk_account *account,
                                                 const char *recipient,
                                                 const struct bk_usage *usage,
                                                 int64_t message_bytes);

/* An account that takes no mail at all now: its reason, or BK_REASON_NONE. */
enum bk_admission_reason bk_admission_account_reason(const struct bk_account *account);

/* Action of a reason: 5xx, 4xx or accept. */
enum bk_admission_action bk_admission_action(enum bk_admission_reason reason);

/* "550 5.1.1 no such recipient" and so on: the reply of SMTP and LMTP (RFC 5321, RFC 3463), in
 * English, without line end. NULL for BK_REASON_NONE. */
const char *bk_admission_reply(enum bk_admission_reason reason);

#endif
