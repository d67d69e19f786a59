/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * `setup dovecot|postfix`. The files of conf/ are carried by the program, so that `setup` can print
 * them for this installation, or put them in place (--apply), wherever the program runs.
 *
 * Applying is all or nothing: what stands against it is looked for first (rules/setup_*.h), then
 * files are placed, the server takes them, and a probe shows that it works; if it does not, the
 * files are as they were before and the server has them again.
 */
#ifndef BK_ADMIN_SETUP_H
#define BK_ADMIN_SETUP_H

#include "admin/admin.h"
#include "rules/setup_postfix.h"

#include <sys/types.h>

struct bk_setup_file {
    const char *name; /* below conf/: "postfix/main.cf" */
    const char *content;
};

/* Ends with a NULL name. Made from conf/ by embed-files.awk. */
extern const struct bk_setup_file bk_setup_files[];

/* Where a file of conf/ goes. */
struct bk_setup_target {
    const char *name;
    const char *path;
    const char *mode;
};

/* Ends with a NULL name. */
extern const struct bk_setup_target bk_setup_dovecot_targets[];

/* A file of conf/ with the paths of this installation; NULL: see admin->error. */
const char *bk_setup_content(struct bk_admin *admin, const char *name);

/* setup-dovecot.c, setup-postfix.c */
bool bk_setup_apply_dovecot(struct bk_admin *admin);
bool bk_setup_apply_postfix(struct bk_admin *admin);

/* Does a list such as mydestination's (as `postconf -xh` has it) name this domain, itself or in a
 * table? setup-postfix.c */
bool bk_postfix_names(struct bk_admin *admin, const char *list, const char *domain);

/* ---- common to both (setup-place.c) ---- */

/* A file that is to have this content; remembered is what it was. */
struct bk_placed_file {
    const char *path;
    const char *content;
    mode_t mode;
    const char *before; /* NULL: there was none */
    mode_t before_mode;
    bool differs;
};

/* Root, else BK_ERROR_NOT_PERMITTED. */
bool bk_setup_need_root(struct bk_admin *admin);
/* Fails with all refusals in one error, if there are any. */
bool bk_setup_refuse(struct bk_admin *admin, const struct bk_setup_refusal *refusals, size_t count);
/* All of a file, in the arena; NULL if it can't be read (errno). */
const char *bk_setup_read(struct bk_admin *admin, const char *path, mode_t *mode_r);
/* Look at what is there, and fill the rest of `file`. */
void bk_setup_compare(struct bk_admin *admin, struct bk_placed_file *file);
/* Put `count` files in place, those that differ; what was there is kept as
 * PATH.before-boxkeeper-TIME. On an error everything is as before. */
bool bk_setup_place(struct bk_admin *admin, const struct bk_placed_file *files, size_t count);
/* Put back what was there; admin->error keeps its first text. */
void bk_setup_put_back(struct bk_admin *admin, const struct bk_placed_file *files, size_t count);
/* Run a program; fails with its last words and `what_to_do`. */
bool bk_setup_run(struct bk_admin *admin, const char *command, const char *const *arguments,
                  const char *what_to_do, const char **output_r);
/* Does systemd run the services here? */
bool bk_setup_has_systemd(void);

/* ---- real sessions (setup-probe.c) ---- */

/* Does somebody accept connections on this socket, within so many seconds? */
bool bk_probe_socket(const char *path, unsigned int seconds);
/* The same of a port of this machine, now. */
bool bk_probe_port(const char *port);
/* Until `seconds` are over: on port 25 of `host`, an internal address is refused as unknown, and
 * `address` (NULL: none) is not answered by "try later". What was said last in *answer_r. */
bool bk_probe_smtp(struct bk_admin *admin, const char *host, const char *address,
                   unsigned int seconds, const char **answer_r);
/* The same for port 587: it greets, and offers STARTTLS where `needs_tls`. */
bool bk_probe_submission(struct bk_admin *admin, const char *host, bool needs_tls,
                         unsigned int seconds, const char **answer_r);

/* What postsrsd makes of this address on this port; NULL: no answer, or no address. */
const char *bk_probe_postsrsd(struct bk_admin *admin, const char *port, const char *address);

#endif
