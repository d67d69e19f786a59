/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The beginning of a message's text, quoted for an answer.
 */
#ifndef BOXKEEPER_QUOTE_H
#define BOXKEEPER_QUOTE_H

#include "dovecot-plugin/plugin.h"

/* "> " lines with at most `maximum_bytes` of the first text/plain part, else of the first text/html
 * part without its markup, as UTF-8, cut between characters; "" where there is neither, or it can't
 * be read. Attachments do not count. On the data stack. */
const char *boxkeeper_quote(struct mail *mail, size_t maximum_bytes);

#endif
