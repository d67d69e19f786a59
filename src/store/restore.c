/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * A backup is first copied beside the live files ("-restore"), checked, migrated and fitted to this
 * machine there; then the copies replace the contents of the live files, each in one transaction,
 * while the write locks of both are held.
 */
#include "store/copy.h"
#include "store/databases.h"
#include "store/installation.h"
#include "store/schema.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAIR_COUNT 2 /* settings and credentials, the first two kinds */

struct restore {
    struct bk_arena *arena;
    struct bk_installation installation;
    struct bk_database staged[PAIR_COUNT]; /* what is to be */
    struct bk_database live[PAIR_COUNT];
    struct bk_database now;    /* a reader's handle of the live settings.db */
    struct bk_database before; /* a copy of it, in case credentials.db can't be replaced */
};

static const char *beside(struct restore *restore, int kind, const char *ending)
{
    return bk_arena_printf(restore->arena, "%s-%s", restore->installation.files[kind].path, ending);
}

/* ---- staging ---- */

static void first_finding(void *context, const char *text)
{
    const char **finding = context;

    if (*finding == NULL)
        *finding = strdup(text);
}

static bool check_staged(struct bk_database *staged, const char *path, struct bk_error *error)
{
    char *finding = NULL;
    bool is_fine = bk_copy_check_integrity(staged, first_finding, &finding, error);

    if (is_fine && finding != NULL) {
        bk_error_set(error, BK_ERROR_VALUE, _("%s is damaged (%s): take another backup"), path,
                     finding);
        is_fine = false;
    }
    free(finding);
    return is_fine && bk_schema_migrate(staged, error);
}

static bool stage_one(struct restore *restore, enum bk_database_kind kind, const char *folder,
                      int64_t *pair_r, struct bk_error *error)
{
    const char *path = bk_arena_printf(restore->arena, "%s/%s.db", folder,
                                       bk_database_kind_name(kind));
    const char *staged_path = beside(restore, (int)kind, "restore");
    struct bk_database source;
    bool is_done = false;

    if (access(path, F_OK) != 0) {
        bk_error_set(error, BK_ERROR_VALUE, _("%s is not there: %s holds no backup"), path, folder);
        return false;
    }
    bk_copy_remove(staged_path);
    if (!bk_database_open(&source, kind, path, false, BK_BUSY_WRITER_MILLISECONDS, error))
        return false;
    if (bk_copy_make_file(&restore->staged[kind], kind, staged_path, error)) {
        is_done = bk_copy_database(&source, &restore->staged[kind], error) &&
                  bk_copy_get_pair(&restore->staged[kind], pair_r, error) &&
                  check_staged(&restore->staged[kind], path, error) &&
                  bk_copy_set_pair(&restore->staged[kind], 0, error);
    }
    bk_database_close(&source);
    return is_done;
}

static bool stage(struct restore *restore, const char *folder, struct bk_error *error)
{
    int64_t pairs[PAIR_COUNT] = {0, 0};

    for (int i = 0; i < PAIR_COUNT; i++)
        if (!stage_one(restore, (enum bk_database_kind)i, folder, &pairs[i], error))
            return false;
    if (pairs[0] == pairs[1] && pairs[0] != 0)
        return true;
    bk_error_set(error, BK_ERROR_VALUE,
                 _("settings.db and credentials.db in %s are not of one backup"), folder);
    return false;
}

/* ---- fitting to this machine ---- */

static bool run_texts(struct bk_database *database, const char *sql, const char *first,
                      const char *second, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_query_begin(&query, database, sql, error))
        return false;
    bk_query_bind_text(&query, first);
    bk_query_bind_text(&query, second);
    return bk_query_run(&query, error);
}

/* What the live file has in two columns of text, into the staged one, row by row. */
static bool carry_over(struct restore *restore, const char *select, const char *put,
                       struct bk_error *error)
{
    struct bk_query query;
    enum bk_step step;
    bool is_put = true;

