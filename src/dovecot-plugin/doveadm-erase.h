/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The commands of doveadm-erase.c, for doveadm.c to register.
 */
#ifndef BOXKEEPER_DOVEADM_ERASE_H
#define BOXKEEPER_DOVEADM_ERASE_H

#include "dovecot-plugin/plugin.h"

#include "doveadm-mail.h"

extern struct doveadm_cmd_ver2 boxkeeper_erase_commands[];
extern const unsigned int boxkeeper_erase_command_count;

#endif
