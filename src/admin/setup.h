/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The files of conf/, carried by the program so that `setup` can print them for this installation
 * wherever the program runs.
 */
#ifndef BK_ADMIN_SETUP_H
#define BK_ADMIN_SETUP_H

#include <stddef.h>

struct bk_setup_file {
    const char *name; /* below conf/: "postfix/main.cf" */
    const char *content;
};

/* Ends with a NULL name. Made from conf/ by embed-files.awk. */
extern const struct bk_setup_file bk_setup_files[];

#endif
