/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * `account force-password`: for an account that somebody else has taken. From the first write on
 * nobody knows its password and it cannot send (apply.h); then its sessions are ended, and its mail
 * that is still in the queue is shown, which nothing can be added to any more.
 */
#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/describe.h"
#include "admin/password.h"
#include "admin/queue.h"

const struct bk_option bk_account_force_password_options[] = {
    {"delete-queued", NULL, N_("delete its mail that is still in Postfix's queue"), false},
    {NULL, NULL, NULL, false},
};

static bool take_password_away(struct bk_admin *admin, const struct bk_account *before)
{
    json_t *was = bk_describe_account_settings(admin, before);
    struct bk_account after = *before;
    struct bk_change change = {.before = before, .after = &after, .kick = true};
    json_t *is;

    after.force_changed = true;
    if (was == NULL || (change.forced_hash = bk_password_nobody_knows(admin)) == NULL ||
        !bk_settings_update_account(admin->settings, &after, &admin->error) ||
        (is = bk_describe_account_settings(admin, &after)) == NULL)
        return false;
    json_object_set_new(is, "password", json_string(N_("changed")));
    return bk_audit(admin, before->primary_address, was, is) && bk_apply(admin, &change, 1, NULL);
}

/* What is in the queue, and whether it is deleted now. */
static bool look_at_queue(struct bk_admin *admin, const struct bk_account *account)
{
    json_t *messages = bk_queue_find(admin, account);
    bool deleted = bk_option_given(admin, "delete-queued") && !admin->dry_run;
    size_t count;

    if (messages == NULL || (deleted && !bk_queue_delete(admin, account, messages)))
        return false;
    count = json_array_size(messages);
    if (count > 0 && !admin->json)
        bk_output_list(admin, messages, bk_queue_columns, NULL, NULL);
    if (count == 0)
        bk_message(admin, "%s", _("nothing of it is in Postfix's queue"));
    else if (deleted)
        bk_message(admin,
                   ngettext("%zu message was deleted from Postfix's queue",
                            "%zu messages were deleted from Postfix's queue", count),
                   count);
    else
        bk_message(admin,
                   ngettext("%zu message is in Postfix's queue: to delete it, repeat the command "
                            "with --delete-queued",
                            "%zu messages are in Postfix's queue: to delete them, repeat the "
                            "command with --delete-queued",
                            count),
                   count);
    bk_output_result(admin, json_pack("{s:s, s:b, s:O, s:b}", "address", account->primary_address,
                                      "force_changed", true, "queued", messages, "deleted",
                                      deleted && count > 0));
    return true;
}

bool bk_run_account_force_password(struct bk_admin *admin)
{
    const struct bk_account *account;

    if (!bk_admin_begin(admin) ||
        (account = bk_admin_live_account(admin, admin->arguments[0])) == NULL)
        return false;
    if (account->external_auth)
        return bk_admin_fail(admin, BK_ERROR_NOT_PERMITTED,
                             _("the password of %s is kept elsewhere (external authentication): "
                               "change it there; boxkeeper account suspend %s stops the account"),
                             account->primary_address, account->primary_address);
    if (!take_password_away(admin, account))
        return false;
    bk_message(admin,
               _("nobody knows the password of %s any more, and it can't send until it is given a "
                 "new one: boxkeeper account password %s"),
               account->primary_address, account->primary_address);
    return look_at_queue(admin, account);
}
