/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What in a Dovecot configuration stands against Boxkeeper: other users, another place or limit of
 * mail, answers that are kept. Judged by what is in force (`doveconf -n`), whatever file says it,
 * in the words of Dovecot 2.3 and of 2.4.
 */
#ifndef BK_RULES_SETUP_DOVECOT_H
#define BK_RULES_SETUP_DOVECOT_H

#include "rules/setup_postfix.h"

/* All that stands against it in the output of `doveconf -n`; *count_r may be 0. A further passdb
 * for accounts with external authentication is fine. */
const struct bk_setup_refusal *bk_dovecot_judge(struct bk_arena *arena, const char *doveconf,
                                                size_t *count_r);

/* With a protocol ("lmtp"), is each of the plugins `names` (ends with NULL) loaded? The first that
 * is missing, or NULL. */
const char *bk_dovecot_missing_plugin(struct bk_arena *arena, const char *doveconf,
                                      const char *protocol, const char *const *names);

#endif
