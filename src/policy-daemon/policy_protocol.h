/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Postfix's policy delegation protocol (SMTPD_POLICY_README): a request is lines "name=value" and
 * an empty line, the answer "action=…" and an empty line. Unknown attributes are passed over, so
 * that newer Postfix releases may add some; an attribute given twice counts as given last.
 */
#ifndef BK_POLICY_DAEMON_POLICY_PROTOCOL_H
#define BK_POLICY_DAEMON_POLICY_PROTOCOL_H

#include "policy-daemon/protocol.h"
#include "rules/arena.h"

#include <stdint.h>

/* Without its line end. The longest seen from Postfix was 1,924 bytes. */
#define BK_POLICY_LINE_MAXIMUM_BYTES 8192
/* With all line ends. The longest seen was 4,340 bytes. */
#define BK_POLICY_REQUEST_MAXIMUM_BYTES 65536
#define BK_POLICY_ATTRIBUTES_MAXIMUM 100

/* The attributes that are used; "" where Postfix sent none. */
struct bk_policy_request {
    const char *request;
    const char *policy_context;
    const char *protocol_state;
    const char *recipient;
    const char *sender;
    const char *sasl_username;
    const char *client_address;
    const char *queue_id;
    const char *instance;
    const char *size;
    int64_t size_bytes; /* `size` as a number, 0 if there was none; saturates */
};

/*
 * Take the first request out of the `length` bytes at `input`. REQUEST: *used_r bytes were its, and
 * its texts live in `arena`. VIOLATION: *problem_r says in English what is wrong (a constant).
 */
enum bk_protocol_result bk_policy_parse(struct bk_arena *arena, const char *input, size_t length,
                                        size_t *used_r, struct bk_policy_request *request_r,
                                        const char **problem_r);

/* The answer with `action` ("DUNNO", "550 5.1.1 …": one line) as the client gets it. */
const char *bk_policy_format(struct bk_arena *arena, const char *action);

#endif
