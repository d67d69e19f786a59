/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/describe.h"

#include "admin/send-limits.h"
#include "rules/auto_reply.h"
#include "rules/plan_fields.h"
#include "rules/retention.h"
#include "rules/spam.h"
#include "store/settings-spam.h"

#include <stdlib.h> // strtoll
#include <string.h>

/* One field of a struct as a JSON field; a table of them ends with a NULL key. */
struct field {
    const char *key;
    enum field_type {
        FIELD_TEXT = 1, /* const char *; NULL is null */
        FIELD_INTEGER,  /* int64_t */
        FIELD_SWITCH,   /* bool */
    } type;
    size_t offset;
};

#define DOMAIN(name, type)                                                                         \
    {                                                                                              \
#name, type, offsetof(struct bk_domain, name)                                              \
    }
static const struct field domain_fields[] = {
    DOMAIN(login_prefix, FIELD_TEXT),
    DOMAIN(time_zone, FIELD_TEXT),
    DOMAIN(language, FIELD_TEXT),
    DOMAIN(suspended, FIELD_SWITCH),
    DOMAIN(accounts_maximum, FIELD_INTEGER),
    DOMAIN(capacity_sum_maximum_bytes, FIELD_INTEGER),
    DOMAIN(capacity_maximum_bytes, FIELD_INTEGER),
    DOMAIN(default_capacity_bytes, FIELD_INTEGER),
    {"send_messages_per_hour", FIELD_INTEGER, offsetof(struct bk_domain, send.messages_per_hour)},
    {"send_messages_per_day", FIELD_INTEGER, offsetof(struct bk_domain, send.messages_per_day)},
    {"send_recipients_per_hour", FIELD_INTEGER,
     offsetof(struct bk_domain, send.recipients_per_hour)},
    {"send_recipients_per_day", FIELD_INTEGER, offsetof(struct bk_domain, send.recipients_per_day)},
    DOMAIN(archive_seconds, FIELD_INTEGER),
    DOMAIN(trash_seconds, FIELD_INTEGER),
    DOMAIN(junk_seconds, FIELD_INTEGER),
    {NULL, 0, 0},
};

#define ACCOUNT(key, name, type)                                                                   \
    {                                                                                              \
        key, type, offsetof(struct bk_account, name)                                               \
    }
static const struct field account_fields[] = {
    ACCOUNT("address", primary_address, FIELD_TEXT),
    ACCOUNT("login", login, FIELD_TEXT),
    ACCOUNT("name", name, FIELD_TEXT),
    ACCOUNT("full_name", full_name, FIELD_TEXT),
    ACCOUNT("comment", comment, FIELD_TEXT),
    ACCOUNT("language", language, FIELD_TEXT),
    ACCOUNT("rights", rights, FIELD_TEXT),
    ACCOUNT("capacity_bytes", capacity_bytes, FIELD_INTEGER),
    ACCOUNT("receive", receive, FIELD_SWITCH),
    ACCOUNT("suspended", suspended, FIELD_SWITCH),
    ACCOUNT("force_changed", force_changed, FIELD_SWITCH),
    ACCOUNT("external_auth", external_auth, FIELD_SWITCH),
    ACCOUNT("imap", imap_allowed, FIELD_SWITCH),
    ACCOUNT("pop3", pop3_allowed, FIELD_SWITCH),
    ACCOUNT("submission", submission_allowed, FIELD_SWITCH),
    ACCOUNT("managesieve", managesieve_allowed, FIELD_SWITCH),
    ACCOUNT("forward_keep_copy", forward_keep_copy, FIELD_SWITCH),
    ACCOUNT("archive_seconds", archive_seconds, FIELD_INTEGER),
    ACCOUNT("trash_seconds", trash_seconds, FIELD_INTEGER),
    ACCOUNT("junk_seconds", junk_seconds, FIELD_INTEGER),
    ACCOUNT("send_messages_per_hour", send.messages_per_hour, FIELD_INTEGER),
    ACCOUNT("send_messages_per_day", send.messages_per_day, FIELD_INTEGER),
    ACCOUNT("send_recipients_per_hour", send.recipients_per_hour, FIELD_INTEGER),
    ACCOUNT("send_recipients_per_day", send.recipients_per_day, FIELD_INTEGER),
    ACCOUNT("hold_reason", hold_reason, FIELD_TEXT),
    ACCOUNT("created_at", created_at, FIELD_INTEGER),
    {NULL, 0, 0},
};

