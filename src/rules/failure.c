/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/failure.h"

static const enum bk_failure_action actions[BK_FAILED_COUNT][BK_OPERATION_COUNT] = {
    [BK_FAILED_SETTINGS] =
        {
            [BK_OPERATION_DELIVERY] = BK_TRY_LATER,
            [BK_OPERATION_RECIPIENT] = BK_TRY_LATER,
            [BK_OPERATION_SUBMISSION] = BK_TRY_LATER,
            [BK_OPERATION_LOGIN] = BK_GO_ON,
            [BK_OPERATION_SESSION] = BK_GO_ON_LAST_LIMIT,
            [BK_OPERATION_RETENTION] = BK_DO_NOTHING,
        },
    /* Delivery checks the real usage, and retention looks into every folder it knows nothing of. */
    [BK_FAILED_STATE] =
        {
            [BK_OPERATION_DELIVERY] = BK_GO_ON,
            [BK_OPERATION_RECIPIENT] = BK_GO_ON,
            [BK_OPERATION_SUBMISSION] = BK_GO_ON,
            [BK_OPERATION_LOGIN] = BK_GO_ON,
            [BK_OPERATION_SESSION] = BK_GO_ON,
            [BK_OPERATION_RETENTION] = BK_GO_ON,
        },
    [BK_FAILED_CREDENTIALS] =
        {
            [BK_OPERATION_DELIVERY] = BK_TRY_LATER,
            [BK_OPERATION_RECIPIENT] = BK_GO_ON,
            [BK_OPERATION_SUBMISSION] = BK_TRY_LATER,
            [BK_OPERATION_LOGIN] = BK_TRY_LATER,
            [BK_OPERATION_SESSION] = BK_GO_ON,
            [BK_OPERATION_RETENTION] = BK_STOP_AND_SAY,
        },
    [BK_FAILED_DAEMON] =
        {
            [BK_OPERATION_DELIVERY] = BK_GO_ON,
            [BK_OPERATION_RECIPIENT] = BK_TRY_LATER,
            [BK_OPERATION_SUBMISSION] = BK_TRY_LATER,
            [BK_OPERATION_LOGIN] = BK_GO_ON,
            [BK_OPERATION_SESSION] = BK_GO_ON,
            [BK_OPERATION_RETENTION] = BK_GO_ON,
        },
    [BK_FAILED_DISK] =
        {
            [BK_OPERATION_DELIVERY] = BK_TRY_LATER,
            [BK_OPERATION_RECIPIENT] = BK_GO_ON,
            [BK_OPERATION_SUBMISSION] = BK_GO_ON,
            [BK_OPERATION_LOGIN] = BK_GO_ON,
            [BK_OPERATION_SESSION] = BK_REFUSE_STORING,
            [BK_OPERATION_RETENTION] = BK_STOP_AND_SAY,
        },
};

enum bk_failure_action bk_failure_decide(enum bk_failed failed, enum bk_operation operation)
{
    return actions[failed][operation];
}
