/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/queue.h"

#include "admin/program.h"
#include "rules/address.h"

#include <string.h>

const struct bk_column bk_queue_columns[] = {
    {"queue_id", N_("Queue id"), BK_COLUMN_TEXT},     {"arrived_at", N_("Arrived"), BK_COLUMN_TIME},
    {"size_bytes", N_("Size"), BK_COLUMN_BYTES},      {"sender", N_("Sender"), BK_COLUMN_TEXT},
    {"recipients", N_("Recipients"), BK_COLUMN_TEXT}, {NULL, NULL, 0},
};

static bool collect_address(void *context, const char *address)
{
    json_object_set_new(context, address, json_true());
    return true;
}

/* Every address of the account as a key. */
static json_t *addresses_of(struct bk_admin *admin, const struct bk_account *account)
{
    json_t *addresses = json_object();

    (void)collect_address(addresses, account->primary_address);
    if (bk_settings_list_aliases(admin->settings, account->id, collect_address, addresses,
                                 &admin->error) == BK_FAILED)
        return NULL;
    return addresses;
}

static bool is_sender(struct bk_admin *admin, const json_t *addresses, const char *sender)
{
    struct bk_address address;

    return sender != NULL && bk_address_parse(admin->arena, sender, &address) &&
           json_object_get(addresses, bk_address_plain(admin->arena, &address)) != NULL;
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
    json_t *addresses = command != NULL ? addresses_of(admin, account) : NULL;
    json_t *found = json_array();
    struct bk_program_result result;
    char *save = NULL;

    if (addresses == NULL)
        return NULL;
    result = bk_program_run(admin, command, arguments);
    if (result.status != 0) {
        queue_failed(admin, command, &result);
        return NULL;
    }
    for (char *line = strtok_r(bk_arena_strdup(admin->arena, result.output), "\n", &save);
         line != NULL; line = strtok_r(NULL, "\n", &save)) {
        json_t *message = json_loads(line, 0, NULL);

        if (is_sender(admin, addresses, json_string_value(json_object_get(message, "sender"))))
            json_array_append_new(found, describe(message));
    }
    return found;
}

bool bk_queue_delete(struct bk_admin *admin, const json_t *messages)
{
    static const char *const arguments[] = {"-d", "-", NULL};
    const char *command = bk_admin_server_value(admin, "postsuper_command");
    const char *ids = "";
    struct bk_program_result result;
    size_t i;
    json_t *message;

    if (command == NULL)
        return false;
    json_array_foreach((json_t *)messages, i, message)
    {
        ids = bk_arena_printf(admin->arena, "%s%s\n", ids,
                              json_string_value(json_object_get(message, "queue_id")));
    }
    if (*ids == '\0')
        return true;
    result = bk_program_run_with_input(admin, command, arguments, ids);
    return result.status == 0 || queue_failed(admin, command, &result);
}
