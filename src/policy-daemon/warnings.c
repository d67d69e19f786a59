/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/warnings.h"

#include "policy-daemon/log.h"
#include "policy-daemon/mta.h"
#include "policy-daemon/warning-queue.h"
#include "rules/address.h"
#include "rules/warning_mail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define LOOK_SECONDS 1
#define PAUSE_MICROSECONDS 20000 /* between batches, so that Postfix is answered meanwhile */

struct bk_warnings {
    struct bk_snapshot *snapshot;
    struct bk_mta *mta;
    struct event *timer;
    struct bk_arena *arena; /* of the present candidate */
    char *limits_path;
    struct bk_limits *limits; /* NULL: could not be opened */
    struct bk_warning_queue queue;
    size_t next; /* candidate; queue.count: all are done */
    /* What is being sent, or was, and is not on record yet. */
    struct bk_warned after;
    enum bk_warning warning;
    bool unrecorded;
    bool limits_failing, mta_failing, stopped;
};

/* How looking at one candidate ended. */
enum outcome { DONE = 1, SENDING, LATER };

static void wait_for(struct bk_warnings *warnings, bool more)
{
    const struct timeval pause = {.tv_sec = more ? 0 : LOOK_SECONDS,
                                  .tv_usec = more ? PAUSE_MICROSECONDS : 0};

    if (!warnings->stopped)
        (void)event_add(warnings->timer, &pause);
}

/* ---- limits.db ---- */

static void close_limits(struct bk_warnings *warnings)
{
    if (warnings->limits != NULL)
        bk_limits_close(&warnings->limits);
}

static bool fail_limits(struct bk_warnings *warnings, const struct bk_error *error)
{
    if (!warnings->limits_failing)
        bk_log(LOG_ERR,
               "limits.db cannot be used, nobody is warned of a full mailbox until then: %s",
               error->text);
    warnings->limits_failing = true;
    close_limits(warnings);
    return false;
}

static bool look_after_limits(struct bk_warnings *warnings)
{
    const char *path = bk_snapshot_limits_path(warnings->snapshot);
    struct bk_error error = {.text = "settings do not say where it is"};
    bool made;

    if (path != NULL &&
        (warnings->limits_path == NULL || strcmp(warnings->limits_path, path) != 0)) {
        close_limits(warnings);
        free(warnings->limits_path);
        warnings->limits_path = strdup(path);
    }
    if (warnings->limits == NULL && warnings->limits_path != NULL)
        warnings->limits = bk_limits_open_writer(warnings->limits_path, &error);
    if (warnings->limits == NULL || !bk_limits_refresh(warnings->limits, &made, &error))
        return fail_limits(warnings, &error);
    if (warnings->limits_failing)
        bk_log(LOG_NOTICE, "limits.db can be used again for warnings of full mailboxes");
    warnings->limits_failing = false;
    return true;
}

static bool put_warned(struct bk_warnings *warnings, int64_t account_id,
                       const struct bk_warned *warned)
{
    struct bk_error error = {.text = ""};

    return (bk_limits_begin(warnings->limits, &error) &&
            bk_limits_put_warned(warnings->limits, account_id, warned, &error) &&
            bk_limits_commit(warnings->limits, &error)) ||
           fail_limits(warnings, &error);
}

static bool delete_warned(struct bk_warnings *warnings, int64_t account_id)
{
    struct bk_error error = {.text = ""};

    return (bk_limits_begin(warnings->limits, &error) &&
            bk_limits_delete_warned(warnings->limits, account_id, &error) &&
            bk_limits_commit(warnings->limits, &error)) ||
           fail_limits(warnings, &error);
}

static bool put_progress(struct bk_warnings *warnings)
{
    const struct bk_warning_queue *queue = &warnings->queue;
    struct bk_error error = {.text = ""};
    struct bk_warning_progress present;
    enum bk_lookup found;

    if (memcmp(&queue->before, &queue->after, sizeof(queue->before)) == 0)
        return true;
    found = bk_limits_lookup_progress(warnings->limits, &present, &error);
    if (found == BK_FAILED)
        return fail_limits(warnings, &error);
    /* Made anew meanwhile: then it begins anew, too. */
    if (found == BK_ABSENT && !queue->begins_anew)
        return true;
    return (bk_limits_begin(warnings->limits, &error) &&
            bk_limits_put_progress(warnings->limits, &queue->after, &error) &&
            bk_limits_commit(warnings->limits, &error)) ||
           fail_limits(warnings, &error);
}

/* ---- sending ---- */

/* RFC 5322 section 3.3, in UTC and in every locale's English. */
static const char *format_date(struct bk_arena *arena, int64_t now)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)now;
    struct tm date = {.tm_mday = 1};

    (void)gmtime_r(&seconds, &date);
    return bk_arena_printf(arena, "%s, %d %s %d %02d:%02d:%02d +0000", days[date.tm_wday],
                           date.tm_mday, months[date.tm_mon], date.tm_year + 1900, date.tm_hour,
                           date.tm_min, date.tm_sec);
}

static void fail_mta(struct bk_warnings *warnings, const char *problem)
{
    if (!warnings->mta_failing)
        bk_log(LOG_ERR, "warnings of full mailboxes wait, Postfix does not take them: %s", problem);
    warnings->mta_failing = true;
}

static enum outcome send_warning(struct bk_warnings *warnings, const struct bk_account *account,
                                 const struct bk_warning_decision *decision,
                                 const struct bk_usage *usage, int64_t now)
{
    struct bk_error error = {.text = ""};

    if (!bk_mta_send(warnings->mta, bk_address_to_warning(warnings->arena, account->id),
                     bk_warning_mail(warnings->arena, account, decision->warning, usage->bytes, now,
                                     format_date(warnings->arena, now)),
                     &error)) {
        fail_mta(warnings, error.text);
        return LATER;
    }
    warnings->after = decision->after;
    warnings->warning = decision->warning;
    return SENDING;
}

