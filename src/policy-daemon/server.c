/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/server.h"

#include "policy-daemon/log.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define LISTENERS_MAXIMUM 2
#define READ_BYTES 16384
#define OUTPUT_PAUSE_BYTES 65536 /* with so much unread, no more requests are read */
#define ANSWERS_BYTES 65536
#define DRAIN_SECONDS 5         /* after bk_server_stop() */
#define ACCEPT_PAUSE_SECONDS 1  /* after accept() has failed */
#define RESERVED_DESCRIPTORS 64 /* databases, log, listeners */

enum waiting { WAITING_NEW = 0, WAITING_IDLE, WAITING_REST, WAITING_READER };

struct connection {
    TAILQ_ENTRY(connection) entry;
    TAILQ_ENTRY(connection) turn_entry;
    bool is_in_turn;                      /* it was read from in this turn: see end_turn() */
    bool answered;                        /* in this turn */
    size_t answers_start, answers_length; /* its part of server->answers */
    struct bk_server *server;
    const struct bk_service *service;
    evutil_socket_t fd;
    struct event *readable, *writable, *timer;
    struct evbuffer *input, *output;
    enum waiting waiting; /* what `timer` is for */
    time_t waiting_since; /* seconds of the loop's clock */
    bool closing;         /* no more reading: write the output, then close */
};

struct listener {
    struct bk_server *server;
    struct evconnlistener *accepting;
    const struct bk_service *service;
};

struct bk_server {
    struct event_base *base;
    struct listener listeners[LISTENERS_MAXIMUM];
    size_t listener_count;
    struct event *accept_again;
    TAILQ_HEAD(, connection) connections;
    size_t connection_count, connections_maximum;
    struct bk_log_gate full_gate, accept_gate;
    bool stopping;
    TAILQ_HEAD(, connection) turn;
    char buffer[READ_BYTES];     /* what was read just now */
    char answers[ANSWERS_BYTES]; /* of this turn, each connection's in one piece */
    size_t answers_used;
};

/* ---- connections ---- */

static void set_accepting(struct bk_server *server, bool accepting)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        if (accepting)
            (void)evconnlistener_enable(server->listeners[i].accepting);
        else
            (void)evconnlistener_disable(server->listeners[i].accepting);
    }
}

static void close_connection(struct connection *connection)
{
    struct bk_server *server = connection->server;

    TAILQ_REMOVE(&server->connections, connection, entry);
    if (connection->is_in_turn)
        TAILQ_REMOVE(&server->turn, connection, turn_entry);
    event_free(connection->readable);
    event_free(connection->writable);
    event_free(connection->timer);
    evbuffer_free(connection->input);
    evbuffer_free(connection->output);
    close(connection->fd);
    free(connection);
    if (server->connection_count-- == server->connections_maximum)
        set_accepting(server, true);
}

static void log_violation(const struct connection *connection, const char *problem)
{
    struct ucred peer = {.pid = 0};
    socklen_t size = sizeof(peer);

    (void)getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    bk_log(LOG_WARNING, "%s: %s: connection of process %ld (user %ld) closed",
           connection->service->name, problem, (long)peer.pid, (long)peer.uid);
}

/* Behind what waits already. */
static void add_answer(struct connection *connection, const char *text)
{
    struct bk_server *server = connection->server;
    size_t length = strlen(text);

    if (connection->answers_length == 0)
        connection->answers_start = server->answers_used;
    /* Only what was added last can grow in one piece. */
    if (connection->answers_start + connection->answers_length == server->answers_used &&
        length <= sizeof(server->answers) - server->answers_used) {
        memcpy(server->answers + server->answers_used, text, length);
        server->answers_used += length;
        connection->answers_length += length;
        return;
    }
    evbuffer_add(connection->output, server->answers + connection->answers_start,
                 connection->answers_length);
    evbuffer_add(connection->output, text, length);
    connection->answers_length = 0;
}

static size_t unsent(const struct connection *connection)
{
    return evbuffer_get_length(connection->output) + connection->answers_length;
}

/* Answer complete requests in `input`; *used_r bytes were theirs. True: more of them may be left,
 * because too much output waits. */
