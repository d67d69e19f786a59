/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/credentials.h"

#include "store/database.h"
#include "store/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct bk_credentials {
    struct bk_database database;
};

struct bk_credentials *bk_credentials_open(const char *path, struct bk_error *error)
{
    struct bk_credentials *credentials = calloc(1, sizeof(*credentials));

    if (credentials == NULL) {
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s", strerror(errno));
        return NULL;
    }
    if (bk_database_open(&credentials->database, BK_DATABASE_CREDENTIALS, path, true,
                         BK_BUSY_WRITER_MILLISECONDS, error) &&
        bk_schema_check(&credentials->database, error))
        return credentials;
    bk_credentials_close(&credentials);
    return NULL;
}

void bk_credentials_close(struct bk_credentials **credentials)
{
    if (*credentials == NULL)
        return;
    bk_database_close(&(*credentials)->database);
    free(*credentials);
    *credentials = NULL;
}

/* ---- edits ---- */

static bool run_with_address(struct bk_credentials *credentials, const char *sql,
                             int64_t account_id, const char *address, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin_list(&query, &credentials->database, sql, error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_text(&query, address);
    return bk_query_run(&query, error);
}

bool bk_credentials_add_former(struct bk_credentials *credentials, int64_t account_id,
                               const char *address, struct bk_error *error)
{
    return run_with_address(credentials,
                            "INSERT INTO former_addresses (account_id, address) VALUES ($1, $2) "
                            "ON CONFLICT (address) DO UPDATE SET account_id = excluded.account_id",
                            account_id, address, error);
}

/* The address that the row has now stays known; the one that it gets is a former one of nobody. */
static bool change_address(struct bk_credentials *credentials, int64_t account_id,
                           const char *address, struct bk_error *error)
{
    return run_with_address(credentials,
                            "INSERT INTO former_addresses (account_id, address) "
                            "SELECT account_id, primary_address FROM credentials "
                            "WHERE account_id = $1 AND primary_address <> $2 "
                            "ON CONFLICT (address) DO UPDATE SET account_id = excluded.account_id",
                            account_id, address, error) &&
           run_with_address(credentials,
                            "DELETE FROM former_addresses WHERE $1 = $1 AND address = $2",
                            account_id, address, error);
}

bool bk_credentials_put(struct bk_credentials *credentials, const struct bk_credential *credential,
                        struct bk_error *error)
{
    const struct bk_access *access = &credential->access;
    struct bk_query query;

    if (!change_address(credentials, credential->account_id, credential->primary_address, error) ||
        !bk_query_begin(
            &query, &credentials->database,
            "INSERT INTO credentials (account_id, login, primary_address, locked, imap_allowed, "
            "pop3_allowed, submission_allowed, managesieve_allowed, imap_reason, pop3_reason, "
            "submission_reason, managesieve_reason, home, uid, gid, external_auth) VALUES ($1, $2, "
            "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) "
            "ON CONFLICT (account_id) DO UPDATE SET login = excluded.login, "
            "primary_address = excluded.primary_address, locked = excluded.locked, "
            "imap_allowed = excluded.imap_allowed, pop3_allowed = excluded.pop3_allowed, "
            "submission_allowed = excluded.submission_allowed, "
            "managesieve_allowed = excluded.managesieve_allowed, "
            "imap_reason = excluded.imap_reason, pop3_reason = excluded.pop3_reason, "
            "submission_reason = excluded.submission_reason, "
            "managesieve_reason = excluded.managesieve_reason, home = excluded.home, "
            "uid = excluded.uid, gid = excluded.gid, external_auth = excluded.external_auth",
            error))
        return false;
    bk_query_bind_number(&query, credential->account_id);
    bk_query_bind_text(&query, credential->login);
    bk_query_bind_text(&query, credential->primary_address);
    bk_query_bind_number(&query, access->locked);
    bk_query_bind_number(&query, access->imap);
    bk_query_bind_number(&query, access->pop3);
    bk_query_bind_number(&query, access->submission);
    bk_query_bind_number(&query, access->managesieve);
    bk_query_bind_text(&query, access->imap_reason);
    bk_query_bind_text(&query, access->pop3_reason);
    bk_query_bind_text(&query, access->submission_reason);
    bk_query_bind_text(&query, access->managesieve_reason);
    bk_query_bind_text(&query, credential->home);
    bk_query_bind_number(&query, credential->uid);
    bk_query_bind_number(&query, credential->gid);
    bk_query_bind_number(&query, credential->external_auth);
    return bk_query_run(&query, error);
}

static bool set_hash(struct bk_credentials *credentials, int64_t account_id, const char *hash,
                     bool forced, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &credentials->database,
                        "UPDATE credentials SET password_hash = $1, forced = $2, previous_hash = "
                        "CASE WHEN forced = 1 THEN previous_hash ELSE password_hash END "
                        "WHERE account_id = $3",
                        error))
        return false;
    bk_query_bind_text(&query, hash);
    bk_query_bind_number(&query, forced);
    bk_query_bind_number(&query, account_id);
    if (!bk_query_run(&query, error))
        return false;
    if (sqlite3_changes(credentials->database.connection) == 1)
        return true;
    bk_error_set(error, BK_ERROR_UNKNOWN,
                 _("the account has no credentials row: see `boxkeeper check`"));
    return false;
}

bool bk_credentials_set_hash(struct bk_credentials *credentials, int64_t account_id,
                             const char *hash, struct bk_error *error)
{
    return set_hash(credentials, account_id, hash, false, error);
}

