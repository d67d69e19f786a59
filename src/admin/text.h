/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Texts for people. Everything that somebody may read goes through _(); what stands in a table of
 * constants is marked by N_() there and goes through _() where it is printed, or through
 * bk_translate() if it may be empty. Words of the JSON output are marked by N_() too; people see
 * them translated (BK_COLUMN_WORD), programs as they are.
 */
#ifndef BK_ADMIN_TEXT_H
#define BK_ADMIN_TEXT_H

#include "rules/text.h"

#include <libintl.h>

#define _(text) gettext(text)

/* gettext() answers "" with the catalogue's header. */
static inline const char *bk_translate(const char *text)
{
    return *text != '\0' ? gettext(text) : text;
}

#endif
