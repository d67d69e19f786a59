/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * How Boxkeeper's settings come into a Postfix that has settings already: what was there stays,
 * behind ours; what can't be merged is refused with what to change. Pure: `postconf` reads the
 * present and writes what is decided here (src/admin/setup-postfix.c).
 *
 * A setting of a service of master.cf has the name that `postconf -P` gives it:
 * "submission/inet/smtpd_sasl_path".
 */
#ifndef BK_RULES_SETUP_POSTFIX_H
#define BK_RULES_SETUP_POSTFIX_H

#include "rules/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct bk_postfix_setting {
    const char *name;
    const char *value;
};
struct bk_postfix_settings {
    struct bk_postfix_setting *items;
    size_t count;
};

/* `name` there: its value, or NULL. */
const char *bk_postfix_value(const struct bk_postfix_settings *settings, const char *name);

/* The settings in a text as main.cf, `postconf -n` and `postconf -P` have it. Continued lines are
 * joined, runs of blanks are one blank. */
struct bk_postfix_settings bk_postfix_parse_main(struct bk_arena *arena, const char *text);

/* The same of a text as master.cf has it. A service itself is a setting "submission/inet", its
 * value the line of eight fields. */
struct bk_postfix_settings bk_postfix_parse_master(struct bk_arena *arena, const char *text);

/* What stands against it: `subject` is named, then `text` (English, N_()) says what to change. */
struct bk_setup_refusal {
    const char *subject;
    const char *text;
};

struct bk_postfix_plan {
    struct bk_postfix_settings changes; /* only what is not so already */
    struct bk_setup_refusal *refusals;
    size_t refusal_count;
};

/* main.cf: `wanted` is that of conf/, `present` what is set explicitly. */
struct bk_postfix_plan bk_postfix_plan_main(struct bk_arena *arena,
                                            const struct bk_postfix_settings *wanted,
                                            const struct bk_postfix_settings *present);
/* master.cf. With `plaintext_login`, logins without TLS are let in. */
struct bk_postfix_plan bk_postfix_plan_master(struct bk_arena *arena,
                                              const struct bk_postfix_settings *wanted,
                                              const struct bk_postfix_settings *present,
                                              bool plaintext_login);

/* The words of a list such as mydestination's, ending with NULL. */
const char *const *bk_postfix_list(struct bk_arena *arena, const char *text);

#endif
