/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Bulk registration and editing (boxkeeper-csv(5)): everything of a file is applied, or nothing.
 *
 *   1. the file is read, and every row checked against what is there now; all that is wrong is
 *      reported with its line
 *   2. passwords are hashed; this takes long, so nothing is locked meanwhile
 *   3. under the lock of changing commands the rows are checked again, and written with a job in
 *      one transaction of settings
 *   4. credentials: all of them in one transaction (apply.h; new hashes of accounts that exist wait
 *      in credentials.db since before step 3's commit)
 *   5. the job's row goes
 *
 * Killed before the commit of step 3, nothing has happened; after it, the next changing command or
 * `job run` does the rest. Until then the new accounts are locked: nobody logs in, mail for them
 * waits. Whoever repeats the command is told that it is done, not that the accounts exist.
 */
#ifndef BK_ADMIN_BULK_H
#define BK_ADMIN_BULK_H

#include "admin/admin.h"
#include "rules/bulk.h"

#define BK_BULK_REGISTRATION_KIND N_("register-accounts")
#define BK_BULK_EDIT_KIND N_("edit-accounts")

struct bk_bulk_row {
    int64_t line;
    const char *problem; /* with the row as such; NULL: its cells can be read */
    const char *account, *password, *comment, *capacity; /* cells; capacity "" without the column */
    /* filled by checking */
    const char *name;
    int64_t capacity_bytes;
    const struct bk_account *present; /* edit: the account; NULL: there is none */
    json_t *reasons;                  /* what is wrong with it: texts; NULL: nothing */
};

struct bk_bulk {
    struct bk_admin *admin;
    enum bk_bulk_file file;
    const char *path;
    const struct bk_domain *domain;
    struct bk_bulk_row *rows;
    size_t count, room;
    int64_t bad;    /* rows with reasons */
    size_t taken;   /* rows whose account is there already */
    json_t *passed; /* edit: names of accounts that do not exist */
};

/* The option --domain, which is required, and the file read into rows. False also where the header
 * is not the one that the domain's plan wants. */
bool bk_bulk_load(struct bk_admin *admin, enum bk_bulk_file file, struct bk_bulk *bulk_r);

/*
 * Check every row against the settings as they are now, `with_dictionary` also the passwords
 * against the dictionary. False: something could not be looked up. Rows that are bad have
 * reasons, and are counted in `bad`.
 */
bool bk_bulk_check(struct bk_bulk *bulk, bool with_dictionary);

/* If there are bad rows, print them and fail. */
bool bk_bulk_report(struct bk_bulk *bulk);

/* Note that `row` is bad. */
void bk_bulk_bad(struct bk_bulk *bulk, struct bk_bulk_row *row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Hashes of the rows' passwords, one for each row; NULL where a row has none. NULL: admin->error.
 */
struct bk_hashing *bk_bulk_hash(struct bk_bulk *bulk);

/* Look the domain up anew, under the lock: its plan must still have the file's columns. */
bool bk_bulk_domain_again(struct bk_bulk *bulk);

/* ---- limits of the domain over the whole file (bulk-limits.c) ---- */

/* Of the rows that are good so far, mark those with which a limit of the domain is passed. */
bool bk_bulk_check_limits(struct bk_bulk *bulk);

/* ---- jobs (bulk-job.c) ---- */

/* Insert the job in the open transaction: registration of the accounts with the ids `first` to
 * `last`, or an edit, whose hashes are staged. */
bool bk_bulk_job_insert(struct bk_bulk *bulk, int64_t first, int64_t last, struct bk_job *job_r);
/* Do what a job still needs, and remove it. Fine if somebody else has done so. */
bool bk_bulk_job_run(struct bk_admin *admin, const struct bk_job *job);
/* Remove one of which nothing is left to do. Fine if it is gone. */
bool bk_bulk_job_remove(struct bk_admin *admin, const struct bk_job *job);
/* The first job of that kind; *job_r NULL: there is none. */
bool bk_bulk_job_find(struct bk_admin *admin, const char *kind, const struct bk_job **job_r);
/* As bk_admin_begin(), after finishing an edit that was interrupted. */
bool bk_bulk_begin(struct bk_admin *admin);

/* ---- the same file once more (bulk-again.c) ---- */

/*
 * Is there a job of a registration of this very file, which was interrupted: the same accounts in
 * the same order, with these comments, capacities and passwords? Then there is nothing to register,
 * and *job_r (else NULL) is what is left to do. Takes as long as hashing.
 */
bool bk_bulk_find_interrupted(struct bk_bulk *bulk, const struct bk_job **job_r);

#endif
