/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The fields of an account as options of `account create` and `account set`: taken from the command
 * line, checked by src/rules, written into a struct bk_account. An option that is not given keeps
 * the value.
 */
#ifndef BK_ADMIN_ACCOUNT_FIELDS_H
#define BK_ADMIN_ACCOUNT_FIELDS_H

#include "admin/password.h"
#include "admin/send-limits.h"

/* For the option tables of both commands. */
#define BK_ACCOUNT_OPTIONS                                                                         \
    {"capacity", N_("SIZE"), N_("limit of the mailbox: 5G, 500M, 0 = unlimited"), false},          \
        {"full-name", N_("TEXT"), N_("full name"), false},                                         \
        {"comment", N_("TEXT"), N_("comment"), false},                                             \
        {"alias", N_("ALIAS"), N_("a further address; may be repeated"), true},                    \
        {"language", "ja|en|fr|de|it|pt|es", N_("ja, en, fr, de, it, pt or es"), false},           \
        {"rights", N_("TEXT"), N_("recorded and shown only"), false}, BK_SEND_LIMIT_OPTIONS,       \
        BK_PASSWORD_OPTIONS

/* The option --language, one of those that there are texts for, where it is given. */
bool bk_take_language(struct bk_admin *admin, const char **language_r);
/* Every option but capacity, aliases and password into `account`. */
bool bk_take_account_texts(struct bk_admin *admin, struct bk_account *account);

/*
 * The option --capacity into `account`, or for a new one the default; asks the plan and the
 * domain's total. Says so if it is below what the mailbox holds now. Within the write transaction.
 */
bool bk_take_account_capacity(struct bk_admin *admin, struct bk_account *account, bool is_new);

/* Say so if the mailbox holds more than the account's capacity already. */
void bk_warn_if_full(struct bk_admin *admin, const struct bk_account *account);

/* `text`, an alias as typed (without @: in the account's domain), checked and lower-cased. NULL:
 * see admin->error. */
const char *bk_take_alias(struct bk_admin *admin, const struct bk_account *account,
                          const char *text);

/* Add one alias in the write transaction; it is no error if the account has it already. */
bool bk_add_alias(struct bk_admin *admin, const struct bk_account *account, const char *text);
/* Make the account's aliases those of the option --alias, if it is given; '' stands for none. */
bool bk_set_aliases(struct bk_admin *admin, const struct bk_account *account);

/* Is the primary address short enough (RFC 5321 section 4.5.3.1)? */
bool bk_check_address_length(struct bk_admin *admin, const struct bk_account *account);
/* Does the address belong to nobody? BK_ERROR_EXISTS and who has it. */
bool bk_address_is_free(struct bk_admin *admin, const char *address);

#endif
