/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* What may stand in the files of bulk registration, editing and export. */
#include "rules/bulk.h"
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GIB ((int64_t)1024 * 1024 * 1024)
#define MIB ((int64_t)1024 * 1024)
#define UNTOUCHED ((int64_t)-77)
#define CHOICES "0,1073741824,5368709120"

static struct unit_world world;

static const char *join_columns(enum bk_bulk_file file, char *text_r)
{
    const char *columns[BK_BULK_COLUMNS_MAXIMUM];
    size_t count = bk_bulk_columns(file, &world.plan, columns);

    text_r[0] = '\0';
    for (size_t i = 0; i < count; i++)
        (void)snprintf(text_r + strlen(text_r), 200 - strlen(text_r), "%s%s", i > 0 ? "," : "",
                       columns[i]);
    return text_r;
}

START_TEST(columns)
{
    char text[200];

    unit_world_init(&world);
    ck_assert_str_eq(join_columns(BK_BULK_REGISTRATION, text),
                     "mail_account,mail_password,comment,mail_capacity");
    ck_assert_str_eq(join_columns(BK_BULK_EDIT, text), "mail_account,password,mail_capacity");
    ck_assert_str_eq(join_columns(BK_BULK_EXPORT, text),
                     "mail_account,mail_password,comment,amount_of_mail_box,spam,forward,auto,pop,"
                     "mail_capacity");
    world.plan.capacity_kind = BK_CAPACITY_FIXED;
    ck_assert_str_eq(join_columns(BK_BULK_REGISTRATION, text),
                     "mail_account,mail_password,comment");
    ck_assert_str_eq(join_columns(BK_BULK_EDIT, text), "mail_account,password");
    ck_assert_str_eq(join_columns(BK_BULK_EXPORT, text),
                     "mail_account,mail_password,comment,amount_of_mail_box,spam,forward,auto,pop");
}
END_TEST

START_TEST(rows)
{
    unit_world_init(&world);
    ck_assert(!bk_bulk_row_is_too_many(&world.plan, 1000000));
    world.plan.registration_rows_maximum = 50;
    ck_assert(!bk_bulk_row_is_too_many(&world.plan, 49));
    ck_assert(!bk_bulk_row_is_too_many(&world.plan, 50));
    ck_assert(bk_bulk_row_is_too_many(&world.plan, 51));
}
END_TEST

START_TEST(names)
{
    static const struct {
        const char *prefix, *cell, *want; /* NULL: refused */
    } cases[] = {
        {NULL, "taro", "taro"},
        {NULL, "Taro", "taro"},
        {NULL, "", ""},
        {NULL, "Taro@D.Example", "taro"},
        {NULL, "@d.example", ""},
        {NULL, "taro@other.example", NULL},
        {NULL, "taro@", NULL},
        {NULL, "px_taro@d.example", "px_taro"},
        {"px", "taro@d.example", "taro"},
        {"px", "px_taro@d.example", "taro"},
        {"px", "px_px_taro@d.example", "px_taro"},
        {"px", "px_taro", "px_taro"}, /* a name may look so */
        {"px", "pxtaro@d.example", "pxtaro"},
    };
    struct bk_arena *arena = bk_arena_create();

    unit_world_init(&world);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *got;

        world.domain.login_prefix = cases[i].prefix;
        got = bk_bulk_name(arena, &world.domain, cases[i].cell);
        ck_assert_msg((got == NULL) == (cases[i].want == NULL) &&
                          (got == NULL || strcmp(got, cases[i].want) == 0),
                      "\"%s\": got %s, want %s", cases[i].cell, got, cases[i].want);
    }
    bk_arena_destroy(&arena);
}
END_TEST

