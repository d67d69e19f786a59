/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * From a request to its answer: the rules are asked, their decision is written in the words of the
 * protocol, and what an operator wants to know is logged: each refusal (not "try later": that is
 * logged once, when settings begin to fail) and forward targets that were left out.
 *
 * Policy answers are DUNNO, 4xx or 5xx only: everything else that Postfix offers (OK, REDIRECT, …)
 * acts on the whole message and all of its recipients, or ends the list of restrictions.
 */
#ifndef BK_POLICY_DAEMON_ANSWERS_H
#define BK_POLICY_DAEMON_ANSWERS_H

#include "policy-daemon/counters.h"
#include "policy-daemon/policy_protocol.h"
#include "policy-daemon/snapshot.h"
#include "policy-daemon/socketmap_protocol.h"

struct bk_answers;

/* Both belong to the caller and must live longer. */
struct bk_answers *bk_answers_create(struct bk_snapshot *snapshot, struct bk_counters *counters);
void bk_answers_destroy(struct bk_answers **answers);
/* Mistakes of Postfix's configuration are logged once; from now on, once more. */
void bk_answers_forget_logged(struct bk_answers *answers);

/*
 * Take one request out of `input` and answer it (bk_server_take, server.h). `context` is the
 * struct bk_answers. REQUEST: *text_r is the answer, until the next call. VIOLATION: the problem.
 */
enum bk_protocol_result bk_answers_take_policy(void *context, const char *input, size_t length,
                                               size_t *used_r, const char **text_r);
enum bk_protocol_result bk_answers_take_socketmap(void *context, const char *input, size_t length,
                                                  size_t *used_r, const char **text_r);

#endif
