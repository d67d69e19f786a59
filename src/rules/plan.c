/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/plan.h"

#include <string.h>

bool bk_plan_lists(const char *lines, const char *name)
{
    size_t length = strlen(name);

    while (*lines != '\0') {
        size_t line_length = strcspn(lines, "\n");

        if (line_length == length && length > 0 && memcmp(lines, name, length) == 0)
            return true;
        lines += line_length;
        lines += *lines == '\n';
    }
    return false;
}
