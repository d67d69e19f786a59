/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Whole databases copied by SQLite's backup API: consistent while others read and write, and into
 * an existing file in one transaction, so that its readers keep their handles.
 */
#ifndef BK_STORE_COPY_H
#define BK_STORE_COPY_H

#include "store/database.h"

/* All of `source` into `target`, which may hold anything. */
bool bk_copy_database(struct bk_database *source, struct bk_database *target,
                      struct bk_error *error);

/* The same in two steps, to hold several targets before any is changed. NULL on failure. */
sqlite3_backup *bk_copy_begin(struct bk_database *source, struct bk_database *target,
                              struct bk_error *error);
/* Ends it in any case. */
bool bk_copy_finish(sqlite3_backup *backup, struct bk_database *target, struct bk_error *error);
/* Without having changed the target. */
void bk_copy_abandon(sqlite3_backup **backup);

/* A file of its own without a WAL, made here (0600, must not exist yet), with rollback journal. */
bool bk_copy_make_file(struct bk_database *file_r, enum bk_database_kind kind, const char *path,
                       struct bk_error *error);

/* PRAGMA user_version: what ties the two files of a backup together; 0 in a live one. */
bool bk_copy_set_pair(struct bk_database *database, int64_t pair, struct bk_error *error);
bool bk_copy_get_pair(struct bk_database *database, int64_t *pair_r, struct bk_error *error);

/* PRAGMA integrity_check and foreign_key_check, one text for each finding. */
typedef void bk_copy_finding(void *context, const char *text);
bool bk_copy_check_integrity(struct bk_database *database, bk_copy_finding *report, void *context,
                             struct bk_error *error);

/* The file and what SQLite keeps beside it. */
void bk_copy_remove(const char *path);

#endif
