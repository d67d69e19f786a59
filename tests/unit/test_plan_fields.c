/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Fields of a plan as text, and plans as a whole. */
#include "rules/plan_fields.h"
#include "unit.h"

#include <string.h>

START_TEST(every_member_is_a_field)
{
    size_t covered = 0;

    for (const struct bk_plan_field *field = bk_plan_fields; field->name != NULL; field++) {
        ck_assert_ptr_eq(bk_plan_field_find(field->name), field);
        for (const struct bk_plan_field *other = bk_plan_fields; other != field; other++)
            ck_assert_msg(other->offset != field->offset, "%s and %s", other->name, field->name);
        covered++;
    }
    ck_assert_uint_eq(covered, 44);
    ck_assert_ptr_null(bk_plan_field_find("name"));
    ck_assert_ptr_null(bk_plan_field_find(""));
}
END_TEST

START_TEST(values)
{
    static const struct {
        const char *field, *text;
        enum bk_plan_problem want;
    } cases[] = {
        {"name_length_minimum", "1", BK_PLAN_FINE},
        {"name_length_minimum", "0", BK_PLAN_NOT_A_NUMBER},
        {"name_length_maximum", "64", BK_PLAN_FINE},
        {"name_length_maximum", "65", BK_PLAN_NOT_A_NUMBER},
        {"password_length_maximum", "256", BK_PLAN_FINE},
        {"password_length_maximum", "257", BK_PLAN_NOT_A_NUMBER},
        {"forward_targets_maximum", "2147483647", BK_PLAN_FINE},
        {"forward_targets_maximum", "2147483648", BK_PLAN_NOT_A_NUMBER},
        {"forward_targets_maximum", "99999999999999999999999999999", BK_PLAN_NOT_A_NUMBER},
        {"forward_targets_maximum", "", BK_PLAN_NOT_A_NUMBER},
        {"forward_targets_maximum", "1 ", BK_PLAN_NOT_A_NUMBER},
        {"forward_targets_maximum", "+1", BK_PLAN_NOT_A_NUMBER},
        {"forward_allowed", "on", BK_PLAN_FINE},
        {"forward_allowed", "ON", BK_PLAN_NOT_A_SWITCH},
        {"capacity_kind", "fixed", BK_PLAN_FINE},
        {"capacity_kind", "", BK_PLAN_NOT_A_WORD},
        {"quota_grace_bytes", "0", BK_PLAN_FINE},
        {"quota_grace_bytes", "1G", BK_PLAN_FINE},
        {"quota_grace_bytes", "-1G", BK_PLAN_NOT_A_SIZE},
        {"capacity_choices", "", BK_PLAN_FINE},
        {"capacity_choices", "0,1G", BK_PLAN_FINE},
        {"capacity_choices", "0,1", BK_PLAN_NOT_A_SIZE},
        {"archive_seconds", "180d", BK_PLAN_FINE},
        {"archive_seconds", "inherit", BK_PLAN_NOT_A_DURATION},
        {"spam_folder", "Junk", BK_PLAN_FINE},
        {"spam_folder", "", BK_PLAN_NOT_A_LINE},
        {"spam_folder", "a\tb", BK_PLAN_NOT_A_LINE},
        {"trash_names", "", BK_PLAN_FINE},
        {"trash_names", "a,,b", BK_PLAN_FINE},
        {"trash_names", "a\nb", BK_PLAN_NOT_A_LINE},
    };
    struct bk_arena *arena = bk_arena_create();

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_plan plan = unit_plan(), before = plan;
        enum bk_plan_problem got = bk_plan_field_set(
            arena, &plan, bk_plan_field_find(cases[i].field), cases[i].text);

        ck_assert_msg(got == cases[i].want, "%s=%s: got %d, want %d", cases[i].field, cases[i].text,
                      got, cases[i].want);
        ck_assert_msg(got == BK_PLAN_FINE || memcmp(&plan, &before, sizeof(plan)) == 0, "%s=%s",
                      cases[i].field, cases[i].text);
    }
    bk_arena_destroy(&arena);
}
END_TEST

START_TEST(lists_are_stored_as_the_rules_read_them)
{
    struct bk_arena *arena = bk_arena_create();
    struct bk_plan plan = unit_plan();

    ck_assert_int_eq(
        bk_plan_field_set(arena, &plan, bk_plan_field_find("trash_names"), "Deleted Items,,b"),
        BK_PLAN_FINE);
    ck_assert_str_eq(plan.trash_names, "Deleted Items\nb");
    ck_assert_int_eq(
        bk_plan_field_set(arena, &plan, bk_plan_field_find("capacity_choices"), "0,1K,2K"),
        BK_PLAN_FINE);
    ck_assert_str_eq(plan.capacity_choices, "0,1024,2048");
    bk_arena_destroy(&arena);
}
END_TEST

START_TEST(names_of_plans)
{
    ck_assert(bk_plan_name_is_valid("a"));
    ck_assert(bk_plan_name_is_valid("business-standard2"));
    ck_assert(!bk_plan_name_is_valid(""));
    ck_assert(!bk_plan_name_is_valid("2a"));
    ck_assert(!bk_plan_name_is_valid("A"));
    ck_assert(!bk_plan_name_is_valid("a b"));
    ck_assert(bk_plan_name_is_valid("abcdefghijklmnopqrstuvwxyzabcdef"));
    ck_assert(!bk_plan_name_is_valid("abcdefghijklmnopqrstuvwxyzabcdefg"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {every_member_is_a_field, values,
                                  lists_are_stored_as_the_rules_read_them, names_of_plans};

    return unit_run("plan_fields", tests, UNIT_COUNT(tests));
}
