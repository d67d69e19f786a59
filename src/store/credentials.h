/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * credentials.db: who may log in with what. Written by the CLI alone, read by Dovecot's auth
 * worker (as root, through its own SQLite driver) with the queries in conf/. Rollback journal and
 * synchronous FULL: Dovecot's driver opens read-write and must never be the one that removes a WAL.
 *
 * Everything but the hashes is derived from settings; the order of writes between the two is the
 * CLI's (src/admin): what restricts comes here first, what allows comes here last.
 */
#ifndef BK_STORE_CREDENTIALS_H
#define BK_STORE_CREDENTIALS_H

#include "rules/access.h"
#include "rules/arena.h"
#include "rules/error.h"
#include "rules/lookup.h"

struct bk_credentials;

struct bk_credential {
    int64_t account_id;
    const char *login;
    const char *primary_address;
    const char *password_hash; /* crypt(5); NULL: no login possible yet */
    const char *previous_hash; /* before the last change, or NULL */
    struct bk_access access;
    const char *home; /* absolute */
    int64_t uid, gid;
    bool external_auth;
    bool forced; /* the password is one that nobody knows: bk_credentials_force_hash() */
};
typedef bool bk_credential_row(void *context, const struct bk_credential *credential);

struct bk_credentials *bk_credentials_open(const char *path, struct bk_error *error);
void bk_credentials_close(struct bk_credentials **credentials);

/* Insert or update everything but the two hashes. A primary address that the account had before
 * becomes a former one (see bk_credentials_add_former()). */
bool bk_credentials_put(struct bk_credentials *credentials, const struct bk_credential *credential,
                        struct bk_error *error);
/* Let the account be found under this address, too: an address that it had, or is about to get. It
 * ends when it becomes somebody's primary address. */
bool bk_credentials_add_former(struct bk_credentials *credentials, int64_t account_id,
                               const char *address, struct bk_error *error);
/* The present hash becomes the previous one, but for one that was set by force. NULL clears it (no
 * login). */
bool bk_credentials_set_hash(struct bk_credentials *credentials, int64_t account_id,
                             const char *hash, struct bk_error *error);
/* The hash of a password that nobody knows. The previous one is then that of the last password
 * that somebody chose, however often this is done. */
bool bk_credentials_force_hash(struct bk_credentials *credentials, int64_t account_id,
                               const char *hash, struct bk_error *error);
bool bk_credentials_delete(struct bk_credentials *credentials, int64_t account_id,
                           struct bk_error *error);
enum bk_lookup bk_credentials_lookup(struct bk_credentials *credentials, struct bk_arena *arena,
                                     int64_t account_id, const struct bk_credential **credential_r,
                                     struct bk_error *error);
/* By account id. */
enum bk_lookup bk_credentials_list(struct bk_credentials *credentials, bk_credential_row *row,
                                   void *context, struct bk_error *error);

/*
 * New hashes of a bulk change wait here, invisible to every login, while settings commit its job
 * (admin/bulk.h). One job at a time has any: staging begins with bk_credentials_clear_staged().
 */
typedef bool bk_staged_row(void *context, int64_t account_id, const char *hash);

bool bk_credentials_stage(struct bk_credentials *credentials, int64_t job_id, int64_t account_id,
                          const char *hash, struct bk_error *error);
/* By account id; `row` must not use the handle. */
enum bk_lookup bk_credentials_list_staged(struct bk_credentials *credentials, int64_t job_id,
                                          bk_staged_row *row, void *context,
                                          struct bk_error *error);
/* All of them, whatever job they are of. */
bool bk_credentials_clear_staged(struct bk_credentials *credentials, struct bk_error *error);

/* Several puts as one: for domains and bulk changes. */
bool bk_credentials_begin(struct bk_credentials *credentials, struct bk_error *error);
bool bk_credentials_commit(struct bk_credentials *credentials, struct bk_error *error);
void bk_credentials_rollback(struct bk_credentials *credentials);

#endif
