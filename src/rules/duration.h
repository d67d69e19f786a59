/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Durations as administrators write them: 180d, 12h, 30m, 5s, 0 (never), inherit.
 */
#ifndef BK_RULES_DURATION_H
#define BK_RULES_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 1000 years; more would be a slip of the finger. */
#define BK_DURATION_MAXIMUM_SECONDS (INT64_C(365250) * 86400)

/* False, and seconds_r as it was, for anything but the forms above. "inherit" gives BK_INHERIT
 * (account.h). */
bool bk_duration_parse(const char *text, int64_t *seconds_r);
/* The largest unit that divides it: "180d", "90m", "0", "inherit". `text_r` holds 32 bytes. */
void bk_duration_format(int64_t seconds, char *text_r, size_t size);

#endif
