/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/bulk.h"

#include "rules/address.h"

#include <stdio.h> // snprintf
#include <string.h>

#define GIB ((int64_t)1024 * 1024 * 1024)
#define CAPACITY_COLUMN "mail_capacity"

static const char *const columns_of[][BK_BULK_COLUMNS_MAXIMUM + 1] = {
    [BK_BULK_REGISTRATION] = {"mail_account", "mail_password", "comment", CAPACITY_COLUMN},
    [BK_BULK_EDIT] = {"mail_account", "password", CAPACITY_COLUMN},
    [BK_BULK_EXPORT] = {"mail_account", "mail_password", "comment", "amount_of_mail_box", "spam",
                        "forward", "auto", "pop", CAPACITY_COLUMN},
};

bool bk_bulk_has_capacity(const struct bk_plan *plan)
{
    return plan->capacity_kind != BK_CAPACITY_FIXED;
}

size_t bk_bulk_columns(enum bk_bulk_file file, const struct bk_plan *plan, const char **columns_r)
{
    size_t count = 0;

    for (const char *const *column = columns_of[file]; *column != NULL; column++)
        columns_r[count++] = *column;
    return bk_bulk_has_capacity(plan) ? count : count - 1;
}

bool bk_bulk_row_is_too_many(const struct bk_plan *plan, int64_t row)
{
    return plan->registration_rows_maximum > 0 && row > plan->registration_rows_maximum;
}

const char *bk_bulk_name(struct bk_arena *arena, const struct bk_domain *domain, const char *cell)
{
    char *name = bk_address_fold(arena, cell);
    char *at = strrchr(name, '@');
    size_t length = domain->login_prefix != NULL ? strlen(domain->login_prefix) : 0;

    if (at == NULL)
        return name;
    if (strcmp(at + 1, domain->name) != 0)
        return NULL;
    *at = '\0';
    if (length > 0 && strncmp(name, domain->login_prefix, length) == 0 && name[length] == '_')
        return name + length + 1;
    return name;
}

bool bk_bulk_comment_is_valid(const char *comment)
{
    for (; *comment != '\0'; comment++) {
        if ((unsigned char)*comment < 0x20 || *comment == 0x7f)
            return false;
    }
    return true;
}

/* ---- capacity ---- */

static bool is_bare_number(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789.")] == '\0';
}

static bool is_whole_number(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* A bare number counts GB. */
static enum bk_capacity_problem parse(const char *cell, int64_t *bytes_r)
{
    char text[64];
    size_t length = strlen(cell);

    if (!is_bare_number(cell))
        return bk_capacity_parse(cell, bytes_r);
    if (length + 2 > sizeof(text))
        return BK_CAPACITY_TOO_LARGE;
    (void)snprintf(text, sizeof(text), "%sG", cell);
    return bk_capacity_parse(text, bytes_r);
}

enum bk_capacity_problem bk_bulk_capacity(const struct bk_domain *domain, const char *cell,
                                          int64_t present_bytes, int64_t *bytes_r)
{
    enum bk_capacity_problem problem = parse(cell, bytes_r);

    if (problem != BK_CAPACITY_FINE || *bytes_r == present_bytes)
        return problem;
    if (domain->plan->capacity_kind == BK_CAPACITY_CHOICES && !is_whole_number(cell))
        return BK_CAPACITY_NOT_A_CHOICE;
    return bk_capacity_check(domain, *bytes_r);
}

void bk_bulk_capacity_format(int64_t bytes, char *text_r, size_t size)
{
    if (bytes > 0 && bytes % GIB == 0)
        (void)snprintf(text_r, size, "%lld", (long long)(bytes / GIB));
    else
        bk_capacity_format(bytes, text_r, size);
}

/* ---- formulas ---- */

/* The last four are = + - @ in full width, which a Japanese spreadsheet takes for the same. */
static const char *const formula_signs[] = {
    "=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0",
};

/* Apostrophes, perhaps none, and then the beginning of a formula. */
static bool is_like_formula(const char *text)
{
    text += strspn(text, "'");
    for (size_t i = 0; i < sizeof(formula_signs) / sizeof(formula_signs[0]); i++) {
        if (strncmp(text, formula_signs[i], strlen(formula_signs[i])) == 0)
            return true;
    }
    return false;
}

const char *bk_bulk_protect(struct bk_arena *arena, const char *comment)
{
    return is_like_formula(comment) ? bk_arena_printf(arena, "'%s", comment) : comment;
}

const char *bk_bulk_unprotect(const char *cell)
{
    return *cell == '\'' && is_like_formula(cell) ? cell + 1 : cell;
}
