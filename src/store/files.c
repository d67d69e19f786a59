/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/files.h"

#include "store/schema.h"
#include "store/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h> // flock
#include <time.h>
#include <unistd.h>

#define STATE_TRIES 10
#define LOCK_PAUSE_MILLISECONDS 2

void bk_files_describe(const char *const paths[BK_DATABASE_KIND_COUNT],
                       const struct bk_owners *owners,
                       struct bk_file files_r[BK_DATABASE_KIND_COUNT])
{
    files_r[BK_DATABASE_SETTINGS] = (struct bk_file){
        .owner = owners->root_user,
        .group = owners->boxkeeper_group,
        .mode = 0640,
        .folder_mode = 0750,
    };
    files_r[BK_DATABASE_CREDENTIALS] = (struct bk_file){
        .owner = owners->root_user,
        .group = owners->root_group,
        .mode = 0600,
        .folder_mode = 0700,
    };
    /* setgid: what the mail user makes there belongs to group boxkeeper. */
    files_r[BK_DATABASE_STATE] = (struct bk_file){
        .owner = owners->mail_user,
        .group = owners->boxkeeper_group,
        .mode = 0640,
        .folder_mode = 02750,
    };
    files_r[BK_DATABASE_LIMITS] = (struct bk_file){
        .owner = owners->boxkeeper_user,
        .group = owners->boxkeeper_group,
        .mode = 0600,
        .folder_mode = 0700,
    };
    for (int i = 0; i < BK_DATABASE_KIND_COUNT; i++) {
        files_r[i].kind = (enum bk_database_kind)i;
        files_r[i].path = paths[i];
    }
}

char *bk_files_folder_of(struct bk_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return bk_arena_strdup(arena, ".");
    if (slash == path)
        return bk_arena_strdup(arena, "/");
    return bk_arena_printf(arena, "%.*s", (int)(slash - path), path);
}

static bool failed(const char *path, struct bk_error *error)
{
    bk_error_set(error,
                 errno == EPERM || errno == EACCES ? BK_ERROR_NOT_PERMITTED : BK_ERROR_TRY_AGAIN,
                 "%s: %s", path, strerror(errno));
    return false;
}

/* ---- folders ---- */

/* Sets only what differs, so that somebody who is not root gets through where all is well. */
static bool set_owner(const char *path, const struct stat *now, uid_t owner, gid_t group,
                      mode_t mode, struct bk_error *error)
{
    if ((now->st_uid != owner || now->st_gid != group) && lchown(path, owner, group) != 0)
        return failed(path, error);
    /* A change of owner takes the setgid bit away. */
    if (((now->st_mode & 07777) != mode || now->st_uid != owner || now->st_gid != group) &&
        chmod(path, mode) != 0)
        return failed(path, error);
    return true;
}

/* What somebody left who was killed before giving it away; then it is removed, to be made anew. */
static bool is_half_made(const char *path, const struct stat *now, uid_t owner)
{
    return owner != geteuid() && now->st_uid == geteuid() && (now->st_mode & 07777) == 0700 &&
           rmdir(path) == 0;
}

bool bk_files_make_folder(struct bk_arena *arena, const char *path, uid_t owner, gid_t group,
                          mode_t mode, struct bk_error *error)
{
    struct stat now;

    if (stat(path, &now) == 0) {
        if (!is_half_made(path, &now, owner))
            return true;
    } else if (errno != ENOENT) {
        return failed(path, error);
    }
    if (!bk_files_make_folder(arena, bk_files_folder_of(arena, path), geteuid(), getegid(), 0755,
                              error))
        return false;
    if (mkdir(path, 0700) != 0 || stat(path, &now) != 0)
        return failed(path, error);
    return set_owner(path, &now, owner, group, mode, error);
}

/* Is `name` the file at `path` or one that SQLite keeps beside it? */
static bool is_part_of(const char *name, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    size_t length = strlen(base);

    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
           (strncmp(name, base, length) == 0 && (name[length] == '\0' || name[length] == '-'));
}

static bool is_of_its_own(const char *folder, const char *path)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    bool alone = true;

    if (directory == NULL)
        return false;
    while (alone && (entry = readdir(directory)) != NULL)
        alone = is_part_of(entry->d_name, path);
    (void)closedir(directory);
    return alone;
}

bool bk_files_prepare_folder(struct bk_arena *arena, const struct bk_file *file,
                             struct bk_error *error)
{
    const char *folder = bk_files_folder_of(arena, file->path);
    struct stat now;

    if (!bk_files_make_folder(arena, folder, file->owner, file->group, file->folder_mode, error))
        return false;
    if (stat(folder, &now) != 0)
        return failed(folder, error);
    if (now.st_uid == file->owner && now.st_gid == file->group &&
        (now.st_mode & 07777) == file->folder_mode)
        return true;
    if (!is_of_its_own(folder, file->path)) {
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     _("%s needs a folder of its own (user %u, group %u, mode %04o), and %s holds "
                       "other files too: name another path"),
                     file->path, (unsigned int)file->owner, (unsigned int)file->group,
                     (unsigned int)file->folder_mode, folder);
        return false;
    }
    return set_owner(folder, &now, file->owner, file->group, file->folder_mode, error);
}

