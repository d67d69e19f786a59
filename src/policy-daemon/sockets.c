/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum bk_lookup bk_sockets_inherit(struct bk_sockets *sockets_r, struct bk_error *error)
{
    char **names = NULL;
    int count = sd_listen_fds_with_names(1, &names);

    *sockets_r = (struct bk_sockets){.policy = -1, .map = -1};
    if (count <= 0)
        return BK_ABSENT;
    for (int i = 0; i < count; i++) {
        int fd = SD_LISTEN_FDS_START + i;

        if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, -1) > 0 && strcmp(names[i], "policy") == 0)
            sockets_r->policy = fd;
        else if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, -1) > 0 && strcmp(names[i], "map") == 0)
            sockets_r->map = fd;
        free(names[i]);
    }
    free(names);
    if (count == 2 && sockets_r->policy >= 0 && sockets_r->map >= 0)
        return BK_FOUND;
    bk_error_set(error, BK_ERROR_CONFIGURATION,
                 "systemd must hand over two stream sockets with FileDescriptorName=policy and "
                 "FileDescriptorName=map; correct the socket units");
    return BK_FAILED;
}

static bool fail(struct bk_error *error, const char *path)
{
    bk_error_set(error, BK_ERROR_CONFIGURATION, "%s: %s", path, strerror(errno));
    return false;
}

/* The folder itself and not one above it: that is Postfix's. */
static bool make_directory(const char *directory, gid_t group, struct bk_error *error)
{
    struct stat status;

    if (mkdir(directory, 0700) == 0) {
        if (geteuid() == 0 && chown(directory, 0, group) < 0)
            return fail(error, directory);
        if (chmod(directory, 0710) < 0)
            return fail(error, directory);
    } else if (errno != EEXIST) {
        return fail(error, directory);
    }
    if (stat(directory, &status) < 0)
        return fail(error, directory);
    if ((status.st_uid != 0 && status.st_uid != geteuid()) ||
        (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     "%s: others may write to it and could replace the sockets; give it to root "
                     "and take the right to write from group and others",
                     directory);
        return false;
    }
    return true;
}

/* The descriptor stays open on purpose: the lock lasts as long as the process. */
static bool take_lock(const char *directory, struct bk_error *error)
{
    char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/lock", directory);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(error, path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        bk_error_set(error, BK_ERROR_TRY_AGAIN,
                     "another boxkeeperd serves in %s: stop that one first", directory);
    else
        (void)fail(error, path);
    close(fd);
    return false;
}

static int make_socket(const char *directory, const char *name, gid_t group, struct bk_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", directory, name);
    mode_t mask;
    int fd, bound;

    if (length < 0 || (size_t)length >= sizeof(address.sun_path)) {
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     "%s: too long for the path of a socket; choose a shorter one", directory);
        return -1;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        (void)fail(error, address.sun_path);
        return -1;
    }
    (void)unlink(address.sun_path);
    mask = umask(0177);
    bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
    (void)umask(mask);
    if (bound < 0 || (geteuid() == 0 && chown(address.sun_path, 0, group) < 0) ||
        chmod(address.sun_path, 0660) < 0) {
        (void)fail(error, address.sun_path);
        close(fd);
        return -1;
    }
    return fd;
}

bool bk_sockets_make(const char *directory, gid_t group, struct bk_sockets *sockets_r,
                     struct bk_error *error)
{
    if (!make_directory(directory, group, error) || !take_lock(directory, error))
        return false;
    sockets_r->policy = make_socket(directory, "policy", group, error);
    sockets_r->map = sockets_r->policy < 0 ? -1 : make_socket(directory, "map", group, error);
    return sockets_r->map >= 0;
}
