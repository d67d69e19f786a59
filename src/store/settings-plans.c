/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/settings-private.h"

#include "rules/plan_fields.h"

/* "capacity_kind, capacity_choices, …", or "$1, $2, …". */
static const char *list_fields(struct bk_arena *arena, bool as_parameters)
{
    const char *list = "";
    int number = 1;

    for (const struct bk_plan_field *field = bk_plan_fields; field->name != NULL; field++) {
        const char *item = as_parameters ? bk_arena_printf(arena, "$%d", number++) : field->name;

        list = bk_arena_printf(arena, "%s%s%s", list, *list != '\0' ? ", " : "", item);
    }
    return list;
}

static void bind_field(struct bk_query *query, const struct bk_plan *plan,
                       const struct bk_plan_field *field)
{
    const void *at = (const char *)plan + field->offset;

    switch (field->type) {
    case BK_PLAN_TEXT:
    case BK_PLAN_LINES:
    case BK_PLAN_SIZES:
        bk_query_bind_text(query, *(const char *const *)at);
        break;
    case BK_PLAN_WORD:
        bk_query_bind_text(query, bk_plan_field_word(plan, field));
        break;
    case BK_PLAN_SWITCH:
        bk_query_bind_number(query, *(const bool *)at);
        break;
    case BK_PLAN_NUMBER:
    case BK_PLAN_SIZE:
    case BK_PLAN_DURATION:
        bk_query_bind_number(query, *(const int64_t *)at);
        break;
    }
}

static bool update_plan(struct bk_settings *settings, struct bk_arena *arena,
                        const struct bk_plan *plan, struct bk_error *error)
{
    struct bk_query query;
    int count = 0;

    for (const struct bk_plan_field *field = bk_plan_fields; field->name != NULL; field++)
        count++;
    if (!bk_query_begin_list(&query, &settings->database,
                             bk_arena_printf(arena, "UPDATE plans SET (%s) = (%s) WHERE name = $%d",
                                             list_fields(arena, false), list_fields(arena, true),
                                             count + 1),
                             error))
        return false;
    for (const struct bk_plan_field *field = bk_plan_fields; field->name != NULL; field++)
        bind_field(&query, plan, field);
    bk_query_bind_text(&query, plan->name);
    return bk_query_run(&query, error) &&
           bk_settings_check_changed(settings, _("the plan is gone"), error);
}

static enum bk_lookup lookup_plan_id(struct bk_settings *settings, const char *name, int64_t *id_r,
                                     struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &settings->database, "SELECT id FROM plans WHERE name = $1", error))
        return BK_FAILED;
    bk_query_bind_text(&query, name);
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *id_r = bk_query_number(&query);
    bk_query_end(&query);
    return found;
}

bool bk_settings_update_plan(struct bk_settings *settings, const struct bk_plan *plan,
                             struct bk_error *error)
{
    struct bk_arena *arena;
    int64_t id = 0;
    bool is_done;

    if (lookup_plan_id(settings, plan->name, &id, error) == BK_FAILED ||
        !bk_settings_touch(settings, "plan", id, error))
        return false;
    arena = bk_arena_create();
    is_done = update_plan(settings, arena, plan, error);
    bk_arena_destroy(&arena);
    return is_done;
}

/* Of the table itself, for the counters of older files know nothing of plans. */
static bool next_plan_id(struct bk_settings *settings, int64_t *id_r, struct bk_error *error)
{
    struct bk_query query;
    enum bk_lookup found;

    if (!bk_query_begin(&query, &settings->database, "SELECT max(id) + 1 FROM plans", error))
        return false;
    found = bk_query_lookup(&query, error);
    if (found == BK_FOUND)
        *id_r = bk_query_number(&query);
    bk_query_end(&query);
    return found == BK_FOUND;
}

bool bk_settings_copy_plan(struct bk_settings *settings, const char *name, const char *from,
                           struct bk_error *error)
{
    struct bk_arena *arena;
    struct bk_query query;
    const char *fields;
    int64_t id;
    bool is_done;

    if (!bk_settings_need_transaction(settings, error) || !next_plan_id(settings, &id, error) ||
        !bk_settings_touch(settings, "plan", id, error))
        return false;
    arena = bk_arena_create();
    fields = list_fields(arena, false);
    is_done = bk_query_begin_list(&query, &settings->database,
                                  bk_arena_printf(arena,
                                                  "INSERT INTO plans (id, name, %s"
                                                  ") SELECT $1, $2, "
                                                  "%s"
                                                  " FROM plans WHERE name = $3",
                                                  fields, fields),
                                  error);
    if (is_done) {
        bk_query_bind_number(&query, id);
        bk_query_bind_text(&query, name);
        bk_query_bind_text(&query, from);
        is_done = bk_query_run(&query, error);
        if (!is_done && query.result == SQLITE_CONSTRAINT_UNIQUE)
            bk_error_set(error, BK_ERROR_EXISTS, _("there is a plan %s already"), name);
    }
    bk_arena_destroy(&arena);
    return is_done && bk_settings_check_changed(settings, _("the plan is gone"), error);
}
