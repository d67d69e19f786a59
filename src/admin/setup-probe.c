/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Real sessions with the servers, since `postconf` accepts what smtpd dies of.
 */
#include "admin/setup.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_SECONDS 15

static bool connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    bool done = connection >= 0 && (size_t)length < sizeof(address.sun_path) &&
                connect(connection, (const struct sockaddr *)&address, sizeof(address)) == 0;

    if (connection >= 0)
        (void)close(connection);
    return done;
}

static time_t seconds_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void wait_a_little(void)
{
    static const struct timespec little = {.tv_nsec = 100 * 1000 * 1000};

    (void)nanosleep(&little, NULL);
}

bool bk_probe_socket(const char *path, unsigned int seconds)
{
    time_t end = seconds_now() + (time_t)seconds;

    for (;;) {
        if (connect_unix(path))
            return true;
        if (seconds_now() >= end)
            return false;
        wait_a_little();
    }
}

static int connect_tcp(const char *host, const char *port)
{
    static const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int connection = -1;

    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    for (const struct addrinfo *at = found; at != NULL && connection < 0; at = at->ai_next) {
        connection = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (connection >= 0 &&
            (setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
             connect(connection, at->ai_addr, at->ai_addrlen) < 0)) {
            (void)close(connection);
            connection = -1;
        }
    }
    freeaddrinfo(found);
    return connection;
}

bool bk_probe_port(const char *port)
{
    int connection = connect_tcp("127.0.0.1", port);

    if (connection >= 0)
        (void)close(connection);
    return connection >= 0;
}

const char *bk_probe_postsrsd(struct bk_admin *admin, const char *port, const char *address)
{
    int connection = connect_tcp("127.0.0.1", port);
    FILE *from = connection >= 0 ? fdopen(connection, "r") : NULL;
    const char *answer = NULL;
    char line[1024];

    if (from == NULL)
        return NULL;
    /* tcp_table(5) */
    if (dprintf(connection, "get %s\n", address) > 0 && fgets(line, sizeof(line), from) != NULL &&
        strncmp(line, "200 ", 4) == 0)
        answer = bk_arena_printf(admin->arena, "%.*s", (int)strcspn(line + 4, " \r\n"), line + 4);
    (void)fclose(from);
    return answer;
}

/* A command's whole answer, lines joined by blanks; "" if the connection ended. */
static const char *ask(struct bk_admin *admin, FILE *from, int to, const char *command)
{
    const char *answer = "";
    char line[1024];

    if (*command != '\0' && dprintf(to, "%s\r\n", command) < 0)
        return "";
    while (fgets(line, sizeof(line), from) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        answer = bk_arena_printf(admin->arena, "%s%s%s", answer, *answer != '\0' ? " " : "", line);
        if (strlen(line) < 4 || line[3] != '-')
            return answer;
    }
    return "";
}

/* Ask all of `commands` (ends with NULL), each answer beside its command in `answers`. */
static bool converse(struct bk_admin *admin, const char *host, const char *port,
                     const char *const *commands, const char **answers)
{
    int connection = connect_tcp(host, port);
    FILE *from;
    bool done = true;

    if (connection < 0)
        return false;
    from = fdopen(dup(connection), "r");
    for (; from != NULL && *commands != NULL && done; commands++, answers++) {
        *answers = ask(admin, from, connection, *commands);
        done = **answers != '\0';
    }
    if (from != NULL)
        (void)fclose(from);
    (void)close(connection);
    return from != NULL && done;
}

bool bk_probe_smtp(struct bk_admin *admin, const char *host, const char *address,
                   unsigned int seconds, const char **answer_r)
{
    const char *const commands[] = {
        "",
        "EHLO localhost",
        "MAIL FROM:<>",
        "RCPT TO:<probe@boxkeeper.invalid>",
        bk_arena_printf(admin->arena, "RCPT TO:<%s>",
                        address != NULL ? address : "probe@boxkeeper.invalid"),
        "QUIT",
        NULL};
    time_t end = seconds_now() + (time_t)seconds;

    for (;;) {
        const char *answers[sizeof(commands) / sizeof(commands[0])] = {_("no greeting")};

        if (converse(admin, host, "25", commands, answers) &&
            strstr(answers[3], "550 5.1.1") != NULL && strncmp(answers[4], "451", 3) != 0)
            return true;
        for (size_t i = 0; i < 5 && answers[i] != NULL && *answers[i] != '\0'; i++)
            *answer_r = answers[i];
        if (seconds_now() >= end)
            return false;
        wait_a_little();
    }
}

bool bk_probe_submission(struct bk_admin *admin, const char *host, bool needs_tls,
                         unsigned int seconds, const char **answer_r)
{
    static const char *const commands[] = {"", "EHLO localhost", "QUIT", NULL};
    time_t end = seconds_now() + (time_t)seconds;

    for (;;) {
        const char *answers[sizeof(commands) / sizeof(commands[0])] = {_("no greeting")};

        if (converse(admin, host, "587", commands, answers) &&
            (!needs_tls || strstr(answers[1], "STARTTLS") != NULL))
            return true;
        *answer_r = answers[1] != NULL ? answers[1] : answers[0];
        if (seconds_now() >= end)
            return false;
        wait_a_little();
    }
}
