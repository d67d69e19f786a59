/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/apply.h"
#include "admin/audit.h"
#include "admin/commands.h"
#include "admin/describe.h"

/* What the switch does now, for whoever turned it. */
static void explain(struct bk_admin *admin, const struct bk_account *account)
{
    const char *address = account->primary_address;

    if (account->receive)
        bk_message(admin, _("%s receives mail"), address);
    else if (account->domain->plan->receive_off == BK_RECEIVE_OFF_REFUSES)
        bk_message(admin, _("%s receives no mail: senders are told so (550)"), address);
    else if (account->forward_target_count > 0)
        bk_message(admin, _("%s stores no mail: it goes to the forward targets only"), address);
    else
        bk_message(admin, _("%s stores no mail: it is accepted and dropped"), address);
}

static bool set_receive(struct bk_admin *admin, bool receive)
{
    const struct bk_account *before;
    struct bk_account after;
    json_t *was, *is;

    if (!bk_admin_begin(admin) ||
        (before = bk_admin_live_account(admin, admin->arguments[0])) == NULL)
        return false;
    after = *before;
    after.receive = receive;
    was = bk_describe_account_settings(admin, before);
    is = bk_describe_account_settings(admin, &after);
    if (was == NULL || is == NULL ||
        !bk_settings_update_account(admin->settings, &after, &admin->error) ||
        !bk_audit(admin, after.primary_address, was, is) || !bk_apply_settings(admin))
        return false;
    explain(admin, &after);
    bk_output_result(
        admin, json_pack("{s:s, s:b}", "address", after.primary_address, "receive", after.receive));
    return true;
}

bool bk_run_receive_on(struct bk_admin *admin)
{
    return set_receive(admin, true);
}

bool bk_run_receive_off(struct bk_admin *admin)
{
    return set_receive(admin, false);
}
