/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Mail addresses as text: taken apart, folded to lower case, checked. An address that came by SMTP
 * is only taken apart (Postfix has checked it); one that an administrator typed is checked
 * strictly: a dot-atom local part (RFC 5321 section 4.1.2) and a domain of letters, digits and
 * hyphens (RFC 1123 section 2.1), within the lengths of RFC 5321 section 4.5.3.1. Quoted local
 * parts are refused.
 */
#ifndef BK_RULES_ADDRESS_H
#define BK_RULES_ADDRESS_H

#include "rules/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* The domain of forms that only Boxkeeper makes; nobody may send to it from outside (RFC 6761
 * section 6.4 keeps .invalid from ever existing). */
#define BK_INTERNAL_DOMAIN "boxkeeper.invalid"

/* Forwards to other hosts go out by way of this one (bk_address_to_relay()). */
#define BK_RELAY_DOMAIN "fwd." BK_INTERNAL_DOMAIN

/* Warnings that a mailbox fills up come to <account id>@ this one, and are stored even when it is
 * full. Only the daemon's own smtpd takes and carries this form (conf/postfix/master.cf). */
#define BK_WARNING_DOMAIN "warning." BK_INTERNAL_DOMAIN

struct bk_address {
    const char *local;     /* without the extension */
    const char *extension; /* without the +; NULL if there is none; "" for "name+@…" */
    const char *domain;
};

/*
 * Take `text` apart at its last @ and, in the local part, at the first + that is not its first
 * character; fold ASCII letters to lower case; drop one dot at the end, as Postfix does. False if
 * there is no @, a part is empty, or it has a control character. Everything else goes through: a
 * local part comes unquoted from Postfix, with blanks, commas and more @ (bk_address_quote()).
 */
bool bk_address_parse(struct bk_arena *arena, const char *text, struct bk_address *address_r);

/* local@domain, without the extension. */
const char *bk_address_plain(struct bk_arena *arena, const struct bk_address *address);

/* `address` with +`extension` before its @; the address itself where extension is NULL. */
const char *bk_address_extend(struct bk_arena *arena, const char *address, const char *extension);

/*
 * `address` as it may stand in a list of addresses (RFC 5322 section 3.4): its local part in quotes
 * where it is no dot-atom, so that a comma in an extension does not begin another recipient.
 */
const char *bk_address_quote(struct bk_arena *arena, const char *address);

/* `text` with ASCII letters in lower case. */
char *bk_address_fold(struct bk_arena *arena, const char *text);

/*
 * In BK_INTERNAL_DOMAIN or below it, in any letter case; also in the forms that Postfix would
 * resolve to it: a dot at the end, user%domain, domain!user, "user@domain"@elsewhere.
 */
bool bk_address_is_internal(const char *text);

/*
 * The internal form of an outside address that mail is forwarded to: user@host.example is
 * user=host.example@BK_RELAY_DOMAIN. Postfix takes such mail through a second cleanup, which turns
 * the form back and gives the message a sender of ours (SRS).
 */
const char *bk_address_to_relay(struct bk_arena *arena, const char *address);
/* Back; NULL if it is no such form. */
const char *bk_address_from_relay(struct bk_arena *arena, const char *form);

/*
 * The address in a sender that postsrsd has rewritten, SRS0=hash=time=domain=local@host, folded;
 * NULL if it is no such form. Whether the hash is right is not looked at: nothing may be let in by
 * this. (SRS1, of mail that came forwarded already, was never a sender of ours.)
 */
const char *bk_address_from_srs(struct bk_arena *arena, const char *sender);

/* The form of a warning's recipient, and whether `text` is one. */
const char *bk_address_to_warning(struct bk_arena *arena, int64_t account_id);
bool bk_address_is_warning(const char *text);

enum bk_address_problem {
    BK_ADDRESS_FINE = 0,
    BK_ADDRESS_NO_AT,
    BK_ADDRESS_LOCAL_EMPTY,
    BK_ADDRESS_LOCAL_LONG,      /* over 64 octets */
    BK_ADDRESS_LOCAL_CHARACTER, /* not a dot-atom */
    BK_ADDRESS_DOMAIN,          /* not a host name with a dot, over 255 octets, or an IP address */
    BK_ADDRESS_LONG,            /* over 254 octets */
    BK_ADDRESS_INTERNAL,        /* in BK_INTERNAL_DOMAIN */
};

/* May an administrator write this address (in any letter case)? The strict check of above. */
enum bk_address_problem bk_address_check(const char *text);
/* True for a domain name that bk_address_check() would take. */
bool bk_domain_name_is_valid(const char *domain);
/* English, for gettext, to follow the address: "has no @". */
const char *bk_address_problem_text(enum bk_address_problem problem);

#endif
