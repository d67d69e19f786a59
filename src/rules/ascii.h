/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Letter case of ASCII only, the same in every locale: strcasecmp() and tolower() know no i for I
 * in a Turkish one, and addresses, units and passwords must not depend on that.
 */
#ifndef BK_RULES_ASCII_H
#define BK_RULES_ASCII_H

#include <stdbool.h>

/* 'a' for 'A', every other character as it is. */
char bk_ascii_lower(char character);
bool bk_ascii_equal(const char *a, const char *b);
/* The rest of `text` behind `prefix`; NULL if it does not begin so. */
const char *bk_ascii_skip_prefix(const char *text, const char *prefix);
/* An empty `part` is in no text. */
bool bk_ascii_contains(const char *text, const char *part);

#endif
