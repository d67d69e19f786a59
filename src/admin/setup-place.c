/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/setup.h"

#include "admin/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool bk_setup_need_root(struct bk_admin *admin)
{
    if (geteuid() == 0)
        return true;
    return bk_admin_fail(admin, BK_ERROR_NOT_PERMITTED,
                         _("the servers' files are root's: repeat the command as root"));
}

bool bk_setup_refuse(struct bk_admin *admin, const struct bk_setup_refusal *refusals, size_t count)
{
    const char *text = "";

    if (count == 0)
        return true;
    for (size_t i = 0; i < count; i++)
        text = bk_arena_printf(admin->arena, "%s\n  %s\n    %s", text, refusals[i].subject,
                               _(refusals[i].text));
    return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                         _("nothing was changed, because this is in force:%s"), text);
}

const char *bk_setup_read(struct bk_admin *admin, const char *path, mode_t *mode_r)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    char *text = NULL;
    off_t at = 0;

    if (file < 0)
        return NULL;
    if (fstat(file, &status) == 0) {
        ssize_t got = 1;

        text = bk_arena_alloc(admin->arena, (size_t)status.st_size + 1);
        while (at < status.st_size && got > 0) {
            got = pread(file, text + at, (size_t)(status.st_size - at), at);
            at += got > 0 ? got : 0;
        }
        if (got < 0)
            text = NULL;
        if (mode_r != NULL)
            *mode_r = status.st_mode & 07777;
    }
    (void)close(file);
    return text;
}

void bk_setup_compare(struct bk_admin *admin, struct bk_placed_file *file)
{
    file->before = bk_setup_read(admin, file->path, &file->before_mode);
    file->differs = file->before == NULL || strcmp(file->before, file->content) != 0 ||
                    file->before_mode != file->mode;
}

/* Whole or not at all: written beside it, then renamed. */
static bool write_file(const char *path, const char *content, mode_t mode)
{
    char other[4096];
    size_t length = strlen(content), at = 0;
    int file;
    bool done;

    if ((size_t)snprintf(other, sizeof(other), "%s.boxkeeper-new", path) >= sizeof(other))
        return false;
    (void)unlink(other);
    file = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    while (at < length) {
        ssize_t written = write(file, content + at, length - at);

        if (written < 0)
            break;
        at += (size_t)written;
    }
    done = at == length && fchmod(file, mode) == 0 && fsync(file) == 0;
    (void)close(file);
    if (done && rename(other, path) == 0)
        return true;
    (void)unlink(other);
    return false;
}

static bool back_up(struct bk_admin *admin, const struct bk_placed_file *file)
{
    char moment[32];
    time_t now = time(NULL);
    struct tm parts;

    if (file->before == NULL)
        return true;
    (void)strftime(moment, sizeof(moment), "%Y%m%d%H%M%S", localtime_r(&now, &parts));
    return write_file(bk_arena_printf(admin->arena, "%s.before-boxkeeper-%s", file->path, moment),
                      file->before, file->before_mode);
}

bool bk_setup_place(struct bk_admin *admin, const struct bk_placed_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!files[i].differs || (back_up(admin, &files[i]) &&
                                  write_file(files[i].path, files[i].content, files[i].mode)))
            continue;
        (void)bk_admin_fail(admin, BK_ERROR_TRY_AGAIN, _("%s can't be written: %s"), files[i].path,
                            strerror(errno));
        bk_setup_put_back(admin, files, i);
        return false;
    }
    return true;
}

void bk_setup_put_back(struct bk_admin *admin, const struct bk_placed_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct bk_placed_file *file = &files[i];
        bool done = true;

        if (file->differs && file->before == NULL)
            done = unlink(file->path) == 0;
        else if (file->differs)
            done = write_file(file->path, file->before, file->before_mode);
        if (!done)
            (void)bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                                _("%s. And %s can't be put back (%s): do it by hand, from the "
                                  "copy beside it"),
                                bk_arena_strdup(admin->arena, admin->error.text), file->path,
                                strerror(errno));
    }
}

bool bk_setup_run(struct bk_admin *admin, const char *command, const char *const *arguments,
                  const char *what_to_do, const char **output_r)
{
    struct bk_program_result result = bk_program_run(admin, command, arguments);

    if (output_r != NULL)
        *output_r = result.output;
    if (result.status == 0)
        return true;
    return bk_admin_fail(admin, BK_ERROR_CONFIGURATION, _("\"%s\" says: %s. %s"), command,
                         bk_program_last_line(admin, result.errors), what_to_do);
}

bool bk_setup_has_systemd(void)
{
    return access("/run/systemd/system", F_OK) == 0; /* sd_booted(3) */
}
