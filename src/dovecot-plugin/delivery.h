/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Delivery: the rules of RCPT asked once more, for mail that did not come by SMTP or was queued
 * before a change. Two places in Dovecot's way of a message:
 *
 *   lmtp: local_deliver     ours first: refuses with exactly the reply that rules/admission gives,
 *     └ deliver_mail hook   before sieve can store or answer anything
 *         └ sieve           runs to its end
 *             └ storing     ours again: a message that is not to be stored is let go here
 *
 * Not stored (250 all the same): receive OFF, and the answer-only form <account
 * id>@boxkeeper.invalid that the alias map makes. Sieve runs for these too, for the auto-reply, and
 * sees boxkeeper_store = "no" in its environment; whatever scripts then want to store, the
 * transaction is rolled back.
 *
 * The address of RCPT is read where the server has it, never from ORCPT, which the client chooses.
 *
 * dovecot-lda has no such place and no replies: there a message that is refused waits
 * (EX_TEMPFAIL), except for a full mailbox, which the quota engine refuses by itself.
 */
#ifndef BOXKEEPER_DELIVERY_H
#define BOXKEEPER_DELIVERY_H

#include "dovecot-plugin/plugin.h"

/* Take and give back the hooks. After sieve's plugin was loaded. */
void boxkeeper_delivery_init(void);
void boxkeeper_delivery_deinit(void);

/* Put our functions into a new mailbox's. */
void boxkeeper_delivery_mailbox_allocated(struct mailbox_vfuncs *v);

#endif
