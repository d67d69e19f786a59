/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/plan_fields.h"

#include "rules/account.h"
#include "rules/capacity.h"
#include "rules/duration.h"
#include "rules/names.h"
#include "rules/text.h"

#include <inttypes.h>
#include <string.h>

#define COUNT_MAXIMUM INT32_MAX
#define SCORE_MAXIMUM 99999    /* hundredths */
#define NAME_LENGTH_MAXIMUM 64 /* a local part: RFC 5321 section 4.5.3.1.1 */
#define PASSWORD_LENGTH_MAXIMUM 256
#define TEXT_LENGTH_MAXIMUM 255

static const char *const capacity_kinds[] = {N_("any"), N_("choices"), N_("range"), N_("fixed"),
                                             NULL};
static const char *const receive_offs[] = {N_("drops"), N_("refuses"), NULL};
static const char *const retention_kinds[] = {N_("any"), N_("fixed"), N_("none"), NULL};
static const char *const panels[] = {"a", "b", NULL};

#define FIELD(name, type)                                                                          \
    {                                                                                              \
#name, type, offsetof(struct bk_plan, name), 0, 0, NULL                                    \
    }
#define WORD(name, words)                                                                          \
    {                                                                                              \
#name, BK_PLAN_WORD, offsetof(struct bk_plan, name), 0, 0, words                           \
    }
#define NUMBER(name, minimum, maximum)                                                             \
    {                                                                                              \
#name, BK_PLAN_NUMBER, offsetof(struct bk_plan, name), minimum, maximum, NULL              \
    }

#define SEND_LIMIT(name)                                                                           \
    {                                                                                              \
        "send_" #name, BK_PLAN_NUMBER, offsetof(struct bk_plan, send.name), 0, COUNT_MAXIMUM, NULL \
    }

const struct bk_plan_field bk_plan_fields[] = {
    WORD(capacity_kind, capacity_kinds),
    FIELD(capacity_choices, BK_PLAN_SIZES),
    FIELD(capacity_minimum_bytes, BK_PLAN_SIZE),
    FIELD(capacity_maximum_bytes, BK_PLAN_SIZE),
    FIELD(capacity_required, BK_PLAN_SWITCH),
    FIELD(capacity_default_bytes, BK_PLAN_SIZE),
    FIELD(quota_grace_bytes, BK_PLAN_SIZE),
    FIELD(full_is_temporary, BK_PLAN_SWITCH),
    FIELD(quota_warnings, BK_PLAN_SWITCH),
    WORD(receive_off, receive_offs),
    FIELD(forward_allowed, BK_PLAN_SWITCH),
    NUMBER(forward_targets_maximum, 0, COUNT_MAXIMUM),
    FIELD(auto_reply_allowed, BK_PLAN_SWITCH),
    NUMBER(auto_reply_width_maximum, 0, COUNT_MAXIMUM),
    FIELD(auto_reply_interval_seconds, BK_PLAN_DURATION),
    FIELD(spam_tag_allowed, BK_PLAN_SWITCH),
    FIELD(spam_tag_default, BK_PLAN_SWITCH),
    FIELD(spam_tag_text, BK_PLAN_TEXT),
    FIELD(spam_tag_text_settable, BK_PLAN_SWITCH),
    FIELD(spam_sort_allowed, BK_PLAN_SWITCH),
    FIELD(spam_sort_default, BK_PLAN_SWITCH),
    FIELD(spam_folder, BK_PLAN_TEXT),
    FIELD(spam_actions_allowed, BK_PLAN_SWITCH),
    FIELD(spam_lists_allowed, BK_PLAN_SWITCH),
    NUMBER(spam_score_hundredths, 0, SCORE_MAXIMUM),
    SEND_LIMIT(messages_per_hour),
    SEND_LIMIT(messages_per_day),
    SEND_LIMIT(recipients_per_hour),
    SEND_LIMIT(recipients_per_day),
    WORD(retention_kind, retention_kinds),
    FIELD(archive_seconds, BK_PLAN_DURATION),
    FIELD(trash_seconds, BK_PLAN_DURATION),
    FIELD(junk_seconds, BK_PLAN_DURATION),
    FIELD(trash_names, BK_PLAN_LINES),
    NUMBER(registration_rows_maximum, 0, COUNT_MAXIMUM),
    WORD(name_rule, panels),
    NUMBER(name_length_minimum, 1, NAME_LENGTH_MAXIMUM),
    NUMBER(name_length_maximum, 1, NAME_LENGTH_MAXIMUM),
    WORD(password_rule, panels),
    NUMBER(password_length_minimum, 1, PASSWORD_LENGTH_MAXIMUM),
    NUMBER(password_length_maximum, 1, PASSWORD_LENGTH_MAXIMUM),
    FIELD(password_dictionary, BK_PLAN_SWITCH),
    FIELD(full_name_required, BK_PLAN_SWITCH),
    FIELD(present_from_start, BK_PLAN_LINES),
    {NULL, 0, 0, 0, 0, NULL},
};