const struct bk_column bk_plan_columns[] = {
    {"plan", N_("Plan"), BK_COLUMN_TEXT},
    {"capacity_kind", N_("Capacity"), BK_COLUMN_WORD},
    {"capacity_choices", N_("Capacities to choose from"), BK_COLUMN_BYTES},
    {"capacity_minimum_bytes", N_("Smallest capacity"), BK_COLUMN_BYTES},
    {"capacity_maximum_bytes", N_("Largest capacity (0 = any)"), BK_COLUMN_BYTES},
    {"capacity_required", N_("Capacity must be named"), BK_COLUMN_TEXT},
    {"capacity_default_bytes", N_("Default capacity"), BK_COLUMN_CAPACITY},
    {"quota_grace_bytes", N_("Grace above the capacity"), BK_COLUMN_BYTES},
    {"full_is_temporary", N_("Full mailbox: sender tries again"), BK_COLUMN_TEXT},
    {"quota_warnings", N_("Warnings of a full mailbox"), BK_COLUMN_TEXT},
    {"receive_off", N_("Receive OFF"), BK_COLUMN_WORD},
    {"forward_allowed", N_("Forwarding"), BK_COLUMN_TEXT},
    {"forward_targets_maximum", N_("Forward targets (0 = any number)"), BK_COLUMN_NUMBER},
    {"auto_reply_allowed", N_("Auto-reply"), BK_COLUMN_TEXT},
    {"auto_reply_width_maximum", N_("Auto-reply text, half-width (0 = any)"), BK_COLUMN_NUMBER},
    {"auto_reply_interval_seconds", N_("Auto-reply to each sender once in"), BK_COLUMN_DURATION},
    {"spam_tag_allowed", N_("Spam tag"), BK_COLUMN_TEXT},
    {"spam_tag_default", N_("Spam tag at first"), BK_COLUMN_SWITCH},
    {"spam_tag_text", N_("Spam tag text"), BK_COLUMN_TEXT},
    {"spam_tag_text_settable", N_("Spam tag text settable"), BK_COLUMN_TEXT},
    {"spam_sort_allowed", N_("Spam sorting"), BK_COLUMN_TEXT},
    {"spam_sort_default", N_("Spam sorting at first"), BK_COLUMN_SWITCH},
    {"spam_folder", N_("Spam folder"), BK_COLUMN_TEXT},
    {"spam_actions_allowed", N_("Spam actions"), BK_COLUMN_TEXT},
    {"spam_lists_allowed", N_("Spam score and lists"), BK_COLUMN_TEXT},
    {"spam_score_hundredths", N_("Required spam score, hundredths"), BK_COLUMN_NUMBER},
    {"send_messages_per_hour", N_("Messages sent in an hour at most (0 = any number)"),
     BK_COLUMN_NUMBER},
    {"send_messages_per_day", N_("Messages sent in a day at most"), BK_COLUMN_NUMBER},
    {"send_recipients_per_hour", N_("Recipients in an hour at most"), BK_COLUMN_NUMBER},
    {"send_recipients_per_day", N_("Recipients in a day at most"), BK_COLUMN_NUMBER},
    {"retention_kind", N_("Retention"), BK_COLUMN_WORD},
    {"archive_seconds", N_("Archive after"), BK_COLUMN_DURATION},
    {"trash_seconds", N_("Trash emptied after"), BK_COLUMN_DURATION},
    {"junk_seconds", N_("Junk emptied after"), BK_COLUMN_DURATION},
    {"trash_names", N_("Further trash folders"), BK_COLUMN_TEXT},
    {"registration_rows_maximum", N_("Rows in a registration file (0 = any)"), BK_COLUMN_NUMBER},
    {"name_rule", N_("Rule for names"), BK_COLUMN_TEXT},
    {"name_length_minimum", N_("Shortest name"), BK_COLUMN_NUMBER},
    {"name_length_maximum", N_("Longest name"), BK_COLUMN_NUMBER},
    {"password_rule", N_("Rule for passwords"), BK_COLUMN_TEXT},
    {"password_length_minimum", N_("Shortest password"), BK_COLUMN_NUMBER},
    {"password_length_maximum", N_("Longest password"), BK_COLUMN_NUMBER},
    {"password_dictionary", N_("Passwords checked by dictionary"), BK_COLUMN_TEXT},
    {"full_name_required", N_("Full name required"), BK_COLUMN_TEXT},
    {"present_from_start", N_("Accounts from the start"), BK_COLUMN_TEXT},
    {NULL, NULL, 0},
};

