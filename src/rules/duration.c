/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/duration.h"

#include "rules/account.h"

#include <inttypes.h>
#include <stdio.h> // snprintf
#include <string.h>

static const struct {
    char letter;
    int64_t seconds;
} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

static int64_t unit_seconds(char letter)
{
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (units[i].letter == letter)
            return units[i].seconds;
    return 0;
}

bool bk_duration_parse(const char *text, int64_t *seconds_r)
{
    int64_t number = 0, unit;
    const char *at = text;

    if (strcmp(text, "inherit") == 0 || strcmp(text, "0") == 0) {
        *seconds_r = text[0] == '0' ? 0 : BK_INHERIT;
        return true;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        number = number * 10 + (*at - '0');
        if (number > BK_DURATION_MAXIMUM_SECONDS)
            return false;
    }
    if (at == text || *at == '\0' || at[1] != '\0')
        return false;
    unit = unit_seconds(*at);
    if (unit == 0 || number > BK_DURATION_MAXIMUM_SECONDS / unit)
        return false;
    *seconds_r = number * unit;
    return true;
}

void bk_duration_format(int64_t seconds, char *text_r, size_t size)
{
    size_t i = 0;

    if (seconds <= 0) {
        (void)snprintf(text_r, size, "%s", seconds == 0 ? "0" : "inherit");
        return;
    }
    while (seconds % units[i].seconds != 0)
        i++;
    (void)snprintf(text_r, size, "%" PRId64 "%c", seconds / units[i].seconds, units[i].letter);
}
