/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What the files of this room that read and write settings.db share: the handle, and how a row
 * becomes an account. Columns are read in the order in which they are named here.
 */
#ifndef BK_STORE_SETTINGS_PRIVATE_H
#define BK_STORE_SETTINGS_PRIVATE_H

#include "store/database.h"
#include "store/settings-edit.h"

struct bk_settings_cache;

struct bk_settings {
    struct bk_database database;
    struct bk_settings_cache *cache; /* NULL: none */
    uint64_t opening;                /* of the file; no two in a process are the same */
    int64_t newest_sequence;         /* seen by refresh */
    int64_t writing_sequence;        /* of the write transaction that is open */
};

/* Words of the schema, in the order of the enums in src/rules. */
extern const char *const bk_capacity_kind_words[];
extern const char *const bk_receive_off_words[];
extern const char *const bk_retention_kind_words[];
extern const char *const bk_panel_words[];
extern const char *const bk_account_state_words[];

#define BK_PLAN_COLUMNS                                                                            \
    "p.name, p.capacity_kind, p.capacity_choices, p.capacity_minimum_bytes, "                      \
    "p.capacity_maximum_bytes, p.capacity_required, p.capacity_default_bytes, "                    \
    "p.quota_grace_bytes, p.full_is_temporary, p.quota_warnings, p.receive_off, "                  \
    "p.forward_allowed, "                                                                          \
    "p.forward_targets_maximum, p.auto_reply_allowed, p.auto_reply_width_maximum, "                \
    "p.auto_reply_interval_seconds, p.spam_tag_default, p.spam_score_hundredths, "                 \
    "p.spam_tag_allowed, p.spam_tag_text, p.spam_tag_text_settable, p.spam_sort_allowed, "         \
    "p.spam_sort_default, p.spam_folder, p.spam_actions_allowed, p.spam_lists_allowed, "           \
    "p.send_messages_per_hour, p.send_messages_per_day, p.send_recipients_per_hour, "              \
    "p.send_recipients_per_day, p.retention_kind, p.archive_seconds, p.trash_seconds, "            \
    "p.junk_seconds, p.trash_names, "                                                              \
    "p.registration_rows_maximum, p.name_rule, p.name_length_minimum, p.name_length_maximum, "     \
    "p.password_rule, p.password_length_minimum, p.password_length_maximum, "                      \
    "p.password_dictionary, p.full_name_required, p.present_from_start"

#define BK_DOMAIN_COLUMNS                                                                          \
    "d.id, d.name, d.login_prefix, d.time_zone, d.suspended, d.catch_all_account_id, "             \
    "d.accounts_maximum, d.capacity_sum_maximum_bytes, d.capacity_maximum_bytes, "                 \
    "d.default_capacity_bytes, d.archive_seconds, d.trash_seconds, "                               \
    "d.junk_seconds, d.send_messages_per_hour, d.send_messages_per_day, "                          \
    "d.send_recipients_per_hour, d.send_recipients_per_day, d.language, " BK_PLAN_COLUMNS
#define BK_DOMAIN_TABLES "domains d JOIN plans p ON p.id = d.plan_id"

/* An account without a primary address is damage, not absence: hence the LEFT JOIN. */
#define BK_ACCOUNT_OWN_COLUMNS                                                                     \
    "c.id, c.state, c.name, m.address, c.login, c.full_name, c.comment, c.language, c.rights, "    \
    "c.capacity_bytes, c.receive, c.suspended, c.force_changed, c.external_auth, "                 \
    "c.imap_allowed, c.pop3_allowed, c.submission_allowed, c.managesieve_allowed, "                \
    "c.forward_keep_copy, c.archive_seconds, c.trash_seconds, c.junk_seconds, "                    \
    "c.send_messages_per_hour, c.send_messages_per_day, c.send_recipients_per_hour, "              \
    "c.send_recipients_per_day, c.hold_reason, "                                                   \
    "c.created_at, c.auto_reply"
#define BK_ACCOUNT_COLUMNS BK_ACCOUNT_OWN_COLUMNS ", " BK_DOMAIN_COLUMNS
#define BK_ACCOUNT_TABLES                                                                          \
    "accounts c LEFT JOIN addresses m ON m.account_id = c.id AND m.kind = 'primary' "              \
    "JOIN domains d ON d.id = c.domain_id JOIN plans p ON p.id = d.plan_id"

/* Four parameters. */
void bk_bind_send_limits(struct bk_query *query, const struct bk_send_limits *limits);
const struct bk_plan *bk_read_plan(struct bk_query *query, struct bk_arena *arena);
const struct bk_domain *bk_read_domain(struct bk_query *query, struct bk_arena *arena);
/* With its forward targets: a second query. */
enum bk_lookup bk_read_account(struct bk_query *query, struct bk_arena *arena,
                               const struct bk_account **account_r, struct bk_error *error);
/* The same after BK_ACCOUNT_OWN_COLUMNS and domain_id, with NULL for the domain. */
enum bk_lookup bk_read_own_account(struct bk_query *query, struct bk_arena *arena,
                                   struct bk_account **account_r, int64_t *domain_id_r,
                                   struct bk_error *error);

/* Is a write transaction open? */
bool bk_settings_need_transaction(struct bk_settings *settings, struct bk_error *error);
/* Did the last statement change a row? Else BK_ERROR_UNKNOWN with `text`. */
bool bk_settings_check_changed(struct bk_settings *settings, const char *text,
                               struct bk_error *error);
/* The next id of a kind: a row of the table counters. Within a write transaction. */
bool bk_settings_next_id(struct bk_settings *settings, const char *counter, int64_t *id_r,
                         struct bk_error *error);
/* Note what the commit touches. */
bool bk_settings_touch(struct bk_settings *settings, const char *kind, int64_t subject_id,
                       struct bk_error *error);

#endif