const struct bk_column bk_domain_columns[] = {
    {"domain", N_("Domain"), BK_COLUMN_TEXT},
    {"plan", N_("Plan"), BK_COLUMN_TEXT},
    {"suspended", N_("Suspended"), BK_COLUMN_TEXT},
    {"login_prefix", N_("Login prefix"), BK_COLUMN_TEXT},
    {"time_zone", N_("Time zone"), BK_COLUMN_TEXT},
    {"language", N_("Language of new accounts"), BK_COLUMN_TEXT},
    {"aliases", N_("Domain aliases"), BK_COLUMN_TEXT},
    {"catch_all", N_("Catch-all account"), BK_COLUMN_TEXT},
    {"accounts", N_("Accounts"), BK_COLUMN_NUMBER},
    {"accounts_maximum", N_("Accounts at most (0 = any number)"), BK_COLUMN_NUMBER},
    {"capacity_sum_bytes", N_("Sum of capacities"), BK_COLUMN_BYTES},
    {"unlimited_accounts", N_("Accounts without a limit"), BK_COLUMN_NUMBER},
    {"capacity_sum_maximum_bytes", N_("Sum of capacities at most"), BK_COLUMN_CAPACITY},
    {"capacity_maximum_bytes", N_("Capacity of one account at most (0 = the plan's)"),
     BK_COLUMN_BYTES},
    {"default_capacity_bytes", N_("Capacity of new accounts"), BK_COLUMN_CAPACITY},
    {"archive_seconds", N_("Archive after"), BK_COLUMN_DURATION},
    {"trash_seconds", N_("Trash emptied after"), BK_COLUMN_DURATION},
    {"junk_seconds", N_("Junk emptied after"), BK_COLUMN_DURATION},
    {"send_messages_per_hour", N_("Messages sent in an hour at most (0 = any number)"),
     BK_COLUMN_NUMBER},
    {"send_messages_per_day", N_("Messages sent in a day at most"), BK_COLUMN_NUMBER},
    {"send_recipients_per_hour", N_("Recipients in an hour at most"), BK_COLUMN_NUMBER},
    {"send_recipients_per_day", N_("Recipients in a day at most"), BK_COLUMN_NUMBER},
    {NULL, NULL, 0},
};

const struct bk_column bk_account_columns[] = {
    {"address", N_("Address"), BK_COLUMN_TEXT},
    {"login", N_("Login"), BK_COLUMN_TEXT},
    {"status", N_("Status"), BK_COLUMN_WORD},
    {"full_name", N_("Full name"), BK_COLUMN_TEXT},
    {"comment", N_("Comment"), BK_COLUMN_TEXT},
    {"aliases", N_("Aliases"), BK_COLUMN_TEXT},
    {"language", N_("Language"), BK_COLUMN_TEXT},
    {"rights", N_("Rights"), BK_COLUMN_TEXT},
    {"plan", N_("Plan"), BK_COLUMN_TEXT},
    {"capacity_bytes", N_("Capacity"), BK_COLUMN_CAPACITY},
    {"usage_bytes", N_("Usage"), BK_COLUMN_BYTES},
    {"usage_messages", N_("Messages"), BK_COLUMN_NUMBER},
    {"receive", N_("Receive"), BK_COLUMN_SWITCH},
    {"forward_targets", N_("Forwarded to"), BK_COLUMN_TEXT},
    {"forward_keep_copy", N_("Forward keeps a copy"), BK_COLUMN_TEXT},
    {"auto_reply", N_("Auto-reply"), BK_COLUMN_SWITCH},
    {"spam", N_("Spam"), BK_COLUMN_WORD},
    {"imap", N_("IMAP"), BK_COLUMN_SWITCH},
    {"pop3", N_("POP3"), BK_COLUMN_SWITCH},
    {"submission", N_("Submission"), BK_COLUMN_SWITCH},
    {"managesieve", N_("ManageSieve"), BK_COLUMN_SWITCH},
    {"external_auth", N_("External authentication"), BK_COLUMN_TEXT},
    {"archive_seconds", N_("Archive after"), BK_COLUMN_DURATION},
    {"trash_seconds", N_("Trash emptied after"), BK_COLUMN_DURATION},
    {"junk_seconds", N_("Junk emptied after"), BK_COLUMN_DURATION},
    {"send_messages_per_hour", N_("Messages sent in an hour at most (0 = any number)"),
     BK_COLUMN_NUMBER},
    {"send_messages_per_day", N_("Messages sent in a day at most"), BK_COLUMN_NUMBER},
    {"send_recipients_per_hour", N_("Recipients in an hour at most"), BK_COLUMN_NUMBER},
    {"send_recipients_per_day", N_("Recipients in a day at most"), BK_COLUMN_NUMBER},
    {"sent_messages_this_hour", N_("Messages sent this hour"), BK_COLUMN_NUMBER},
    {"sent_messages_this_day", N_("Messages sent this day"), BK_COLUMN_NUMBER},
    {"sent_recipients_this_hour", N_("Recipients this hour"), BK_COLUMN_NUMBER},
    {"sent_recipients_this_day", N_("Recipients this day"), BK_COLUMN_NUMBER},
    {"hold_reason", N_("Hold"), BK_COLUMN_TEXT},
    {"created_at", N_("Created"), BK_COLUMN_TIME},
    {"last_login_at", N_("Last login"), BK_COLUMN_TIME},
    {"last_delivery_at", N_("Last delivery"), BK_COLUMN_TIME},
    {NULL, NULL, 0},
};

