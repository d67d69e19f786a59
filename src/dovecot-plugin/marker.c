/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/marker.h"

#include "fdatasync-path.h"
#include "strnum.h"
#include "write-full.h"

#include <fcntl.h>
#include <unistd.h>

#define MARKER_NAME ".boxkeeper-retention"

static const char *home_of(struct mail_user *user)
{
    const char *home;

    if (mail_user_get_home(user, &home) > 0)
        return home;
    e_error(user->event, "boxkeeper: the user has no home, so nothing is archived");
    return NULL;
}

static void parse(const char *text, struct boxkeeper_marker *marker_r)
{
    const char *const *words = t_strsplit_spaces(text, " \n");

    if (str_array_length(words) == 3 &&
        guid_128_from_string(words[0], marker_r->mailbox_guid) == 0 &&
        str_to_uint32(words[1], &marker_r->uid_validity) == 0 &&
        str_to_uint32(words[2], &marker_r->first_uid) == 0)
        return;
    i_zero(marker_r);
}

enum bk_lookup boxkeeper_marker_read(struct mail_user *user, struct boxkeeper_marker *marker_r)
{
    const char *home = home_of(user), *path;
    char text[128];
    ssize_t length;
    int fd;

    i_zero(marker_r);
    if (home == NULL)
        return BK_FAILED;
    path = t_strconcat(home, "/" MARKER_NAME, NULL);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd == -1 && errno == ENOENT)
        return BK_ABSENT;
    length = fd == -1 ? -1 : read(fd, text, sizeof(text) - 1);
    if (length < 0)
        e_error(user->event, "boxkeeper: %s could not be read: %m", path);
    i_close_fd(&fd);
    if (length < 0)
        return BK_FAILED;
    text[length] = '\0';
    parse(text, marker_r);
    return BK_FOUND;
}

bool boxkeeper_marker_write(struct mail_user *user, const struct boxkeeper_marker *marker)
{
    const char *home = home_of(user), *path, *text;
    bool written;
    int fd;

    if (home == NULL)
        return false;
    path = t_strconcat(home, "/" MARKER_NAME, NULL);
    text = t_strdup_printf("%s %u %u\n", guid_128_to_string(marker->mailbox_guid),
                           marker->uid_validity, marker->first_uid);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    written = fd != -1 && write_full(fd, text, strlen(text)) == 0 && fsync(fd) == 0 &&
              fdatasync_path(home) == 0;
    if (!written)
        e_error(user->event, "boxkeeper: %s could not be written: %m", path);
    i_close_fd(&fd);
    return written;
}

void boxkeeper_marker_remove(struct mail_user *user)
{
    const char *home = home_of(user);

    if (home != NULL)
        i_unlink_if_exists(t_strconcat(home, "/" MARKER_NAME, NULL));
}
