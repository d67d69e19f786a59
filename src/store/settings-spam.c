/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/settings-spam.h"

#include "store/settings-private.h"

#include <string.h>

static enum bk_lookup lookup_row(struct bk_settings *settings, struct bk_arena *arena,
                                 int64_t account_id, struct bk_spam_settings *spam,
                                 struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT tag, tag_text, sort, action = 'delete', score_hundredths IS NULL, "
                        "coalesce(score_hundredths, 0), asian_mail, non_english_mail "
                        "FROM spam_settings WHERE account_id = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        bool of_plan;

        spam->is_set = true;
        spam->tag = bk_query_flag(&query);
        spam->tag_text = bk_query_text(&query, arena);
        spam->sort = bk_query_flag(&query);
        spam->discard = bk_query_flag(&query);
        of_plan = bk_query_flag(&query);
        spam->score_hundredths = bk_query_number(&query);
        if (of_plan)
            spam->score_hundredths = BK_SPAM_SCORE_OF_PLAN;
        spam->asian_mail = bk_query_flag(&query);
        spam->non_english_mail = bk_query_flag(&query);
        found = bk_query_found(&query, error);
    }
    bk_query_end(&query);
    return found;
}

/* One kind of the two lists, in alphabetical order. */
static bool read_list(struct bk_settings *settings, struct bk_arena *arena, int64_t account_id,
                      const char *kind, const char *const **patterns_r, size_t *count_r,
                      struct bk_error *error)
{
    const char **patterns = NULL;
    size_t count = 0, room = 0;
    struct bk_query query;
    enum bk_step step;

    if (!bk_query_begin(&query, &settings->database,
                        "SELECT pattern FROM sender_lists WHERE account_id = $1 AND kind = $2 "
                        "ORDER BY pattern",
                        error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_text(&query, kind);
    while ((step = bk_query_step(&query, error)) == BK_ROW) {
        if (count == room) {
            const char **more = bk_arena_alloc(arena, (room = room * 2 + 8) * sizeof(*more));

            if (count > 0)
                memcpy(more, patterns, count * sizeof(*more));
            patterns = more;
        }
        patterns[count++] = bk_query_text(&query, arena);
    }
    bk_query_end(&query);
    *patterns_r = patterns;
    *count_r = count;
    return step == BK_DONE;
}

enum bk_lookup bk_settings_lookup_spam(struct bk_settings *settings, struct bk_arena *arena,
                                       int64_t account_id, struct bk_spam_settings *settings_r,
                                       struct bk_error *error)
{
    enum bk_lookup found;

    *settings_r = (struct bk_spam_settings){
        .score_hundredths = BK_SPAM_SCORE_OF_PLAN, .asian_mail = true, .non_english_mail = true};
    found = lookup_row(settings, arena, account_id, settings_r, error);
    if (found == BK_FAILED ||
        !read_list(settings, arena, account_id, "allow", &settings_r->allowed,
                   &settings_r->allowed_count, error) ||
        !read_list(settings, arena, account_id, "block", &settings_r->blocked,
                   &settings_r->blocked_count, error))
        return BK_FAILED;
    return found;
}

static enum bk_spam_action action_of(const struct bk_spam_settings *spam)
{
    if (spam->discard)
        return BK_SPAM_ACTION_DELETE;
    if (spam->sort)
        return BK_SPAM_ACTION_MOVE;
    return spam->tag ? BK_SPAM_ACTION_TAG : BK_SPAM_ACTION_OFF;
}

bool bk_settings_put_spam(struct bk_settings *settings, int64_t account_id,
                          const struct bk_spam_settings *spam, struct bk_error *error)
{
    bool of_plan = spam->score_hundredths == BK_SPAM_SCORE_OF_PLAN;
    struct bk_query query;

    if (!bk_settings_touch(settings, "account", account_id, error) ||
        !bk_query_begin(
            &query, &settings->database,
            "INSERT INTO spam_settings (account_id, tag, tag_text, sort, action, "
            "score_hundredths, asian_mail, non_english_mail) "
            "VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 = 0 THEN $7 END, $8, $9) "
            "ON CONFLICT (account_id) DO UPDATE SET tag = excluded.tag, "
            "tag_text = excluded.tag_text, sort = excluded.sort, action = excluded.action, "
            "score_hundredths = excluded.score_hundredths, asian_mail = excluded.asian_mail, "
            "non_english_mail = excluded.non_english_mail",
            error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_number(&query, spam->tag);
    bk_query_bind_text(&query, spam->tag_text);
    bk_query_bind_number(&query, spam->sort);
    bk_query_bind_text(&query, bk_spam_action_words[action_of(spam) - 1]);
    bk_query_bind_number(&query, of_plan);
    bk_query_bind_number(&query, of_plan ? 0 : spam->score_hundredths);
    bk_query_bind_number(&query, spam->asian_mail);
    bk_query_bind_number(&query, spam->non_english_mail);
    return bk_query_run(&query, error);
}

bool bk_settings_add_sender_pattern(struct bk_settings *settings, int64_t account_id,
                                    const char *pattern, bool allow, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_settings_touch(settings, "account", account_id, error) ||
        !bk_query_begin(&query, &settings->database,
                        "INSERT INTO sender_lists (account_id, pattern, kind) VALUES ($1, $2, $3) "
                        "ON CONFLICT DO NOTHING",
                        error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_text(&query, pattern);
    bk_query_bind_text(&query, allow ? "allow" : "block");
    return bk_query_run(&query, error);
}

bool bk_settings_remove_sender_pattern(struct bk_settings *settings, int64_t account_id,
                                       const char *pattern, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_settings_touch(settings, "account", account_id, error) ||
        !bk_query_begin(&query, &settings->database,
                        "DELETE FROM sender_lists WHERE account_id = $1 AND pattern = $2", error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_text(&query, pattern);
    return bk_query_run(&query, error) &&
           bk_settings_check_changed(settings, _("it is on neither list"), error);
}
