/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The four databases as files: made, migrated, backed up, restored, looked after. Only the CLI
 * calls this, as root. Paths, owners and modes: DESIGN.md, "Files and who may touch them".
 *
 * The table `server` of settings.db says where everything else is:
 *   credentials_path state_path limits_path mail_root mail_user mail_group
 *   boxkeeper_user boxkeeper_group doveadm_command postqueue_command postsuper_command
 *   socket_directory
 */
#ifndef BK_STORE_DATABASES_H
#define BK_STORE_DATABASES_H

#include "store/credentials.h"
#include "store/settings-edit.h"
#include "store/state.h"

/* Names and default values of the table `server`; ends with a NULL name. A default path is relative
 * to the folder above the one of settings.db ("credentials/credentials.db"). */
struct bk_server_default {
    const char *name;
    const char *value;
    const char *description; /* English, for gettext */
};
extern const struct bk_server_default bk_server_defaults[];

/*
 * Create what is missing (folders with owner and mode, databases, built-in plans, server values)
 * and apply every migration that the files lack, each in a transaction of its own. `values` are
 * "NAME=VALUE" texts for the table `server`. Doing it again changes nothing. BK_ERROR_CONFIGURATION
 * if a user or group does not exist, BK_ERROR_VALUE for an unknown NAME.
 */
bool bk_databases_migrate(const char *settings_path, const char *const *values, size_t value_count,
                          struct bk_error *error);

/* Numbers of the schema: the file's own, and the oldest reader that can read it. */
enum bk_lookup bk_databases_schema(struct bk_settings *settings, int64_t *version_r,
                                   int64_t *oldest_reader_r, struct bk_error *error);
/* What this program writes and reads. */
extern const int64_t bk_schema_version;

/*
 * Copies of settings.db and credentials.db as one pair, and of state.db and limits.db where they
 * can be read, into `folder` (made 0700 if missing; must not hold a backup yet), by SQLite's backup
 * API. No command changes anything while the pair is copied.
 */
bool bk_databases_backup(const char *settings_path, const char *folder, struct bk_error *error);
/*
 * The pair back into the existing files (readers keep their handles). The backup is checked first
 * (integrity, schema, that both are of one backup); on any error nothing has changed. The paths in
 * the table `server` stay those of this machine. Account ids never go back: the highest id ever
 * given stays on record.
 */
bool bk_databases_restore(const char *settings_path, const char *folder, struct bk_error *error);

/* PRAGMA integrity_check, owners, modes, journals, file system (not a network one): calls `report`
 * with an English text for each finding. */
typedef void bk_finding(void *context, const char *text);
bool bk_databases_check(const char *settings_path, bk_finding *report, void *context,
                        struct bk_error *error);

#endif
