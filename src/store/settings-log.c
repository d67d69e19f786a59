/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* What is written down beside the settings themselves: changes, jobs and the audit log. */
#include "store/settings-private.h"

/* ---- changes ---- */

enum bk_lookup bk_settings_list_changes(struct bk_settings *settings, int64_t sequence,
                                        int64_t count, bk_settings_change_row *row, void *context,
                                        struct bk_error *error)
{
    enum bk_lookup found = BK_ABSENT;
    struct bk_settings_change change;
    struct bk_arena *arena;
    struct bk_query query;
    enum bk_step step;

    if (!bk_query_begin_list(&query, &settings->database,
                             "SELECT sequence, kind, subject_id FROM changes WHERE sequence > $1 "
                             "ORDER BY sequence LIMIT $2",
                             error))
        return BK_FAILED;
    bk_query_bind_number(&query, sequence);
    bk_query_bind_number(&query, count);
    arena = bk_arena_create();
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        found = BK_FOUND;
        change.sequence = bk_query_number(&query);
        change.kind = bk_query_text(&query, arena);
        change.subject_id = bk_query_number(&query);
        if (!row(context, &change))
            break;
        bk_arena_clear(arena);
    }
    bk_arena_destroy(&arena);
    bk_query_end(&query);
    return step == BK_STEP_FAILED ? BK_FAILED : found;
}

/* ---- jobs ---- */

enum bk_lookup bk_settings_lookup_job(struct bk_settings *settings, int64_t account_id,
                                      const char *kind, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT 1 FROM jobs WHERE account_id = $1 AND kind = $2 LIMIT 1", error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_text(&query, kind);
    found = bk_query_lookup(&query, error);
    bk_query_end(&query);
    return found;
}

bool bk_settings_insert_job(struct bk_settings *settings, const struct bk_job *job, int64_t *id_r,
                            struct bk_error *error)
{
    struct bk_query query;

    if (!bk_settings_next_id(settings, "job_id", id_r, error) ||
        !bk_query_begin(&query, &settings->database,
                        "INSERT INTO jobs (id, kind, account_id, detail, done, total, created_at, "
                        "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                        error))
        return false;
    bk_query_bind_number(&query, *id_r);
    bk_query_bind_text(&query, job->kind);
    bk_query_bind_number(&query, job->account_id);
    bk_query_bind_text(&query, job->detail);
    bk_query_bind_number(&query, job->done);
    bk_query_bind_number(&query, job->total);
    bk_query_bind_number(&query, job->created_at);
    bk_query_bind_number(&query, job->updated_at);
    return bk_query_run(&query, error);
}

bool bk_settings_update_job(struct bk_settings *settings, const struct bk_job *job,
                            struct bk_error *error)
{
    struct bk_query query;

    if (!bk_settings_need_transaction(settings, error) ||
        !bk_query_begin(&query, &settings->database,
                        "UPDATE jobs SET detail = $1, done = $2, total = $3, updated_at = $4 "
                        "WHERE id = $5",
                        error))
        return false;
    bk_query_bind_text(&query, job->detail);
    bk_query_bind_number(&query, job->done);
    bk_query_bind_number(&query, job->total);
    bk_query_bind_number(&query, job->updated_at);
    bk_query_bind_number(&query, job->id);
    return bk_query_run(&query, error) &&
           bk_settings_check_changed(settings, _("the job is gone"), error);
}

bool bk_settings_delete_job(struct bk_settings *settings, int64_t id, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_settings_need_transaction(settings, error) ||
        !bk_query_begin(&query, &settings->database, "DELETE FROM jobs WHERE id = $1", error))
        return false;
    bk_query_bind_number(&query, id);
    return bk_query_run(&query, error) &&
           bk_settings_check_changed(settings, _("the job is gone"), error);
}

static void read_job(struct bk_query *query, struct bk_arena *arena, struct bk_job *job)
{
    job->id = bk_query_number(query);
    job->kind = bk_query_text(query, arena);
    job->account_id = bk_query_number(query);
    job->detail = bk_query_text(query, arena);
    job->done = bk_query_number(query);
    job->total = bk_query_number(query);
    job->created_at = bk_query_number(query);
    job->updated_at = bk_query_number(query);
}

enum bk_lookup bk_settings_list_jobs(struct bk_settings *settings, bk_job_row *row, void *context,
                                     struct bk_error *error)
{
    enum bk_lookup found = BK_ABSENT;
    struct bk_arena *arena;
    struct bk_query query;
    struct bk_job job;
    enum bk_step step;

    if (!bk_query_begin_list(&query, &settings->database,
                             "SELECT id, kind, account_id, detail, done, total, created_at, "
                             "updated_at FROM jobs ORDER BY id",
                             error))
        return BK_FAILED;
    arena = bk_arena_create();
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        found = BK_FOUND;
        read_job(&query, arena, &job);
        if (!row(context, &job))
            break;
        bk_arena_clear(arena);
    }
    bk_arena_destroy(&arena);
    bk_query_end(&query);
    return step == BK_STEP_FAILED ? BK_FAILED : found;
}

/* ---- audit ---- */

bool bk_settings_insert_audit(struct bk_settings *settings, const struct bk_audit_entry *entry,
                              struct bk_error *error)
{
    struct bk_query query;
    int64_t id;

    if (!bk_settings_next_id(settings, "audit_id", &id, error) ||
        !bk_query_begin(&query, &settings->database,
                        "INSERT INTO audit (id, at, actor, command, subject, before, after) "
                        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                        error))
        return false;
    bk_query_bind_number(&query, id);
    bk_query_bind_number(&query, entry->at);
    bk_query_bind_text(&query, entry->actor);
    bk_query_bind_text(&query, entry->command);
    bk_query_bind_text(&query, entry->subject);
    bk_query_bind_text(&query, entry->before);
    bk_query_bind_text(&query, entry->after);
    return bk_query_run(&query, error);
}

static void read_entry(struct bk_query *query, struct bk_arena *arena, struct bk_audit_entry *entry)
{
    entry->at = bk_query_number(query);
    entry->actor = bk_query_text(query, arena);
    entry->command = bk_query_text(query, arena);
    entry->subject = bk_query_text(query, arena);
    entry->before = bk_query_text(query, arena);
    entry->after = bk_query_text(query, arena);
}

enum bk_lookup bk_settings_list_audit(struct bk_settings *settings, const char *subject,
                                      int64_t since, bk_audit_row *row, void *context,
                                      struct bk_error *error)
{
    enum bk_lookup found = BK_ABSENT;
    struct bk_audit_entry entry;
    struct bk_arena *arena;
    struct bk_query query;
    enum bk_step step;

    if (!bk_query_begin_list(&query, &settings->database,
                             "SELECT at, actor, command, subject, before, after FROM audit "
                             "WHERE ($1 IS NULL OR subject = $1) AND at >= $2 ORDER BY id",
                             error))
        return BK_FAILED;
    bk_query_bind_text(&query, subject);
    bk_query_bind_number(&query, since);
    arena = bk_arena_create();
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        found = BK_FOUND;
        read_entry(&query, arena, &entry);
        if (!row(context, &entry))
            break;
        bk_arena_clear(arena);
    }
    bk_arena_destroy(&arena);
    bk_query_end(&query);
    return step == BK_STEP_FAILED ? BK_FAILED : found;
}
