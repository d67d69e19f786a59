/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/removal.h"

#include "admin/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define PROGRESS_STEP 256

struct removal {
    int top;
    dev_t device;
    uint64_t next_name;
    int64_t removed;
    int64_t failed; /* in this pass */
    bk_removal_progress *progress;
    void *context;
    struct bk_error *error; /* of the first failure */
};

static void count_removed(struct removal *removal)
{
    if (++removal->removed % PROGRESS_STEP == 0 && removal->progress != NULL)
        removal->progress(removal->context, removal->removed);
}

static void count_failed(struct removal *removal, const char *name, const char *reason)
{
    if (removal->failed++ == 0)
        bk_error_set(removal->error, BK_ERROR_TRY_AGAIN, _("cannot remove \"%s\": %s"), name,
                     reason);
}

/* Opened without following a link, and with all permissions for us where they are ours to set. */
static int open_folder(int parent, const char *name)
{
    int folder = openat(parent, name, FOLDER_FLAGS);

    if (folder < 0 && errno == EACCES && fchmodat(parent, name, S_IRWXU, AT_SYMLINK_NOFOLLOW) == 0)
        folder = openat(parent, name, FOLDER_FLAGS);
    return folder;
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Give folder `name` of `folder` a place of its own in the top folder. */
static bool move_up(struct removal *removal, DIR *from, const char *name)
{
    int folder = dirfd(from);
    char up[32];
    bool may_write = false;

    for (;;) {
        (void)snprintf(up, sizeof(up), "up-%" PRIu64, removal->next_name++);
        if (renameat(folder, name, removal->top, up) == 0 || errno == ENOENT)
            return true;
        /* Moving a folder changes its "..": it must be writable. */
        if (errno == EACCES && !may_write) {
            may_write = true;
            if (fchmodat(folder, name, S_IRWXU, AT_SYMLINK_NOFOLLOW) < 0)
                return false;
        } else if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR) {
            return false;
        }
    }
}

/* The files of `folder` are gone and its folders moved up, as far as that is possible. */
static void empty_folder(struct removal *removal, DIR *folder)
{
    const struct dirent *entry;

    while ((entry = readdir(folder)) != NULL) {
        if (is_dot(entry->d_name))
            continue;
        if (unlinkat(dirfd(folder), entry->d_name, 0) == 0) {
            count_removed(removal);
            continue;
        }
        if (errno == ENOENT || (errno == EISDIR && move_up(removal, folder, entry->d_name)))
            continue;
        count_failed(removal, entry->d_name, strerror(errno));
    }
}

static void remove_folder(struct removal *removal, const char *name)
{
    int folder = open_folder(removal->top, name);
    struct stat status;
    DIR *stream;

    if (folder < 0 || fstat(folder, &status) < 0) {
        if (errno != ENOENT)
            count_failed(removal, name, strerror(errno));
        if (folder >= 0)
            (void)close(folder);
        return;
    }
    if (status.st_dev != removal->device || (stream = fdopendir(folder)) == NULL) {
        count_failed(removal, name,
                     status.st_dev != removal->device ? _("another file system is mounted there")
                                                      : strerror(errno));
        (void)close(folder);
        return;
    }
    if ((status.st_mode & S_IRWXU) != S_IRWXU)
        (void)fchmod(folder, S_IRWXU);
    empty_folder(removal, stream);
    (void)closedir(stream);
    if (unlinkat(removal->top, name, AT_REMOVEDIR) == 0)
        count_removed(removal);
    else if (errno != ENOENT)
        count_failed(removal, name, strerror(errno));
}

/* Once through the top folder. */
static void remove_pass(struct removal *removal, DIR *top)
{
    const struct dirent *entry;

    rewinddir(top);
    while ((entry = readdir(top)) != NULL) {
        if (is_dot(entry->d_name))
            continue;
        if (unlinkat(removal->top, entry->d_name, 0) == 0)
            count_removed(removal);
        else if (errno == EISDIR)
            remove_folder(removal, entry->d_name);
        else if (errno != ENOENT)
            count_failed(removal, entry->d_name, strerror(errno));
    }
}

/* Everything in the top folder, which `removal` has open and keeps open. */
static bool remove_contents(struct removal *removal)
{
    DIR *top = fdopendir(dup(removal->top));
    int64_t before;

    if (top == NULL) {
        count_failed(removal, ".", strerror(errno));
        return false;
    }
    do {
        before = removal->removed;
        removal->failed = 0;
        remove_pass(removal, top);
    } while (removal->removed > before);
    (void)closedir(top);
    if (removal->progress != NULL)
        removal->progress(removal->context, removal->removed);
    return removal->failed == 0;
}

