/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What libpwquality thinks of a password: its dictionary, and what goes with it (palindromes, the
 * account's name, how strong it is). Lengths and kinds of characters are the plan's own rules
 * (rules/passwords.h).
 *
 * Its dictionary library keeps what it reads in static variables, so no two threads may ask it:
 * many passwords are looked up by several processes.
 */
#ifndef BK_ADMIN_DICTIONARY_H
#define BK_ADMIN_DICTIONARY_H

#include "admin/admin.h"

#include <pwquality.h>

struct bk_dictionary_answer {
    bool is_given;
    int score;                            /* 0 to 100; below 0: the text says what is wrong */
    char text[PWQ_MAX_ERROR_MESSAGE_LEN]; /* libpwquality's, in English */
};

/* Ask about the password of an account of this name. */
void bk_dictionary_ask(const char *name, const char *password,
                       struct bk_dictionary_answer *answer_r);

/* Does the plan of `domain` let a password with this answer pass? admin->error says why not:
 * BK_ERROR_VALUE, or BK_ERROR_CONFIGURATION where there is no dictionary. */
bool bk_dictionary_allows(struct bk_admin *admin, const struct bk_domain *domain,
                          const struct bk_dictionary_answer *answer);

struct bk_dictionary_question {
    const char *name, *password; /* NULL: nothing to ask */
};

/* Ask all of them on all processors, with a progress bar. Answers, one for each question, are
 * memory of this process until it ends; `is_given` is false where nothing was to be asked. NULL:
 * admin->error. */
const struct bk_dictionary_answer *
bk_dictionary_ask_all(struct bk_admin *admin, const struct bk_dictionary_question *questions,
                      size_t count);

#endif
