/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The Subject as UTF-8. A tag in front of it means that it is encoded anew, and what could not be
 * read would be lost then. So this reads what Japanese mail programs send beyond the standards: the
 * vendors' characters in ISO-2022-JP, Shift_JIS and EUC-JP, a character that two encoded words
 * share, and text that is not encoded at all.
 */
#ifndef BOXKEEPER_SUBJECT_H
#define BOXKEEPER_SUBJECT_H

/* `header`: the header's value as it stands in the message, or NULL. Valid UTF-8 without control
 * characters, in the data stack. */
const char *boxkeeper_readable_subject(const char *header);

#endif
