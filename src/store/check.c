/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/copy.h"
#include "store/databases.h"
#include "store/installation.h"
#include "store/schema.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h> // vsnprintf
#include <string.h>
#include <sys/vfs.h>

struct check {
    struct bk_arena *arena;
    bk_finding *report;
    void *context;
};

static void find(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void find(struct check *check, const char *format, ...)
{
    va_list arguments;
    char text[1024];

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    check->report(check->context, text);
}

/* ---- as files ---- */

static const char *user_name(struct check *check, uid_t id)
{
    const struct passwd *user = getpwuid(id);

    return user != NULL ? bk_arena_strdup(check->arena, user->pw_name)
                        : bk_arena_printf(check->arena, "%u", (unsigned int)id);
}

static const char *group_name(struct check *check, gid_t id)
{
    const struct group *group = getgrgid(id);

    return group != NULL ? bk_arena_strdup(check->arena, group->gr_name)
                         : bk_arena_printf(check->arena, "%u", (unsigned int)id);
}

static void check_path(struct check *check, const char *path, mode_t type,
                       const struct bk_file *file, mode_t mode, bool is_needed)
{
    struct stat now;

    if (lstat(path, &now) != 0) {
        if (is_needed || errno != ENOENT)
            find(check, _("%s: %s; run `boxkeeper migrate`"), path, strerror(errno));
        return;
    }
    if ((now.st_mode & S_IFMT) != type) {
        find(check, _("%s is not a plain file or folder (a link?): put the real one there"), path);
        return;
    }
    if (now.st_uid != file->owner || now.st_gid != file->group)
        find(check, _("%s belongs to %s:%s, and should to %s:%s; `boxkeeper migrate` mends that"),
             path, user_name(check, now.st_uid), group_name(check, now.st_gid),
             user_name(check, file->owner), group_name(check, file->group));
    if ((now.st_mode & 07777) != mode)
        find(check, _("%s has mode %04o, and should have %04o; `boxkeeper migrate` mends that"),
             path, (unsigned int)(now.st_mode & 07777), (unsigned int)mode);
}

static void check_paths(struct check *check, const struct bk_file *file)
{
    /* state.db is made anew by whoever needs it. */
    bool is_needed = file->kind != BK_DATABASE_STATE;

    check_path(check, bk_files_folder_of(check->arena, file->path), S_IFDIR, file,
               file->folder_mode, true);
    check_path(check, file->path, S_IFREG, file, file->mode, is_needed);
    /* Those who may only read can't make these. */
    is_needed = is_needed && bk_database_kind_uses_wal(file->kind);
    check_path(check, bk_arena_printf(check->arena, "%s-wal", file->path), S_IFREG, file,
               file->mode, is_needed);
    check_path(check, bk_arena_printf(check->arena, "%s-shm", file->path), S_IFREG, file,
               file->mode, is_needed);
}

/* Killed between the two files, a restore has done half of its work. */
static void check_left_over(struct check *check, const struct bk_file *file)
{
    const char *path = bk_arena_printf(check->arena, "%s-restore", file->path);
    struct stat now;

    if (lstat(path, &now) == 0)
        find(check, _("%s was left by a `boxkeeper restore` that did not finish: repeat that"),
             path);
}

/* SQLite's locks and shared memory do not work there, or not reliably. */
static void check_file_system(struct check *check, const struct bk_file *file)
{
    static const struct {
        uint32_t magic;
        const char *name;
    } refused[] = {
        {NFS_SUPER_MAGIC, "NFS"},     {SMB_SUPER_MAGIC, "SMB"},   {CIFS_SUPER_MAGIC, "CIFS"},
        {SMB2_SUPER_MAGIC, "SMB"},    {FUSE_SUPER_MAGIC, "FUSE"}, {CEPH_SUPER_MAGIC, "Ceph"},
        {AFS_SUPER_MAGIC, "AFS"},     {CODA_SUPER_MAGIC, "Coda"}, {V9FS_MAGIC, "9P"},
        {OCFS2_SUPER_MAGIC, "OCFS2"}, {0x0BD00BD0, "Lustre"},     {0x01161970, "GFS2"},
    };
    const char *folder = bk_files_folder_of(check->arena, file->path);
    struct statfs now;

    if (statfs(folder, &now) != 0)
        return;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if ((uint32_t)now.f_type == refused[i].magic)
            find(check,
                 _("%s is on a %s file system, where SQLite is not safe: move it to a local "
                   "disk"),
                 folder, refused[i].name);
}

/* ---- as databases ---- */

static void report_damage(void *context, const char *text)
{
    struct check *check = context;

    find(check, "%s", text);
}

static enum bk_lookup lookup_text(struct check *check, struct bk_database *database,
                                  const char *sql, const char **text_r, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin_list(&query, database, sql, error))
        return BK_FAILED;
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *text_r = bk_query_text(&query, check->arena);
    bk_query_end(&query);
    return found;
}

