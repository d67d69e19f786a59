/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * For the CLI's job "erase-mail" (erase.h):
 *
 *   doveadm boxkeeper folders -u USER --asked-at EPOCH-SECONDS
 *       Fields: guid, uidvalidity, limit (a UID), messages
 *   doveadm boxkeeper erase -u USER --account-id N [--milliseconds N] GUID:UIDVALIDITY:LIMIT...
 *       Fields: erased, state ("done" or "unfinished")
 *
 * Exit status 75 (EX_TEMPFAIL) when it could not be done now.
 */
#include "dovecot-plugin/doveadm-erase.h"

#include "dovecot-plugin/erase.h"
#include "dovecot-plugin/usage.h"

#include "doveadm-print.h"

#include <sysexits.h>

#define LOCK_SECONDS 30

struct folders {
    struct doveadm_mail_cmd_context ctx;
    int64_t asked_at;
};

struct erase {
    struct doveadm_mail_cmd_context ctx;
    int64_t account_id;
    int64_t milliseconds;
    ARRAY(struct boxkeeper_erase_folder) folders;
};

/* The value of a parameter, or 0 if it was not given. */
static int64_t number_of(struct doveadm_mail_cmd_context *ctx, const char *parameter)
{
    const char *text;
    int64_t number;

    if (!doveadm_cmd_param_str(ctx->cctx, parameter, &text))
        return 0;
    if (str_to_int64(text, &number) < 0 || number < 0)
        i_fatal_status(EX_USAGE, "%s is not a number", text);
    return number;
}

/* ---- folders ---- */

static void folders_row(void *context ATTR_UNUSED, const struct boxkeeper_erase_folder *folder,
                        unsigned int messages)
{
    doveadm_print(folder->guid);
    doveadm_print_num(folder->uid_validity);
    doveadm_print_num(folder->uid_limit);
    doveadm_print_num(messages);
}

static int folders_run(struct doveadm_mail_cmd_context *ctx, struct mail_user *user)
{
    struct folders *folders = (struct folders *)ctx;

    if (boxkeeper_erase_list(user, folders->asked_at, LOCK_SECONDS, folders_row, NULL) == 0)
        return 0;
    ctx->exit_code = EX_TEMPFAIL;
    return -1;
}

static void folders_init(struct doveadm_mail_cmd_context *ctx BOXKEEPER_INIT_REST)
{
    struct folders *folders = (struct folders *)ctx;

    folders->asked_at = number_of(ctx, "asked-at");
    if (folders->asked_at == 0)
        doveadm_mail_help_name("boxkeeper folders");
    doveadm_print_header_simple("guid");
    doveadm_print_header_simple("uidvalidity");
    doveadm_print_header_simple("limit");
    doveadm_print_header_simple("messages");
}

static struct doveadm_mail_cmd_context *folders_alloc(void)
{
    struct folders *folders = doveadm_mail_cmd_alloc(struct folders);

    boxkeeper_keep_parameters(&folders->ctx);
    folders->ctx.v.init = folders_init;
    folders->ctx.v.run = folders_run;
    doveadm_print_init(DOVEADM_PRINT_TYPE_FLOW);
    return &folders->ctx;
}

/* ---- erase ---- */

static int erase_run(struct doveadm_mail_cmd_context *ctx, struct mail_user *user)
{
    struct erase *erase = (struct erase *)ctx;
    struct boxkeeper_erase_result result;
    int ret = boxkeeper_erase_run(user, erase->account_id, array_front(&erase->folders),
                                  array_count(&erase->folders), erase->milliseconds, LOCK_SECONDS,
                                  &result);

    boxkeeper_usage_report_now(user);
    doveadm_print_num(result.erased);
    doveadm_print(ret < 0 ? "failed" : result.unfinished ? "unfinished" : "done");
    if (ret == 0)
        return 0;
    ctx->exit_code = EX_TEMPFAIL;
    return -1;
}

static void add_folder(struct erase *erase, const char *text)
{
    const char *const *parts = t_strsplit(text, ":");
    struct boxkeeper_erase_folder *folder = array_append_space(&erase->folders);

    if (str_array_length(parts) != 3 || strlen(parts[0]) != 32 ||
        str_to_uint32(parts[1], &folder->uid_validity) < 0 ||
        str_to_uint32(parts[2], &folder->uid_limit) < 0)
        i_fatal_status(EX_USAGE, "%s is not GUID:UIDVALIDITY:LIMIT", text);
    folder->guid = p_strdup(erase->ctx.pool, parts[0]);
}

static void erase_init(struct doveadm_mail_cmd_context *ctx BOXKEEPER_INIT_REST)
{
    struct erase *erase = (struct erase *)ctx;
    const char *const *folders = NULL;
    bool all = false;

    erase->account_id = number_of(ctx, "account-id");
    erase->milliseconds = number_of(ctx, "milliseconds");
    (void)doveadm_cmd_param_bool(ctx->cctx, "all-users", &all);
    if (!doveadm_cmd_param_array(ctx->cctx, "folder", &folders) || erase->account_id == 0 || all)
        doveadm_mail_help_name("boxkeeper erase");
    p_array_init(&erase->folders, ctx->pool, 16);
    for (; *folders != NULL; folders++)
        add_folder(erase, *folders);
    doveadm_print_header_simple("erased");
    doveadm_print_header_simple("state");
}

static struct doveadm_mail_cmd_context *erase_alloc(void)
{
    struct erase *erase = doveadm_mail_cmd_alloc(struct erase);

    boxkeeper_keep_parameters(&erase->ctx);
    erase->ctx.v.init = erase_init;
    erase->ctx.v.run = erase_run;
    doveadm_print_init(DOVEADM_PRINT_TYPE_FLOW);
    return &erase->ctx;
}

struct doveadm_cmd_ver2 boxkeeper_erase_commands[] = {
    {.name = "boxkeeper folders",
     .usage = DOVEADM_CMD_MAIL_USAGE_PREFIX "--asked-at EPOCH-SECONDS",
     .mail_cmd = folders_alloc,
     DOVEADM_CMD_PARAMS_START DOVEADM_CMD_MAIL_COMMON DOVEADM_CMD_PARAM(
         't', "asked-at", CMD_PARAM_STR, 0) DOVEADM_CMD_PARAMS_END},
    {.name = "boxkeeper erase",
     .usage = DOVEADM_CMD_MAIL_USAGE_PREFIX "--account-id N [--milliseconds N] "
                                            "GUID:UIDVALIDITY:LIMIT...",
     .mail_cmd = erase_alloc,
     DOVEADM_CMD_PARAMS_START DOVEADM_CMD_MAIL_COMMON DOVEADM_CMD_PARAM('i', "account-id",
                                                                        CMD_PARAM_STR, 0)
         DOVEADM_CMD_PARAM('m', "milliseconds", CMD_PARAM_STR, 0) DOVEADM_CMD_PARAM(
             '\0', "folder", CMD_PARAM_ARRAY, CMD_PARAM_FLAG_POSITIONAL) DOVEADM_CMD_PARAMS_END},
};
const unsigned int boxkeeper_erase_command_count = N_ELEMENTS(boxkeeper_erase_commands);
