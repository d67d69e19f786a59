/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/spam.h"

#include "rules/address.h"
#include "rules/ascii.h"
#include "rules/text.h"

#include <string.h>

const char *const bk_spam_action_words[] = {N_("off"), N_("tag"), N_("move"), N_("delete"), NULL};
const char *const bk_spam_headers[] = {"X-Spam",        "X-Spam-Flag",    "X-Spam-Score",
                                       "X-Spam-Status", "X-Spamd-Result", NULL};

/* ---- settings ---- */

struct bk_spam_filter bk_spam_filter(const struct bk_plan *plan,
                                     const struct bk_spam_settings *settings)
{
    bool sort = settings->is_set ? settings->sort : plan->spam_sort_default;
    struct bk_spam_filter filter = {
        .tag = plan->spam_tag_allowed &&
               (settings->is_set ? settings->tag : plan->spam_tag_default),
        .tag_text = plan->spam_tag_text,
        .folder = plan->spam_sort_allowed && sort ? plan->spam_folder : NULL,
        .discard = plan->spam_actions_allowed && settings->is_set && settings->discard,
        .score_decides = plan->spam_lists_allowed,
        .score_hundredths = plan->spam_score_hundredths,
    };

    if (plan->spam_tag_text_settable && settings->tag_text != NULL)
        filter.tag_text = settings->tag_text;
    if (!plan->spam_lists_allowed)
        return filter;
    if (settings->is_set && settings->score_hundredths != BK_SPAM_SCORE_OF_PLAN)
        filter.score_hundredths = settings->score_hundredths;
    filter.allowed = settings->allowed;
    filter.allowed_count = settings->allowed_count;
    filter.blocked = settings->blocked;
    filter.blocked_count = settings->blocked_count;
    return filter;
}

enum bk_spam_action bk_spam_filter_action(const struct bk_spam_filter *filter)
{
    if (filter->discard)
        return BK_SPAM_ACTION_DELETE;
    if (filter->folder != NULL)
        return BK_SPAM_ACTION_MOVE;
    return filter->tag ? BK_SPAM_ACTION_TAG : BK_SPAM_ACTION_OFF;
}

void bk_spam_set_action(struct bk_spam_settings *settings, enum bk_spam_action action)
{
    settings->discard = action == BK_SPAM_ACTION_DELETE;
    if (action == BK_SPAM_ACTION_DELETE)
        return;
    settings->sort = action == BK_SPAM_ACTION_MOVE;
    if (action != BK_SPAM_ACTION_MOVE)
        settings->tag = action == BK_SPAM_ACTION_TAG;
}

/* ---- numbers ---- */

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/*
 * The decimal number at the start of `text`, in hundredths, rounded down; its length in bytes, 0 if
 * there is none. `decimals_r`: how many stood behind the point.
 */
static size_t read_decimal(const char *text, int64_t *hundredths_r, size_t *decimals_r)
{
    const char *at = text;
    bool negative = *at == '-', is_inexact = false;
    int64_t value = 0;
    size_t digits = 0, decimals = 0;

    at += *at == '-' || *at == '+';
    for (; is_digit(*at) && digits <= 9; at++, digits++)
        value = value * 10 + (*at - '0');
    if (digits == 0 || digits > 9)
        return 0;
    value *= 100;
    if (*at == '.' && is_digit(at[1])) {
        int64_t unit = 10;

        for (at++; is_digit(*at); at++, decimals++, unit /= 10) {
            value += (*at - '0') * unit;
            is_inexact = is_inexact || (unit == 0 && *at != '0');
        }
    }
    *hundredths_r = negative ? -value - is_inexact : value;
    *decimals_r = decimals;
    return (size_t)(at - text);
}

bool bk_spam_score_parse(const char *text, int64_t *hundredths_r)
{
    int64_t hundredths;
    size_t decimals, length = read_decimal(text, &hundredths, &decimals);

    if (length == 0 || text[length] != '\0' || decimals > 2 || hundredths >= 100000 ||
        hundredths <= -100000)
        return false;
    *hundredths_r = hundredths;
    return true;
}

/* ---- the scanner's headers ---- */

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

/* `word` stands at the start of `text`, and ends there. */
static bool begins_with_word(const char *text, const char *word)
{
    const char *rest = bk_ascii_skip_prefix(text, word);

    return rest != NULL && (*rest == '\0' || strchr(" \t\r\n,;([", *rest) != NULL);
}

static void take_opinion(struct bk_spam_scan *scan, const char *text)
{
    text = skip_blanks(text);
    if (begins_with_word(text, "yes") || begins_with_word(text, "true"))
        scan->opinion = BK_SPAM_YES;
    else if (scan->opinion == BK_SPAM_NO_OPINION &&
             (begins_with_word(text, "no") || begins_with_word(text, "false")))
        scan->opinion = BK_SPAM_NO;
}

static void take_score(struct bk_arena *arena, struct bk_spam_scan *scan, const char *text)
{
    int64_t hundredths;
    size_t decimals, length;

    text = skip_blanks(text);
    length = read_decimal(text, &hundredths, &decimals);
    if (length == 0 || (scan->has_score && hundredths <= scan->score_hundredths))
        return;
    scan->has_score = true;
    scan->score_hundredths = hundredths;
    scan->score_text = bk_arena_printf(arena, "%.*s", (int)(length > 32 ? 32 : length), text);
}

