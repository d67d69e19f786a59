/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/question.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h> // rpmatch, free
#include <string.h>
#include <unistd.h>

/* As the locale says it, or in the language of the question: the two may differ (LANGUAGE). */
static bool means_yes(const char *line)
{
    return rpmatch(line) == 1 || strncmp(line, _("yes"), strlen(_("yes"))) == 0;
}

bool bk_question(struct bk_admin *admin, const char *format, ...)
{
    va_list arguments;
    char *line = NULL;
    size_t size = 0;
    bool yes;

    if (admin->yes || admin->dry_run)
        return true;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("this asks before it acts, and there is no terminal: repeat it with "
                               "--yes if you are sure"));
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, " %s ", _("[y/N]"));
    (void)fflush(stderr);
    yes = getline(&line, &size, stdin) > 0 && means_yes(line);
    free(line);
    if (!yes)
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("not confirmed: nothing was changed"));
    return true;
}
