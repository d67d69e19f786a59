/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 30

static bool is_shown(const struct bk_admin *admin)
{
    return !admin->json && isatty(STDERR_FILENO);
}

void bk_progress_show(const struct bk_admin *admin, const char *title, int64_t done, int64_t total)
{
    char bar[BAR_WIDTH + 1];
    int64_t filled = total > 0 ? done * BAR_WIDTH / total : 0;

    if (!is_shown(admin))
        return;
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)filled);
    bar[BAR_WIDTH] = '\0';
    (void)fprintf(stderr, "\r\033[K%s [%s] %lld/%lld", title, bar, (long long)done,
                  (long long)total);
    (void)fflush(stderr);
}

void bk_progress_end(const struct bk_admin *admin)
{
    if (is_shown(admin))
        (void)fputs("\r\033[K", stderr);
}
