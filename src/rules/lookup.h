/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The three outcomes of a look-up. "Not there" and "could not be read" must never be mistaken for
 * each other: the first refuses a recipient for good, the second asks the sender to try again.
 * There is deliberately no value that reads as false.
 */
#ifndef BK_RULES_LOOKUP_H
#define BK_RULES_LOOKUP_H

enum bk_lookup {
    BK_FOUND = 1,
    BK_ABSENT,
    BK_FAILED, /* could not be read; the reason is in the struct bk_error that came along */
};

#endif
