/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char **make_words(struct bk_admin *admin, const char *command, const char *const *arguments)
{
    char *rest = bk_arena_strdup(admin->arena, command);
    size_t count = 0, more = 0;
    char *save = NULL;
    char **words;

    while (arguments[more] != NULL)
        more++;
    words = bk_arena_alloc(admin->arena, (strlen(command) + more + 1) * sizeof(char *));
    for (char *word = strtok_r(rest, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
        words[count++] = word;
    for (size_t i = 0; i < more; i++)
        words[count++] = bk_arena_strdup(admin->arena, arguments[i]);
    return words;
}

/* All of a file in memory, in the arena. */
static const char *read_all(struct bk_admin *admin, int file)
{
    struct stat status;
    char *text;
    off_t at = 0;

    if (file < 0 || fstat(file, &status) < 0)
        return "";
    text = bk_arena_alloc(admin->arena, (size_t)status.st_size + 1);
    while (at < status.st_size) {
        ssize_t got = pread(file, text + at, (size_t)(status.st_size - at), at);

        if (got <= 0)
            break;
        at += got;
    }
    return text;
}

/* 0, or an errno. */
static int start(char **words, int input, int output, int errors, pid_t *child_r)
{
    posix_spawn_file_actions_t actions;
    int problem;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    problem = words[0] == NULL ? ENOENT
                               : posix_spawnp(child_r, words[0], &actions, NULL, words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return problem;
}

int bk_program_start(struct bk_admin *admin, const char *command, const char *const *arguments,
                     int input, int output, int errors, pid_t *child_r)
{
    return start(make_words(admin, command, arguments), input, output, errors, child_r);
}

int bk_program_wait(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int file_with(const char *text)
{
    int file = memfd_create("input", MFD_CLOEXEC);
    size_t length = strlen(text);

    if (file >= 0 &&
        (write(file, text, length) != (ssize_t)length || lseek(file, 0, SEEK_SET) != 0)) {
        (void)close(file);
        file = -1;
    }
    return file;
}

static void close_if_open(int file)
{
    if (file >= 0)
        (void)close(file);
}

struct bk_program_result bk_program_run(struct bk_admin *admin, const char *command,
                                        const char *const *arguments)
{
    return bk_program_run_with_input(admin, command, arguments, "");
}

struct bk_program_result bk_program_run_with_input(struct bk_admin *admin, const char *command,
                                                   const char *const *arguments, const char *input)
{
    struct bk_program_result result = {.status = -1, .output = "", .errors = ""};
    int in = file_with(input);
    int output = memfd_create("output", MFD_CLOEXEC);
    int errors = memfd_create("errors", MFD_CLOEXEC);
    int problem = errno;
    pid_t child;

    if (in >= 0 && output >= 0 && errors >= 0)
        problem = bk_program_start(admin, command, arguments, in, output, errors, &child);
    if (in >= 0 && output >= 0 && errors >= 0 && problem == 0) {
        result.status = bk_program_wait(child);
        result.output = read_all(admin, output);
        result.errors = read_all(admin, errors);
    } else {
        result.errors = bk_arena_printf(admin->arena, "%s: %s", command, strerror(problem));
    }
    close_if_open(in);
    close_if_open(output);
    close_if_open(errors);
    return result;
}

/* Behind what doveadm puts before its own texts: "doveadm(taro@example.com): Error: boxkeeper: ".
 */
static const char *skip_prefixes(const char *line)
{
    static const char *const prefixes[] = {
        ": Info: ", ": Warning: ", ": Error: ", ": Fatal: ", "boxkeeper: "};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        const char *found = strstr(line, prefixes[i]);

        if (found != NULL)
            line = found + strlen(prefixes[i]);
    }
    return line;
}

/* What our module for doveadm says is a msgid, or two with a colon between them. */
static const char *translate(struct bk_admin *admin, const char *line)
{
    const char *colon = strstr(line, ": ");

    if (colon == NULL)
        return bk_translate(line);
    return bk_arena_printf(
        admin->arena, "%s: %s",
        bk_translate(bk_arena_printf(admin->arena, "%.*s", (int)(colon - line), line)),
        bk_translate(colon + 2));
}

const char *bk_program_last_line(struct bk_admin *admin, const char *text)
{
    char *rest = bk_arena_strdup(admin->arena, text);
    const char *last = "";
    char *save = NULL;

    for (char *line = strtok_r(rest, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        last = line;
    return translate(admin, skip_prefixes(last));
}
