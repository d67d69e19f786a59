/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/activity.h"

#include "dovecot-plugin/databases.h"

#include <time.h>

static void put(const struct boxkeeper_user *context, const struct bk_state_activity *activity)
{
    struct bk_state *state = context->account_id == 0 ? NULL : boxkeeper_state();
    struct bk_error error = {0};

    if (state != NULL && !bk_state_put_activity(state, context->account_id, activity, &error))
        boxkeeper_log_database_error("state", &error);
}

void boxkeeper_activity_session(const struct boxkeeper_user *context)
{
    struct bk_state_activity activity = {.last_login_at = context->user->session_create_time};

    if (boxkeeper_is_session(context->user))
        put(context, &activity);
}
