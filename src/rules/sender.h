/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * May this login send as this envelope sender? (PRODUCT.md section 5, "Sending"). Own primary
 * address and aliases, each also with an extension and in the aliases of its domain; not what a
 * catch-all account merely takes (it could write in the name of whoever had the address before);
 * the empty sender always (RFC 5321 section 4.5.5: notifications).
 */
#ifndef BK_RULES_SENDER_H
#define BK_RULES_SENDER_H

#include "rules/address.h"
#include "rules/directory.h"

enum bk_sender_reason {
    BK_SENDER_ALLOWED = 0,
    BK_SENDER_UNKNOWN_LOGIN,   /* 550 5.7.1: logged in, but settings do not know it */
    BK_SENDER_NOT_OWNER,       /* 553 5.7.1 */
    BK_SENDER_SUSPENDED,       /* 550 5.7.1 */
    BK_SENDER_FORCE_CHANGED,   /* 550 5.7.1 */
    BK_SENDER_NOT_SWITCHED_ON, /* 550 5.7.1: submission is OFF */
    BK_SENDER_SETTINGS_FAILED, /* 451 4.3.0 */
};

/* `login` is the SASL name (a primary address), `sender` the envelope sender, "" if empty. */
enum bk_sender_reason bk_sender_decide(struct bk_arena *arena, const struct bk_directory *directory,
                                       const char *login, const char *sender);

/* The SASL name that owns `sender` (with or without extension), for smtpd_sender_login_maps; ABSENT
 * if no account of ours does. */
enum bk_lookup bk_sender_owner(struct bk_arena *arena, const struct bk_directory *directory,
                               const char *sender, const char **login_r);

/* SMTP reply in English; NULL for BK_SENDER_ALLOWED. */
const char *bk_sender_reply(enum bk_sender_reason reason);

#endif
