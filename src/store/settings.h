/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * settings.db for those who read it: plugin, daemon and CLI. The room src/store is the only one
 * that knows SQL; a handle is opaque, so that another engine is another file, not a redesign.
 *
 * A reader opens read-only, after fork, and never creates or removes anything. It may sit in a
 * process for days: bk_settings_refresh() notices (once a second) that the path names another file
 * and reopens. Transient states of WAL readers (SQLITE_READONLY_RECOVERY, _CANTLOCK, _CANTINIT,
 * BUSY) are retried within 200 ms; then the look-up is BK_FAILED, never BK_ABSENT.
 *
 * A schema is refused only if its oldest-reader number is above what this program reads.
 *
 * What look-ups return lives in the arena given. `error` says what happened after BK_FAILED.
 */
#ifndef BK_STORE_SETTINGS_H
#define BK_STORE_SETTINGS_H

#include "rules/account.h"
#include "rules/arena.h"
#include "rules/directory.h"
#include "rules/error.h"
#include "rules/lookup.h"
#include "rules/text.h"

struct bk_settings;
struct bk_state;

/* Reader's handle; NULL and `error` if it can't be opened now. Not to be used across fork. */
struct bk_settings *bk_settings_open_reader(const char *path, struct bk_error *error);
void bk_settings_close(struct bk_settings **settings);

/*
 * Between transactions: is the open file still the one at its path, and does a change sequence go
 * backwards (a restore)? Reopens where needed; looks at most once per second of `now_seconds` (any
 * clock) while all is well. False: can't be read now; the handle stays usable, and the next call
 * tries again, in the same second too.
 */
bool bk_settings_refresh(struct bk_settings *settings, int64_t now_seconds, struct bk_error *error);

/*
 * Keep accounts in up to `bytes` of memory (0: none), and domains, from one snapshot to the next,
 * for the look-ups of bk_settings_directory() within snapshots; see settings-cache.h. For a reader.
 */
bool bk_settings_use_cache(struct bk_settings *settings, size_t bytes, struct bk_error *error);

/* One snapshot for several look-ups. Without it each look-up is a snapshot of its own. */
bool bk_settings_begin_read(struct bk_settings *settings, struct bk_error *error);
void bk_settings_end_read(struct bk_settings *settings);

/* Of the last commit; every commit bumps it. */
enum bk_lookup bk_settings_change_sequence(struct bk_settings *settings, int64_t *sequence_r,
                                           struct bk_error *error);

/* Which commit of which file was seen; {0}: none. */
struct bk_settings_version {
    uint64_t opening;
    int64_t sequence;
};
/* May look-ups say something else than when *version was filled? It is brought up to date. True
 * also where that can't be told. */
bool bk_settings_has_changed(struct bk_settings *settings, struct bk_settings_version *version);

/* As many commits are remembered by what they touched. */
#define BK_CHANGES_KEPT 10000
struct bk_settings_change {
    int64_t sequence; /* of the commit; one commit may touch many */
    const char *kind; /* "account", "domain", "plan", "server", "everything" */
    int64_t subject_id;
};
typedef bool bk_settings_change_row(void *context, const struct bk_settings_change *change);
/* What commits after `sequence` touched, at most `count` rows, the oldest first. */
enum bk_lookup bk_settings_list_changes(struct bk_settings *settings, int64_t sequence,
                                        int64_t count, bk_settings_change_row *row, void *context,
                                        struct bk_error *error);

/* Values of the table `server` (paths, users, commands), e.g. "state_path". */
enum bk_lookup bk_settings_server_value(struct bk_settings *settings, struct bk_arena *arena,
                                        const char *name, const char **value_r,
                                        struct bk_error *error);

enum bk_lookup bk_settings_lookup_plan(struct bk_settings *settings, struct bk_arena *arena,
                                       const char *name, const struct bk_plan **plan_r,
                                       struct bk_error *error);
enum bk_lookup bk_settings_lookup_domain(struct bk_settings *settings, struct bk_arena *arena,
                                         const char *name, const struct bk_domain **domain_r,
                                         struct bk_error *error);
/* By its name or that of one of its aliases. */
enum bk_lookup bk_settings_lookup_mail_domain(struct bk_settings *settings, struct bk_arena *arena,
                                              const char *name, const struct bk_domain **domain_r,
                                              struct bk_error *error);
/* By primary address or alias, lower-cased, without extension; any state. */
enum bk_lookup bk_settings_lookup_address(struct bk_settings *settings, struct bk_arena *arena,
                                          const char *address, const struct bk_account **account_r,
                                          struct bk_error *error);
enum bk_lookup bk_settings_lookup_account_id(struct bk_settings *settings, struct bk_arena *arena,
                                             int64_t id, const struct bk_account **account_r,
                                             struct bk_error *error);
/*
 * ---- for the sweep (store/due), which asks thousands of times ----
 * What rules/retention asks of an account, and its primary address; nothing else of it is filled
 * in.
 */
enum bk_lookup bk_settings_lookup_retention(struct bk_settings *settings, struct bk_arena *arena,
                                            int64_t id, const struct bk_account **account_r,
                                            struct bk_error *error);
/* For each combination of durations that plans and domains have, an account that has none of its
 * own. It is valid only during the call of `row`. */
typedef bool bk_retention_row(void *context, const struct bk_account *account);
enum bk_lookup bk_settings_list_retention(struct bk_settings *settings, bk_retention_row *row,
                                          void *context, struct bk_error *error);
/* The next account ids after `after`, at most `room`; FOUND also if there is none. */
enum bk_lookup bk_settings_list_ids(struct bk_settings *settings, int64_t after, int64_t *ids,
                                    size_t room, size_t *count_r, struct bk_error *error);