const struct bk_plan_field *bk_plan_field_find(const char *name)
{
    for (const struct bk_plan_field *field = bk_plan_fields; field->name != NULL; field++) {
        if (strcmp(field->name, name) == 0)
            return field;
    }
    return NULL;
}

/* ---- one value ---- */

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    }
    return false;
}

static enum bk_plan_problem set_text(struct bk_arena *arena, const char **at, const char *text)
{
    if (*text == '\0' || has_control(text))
        return BK_PLAN_NOT_A_LINE;
    if (strlen(text) > TEXT_LENGTH_MAXIMUM)
        return BK_PLAN_LONG;
    *at = bk_arena_strdup(arena, text);
    return BK_PLAN_FINE;
}

/* Commas become line ends; empty words are left out. */
static enum bk_plan_problem set_lines(struct bk_arena *arena, const char **at, const char *text)
{
    char *rest = bk_arena_strdup(arena, text);
    const char *lines = "";
    char *save = NULL;

    if (has_control(text))
        return BK_PLAN_NOT_A_LINE;
    for (char *word = strtok_r(rest, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save)) {
        if (strlen(word) > TEXT_LENGTH_MAXIMUM)
            return BK_PLAN_LONG;
        lines = bk_arena_printf(arena, "%s%s%s", lines, *lines != '\0' ? "\n" : "", word);
    }
    *at = lines;
    return BK_PLAN_FINE;
}

static enum bk_plan_problem set_sizes(struct bk_arena *arena, const char **at, const char *text)
{
    char *rest = bk_arena_strdup(arena, text);
    const char *sizes = "";
    char *save = NULL;

    for (char *word = strtok_r(rest, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save)) {
        int64_t bytes;

        if (bk_capacity_parse(word, &bytes) != BK_CAPACITY_FINE)
            return BK_PLAN_NOT_A_SIZE;
        sizes = bk_arena_printf(arena, "%s%s%" PRId64, sizes, *sizes != '\0' ? "," : "", bytes);
    }
    *at = sizes;
    return BK_PLAN_FINE;
}

static enum bk_plan_problem set_word(void *at, const struct bk_plan_field *field, const char *text)
{
    for (int i = 0; field->words[i] != NULL; i++) {
        if (strcmp(field->words[i], text) == 0) {
            *(unsigned int *)at = (unsigned int)i + 1;
            return BK_PLAN_FINE;
        }
    }
    return BK_PLAN_NOT_A_WORD;
}

static enum bk_plan_problem set_switch(bool *at, const char *text)
{
    if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
        return BK_PLAN_NOT_A_SWITCH;
    *at = strcmp(text, "on") == 0;
    return BK_PLAN_FINE;
}

static enum bk_plan_problem set_number(int64_t *at, const struct bk_plan_field *field,
                                       const char *text)
{
    int64_t number = 0;

    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return BK_PLAN_NOT_A_NUMBER;
    for (; *text != '\0' && number <= field->maximum; text++)
        number = number * 10 + (*text - '0');
    if (number < field->minimum || number > field->maximum)
        return BK_PLAN_NOT_A_NUMBER;
    *at = number;
    return BK_PLAN_FINE;
}

static enum bk_plan_problem set_duration(int64_t *at, const char *text)
{
    int64_t seconds;

    if (!bk_duration_parse(text, &seconds) || seconds == BK_INHERIT)
        return BK_PLAN_NOT_A_DURATION;
    *at = seconds;
    return BK_PLAN_FINE;
}

enum bk_plan_problem bk_plan_field_set(struct bk_arena *arena, struct bk_plan *plan,
                                       const struct bk_plan_field *field, const char *text)
{
    void *at = (char *)plan + field->offset;

    switch (field->type) {
    case BK_PLAN_TEXT:
        return set_text(arena, at, text);
    case BK_PLAN_LINES:
        return set_lines(arena, at, text);
    case BK_PLAN_SIZES:
        return set_sizes(arena, at, text);
    case BK_PLAN_WORD:
        return set_word(at, field, text);
    case BK_PLAN_SWITCH:
        return set_switch(at, text);
    case BK_PLAN_NUMBER:
        return set_number(at, field, text);
    case BK_PLAN_DURATION:
        return set_duration(at, text);
    case BK_PLAN_SIZE:
        break;
    }
    return bk_capacity_parse(text, at) == BK_CAPACITY_FINE ? BK_PLAN_FINE : BK_PLAN_NOT_A_SIZE;
}

const char *bk_plan_field_word(const struct bk_plan *plan, const struct bk_plan_field *field)
{
    unsigned int value = *(const unsigned int *)(const void *)((const char *)plan + field->offset);

    return field->words[value - 1];
}