int bk_files_lock_folder(const char *folder, int wait_milliseconds, struct bk_error *error)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MILLISECONDS * 1000 * 1000};
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (descriptor < 0) {
        (void)failed(folder, error);
        return -1;
    }
    for (int waited = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0;
         waited += LOCK_PAUSE_MILLISECONDS) {
        if (errno == EWOULDBLOCK && waited < wait_milliseconds) {
            (void)nanosleep(&pause, NULL);
            continue;
        }
        bk_error_set(error, BK_ERROR_TRY_AGAIN, _("%s is locked by another program: try again"),
                     folder);
        (void)close(descriptor);
        return -1;
    }
    return descriptor;
}

bool bk_files_sync_folder(const char *folder, struct bk_error *error)
{
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = descriptor >= 0 && fsync(descriptor) == 0;

    if (!is_synced)
        (void)failed(folder, error);
    if (descriptor >= 0)
        (void)close(descriptor);
    return is_synced;
}

/* ---- files ---- */

/* SQLite gives -wal and -shm the mode of the file itself: so that must be right before. */
static bool make_file(const struct bk_file *file, struct bk_error *error)
{
    int descriptor = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                          file->mode);
    bool is_made;

    if (descriptor < 0)
        return errno == EEXIST || failed(file->path, error);
    is_made = fchmod(descriptor, file->mode) == 0;
    if (!is_made)
        (void)failed(file->path, error);
    (void)close(descriptor);
    return is_made;
}

bool bk_files_migrate(const struct bk_file *file, int busy_milliseconds, int *result_r,
                      struct bk_error *error)
{
    struct bk_database database;
    bool is_done;

    *result_r = SQLITE_OK;
    if (!make_file(file, error))
        return false;
    is_done = bk_database_open(&database, file->kind, file->path, true, busy_milliseconds, error) &&
              bk_schema_migrate(&database, error);
    *result_r = database.last_failure;
    bk_database_close(&database);
    return is_done;
}

/* Only in folders that belong to the one who runs this. */
static bool set_file_owners(const struct bk_file *file, struct bk_error *error)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    struct bk_arena *arena = bk_arena_create();
    bool is_fine = true;

    for (size_t i = 0; is_fine && i < sizeof(endings) / sizeof(endings[0]); i++) {
        const char *path = bk_arena_printf(arena, "%s%s", file->path, endings[i]);
        struct stat now;

        if (lstat(path, &now) == 0 && S_ISREG(now.st_mode))
            is_fine = set_owner(path, &now, file->owner, file->group, file->mode, error);
    }
    bk_arena_destroy(&arena);
    return is_fine;
}

/*
 * state.db is a cache: damage is no error, it is made anew. A handle of it waits for hardly
 * anybody, for mail may depend on it; this is a command, so whoever makes the file now is waited
 * for.
 */
static bool migrate_state(const struct bk_file *file, struct bk_error *error)
{
    struct bk_arena *arena = bk_arena_create();
    const char *folder = bk_files_folder_of(arena, file->path);
    struct bk_state *state = NULL;
    bool is_done;

    for (int tries = 0; state == NULL && tries < STATE_TRIES; tries++) {
        int lock = bk_files_lock_folder(folder, BK_BUSY_WRITER_MILLISECONDS, error);

        if (lock < 0)
            break;
        (void)close(lock); /* the handle locks it itself */
        state = bk_state_open_writer(file->path, error);
        if (state == NULL && error != NULL && error->kind != BK_ERROR_TRY_AGAIN)
            break;
    }
    is_done = state != NULL;
    bk_state_close(&state);
    bk_arena_destroy(&arena);
    return is_done;
}

/* Become the owner of the file, run, and come back. */
static bool migrate_as_owner(const struct bk_file *file, struct bk_error *error)
{
    uid_t user = geteuid();
    gid_t group = getegid();
    bool is_done = false;
    int result;

    if (setegid(file->group) != 0 || seteuid(file->owner) != 0)
        (void)failed(file->path, error);
    else
        is_done = file->kind == BK_DATABASE_STATE
                      ? migrate_state(file, error)
                      : bk_files_migrate(file, BK_BUSY_WRITER_MILLISECONDS, &result, error);
    if (seteuid(user) != 0 || setegid(group) != 0)
        return failed(file->path, error);
    return is_done;
}

bool bk_files_prepare_database(const struct bk_file *file, struct bk_error *error)
{
    int result;

    if (file->owner != geteuid())
        return migrate_as_owner(file, error);
    return bk_files_migrate(file, BK_BUSY_WRITER_MILLISECONDS, &result, error) &&
           set_file_owners(file, error);
}
