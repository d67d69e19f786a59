/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Where mail for an address goes: mailboxes and outside addresses, flattened. This is the answer
 * that Postfix's virtual_alias_maps gets. Postfix would expand A to B to A by itself, but cycles,
 * long chains and many targets make it answer 451 for the whole message; so targets are walked
 * here, breadth first with a visited set (by account and extension) and a limit, and what comes out
 * needs no second expansion: a mailbox is a leaf only where its own answer contains itself.
 *
 * - An address is looked up without its extension; the extension goes along to the mailbox.
 * - forward without copy: the targets. With copy: the targets and the mailbox. Receive OFF with a
 *   forward: the targets only. Receive OFF without: the mailbox (the plugin lets the mail go
 * there).
 * - suspended, disabled or being deleted: its forwards rest, the mailbox itself is the leaf, and it
 *   carries the reason for which it takes nothing.
 * - Two ways to one mailbox under the same extension, or to one outside address, are one leaf.
 */
#ifndef BK_RULES_ROUTE_H
#define BK_RULES_ROUTE_H

#include "rules/address.h"
#include "rules/admission.h"

#define BK_ROUTE_LEAVES_MAXIMUM 1000        /* Postfix's virtual_alias_expansion_limit */
#define BK_ROUTE_ANSWER_MAXIMUM_BYTES 90000 /* a socketmap reply is at most 100,000 bytes */

struct bk_route_leaf {
    const char *address; /* with extension, as the alias map answers it */
    const struct bk_account
        *account; /* NULL: an outside address, or an address of ours that is gone */
    /* Why it takes nothing (suspended, disabled, deleting, unknown), or BK_REASON_NONE. Fullness is
     * not looked at here. */
    enum bk_admission_reason reason;
};

struct bk_route {
    /* FOUND: an account of ours. ABSENT: a domain of ours without such an address. FAILED: could
     * not be read. */
    enum bk_lookup found;
    bool ours;                          /* the domain is ours (meaningless after FAILED) */
    bool internal;                      /* an internal form (address.h) */
    const struct bk_account *account;   /* of the address asked; NULL unless FOUND */
    const char *address;                /* its primary address with the extension */
    const struct bk_route_leaf *leaves; /* in the order of discovery, living and not */
    size_t leaf_count;                  /* 0: a circle without copies */
    bool too_many;                      /* a limit was passed; leaves are not complete */
};

/* Look `recipient` up and walk its targets. Everything returned lives in `arena`. */
struct bk_route bk_route_resolve(struct bk_arena *arena, const struct bk_directory *directory,
                                 const char *recipient);

/*
 * The alias map's answer: the living leaves; if there are none, the dead ones (their delivery fails
 * and the sender is told: nothing is lost); in a circle or over a limit, the account's own address.
 * Comma separated. NULL where the map has nothing to say (not ours, unknown, internal).
 */
const char *bk_route_alias_answer(struct bk_arena *arena, const struct bk_route *route);

/*
 * What is wrong with this forward, before it is set (`account` as it would be, with its new
 * targets)? A target that leads back to the account itself, too many of them, …
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
/* `target_r` names the target that is wrong (NULL if it is their number). Targets have passed
 * bk_address_check(). */
enum bk_forward_problem bk_forward_check(struct bk_arena *arena,
                                         const struct bk_directory *directory,
                                         const struct bk_account *account, const char **target_r);
const char *bk_forward_problem_text(enum bk_forward_problem problem);

#endif
