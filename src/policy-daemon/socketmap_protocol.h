/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Postfix's socketmap protocol (socketmap_table(5)): request "map key" and reply "STATUS text",
 * each as a netstring, "5:hello,".
 */
#ifndef BK_POLICY_DAEMON_SOCKETMAP_PROTOCOL_H
#define BK_POLICY_DAEMON_SOCKETMAP_PROTOCOL_H

#include "policy-daemon/protocol.h"
#include "rules/arena.h"

/* Of the content of a request's netstring. */
#define BK_SOCKETMAP_REQUEST_MAXIMUM_BYTES 16384

struct bk_socketmap_request {
    const char *map;
    const char *key; /* may hold blanks; may be empty */
};

enum bk_socketmap_status {
    BK_SOCKETMAP_OK = 1,
    BK_SOCKETMAP_NOTFOUND,
    BK_SOCKETMAP_TEMP, /* Postfix tries again later */
    BK_SOCKETMAP_PERM, /* the map's configuration is wrong; mail is deferred as with TEMP */
};

/* As bk_policy_parse(). */
enum bk_protocol_result bk_socketmap_parse(struct bk_arena *arena, const char *input, size_t length,
                                           size_t *used_r, struct bk_socketmap_request *request_r,
                                           const char **problem_r);

/* The reply as the client gets it; `text` is the value or the reason, "" for NOTFOUND. */
const char *bk_socketmap_format(struct bk_arena *arena, enum bk_socketmap_status status,
                                const char *text);

#endif