START_TEST(comments)
{
    ck_assert(bk_bulk_comment_is_valid(""));
    ck_assert(bk_bulk_comment_is_valid("\xe5\x96\xb6\xe6\xa5\xad, \"sales\""));
    ck_assert(!bk_bulk_comment_is_valid("two\nlines"));
    ck_assert(!bk_bulk_comment_is_valid("\ttab"));
    ck_assert(!bk_bulk_comment_is_valid("a\x7f"));
}
END_TEST

START_TEST(capacities)
{
    static const struct {
        enum bk_capacity_kind kind;
        const char *cell;
        int64_t present_bytes;
        enum bk_capacity_problem want;
        int64_t want_bytes; /* where it is fine */
    } cases[] = {
        {BK_CAPACITY_CHOICES, "5", BK_INHERIT, BK_CAPACITY_FINE, 5 * GIB},
        {BK_CAPACITY_CHOICES, "0", BK_INHERIT, BK_CAPACITY_FINE, 0},
        {BK_CAPACITY_CHOICES, "4", BK_INHERIT, BK_CAPACITY_NOT_A_CHOICE, 0},
        {BK_CAPACITY_CHOICES, "6", BK_INHERIT, BK_CAPACITY_NOT_A_CHOICE, 0},
        {BK_CAPACITY_CHOICES, "6", 6 * GIB, BK_CAPACITY_FINE, 6 * GIB},
        {BK_CAPACITY_CHOICES, "5G", BK_INHERIT, BK_CAPACITY_NOT_A_CHOICE, 0},
        {BK_CAPACITY_CHOICES, "5.0", BK_INHERIT, BK_CAPACITY_NOT_A_CHOICE, 0},
        {BK_CAPACITY_CHOICES, "1.5G", 1536 * MIB, BK_CAPACITY_FINE, 1536 * MIB},
        {BK_CAPACITY_CHOICES, "", BK_INHERIT, BK_CAPACITY_SYNTAX, 0},
        {BK_CAPACITY_CHOICES, " 5", BK_INHERIT, BK_CAPACITY_SYNTAX, 0},
        {BK_CAPACITY_CHOICES, "-1", BK_INHERIT, BK_CAPACITY_SYNTAX, 0},
        {BK_CAPACITY_CHOICES, "99999999999999999999", BK_INHERIT, BK_CAPACITY_TOO_LARGE, 0},
        {BK_CAPACITY_ANY, "3", BK_INHERIT, BK_CAPACITY_FINE, 3 * GIB},
        {BK_CAPACITY_ANY, "1.5", BK_INHERIT, BK_CAPACITY_FINE, 1536 * MIB},
        {BK_CAPACITY_ANY, "1.5G", BK_INHERIT, BK_CAPACITY_FINE, 1536 * MIB},
        {BK_CAPACITY_ANY, "100M", BK_INHERIT, BK_CAPACITY_FINE, 100 * MIB},
        {BK_CAPACITY_ANY, "0", BK_INHERIT, BK_CAPACITY_FINE, 0},
        {BK_CAPACITY_ANY, "1.2.3", BK_INHERIT, BK_CAPACITY_SYNTAX, 0},
        {BK_CAPACITY_ANY, ".5", BK_INHERIT, BK_CAPACITY_SYNTAX, 0},
        {BK_CAPACITY_ANY, "lots", BK_INHERIT, BK_CAPACITY_SYNTAX, 0},
        {BK_CAPACITY_RANGE, "10.5G", BK_INHERIT, BK_CAPACITY_FINE, 10752 * MIB},
        {BK_CAPACITY_RANGE, "10.5", BK_INHERIT, BK_CAPACITY_FINE, 10752 * MIB},
        {BK_CAPACITY_RANGE, "11", BK_INHERIT, BK_CAPACITY_ABOVE_MAXIMUM, 0},
        {BK_CAPACITY_RANGE, "11", 11 * GIB, BK_CAPACITY_FINE, 11 * GIB},
        {BK_CAPACITY_RANGE, "1M", BK_INHERIT, BK_CAPACITY_FINE, MIB},
        {BK_CAPACITY_RANGE, "0.9M", BK_INHERIT, BK_CAPACITY_BELOW_MINIMUM, 0},
        {BK_CAPACITY_RANGE, "0", BK_INHERIT, BK_CAPACITY_ZERO, 0},
    };

    unit_world_init(&world);
    world.plan.capacity_choices = CHOICES;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        int64_t bytes = UNTOUCHED;
        enum bk_capacity_problem got;

        world.plan.capacity_kind = cases[i].kind;
        world.plan.capacity_minimum_bytes = cases[i].kind == BK_CAPACITY_RANGE ? MIB : 0;
        world.plan.capacity_maximum_bytes = cases[i].kind == BK_CAPACITY_RANGE ? 10752 * MIB : 0;
        got = bk_bulk_capacity(&world.domain, cases[i].cell, cases[i].present_bytes, &bytes);
        ck_assert_msg(got == cases[i].want &&
                          (got != BK_CAPACITY_FINE || bytes == cases[i].want_bytes),
                      "kind %d \"%s\": got %d %" PRId64 ", want %d %" PRId64, cases[i].kind,
                      cases[i].cell, got, bytes, cases[i].want, cases[i].want_bytes);
    }
}
END_TEST

