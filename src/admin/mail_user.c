/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/mail_user.h"

#include "admin/text.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* One record of the pipe from child to parent; smaller than PIPE_BUF, so it arrives whole. */
struct message {
    bool finished;
    bool succeeded;
    int64_t done;
    struct bk_error error;
};

struct bk_mail_user_child {
    int pipe;
};

static void send_message(int pipe, const struct message *message)
{
    while (write(pipe, message, sizeof(*message)) < 0 && errno == EINTR)
        ;
}

void bk_mail_user_tell(struct bk_mail_user_child *child, int64_t done)
{
    struct message message = {.done = done};

    send_message(child->pipe, &message);
}

static bool become(const struct bk_mail_user *user)
{
    if (geteuid() == user->uid && getegid() == user->gid)
        return true;
    return setgroups(1, &user->gid) == 0 && setresgid(user->gid, user->gid, user->gid) == 0 &&
           setresuid(user->uid, user->uid, user->uid) == 0;
}

_Noreturn static void run_child(const struct bk_mail_user *user, bk_mail_user_work *work,
                                void *context, int pipe)
{
    struct bk_mail_user_child child = {.pipe = pipe};
    struct message message = {.finished = true};

    if (become(user))
        message.succeeded = work(context, &child, &message.error);
    else
        bk_error_set(&message.error, BK_ERROR_NOT_PERMITTED,
                     _("cannot become the mail user %s: %s; run this command as root"), user->name,
                     strerror(errno));
    send_message(pipe, &message);
    /* No exit handlers: they are the parent's. */
    _exit(0);
}

static bool read_message(int pipe, struct message *message)
{
    ssize_t got;

    do {
        got = read(pipe, message, sizeof(*message));
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(*message);
}

/* Until the child has finished or is gone. */
static bool follow_child(int pipe, bk_mail_user_progress *progress, void *progress_context,
                         struct bk_error *error)
{
    struct message message;

    while (read_message(pipe, &message)) {
        if (message.finished) {
            if (!message.succeeded && error != NULL)
                *error = message.error;
            return message.succeeded;
        }
        if (progress != NULL)
            progress(progress_context, message.done);
    }
    bk_error_set(error, BK_ERROR_TRY_AGAIN,
                 _("the process that worked as the mail user was killed; repeat the command"));
    return false;
}

bool bk_mail_user_run(const struct bk_mail_user *user, bk_mail_user_work *work, void *context,
                      bk_mail_user_progress *progress, void *progress_context,
                      struct bk_error *error)
{
    int pipes[2];
    pid_t child;
    bool succeeded;

    (void)fflush(NULL);
    if (pipe(pipes) < 0 || (child = fork()) < 0) {
        bk_error_set(error, BK_ERROR_TRY_AGAIN, _("cannot start a process: %s"), strerror(errno));
        return false;
    }
    if (child == 0) {
        (void)close(pipes[0]);
        run_child(user, work, context, pipes[1]);
    }
    (void)close(pipes[1]);
    succeeded = follow_child(pipes[0], progress, progress_context, error);
    (void)close(pipes[0]);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    return succeeded;
}
