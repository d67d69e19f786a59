/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Which schema a file has, and how it gets the next one. Each file holds two numbers: its own
 * version, and that of the oldest program that can read it. Migrations only add, so an older
 * program usually goes on reading; it refuses by the second number alone. Writing needs the same
 * version.
 */
#ifndef BK_STORE_SCHEMA_H
#define BK_STORE_SCHEMA_H

#include "store/database.h"

/* The files of sql/, embedded at build time; ends with a NULL kind. */
struct bk_migration {
    const char *kind; /* bk_database_kind_name() */
    int64_t version;  /* of the file after it */
    const char *sql;
};
extern const struct bk_migration bk_migrations[];

/* What this program writes. */
int64_t bk_schema_latest(enum bk_database_kind kind);

/* ABSENT: an empty file. */
enum bk_lookup bk_schema_lookup(struct bk_database *database, int64_t *version_r,
                                int64_t *oldest_reader_r, struct bk_error *error);

/* May this handle be used? BK_ERROR_CONFIGURATION says which side is too old. */
bool bk_schema_check(struct bk_database *database, struct bk_error *error);

/* Every migration that the file lacks, each in a transaction of its own. Refuses a newer file. */
bool bk_schema_migrate(struct bk_database *database, struct bk_error *error);

#endif
