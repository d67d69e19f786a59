/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/usage.h"

#include "dovecot-plugin/databases.h"
#include "dovecot-plugin/quota.h"
#include "dovecot-plugin/reports.h"

#include "rules/usage.h"

#include "ioloop.h"

#include <time.h>

/* With the time that measuring takes, well within the second that the daemon is promised. */
#define REPORT_DELAY_MILLISECONDS 500

static void report_soon(struct boxkeeper_user *context)
{
    boxkeeper_usage_report(context);
}

void boxkeeper_usage_changed(struct boxkeeper_user *context)
{
    context->usage_changed = context->mail_changed = true;
    /* Users of shared folders' owners come and go without our notice: theirs is reported by
     * their own sessions and deliveries, and at the end of this one. */
    if (context->usage_timeout == NULL && !context->user->autocreated &&
        !context->user->deinitializing)
        context->usage_timeout = timeout_add_short(REPORT_DELAY_MILLISECONDS, report_soon, context);
}

void boxkeeper_usage_stop_timer(struct boxkeeper_user *context)
{
    timeout_remove(&context->usage_timeout);
}

/* Does state.db say so already? Asked for a user's first report only; once a day it is written anew
 * all the same. */
static bool is_on_record(struct boxkeeper_user *context, struct bk_state *state,
                         const struct bk_usage *usage)
{
    struct bk_usage recorded;
    struct bk_error error = {0};
    int64_t limit_bytes;

    return context->reported_bytes < 0 &&
           bk_state_lookup_usage(state, context->account_id, &recorded, &limit_bytes, &error) ==
               BK_FOUND &&
           recorded.bytes == usage->bytes && recorded.messages == usage->messages &&
           limit_bytes == context->limit_bytes &&
           bk_usage_record_is_fresh(recorded.measured_at, usage->measured_at);
}

static bool write_report(struct boxkeeper_user *context, const struct bk_usage *usage)
{
    struct bk_state *state = boxkeeper_state();
    struct bk_error error = {0};

    if (state == NULL)
        return false;
    if (is_on_record(context, state, usage))
        return true;
    if ((context->reported_bytes < 0 &&
         !bk_state_put_user(state, context->account_id, t_str_lcase(context->user->username),
                            &error)) ||
        !bk_state_put_usage(state, context->account_id, usage, context->limit_bytes, &error)) {
        boxkeeper_log_database_error("usage could not be written", &error);
        return false;
    }
    return true;
}

static void measure_and_report(struct boxkeeper_user *context)
{
    struct bk_usage usage = {.known = true, .measured_at = time(NULL)};

    boxkeeper_usage_stop_timer(context);
    context->usage_changed = false;
    /* Measuring refreshes limit and account id as well. */
    if (!boxkeeper_quota_measure(context, &usage.bytes, &usage.messages) ||
        context->account_id == 0 || !context->limit_known)
        return;
    if (usage.bytes == context->reported_bytes && usage.messages == context->reported_messages &&
        context->limit_bytes == context->reported_limit_bytes)
        return;
    if (!write_report(context, &usage)) {
        context->usage_changed = true; /* the end of the session tries again */
        return;
    }
    context->reported_bytes = usage.bytes;
    context->reported_messages = usage.messages;
    context->reported_limit_bytes = context->limit_bytes;
}

void boxkeeper_usage_report(struct boxkeeper_user *context)
{
    boxkeeper_usage_stop_timer(context);
    if (context->usage_changed)
        measure_and_report(context);
}

void boxkeeper_usage_report_delivery(struct boxkeeper_user *context)
{
    struct bk_usage usage = {.known = true, .measured_at = time(NULL)};

    boxkeeper_usage_stop_timer(context);
    if (!context->usage_changed || context->account_id == 0 || !context->limit_known)
        return;
    if (!context->measured && !boxkeeper_quota_measure(context, &usage.bytes, &usage.messages))
        return;
    usage.bytes = I_MAX(context->measured_bytes, 0);
    usage.messages = I_MAX(context->measured_messages, 0);
    boxkeeper_report_delivery(context, &usage);
}

void boxkeeper_usage_report_at_end(struct boxkeeper_user *context)
{
    struct bk_state *state = context->account_id == 0 ? NULL : boxkeeper_state();
    struct bk_usage recorded;
    struct bk_error error = {0};
    int64_t limit_bytes;

    /* What is on record may be missing or wrong: state.db was lost, a process killed. */
    if (state == NULL ||
        bk_state_lookup_usage(state, context->account_id, &recorded, &limit_bytes, &error) !=
            BK_FOUND ||
        limit_bytes != context->limit_bytes ||
        !bk_usage_is_believed(&recorded, limit_bytes, time(NULL)))
        context->usage_changed = true;
    boxkeeper_usage_report(context);
}

void boxkeeper_usage_report_now(struct mail_user *user)
{
    struct boxkeeper_user *context = BOXKEEPER_USER(user);

    if (context != NULL)
        measure_and_report(context);
}
