/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The user's folders as rules/retention wants to see them: the private ones that exist, with the
 * special uses that the configuration gives them, and the archive that it marks, which may have to
 * be created. Names are relative to their namespace, so that "Trash" is "Trash" under the prefix
 * "INBOX." too.
 */
#ifndef BOXKEEPER_FOLDERS_H
#define BOXKEEPER_FOLDERS_H

#include "dovecot-plugin/plugin.h"

#include "rules/retention.h"

struct boxkeeper_folder {
    struct mail_namespace *ns;
    const char *vname; /* what Dovecot opens */
    bool exists;
};

struct boxkeeper_folders {
    /* In step with each other; bk_retention_folders holds indexes into both. */
    ARRAY(struct bk_folder) rules;
    ARRAY(struct boxkeeper_folder) dovecot;
    struct bk_retention_folders chosen;
};

/* List and choose. Everything lives in `pool`. False if the folders could not be listed (logged).
 */
bool boxkeeper_folders_choose(struct mail_user *user, pool_t pool, const struct bk_plan *plan,
                              struct boxkeeper_folders *folders_r);

/* The folder for index `i` of the choice. -1 gives one that does not exist yet, of name `name`. */
struct boxkeeper_folder boxkeeper_folders_get(struct mail_user *user,
                                              const struct boxkeeper_folders *folders, int i,
                                              const char *name);

/* Is this mailbox one of the trash folders of its owner, by the same rules? */
bool boxkeeper_folder_is_trash(struct mailbox *box);

#endif
