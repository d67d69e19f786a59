/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The mail in which an account is warned (warning.h), in the account's language: not gettext's, for
 * that knows one language a process, and the languages of accounts are a list of our own.
 *
 * Nobody and nothing is to answer it: Auto-Submitted (RFC 3834), and the daemon sends it with an
 * empty envelope sender.
 */
#ifndef BK_RULES_WARNING_MAIL_H
#define BK_RULES_WARNING_MAIL_H

#include "rules/warning.h"

/*
 * The whole message: header and body, UTF-8 (8bit), lines ended by CRLF, none of which begins with
 * a dot. `used_bytes` and the account's limit in force are shown. `now` makes its Message-ID one of
 * its own, and `date` is the same as RFC 5322 section 3.3 writes it.
 */
const char *bk_warning_mail(struct bk_arena *arena, const struct bk_account *account,
                            enum bk_warning warning, int64_t used_bytes, int64_t now,
                            const char *date);

/* `text` (UTF-8) as the value of an unstructured header: as it is where it is ASCII, else in
 * encoded words (RFC 2047) of at most 75 characters on lines of their own. */
const char *bk_mail_encode_header(struct bk_arena *arena, const char *text);

#endif
