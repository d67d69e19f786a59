/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/audit.h"

#include <pwd.h>
#include <stdlib.h> // getenv
#include <time.h>
#include <unistd.h>

const char *bk_audit_actor(struct bk_admin *admin)
{
    const struct passwd *entry = getpwuid(getuid());
    const char *user = entry != NULL ? bk_arena_strdup(admin->arena, entry->pw_name)
                                     : bk_arena_printf(admin->arena, "uid %u", (unsigned)getuid());
    /* Only sudo's own process sets it for root; for anybody else it proves nothing. */
    const char *sudo = getuid() == 0 ? getenv("SUDO_USER") : NULL;

    if (sudo == NULL || *sudo == '\0' || json_string(sudo) == NULL)
        return user;
    return bk_arena_printf(admin->arena, "%s (%s)", sudo, user);
}

/* What of `object` is not the same in `other`. */
static json_t *difference(const json_t *object, const json_t *other)
{
    json_t *result = json_object();
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        const json_t *counterpart = json_object_get(other, key);

        if (counterpart == NULL || !json_equal(value, counterpart))
            json_object_set(result, key, value);
    }
    return result;
}

bool bk_audit(struct bk_admin *admin, const char *subject, const json_t *before,
              const json_t *after)
{
    json_t *was = difference(before, after);
    json_t *is = difference(after, before);
    const struct bk_command *command = admin->command;
    struct bk_audit_entry entry = {
        .at = time(NULL),
        .actor = bk_audit_actor(admin),
        .command = command->verb == NULL
                       ? command->noun
                       : bk_arena_printf(admin->arena, "%s %s", command->noun, command->verb),
        .subject = subject,
        .before = before != NULL ? json_dumps(was, JSON_SORT_KEYS) : NULL,
        .after = after != NULL ? json_dumps(is, JSON_SORT_KEYS) : NULL,
    };

    if (before != NULL && after != NULL && json_object_size(was) == 0 && json_object_size(is) == 0)
        return true;
    admin->edited = true;
    return bk_settings_insert_audit(admin->settings, &entry, &admin->error);
}