    if (!bk_query_begin_list(&query, &restore->now, select, error))
        return false;
    while (is_put && (step = bk_query_step(&query, error)) == BK_ROW) {
        const char *first = bk_query_text(&query, restore->arena);
        const char *second = bk_query_text(&query, restore->arena);

        is_put = run_texts(&restore->staged[BK_DATABASE_SETTINGS], put, first, second, error);
    }
    bk_query_end(&query);
    return is_put && step == BK_DONE;
}

static int64_t highest_home(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    int64_t highest = 0;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        size_t length = strlen(entry->d_name);

        if (length < 19 && strspn(entry->d_name, "0123456789") == length &&
            strtoll(entry->d_name, NULL, 10) > highest)
            highest = strtoll(entry->d_name, NULL, 10);
    }
    if (folder != NULL)
        (void)closedir(folder);
    return highest;
}

/* settings.db itself may have been lost and made anew: credentials and homes still remember. */
static bool raise_account_id(struct restore *restore, struct bk_error *error)
{
    struct bk_database *staged = &restore->staged[BK_DATABASE_SETTINGS];
    int64_t highest = highest_home(restore->installation.mail_root);
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &restore->live[BK_DATABASE_CREDENTIALS],
                        "SELECT max(account_id) FROM credentials", error))
        return false;
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        int64_t known = bk_query_number(&query);

        highest = known > highest ? known : highest;
    }
    bk_query_end(&query);
    if (found != BK_FOUND ||
        !bk_query_begin(&query, staged,
                        "UPDATE counters SET value = $1 WHERE name = 'account_id' AND value < $1",
                        error))
        return false;
    bk_query_bind_number(&query, highest);
    return bk_query_run(&query, error);
}

/* A commit that readers drop everything for. */
static bool touch_everything(struct bk_database *database, struct bk_error *error)
{
    return bk_database_execute(database,
                               "UPDATE counters SET value = value + 1 "
                               "WHERE name = 'change_sequence'",
                               error) &&
           bk_database_execute(database,
                               "INSERT INTO changes (sequence, kind, subject_id) "
                               "SELECT value, 'everything', 0 FROM counters "
                               "WHERE name = 'change_sequence'",
                               error);
}

static bool fit_settings(struct restore *restore, struct bk_error *error)
{
    struct bk_database *staged = &restore->staged[BK_DATABASE_SETTINGS];

    return bk_database_execute(staged, "DELETE FROM server", error) &&
           carry_over(restore, "SELECT name, value FROM server",
                      "INSERT INTO server (name, value) VALUES ($1, $2)", error) &&
           carry_over(restore, "SELECT CAST(value AS TEXT), name FROM counters",
                      "UPDATE counters SET value = CAST($1 AS BIGINT) "
                      "WHERE value < CAST($1 AS BIGINT) AND name = $2",
                      error) &&
           touch_everything(staged, error);
}

static bool fit_credentials(struct restore *restore, struct bk_error *error)
{
    const struct bk_installation *installation = &restore->installation;
    struct bk_query query;

    if (!bk_query_begin(&query, &restore->staged[BK_DATABASE_CREDENTIALS],
                        "UPDATE credentials SET home = $1 || '/' || account_id, uid = $2, gid = $3",
                        error))
        return false;
    bk_query_bind_text(&query, installation->mail_root);
    bk_query_bind_number(&query, installation->owners.mail_user);
    bk_query_bind_number(&query, installation->owners.mail_group);
    return bk_query_run(&query, error);
}

/* ---- replacing ---- */

static void undo_settings(struct restore *restore, struct bk_error *error)
{
    struct bk_error second = {.kind = BK_ERROR_NONE};

    /* Once for the restored settings, which readers may have seen, and once for these. */
    if (!touch_everything(&restore->before, &second) ||
        !touch_everything(&restore->before, &second) ||
        !bk_copy_database(&restore->before, &restore->live[BK_DATABASE_SETTINGS], &second))
        bk_error_set(error, BK_ERROR_TRY_AGAIN,
                     _("settings are restored, credentials are not (%s): restore again"),
                     second.text);
}

