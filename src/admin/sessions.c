/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/sessions.h"

#include "admin/output.h"
#include "admin/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* doveadm kick ends with these when the user has no session (sysexits' EX_NOUSER, doveadm's own).
 */
static bool was_kicked(int status)
{
    return status == 0 || status == 67 || status == 68;
}

void bk_kick(struct bk_admin *admin, const char *mask)
{
    const char *doveadm = bk_admin_server_value(admin, "doveadm_command");
    const char *const arguments[] = {"kick", mask, NULL};
    struct bk_program_result result;

    if (doveadm == NULL)
        return;
    result = bk_program_run(admin, doveadm, arguments);
    if (!was_kicked(result.status))
        bk_warning(admin,
                   _("open sessions could not be ended (%s): if Dovecot is running, run: %s kick "
                     "'%s'"),
                   bk_program_last_line(admin, result.errors), doveadm, mask);
}

/* ---- sessions of some protocols ---- */

/* A line of `doveadm who -1`. */
struct session {
    const char *user, *service;
    long pid;
};

struct sessions {
    struct session *items;
    size_t count;
};

static bool read_line(char *line, struct session *session_r)
{
    char *save = NULL;
    const char *pid;

    session_r->user = strtok_r(line, "\t", &save);
    session_r->service = strtok_r(NULL, "\t", &save);
    pid = strtok_r(NULL, "\t", &save);
    session_r->pid = pid != NULL ? strtol(pid, NULL, 10) : 0;
    return session_r->pid > 1; /* the first line has names of columns */
}

/* Everybody's, since a process may serve several users. */
static bool list_sessions(struct bk_admin *admin, struct sessions *sessions_r)
{
    const char *doveadm = bk_admin_server_value(admin, "doveadm_command");
    struct bk_program_result result;
    size_t lines = 1;
    char *text, *save = NULL;

    if (doveadm == NULL)
        return false;
    result = bk_program_run(admin, doveadm, (const char *const[]){"-f", "tab", "who", "-1", NULL});
    if (result.status != 0)
        return false;
    for (const char *at = result.output; *at != '\0'; at++)
        lines += *at == '\n';
    sessions_r->count = 0;
    sessions_r->items = bk_arena_alloc(admin->arena, lines * sizeof(*sessions_r->items));
    text = bk_arena_strdup(admin->arena, result.output);
    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        sessions_r->count += read_line(line, &sessions_r->items[sessions_r->count]);
    return true;
}

/* The first is what Dovecot 2.3 says, the second 2.4. */
static bool is_managesieve(const char *service)
{
    return strcmp(service, "sieve") == 0 || strcmp(service, "managesieve") == 0;
}

static bool is_lost(const struct bk_access *lost, const char *service)
{
    return (lost->imap && strcmp(service, "imap") == 0) ||
           (lost->pop3 && strcmp(service, "pop3") == 0) ||
           (lost->managesieve && is_managesieve(service));
}

static bool is_of_others_too(const struct sessions *sessions, const struct session *session)
{
    for (size_t i = 0; i < sessions->count; i++) {
        const struct session *other = &sessions->items[i];

        if (other->pid == session->pid && (strcmp(other->user, session->user) != 0 ||
                                           strcmp(other->service, session->service) != 0))
            return true;
    }
    return false;
}

/* Is this a process of the service's own (imap, pop3, managesieve)? */
static bool serves(struct bk_admin *admin, const struct session *session)
{
    const char *path = bk_arena_printf(admin->arena, "/proc/%ld/comm", session->pid);
    const char *program = is_managesieve(session->service) ? "managesieve" : session->service;
    char name[64];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? read(file, name, sizeof(name) - 1) : -1;

    if (file >= 0)
        (void)close(file);
    if (length <= 0)
        return false;
    name[length] = '\0';
    name[strcspn(name, "\n")] = '\0';
    return strcmp(name, program) == 0;
}

/* The descriptor holds on to the process, so that its number can't be somebody else's meanwhile. */
static bool end_session(struct bk_admin *admin, const struct session *session)
{
    int process = pidfd_open((pid_t)session->pid, 0);
    bool ended;

    if (process < 0)
        return errno == ESRCH;
    ended = serves(admin, session) &&
            (pidfd_send_signal(process, SIGTERM, NULL, 0) == 0 || errno == ESRCH);
    (void)close(process);
    return ended;
}

void bk_end_sessions(struct bk_admin *admin, const char *user, const struct bk_access *lost)
{
    struct sessions sessions;
    bool ended = list_sessions(admin, &sessions);

    for (size_t i = 0; ended && i < sessions.count; i++) {
        const struct session *session = &sessions.items[i];

        if (strcmp(session->user, user) == 0 && is_lost(lost, session->service))
            ended = !is_of_others_too(&sessions, session) && end_session(admin, session);
    }
    if (!ended)
        bk_kick(admin, user);
}
