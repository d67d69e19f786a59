/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * settings.db for its only writer, the CLI. A writer's handle is a reader's handle that can also
 * begin a write transaction; every look-up of settings.h works in it and sees its own changes.
 *
 * All edits of one command stand in one transaction, with its audit entry; the commit bumps the
 * change sequence and records which accounts and domains it touched (each edit function notes that
 * by itself), so that readers can drop exactly those from a cache.
 *
 * Two writers wait for each other up to 30 s; then BK_ERROR_TRY_AGAIN. Functions return false with
 * `error` filled. Edits do not check rules: the caller has asked src/rules before; constraints of
 * the schema are the last net (BK_ERROR_EXISTS for a name or address that is taken).
 */
#ifndef BK_STORE_SETTINGS_EDIT_H
#define BK_STORE_SETTINGS_EDIT_H

#include "store/settings.h"

struct bk_settings *bk_settings_open_writer(const char *path, struct bk_error *error);

bool bk_settings_begin_write(struct bk_settings *settings, struct bk_error *error);
bool bk_settings_commit(struct bk_settings *settings, struct bk_error *error);
/* Also after a failed edit; nothing to do outside a transaction. */
void bk_settings_rollback(struct bk_settings *settings);

bool bk_settings_put_server_value(struct bk_settings *settings, const char *name, const char *value,
                                  struct bk_error *error);

/* A new plan `name`, equal to `from` in everything. BK_ERROR_EXISTS if the name is taken. */
bool bk_settings_copy_plan(struct bk_settings *settings, const char *name, const char *from,
                           struct bk_error *error);
/* Every field, by its name. */
bool bk_settings_update_plan(struct bk_settings *settings, const struct bk_plan *plan,
                             struct bk_error *error);

/* Insert `domain` (id is ignored and returned) or update it by id. `plan` counts by its name. */
bool bk_settings_insert_domain(struct bk_settings *settings, const struct bk_domain *domain,
                               int64_t *id_r, struct bk_error *error);
bool bk_settings_update_domain(struct bk_settings *settings, const struct bk_domain *domain,
                               struct bk_error *error);
/* Refused by the schema while it has accounts. */
bool bk_settings_delete_domain(struct bk_settings *settings, int64_t id, struct bk_error *error);

/* `name` belongs to no domain yet, as name or alias (else BK_ERROR_EXISTS). */
bool bk_settings_add_domain_alias(struct bk_settings *settings, int64_t domain_id, const char *name,
                                  struct bk_error *error);
/* BK_ERROR_UNKNOWN if the domain has no such alias. */
bool bk_settings_remove_domain_alias(struct bk_settings *settings, int64_t domain_id,
                                     const char *name, struct bk_error *error);

/* Insert an account with its primary address; id is ignored and returned; forward targets are
 * written too. */
bool bk_settings_insert_account(struct bk_settings *settings, const struct bk_account *account,
                                int64_t *id_r, struct bk_error *error);
/* Every field by id, forward targets included; a changed primary address replaces the old one. */
bool bk_settings_update_account(struct bk_settings *settings, const struct bk_account *account,
                                struct bk_error *error);
/* The account, its addresses, forwards, lists: gone. Its id is never used again. */
bool bk_settings_delete_account(struct bk_settings *settings, int64_t id, struct bk_error *error);

bool bk_settings_add_alias(struct bk_settings *settings, int64_t account_id, const char *address,
                           struct bk_error *error);
bool bk_settings_remove_alias(struct bk_settings *settings, int64_t account_id, const char *address,
                              struct bk_error *error);

/* ---- jobs: durable work that goes on after a crash ---- */

struct bk_job {
    int64_t id;
    const char *kind; /* "delete-account", "erase-mail" */
    int64_t account_id;
    const char *detail;  /* JSON of the job's own, or "" */
    int64_t done, total; /* progress, in units of its own; total 0 = not known yet */
    int64_t created_at, updated_at;
};
typedef bool bk_job_row(void *context, const struct bk_job *job);

bool bk_settings_insert_job(struct bk_settings *settings, const struct bk_job *job, int64_t *id_r,
                            struct bk_error *error);
bool bk_settings_update_job(struct bk_settings *settings, const struct bk_job *job,
                            struct bk_error *error);
bool bk_settings_delete_job(struct bk_settings *settings, int64_t id, struct bk_error *error);
/* Oldest first. */
enum bk_lookup bk_settings_list_jobs(struct bk_settings *settings, bk_job_row *row, void *context,
                                     struct bk_error *error);

/* ---- audit ---- */

struct bk_audit_entry {
    int64_t at;
    const char *actor;   /* who, also through sudo: "taro (root)" */
    const char *command; /* "account suspend" */
    const char *subject; /* address, domain or plan; also after it is gone */
    const char *before;  /* JSON object of the changed fields, never a password or hash; or NULL */
    const char *after;
};
typedef bool bk_audit_row(void *context, const struct bk_audit_entry *entry);

bool bk_settings_insert_audit(struct bk_settings *settings, const struct bk_audit_entry *entry,
                              struct bk_error *error);
/* Oldest first; subject NULL = all; since in epoch seconds. */
enum bk_lookup bk_settings_list_audit(struct bk_settings *settings, const char *subject,
                                      int64_t since, bk_audit_row *row, void *context,
                                      struct bk_error *error);

#endif
