/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

bool bk_privileges_find_user(const char *name, struct bk_identity *identity_r,
                             struct bk_error *error)
{
    const struct passwd *user = getpwnam(name);

    if (user == NULL) {
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     "there is no user %s: make it (systemd-sysusers), or name another by --user",
                     name);
        return false;
    }
    if (user->pw_uid == 0) {
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     "%s is root: name a user without privileges by --user", name);
        return false;
    }
    *identity_r = (struct bk_identity){.user = user->pw_uid, .group = user->pw_gid};
    return true;
}

bool bk_privileges_find_group(const char *name, gid_t *group_r, struct bk_error *error)
{
    const struct group *group = getgrnam(name);

    if (group == NULL) {
        bk_error_set(error, BK_ERROR_CONFIGURATION,
                     "there is no group %s: install Postfix, or name its group by "
                     "--postfix-group",
                     name);
        return false;
    }
    *group_r = group->gr_gid;
    return true;
}

static bool fail(struct bk_error *error)
{
    bk_error_set(error, BK_ERROR_CONFIGURATION, "cannot change the user: %s", strerror(errno));
    return false;
}

bool bk_privileges_lend(const struct bk_identity *identity, struct bk_error *error)
{
    if (setgroups(0, NULL) < 0 || setegid(identity->group) < 0 || seteuid(identity->user) < 0)
        return fail(error);
    return true;
}

bool bk_privileges_resume(struct bk_error *error)
{
    if (seteuid(0) < 0 || setegid(0) < 0)
        return fail(error);
    return true;
}

bool bk_privileges_drop(const struct bk_identity *identity, struct bk_error *error)
{
    /* All three ids at once leave no saved id to go back to, and the kernel clears capabilities. */
    if (setgroups(identity->mta_group != 0, &identity->mta_group) < 0 ||
        setresgid(identity->group, identity->group, identity->group) < 0 ||
        setresuid(identity->user, identity->user, identity->user) < 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail(error);
    if (setresuid(-1, 0, -1) == 0 || setresgid(-1, 0, -1) == 0) {
        bk_error_set(error, BK_ERROR_CONFIGURATION, "privileges of root are still there");
        return false;
    }
    return true;
}
