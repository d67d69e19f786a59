/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Texts for people. Everything that somebody may read goes through _(); what stands in a table of
 * constants is marked by N_() there and goes through _() where it is printed.
 */
#ifndef BK_ADMIN_TEXT_H
#define BK_ADMIN_TEXT_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) (text)

#endif
