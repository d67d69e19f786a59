/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Mail addresses as text: taken apart, folded to lower case, checked. An address that came by SMTP
 * is only taken apart (Postfix has checked it); one that an administrator typed is checked strictly:
 * a dot-atom local part (RFC 5321 section 4.1.2) and a domain of letters, digits and hyphens (RFC
 * 1123 section 2.1), within the lengths of RFC 5321 section 4.5.3.1. Quoted local parts are refused.
 */
#ifndef BK_RULES_ADDRESS_H
#define BK_RULES_ADDRESS_H

#include "rules/arena.h"

#include <stdbool.h>

/* The domain of forms that only Boxkeeper makes; nobody may send to it from outside (RFC 6761
 * section 6.4 keeps .invalid from ever existing). */
#define BK_INTERNAL_DOMAIN "boxkeeper.invalid"

struct bk_address {
    const char *local;     /* without the extension */
    const char *extension; /* without the +; NULL if there is none; "" for "name+@…" */
    const char *domain;
};

/*
 * Take `text` apart at its last @ and, in the local part, at the first + that is not its first
 * character; fold ASCII letters to lower case. False if there is no @ or a part is empty.
 */
bool bk_address_parse(struct bk_arena *arena, const char *text, struct bk_address *address_r);

/* local@domain, without the extension. */
const char *bk_address_plain(struct bk_arena *arena, const struct bk_address *address);

/* `address` with +`extension` before its @; the address itself where extension is NULL. */
const char *bk_address_extend(struct bk_arena *arena, const char *address, const char *extension);

/* In BK_INTERNAL_DOMAIN or below it, in any letter case. */
bool bk_address_is_internal(const char *text);

enum bk_address_problem {
    BK_ADDRESS_FINE = 0,
    BK_ADDRESS_NO_AT,
    BK_ADDRESS_LOCAL_EMPTY,
    BK_ADDRESS_LOCAL_LONG,      /* over 64 octets */
    BK_ADDRESS_LOCAL_CHARACTER, /* not a dot-atom */
    BK_ADDRESS_DOMAIN,          /* not a host name with a dot, or over 255 octets */
    BK_ADDRESS_LONG,            /* over 254 octets */
    BK_ADDRESS_INTERNAL,        /* in BK_INTERNAL_DOMAIN */
};

enum bk_address_problem bk_address_check(const char *text);
/* True for a domain name that bk_address_check() would take. */
bool bk_domain_name_is_valid(const char *domain);
/* English, for gettext: "has no @", … */
const char *bk_address_problem_text(enum bk_address_problem problem);

#endif
