/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * choose SETTINGS STATE NOW: asks for everybody whom a sweep would visit, visits nobody, and says
 * how long it took to the first and to the last, and the most memory it had.
 */
#include "store/due.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* VmHWM: unlike that of getrusage(), not that of whoever started us. */
static long most_memory_kib(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kib = -1;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (file != NULL)
        (void)fclose(file);
    return kib;
}

int main(int argc, char **argv)
{
    double began = seconds(), first = 0;
    struct bk_error error = {0};
    struct bk_settings *settings;
    struct bk_state *state;
    struct bk_due *due;
    const char *address;
    long count = 0;
    enum bk_lookup found;

    if (argc != 4)
        return 64;
    settings = bk_settings_open_reader(argv[1], &error);
    state = bk_state_open_reader(argv[2], &error);
    if (settings == NULL || state == NULL ||
        (due = bk_due_begin(settings, (struct bk_due_share){0, 1}, strtoll(argv[3], NULL, 10),
                            &error)) == NULL) {
        (void)fprintf(stderr, "choose: %s\n", error.text);
        return 1;
    }
    while ((found = bk_due_next(due, settings, state, &address, &error)) == BK_FOUND)
        if (++count == 1)
            first = seconds() - began;
    (void)printf("{\"accounts\": %ld, \"first_seconds\": %.6f, \"all_seconds\": %.6f, "
                 "\"memory_kib\": %ld}\n",
                 count, first, seconds() - began, most_memory_kib());
    return found == BK_ABSENT ? 0 : 1;
}
