/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/settings-private.h"

#include <string.h>

const char *const bk_capacity_kind_words[] = {"any", "choices", "range", "fixed", NULL};
const char *const bk_receive_off_words[] = {"drops", "refuses", NULL};
const char *const bk_retention_kind_words[] = {"any", "fixed", "none", NULL};
const char *const bk_panel_words[] = {"a", "b", NULL};
const char *const bk_account_state_words[] = {"active", "deleting", NULL};

void bk_bind_send_limits(struct bk_query *query, const struct bk_send_limits *limits)
{
    bk_query_bind_number(query, limits->messages_per_hour);
    bk_query_bind_number(query, limits->messages_per_day);
    bk_query_bind_number(query, limits->recipients_per_hour);
    bk_query_bind_number(query, limits->recipients_per_day);
}

static struct bk_send_limits read_send_limits(struct bk_query *query)
{
    struct bk_send_limits limits;

    limits.messages_per_hour = bk_query_number(query);
    limits.messages_per_day = bk_query_number(query);
    limits.recipients_per_hour = bk_query_number(query);
    limits.recipients_per_day = bk_query_number(query);
    return limits;
}

const struct bk_plan *bk_read_plan(struct bk_query *query, struct bk_arena *arena)
{
    struct bk_plan *plan = bk_arena_alloc(arena, sizeof(*plan));

    plan->name = bk_query_text(query, arena);
    plan->capacity_kind = (enum bk_capacity_kind)bk_query_word(query, bk_capacity_kind_words);
    plan->capacity_choices = bk_query_text(query, arena);
    plan->capacity_minimum_bytes = bk_query_number(query);
    plan->capacity_maximum_bytes = bk_query_number(query);
    plan->capacity_required = bk_query_flag(query);
    plan->capacity_default_bytes = bk_query_number(query);
    plan->quota_grace_bytes = bk_query_number(query);
    plan->full_is_temporary = bk_query_flag(query);
    plan->quota_warnings = bk_query_flag(query);
    plan->receive_off = (enum bk_receive_off)bk_query_word(query, bk_receive_off_words);
    plan->forward_allowed = bk_query_flag(query);
    plan->forward_targets_maximum = bk_query_number(query);
    plan->auto_reply_allowed = bk_query_flag(query);
    plan->auto_reply_width_maximum = bk_query_number(query);
    plan->auto_reply_interval_seconds = bk_query_number(query);
    plan->spam_tag_default = bk_query_flag(query);
    plan->spam_score_hundredths = bk_query_number(query);
    plan->spam_tag_allowed = bk_query_flag(query);
    plan->spam_tag_text = bk_query_text(query, arena);
    plan->spam_tag_text_settable = bk_query_flag(query);
    plan->spam_sort_allowed = bk_query_flag(query);
    plan->spam_sort_default = bk_query_flag(query);
    plan->spam_folder = bk_query_text(query, arena);
    plan->spam_actions_allowed = bk_query_flag(query);
    plan->spam_lists_allowed = bk_query_flag(query);
    plan->send = read_send_limits(query);
    plan->retention_kind = (enum bk_retention_kind)bk_query_word(query, bk_retention_kind_words);
    plan->archive_seconds = bk_query_number(query);
    plan->trash_seconds = bk_query_number(query);
    plan->junk_seconds = bk_query_number(query);
    plan->trash_names = bk_query_text(query, arena);
    plan->registration_rows_maximum = bk_query_number(query);
    plan->name_rule = (enum bk_panel)bk_query_word(query, bk_panel_words);
    plan->name_length_minimum = bk_query_number(query);
    plan->name_length_maximum = bk_query_number(query);
    plan->password_rule = (enum bk_panel)bk_query_word(query, bk_panel_words);
    plan->password_length_minimum = bk_query_number(query);
    plan->password_length_maximum = bk_query_number(query);
    plan->password_dictionary = bk_query_flag(query);
    plan->full_name_required = bk_query_flag(query);
    plan->present_from_start = bk_query_text(query, arena);
    return plan;
}