/* What is exported is read in again as the same, whatever the plan. */
START_TEST(capacities_are_read_back)
{
    static const int64_t sizes[] = {0,       1,         1024,           GIB,        5 * GIB,
                                    5 * MIB, GIB + MIB, 1024 * GIB + 1, 1536 * MIB, INT64_MAX};

    unit_world_init(&world);
    world.plan.capacity_choices = CHOICES;
    for (enum bk_capacity_kind kind = BK_CAPACITY_ANY; kind <= BK_CAPACITY_RANGE; kind++) {
        world.plan.capacity_kind = kind;
        for (int round = 0; round < 20000; round++) {
            int64_t bytes = (size_t)round < UNIT_COUNT(sizes)
                                ? sizes[round]
                                : (int64_t)unit_random(1 << 20) * unit_random(1 << 20);
            int64_t got = UNTOUCHED;
            char text[32];

            bk_bulk_capacity_format(bytes, text, sizeof(text));
            ck_assert_msg(bk_bulk_capacity(&world.domain, text, bytes, &got) == BK_CAPACITY_FINE &&
                              got == bytes,
                          "%" PRId64 " became %s, which became %" PRId64, bytes, text, got);
        }
    }
}
END_TEST

START_TEST(formulas)
{
    static const struct {
        const char *comment, *want;
    } cases[] = {
        {"", ""},
        {"sales", "sales"},
        {"=1+1", "'=1+1"},
        {"+81 3", "'+81 3"},
        {"-", "'-"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"'quoted", "'quoted"},
        {"'=x", "''=x"},
        {"''=x", "'''=x"},
        {"a=b", "a=b"},
        {"\xef\xbc\x9d"
         "1",
         "'\xef\xbc\x9d"
         "1"},
        {"\xef\xbc\x8b", "'\xef\xbc\x8b"},
        {"\xef\xbc\x8d", "'\xef\xbc\x8d"},
        {"\xef\xbc\xa0", "'\xef\xbc\xa0"},
    };
    struct bk_arena *arena = bk_arena_create();

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *got = bk_bulk_protect(arena, cases[i].comment);

        ck_assert_str_eq(got, cases[i].want);
        ck_assert_str_eq(bk_bulk_unprotect(got), cases[i].comment);
    }
    for (int round = 0; round < 20000; round++) {
        char text[8];

        unit_random_text("'=+-@a", 6, text);
        ck_assert_str_eq(bk_bulk_unprotect(bk_bulk_protect(arena, text)), text);
    }
    bk_arena_destroy(&arena);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        columns, rows, names, comments, capacities, capacities_are_read_back, formulas,
    };

    return unit_run("bulk", tests, UNIT_COUNT(tests));
}
