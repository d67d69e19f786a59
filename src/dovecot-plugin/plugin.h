/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The Dovecot plugin: what Boxkeeper does inside the mail processes. It decides nothing: it brings
 * to src/rules what Dovecot knows (folders, dates, sizes), and does what comes back.
 *
 *   plugin      loads, and gives each user a context (this file)
 *   databases   settings.db and state.db, one handle a process
 *   quota       the live limit, inside Dovecot's own quota engine
 *   usage       tells state.db how full the mailbox is
 *   activity    tells it when he logged in, and when mail came
 *   delivery    asks admission once more in LMTP; what is not to be stored is let go
 *   spam        its verdict on the message, for sieve
 *   auto-reply  what vacation has to know; quote: the text that it answers
 *   folders     which folders retention is about
 *   retention   archive and expiry at the end of a session, in long sessions, and by the sweep
 *   erase       all mail of a user, for the CLI's job
 *   archive     the move itself, safe against being killed anywhere
 *   doveadm     a module of its own: `doveadm boxkeeper …`
 *
 * Order of loading is order of file names: lib95 comes after lib10_quota, whose backend we copy,
 * and after lib90_sieve, whose delivery we wrap. Dovecot loads with RTLD_NOW: what exists only in
 * lmtp or lda is declared weak here, or imap could not load the plugin.
 *
 * raw-mail-user, which lmtp makes to parse what arrives, is no account and gets no context. A user
 * made for a shared folder's owner gets one: his limit holds when others store there.
 */
#ifndef BOXKEEPER_PLUGIN_H
#define BOXKEEPER_PLUGIN_H

#include "dovecot-compat.h"

#include "store/settings.h"

#include <stdint.h>

struct boxkeeper_user {
    union mail_user_module_context module_ctx;
    struct mail_user *user;
    const char *cached_fields_before;
    bool ready; /* its namespaces are there */

    /* quota.c */
    bool limit_known;             /* false: nothing could be read, not even an old limit */
    int64_t limit_bytes;          /* in force; 0 = unlimited */
    int64_t trash_limit_bytes;    /* for a copy into the trash */
    int64_t account_id;           /* 0: no account of ours, or not known yet */
    struct timeval limit_read_at; /* the moment (of the I/O loop) at which it was read */
    struct bk_settings_version limit_version; /* what it was read from */
    boxkeeper_test_alloc_function *next_test_alloc;

    /* usage.c */
    struct timeout *usage_timeout;
    bool usage_changed;
    int64_t reported_bytes, reported_messages, reported_limit_bytes; /* -1: not yet */
    bool measured;                                                   /* what follows is known */
    int64_t measured_bytes, measured_messages; /* with what was stored and removed since then */
    bool stored_elsewhere;                     /* not only in the INBOX */

    /* delivery.c: the message being delivered is not to be stored; it is to be stored however full
     * the mailbox is */
    bool store_nothing, store_though_full;

    /* retention.c */
    struct timeout *retention_timeout;
    bool mail_changed; /* mail or folders, since retention looked last */
};

struct boxkeeper_mailbox {
    union mailbox_module_context module_ctx;
    /* quota.c */
    bool copying_within_account, moving_within_account;
    bool trash_looked_up, is_trash;
};

extern MODULE_CONTEXT_DEFINE(boxkeeper_user_module, &mail_user_module_register);
extern MODULE_CONTEXT_DEFINE(boxkeeper_mailbox_module, &mail_storage_module_register);

#define BOXKEEPER_USER(obj) ((struct boxkeeper_user *)MODULE_CONTEXT(obj, boxkeeper_user_module))
#define BOXKEEPER_MAILBOX(obj)                                                                     \
    ((struct boxkeeper_mailbox *)MODULE_CONTEXT(obj, boxkeeper_mailbox_module))

/* Whose quota and retention a folder belongs to; NULL where no hook of ours acts. */
struct boxkeeper_user *boxkeeper_owner(const struct mailbox *box);

/* Is this the login session of the user by IMAP or POP3 (not lmtp, not doveadm)? */
bool boxkeeper_is_session(const struct mail_user *user);

#endif