/* ---- the whole plan ---- */

static enum bk_plan_problem check_capacity(const struct bk_plan *plan, const char **field_r)
{
    const struct bk_domain domain = {.plan = plan};

    *field_r = "capacity_choices";
    if (plan->capacity_kind == BK_CAPACITY_CHOICES && *plan->capacity_choices == '\0')
        return BK_PLAN_CHOICES_EMPTY;
    *field_r = "capacity_maximum_bytes";
    if (plan->capacity_kind == BK_CAPACITY_RANGE && plan->capacity_maximum_bytes != 0 &&
        plan->capacity_maximum_bytes < plan->capacity_minimum_bytes)
        return BK_PLAN_RANGE_EMPTY;
    *field_r = "capacity_default_bytes";
    return bk_capacity_check(&domain, plan->capacity_default_bytes) == BK_CAPACITY_FINE
               ? BK_PLAN_FINE
               : BK_PLAN_DEFAULT_CAPACITY;
}

static enum bk_plan_problem check_lengths(const struct bk_plan *plan, const char **field_r)
{
    *field_r = "name_length_maximum";
    if (plan->name_length_maximum < plan->name_length_minimum)
        return BK_PLAN_NAME_LENGTHS;
    *field_r = "password_length_maximum";
    return plan->password_length_maximum < plan->password_length_minimum ? BK_PLAN_PASSWORD_LENGTHS
                                                                         : BK_PLAN_FINE;
}

static enum bk_plan_problem check_first_accounts(const struct bk_plan *plan, const char **field_r)
{
    const char *line = plan->present_from_start;
    char name[NAME_LENGTH_MAXIMUM + 1];

    *field_r = "present_from_start";
    if (!bk_plan_lists(plan->present_from_start, "postmaster"))
        return BK_PLAN_NO_POSTMASTER;
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");

        if (length > NAME_LENGTH_MAXIMUM)
            return BK_PLAN_FIRST_NAME;
        memcpy(name, line, length);
        name[length] = '\0';
        if (bk_name_check(plan, name) != BK_NAME_FINE)
            return BK_PLAN_FIRST_NAME;
        line += length + (line[length] == '\n');
    }
    return BK_PLAN_FINE;
}

static enum bk_plan_problem check_retention(const struct bk_plan *plan, const char **field_r)
{
    *field_r = "retention_kind";
    return plan->retention_kind == BK_RETENTION_NONE &&
                   (plan->archive_seconds != 0 || plan->trash_seconds != 0 ||
                    plan->junk_seconds != 0)
               ? BK_PLAN_RETENTION_UNUSED
               : BK_PLAN_FINE;
}

enum bk_plan_problem bk_plan_check(const struct bk_plan *plan, const char **field_r)
{
    enum bk_plan_problem problem = check_capacity(plan, field_r);

    if (problem == BK_PLAN_FINE)
        problem = check_lengths(plan, field_r);
    if (problem == BK_PLAN_FINE)
        problem = check_first_accounts(plan, field_r);
    if (problem == BK_PLAN_FINE)
        problem = check_retention(plan, field_r);
    return problem;
}

bool bk_plan_name_is_valid(const char *name)
{
    size_t length = strlen(name);

    return *name >= 'a' && *name <= 'z' && length <= 32 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

const char *bk_plan_problem_text(enum bk_plan_problem problem)
{
    switch (problem) {
    case BK_PLAN_FINE:
        break;
    case BK_PLAN_NOT_A_WORD:
        return N_("is none of its words");
    case BK_PLAN_NOT_A_SWITCH:
        return N_("is neither on nor off");
    case BK_PLAN_NOT_A_NUMBER:
        return N_("is not a whole number in its range");
    case BK_PLAN_NOT_A_SIZE:
        return N_("is not a size such as 5G, 1.5G, 100M or 0");
    case BK_PLAN_NOT_A_DURATION:
        return N_("is not a duration such as 180d, 12h or 0");
    case BK_PLAN_NOT_A_LINE:
        return N_("is not a line of text");
    case BK_PLAN_LONG:
        return N_("is too long");
    case BK_PLAN_CHOICES_EMPTY:
        return N_("names no capacity to choose from");
    case BK_PLAN_DEFAULT_CAPACITY:
        return N_("is not a capacity that the plan gives");
    case BK_PLAN_RANGE_EMPTY:
        return N_("is below the smallest capacity");
    case BK_PLAN_NAME_LENGTHS:
    case BK_PLAN_PASSWORD_LENGTHS:
        return N_("is below the smallest length");
    case BK_PLAN_NO_POSTMASTER:
        return N_("lacks postmaster, which every domain has");
    case BK_PLAN_FIRST_NAME:
        return N_("has a name that the plan does not allow");
    case BK_PLAN_RETENTION_UNUSED:
        return N_("is none, so the durations must be 0");
    }
    return N_("is fine");
}