bool bk_credentials_force_hash(struct bk_credentials *credentials, int64_t account_id,
                               const char *hash, struct bk_error *error)
{
    return set_hash(credentials, account_id, hash, true, error);
}

bool bk_credentials_delete(struct bk_credentials *credentials, int64_t account_id,
                           struct bk_error *error)
{
    struct bk_query query;

    if (!run_with_address(credentials,
                          "DELETE FROM former_addresses WHERE account_id = $1 AND $2 = $2",
                          account_id, "", error))
        return false;
    if (!bk_query_begin(&query, &credentials->database,
                        "DELETE FROM credentials WHERE account_id = $1", error))
        return false;
    bk_query_bind_number(&query, account_id);
    return bk_query_run(&query, error);
}

/* ---- look-ups ---- */

#define COLUMNS                                                                                    \
    "account_id, login, primary_address, password_hash, previous_hash, locked, imap_allowed, "     \
    "pop3_allowed, submission_allowed, managesieve_allowed, imap_reason, pop3_reason, "            \
    "submission_reason, managesieve_reason, home, uid, gid, external_auth, forced"

static const struct bk_credential *read_credential(struct bk_query *query, struct bk_arena *arena)
{
    struct bk_credential *credential = bk_arena_alloc(arena, sizeof(*credential));
    struct bk_access *access = &credential->access;

    credential->account_id = bk_query_number(query);
    credential->login = bk_query_text(query, arena);
    credential->primary_address = bk_query_text(query, arena);
    credential->password_hash = bk_query_text(query, arena);
    credential->previous_hash = bk_query_text(query, arena);
    access->locked = bk_query_flag(query);
    access->imap = bk_query_flag(query);
    access->pop3 = bk_query_flag(query);
    access->submission = bk_query_flag(query);
    access->managesieve = bk_query_flag(query);
    access->imap_reason = bk_query_text(query, arena);
    access->pop3_reason = bk_query_text(query, arena);
    access->submission_reason = bk_query_text(query, arena);
    access->managesieve_reason = bk_query_text(query, arena);
    credential->home = bk_query_text(query, arena);
    credential->uid = bk_query_number(query);
    credential->gid = bk_query_number(query);
    credential->external_auth = bk_query_flag(query);
    credential->forced = bk_query_flag(query);
    return credential;
}

enum bk_lookup bk_credentials_lookup(struct bk_credentials *credentials, struct bk_arena *arena,
                                     int64_t account_id, const struct bk_credential **credential_r,
                                     struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &credentials->database,
                        "SELECT " COLUMNS " FROM credentials WHERE account_id = $1", error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *credential_r = read_credential(&query, arena);
    bk_query_end(&query);
    return found;
}

enum bk_lookup bk_credentials_list(struct bk_credentials *credentials, bk_credential_row *row,
                                   void *context, struct bk_error *error)
{
    enum bk_lookup found = BK_ABSENT;
    struct bk_query query;
    struct bk_arena *arena;
    enum bk_step step;

    if (!bk_query_begin_list(&query, &credentials->database,
                             "SELECT " COLUMNS " FROM credentials ORDER BY account_id", error))
        return BK_FAILED;
    arena = bk_arena_create();
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        found = BK_FOUND;
        if (!row(context, read_credential(&query, arena)))
            break;
        bk_arena_clear(arena);
    }
    bk_arena_destroy(&arena);
    bk_query_end(&query);
    return step == BK_STEP_FAILED ? BK_FAILED : found;
}

/* ---- staged hashes ---- */

bool bk_credentials_stage(struct bk_credentials *credentials, int64_t job_id, int64_t account_id,
                          const char *hash, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, &credentials->database,
                        "INSERT INTO staged_passwords (account_id, job_id, password_hash) "
                        "VALUES ($1, $2, $3)",
                        error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_number(&query, job_id);
    bk_query_bind_text(&query, hash);
    return bk_query_run(&query, error);
}

enum bk_lookup bk_credentials_list_staged(struct bk_credentials *credentials, int64_t job_id,
                                          bk_staged_row *row, void *context, struct bk_error *error)
{
    enum bk_lookup found = BK_ABSENT;
    struct bk_query query;
    struct bk_arena *arena;
    enum bk_step step;

    if (!bk_query_begin_list(&query, &credentials->database,
                             "SELECT account_id, password_hash FROM staged_passwords "
                             "WHERE job_id = $1 ORDER BY account_id",
                             error))
        return BK_FAILED;
    bk_query_bind_number(&query, job_id);
    arena = bk_arena_create();
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        int64_t account_id = bk_query_number(&query);

        found = BK_FOUND;
        if (!row(context, account_id, bk_query_text(&query, arena)))
            break;
        bk_arena_clear(arena);
    }
    bk_arena_destroy(&arena);
    bk_query_end(&query);
    return step == BK_STEP_FAILED ? BK_FAILED : found;
}

bool bk_credentials_clear_staged(struct bk_credentials *credentials, struct bk_error *error)
{
    struct bk_query query;

    return bk_query_begin(&query, &credentials->database, "DELETE FROM staged_passwords", error) &&
           bk_query_run(&query, error);
}

/* ---- several edits as one ---- */

bool bk_credentials_begin(struct bk_credentials *credentials, struct bk_error *error)
{
    return bk_database_begin(&credentials->database, "BEGIN IMMEDIATE", error);
}

bool bk_credentials_commit(struct bk_credentials *credentials, struct bk_error *error)
{
    if (bk_database_commit(&credentials->database, error))
        return true;
    bk_credentials_rollback(credentials);
    return false;
}

void bk_credentials_rollback(struct bk_credentials *credentials)
{
    bk_database_rollback(&credentials->database);
}
