/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Moving messages into the archive so that a process killed anywhere loses nothing, and leaves
 * nothing twice after the next run.
 *
 * A move is a copy committed in the archive, then an expunge committed at the source. Killed before
 * the first commit, nothing has happened; killed between the two, a batch stands in both. So before
 * its first move a run puts a marker into the user's home, fsynced with its folder: which mailbox
 * the archive is, and the first UID that the run can have given. The marker goes when both sides of
 * the last batch are committed. A run that finds one knows that the last run died: it reads the
 * GUIDs of what the archive has from that UID on, and a message that is there already is only given
 * its flags and keywords, which the dead run may not have stored yet, and expunged at the source.
 * (A user's own copy has the same GUID; that is no loss either: the message is due, and the archive
 * has it.)
 *
 * Maildir keeps the GUID of a message whose file has a foreign name in dovecot-uidlist, and writes
 * that after the files are in their place: a run killed in between leaves copies under other GUIDs.
 * They are hard links to the files at the source, which tells them for sure; such a copy is
 * expunged, and the message moved again.
 *
 * Flags, keywords, INTERNALDATE and GUID go along. A move inside the account passes any quota.
 */
#ifndef BOXKEEPER_ARCHIVE_H
#define BOXKEEPER_ARCHIVE_H

#include "dovecot-plugin/folders.h"

struct boxkeeper_archive;

/* Open the archive, created and subscribed where it is missing, set the marker, and mend what a run
 * that died has left. `source` is where messages will come from. Under the user's lock. NULL if
 * that failed (logged). */
struct boxkeeper_archive *boxkeeper_archive_begin(struct mail_user *user,
                                                  const struct boxkeeper_folder *folder,
                                                  struct mailbox *source);
/* Did it find the marker of a run that died? */
bool boxkeeper_archive_mends(const struct boxkeeper_archive *archive);
/* Move one message, expunging it in its own transaction; neither is committed. 0 moved (or there
 * already), -1 failed: roll both transactions back. */
int boxkeeper_archive_add(struct boxkeeper_archive *archive, struct mail *mail);
/* Commit what was added; then the caller commits the source. */
int boxkeeper_archive_commit(struct boxkeeper_archive *archive);
void boxkeeper_archive_rollback(struct boxkeeper_archive *archive);
/* Close. `clean`: every source transaction was committed too, and the marker may go. */
void boxkeeper_archive_end(struct boxkeeper_archive **archive, bool clean);

#endif
