/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * `doveadm boxkeeper sweep` and `doveadm boxkeeper preview`: a module for doveadm, which works
 * through the plugin (its symbols resolve once doveadm has loaded mail_plugins).
 *
 *   doveadm boxkeeper sweep [-u USER | -A] [--clock-ok] [--seconds N] [--share I/N] [--batch N]
 *       does what is due. -A visits only those for whom something is due, each for some minutes at
 *       most and all of them for N seconds; what is left then is due at the next one. -u goes on to
 *       the end. --share: one of N that `boxkeeper retention run` starts side by side. --batch:
 *       commit after N messages at the latest.
 *       Fields: username, archived, expunged, state ("done", "unfinished", or why nothing was done)
 *   doveadm boxkeeper preview -u USER [--as-of EPOCH-SECONDS]
 *       Fields: folder, action, messages, bytes, oldest (epoch seconds, 0 = nothing is due)
 *
 * Exit status: 0, 75 (EX_TEMPFAIL) when something could not be done now, among it doubt about the
 * clock or the settings. A hold, two trash folders, or more mail than the time allows for, are no
 * failure.
 */
#include "dovecot-plugin/doveadm-erase.h"
#include "dovecot-plugin/due.h"
#include "dovecot-plugin/pass.h"
#include "dovecot-plugin/retention.h"
#include "dovecot-plugin/usage.h"
#include "rules/text.h"

#include "doveadm-mail.h"
#include "doveadm-print.h"
#include "ostream.h"

#include <sysexits.h>
#include <time.h>

#define LOCK_SECONDS 30
/* Of a sweep over all: for one account, and for all if nothing is said. */
#define ACCOUNT_MILLISECONDS (INT64_C(300) * 1000)
#define ALL_SECONDS 3000

BOXKEEPER_EXPORT extern const char *doveadm_boxkeeper_plugin_version;
BOXKEEPER_EXPORT void doveadm_boxkeeper_plugin_init(struct module *module);
BOXKEEPER_EXPORT void doveadm_boxkeeper_plugin_deinit(void);

const char *doveadm_boxkeeper_plugin_version = DOVECOT_ABI_VERSION;

struct sweep {
    struct doveadm_mail_cmd_context ctx;
    bool all;
    bool clock_ok;
    struct bk_due_share share; /* count 0: all */
    int64_t seconds;
    int64_t batch_messages; /* 0: not said */
    bool began;
    int64_t began_at, deadline; /* epoch seconds; of boxkeeper_monotonic_milliseconds() */
    struct bk_due *due;
    bool visiting; /* a user was named to doveadm, and sweep_run() has not seen him yet */
};

struct preview {
    struct doveadm_mail_cmd_context ctx;
    int64_t as_of;
};

static const char *state_text(const struct boxkeeper_retention_result *result)
{
    if (result->doubt != BK_DOUBT_NONE)
        return bk_retention_doubt_text(result->doubt);
    switch (result->rest) {
    case BK_REST_HOLD:
        return N_("on hold");
    case BK_REST_SUSPENDED:
        return N_("suspended");
    case BK_REST_DELETING:
        return N_("being deleted");
    case BK_REST_NO:
        break;
    }
    return result->unfinished ? N_("unfinished") : N_("done");
}

/* Doubts that concern the host rather than one user's folders. */
static bool is_failure(enum bk_retention_doubt doubt)
{
    return doubt == BK_DOUBT_SETTINGS || doubt == BK_DOUBT_CLOCK_BACK ||
           doubt == BK_DOUBT_CLOCK_FORWARD;
}

/* ---- sweep ---- */

/* In milliseconds; 0: no end. */
static int64_t time_for_one(const struct sweep *sweep)
{
    if (!sweep->all)
        return 0;
    return I_MAX(1,
                 I_MIN(ACCOUNT_MILLISECONDS, sweep->deadline - boxkeeper_monotonic_milliseconds()));
}

static void print_row(struct sweep *sweep, const struct boxkeeper_retention_result *result,
                      const char *state)
{
    doveadm_print_num(result->archived);
    doveadm_print_num(result->expunged);
    doveadm_print(state);
    /* Somebody may be waiting for each row. */
    if (sweep->all) {
        o_stream_uncork(doveadm_print_ostream);
        o_stream_cork(doveadm_print_ostream);
    }
}

static int sweep_run(struct doveadm_mail_cmd_context *ctx, struct mail_user *user)
{
    struct sweep *sweep = (struct sweep *)ctx;
    struct boxkeeper_retention_options options = {
        .now = time(NULL),
        .budget_milliseconds = time_for_one(sweep),
        .batch_messages = sweep->batch_messages,
        .lock_seconds = LOCK_SECONDS,
        .clock_ok = sweep->clock_ok,
        .is_sweep = true,
    };
    struct boxkeeper_retention_result result;
    int ret = boxkeeper_retention_run(user, &options, &result);

    sweep->visiting = false;
    boxkeeper_usage_report_now(user);
    print_row(sweep, &result, ret < 0 ? N_("failed") : state_text(&result));
    if (ret == 0 && (!result.unfinished || result.out_of_time) && !is_failure(result.doubt))
        return 0;
    ctx->exit_code = EX_TEMPFAIL;
    return -1;
}

