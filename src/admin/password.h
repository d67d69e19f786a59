/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * New passwords: where they come from (terminal, standard input, made here, a ready hash), whether
 * the plan allows them (rules/passwords.h and, where the plan says so, libpwquality's dictionary),
 * and their hash (yescrypt by crypt(3)). A password is never in an argument, a message, the audit
 * log or a database; a made one is printed once.
 */
#ifndef BK_ADMIN_PASSWORD_H
#define BK_ADMIN_PASSWORD_H

#include "admin/admin.h"

#include <crypt.h>

/* What the options say; the order is that of the option table. */
enum bk_password_source {
    BK_PASSWORD_NOT_GIVEN = 0,
    BK_PASSWORD_STDIN,
    BK_PASSWORD_GENERATE,
    BK_PASSWORD_HASH,
    BK_PASSWORD_EXTERNAL,
    BK_PASSWORD_TERMINAL,
};

/* The options of every command that takes a password; for their tables. */
#define BK_PASSWORD_OPTIONS                                                                        \
    {"password-stdin", NULL, N_("read the password from standard input"), false},                  \
        {"generate", NULL, N_("make a password and show it once"), false},                         \
        {"password-hash", N_("HASH"), N_("take a ready hash of crypt(5)"), false},                 \
    {                                                                                              \
        "external-auth", NULL, N_("another passdb authenticates: keep no password"), false         \
    }

struct bk_new_password {
    enum bk_password_source source;
    const char *text;      /* typed; NULL where nobody typed one */
    const char *hash;      /* NULL: nothing new, or external */
    const char *generated; /* to be shown once; NULL otherwise */
};

/* Which of the options is given: at most one, else BK_ERROR_USAGE. */
bool bk_password_source(struct bk_admin *admin, enum bk_password_source *source_r);

/*
 * Get, check and hash the password of account `name` of `domain`. May ask on the terminal and takes
 * its time, so it comes before bk_admin_begin().
 */
bool bk_password_take(struct bk_admin *admin, const struct bk_domain *domain, const char *name,
                      enum bk_password_source source, struct bk_new_password *password_r);

/* Its hash, with a new salt or, where `setting` is not NULL, like that hash. May be called by
 * several threads. False: see bk_password_hash_failed(). */
bool bk_password_hash(const char *password, const char *setting, char hash_r[CRYPT_OUTPUT_SIZE]);
/* What to tell then. */
const char *bk_password_hash_failed(void);

/*
 * May this be the next password of an account whose last one was changed by force? Not if it
 * resembles that one (rules/passwords.h), tried against its hash; nor a ready hash, which can't be
 * compared. Any other account: true.
 */
bool bk_password_may_follow(struct bk_admin *admin, const struct bk_account *account,
                            const struct bk_new_password *password);

/* The hash of a random password that is shown to nobody; NULL: admin->error. */
const char *bk_password_nobody_knows(struct bk_admin *admin);

/* Print a generated password: into `object` with --json, else on standard output. */
void bk_password_show(struct bk_admin *admin, const struct bk_new_password *password,
                      json_t *object);

#endif