static json_t *words(struct bk_admin *admin, const char *text, const char *separators,
                     bool are_numbers)
{
    json_t *array = json_array();
    char *rest = bk_arena_strdup(admin->arena, text != NULL ? text : "");
    char *save = NULL;

    for (char *word = strtok_r(rest, separators, &save); word != NULL;
         word = strtok_r(NULL, separators, &save))
        json_array_append_new(array, are_numbers ? json_integer(strtoll(word, NULL, 10))
                                                 : json_string(word));
    return array;
}

static json_t *field_value(const struct field *field, const void *base)
{
    const void *at = (const char *)base + field->offset;
    const char *text;

    switch (field->type) {
    case FIELD_INTEGER:
        return json_integer(*(const int64_t *)at);
    case FIELD_SWITCH:
        return json_boolean(*(const bool *)at);
    case FIELD_TEXT:
        break;
    }
    text = *(const char *const *)at;
    return text != NULL ? json_string(text) : json_null();
}

static void add_fields(json_t *object, const struct field *fields, const void *base)
{
    for (; fields->key != NULL; fields++)
        json_object_set_new(object, fields->key, field_value(fields, base));
}

static json_t *plan_value(struct bk_admin *admin, const struct bk_plan *plan,
                          const struct bk_plan_field *field)
{
    const void *at = (const char *)plan + field->offset;

    switch (field->type) {
    case BK_PLAN_TEXT:
        return json_string(*(const char *const *)at);
    case BK_PLAN_LINES:
        return words(admin, *(const char *const *)at, "\n", false);
    case BK_PLAN_SIZES:
        return words(admin, *(const char *const *)at, ", ", true);
    case BK_PLAN_WORD:
        return json_string(bk_plan_field_word(plan, field));
    case BK_PLAN_SWITCH:
        return json_boolean(*(const bool *)at);
    case BK_PLAN_NUMBER:
    case BK_PLAN_SIZE:
    case BK_PLAN_DURATION:
        break;
    }
    return json_integer(*(const int64_t *)at);
}

json_t *bk_describe_plan(struct bk_admin *admin, const struct bk_plan *plan)
{
    json_t *object = json_pack("{s:s}", "plan", plan->name);

    for (const struct bk_plan_field *field = bk_plan_fields; field->name != NULL; field++)
        json_object_set_new(object, field->name, plan_value(admin, plan, field));
    return object;
}

static bool collect_text(void *context, const char *text)
{
    json_array_append_new(context, json_string(text));
    return true;
}

static bool add_addresses(struct bk_admin *admin, json_t *object, const struct bk_domain *domain)
{
    const struct bk_account *catch_all = NULL;
    json_t *aliases = json_array();

    if (bk_settings_list_domain_aliases(admin->settings, domain->id, collect_text, aliases,
                                        &admin->error) == BK_FAILED)
        return false;
    if (domain->catch_all_account_id != 0 &&
        bk_settings_lookup_account_id(admin->settings, admin->arena, domain->catch_all_account_id,
                                      &catch_all, &admin->error) == BK_FAILED)
        return false;
    json_object_set_new(object, "aliases", aliases);
    json_object_set_new(object, "catch_all",
                        catch_all != NULL ? json_string(catch_all->primary_address) : json_null());
    return true;
}

