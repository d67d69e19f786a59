/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Connections of a stream socket server on libevent, in one thread. It knows no protocol: a service
 * takes requests out of the bytes that came and gives answers. A client that sends rubbish, sends
 * slowly or does not read loses its own connection, with one line of log, and costs the others
 * nothing; what one connection may hold in memory is bounded.
 *
 * Idle connections stay open for long: a policy client of Postfix that meets a closed one pauses
 * for a second, and Postfix itself closes idle ones after 300 s and all after 1000 s.
 */
#ifndef BK_POLICY_DAEMON_SERVER_H
#define BK_POLICY_DAEMON_SERVER_H

#include "policy-daemon/protocol.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#define BK_SERVER_CONNECTIONS_MAXIMUM 4096
#define BK_SERVER_BACKLOG 1024
#define BK_SERVER_IDLE_SECONDS 1200
#define BK_SERVER_PARTIAL_SECONDS 10 /* from the first byte of a request to its last */
#define BK_SERVER_UNREAD_SECONDS 10  /* without the client reading on */

/*
 * Take the first request out of the `length` bytes at `input`. REQUEST: *used_r bytes were its and
 * *text_r is the answer; VIOLATION: *text_r says what is wrong. Texts are valid until the next
 * call.
 */
typedef enum bk_protocol_result bk_server_take(void *context, const char *input, size_t length,
                                               size_t *used_r, const char **text_r);

struct bk_service {
    const char *name; /* for the log */
    bk_server_take *take;
    void *context;
};

struct bk_server;

/* `base` belongs to the caller and must live longer. */
struct bk_server *bk_server_create(struct event_base *base);
/* Closes all connections and sets *server to NULL. */
void bk_server_destroy(struct bk_server **server);

/*
 * Serve what connects to the bound socket `fd`, which now belongs to the server (listen() is called
 * here; once more does no harm). `service` must live as long. False: errno.
 */
bool bk_server_listen(struct bk_server *server, int fd, const struct bk_service *service);

/*
 * Serve until bk_server_stop() is called; `after_turn` is called each time before the server waits.
 * Then answer what had come completely, for at most a few seconds, and return. False: the event
 * loop itself failed.
 */
bool bk_server_run(struct bk_server *server, void (*after_turn)(void *context), void *context);
/* From an event's callback. */
void bk_server_stop(struct bk_server *server);

#endif