const struct bk_domain *bk_read_domain(struct bk_query *query, struct bk_arena *arena)
{
    struct bk_domain *domain = bk_arena_alloc(arena, sizeof(*domain));

    domain->id = bk_query_number(query);
    domain->name = bk_query_text(query, arena);
    domain->login_prefix = bk_query_text(query, arena);
    domain->time_zone = bk_query_text(query, arena);
    domain->suspended = bk_query_flag(query);
    domain->catch_all_account_id = bk_query_number(query);
    domain->accounts_maximum = bk_query_number(query);
    domain->capacity_sum_maximum_bytes = bk_query_number(query);
    domain->capacity_maximum_bytes = bk_query_number(query);
    domain->default_capacity_bytes = bk_query_number(query);
    domain->archive_seconds = bk_query_number(query);
    domain->trash_seconds = bk_query_number(query);
    domain->junk_seconds = bk_query_number(query);
    domain->send = read_send_limits(query);
    domain->language = bk_query_text(query, arena);
    domain->plan = bk_read_plan(query, arena);
    return domain;
}

static void read_own_columns(struct bk_query *query, struct bk_arena *arena,
                             struct bk_account *account)
{
    account->id = bk_query_number(query);
    account->state = (enum bk_account_state)bk_query_word(query, bk_account_state_words);
    account->name = bk_query_text(query, arena);
    account->primary_address = bk_query_text(query, arena);
    account->login = bk_query_text(query, arena);
    account->full_name = bk_query_text(query, arena);
    account->comment = bk_query_text(query, arena);
    account->language = bk_query_text(query, arena);
    account->rights = bk_query_text(query, arena);
    account->capacity_bytes = bk_query_number(query);
    account->receive = bk_query_flag(query);
    account->suspended = bk_query_flag(query);
    account->force_changed = bk_query_flag(query);
    account->external_auth = bk_query_flag(query);
    account->imap_allowed = bk_query_flag(query);
    account->pop3_allowed = bk_query_flag(query);
    account->submission_allowed = bk_query_flag(query);
    account->managesieve_allowed = bk_query_flag(query);
    account->forward_keep_copy = bk_query_flag(query);
    account->archive_seconds = bk_query_number(query);
    account->trash_seconds = bk_query_number(query);
    account->junk_seconds = bk_query_number(query);
    account->send = read_send_limits(query);
    account->hold_reason = bk_query_text(query, arena);
    account->created_at = bk_query_number(query);
    account->auto_reply = bk_query_flag(query);
    if (account->primary_address == NULL)
        query->is_bad = true;
}

static bool read_targets(struct bk_database *database, struct bk_arena *arena,
                         struct bk_account *account, struct bk_error *error)
{
    struct bk_query query;
    const char **targets = NULL;
    size_t count = 0, room = 0;
    enum bk_step step;

    if (!bk_query_begin(&query, database,
                        "SELECT target FROM forwards WHERE account_id = $1 ORDER BY position",
                        error))
        return false;
    bk_query_bind_number(&query, account->id);
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        if (count == room) {
            const char **more = bk_arena_alloc(arena, (room = room * 2 + 8) * sizeof(*more));

            if (count > 0)
                memcpy(more, targets, count * sizeof(*more));
            targets = more;
        }
        targets[count++] = bk_query_text(&query, arena);
    }
    bk_query_end(&query);
    account->forward_targets = targets;
    account->forward_target_count = count;
    return step == BK_DONE;
}

static enum bk_lookup finish_account(struct bk_query *query, struct bk_arena *arena,
                                     struct bk_account *account, struct bk_error *error)
{
    enum bk_lookup found = bk_query_found(query, error);

    if (found == BK_FOUND && !read_targets(query->database, arena, account, error))
        found = BK_FAILED;
    return found;
}

enum bk_lookup bk_read_account(struct bk_query *query, struct bk_arena *arena,
                               const struct bk_account **account_r, struct bk_error *error)
{
    struct bk_account *account = bk_arena_alloc(arena, sizeof(*account));

    read_own_columns(query, arena, account);
    account->domain = bk_read_domain(query, arena);
    *account_r = account;
    return finish_account(query, arena, account, error);
}

enum bk_lookup bk_read_own_account(struct bk_query *query, struct bk_arena *arena,
                                   struct bk_account **account_r, int64_t *domain_id_r,
                                   struct bk_error *error)
{
    *account_r = bk_arena_alloc(arena, sizeof(**account_r));
    read_own_columns(query, arena, *account_r);
    *domain_id_r = bk_query_number(query);
    return finish_account(query, arena, *account_r, error);
}