/* ---- one account ---- */

static bool is_same(const struct bk_warned *a, const struct bk_warned *b)
{
    return a->told == b->told && a->look_at == b->look_at &&
           memcmp(a->sent_at, b->sent_at, sizeof(a->sent_at)) == 0;
}

static enum outcome look_at_account(struct bk_warnings *warnings, const struct bk_account *account,
                                    const struct bk_usage *usage, bool known, int64_t now)
{
    struct bk_error error = {.text = ""};
    struct bk_warning_decision decision;
    struct bk_warned warned;
    enum bk_lookup found = bk_limits_lookup_warned(warnings->limits, account->id, &warned, &error);

    if (found == BK_FAILED) {
        (void)fail_limits(warnings, &error);
        return LATER;
    }
    decision = bk_warning_decide(account, usage, &warned, now);
    if (known && found == BK_ABSENT && decision.send) {
        decision.send = false;
        decision.after.sent_at[decision.warning] = 0;
    }
    if (decision.send)
        return send_warning(warnings, account, &decision, usage, now);
    return is_same(&warned, &decision.after) || put_warned(warnings, account->id, &decision.after)
               ? DONE
               : LATER;
}

static enum outcome look_at(struct bk_warnings *warnings,
                            const struct bk_warning_candidate *candidate, int64_t now)
{
    const struct bk_directory *directory;
    const struct bk_account *account;
    struct bk_usage usage;

    bk_arena_clear(warnings->arena);
    directory = bk_snapshot_directory(warnings->snapshot, warnings->arena);
    switch (directory->lookup_account(directory->context, candidate->account_id, &account)) {
    case BK_FAILED:
        return LATER;
    case BK_ABSENT:
        return delete_warned(warnings, candidate->account_id) ? DONE : LATER;
    case BK_FOUND:
        break;
    }
    if (directory->lookup_usage(directory->context, account, &usage) == BK_FAILED)
        return LATER;
    return look_at_account(warnings, account, &usage, candidate->known, now);
}

/* ---- all of them ---- */

/* False: something has to be waited for. */
static bool prepare(struct bk_warnings *warnings, int64_t now)
{
    struct bk_error error = {.text = ""};

    bk_arena_clear(warnings->arena);
    (void)bk_snapshot_directory(warnings->snapshot, warnings->arena); /* begins the turn */
    if (!look_after_limits(warnings))
        return false;
    /* Sent, but not on record: never once more. */
    if (warnings->unrecorded) {
        if (!put_warned(warnings, warnings->queue.candidates[warnings->next].account_id,
                        &warnings->after))
            return false;
        warnings->unrecorded = false;
        warnings->next++;
    }
    if (warnings->next < warnings->queue.count)
        return true;
    warnings->next = 0;
    if (bk_warning_queue_fill(&warnings->queue, warnings->snapshot, warnings->limits, now, &error))
        return true;
    warnings->queue.count = 0;
    return error.text[0] != '\0' && fail_limits(warnings, &error);
}

static void look(struct bk_warnings *warnings)
{
    struct bk_warning_queue *queue = &warnings->queue;
    int64_t now = (int64_t)time(NULL);
    bool more = false;

    if (prepare(warnings, now) && !warnings->stopped) {
        while (warnings->next < queue->count) {
            enum outcome outcome = look_at(warnings, &queue->candidates[warnings->next], now);

            if (outcome == SENDING)
                return;
            if (outcome == LATER)
                break;
            warnings->next++;
        }
        more = warnings->next == queue->count && put_progress(warnings) && queue->more;
    }
    wait_for(warnings, more);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    look(context);
}

static void on_sent(void *context, const char *problem)
{
    struct bk_warnings *warnings = context;
    const struct bk_warning_candidate *candidate = &warnings->queue.candidates[warnings->next];

    if (problem != NULL) {
        fail_mta(warnings, problem);
        wait_for(warnings, false);
        return;
    }
    if (warnings->mta_failing)
        bk_log(LOG_NOTICE, "Postfix takes warnings of full mailboxes again");
    warnings->mta_failing = false;
    bk_log(LOG_INFO, "account %" PRId64 " was told that its mailbox %s %d %%",
           candidate->account_id,
           warnings->warning == BK_WARNING_BELOW ? "is below" : "has reached",
           bk_warning_percent(warnings->warning == BK_WARNING_BELOW ? BK_WARNING_80
                                                                    : warnings->warning));
    warnings->unrecorded = true;
    look(warnings);
}

struct bk_warnings *bk_warnings_create(struct event_base *base, struct bk_snapshot *snapshot,
                                       const char *mta_path)
{
    struct bk_warnings *warnings = calloc(1, sizeof(*warnings));

    if (warnings == NULL)
        abort();
    warnings->snapshot = snapshot;
    warnings->mta = bk_mta_create(base, mta_path, on_sent, warnings);
    warnings->timer = evtimer_new(base, on_timer, warnings);
    if (warnings->timer == NULL)
        abort();
    warnings->arena = bk_arena_create();
    wait_for(warnings, false);
    return warnings;
}

bool bk_warnings_stop(struct bk_warnings *warnings)
{
    warnings->stopped = true;
    (void)event_del(warnings->timer);
    return bk_mta_is_busy(warnings->mta);
}

void bk_warnings_destroy(struct bk_warnings **warnings)
{
    bk_mta_destroy(&(*warnings)->mta);
    event_free((*warnings)->timer);
    close_limits(*warnings);
    bk_arena_destroy(&(*warnings)->arena);
    free((*warnings)->limits_path);
    free(*warnings);
    *warnings = NULL;
}
