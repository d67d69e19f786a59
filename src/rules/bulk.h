/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What may stand in the CSV files of bulk registration, editing and export (PRODUCT.md section 4;
 * panel A's manual, "bulk registration of accounts, bulk change of settings"). The cells are text
 * in UTF-8, taken out of the file already. The rules of names, passwords and capacities themselves
 * are in their own modules; here is what is peculiar to the files.
 */
#ifndef BK_RULES_BULK_H
#define BK_RULES_BULK_H

#include "rules/account.h"
#include "rules/arena.h"
#include "rules/capacity.h"

enum bk_bulk_file {
    BK_BULK_REGISTRATION = 1,
    BK_BULK_EDIT,
    BK_BULK_EXPORT,
};

#define BK_BULK_COLUMNS_MAXIMUM 9

/*
 * Names of the file's columns under `plan`, in their order, into columns_r (which holds
 * BK_BULK_COLUMNS_MAXIMUM); returns how many. mail_capacity is always the last one, and is not
 * there where the plan's capacity is fixed.
 */
size_t bk_bulk_columns(enum bk_bulk_file file, const struct bk_plan *plan, const char **columns_r);
/* Does the plan have the column mail_capacity? */
bool bk_bulk_has_capacity(const struct bk_plan *plan);

/* Is the `row`-th registration of a file (from 1) one too many for the plan? */
bool bk_bulk_row_is_too_many(const struct bk_plan *plan, int64_t row);

/*
 * The account's name that a cell of mail_account means, folded to lower case: the name itself, or a
 * full address in `domain` (in a prefix domain also the primary one). NULL: an address elsewhere.
 * Whether the name is allowed is not looked at.
 */
const char *bk_bulk_name(struct bk_arena *arena, const struct bk_domain *domain, const char *cell);

/* May this be a comment? One line: no control characters. */
bool bk_bulk_comment_is_valid(const char *comment);

/*
 * A cell of mail_capacity: a whole number of GB; where the plan takes any size or a range, also
 * "1.5" GB and everything that bk_capacity_parse() reads. `present_bytes` (BK_INHERIT: none) is the
 * account's own now: it is fine however it is written, whatever the plan has become.
 */
enum bk_capacity_problem bk_bulk_capacity(const struct bk_domain *domain, const char *cell,
                                          int64_t present_bytes, int64_t *bytes_r);
/* The cell for a capacity, which bk_bulk_capacity() reads back as the same number: "5", "1.5G",
 * "0". `text_r` holds at least 32 bytes. */
void bk_bulk_capacity_format(int64_t bytes, char *text_r, size_t size);

/*
 * A comment as it is written into a file: one that a spreadsheet would run as a formula (beginning
 * with = + - @ or their full-width forms) gets an apostrophe in front; so does one with apostrophes
 * before such a sign, so that nothing is lost. bk_bulk_unprotect() takes that one apostrophe away.
 */
const char *bk_bulk_protect(struct bk_arena *arena, const char *comment);
/* The comment in a cell. Points into `cell`. */
const char *bk_bulk_unprotect(const char *cell);

#endif
