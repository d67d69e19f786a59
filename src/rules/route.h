/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Where mail for an address goes: mailboxes and outside addresses, flattened. This is the answer
 * that Postfix's virtual_alias_maps gets. Postfix would expand A to B to A by itself, but cycles,
 * long chains and many targets make it answer 451 for the whole message; so targets are walked
 * here, breadth first with a visited set (by account and extension) and a limit, and what comes out
 * is stable: a mailbox is a leaf only where its own answer contains itself, and expanding a leaf
 * once more leads to nothing new.
 *
 * - An address is looked up without its extension; the extension goes along to the mailbox. That of
 *   a domain alias is the same local part in its domain; an address that nobody has goes to the
 *   domain's catch-all account, with its extension, but without its local part.
 * - forward without copy: the targets. With copy: the targets and the mailbox. Receive OFF with a
 *   forward: the targets only. Receive OFF without: the mailbox (there the plugin lets it go).
 * - An account that has its auto-reply on and, by the line above, gets no mail in its mailbox: the
 *   form that only answers, <account id>[+extension]@boxkeeper.invalid, is a leaf too; for receive
 *   OFF without a forward in place of the mailbox.
 * - suspended, disabled or being deleted: its forwards rest, the mailbox itself is the leaf, and it
 *   carries the reason for which it takes nothing.
 * - Two ways to one mailbox under the same extension, or to one outside address, are one leaf.
 */
#ifndef BK_RULES_ROUTE_H
#define BK_RULES_ROUTE_H

#include "rules/address.h"
#include "rules/admission.h"

/* Postfix's virtual_alias_expansion_limit. It counts repetitions too: what a leaf with a forward
 * and a copy leads to is appended once more when Postfix asks for that leaf. */
#define BK_ROUTE_LEAVES_MAXIMUM 1000
#define BK_ROUTE_ANSWER_MAXIMUM_BYTES 90000 /* a socketmap reply is at most 100,000 bytes */
#define BK_ROUTE_STEPS_MAXIMUM 4000         /* targets looked up for one recipient */
/* A longer recipient is unknown: 64 + 1 + 255 of RFC 5321 section 4.5.3.1. A result of over 1000
 * bytes (virtual_alias_address_length_limit) would make Postfix defer the whole message. */
#define BK_ROUTE_RECIPIENT_MAXIMUM_BYTES 320

struct bk_route_leaf {
    const char *address; /* with extension; without quotes (bk_address_quote()) */
    /* NULL: an outside address, or an address of ours that is gone. */
    const struct bk_account *account;
    /* Why it takes nothing (suspended, disabled, deleting, unknown), or BK_REASON_NONE. Fullness is
     * not looked at here. */
    enum bk_admission_reason reason;
    /* `address` is <account id>@boxkeeper.invalid: LMTP answers there and stores nothing. */
    bool only_answers;
};
/* Does the message arrive there? A form that only answers stands for the mailbox where receive is
 * OFF and nothing is forwarded; beside targets it does not count. */
bool bk_route_leaf_takes(const struct bk_route_leaf *leaf);

struct bk_route {
    /* FOUND: an account of ours. ABSENT: no account has this address (`ours` tells whether that is
     * an unknown recipient). FAILED: something could not be read; nothing else counts then. */
    enum bk_lookup found;
    bool ours;                          /* the domain is ours */
    bool internal;                      /* an internal form (address.h) */
    const struct bk_account *account;   /* of the address asked; NULL unless FOUND */
    bool is_caught;                     /* it has the address as its domain's catch-all only */
    const char *address;                /* its primary address with the extension */
    const struct bk_route_leaf *leaves; /* in the order of discovery, living and not */
    size_t leaf_count;                  /* 0: a circle without copies */
    bool too_many;                      /* a limit was passed; leaves are not complete */
};

/* Look `recipient` up and walk its targets. Everything returned lives in `arena`. */
struct bk_route bk_route_resolve(struct bk_arena *arena, const struct bk_directory *directory,
                                 const char *recipient);

/* One leaf as the alias map answers it: quoted where needed, and outside addresses as
 * bk_address_to_relay(), so that their mail leaves with a sender of ours. */
const char *bk_route_answered(struct bk_arena *arena, const struct bk_route_leaf *leaf);

/*
 * The alias map's answer: the living leaves; if there are none, the dead ones (their delivery fails
 * and the sender is told: nothing is lost); in a circle or over a limit, the account's own address.
 * Comma separated, quoted where needed. NULL where the map has nothing to say (not ours, unknown,
 * internal), and after FAILED, which the caller has to tell from that.
 */
const char *bk_route_alias_answer(struct bk_arena *arena, const struct bk_route *route);

/*
 * What is wrong with this forward, before it is set (`account` as it would be, with its new
 * targets)? A target that leads back to the account itself, too many of them, … Circles are looked
 * for through suspended accounts too, for they may be resumed.
 */
enum bk_forward_problem {
    BK_FORWARD_FINE = 0,
    BK_FORWARD_NOT_ALLOWED, /* by the plan */
    BK_FORWARD_TOO_MANY,    /* over the plan's number, or over BK_ROUTE_LEAVES_MAXIMUM flattened */
    BK_FORWARD_SELF,        /* an address of the account itself */
    BK_FORWARD_CIRCLE,      /* leads back to the account over others */
    BK_FORWARD_UNKNOWN,     /* an address in a domain of ours that does not exist */
    BK_FORWARD_FAILED,      /* could not be looked up */
};
/* `target_r` names the target that is wrong (NULL if it is their number, or the plan). Targets have
 * passed bk_address_check(). */
enum bk_forward_problem bk_forward_check(struct bk_arena *arena,
                                         const struct bk_directory *directory,
                                         const struct bk_account *account, const char **target_r);
/* Does the account itself forward to an address of no domain of ours? */
enum bk_lookup bk_forward_goes_outside(struct bk_arena *arena, const struct bk_directory *directory,
                                       const struct bk_account *account);
/* English, for gettext, to follow the target, or the account's address where there is none. */
const char *bk_forward_problem_text(enum bk_forward_problem problem);

#endif
