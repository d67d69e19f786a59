/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-compat.h"

#include "dovecot-plugin/databases.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_INTERVAL_SECONDS 60

static char *settings_path;
static char *state_path;
static struct bk_settings *settings;
static struct bk_state *state;
static time_t logged_at;

void boxkeeper_databases_init(const char *path)
{
    if (settings_path == NULL)
        settings_path = i_strdup(path != NULL ? path : BK_SETTINGS_PATH);
}

void boxkeeper_databases_deinit(void)
{
    bk_settings_close(&settings);
    bk_state_close(&state);
    i_free(settings_path);
    i_free(state_path);
}

void boxkeeper_log_database_error(const char *what, const struct bk_error *error)
{
    time_t now = time(NULL);

    if (logged_at != 0 && now >= logged_at && now - logged_at < LOG_INTERVAL_SECONDS)
        return;
    logged_at = now;
    i_error("boxkeeper: %s: %s", what, error->text);
}

struct bk_settings *boxkeeper_settings(void)
{
    struct bk_error error = {0};

    if (settings_path == NULL)
        boxkeeper_databases_init(NULL);
    if (settings == NULL)
        settings = bk_settings_open_reader(settings_path, &error);
    else if (!bk_settings_refresh(settings, time(NULL), &error)) {
        boxkeeper_log_database_error("settings", &error);
        return NULL;
    }
    if (settings == NULL)
        boxkeeper_log_database_error("settings", &error);
    return settings;
}

static enum bk_lookup lookup_account(struct bk_settings *open, struct bk_arena *arena,
                                     const char *username, const struct bk_account **account_r,
                                     bool *ours_r, struct bk_error *error)
{
    const char *address = t_str_lcase(username);
    const char *at = strrchr(address, '@');
    const struct bk_domain *domain;
    enum bk_lookup found;

    *ours_r = false;
    if (at == NULL)
        return BK_ABSENT;
    found = bk_settings_lookup_address(open, arena, address, account_r, error);
    if (found == BK_ABSENT) {
        enum bk_lookup known = bk_settings_lookup_domain(open, arena, at + 1, &domain, error);

        *ours_r = known == BK_FOUND;
        return known == BK_FAILED ? BK_FAILED : BK_ABSENT;
    }
    *ours_r = found == BK_FOUND;
    return found;
}

enum bk_lookup boxkeeper_lookup_account(struct bk_arena *arena, const char *username,
                                        const struct bk_account **account_r, bool *ours_r)
{
    struct bk_settings *open = boxkeeper_settings();
    struct bk_error error = {0};
    enum bk_lookup found;

    *account_r = NULL;
    *ours_r = false;
    if (open == NULL)
        return BK_FAILED;
    found = lookup_account(open, arena, username, account_r, ours_r, &error);
    if (found == BK_FAILED)
        boxkeeper_log_database_error("settings", &error);
    return found;
}

/* Where state.db is stands in settings.db. While that cannot be read for the first time, the place
 * where `boxkeeper setup` puts it is good enough for the last known limit. */
static const char *find_state_path(void)
{
    struct bk_arena *arena;
    struct bk_settings *open;
    struct bk_error error = {0};
    const char *value = NULL, *end;

    if (state_path != NULL)
        return state_path;
    open = boxkeeper_settings();
    arena = bk_arena_create();
    if (open != NULL &&
        bk_settings_server_value(open, arena, "state_path", &value, &error) == BK_FOUND)
        state_path = i_strdup(value);
    bk_arena_destroy(&arena);
    if (state_path != NULL)
        return state_path;
    end = strrchr(settings_path, '/');
    return t_strdup_printf("%s/../state/state.db",
                           end == NULL ? "." : t_strdup_until(settings_path, end));
}

/* state.db belongs to the mail user. A process that is root for the moment (doveadm -A between two
 * users, lmtp between two deliveries) must not be the one that makes it: the mail processes could
 * not write it any more. */
static bool was_root;

void boxkeeper_state_become_owner(void)
{
    const char *path = find_state_path(), *end = strrchr(path, '/');
    struct stat folder;

    was_root = geteuid() == 0;
    if (was_root && end != NULL && stat(t_strdup_until(path, end), &folder) == 0 &&
        seteuid(folder.st_uid) < 0)
        i_fatal("boxkeeper: seteuid(%s) failed: %m", dec2str(folder.st_uid));
}

void boxkeeper_state_become_oneself(void)
{
    if (was_root && seteuid(0) < 0)
        i_fatal("boxkeeper: seteuid(0) failed: %m");
    was_root = false;
}

static struct bk_state *open_state(const char *path, struct bk_error *error)
{
    struct bk_state *opened;
    bool is_root = geteuid() == 0;

    if (is_root)
        boxkeeper_state_become_owner();
    opened = bk_state_open_writer(path, error);
    if (is_root)
        boxkeeper_state_become_oneself();
    return opened;
}

struct bk_state *boxkeeper_state(void)
{
    struct bk_error error = {0};
    const char *path = find_state_path();

    if (state == NULL)
        state = open_state(path, &error);
    else if (!bk_state_refresh(state, time(NULL), &error)) {
        boxkeeper_log_database_error("state", &error);
        return NULL;
    }
    if (state == NULL)
        boxkeeper_log_database_error("state", &error);
    return state;
}