/* The text behind `key` where that begins a word of `text` ("score="), or NULL. */
static const char *find_value(const char *text, const char *key)
{
    for (text = skip_blanks(text); *text != '\0'; text = skip_blanks(text)) {
        const char *value = bk_ascii_skip_prefix(text, key);

        if (value != NULL)
            return value;
        text += strcspn(text, " \t\r\n");
    }
    return NULL;
}

void bk_spam_scan_header(struct bk_arena *arena, struct bk_spam_scan *scan, const char *name,
                         const char *value)
{
    const char *score = NULL;

    if (bk_ascii_equal(name, "X-Spam") || bk_ascii_equal(name, "X-Spam-Flag")) {
        take_opinion(scan, value);
    } else if (bk_ascii_equal(name, "X-Spam-Score")) {
        score = value;
    } else if (bk_ascii_equal(name, "X-Spam-Status")) {
        take_opinion(scan, value);
        score = find_value(value, "score=");
        if (score == NULL) /* SpamAssassin before 3.0 */
            score = find_value(value, "hits=");
    } else if (bk_ascii_equal(name, "X-Spamd-Result")) {
        const char *colon = strchr(value, ':'), *bracket = strchr(value, '[');

        if (colon != NULL)
            take_opinion(scan, colon + 1);
        score = bracket != NULL ? bracket + 1 : NULL;
    }
    if (score != NULL)
        take_score(arena, scan, score);
}

/* ---- lists of senders ---- */

/* "@domain" and "*@domain" name everybody there; `sender` is folded, as patterns are. */
static bool pattern_matches(const char *pattern, const char *sender)
{
    const char *at = strrchr(sender, '@');

    pattern += pattern[0] == '*' && pattern[1] == '@';
    if (pattern[0] == '@')
        return at != NULL && strcmp(pattern, at) == 0;
    return strcmp(pattern, sender) == 0;
}

static bool list_matches(struct bk_arena *arena, const char *const *patterns, size_t count,
                         const char *const *senders, size_t sender_count)
{
    for (size_t i = 0; i < sender_count; i++) {
        const char *sender = bk_address_fold(arena, senders[i]);

        for (size_t j = 0; j < count; j++)
            if (pattern_matches(patterns[j], sender))
                return true;
    }
    return false;
}

bool bk_spam_pattern_is_valid(const char *text)
{
    text += text[0] == '*' && text[1] == '@';
    if (strchr(text, '*') != NULL) /* legal in an address, but meant as a wildcard */
        return false;
    if (text[0] == '@')
        return bk_domain_name_is_valid(text + 1);
    return bk_address_check(text) == BK_ADDRESS_FINE;
}

/* ---- the verdict ---- */

bool bk_spam_tag_text_is_valid(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length > BK_SPAM_TAG_MAXIMUM_BYTES)
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return false;
    return true;
}

static const char *fill_score(struct bk_arena *arena, const char *text, const char *score)
{
    static const char place[] = "_SCORE_";
    const char *result = "", *found;

    for (; (found = strstr(text, place)) != NULL; text = found + strlen(place))
        result = bk_arena_printf(arena, "%s%.*s%s", result, (int)(found - text), text, score);
    return bk_arena_printf(arena, "%s%s", result, text);
}

static bool is_spam(struct bk_arena *arena, const struct bk_spam_filter *filter,
                    const struct bk_spam_scan *scan, const char *const *senders,
                    size_t sender_count, enum bk_spam_reason *reason_r)
{
    bool by_score = scan->has_score &&
                    (filter->score_decides || scan->opinion == BK_SPAM_NO_OPINION);

    *reason_r = BK_SPAM_BECAUSE_ALLOWED;
    if (list_matches(arena, filter->allowed, filter->allowed_count, senders, sender_count))
        return false;
    *reason_r = BK_SPAM_BECAUSE_BLOCKED;
    if (list_matches(arena, filter->blocked, filter->blocked_count, senders, sender_count))
        return true;
    *reason_r = BK_SPAM_BECAUSE_SCORE;
    if (by_score)
        return scan->score_hundredths >= filter->score_hundredths;
    *reason_r = scan->opinion == BK_SPAM_NO_OPINION ? BK_SPAM_BECAUSE_NOTHING
                                                    : BK_SPAM_BECAUSE_SCANNER;
    return scan->opinion == BK_SPAM_YES;
}

struct bk_spam_verdict bk_spam_decide(struct bk_arena *arena, const struct bk_spam_filter *filter,
                                      const struct bk_spam_scan *scan, const char *const *senders,
                                      size_t sender_count)
{
    struct bk_spam_verdict verdict = {0};

    verdict.spam = is_spam(arena, filter, scan, senders, sender_count, &verdict.reason);
    if (!verdict.spam)
        return verdict;
    verdict.discard = filter->discard;
    if (verdict.discard)
        return verdict;
    if (filter->tag)
        verdict.tag = fill_score(arena, filter->tag_text, scan->has_score ? scan->score_text : "-");
    verdict.folder = filter->folder;
    return verdict;
}
