/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The two sockets: `policy` and `map` in a folder below Postfix's queue directory, so that a
 * relative path finds them chrooted or not. Made by the daemon as root, or handed over by systemd
 * (socket units with FileDescriptorName=policy and =map). Postfix may connect and nobody else: the
 * sockets are root:postfix 0660; the folder is root's, Postfix can search it and cannot write to
 * it.
 *
 * A socket left by a daemon that is gone is replaced. That none is running is known by a lock on
 * the file `lock` in the folder, held until the process ends.
 */
#ifndef BK_POLICY_DAEMON_SOCKETS_H
#define BK_POLICY_DAEMON_SOCKETS_H

#include "rules/error.h"
#include "rules/lookup.h"

#include <stdbool.h>
#include <sys/types.h>

struct bk_sockets {
    int policy, map; /* bound, not listening yet */
};

/* Sockets that systemd handed over; ABSENT: it did not. FAILED: not the two that are needed. */
enum bk_lookup bk_sockets_inherit(struct bk_sockets *sockets_r, struct bk_error *error);

/*
 * Make them in `directory`, which is made where it is missing. As root the folder and the sockets
 * get the group `group`; else `group` is not looked at. False also if another daemon serves there.
 */
bool bk_sockets_make(const char *directory, gid_t group, struct bk_sockets *sockets_r,
                     struct bk_error *error);

#endif