/* False: nobody is to be visited, and why is told. */
static bool begin(struct sweep *sweep)
{
    const char *why;

    sweep->began = true;
    boxkeeper_end_list_of_all_users(&sweep->ctx);
    sweep->began_at = time(NULL);
    sweep->deadline = boxkeeper_monotonic_milliseconds() + sweep->seconds * 1000;
    sweep->due = boxkeeper_due_begin(boxkeeper_settings_path_of_command(&sweep->ctx),
                                     sweep->share.count > 0 ? &sweep->share : NULL, sweep->began_at,
                                     sweep->clock_ok, &why);
    if (sweep->due == NULL)
        i_error("boxkeeper: " BOXKEEPER_DOES_NOTHING ": %s", why);
    return sweep->due != NULL;
}

/* Is he known to userdb? doveadm would call a failure his own affair, go on with the next one, and
 * exit with 0 in the end. */
static enum bk_lookup lookup_user(struct doveadm_mail_cmd_context *ctx, const char *username)
{
    struct mail_storage_service_input input = ctx->storage_service_input;
    struct mail_storage_service_user *user;
    const char *error;
    int ret;

    input.username = username;
    ret = mail_storage_service_lookup(ctx->storage_service, &input, &user, &error);
    if (ret > 0)
        mail_storage_service_user_unref(&user);
    else if (ret < 0)
        i_error("boxkeeper: the sweep stops: userdb could not tell about %s: %s", username, error);
    else
        i_warning("boxkeeper: userdb does not know %s; see boxkeeper check", username);
    return ret > 0 ? BK_FOUND : ret < 0 ? BK_FAILED : BK_ABSENT;
}

/* ABSENT: they have all been visited, or the time is over. */
static enum bk_lookup next_known_user(struct sweep *sweep, const char **username_r)
{
    enum bk_lookup found, known = BK_ABSENT;

    while (known == BK_ABSENT) {
        if (boxkeeper_monotonic_milliseconds() >= sweep->deadline) {
            i_info("boxkeeper: the sweep's time is over; the next one goes on");
            return BK_ABSENT;
        }
        found = boxkeeper_due_next(sweep->due, username_r);
        if (found != BK_FOUND)
            return found;
        known = lookup_user(&sweep->ctx, *username_r);
    }
    return known;
}

/* A negative answer would make doveadm add a line of its own behind ours. */
static int sweep_next_user(struct doveadm_mail_cmd_context *ctx, const char **username_r)
{
    struct sweep *sweep = (struct sweep *)ctx;
    enum bk_lookup found = BK_FAILED;

    /* The last one's mail could not be opened; doveadm has said so. */
    if (sweep->visiting)
        ctx->exit_code = EX_TEMPFAIL;
    if (sweep->began ? sweep->due != NULL : begin(sweep))
        found = next_known_user(sweep, username_r);
    sweep->visiting = found == BK_FOUND;
    if (found == BK_FAILED)
        ctx->exit_code = EX_TEMPFAIL;
    else if (found == BK_ABSENT && ctx->exit_code == 0)
        boxkeeper_due_completed(sweep->began_at);
    return found == BK_FOUND ? 1 : 0;
}

static bool parse_share(const char *text, struct bk_due_share *share_r)
{
    const char *const *parts = t_strsplit(text, "/");

    return str_array_length(parts) == 2 && str_to_int64(parts[0], &share_r->index) == 0 &&
           str_to_int64(parts[1], &share_r->count) == 0 && share_r->index >= 0 &&
           share_r->index < share_r->count;
}

static void take_number(const struct doveadm_cmd_context *cctx, const char *name, int64_t *number)
{
    const char *text;

    if (doveadm_cmd_param_str(cctx, name, &text) &&
        (str_to_int64(text, number) < 0 || *number < 1 || *number > INT32_MAX))
        i_fatal_status(EX_USAGE, "--%s wants a number from 1 on", name);
}

static void take_parameters(struct sweep *sweep)
{
    const struct doveadm_cmd_context *cctx = sweep->ctx.cctx;
    const char *text;

    (void)doveadm_cmd_param_bool(cctx, "clock-ok", &sweep->clock_ok);
    (void)doveadm_cmd_param_bool(cctx, "all-users", &sweep->all);
    take_number(cctx, "seconds", &sweep->seconds);
    take_number(cctx, "batch", &sweep->batch_messages);
    if (doveadm_cmd_param_str(cctx, "share", &text) && !parse_share(text, &sweep->share))
        i_fatal_status(EX_USAGE, "--share wants I/N, with I from 0 on and below N");
}

