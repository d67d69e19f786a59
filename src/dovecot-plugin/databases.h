/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The two databases that the mail processes use, settings.db (read) and state.db (read and
 * written), held open once per process and shared by the users that it serves one after another.
 * They are opened at first use: after Dovecot's forks, and with the effective user of the mail.
 *
 * Neither may hold up mail. Whoever asks gets an answer or BK_FAILED; what that means for him
 * stands in rules/failure. The reason is logged here, once a minute at most.
 */
#ifndef BOXKEEPER_DATABASES_H
#define BOXKEEPER_DATABASES_H

#include "rules/account.h"
#include "rules/arena.h"
#include "rules/lookup.h"
#include "store/settings.h"
#include "store/state.h"

struct mail_user;

/* Remember the path of settings.db (the plugin's setting, NULL: the compiled default). The first
 * user's holds for the process: it is one server. */
void boxkeeper_databases_init(const char *settings_path);
/* Close what is open; the next use opens it again. */
void boxkeeper_databases_deinit(void);

/*
 * The account whose primary address is the Dovecot user `username`. ABSENT with *ours_r false: the
 * domain is not ours, and no hook acts; ABSENT with true: a domain of ours without that account.
 */
enum bk_lookup boxkeeper_lookup_account(struct bk_arena *arena, const char *username,
                                        const struct bk_account **account_r, bool *ours_r);

/* The settings, fresh for this moment, or NULL. For the sweep, which walks all accounts. */
struct bk_settings *boxkeeper_settings(void);
/* The state, open for writing, or NULL. */
struct bk_state *boxkeeper_state(void);
/* For writes outside a user's time, when the process may be root: from the first to the second it
 * is the owner of state.db's folder, so that what has to be made anew is his. */
void boxkeeper_state_become_owner(void);
void boxkeeper_state_become_oneself(void);

/* For failures of calls on the handles above. */
void boxkeeper_log_database_error(const char *what, const struct bk_error *error);

#endif