static bool answer_text(struct connection *connection, const char *input, size_t length,
                        size_t *used_r, bool *answered_r)
{
    const struct bk_service *service = connection->service;
    size_t used;
    const char *text;

    for (*used_r = 0; *used_r < length; *used_r += used) {
        if (unsent(connection) > OUTPUT_PAUSE_BYTES)
            return true;
        switch (service->take(service->context, input + *used_r, length - *used_r, &used, &text)) {
        case BK_PROTOCOL_MORE:
            return false;
        case BK_PROTOCOL_REQUEST:
            add_answer(connection, text);
            *answered_r = true;
            break;
        case BK_PROTOCOL_VIOLATION:
            log_violation(connection, text);
            *used_r = length;
            connection->closing = true;
            return false;
        }
    }
    return false;
}

/* The same with what was read before; what it leaves stays there. */
static bool answer_requests(struct connection *connection, bool *answered_r)
{
    size_t length = evbuffer_get_length(connection->input), used;
    bool more;

    if (length == 0)
        return false;
    more = answer_text(connection, (const char *)evbuffer_pullup(connection->input, -1), length,
                       &used, answered_r);
    evbuffer_drain(connection->input, used);
    return more;
}

/* The answers just made: what the client does not take now waits behind what waits already. */
static bool send_answers(struct connection *connection, bool *progress_r)
{
    const char *answers = connection->server->answers + connection->answers_start;
    size_t length = connection->answers_length;
    ssize_t sent = 0;

    connection->answers_length = 0;
    if (evbuffer_get_length(connection->output) == 0) {
        sent = send(connection->fd, answers, length, 0);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (sent < 0)
            sent = 0;
        *progress_r = sent > 0;
    }
    if ((size_t)sent < length)
        evbuffer_add(connection->output, answers + sent, length - (size_t)sent);
    return true;
}

/* Write what the client takes now. False: the connection is broken. */
static bool write_output(struct connection *connection, bool *progress_r)
{
    if (connection->answers_length > 0 && !send_answers(connection, progress_r))
        return false;
    while (evbuffer_get_length(connection->output) > 0) {
        int written = evbuffer_write(connection->output, connection->fd);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno == EAGAIN;
        if (written > 0)
            *progress_r = true;
    }
    return true;
}

static void wait_for(struct connection *connection, enum waiting waiting, bool restart)
{
    const int seconds[] = {[WAITING_IDLE] = BK_SERVER_IDLE_SECONDS,
                           [WAITING_REST] = BK_SERVER_PARTIAL_SECONDS,
                           [WAITING_READER] = BK_SERVER_UNREAD_SECONDS};
    struct timeval now;

    if (connection->waiting == waiting && !restart)
        return;
    (void)event_base_gettimeofday_cached(connection->server->base, &now);
    /* Twenty minutes need not be exact, and a timer costs as much as an answer. */
    if (connection->waiting == waiting && waiting == WAITING_IDLE &&
        connection->waiting_since == now.tv_sec)
        return;
    connection->waiting = waiting;
    connection->waiting_since = now.tv_sec;
    event_add(connection->timer, &(struct timeval){.tv_sec = seconds[waiting]});
}

/* Answer and write as far as it goes, then wait for what is missing, or close. */
static void advance(struct connection *connection)
{
    bool progress = false, answered = connection->answered, more;
    bool ending;
    size_t unread;

    do {
        more = answer_requests(connection, &answered);
        ending = connection->closing || connection->server->stopping;
        if (!write_output(connection, &progress)) {
            close_connection(connection);
            return;
        }
        unread = evbuffer_get_length(connection->output);
    } while (more && unread == 0);

    if (unread == 0 && ending) {
        if (connection->closing && evbuffer_get_length(connection->input) > 0)
            log_violation(connection, "the request ends in the middle");
        close_connection(connection);
        return;
    }
    if (unread > 0)
        event_add(connection->writable, NULL);
    if (ending || unread > OUTPUT_PAUSE_BYTES)
        event_del(connection->readable);
    else
        event_add(connection->readable, NULL);
    if (unread > 0)
        wait_for(connection, WAITING_READER, progress);
    else if (evbuffer_get_length(connection->input) > 0)
        wait_for(connection, WAITING_REST, answered);
    else
        wait_for(connection, WAITING_IDLE, true);
}