/* The same of accounts with a duration of their own that is shorter than this. */
struct bk_retention_durations;
enum bk_lookup bk_settings_list_short_ids(struct bk_settings *settings, int64_t after,
                                          const struct bk_retention_durations *than, int64_t *ids,
                                          size_t room, size_t *count_r, struct bk_error *error);

/* As an administrator names it: primary address, login, alias, or name@domain; in this order. */
enum bk_lookup bk_settings_lookup_account(struct bk_settings *settings, struct bk_arena *arena,
                                          const char *text, const struct bk_account **account_r,
                                          struct bk_error *error);

/*
 * The look-ups as rules take them, bound to `settings`, `state` (NULL: usage unknown) and `arena`.
 * After a FAILED, `error` (NULL: not wanted) holds the reason. The struct lives in `arena`.
 */
const struct bk_directory *bk_settings_directory(struct bk_settings *settings,
                                                 struct bk_state *state, struct bk_arena *arena,
                                                 struct bk_error *error);

/* ---- lists, for the CLI ---- */

struct bk_account_filter {
    const char *domain; /* NULL: all */
    const char *search; /* substring of name, addresses, full name, comment; NULL: all */
    int64_t limit;      /* rows; 0: all */
    int64_t offset;
};

/* FOUND for each row in `row`'s order of primary address until false is returned by it; the arena
 * is the caller's and grows, so clear it between rows through a second arena where there are many.
 * ABSENT: no row at all. */
typedef bool bk_domain_row(void *context, const struct bk_domain *domain);
typedef bool bk_account_row(void *context, const struct bk_account *account);
typedef bool bk_plan_row(void *context, const struct bk_plan *plan);
typedef bool bk_text_row(void *context, const char *text);

enum bk_lookup bk_settings_list_plans(struct bk_settings *settings, bk_plan_row *row, void *context,
                                      struct bk_error *error);
enum bk_lookup bk_settings_list_domains(struct bk_settings *settings, bk_domain_row *row,
                                        void *context, struct bk_error *error);
/* Rows are valid only during the call of `row`. */
enum bk_lookup bk_settings_list_accounts(struct bk_settings *settings,
                                         const struct bk_account_filter *filter,
                                         bk_account_row *row, void *context,
                                         struct bk_error *error);
/* What accounts are chosen and sorted by: much less than the whole of one, for lists of many. */
struct bk_account_key {
    int64_t id;
    const char *login, *full_name, *comment;
    int64_t capacity_bytes;
    int64_t quota_grace_bytes; /* the plan's */
    int64_t created_at;
    bool suspended; /* also with its domain */
    bool force_changed;
    bool deleting;
};
typedef bool bk_account_key_row(void *context, const struct bk_account_key *key);
/* As bk_settings_list_accounts(). */
enum bk_lookup bk_settings_list_account_keys(struct bk_settings *settings,
                                             const struct bk_account_filter *filter,
                                             bk_account_key_row *row, void *context,
                                             struct bk_error *error);
/* What the CSV export says of an account. */
struct bk_export_account {
    int64_t id;
    const char *name, *comment;
    int64_t capacity_bytes;
    bool receive, forwards, auto_reply;
};
typedef bool bk_export_row(void *context, const struct bk_export_account *account);
/* The domain's accounts by name, without those being deleted, in constant memory. */
enum bk_lookup bk_settings_export_accounts(struct bk_settings *settings, int64_t domain_id,
                                           bk_export_row *row, void *context,
                                           struct bk_error *error);
/* How many accounts `filter` names (limit and offset do not count). */
enum bk_lookup bk_settings_count_accounts(struct bk_settings *settings,
                                          const struct bk_account_filter *filter, int64_t *count_r,
                                          struct bk_error *error);
/* Aliases of an account in alphabetical order. */
enum bk_lookup bk_settings_list_aliases(struct bk_settings *settings, int64_t account_id,
                                        bk_text_row *row, void *context, struct bk_error *error);
#define BK_ERASURE_KIND N_("erase-mail") /* of a job, see settings-edit.h */
/* FOUND: there is a job of that kind for the account. */
enum bk_lookup bk_settings_lookup_job(struct bk_settings *settings, int64_t account_id,
                                      const char *kind, struct bk_error *error);
/* Primary addresses of accounts whose password was changed by force. */
enum bk_lookup bk_settings_list_force_changed(struct bk_settings *settings, bk_text_row *row,
                                              void *context, struct bk_error *error);
/* Aliases in `domain` (a name) of accounts of other domains: what renames have left there. */
enum bk_lookup bk_settings_list_foreign_aliases(struct bk_settings *settings, const char *domain,
                                                bk_text_row *row, void *context,
                                                struct bk_error *error);
/* Names of a domain's aliases in alphabetical order. */
enum bk_lookup bk_settings_list_domain_aliases(struct bk_settings *settings, int64_t domain_id,
                                               bk_text_row *row, void *context,
                                               struct bk_error *error);
/* Primary addresses of accounts that forward to `address`. */
enum bk_lookup bk_settings_list_forwarders(struct bk_settings *settings, const char *address,
                                           bk_text_row *row, void *context, struct bk_error *error);
/* Sum of the capacities of the domain's accounts without account `except_id` (0: none excepted),
 * and the number of unlimited ones among them; also how many accounts there are. */
enum bk_lookup bk_settings_domain_sums(struct bk_settings *settings, int64_t domain_id,
                                       int64_t except_id, int64_t *capacity_bytes_r,
                                       int64_t *unlimited_r, int64_t *accounts_r,
                                       struct bk_error *error);

#endif
