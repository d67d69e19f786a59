/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/error.h"

#include <stdarg.h>
#include <stdio.h> // vsnprintf

void bk_error_set(struct bk_error *error, enum bk_error_kind kind, const char *format, ...)
{
    va_list arguments;

    if (error == NULL)
        return;
    error->kind = kind;
    va_start(arguments, format);
    (void)vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
}
