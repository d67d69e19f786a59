/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * load SOCKET policy|map CONNECTIONS SECONDS ACCOUNTS DOMAINS ANSWER
 *
 * Asks a policy service or a socketmap from one thread, over many connections at once, each with
 * its next question as soon as it has the answer to the last. Questions go evenly over the accounts
 * u<n>@d<n modulo DOMAINS>.example; with 0 SECONDS each account is asked once, in order. A tenth of
 * the time is for warming up, and is not counted.
 * Answers that do not begin with ANSWER (policy: after "action="; map: after the netstring's
 * length) are counted as wrong; ANSWER - takes any.
 *
 * Prints one JSON object: requests, seconds, wrong, and percentiles in microseconds.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAXIMUM 1024
#define BUFFER_BYTES 8192
/* Of the histogram: 64 steps for each doubling, so that a percentile is right to 1.1 %. */
#define STEPS 64
#define BUCKETS (40 * STEPS)

/* What Postfix 3.7 sends at RCPT. */
static const char policy_request[] =
    "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
    "client_address=192.0.2.17\nclient_name=mail.remote.example\nclient_port=41234\n"
    "reverse_client_name=mail.remote.example\nserver_address=192.0.2.1\nserver_port=25\n"
    "helo_name=mail.remote.example\nsender=somebody@remote.example\nrecipient=%s\n"
    "recipient_count=0\nqueue_id=\ninstance=1a2b.66aa0011.%x.0\nsize=4321\netrn_domain=\n"
    "stress=\nsasl_method=\nsasl_username=\nsasl_sender=\nccert_subject=\nccert_issuer=\n"
    "ccert_fingerprint=\nccert_pubkey_fingerprint=\nencryption_protocol=\n"
    "encryption_cipher=\nencryption_keysize=0\npolicy_context=mx\n"
    "compatibility_level=3.6\nmail_version=3.7.11\n\n";

struct connection {
    int fd;
    int64_t asked_at;
    size_t length;
    char answer[BUFFER_BYTES];
};

static struct connection connections[CONNECTIONS_MAXIMUM];
static uint64_t histogram[BUCKETS];
static const char *wanted;
static bool is_map, in_order;
static uint64_t accounts, domains, chance = 88172645463325252u;
static uint64_t asked, counted, wrong;
static int64_t counting_from;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint64_t next_chance(void) /* xorshift64 */
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    return chance ^= chance << 17;
}

static size_t bucket_of(int64_t nanoseconds)
{
    int power;
    uint64_t value = nanoseconds < STEPS ? STEPS : (uint64_t)nanoseconds;

    power = 63 - __builtin_clzll(value);
    return (size_t)(power - 6) * STEPS + (size_t)((value >> (power - 6)) - STEPS);
}

static double microseconds_of(size_t bucket)
{
    return (double)((STEPS + bucket % STEPS) << (bucket / STEPS)) / 1000;
}

static double percentile(double share)
{
    uint64_t left = (uint64_t)((double)counted * share);

    for (size_t i = 0; i < BUCKETS; i++) {
        if (histogram[i] > left)
            return microseconds_of(i);
        left -= histogram[i];
    }
    return 0;
}

static void ask(struct connection *connection)
{
    char address[80], request[2048], netstring[200];
    uint64_t account = in_order ? asked % accounts : next_chance() % accounts;
    int length;

    snprintf(address, sizeof(address), "u%llu@d%llu.example", (unsigned long long)account,
             (unsigned long long)(account % domains));
    if (is_map) {
        length = snprintf(netstring, sizeof(netstring), "alias %s", address);
        length = snprintf(request, sizeof(request), "%d:%s,", length, netstring);
    } else {
        length = snprintf(request, sizeof(request), policy_request, address, (unsigned int)asked);
    }
    asked++;
    connection->length = 0;
    connection->asked_at = now_nanoseconds();
    if (send(connection->fd, request, (size_t)length, MSG_NOSIGNAL) != length)
        fail("send");
}

/* The answer's text, once it is complete. */
static const char *complete(struct connection *connection)
{
    char *answer = connection->answer, *text;
    size_t length = connection->length;

    answer[length] = '\0';
    if (is_map) {
        long size = strtol(answer, &text, 10);

        return *text == ':' && length >= (size_t)(text + 1 - answer) + (size_t)size + 1 ? text + 1
                                                                                        : NULL;
    }
    if (length < 2 || memcmp(answer + length - 2, "\n\n", 2) != 0)
        return NULL;
    return strncmp(answer, "action=", 7) == 0 ? answer + 7 : answer;
}

static void take(struct connection *connection)
{
    ssize_t length = recv(connection->fd, connection->answer + connection->length,
                          BUFFER_BYTES - 1 - connection->length, 0);
    const char *text;
    int64_t now;

    if (length <= 0)
        fail("recv");
    connection->length += (size_t)length;
    text = complete(connection);
    if (text == NULL)
        return;
    now = now_nanoseconds();
    if (now >= counting_from) {
        counted++;
        histogram[bucket_of(now - connection->asked_at)]++;
        if (wanted[0] != '-' && strncmp(text, wanted, strlen(wanted)) != 0)
            wrong++;
    }
    ask(connection);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (strlen(path) >= sizeof(address.sun_path))
        fail(path);
    memcpy(address.sun_path, path, strlen(path));
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        fail(path);
    return fd;
}

int main(int argc, char **argv)
{
    struct epoll_event events[CONNECTIONS_MAXIMUM];
    int poll = epoll_create1(0), count;
    int64_t began, ends, ended;
    double seconds;

    if (argc != 8)
        return 64;
    is_map = strcmp(argv[2], "map") == 0;
    count = (int)strtol(argv[3], NULL, 10);
    seconds = strtod(argv[4], NULL);
    in_order = seconds == 0;
    accounts = strtoull(argv[5], NULL, 10);
    domains = strtoull(argv[6], NULL, 10);
    wanted = argv[7];
    if (count < 1 || count > CONNECTIONS_MAXIMUM || accounts < 1 || domains < 1)
        return 64;
    for (int i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};

        connections[i].fd = connect_to(argv[1]);
        if (epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].fd, &event) < 0)
            fail("epoll_ctl");
    }
    began = now_nanoseconds();
    counting_from = began + (int64_t)(seconds * 0.1e9);
    ends = began + (int64_t)(seconds * 1e9);
    for (int i = 0; i < count; i++)
        ask(&connections[i]);
    while ((ended = now_nanoseconds()) < ends || (in_order && counted < accounts)) {
        int ready = epoll_wait(poll, events, CONNECTIONS_MAXIMUM, 1000);

        for (int i = 0; i < ready; i++)
            take(events[i].data.ptr);
    }
    printf("{\"requests\": %llu, \"seconds\": %.3f, \"wrong\": %llu, \"p50_us\": %.2f, "
           "\"p99_us\": %.2f, \"p999_us\": %.2f}\n",
           (unsigned long long)counted, (double)(ended - counting_from) / 1e9,
           (unsigned long long)wrong, percentile(0.5), percentile(0.99), percentile(0.999));
    return 0;
}
