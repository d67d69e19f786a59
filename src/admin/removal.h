/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Removing the mail of a deleted account from the file system. The home is first set aside under
 * ".deleted" in the mail root (one rename: nobody finds it by its name any more), then taken apart.
 *
 * Users' programs may have left anything in there: symbolic links, folders without permissions,
 * trees of any depth. So: everything by openat() below an open folder, no link is ever followed, no
 * other file system is entered, and at most three folders are open at a time however deep it goes
 * (a folder in a folder is moved up to the top and taken apart there).
 *
 * Each function may be killed anywhere and called again; what is gone already is no error. Call
 * them as the mail user (mail_user.h): what that user may not remove, is not removed.
 */
#ifndef BK_ADMIN_REMOVAL_H
#define BK_ADMIN_REMOVAL_H

#include "rules/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Where homes of deleted accounts wait for their removal, below the mail root. */
#define BK_REMOVAL_FOLDER ".deleted"

/* Called now and then with how many files and folders are gone so far. */
typedef void bk_removal_progress(void *context, int64_t removed);

/*
 * Remove the tree `name` in the open folder `parent`, and flush `parent`. A link or a file of that
 * name is removed as such. False: something could not be removed, and `error` (BK_ERROR_TRY_AGAIN)
 * names the first such thing; all else is gone.
 */
bool bk_removal_tree(int parent, const char *name, bk_removal_progress *progress, void *context,
                     struct bk_error *error);

/*
 * Set the home `<mail_root>/<account_id>` aside and remove it. A mail root that cannot be opened is
 * an error (a disk that is not mounted is not an empty mailbox), and so is a home that is a link or
 * a file: nobody knows then where the mail is. A home that does not exist is fine.
 */
bool bk_removal_home(const char *mail_root, int64_t account_id, bk_removal_progress *progress,
                     void *context, struct bk_error *error);

#endif
