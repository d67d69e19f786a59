/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/account.h"

bool bk_account_is_suspended(const struct bk_account *account)
{
    return account->suspended || account->domain->suspended;
}
