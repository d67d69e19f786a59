/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * echo SOCKET: sends back what it gets, on a unix socket, from one thread. What a server on such a
 * socket can do at most here: boxkeeperd is measured against it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define EVENTS 256

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_on(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (strlen(path) >= sizeof(address.sun_path))
        fail(path);
    memcpy(address.sun_path, path, strlen(path));
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, 1024) < 0)
        fail(path);
    return fd;
}

static void watch(int poll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) < 0)
        fail("epoll_ctl");
}

int main(int argc, char **argv)
{
    static char buffer[65536];
    struct epoll_event events[EVENTS];
    int listener = listen_on(argc == 2 ? argv[1] : "");
    int poll = epoll_create1(0);

    watch(poll, listener);
    for (;;) {
        int count = epoll_wait(poll, events, EVENTS, -1);

        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            ssize_t length;

            if (fd == listener) {
                watch(poll, accept(listener, NULL, NULL));
                continue;
            }
            length = recv(fd, buffer, sizeof(buffer), 0);
            if (length <= 0 || send(fd, buffer, (size_t)length, MSG_NOSIGNAL) != length)
                close(fd);
        }
    }
}
