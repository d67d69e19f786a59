/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * boxkeeper(1): the only writer of settings and credentials. This header is the core that every
 * command stands on: the table of commands, the parsed command line, the databases opened when they
 * are first asked for, and one error.
 *
 * A command is a row of the table in main.c and a function that gets a struct bk_admin. It returns
 * false after filling admin->error (bk_admin_fail()); error.kind is the exit status. Nobody prints
 * an error but main(). Results go to standard output, messages to standard error (output.h).
 *
 * Memory comes from admin->arena and is given back when the command is over; JSON values too, so
 * nothing here needs json_decref().
 *
 * A changing command has this shape, so that two of them never decide on stale facts:
 *     bk_admin_begin()            take the write lock of settings.db
 *     look up, ask src/rules, edit (store/settings-edit.h), bk_audit()
 *     bk_apply()                  credentials, commit, credentials, kick (apply.h)
 * A question (question.h) or a password prompt comes before bk_admin_begin().
 */
#ifndef BK_ADMIN_ADMIN_H
#define BK_ADMIN_ADMIN_H

#include "admin/mail_user.h"
#include "admin/text.h"
#include "rules/account.h"
#include "rules/arena.h"
#include "rules/error.h"
#include "store/credentials.h"
#include "store/limits.h"
#include "store/settings-edit.h"
#include "store/state.h"

#include <jansson.h>

/* One option of a command. A table of them ends with a NULL name; help, errors, completion
 * (`boxkeeper --help --json`) and the test of the documentation are made from it. */
struct bk_option {
    const char *name;  /* without the dashes */
    const char *value; /* what it takes, e.g. "SIZE"; NULL: nothing */
    const char *help;  /* English, marked with N_() */
    bool repeatable;
};

struct bk_admin;

struct bk_command {
    const char *noun;
    const char *verb; /* NULL: the noun is the whole command */
    /* Words in the order they are given: "ACCOUNT ALIAS...", "[PLAN]". Brackets: may be left out;
     * dots: one or more ("[X...]": none or more). Their number is checked by this text. */
    const char *arguments;
    const char *help;                /* English, one line, marked with N_() */
    const struct bk_option *options; /* NULL: none */
    bool changes;                    /* opens settings for writing: needs root */
    bool (*run)(struct bk_admin *admin);
};

/* The table in main.c; ends with a NULL noun. */
extern const struct bk_command bk_commands[];
/* Options that every command takes. */
extern const struct bk_option bk_global_options[];

struct bk_option_value {
    const struct bk_option *option;
    const char *value; /* NULL for an option that takes none */
};

struct bk_admin {
    struct bk_arena *arena;
    struct bk_error error;
    /* the command line */
    const char *settings_path;
    bool json, yes, dry_run, help, version;
    const char *noun;                 /* as typed; NULL: none */
    const struct bk_command *command; /* NULL after --help or --version without one */
    const char **arguments;           /* what bk_command.arguments names; ends with NULL */
    size_t argument_count;
    struct bk_option_value *options;
    size_t option_count;
    /* opened by the functions below */
    struct bk_settings *settings;
    struct bk_credentials *credentials;
    struct bk_state *state;
    bool state_tried;
    struct bk_limits *limits;
    bool limits_tried;
    int lock; /* open folder of credentials.db, locked; -1: not held */
    /* what the command did */
    bool edited;      /* something is to be committed (set by bk_audit()) */
    json_t *warnings; /* array of texts, for --json */
};

/* ---- the command line (command-line.c) ---- */

/* Fill admin's part of it; BK_ERROR_USAGE with what to do. */
bool bk_command_line_parse(struct bk_admin *admin, int count, char **words);
/* Usage of everything, of a noun or of one command, on standard output. */
void bk_help_print(struct bk_admin *admin);

bool bk_option_given(const struct bk_admin *admin, const char *name);
/* The last value given, or NULL. */
const char *bk_option_value(const struct bk_admin *admin, const char *name);
/* All values of a repeatable option in order, ending with NULL. */
const char **bk_option_values(const struct bk_admin *admin, const char *name, size_t *count_r);
/* "on" or "off" into value_r, which keeps its value where the option is not given. */
bool bk_option_switch(struct bk_admin *admin, const char *name, bool *value_r);
/* A whole number from `minimum` to `maximum`, as bk_option_switch(). */
bool bk_option_number(struct bk_admin *admin, const char *name, int64_t minimum, int64_t maximum,
                      int64_t *value_r);

/* ---- errors ---- */

/* Fills admin->error; always false. */
bool bk_admin_fail(struct bk_admin *admin, enum bk_error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- the databases (handles.c) ---- */

/* Open as the command needs it: a writer where it changes something. NULL: see admin->error. */
struct bk_settings *bk_admin_settings(struct bk_admin *admin);
struct bk_credentials *bk_admin_credentials(struct bk_admin *admin);
/* NULL without an error where state.db can't be read: then nothing is known from it. */
struct bk_state *bk_admin_state(struct bk_admin *admin);
/* The same of limits.db. */
struct bk_limits *bk_admin_limits(struct bk_admin *admin);
void bk_admin_close(struct bk_admin *admin);

/*
 * The lock against other changing commands, and a write transaction of settings.db. The lock is
 * held beyond the commit, until credentials are settled too (apply.h): without it a command could
 * take one that is on its way for one that was interrupted. It is flock(2) on the folder of
 * credentials.db, which only root can open, and goes with the process. BK_ERROR_TRY_AGAIN after 30
 * seconds.
 */
bool bk_admin_begin(struct bk_admin *admin);
/* Commit, and give the lock back. bk_apply() does so by itself. */
bool bk_admin_commit(struct bk_admin *admin);
/* Roll back what is not committed, and give the lock back. */
void bk_admin_end(struct bk_admin *admin);

/* A value of the table `server`; NULL and BK_ERROR_CONFIGURATION if it is not there. */
const char *bk_admin_server_value(struct bk_admin *admin, const char *name);
/* The server values mail_user and mail_group. */
bool bk_admin_mail_user(struct bk_admin *admin, struct bk_mail_user *user_r);

/* Look-ups that fail with BK_ERROR_UNKNOWN and a text; NULL then. `text` is as it was typed. */
const struct bk_account *bk_admin_account(struct bk_admin *admin, const char *text);
const struct bk_domain *bk_admin_domain(struct bk_admin *admin, const char *text);
const struct bk_plan *bk_admin_plan(struct bk_admin *admin, const char *text);
/* As bk_admin_account(), and refuses one that is being deleted. */
const struct bk_account *bk_admin_live_account(struct bk_admin *admin, const char *text);

/* ASCII letters folded to lower case, in the arena. */
char *bk_admin_fold(struct bk_admin *admin, const char *text);

#endif
