/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/sweep.h"

#include "admin/program.h"
#include "store/due.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAXIMUM 2048

/* What one worker writes, or all of them write as errors. */
struct source {
    int fd; /* -1: at its end */
    char line[LINE_MAXIMUM];
    size_t length;
};

struct sweep {
    struct bk_admin *admin;
    const struct bk_sweep_options *options;
    bk_sweep_row_function *row;
    void *context;
    int started;
    pid_t children[BK_SWEEP_WORKERS_MAXIMUM];
    struct source rows[BK_SWEEP_WORKERS_MAXIMUM];
    struct source errors;
    char last_error[LINE_MAXIMUM];
};

/* ---- lines ---- */

/* username, archived, expunged, state; the first line has titles. */
static void take_row(struct sweep *sweep, char *line)
{
    char *fields[4] = {line};
    struct bk_sweep_row row;
    char *end;

    for (int i = 1; i < 4; i++) {
        fields[i] = strchr(fields[i - 1], '\t');
        if (fields[i] == NULL)
            return;
        *fields[i]++ = '\0';
    }
    row = (struct bk_sweep_row){.address = fields[0],
                                .archived = strtoll(fields[1], &end, 10),
                                .expunged = strtoll(fields[2], NULL, 10),
                                .state = fields[3]};
    if (end != fields[1])
        sweep->row(sweep->context, &row);
}

static void take_line(struct sweep *sweep, struct source *source)
{
    source->line[source->length] = '\0';
    if (source != &sweep->errors)
        take_row(sweep, source->line);
    else if (source->length > 0)
        memcpy(sweep->last_error, source->line, source->length + 1);
    source->length = 0;
}

static void read_some(struct sweep *sweep, struct source *source)
{
    char text[4096];
    ssize_t got = read(source->fd, text, sizeof(text));

    if (got < 0 && errno == EINTR)
        return;
    for (ssize_t i = 0; i < got; i++) {
        if (text[i] == '\n')
            take_line(sweep, source);
        else if (source->length < LINE_MAXIMUM - 1)
            source->line[source->length++] = text[i];
    }
    if (got <= 0) {
        (void)close(source->fd);
        source->fd = -1;
    }
}

static void read_all(struct sweep *sweep)
{
    struct pollfd polled[BK_SWEEP_WORKERS_MAXIMUM + 1];
    struct source *sources[BK_SWEEP_WORKERS_MAXIMUM + 1];

    for (;;) {
        nfds_t count = 0;

        for (int i = 0; i <= sweep->started; i++) {
            struct source *source = i < sweep->started ? &sweep->rows[i] : &sweep->errors;

            if (source->fd < 0)
                continue;
            sources[count] = source;
            polled[count++] = (struct pollfd){.fd = source->fd, .events = POLLIN};
        }
        if (count == 0 || (poll(polled, count, -1) < 0 && errno != EINTR))
            return;
        for (nfds_t i = 0; i < count; i++)
            if (polled[i].revents != 0)
                read_some(sweep, sources[i]);
    }
}

/* ---- workers ---- */

static int start_worker(struct sweep *sweep, int input, int errors)
{
    const struct bk_sweep_options *options = sweep->options;
    struct bk_arena *arena = sweep->admin->arena;
    const char *arguments[] = {"-f",
                               "tab",
                               "boxkeeper",
                               "sweep",
                               "-A",
                               "-s",
                               bk_arena_printf(arena, "%d/%d", sweep->started, options->workers),
                               NULL,
                               NULL,
                               NULL,
                               NULL};
    size_t count = 7;
    int output[2], problem;

    if (options->clock_ok)
        arguments[count++] = "-c";
    if (options->seconds > 0) {
        arguments[count++] = "-t";
        arguments[count++] = bk_arena_printf(arena, "%lld", (long long)options->seconds);
    }
    if (pipe2(output, O_CLOEXEC) < 0)
        return errno;
    problem = bk_program_start(sweep->admin, options->doveadm, arguments, input, output[1], errors,
                               &sweep->children[sweep->started]);
    (void)close(output[1]);
    if (problem != 0)
        (void)close(output[0]);
    else
        sweep->rows[sweep->started++].fd = output[0];
    return problem;
}

/* 0, or why one of them could not be started; those before it are at work. */
static int start_workers(struct sweep *sweep)
{
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int errors[2], problem = 0;

    if (input < 0 || pipe2(errors, O_CLOEXEC) < 0) {
        problem = errno;
        if (input >= 0)
            (void)close(input);
        return problem;
    }
    sweep->errors.fd = errors[0];
    for (int i = 0; i < sweep->options->workers && problem == 0; i++)
        problem = start_worker(sweep, input, errors[1]);
    (void)close(errors[1]);
    (void)close(input);
    return problem;
}

static bool take_lock(struct bk_admin *admin, int *lock_r)
{
    const char *mail_root = bk_admin_server_value(admin, "mail_root");

    *lock_r = mail_root == NULL ? -1 : bk_sweep_lock(mail_root, &admin->error);
    /* The workers are to have it, too. */
    return *lock_r >= 0 && fcntl(*lock_r, F_SETFD, 0) == 0;
}

bool bk_sweep_run(struct bk_admin *admin, const struct bk_sweep_options *options,
                  bk_sweep_row_function *row, void *context, const char **last_error_r)
{
    struct sweep sweep = {
        .admin = admin, .options = options, .row = row, .context = context, .errors = {.fd = -1}};
    bool ended_well = true;
    int lock, problem;

    *last_error_r = "";
    if (!take_lock(admin, &lock))
        return false;
    problem = start_workers(&sweep);
    (void)close(lock);
    read_all(&sweep);
    for (int i = 0; i < sweep.started; i++)
        ended_well = bk_program_wait(sweep.children[i]) == 0 && ended_well;
    *last_error_r = bk_program_last_line(admin, sweep.last_error);
    if (problem == 0)
        return ended_well;
    return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN, "%s: %s", options->doveadm, strerror(problem));
}