static bool remove_link_or_file(int parent, const char *name, struct bk_error *error)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return true;
    bk_error_set(error, BK_ERROR_TRY_AGAIN, _("cannot remove \"%s\": %s"), name, strerror(errno));
    return false;
}

bool bk_removal_tree(int parent, const char *name, bk_removal_progress *progress, void *context,
                     struct bk_error *error)
{
    struct removal removal = {.progress = progress, .context = context, .error = error};
    struct stat status;
    bool removed;

    removal.top = open_folder(parent, name);
    if (removal.top < 0 && errno == ENOENT)
        return true;
    if (removal.top < 0 && (errno == ENOTDIR || errno == ELOOP))
        return remove_link_or_file(parent, name, error);
    if (removal.top < 0 || fstat(removal.top, &status) < 0) {
        count_failed(&removal, name, strerror(errno));
        if (removal.top >= 0)
            (void)close(removal.top);
        return false;
    }
    removal.device = status.st_dev;
    (void)fchmod(removal.top, S_IRWXU);
    removed = remove_contents(&removal);
    (void)close(removal.top);
    if (removed && unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT) {
        count_failed(&removal, name, strerror(errno));
        return false;
    }
    return removed && fsync(parent) == 0;
}

/* The folder of what waits for removal, made if missing; -1 with `error`. */
static int open_waiting_folder(int root, const char *mail_root, struct bk_error *error)
{
    int folder = -1;

    if (mkdirat(root, BK_REMOVAL_FOLDER, S_IRWXU) == 0 || errno == EEXIST)
        folder = openat(root, BK_REMOVAL_FOLDER, FOLDER_FLAGS);
    if (folder < 0)
        bk_error_set(error, BK_ERROR_TRY_AGAIN, _("cannot use the folder %s/%s: %s"), mail_root,
                     BK_REMOVAL_FOLDER, strerror(errno));
    return folder;
}

/* Is there a home to set aside? It must be a folder. */
static bool find_home(int root, const char *mail_root, const char *name, bool *exists_r,
                      struct bk_error *error)
{
    struct stat status;

    *exists_r = fstatat(root, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (!*exists_r && errno == ENOENT)
        return true;
    if (*exists_r && S_ISDIR(status.st_mode))
        return true;
    bk_error_set(error, BK_ERROR_TRY_AGAIN,
                 *exists_r ? _("%s/%s is not a folder: remove it and the mail by hand, then repeat "
                               "the command")
                           : _("cannot look at %s/%s: check that folder"),
                 mail_root, name);
    return false;
}

static bool set_aside(int root, int waiting, const char *mail_root, const char *name,
                      struct bk_error *error)
{
    bool exists;

    if (!find_home(root, mail_root, name, &exists, error))
        return false;
    if (!exists)
        return true;
    if (renameat(root, name, waiting, name) == 0 && fsync(waiting) == 0 && fsync(root) == 0)
        return true;
    bk_error_set(error, BK_ERROR_TRY_AGAIN, _("cannot move %s/%s to %s/%s: %s"), mail_root, name,
                 mail_root, BK_REMOVAL_FOLDER, strerror(errno));
    return false;
}

bool bk_removal_home(const char *mail_root, int64_t account_id, bk_removal_progress *progress,
                     void *context, struct bk_error *error)
{
    char name[32];
    int root = open(mail_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int waiting;
    bool removed;

    if (root < 0) {
        bk_error_set(error, BK_ERROR_TRY_AGAIN,
                     _("cannot open the mail root %s: %s; is its disk mounted?"), mail_root,
                     strerror(errno));
        return false;
    }
    (void)snprintf(name, sizeof(name), "%" PRId64, account_id);
    waiting = open_waiting_folder(root, mail_root, error);
    /* What an earlier run set aside goes first: a home made anew since then needs its place. */
    removed = waiting >= 0 && bk_removal_tree(waiting, name, progress, context, error) &&
              set_aside(root, waiting, mail_root, name, error) &&
              bk_removal_tree(waiting, name, progress, context, error);
    if (waiting >= 0)
        (void)close(waiting);
    (void)close(root);
    return removed;
}
