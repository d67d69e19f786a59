/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/mta.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define _(text) gettext(text)

#define REPLY_MAXIMUM_BYTES 4096

/* What the next reply answers. */
enum step { GREETING, HELLO, SENDER, RECIPIENT, DATA, MESSAGE, STEP_COUNT };

struct bk_mta {
    struct event_base *base;
    char *path;
    bk_mta_done *done;
    void *context;
    struct bufferevent *connection; /* NULL: not busy */
    enum step step;
    char *recipient, *message;
};

struct bk_mta *bk_mta_create(struct event_base *base, const char *socket_path, bk_mta_done *done,
                             void *context)
{
    struct bk_mta *mta = calloc(1, sizeof(*mta));

    if (mta == NULL || (mta->path = strdup(socket_path)) == NULL)
        abort();
    mta->base = base;
    mta->done = done;
    mta->context = context;
    return mta;
}

static void end_connection(struct bk_mta *mta)
{
    if (mta->connection != NULL)
        bufferevent_free(mta->connection);
    free(mta->recipient);
    free(mta->message);
    mta->connection = NULL;
    mta->recipient = mta->message = NULL;
}

void bk_mta_destroy(struct bk_mta **mta)
{
    end_connection(*mta);
    free((*mta)->path);
    free(*mta);
    *mta = NULL;
}

bool bk_mta_is_busy(const struct bk_mta *mta)
{
    return mta->connection != NULL;
}

static void finish(struct bk_mta *mta, const char *problem)
{
    end_connection(mta);
    mta->done(mta->context, problem);
}

/* ---- the conversation ---- */

static void say(struct bk_mta *mta)
{
    struct evbuffer *output = bufferevent_get_output(mta->connection);

    switch (mta->step) {
    case HELLO:
        evbuffer_add_printf(output, "EHLO localhost\r\n");
        break;
    case SENDER:
        evbuffer_add_printf(output, "MAIL FROM:<> BODY=8BITMIME\r\n");
        break;
    case RECIPIENT:
        evbuffer_add_printf(output, "RCPT TO:<%s>\r\n", mta->recipient);
        break;
    case DATA:
        evbuffer_add_printf(output, "DATA\r\n");
        break;
    case MESSAGE:
        evbuffer_add_printf(output, "%s.\r\n", mta->message);
        break;
    case GREETING:
    case STEP_COUNT:
        break;
    }
}

/* The last line of a reply has a blank, or nothing, behind the code (RFC 5321 section 4.2.1). */
static bool is_last_line(const char *line)
{
    return strlen(line) < 4 || line[3] != '-';
}

/* False: all is over, and `mta` is free for the next message. */
static bool take_reply(struct bk_mta *mta, const char *line)
{
    static const char *const wanted[STEP_COUNT] = {
        [GREETING] = "220",  [HELLO] = "250", [SENDER] = "250",
        [RECIPIENT] = "250", [DATA] = "354",  [MESSAGE] = "250",
    };

    if (strncmp(line, wanted[mta->step], 3) != 0) {
        finish(mta, line);
        return false;
    }
    mta->step++;
    if (mta->step == STEP_COUNT) {
        /* The rest of politeness: QUIT is written as far as it goes, and nobody waits for it. */
        (void)send(bufferevent_getfd(mta->connection), "QUIT\r\n", 6, MSG_DONTWAIT | MSG_NOSIGNAL);
        finish(mta, NULL);
        return false;
    }
    say(mta);
    return true;
}

static void on_readable(struct bufferevent *connection, void *context)
{
    struct bk_mta *mta = context;
    struct evbuffer *input = bufferevent_get_input(connection);
    bool going_on = true;
    char *line;

    while (going_on && (line = evbuffer_readln(input, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
        if (is_last_line(line))
            going_on = take_reply(mta, line);
        free(line);
    }
    if (going_on && evbuffer_get_length(input) > REPLY_MAXIMUM_BYTES)
        finish(mta, "a reply without an end");
}

static void on_event(struct bufferevent *connection, short what, void *context)
{
    struct bk_mta *mta = context;

    (void)connection;
    finish(mta, (what & BEV_EVENT_TIMEOUT) != 0 ? "no reply in time"
                : (what & BEV_EVENT_EOF) != 0   ? "the connection was closed"
                                                : strerror(EVUTIL_SOCKET_ERROR()));
}

static int connect_to(const char *path, struct bk_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (length < 0 || (size_t)length >= sizeof(address.sun_path))
        errno = ENAMETOOLONG;
    else if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    bk_error_set(error, BK_ERROR_TRY_AGAIN, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

bool bk_mta_send(struct bk_mta *mta, const char *recipient, const char *message,
                 struct bk_error *error)
{
    const struct timeval patience = {.tv_sec = BK_MTA_PATIENCE_SECONDS};
    int fd = connect_to(mta->path, error);

    if (fd < 0)
        return false;
    mta->connection = bufferevent_socket_new(mta->base, fd, BEV_OPT_CLOSE_ON_FREE);
    mta->recipient = strdup(recipient);
    mta->message = strdup(message);
    if (mta->connection == NULL || mta->recipient == NULL || mta->message == NULL)
        abort();
    mta->step = GREETING;
    bufferevent_setcb(mta->connection, on_readable, NULL, on_event, mta);
    bufferevent_set_timeouts(mta->connection, &patience, &patience);
    if (bufferevent_enable(mta->connection, EV_READ | EV_WRITE) < 0)
        abort();
    return true;
}