static bool check_journal(struct check *check, struct bk_database *database, struct bk_error *error)
{
    const char *want = bk_database_kind_uses_wal(database->kind) ? "wal" : "delete", *got = NULL;

    if (lookup_text(check, database, "PRAGMA journal_mode", &got, error) != BK_FOUND)
        return false;
    if (got == NULL || strcmp(got, want) != 0)
        find(check, _("%s has journal mode %s instead of %s: run `boxkeeper migrate`"),
             database->path, got, want);
    return true;
}

static bool check_rows(struct check *check, struct bk_database *database, struct bk_error *error)
{
    const char *text = NULL;
    enum bk_lookup found;

    found = lookup_text(check, database,
                        "SELECT name FROM counters WHERE name = 'account_id' AND "
                        "value < (SELECT coalesce(max(id), 0) FROM accounts)",
                        &text, error);
    if (found == BK_FOUND)
        find(check,
             _("%s: the counter of account ids is behind: new accounts can't be made; "
               "restore a backup"),
             database->path);
    if (found != BK_FAILED)
        found = lookup_text(check, database,
                            "SELECT group_concat(c.login, ', ') FROM accounts c "
                            "LEFT JOIN addresses m ON m.account_id = c.id AND m.kind = 'primary' "
                            "WHERE m.address IS NULL",
                            &text, error);
    if (found == BK_FOUND && text != NULL)
        find(check,
             _("%s: these accounts have no primary address, and their mail waits: %s; "
               "restore a backup"),
             database->path, text);
    return found != BK_FAILED;
}

static bool check_contents(struct check *check, struct bk_database *database,
                           struct bk_error *error)
{
    return bk_schema_check(database, error) && check_journal(check, database, error) &&
           bk_copy_check_integrity(database, report_damage, check, error) &&
           (database->kind != BK_DATABASE_SETTINGS || check_rows(check, database, error));
}

/* Not being able to read one is a finding; the others are looked at all the same. */
static void check_database(struct check *check, const struct bk_file *file)
{
    /* A reader can't roll back what a killed writer left in a rollback journal. */
    bool writer = file->kind == BK_DATABASE_CREDENTIALS;
    struct bk_error error = {.kind = BK_ERROR_NONE};
    struct bk_database database;
    struct stat now;

    if (lstat(file->path, &now) != 0)
        return;
    if (!bk_database_open(&database, file->kind, file->path, writer, BK_BUSY_WRITER_MILLISECONDS,
                          &error)) {
        find(check, "%s", error.text);
        return;
    }
    if (!check_contents(check, &database, &error))
        find(check, "%s", error.text);
    bk_database_close(&database);
}

bool bk_databases_check(const char *settings_path, bk_finding *report, void *context,
                        struct bk_error *error)
{
    struct check check = {.arena = bk_arena_create(), .report = report, .context = context};
    struct bk_installation installation;
    bool is_done = bk_installation_load(check.arena, settings_path, &installation, error);

    for (int i = 0; is_done && i < BK_DATABASE_KIND_COUNT; i++) {
        check_paths(&check, &installation.files[i]);
        check_left_over(&check, &installation.files[i]);
        check_file_system(&check, &installation.files[i]);
        check_database(&check, &installation.files[i]);
    }
    bk_arena_destroy(&check.arena);
    return is_done;
}