static void sweep_init(struct doveadm_mail_cmd_context *ctx BOXKEEPER_INIT_REST)
{
    struct sweep *sweep = (struct sweep *)ctx;

    take_parameters(sweep);
    if (sweep->all)
        ctx->v.get_next_user = sweep_next_user;
    doveadm_print_header_simple("archived");
    doveadm_print_header_simple("expunged");
    doveadm_print_header_simple("state");
}

static void sweep_deinit(struct doveadm_mail_cmd_context *ctx)
{
    struct sweep *sweep = (struct sweep *)ctx;

    if (sweep->due != NULL)
        boxkeeper_due_end(&sweep->due);
}

static struct doveadm_mail_cmd_context *sweep_alloc(void)
{
    struct sweep *sweep = doveadm_mail_cmd_alloc(struct sweep);

    boxkeeper_keep_parameters(&sweep->ctx);
    sweep->ctx.v.init = sweep_init;
    sweep->ctx.v.run = sweep_run;
    sweep->ctx.v.deinit = sweep_deinit;
    sweep->seconds = ALL_SECONDS;
    doveadm_print_init(DOVEADM_PRINT_TYPE_FLOW);
    return &sweep->ctx;
}

/* ---- preview ---- */

static void preview_row(void *context ATTR_UNUSED, const struct boxkeeper_retention_preview *row)
{
    doveadm_print(row->folder);
    doveadm_print(row->action);
    doveadm_print_num(row->messages);
    doveadm_print_num(row->bytes);
    doveadm_print_num(row->oldest_stored_at);
}

static int preview_run(struct doveadm_mail_cmd_context *ctx, struct mail_user *user)
{
    struct preview *preview = (struct preview *)ctx;
    struct boxkeeper_retention_result result;
    int64_t as_of = preview->as_of != 0 ? preview->as_of : time(NULL);

    if (boxkeeper_retention_preview(user, as_of, preview_row, NULL, &result) == 0 &&
        !is_failure(result.doubt)) {
        if (result.doubt != BK_DOUBT_NONE || result.rest != BK_REST_NO)
            i_info("boxkeeper: " BOXKEEPER_DOES_NOTHING ": %s", state_text(&result));
        return 0;
    }
    ctx->exit_code = EX_TEMPFAIL;
    return -1;
}

static void preview_init(struct doveadm_mail_cmd_context *ctx BOXKEEPER_INIT_REST)
{
    const char *as_of;

    if (doveadm_cmd_param_str(ctx->cctx, "as-of", &as_of) &&
        str_to_int64(as_of, &((struct preview *)ctx)->as_of) < 0)
        i_fatal_status(EX_USAGE, "--as-of wants seconds since the epoch");
    doveadm_print_header_simple("folder");
    doveadm_print_header_simple("action");
    doveadm_print_header_simple("messages");
    doveadm_print_header_simple("bytes");
    doveadm_print_header_simple("oldest");
}

static struct doveadm_mail_cmd_context *preview_alloc(void)
{
    struct preview *preview = doveadm_mail_cmd_alloc(struct preview);

    boxkeeper_keep_parameters(&preview->ctx);
    preview->ctx.v.init = preview_init;
    preview->ctx.v.run = preview_run;
    doveadm_print_init(DOVEADM_PRINT_TYPE_FLOW);
    return &preview->ctx;
}

static struct doveadm_cmd_ver2 commands[] = {
    {.name = "boxkeeper sweep",
     .usage = DOVEADM_CMD_MAIL_USAGE_PREFIX "[--clock-ok] [--seconds N] [--batch N]",
     .mail_cmd = sweep_alloc,
     DOVEADM_CMD_PARAMS_START DOVEADM_CMD_MAIL_COMMON DOVEADM_CMD_PARAM(
         'c', "clock-ok", CMD_PARAM_BOOL, 0) DOVEADM_CMD_PARAM('t', "seconds", CMD_PARAM_STR, 0)
         DOVEADM_CMD_PARAM('s', "share", CMD_PARAM_STR, 0)
             DOVEADM_CMD_PARAM('b', "batch", CMD_PARAM_STR, 0) DOVEADM_CMD_PARAMS_END},
    {.name = "boxkeeper preview",
     .usage = DOVEADM_CMD_MAIL_USAGE_PREFIX "[--as-of EPOCH-SECONDS]",
     .mail_cmd = preview_alloc,
     DOVEADM_CMD_PARAMS_START DOVEADM_CMD_MAIL_COMMON DOVEADM_CMD_PARAM('d', "as-of", CMD_PARAM_STR,
                                                                        0) DOVEADM_CMD_PARAMS_END},
};

void doveadm_boxkeeper_plugin_init(struct module *module ATTR_UNUSED)
{
    size_t i;

    for (i = 0; i < N_ELEMENTS(commands); i++)
        doveadm_cmd_register_ver2(&commands[i]);
    for (i = 0; i < boxkeeper_erase_command_count; i++)
        doveadm_cmd_register_ver2(&boxkeeper_erase_commands[i]);
}

void doveadm_boxkeeper_plugin_deinit(void)
{
}
