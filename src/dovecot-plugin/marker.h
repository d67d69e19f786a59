/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The marker of a running archive move (archive.h): a small file in the user's home that survives
 * the process, and the machine, because it is fsynced with its folder before the first message
 * moves.
 */
#ifndef BOXKEEPER_MARKER_H
#define BOXKEEPER_MARKER_H

#include "rules/lookup.h"

#include "dovecot-plugin/plugin.h"

#include "guid.h"

struct boxkeeper_marker {
    guid_128_t mailbox_guid; /* of the archive */
    uint32_t uid_validity;
    uint32_t first_uid; /* the run gives no UID below this one */
};

/* FOUND with zeroed fields: a marker that cannot be understood; then nothing is known but that a
 * run died. FAILED is logged. */
enum bk_lookup boxkeeper_marker_read(struct mail_user *user, struct boxkeeper_marker *marker_r);
/* False (logged) if it is not safely on disk. */
bool boxkeeper_marker_write(struct mail_user *user, const struct boxkeeper_marker *marker);
/* A marker that comes back after a crash costs the next run a comparison, nothing else. */
void boxkeeper_marker_remove(struct mail_user *user);

#endif
