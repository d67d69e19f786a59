/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * One process at a time does a thing for a user: lock files in the home.
 */
#ifndef BOXKEEPER_LOCK_H
#define BOXKEEPER_LOCK_H

#include "dovecot-plugin/plugin.h"

struct file_lock;

/* Moves and removes the user's mail for Boxkeeper: retention, erasing. */
#define BOXKEEPER_MAIL_LOCK ".boxkeeper-lock"
/* Answers for the user. */
#define BOXKEEPER_REPLY_LOCK ".boxkeeper-reply-lock"

/* 1: held until file_lock_free(); 0: another process has it, for longer than `seconds`; -1: failure
 * (logged). */
int boxkeeper_lock(struct mail_user *user, const char *name, unsigned int seconds,
                   struct file_lock **lock_r);

#endif
