/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `account erase-mail`: checks and the question; the work is erasure.h's. */
#include "admin/commands.h"
#include "admin/deletion.h"
#include "admin/erasure.h"
#include "admin/jobs.h"
#include "admin/output.h"
#include "admin/question.h"

static const struct bk_account *find_account(struct bk_admin *admin)
{
    const struct bk_account *account = bk_admin_live_account(admin, admin->arguments[0]);

    if (account == NULL || account->hold_reason == NULL)
        return account;
    bk_admin_fail(admin, BK_ERROR_NOT_PERMITTED,
                  _("%s is under hold (%s); nothing was erased. To end the hold: boxkeeper "
                    "retention release %s"),
                  account->primary_address, account->hold_reason, account->primary_address);
    return NULL;
}

bool bk_run_account_erase_mail(struct bk_admin *admin)
{
    const struct bk_account *account = find_account(admin);

    if (account == NULL ||
        !bk_question(admin, _("Erase all mail of %s, in all folders?"), account->primary_address) ||
        !bk_admin_begin(admin) || (account = find_account(admin)) == NULL ||
        !bk_erasure_start(admin, account))
        return false;
    if (!admin->dry_run && !bk_jobs_run(admin, &account->id, 1, BK_DELETION_WAIT_SECONDS))
        return false;
    if (!admin->dry_run)
        bk_message(admin, _("all mail of %s was erased; what came meanwhile is there"),
                   account->primary_address);
    bk_output_result(admin, json_pack("{s:s, s:b}", "address", account->primary_address, "erased",
                                      !admin->dry_run));
    return true;
}
