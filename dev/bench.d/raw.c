/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * raw FOLDER [TARGET]: the system calls alone that moving all messages of one maildir into another
 * takes (link, rename, unlink), or without TARGET expunging them (unlink). No index, no uidlist, no
 * lock: what no mail store can be quicker than. Prints one JSON object: messages, seconds.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int open_folder(const char *above, const char *name)
{
    char path[4096];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", above, name);
    (void)mkdir(above, 0700);
    (void)mkdir(path, 0700);
    fd = open(path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
        perror(path);
        exit(1);
    }
    return fd;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    char path[4096];
    int from, to_tmp = -1, to_cur = -1, count, messages = 0;
    double began;

    if (argc != 2 && argc != 3)
        return 64;
    from = open_folder(argv[1], "cur");
    if (argc == 3) {
        to_tmp = open_folder(argv[2], "tmp");
        to_cur = open_folder(argv[2], "cur");
    }
    (void)snprintf(path, sizeof(path), "%s/cur", argv[1]);
    count = scandir(path, &entries, NULL, NULL);
    began = now();
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;

        if (name[0] == '.')
            continue;
        if (argc == 3 && (linkat(from, name, to_tmp, name, 0) < 0 ||
                          renameat(to_tmp, name, to_cur, name) < 0)) {
            perror(name);
            return 1;
        }
        if (unlinkat(from, name, 0) < 0) {
            perror(name);
            return 1;
        }
        messages++;
    }
    printf("{\"messages\": %d, \"seconds\": %.4f}\n", messages, now() - began);
    return 0;
}