json_t *bk_describe_domain(struct bk_admin *admin, const struct bk_domain *domain)
{
    json_t *object = json_pack("{s:s, s:s}", "domain", domain->name, "plan", domain->plan->name);
    int64_t capacity_bytes, unlimited, accounts;

    add_fields(object, domain_fields, domain);
    if (domain->id == 0) /* not recorded yet */
        return object;
    if (!add_addresses(admin, object, domain))
        return NULL;
    if (bk_settings_domain_sums(admin->settings, domain->id, 0, &capacity_bytes, &unlimited,
                                &accounts, &admin->error) == BK_FAILED)
        return NULL;
    json_object_set_new(object, "accounts", json_integer(accounts));
    json_object_set_new(object, "capacity_sum_bytes", json_integer(capacity_bytes));
    json_object_set_new(object, "unlimited_accounts", json_integer(unlimited));
    return object;
}

json_t *bk_describe_account_settings(struct bk_admin *admin, const struct bk_account *account)
{
    json_t *object = json_object();
    json_t *targets = json_array();
    json_t *aliases = json_array();

    add_fields(object, account_fields, account);
    for (size_t i = 0; i < account->forward_target_count; i++)
        json_array_append_new(targets, json_string(account->forward_targets[i]));
    json_object_set_new(object, "forward_targets", targets);
    if (account->id != 0 && bk_settings_list_aliases(admin->settings, account->id, collect_text,
                                                     aliases, &admin->error) == BK_FAILED)
        return NULL;
    json_object_set_new(object, "aliases", aliases);
    return object;
}

static void add_state(struct bk_admin *admin, json_t *object, const struct bk_account *account)
{
    struct bk_state *state = bk_admin_state(admin);
    struct bk_usage usage = {.known = false};
    struct bk_state_activity activity = {0};
    int64_t limit_bytes;

    if (state != NULL) {
        (void)bk_state_lookup_usage(state, account->id, &usage, &limit_bytes, NULL);
        (void)bk_state_lookup_activity(state, account->id, &activity, NULL);
    }
    json_object_set_new(object, "usage_bytes",
                        usage.known ? json_integer(usage.bytes) : json_null());
    json_object_set_new(object, "usage_messages",
                        usage.known ? json_integer(usage.messages) : json_null());
    json_object_set_new(object, "last_login_at",
                        activity.last_login_at != 0 ? json_integer(activity.last_login_at)
                                                    : json_null());
    json_object_set_new(object, "last_delivery_at",
                        activity.last_delivery_at != 0 ? json_integer(activity.last_delivery_at)
                                                       : json_null());
}

/* What is done about spam, in one word, and whether it answers by itself. */
static bool add_mail_flow(struct bk_admin *admin, json_t *object, const struct bk_account *account)
{
    struct bk_spam_settings settings;
    struct bk_spam_filter filter;

    if (bk_settings_lookup_spam(admin->settings, admin->arena, account->id, &settings,
                                &admin->error) == BK_FAILED)
        return false;
    filter = bk_spam_filter(account->domain->plan, &settings);
    json_object_set_new(object, "spam",
                        json_string(bk_spam_action_words[bk_spam_filter_action(&filter) - 1]));
    json_object_set_new(object, "auto_reply", json_boolean(bk_auto_reply_is_on(account)));
    return true;
}

const char *bk_account_status(const struct bk_account *account)
{
    if (account->state == BK_ACCOUNT_DELETING)
        return N_("deleting");
    if (bk_account_is_suspended(account))
        return N_("suspended");
    if (account->force_changed)
        return N_("force-changed");
    return N_("active");
}

json_t *bk_describe_account(struct bk_admin *admin, const struct bk_account *account)
{
    json_t *object = bk_describe_account_settings(admin, account);
    struct bk_retention_durations durations = bk_retention_durations(account);

    if (object == NULL)
        return NULL;
    json_object_set_new(object, "domain", json_string(account->domain->name));
    json_object_set_new(object, "plan", json_string(account->domain->plan->name));
    json_object_set_new(object, "status", json_string(bk_account_status(account)));
    json_object_set_new(object, "suspended", json_boolean(bk_account_is_suspended(account)));
    json_object_set_new(object, "archive_seconds", json_integer(durations.archive_seconds));
    json_object_set_new(object, "trash_seconds", json_integer(durations.trash_seconds));
    json_object_set_new(object, "junk_seconds", json_integer(durations.junk_seconds));
    add_state(admin, object, account);
    bk_describe_sending(admin, object, account);
    return account->id == 0 || add_mail_flow(admin, object, account) ? object : NULL;
}
