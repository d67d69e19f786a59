/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Retention in sessions: when it runs by itself. */
#include "dovecot-plugin/retention.h"

#include "dovecot-plugin/databases.h"
#include "dovecot-plugin/quota.h"

#include "ioloop.h"

#include <time.h>

#define END_BUDGET_MILLISECONDS 2000
#define TIMER_BUDGET_MILLISECONDS 500
/* Most sessions are over by then. */
#define TIMER_FIRST_SECONDS 10
#define TIMER_SHORTEST_SECONDS 10
#define TIMER_LONGEST_SECONDS 3600

static void run_by_timer(struct boxkeeper_user *context);

/* state.db is believed while this session has stored and removed nothing, nor made, removed or
 * renamed a folder, since retention looked last; what others do they report themselves. */
static int run(struct boxkeeper_user *context, struct boxkeeper_retention_options *options,
               struct boxkeeper_retention_result *result_r)
{
    bool changed = context->mail_changed;
    int ret;

    options->believe_record = !changed && boxkeeper_quota_root(context->user) != NULL;
    context->mail_changed = false;
    ret = boxkeeper_retention_run(context->user, options, result_r);
    if (ret < 0 || result_r->unfinished)
        context->mail_changed = context->mail_changed || changed;
    return ret;
}

static void start_timer(struct boxkeeper_user *context, int64_t seconds)
{
    context->retention_timeout = timeout_add((unsigned int)seconds * 1000, run_by_timer, context);
}

static void run_by_timer(struct boxkeeper_user *context)
{
    struct boxkeeper_retention_options options = {
        .now = time(NULL),
        .budget_milliseconds = TIMER_BUDGET_MILLISECONDS,
    };
    struct boxkeeper_retention_result result;
    int64_t seconds = TIMER_LONGEST_SECONDS;

    boxkeeper_retention_stop_timer(context);
    if (run(context, &options, &result) == 0) {
        if (result.unfinished)
            seconds = TIMER_SHORTEST_SECONDS;
        else if (result.next_due - options.now < seconds)
            seconds = I_MAX(result.next_due - options.now, TIMER_SHORTEST_SECONDS);
    }
    start_timer(context, seconds);
}

void boxkeeper_retention_session_begin(struct boxkeeper_user *context)
{
    if (boxkeeper_is_session(context->user))
        start_timer(context, TIMER_FIRST_SECONDS);
}

void boxkeeper_retention_stop_timer(struct boxkeeper_user *context)
{
    timeout_remove(&context->retention_timeout);
}

/* Then one message more makes nothing due that was not: a delivery need not look. */
static bool inbox_is_on_record(const struct boxkeeper_user *context)
{
    struct bk_state *state = context->account_id == 0 ? NULL : boxkeeper_state();
    struct bk_error error = {0};
    struct bk_state_folder inbox;

    return state != NULL &&
           bk_state_lookup_folder(state, context->account_id, "INBOX", &inbox, &error) ==
               BK_FOUND &&
           inbox.oldest_stored_at > 0;
}

void boxkeeper_retention_session_end(struct boxkeeper_user *context)
{
    struct boxkeeper_retention_options options = {
        .now = time(NULL),
        .budget_milliseconds = END_BUDGET_MILLISECONDS,
        .look_only = !boxkeeper_is_session(context->user),
    };
    struct boxkeeper_retention_result result;

    if (context->user->autocreated || (options.look_only && !context->usage_changed))
        return;
    if (options.look_only && !context->stored_elsewhere && inbox_is_on_record(context))
        return;
    (void)run(context, &options, &result);
}
