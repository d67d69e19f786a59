/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * One process at a time works on a user's mail for Boxkeeper: a lock file in the home.
 */
#ifndef BOXKEEPER_LOCK_H
#define BOXKEEPER_LOCK_H

#include "dovecot-plugin/plugin.h"

struct file_lock;

/* 1: held until file_lock_free(); 0: another process has it, for longer than `seconds`; -1: failure
 * (logged). */
int boxkeeper_lock(struct mail_user *user, unsigned int seconds, struct file_lock **lock_r);

#endif
