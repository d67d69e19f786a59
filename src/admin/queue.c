/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/queue.h"

#include "admin/program.h"
#include "rules/address.h"
#include "rules/sender.h"

#include <string.h>

#define ROUNDS_MAXIMUM 5

const struct bk_column bk_queue_columns[] = {
    {"queue_id", N_("Queue id"), BK_COLUMN_TEXT},     {"arrived_at", N_("Arrived"), BK_COLUMN_TIME},
    {"size_bytes", N_("Size"), BK_COLUMN_BYTES},      {"sender", N_("Sender"), BK_COLUMN_TEXT},
    {"recipients", N_("Recipients"), BK_COLUMN_TEXT}, {NULL, NULL, 0},
};

/*
 * By the rule that lets logins send: aliases, alias domains and extensions are the account's. After
 * a forward to another host the sender stands in an SRS address. False: admin->error.
 */
static bool is_sender(struct bk_admin *admin, const struct bk_directory *directory,
                      const struct bk_account *account, const char *sender, bool *is_r)
{
    const char *before = bk_address_from_srs(admin->arena, sender);
    const char *owner = "";
    enum bk_lookup found = bk_sender_owner(admin->arena, directory,
                                           before != NULL ? before : sender, &owner);

    *is_r = found == BK_FOUND && strcmp(owner, account->primary_address) == 0;
    return found != BK_FAILED;
}

static json_t *describe(json_t *message)
{
    json_t *recipients = json_array();
    size_t i;
    json_t *recipient;

    json_array_foreach(json_object_get(message, "recipients"), i, recipient)
    {
        json_array_append(recipients, json_object_get(recipient, "address"));
    }
    return json_pack("{s:O?, s:O?, s:O?, s:O?, s:O?, s:o}", "queue_id",
                     json_object_get(message, "queue_id"), "queue",
                     json_object_get(message, "queue_name"), "arrived_at",
                     json_object_get(message, "arrival_time"), "size_bytes",
                     json_object_get(message, "message_size"), "sender",
                     json_object_get(message, "sender"), "recipients", recipients);
}

static bool queue_failed(struct bk_admin *admin, const char *command,
                         const struct bk_program_result *result)
{
    return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                         _("Postfix's queue can't be worked on (%s: %s): see whether Postfix is "
                           "running, and repeat the command"),
                         command, bk_program_last_line(admin, result->errors));
}

json_t *bk_queue_find(struct bk_admin *admin, const struct bk_account *account)
{
    static const char *const arguments[] = {"-j", NULL};
    const char *command = bk_admin_server_value(admin, "postqueue_command");
    const struct bk_directory *directory;
    json_t *found = json_array();
    struct bk_program_result result;
    char *save = NULL;

    if (command == NULL)
        return NULL;
    directory = bk_settings_directory(admin->settings, NULL, admin->arena, &admin->error);
    result = bk_program_run(admin, command, arguments);
    if (result.status != 0) {
        queue_failed(admin, command, &result);
        return NULL;
    }
    for (char *line = strtok_r(bk_arena_strdup(admin->arena, result.output), "\n", &save);
         line != NULL; line = strtok_r(NULL, "\n", &save)) {
        json_t *message = json_loads(line, 0, NULL);

        const char *sender = json_string_value(json_object_get(message, "sender"));

        bool is_its = false;

        if (sender != NULL && !is_sender(admin, directory, account, sender, &is_its))
            return NULL;
        if (is_its)
            json_array_append_new(found, describe(message));
    }
    return found;
}

static bool delete_these(struct bk_admin *admin, const json_t *messages)
{
    static const char *const arguments[] = {"-d", "-", NULL};
    const char *command = bk_admin_server_value(admin, "postsuper_command");
    const char *ids = "";
    struct bk_program_result result;
    size_t i;
    json_t *message;

    if (command == NULL)
        return false;
    json_array_foreach(messages, i, message)
    {
        ids = bk_arena_printf(admin->arena, "%s%s\n", ids,
                              json_string_value(json_object_get(message, "queue_id")));
    }
    if (*ids == '\0')
        return true;
    result = bk_program_run_with_input(admin, command, arguments, ids);
    return result.status == 0 || queue_failed(admin, command, &result);
}

static bool is_among(const json_t *messages, const json_t *wanted)
{
    size_t i;
    json_t *message;

    json_array_foreach(messages, i, message)
    {
        if (json_equal(json_object_get(message, "queue_id"), json_object_get(wanted, "queue_id")))
            return true;
    }
    return false;
}

bool bk_queue_delete(struct bk_admin *admin, const struct bk_account *account, json_t *messages)
{
    json_t *found = messages, *message;
    size_t i;

    for (int round = 0; round < ROUNDS_MAXIMUM; round++) {
        if (!delete_these(admin, found) || (found = bk_queue_find(admin, account)) == NULL)
            return false;
        if (json_array_size(found) == 0)
            return true;
        json_array_foreach(found, i, message)
        {
            if (!is_among(messages, message))
                json_array_append(messages, message);
        }
    }
    return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN,
                         _("mail of %s is still in Postfix's queue: repeat the command"),
                         account->primary_address);
}
