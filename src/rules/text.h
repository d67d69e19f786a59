/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Texts of rules are English msgids: marked here for xgettext, translated by the edge that shows
 * them. So the rules need no locale, and the log stays in one language.
 */
#ifndef BK_RULES_TEXT_H
#define BK_RULES_TEXT_H

#define N_(text) text

#endif
