/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The beginning of a message's text, quoted for an answer.
 */
#ifndef BOXKEEPER_QUOTE_H
#define BOXKEEPER_QUOTE_H

#include "dovecot-plugin/plugin.h"

/* "> " lines with at most `maximum_bytes` of the first text/plain part, as UTF-8, cut between
 * characters; "" where there is none, or it can't be read. On the data stack. */
const char *boxkeeper_quote(struct mail *mail, size_t maximum_bytes);

#endif
