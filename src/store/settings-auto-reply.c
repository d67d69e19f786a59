/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/settings-auto-reply.h"

#include "store/settings-private.h"

enum bk_lookup bk_settings_lookup_auto_reply(struct bk_settings *settings, struct bk_arena *arena,
                                             int64_t account_id, struct bk_auto_reply *reply_r,
                                             struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    *reply_r = (struct bk_auto_reply){.subject = "",
                                      .body = "",
                                      .from_date = "",
                                      .until_date = "",
                                      .interval_seconds = BK_INHERIT};
    if (!bk_query_begin(&query, &settings->database,
                        "SELECT subject, body, quote_original, from_date, until_date, "
                        "interval_seconds, text_number FROM auto_replies WHERE account_id = $1",
                        error))
        return BK_FAILED;
    bk_query_bind_number(&query, account_id);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND) {
        reply_r->subject = bk_query_text(&query, arena);
        reply_r->body = bk_query_text(&query, arena);
        reply_r->quote = bk_query_flag(&query);
        reply_r->from_date = bk_query_text(&query, arena);
        reply_r->until_date = bk_query_text(&query, arena);
        reply_r->interval_seconds = bk_query_number(&query);
        reply_r->text_number = bk_query_number(&query);
        found = bk_query_found(&query, error);
    }
    bk_query_end(&query);
    return found;
}

bool bk_settings_put_auto_reply(struct bk_settings *settings, int64_t account_id,
                                const struct bk_auto_reply *reply, struct bk_error *error)
{
    struct bk_query query;

    if (!bk_settings_touch(settings, "account", account_id, error) ||
        !bk_query_begin(&query, &settings->database,
                        "INSERT INTO auto_replies (account_id, subject, body, quote_original, "
                        "from_date, until_date, interval_seconds) "
                        "VALUES ($1, $2, $3, $4, $5, $6, $7) "
                        "ON CONFLICT (account_id) DO UPDATE SET subject = excluded.subject, "
                        "body = excluded.body, quote_original = excluded.quote_original, "
                        "from_date = excluded.from_date, until_date = excluded.until_date, "
                        "interval_seconds = excluded.interval_seconds, "
                        "text_number = auto_replies.text_number + "
                        "CASE WHEN auto_replies.subject = excluded.subject "
                        "AND auto_replies.body = excluded.body "
                        "AND auto_replies.from_date = excluded.from_date THEN 0 ELSE 1 END",
                        error))
        return false;
    bk_query_bind_number(&query, account_id);
    bk_query_bind_text(&query, reply->subject);
    bk_query_bind_text(&query, reply->body);
    bk_query_bind_number(&query, reply->quote);
    bk_query_bind_text(&query, reply->from_date);
    bk_query_bind_text(&query, reply->until_date);
    bk_query_bind_number(&query, reply->interval_seconds);
    return bk_query_run(&query, error);
}
