/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * The fields of a plan by name: how each is written by an administrator, and what a plan must be
 * like as a whole. A field's name is that of its member in struct bk_plan and of its column in the
 * table `plans`; the store writes by this table and the CLI shows by it, so a new cell of the plan
 * is one row here.
 */
#ifndef BK_RULES_PLAN_FIELDS_H
#define BK_RULES_PLAN_FIELDS_H

#include "rules/arena.h"
#include "rules/plan.h"

#include <stddef.h>

enum bk_plan_field_type {
    BK_PLAN_TEXT = 1, /* const char *: one line */
    BK_PLAN_LINES,    /* const char *: words, one a line; written with commas between them */
    BK_PLAN_SIZES,    /* const char *: bytes, comma separated; written as sizes */
    BK_PLAN_WORD,     /* an enum that begins at 1: one of `words` */
    BK_PLAN_SWITCH,   /* bool: on or off */
    BK_PLAN_NUMBER,   /* int64_t from `minimum` to `maximum` */
    BK_PLAN_SIZE,     /* int64_t bytes: a size such as 5G, or 0 */
    BK_PLAN_DURATION, /* int64_t seconds: 180d, 0 = never */
};

struct bk_plan_field {
    const char *name;
    enum bk_plan_field_type type;
    size_t offset; /* in struct bk_plan */
    int64_t minimum, maximum;
    const char *const *words; /* ends with NULL */
};

/* All but the name; ends with a NULL name. */
extern const struct bk_plan_field bk_plan_fields[];

/* The field of that name, or NULL. */
const struct bk_plan_field *bk_plan_field_find(const char *name);

enum bk_plan_problem {
    BK_PLAN_FINE = 0,
    /* of one value */
    BK_PLAN_NOT_A_WORD,
    BK_PLAN_NOT_A_SWITCH,
    BK_PLAN_NOT_A_NUMBER, /* or out of range */
    BK_PLAN_NOT_A_SIZE,
    BK_PLAN_NOT_A_DURATION,
    BK_PLAN_NOT_A_LINE, /* empty where a text is needed, or a control character */
    BK_PLAN_LONG,
    /* of the plan as a whole */
    BK_PLAN_CHOICES_EMPTY,
    BK_PLAN_DEFAULT_CAPACITY, /* is none that the plan gives */
    BK_PLAN_RANGE_EMPTY,      /* the largest is below the smallest */
    BK_PLAN_NAME_LENGTHS,
    BK_PLAN_PASSWORD_LENGTHS,
    BK_PLAN_NO_POSTMASTER,   /* it is there in every domain (RFC 5321 section 4.5.1) */
    BK_PLAN_FIRST_NAME,      /* an account from the start has a name that the plan forbids */
    BK_PLAN_RETENTION_UNUSED /* durations of a plan that retains nothing */
};

/* Put `text`, as an administrator writes it, into `field` of `plan`. On a problem `plan` is as it
 * was. Texts live in `arena`. */
enum bk_plan_problem bk_plan_field_set(struct bk_arena *arena, struct bk_plan *plan,
                                       const struct bk_plan_field *field, const char *text);
/* The value of a BK_PLAN_WORD field as its word. */
const char *bk_plan_field_word(const struct bk_plan *plan, const struct bk_plan_field *field);

/* Do the fields agree with each other? field_r (on a problem): the name of the one to change. */
enum bk_plan_problem bk_plan_check(const struct bk_plan *plan, const char **field_r);

/* 1-32 of a-z 0-9 and the hyphen, a letter first. */
bool bk_plan_name_is_valid(const char *name);

/* English, for gettext, to follow the field: "is not a duration such as 180d or 0". */
const char *bk_plan_problem_text(enum bk_plan_problem problem);

#endif
