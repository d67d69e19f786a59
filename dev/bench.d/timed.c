/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * timed COMMAND...: runs it with nothing on its standard streams and prints one JSON object:
 * seconds of wall clock and of CPU, the most memory, the exit status. A small program of its own,
 * since a process inherits the peak of the one that started it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void run(char **command)
{
    int null = open("/dev/null", O_RDWR);

    for (int i = 0; i < 3; i++)
        dup2(null, i);
    execv(command[0], command);
    _exit(127);
}

int main(int argc, char **argv)
{
    struct rusage used;
    double began = now();
    pid_t child;
    int status;

    if (argc < 2)
        return 64;
    child = fork();
    if (child == 0)
        run(argv + 1);
    if (child < 0 || wait4(child, &status, 0, &used) < 0)
        return 1;
    printf("{\"seconds\": %.5f, \"cpu_seconds\": %.5f, \"mib\": %.2f, \"status\": %d}\n",
           now() - began, seconds_of(used.ru_utime) + seconds_of(used.ru_stime),
           (double)used.ru_maxrss / 1024, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return 0;
}
