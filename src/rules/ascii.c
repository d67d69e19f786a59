/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/ascii.h"

#include <stddef.h>

char bk_ascii_lower(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a') : character;
}

const char *bk_ascii_skip_prefix(const char *text, const char *prefix)
{
    for (; *prefix != '\0'; text++, prefix++)
        if (bk_ascii_lower(*text) != bk_ascii_lower(*prefix))
            return NULL;
    return text;
}

bool bk_ascii_equal(const char *a, const char *b)
{
    const char *rest = bk_ascii_skip_prefix(a, b);

    return rest != NULL && *rest == '\0';
}

bool bk_ascii_contains(const char *text, const char *part)
{
    if (*part == '\0')
        return false;
    for (; *text != '\0'; text++)
        if (bk_ascii_skip_prefix(text, part) != NULL)
            return true;
    return false;
}
