/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Between retention.c, which decides and acts, and remember.c, which knows what is on record in
 * state.db and brings it up to date.
 */
#ifndef BOXKEEPER_RETENTION_PRIVATE_H
#define BOXKEEPER_RETENTION_PRIVATE_H

#include "dovecot-plugin/folders.h"
#include "dovecot-plugin/pass.h"
#include "dovecot-plugin/retention.h"

#include "rules/account.h"
#include "store/state.h"

/* One folder with its rule, and what is known about it. */
struct boxkeeper_task {
    enum bk_state_folder_kind kind;
    enum boxkeeper_deed deed;
    struct boxkeeper_folder folder;
    int64_t seconds;
    bool on_record; /* `record` is what state.db has */
    struct bk_state_folder record;
    int64_t oldest_stored_at; /* now; 0 = empty */
    int64_t full_look_at;
    bool looked; /* what follows is known */
    bool needs_pass, full_look;
    struct mailbox *box; /* left open by the look for the pass; NULL: it need not be opened */
};

struct boxkeeper_run {
    struct mail_user *user;
    const struct boxkeeper_retention_options *options;
    struct boxkeeper_retention_result *result;
    const struct bk_account *account;
    pool_t pool;
    struct boxkeeper_folders folders;
    struct boxkeeper_folder archive;
    ARRAY(struct boxkeeper_task) tasks;
    ARRAY(struct bk_state_folder) gone; /* on record, but not among the tasks */
    struct bk_state *state;             /* NULL: cannot be read; unknown = look */
    int64_t deadline;
    bool may_act; /* else only looked */
};

/* Is a message stored then due by this task? */
bool boxkeeper_task_is_due(const struct boxkeeper_run *run, const struct boxkeeper_task *task,
                           int64_t stored_at);

/* Fill in what is on record and what the folder's first message says, and whether it needs a pass.
 * -1 if the folder could not be read (logged). */
int boxkeeper_task_look(struct boxkeeper_run *run, struct boxkeeper_task *task);

/* Put everything on record that changed, and fill in the result's next_due. */
void boxkeeper_run_remember(struct boxkeeper_run *run);

#endif