/* False: the connection is broken. */
static bool read_input(struct connection *connection, bool *answered_r)
{
    char *buffer = connection->server->buffer;
    ssize_t length = recv(connection->fd, buffer, READ_BYTES, 0);
    size_t used = 0;

    if (length < 0)
        return errno == EAGAIN || errno == EINTR;
    connection->closing = length == 0;
    /* Nearly always a request comes whole, and nothing waits before it. */
    if (evbuffer_get_length(connection->input) == 0)
        (void)answer_text(connection, buffer, (size_t)length, &used, answered_r);
    if (used < (size_t)length)
        evbuffer_add(connection->input, buffer + used, (size_t)length - used);
    return true;
}

/*
 * Answers are sent when everything that was ready is answered: a client that waits is woken by its
 * first answer, and finds the others when it looks for more. Sent one by one, each would wake it
 * out of its sleep.
 */
static void end_turn(struct bk_server *server)
{
    struct connection *connection;

    while ((connection = TAILQ_FIRST(&server->turn)) != NULL) {
        TAILQ_REMOVE(&server->turn, connection, turn_entry);
        connection->is_in_turn = false;
        advance(connection);
    }
    server->answers_used = 0;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;

    (void)fd;
    (void)what;
    connection->answered = false;
    if (!read_input(connection, &connection->answered)) {
        close_connection(connection);
        return;
    }
    TAILQ_INSERT_TAIL(&connection->server->turn, connection, turn_entry);
    connection->is_in_turn = true;
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;

    (void)fd;
    (void)what;
    if (!connection->is_in_turn) {
        connection->answered = false;
        advance(connection);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;

    (void)fd;
    (void)what;
    if (connection->is_in_turn) {
        /* Perhaps it has just got what it waited for: again when that is known. */
        event_add(connection->timer, &(struct timeval){.tv_sec = 0});
        return;
    }
    if (connection->waiting == WAITING_REST)
        log_violation(connection, "the request is not complete after 10 seconds");
    else if (connection->waiting == WAITING_READER)
        log_violation(connection, "the client does not read its answers");
    close_connection(connection);
}

/* ---- listeners ---- */

static void on_accept(struct evconnlistener *accepting, evutil_socket_t fd,
                      struct sockaddr *address, int address_length, void *context)
{
    struct listener *listener = context;
    struct bk_server *server = listener->server;
    struct connection *connection = calloc(1, sizeof(*connection));

    (void)accepting;
    (void)address;
    (void)address_length;
    if (connection == NULL)
        abort();
    *connection = (struct connection){.server = server, .service = listener->service, .fd = fd};
    connection->readable = event_new(server->base, fd, EV_READ | EV_PERSIST, on_readable,
                                     connection);
    connection->writable = event_new(server->base, fd, EV_WRITE, on_writable, connection);
    connection->timer = evtimer_new(server->base, on_timer, connection);
    connection->input = evbuffer_new();
    connection->output = evbuffer_new();
    if (connection->readable == NULL || connection->writable == NULL || connection->timer == NULL ||
        connection->input == NULL || connection->output == NULL)
        abort();
    TAILQ_INSERT_TAIL(&server->connections, connection, entry);
    server->connection_count++;
    advance(connection);
    if (server->connection_count == server->connections_maximum) {
        set_accepting(server, false);
        if (bk_log_gate_pass(&server->full_gate))
            bk_log(LOG_WARNING, "there are %zu connections: others wait until one is closed",
                   server->connection_count);
    }
}

static void on_accept_error(struct evconnlistener *accepting, void *context)
{
    struct listener *listener = context;

    (void)accepting;
    if (bk_log_gate_pass(&listener->server->accept_gate))
        bk_log(LOG_ERR, "%s: cannot accept connections: %s; trying again", listener->service->name,
               strerror(errno));
    set_accepting(listener->server, false);
    event_add(listener->server->accept_again, &(struct timeval){.tv_sec = ACCEPT_PAUSE_SECONDS});
}

static void on_accept_again(evutil_socket_t fd, short what, void *context)
{
    struct bk_server *server = context;

    (void)fd;
    (void)what;
    if (server->connection_count < server->connections_maximum)
        set_accepting(server, true);
}

/* ---- the server ---- */

/* As many as the limit of open files allows. */
static size_t connections_maximum(void)
{
    struct rlimit limit;
    const rlim_t wanted = BK_SERVER_CONNECTIONS_MAXIMUM + RESERVED_DESCRIPTORS;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return BK_SERVER_CONNECTIONS_MAXIMUM / 8;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= wanted)
        return BK_SERVER_CONNECTIONS_MAXIMUM;
    bk_log(LOG_WARNING, "only %lu files may be open: fewer than 4096 connections are possible",
           (unsigned long)limit.rlim_cur);
    return limit.rlim_cur > 2 * RESERVED_DESCRIPTORS ? limit.rlim_cur - RESERVED_DESCRIPTORS
                                                     : RESERVED_DESCRIPTORS;
}

