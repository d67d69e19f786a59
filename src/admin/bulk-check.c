/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Each row of a file for itself, and against the accounts that there are. Each says everything that
 * is wrong with it.
 */
#include "admin/account-fields.h"
#include "admin/bulk.h"
#include "admin/dictionary.h"
#include "rules/address.h"
#include "rules/names.h"
#include "rules/passwords.h"

#include <string.h>

struct check {
    struct bk_bulk *bulk;
    const struct bk_dictionary_answer *answers; /* one for each row; NULL: given before */
    json_t *lines;                              /* of the names that came already */
};

/* What a function of one account has put into admin->error, as the row's; false: it was more. */
static bool take_error(struct bk_bulk *bulk, struct bk_bulk_row *row)
{
    struct bk_error *error = &bulk->admin->error;

    if (error->kind != BK_ERROR_VALUE && error->kind != BK_ERROR_EXISTS)
        return false;
    bk_bulk_bad(bulk, row, "%s", error->text);
    *error = (struct bk_error){.kind = BK_ERROR_NONE};
    return true;
}

static void check_twice(struct check *check, struct bk_bulk_row *row)
{
    const json_t *line = json_object_get(check->lines, row->name);

    if (line == NULL)
        json_object_set_new(check->lines, row->name, json_integer(row->line));
    else
        bk_bulk_bad(check->bulk, row, _("the same account stands in line %lld already"),
                    (long long)json_integer_value(line));
}

/* False: the row has no name, and nothing more can be said of it. */
static bool take_name(struct check *check, struct bk_bulk_row *row)
{
    struct bk_bulk *bulk = check->bulk;

    if (row->problem != NULL) {
        bk_bulk_bad(bulk, row, "%s", row->problem);
        return false;
    }
    row->name = bk_bulk_name(bulk->admin->arena, bulk->domain, row->account);
    if (row->name != NULL && *row->name != '\0')
        return true;
    if (row->name != NULL)
        bk_bulk_bad(bulk, row, _("mail_account is empty"));
    else
        bk_bulk_bad(bulk, row, _("this is not an address in %s, the domain of the file"),
                    bulk->domain->name);
    return false;
}

static bool check_password(struct check *check, struct bk_bulk_row *row)
{
    struct bk_bulk *bulk = check->bulk;
    size_t number = (size_t)(row - bulk->rows);
    enum bk_password_problem problem = bk_password_check(bulk->domain, row->name, row->password);

    if (problem != BK_PASSWORD_FINE)
        bk_bulk_bad(bulk, row, _("plan %s does not allow this password: %s. Choose another one"),
                    bulk->domain->plan->name, _(bk_password_problem_text(problem)));
    return problem != BK_PASSWORD_FINE || check->answers == NULL ||
           bk_dictionary_allows(bulk->admin, bulk->domain, &check->answers[number]) ||
           take_error(bulk, row);
}

static void check_capacity(struct bk_bulk *bulk, struct bk_bulk_row *row, int64_t present_bytes)
{
    enum bk_capacity_problem problem = bk_bulk_capacity(bulk->domain, row->capacity, present_bytes,
                                                        &row->capacity_bytes);

    if (problem != BK_CAPACITY_FINE)
        bk_bulk_bad(bulk, row, _("mail_capacity %s %s (plan %s of %s)"), row->capacity,
                    _(bk_capacity_problem_text(problem)), bulk->domain->plan->name,
                    bulk->domain->name);
}

/* ---- registration ---- */

static bool check_new_name(struct bk_bulk *bulk, struct bk_bulk_row *row)
{
    const struct bk_plan *plan = bulk->domain->plan;
    enum bk_name_problem problem = bk_name_check(plan, row->name);
    const char *address;
    enum bk_address_problem address_problem;

    if (problem != BK_NAME_FINE) {
        bk_bulk_bad(bulk, row, _("the name \"%s\" %s (plan %s)"), row->name,
                    _(bk_name_problem_text(problem)), plan->name);
        return true;
    }
    address = bk_primary_address(bulk->admin->arena, bulk->domain, row->name);
    address_problem = bk_address_check(address);
    if (address_problem != BK_ADDRESS_FINE) {
        bk_bulk_bad(bulk, row, "%s %s", address, _(bk_address_problem_text(address_problem)));
        return true;
    }
    if (bk_address_is_free(bulk->admin, address))
        return true;
    bulk->taken += bulk->admin->error.kind == BK_ERROR_EXISTS;
    return take_error(bulk, row);
}

