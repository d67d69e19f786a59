/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/reports.h"

#include "dovecot-plugin/databases.h"

#include "array.h"
#include "ioloop.h"

#include <time.h>

#define PATIENCE_MILLISECONDS 5
#define LAST_PATIENCE_MILLISECONDS 200
#define DELAY_MILLISECONDS 50 /* the reply goes out before */
#define TRY_AGAIN_MILLISECONDS 100
/* More than that are written at once, whoever waits. */
#define WAITING_MAXIMUM 100

struct report {
    int64_t account_id;
    char *address;
    struct bk_usage usage;
    int64_t limit_bytes;
    int64_t delivered_at;
};

static ARRAY(struct report) waiting;
static struct timeout *timer;

/* Within the write transaction: nobody else's report comes between the look and the write. */
static bool write_usage(struct bk_state *state, const struct report *report, struct bk_error *error)
{
    struct bk_usage recorded = {.known = false};
    int64_t limit_bytes;

    if (bk_state_lookup_usage(state, report->account_id, &recorded, &limit_bytes, error) ==
        BK_FAILED)
        return false;
    return !bk_usage_delivery_is_newer(&report->usage, &recorded) ||
           bk_state_put_usage(state, report->account_id, &report->usage, report->limit_bytes,
                              error);
}

static bool write_report(struct bk_state *state, const struct report *report,
                         struct bk_error *error)
{
    const struct bk_state_activity activity = {.last_delivery_at = report->delivered_at};

    return bk_state_put_user(state, report->account_id, report->address, error) &&
           write_usage(state, report, error) &&
           bk_state_put_activity(state, report->account_id, &activity, error);
}

static bool write_waiting(struct bk_state *state, struct bk_error *error)
{
    const struct report *report;

    if (!bk_state_begin_write(state, error))
        return false;
    array_foreach(&waiting, report)
    {
        if (!write_report(state, report, error)) {
            bk_state_rollback(state);
            return false;
        }
    }
    return bk_state_commit(state, error);
}

static void forget_waiting(void)
{
    struct report *report;

    array_foreach_modifiable(&waiting, report)
    {
        i_free(report->address);
    }
    array_clear(&waiting);
}

/* False: somebody else is writing, or state.db is not there. */
static bool flush(int patience_milliseconds)
{
    struct bk_error error = {0};
    struct bk_state *state;
    bool is_written;

    timeout_remove(&timer);
    if (!array_is_created(&waiting) || array_count(&waiting) == 0)
        return true;
    boxkeeper_state_become_owner();
    state = boxkeeper_state();
    if (state != NULL)
        bk_state_set_patience(state, patience_milliseconds);
    is_written = state != NULL && write_waiting(state, &error);
    if (state != NULL)
        bk_state_set_patience(state, LAST_PATIENCE_MILLISECONDS);
    boxkeeper_state_become_oneself();
    if (is_written)
        forget_waiting();
    else if (error.kind != BK_ERROR_TRY_AGAIN && error.text[0] != '\0')
        boxkeeper_log_database_error("usage could not be written", &error);
    return is_written;
}

static void start_timer(unsigned int milliseconds);

static void on_timer(void *context ATTR_UNUSED)
{
    if (!flush(PATIENCE_MILLISECONDS))
        start_timer(TRY_AGAIN_MILLISECONDS);
}

static void start_timer(unsigned int milliseconds)
{
    if (timer == NULL)
        timer = timeout_add_to(io_loop_get_root(), milliseconds, on_timer, (void *)NULL);
}

static struct report *report_of(int64_t account_id)
{
    struct report *report;

    if (!array_is_created(&waiting))
        i_array_init(&waiting, 8);
    array_foreach_modifiable(&waiting, report)
    {
        if (report->account_id == account_id)
            return report;
    }
    return array_append_space(&waiting);
}

void boxkeeper_report_delivery(const struct boxkeeper_user *context, const struct bk_usage *usage)
{
    struct report *report = report_of(context->account_id);

    i_free(report->address);
    *report = (struct report){
        .account_id = context->account_id,
        .address = i_strdup(t_str_lcase(context->user->username)),
        .usage = *usage,
        .limit_bytes = context->limit_bytes,
        .delivered_at = time(NULL),
    };
    if (array_count(&waiting) >= WAITING_MAXIMUM)
        (void)flush(PATIENCE_MILLISECONDS);
    start_timer(DELAY_MILLISECONDS);
}

void boxkeeper_reports_deinit(void)
{
    (void)flush(LAST_PATIENCE_MILLISECONDS);
    if (!array_is_created(&waiting))
        return;
    forget_waiting();
    array_free(&waiting);
}
