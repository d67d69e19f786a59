/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#define GATE_SECONDS 60

static bool log_to_standard_error = true;

void bk_log_open(bool to_standard_error)
{
    log_to_standard_error = to_standard_error;
    if (!to_standard_error)
        openlog("boxkeeperd", LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void bk_log(int priority, const char *format, ...)
{
    char line[2048];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    for (char *c = line; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
    if (log_to_standard_error)
        fprintf(stderr, "boxkeeperd: %s\n", line);
    else
        syslog(priority, "%s", line);
}

bool bk_log_gate_pass(struct bk_log_gate *gate)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec < gate->closed_until)
        return false;
    gate->closed_until = now.tv_sec + GATE_SECONDS;
    return true;
}