/*
 * Settings first: killed between the two, what settings know and credentials do not are accounts
 * deleted since the backup, not those created since.
 */
static bool replace(struct restore *restore, sqlite3_backup *copies[PAIR_COUNT],
                    struct bk_error *error)
{
    sqlite3_backup *settings = copies[BK_DATABASE_SETTINGS];
    sqlite3_backup *credentials = copies[BK_DATABASE_CREDENTIALS];

    copies[BK_DATABASE_SETTINGS] = NULL;
    if (!bk_copy_finish(settings, &restore->live[BK_DATABASE_SETTINGS], error))
        return false;
    copies[BK_DATABASE_CREDENTIALS] = NULL;
    if (bk_copy_finish(credentials, &restore->live[BK_DATABASE_CREDENTIALS], error))
        return true;
    undo_settings(restore, error);
    return false;
}

/* With both write locks held, so that no command's change is lost and no id given twice. */
static bool lock_and_replace(struct restore *restore, struct bk_error *error)
{
    sqlite3_backup *copies[PAIR_COUNT] = {NULL, NULL};
    bool is_done = true;

    for (int i = 0; is_done && i < PAIR_COUNT; i++) {
        copies[i] = bk_copy_begin(&restore->staged[i], &restore->live[i], error);
        is_done = copies[i] != NULL;
    }
    is_done = is_done && bk_copy_database(&restore->now, &restore->before, error) &&
              fit_settings(restore, error) && replace(restore, copies, error);
    for (int i = 0; i < PAIR_COUNT; i++)
        bk_copy_abandon(&copies[i]);
    return is_done;
}

static bool open_live(struct restore *restore, struct bk_error *error)
{
    const struct bk_file *files = restore->installation.files;

    for (int i = 0; i < PAIR_COUNT; i++)
        if (!bk_database_open(&restore->live[i], files[i].kind, files[i].path, true,
                              BK_BUSY_WRITER_MILLISECONDS, error))
            return false;
    bk_copy_remove(beside(restore, BK_DATABASE_SETTINGS, "before"));
    return bk_database_open(&restore->now, BK_DATABASE_SETTINGS, files[BK_DATABASE_SETTINGS].path,
                            false, BK_BUSY_WRITER_MILLISECONDS, error) &&
           bk_copy_make_file(&restore->before, BK_DATABASE_SETTINGS,
                             beside(restore, BK_DATABASE_SETTINGS, "before"), error);
}

static void close_all(struct restore *restore)
{
    for (int i = 0; i < PAIR_COUNT; i++) {
        bk_database_close(&restore->staged[i]);
        bk_database_close(&restore->live[i]);
        bk_copy_remove(beside(restore, i, "restore"));
    }
    bk_database_close(&restore->now);
    bk_database_close(&restore->before);
    bk_copy_remove(beside(restore, BK_DATABASE_SETTINGS, "before"));
}

bool bk_databases_restore(const char *settings_path, const char *folder, struct bk_error *error)
{
    struct restore restore = {.arena = bk_arena_create()};
    bool is_done = false;
    int lock = -1;

    if (bk_installation_load(restore.arena, settings_path, &restore.installation, error))
        lock = bk_installation_lock(restore.arena, &restore.installation, error);
    if (lock >= 0) {
        is_done = stage(&restore, folder, error) && open_live(&restore, error) &&
                  raise_account_id(&restore, error) && fit_credentials(&restore, error) &&
                  lock_and_replace(&restore, error);
        close_all(&restore);
        (void)close(lock);
    }
    bk_arena_destroy(&restore.arena);
    return is_done;
}