struct bk_server *bk_server_create(struct event_base *base)
{
    struct bk_server *server = calloc(1, sizeof(*server));

    if (server == NULL)
        abort();
    server->base = base;
    server->accept_again = evtimer_new(base, on_accept_again, server);
    server->connections_maximum = connections_maximum();
    TAILQ_INIT(&server->connections);
    TAILQ_INIT(&server->turn);
    return server;
}

static void free_listeners(struct bk_server *server)
{
    for (size_t i = 0; i < server->listener_count; i++)
        evconnlistener_free(server->listeners[i].accepting);
    server->listener_count = 0;
}

static void close_connections(struct bk_server *server)
{
    while (!TAILQ_EMPTY(&server->connections))
        close_connection(TAILQ_FIRST(&server->connections));
}

void bk_server_destroy(struct bk_server **server)
{
    free_listeners(*server);
    close_connections(*server);
    event_free((*server)->accept_again);
    free(*server);
    *server = NULL;
}

bool bk_server_listen(struct bk_server *server, int fd, const struct bk_service *service)
{
    struct listener *listener = &server->listeners[server->listener_count];

    *listener = (struct listener){.server = server, .service = service};
    if (server->listener_count == LISTENERS_MAXIMUM || evutil_make_socket_nonblocking(fd) < 0)
        return false;
    listener->accepting = evconnlistener_new(server->base, on_accept, listener,
                                             LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
                                             BK_SERVER_BACKLOG, fd);
    if (listener->accepting == NULL)
        return false;
    evconnlistener_set_error_cb(listener->accepting, on_accept_error);
    server->listener_count++;
    return true;
}

void bk_server_stop(struct bk_server *server)
{
    server->stopping = true;
}

static void on_drain_deadline(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    close_connections(context);
}

/* Answer what has come completely, and close each connection that has read its answers. */
static bool drain(struct bk_server *server, void (*after_turn)(void *context), void *context)
{
    struct event *deadline = evtimer_new(server->base, on_drain_deadline, server);
    struct connection *connection, *next;
    int result = 0;

    free_listeners(server);
    event_del(server->accept_again);
    event_add(deadline, &(struct timeval){.tv_sec = DRAIN_SECONDS});
    for (connection = TAILQ_FIRST(&server->connections); connection != NULL; connection = next) {
        next = TAILQ_NEXT(connection, entry);
        on_readable(connection->fd, EV_READ, connection);
    }
    end_turn(server);
    after_turn(context);
    while (result == 0 && !TAILQ_EMPTY(&server->connections)) {
        result = event_base_loop(server->base, EVLOOP_ONCE);
        end_turn(server);
        after_turn(context);
    }
    event_free(deadline);
    return result == 0;
}

bool bk_server_run(struct bk_server *server, void (*after_turn)(void *context), void *context)
{
    while (!server->stopping) {
        if (event_base_loop(server->base, EVLOOP_ONCE) != 0)
            return false;
        end_turn(server);
        after_turn(context);
    }
    return drain(server, after_turn, context);
}