static bool check_registration(struct check *check, struct bk_bulk_row *row, int64_t number)
{
    struct bk_bulk *bulk = check->bulk;
    const struct bk_plan *plan = bulk->domain->plan;

    if (bk_bulk_row_is_too_many(plan, number))
        bk_bulk_bad(bulk, row, _("this is row %lld, and plan %s allows %lld in one file"),
                    (long long)number, plan->name, (long long)plan->registration_rows_maximum);
    if (!take_name(check, row))
        return true;
    check_twice(check, row);
    if (!check_new_name(bulk, row))
        return false;
    if (*row->password == '\0')
        bk_bulk_bad(bulk, row, _("mail_password is empty"));
    else if (!check_password(check, row))
        return false;
    if (!bk_bulk_comment_is_valid(row->comment))
        bk_bulk_bad(bulk, row, _("the comment has a control character: give one line of text"));
    if (bk_bulk_has_capacity(plan) && *row->capacity == '\0')
        bk_bulk_bad(bulk, row, _("mail_capacity is empty"));
    else if (bk_bulk_has_capacity(plan))
        check_capacity(bulk, row, BK_INHERIT);
    else
        row->capacity_bytes = plan->capacity_default_bytes;
    return true;
}

/* ---- editing ---- */

/* An alias is not an account, and one that is being deleted is none any more. */
static bool find_present(struct bk_bulk *bulk, struct bk_bulk_row *row)
{
    struct bk_admin *admin = bulk->admin;
    const char *address = bk_primary_address(admin->arena, bulk->domain, row->name);
    const struct bk_account *account = NULL;

    row->present = NULL;
    switch (bk_settings_lookup_address(admin->settings, admin->arena, address, &account,
                                       &admin->error)) {
    case BK_FAILED:
        return false;
    case BK_FOUND:
        if (account->state == BK_ACCOUNT_ACTIVE && strcmp(account->primary_address, address) == 0)
            row->present = account;
        break;
    case BK_ABSENT:
        break;
    }
    if (row->present == NULL)
        json_array_append_new(bulk->passed, json_string(row->name));
    return true;
}

/* After a forced change. */
static bool check_resemblance(struct bk_bulk *bulk, struct bk_bulk_row *row)
{
    const struct bk_new_password password = {
        .source = BK_PASSWORD_STDIN, .text = row->password, .hash = ""};

    return bk_password_may_follow(bulk->admin, row->present, &password) || take_error(bulk, row);
}

static bool check_edit(struct check *check, struct bk_bulk_row *row)
{
    struct bk_bulk *bulk = check->bulk;
    bool has_capacity = bk_bulk_has_capacity(bulk->domain->plan);

    if (!take_name(check, row))
        return true;
    check_twice(check, row);
    if (*row->password == '\0' && *row->capacity == '\0')
        bk_bulk_bad(bulk, row, "%s",
                    has_capacity ? _("password and mail_capacity are both empty")
                                 : _("the password is empty"));
    if (!find_present(bulk, row))
        return false;
    if (row->present == NULL)
        return true;
    row->capacity_bytes = row->present->capacity_bytes;
    if (has_capacity && *row->capacity != '\0')
        check_capacity(bulk, row, row->present->capacity_bytes);
    return *row->password == '\0' || (check_password(check, row) && check_resemblance(bulk, row));
}

/* ---- all of them ---- */

/* This takes long: only for passwords that may be set at all otherwise. */
static const struct bk_dictionary_answer *ask_dictionary(struct bk_bulk *bulk)
{
    struct bk_arena *arena = bulk->admin->arena;
    struct bk_dictionary_question *questions = bk_arena_alloc(arena,
                                                              bulk->count * sizeof(*questions));

    for (size_t i = 0; i < bulk->count; i++) {
        const struct bk_bulk_row *row = &bulk->rows[i];
        const char *name = row->problem == NULL ? bk_bulk_name(arena, bulk->domain, row->account)
                                                : NULL;

        if (name != NULL &&
            bk_password_check(bulk->domain, name, row->password) == BK_PASSWORD_FINE)
            questions[i] = (struct bk_dictionary_question){.name = name, .password = row->password};
    }
    return bk_dictionary_ask_all(bulk->admin, questions, bulk->count);
}

static bool check_rows(struct check *check)
{
    struct bk_bulk *bulk = check->bulk;

    for (size_t i = 0; i < bulk->count; i++) {
        struct bk_bulk_row *row = &bulk->rows[i];

        row->reasons = NULL;
        if (!(bulk->file == BK_BULK_REGISTRATION ? check_registration(check, row, (int64_t)i + 1)
                                                 : check_edit(check, row)))
            return false;
    }
    return true;
}

bool bk_bulk_check(struct bk_bulk *bulk, bool with_dictionary)
{
    struct check check = {.bulk = bulk, .lines = json_object()};

    if (with_dictionary && bulk->domain->plan->password_dictionary &&
        (check.answers = ask_dictionary(bulk)) == NULL)
        return false;
    bulk->passed = json_array();
    bulk->bad = 0;
    bulk->taken = 0;
    return check_rows(&check) && bk_bulk_check_limits(bulk);
}
