/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* What each failure does, cell by cell. */
#include "rules/failure.h"
#include "unit.h"

static const struct {
    enum bk_failed failed;
    enum bk_failure_action want[BK_OPERATION_COUNT];
} rows[] = {
    /* delivery, RCPT, RCPT on submission, login, session, retention */
    {BK_FAILED_SETTINGS,
     {BK_TRY_LATER, BK_TRY_LATER, BK_TRY_LATER, BK_GO_ON, BK_GO_ON_LAST_LIMIT, BK_DO_NOTHING}},
    {BK_FAILED_STATE, {BK_GO_ON, BK_GO_ON, BK_GO_ON, BK_GO_ON, BK_GO_ON, BK_GO_ON}},
    {BK_FAILED_CREDENTIALS,
     {BK_TRY_LATER, BK_GO_ON, BK_TRY_LATER, BK_TRY_LATER, BK_GO_ON, BK_STOP_AND_SAY}},
    {BK_FAILED_DAEMON, {BK_GO_ON, BK_TRY_LATER, BK_TRY_LATER, BK_GO_ON, BK_GO_ON, BK_GO_ON}},
    {BK_FAILED_DISK,
     {BK_TRY_LATER, BK_GO_ON, BK_GO_ON, BK_GO_ON, BK_REFUSE_STORING, BK_STOP_AND_SAY}},
};

START_TEST(every_cell_of_the_table)
{
    static const enum bk_operation operations[BK_OPERATION_COUNT] = {
        BK_OPERATION_DELIVERY, BK_OPERATION_RECIPIENT, BK_OPERATION_SUBMISSION,
        BK_OPERATION_LOGIN,    BK_OPERATION_SESSION,   BK_OPERATION_RETENTION,
    };

    ck_assert_uint_eq(UNIT_COUNT(rows), BK_FAILED_COUNT);
    for (size_t row = 0; row < UNIT_COUNT(rows); row++)
        for (size_t i = 0; i < UNIT_COUNT(operations); i++) {
            enum bk_failure_action got = bk_failure_decide(rows[row].failed, operations[i]);

            ck_assert_msg(got == rows[row].want[i], "failure %zu, operation %zu: got %d, want %d",
                          row, i, got, rows[row].want[i]);
        }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {every_cell_of_the_table};

    return unit_run("failure", tests, UNIT_COUNT(tests));
}
