/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/capacity.h"

#include "rules/ascii.h"
#include "rules/text.h"
#include "rules/usage.h"

#include <inttypes.h>
#include <stdio.h> // snprintf
#include <stdlib.h>
#include <string.h>

#define KIB 1024
static const char unit_letters[] = "KMGT"; /* 1024 to the power of 1, 2, 3, 4 */

struct number {
    const char *whole, *decimals; /* digits; decimals may be empty */
    size_t whole_length, decimal_length;
};

static size_t count_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* Takes the number at the start of `text` apart and returns what follows; NULL if there is none. */
static const char *split_number(const char *text, struct number *number_r)
{
    *number_r = (struct number){.whole = text, .whole_length = count_digits(text)};
    text += number_r->whole_length;
    number_r->decimals = text;
    if (number_r->whole_length == 0)
        return NULL;
    if (*text != '.')
        return text;
    number_r->decimals = ++text;
    number_r->decimal_length = count_digits(text);
    return number_r->decimal_length == 0 ? NULL : text + number_r->decimal_length;
}

static bool is_zero(const struct number *number)
{
    return strspn(number->whole, "0") >= number->whole_length &&
           strspn(number->decimals, "0") >= number->decimal_length;
}

/* Bytes of one unit: 1 for B, 0 if `text` is no unit. */
static int64_t unit_bytes(const char *text)
{
    int64_t bytes = 1;

    if (bk_ascii_equal(text, "B"))
        return 1;
    for (const char *letter = unit_letters; *letter != '\0'; letter++) {
        bytes *= KIB;
        if (bk_ascii_lower(text[0]) == bk_ascii_lower(*letter) &&
            (text[1] == '\0' || bk_ascii_equal(text + 1, "B") || bk_ascii_equal(text + 1, "iB")))
            return bytes;
    }
    return 0;
}

static bool whole_bytes(const struct number *number, int64_t unit, int64_t *bytes_r)
{
    int64_t value = 0;

    for (size_t i = 0; i < number->whole_length; i++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, number->whole[i] - '0', &value))
            return false;
    return !__builtin_mul_overflow(value, unit, bytes_r);
}

/*
 * 0.DECIMALS of a unit of `unit_kib` KiB, rounded down, exact however many digits there are: from
 * the last digit to the first, floor((digit * unit + floor(rest)) / 10) loses nothing.
 */
static int64_t decimals_kib(const char *decimals, size_t length, int64_t unit_kib)
{
    int64_t kib = 0;

    while (length-- > 0)
        kib = ((decimals[length] - '0') * unit_kib + kib) / 10;
    return kib;
}

enum bk_capacity_problem bk_capacity_parse(const char *text, int64_t *bytes_r)
{
    struct number number;
    const char *unit_text = split_number(text, &number);
    int64_t unit, bytes;

    if (unit_text == NULL)
        return BK_CAPACITY_SYNTAX;
    unit = *unit_text == '\0' ? 1 : unit_bytes(unit_text);
    if (unit == 0 || (unit == 1 && number.decimal_length > 0 && *unit_text != '\0'))
        return BK_CAPACITY_SYNTAX;
    if (*unit_text == '\0' && !is_zero(&number))
        return BK_CAPACITY_NO_UNIT;
    if (!whole_bytes(&number, unit, &bytes))
        return BK_CAPACITY_TOO_LARGE;
    bytes += KIB * decimals_kib(number.decimals, number.decimal_length, unit / KIB);
    if (bytes == 0 && !is_zero(&number))
        return BK_CAPACITY_BELOW_MINIMUM;
    *bytes_r = bytes;
    return BK_CAPACITY_FINE;
}

/*
 * The fewest decimals of a unit that are read back as `rest_kib` of its `unit_kib`; -1 if nine do
 * not do. Nine keep the products below 2^63.
 */
static int find_decimals(int64_t rest_kib, int64_t unit_kib, int64_t *decimals_r)
{
    int64_t power = 1;

    for (int digits = 0; digits <= 9; digits++, power *= 10) {
        int64_t decimals = (rest_kib * power + unit_kib - 1) / unit_kib;

        if (decimals < power && decimals * unit_kib / power == rest_kib) {
            *decimals_r = decimals;
            return digits;
        }
    }
    return -1;
}

static void format_in_unit(int64_t bytes, int64_t unit, char letter, char *text_r, size_t size)
{
    int64_t decimals;
    int digits = find_decimals(bytes % unit / KIB, unit / KIB, &decimals);

    text_r[0] = '\0';
    if (digits == 0)
        (void)snprintf(text_r, size, "%" PRId64 "%c", bytes / unit, letter);
    else if (digits > 0)
        (void)snprintf(text_r, size, "%" PRId64 ".%0*" PRId64 "%c", bytes / unit, digits, decimals,
                       letter);
}

void bk_capacity_format(int64_t bytes, char *text_r, size_t size)
{
    char text[64];
    int64_t unit = 1;

    if (bytes <= 0) {
        (void)snprintf(text_r, size, "%s", bytes == 0 ? "0" : "inherit");
        return;
    }
    (void)snprintf(text_r, size, "%" PRId64 "B", bytes);
    if (bytes % KIB != 0)
        return;
    for (const char *letter = unit_letters; *letter != '\0'; letter++) {
        unit *= KIB;
        format_in_unit(bytes, unit, *letter, text, sizeof(text));
        if (text[0] != '\0' && strlen(text) < strlen(text_r))
            (void)snprintf(text_r, size, "%s", text);
    }
}

static bool is_choice(const char *choices, int64_t bytes)
{
    while (*choices != '\0') {
        char *end;

        if (strtoll(choices, &end, 10) == bytes && end != choices)
            return true;
        choices = strchr(choices, ',');
        if (choices == NULL)
            return false;
        choices++;
    }
    return false;
}

static enum bk_capacity_problem check_range(const struct bk_domain *domain, int64_t bytes)
{
    int64_t maximum_bytes = domain->capacity_maximum_bytes > 0
                                ? domain->capacity_maximum_bytes
                                : domain->plan->capacity_maximum_bytes;

    if (bytes == 0)
        return BK_CAPACITY_ZERO;
    if (bytes < domain->plan->capacity_minimum_bytes)
        return BK_CAPACITY_BELOW_MINIMUM;
    if (maximum_bytes > 0 && bytes > maximum_bytes)
        return BK_CAPACITY_ABOVE_MAXIMUM;
    return BK_CAPACITY_FINE;
}

enum bk_capacity_problem bk_capacity_check(const struct bk_domain *domain, int64_t bytes)
{
    const struct bk_plan *plan = domain->plan;

    switch (plan->capacity_kind) {
    case BK_CAPACITY_ANY:
        return BK_CAPACITY_FINE;
    case BK_CAPACITY_CHOICES:
        if (is_choice(plan->capacity_choices, bytes))
            return BK_CAPACITY_FINE;
        return bytes == 0 ? BK_CAPACITY_ZERO : BK_CAPACITY_NOT_A_CHOICE;
    case BK_CAPACITY_RANGE:
        return check_range(domain, bytes);
    case BK_CAPACITY_FIXED:
        break;
    }
    return bytes == plan->capacity_default_bytes ? BK_CAPACITY_FINE : BK_CAPACITY_NOT_SETTABLE;
}

enum bk_capacity_problem bk_capacity_check_sum(const struct bk_domain *domain, int64_t others_bytes,
                                               int64_t others_unlimited, int64_t bytes)
{
    if (domain->capacity_sum_maximum_bytes <= 0)
        return BK_CAPACITY_FINE;
    if (bytes == 0 || others_unlimited > 0)
        return BK_CAPACITY_SUM;
    if (bk_add_saturating(others_bytes, bytes) > domain->capacity_sum_maximum_bytes)
        return BK_CAPACITY_SUM;
    return BK_CAPACITY_FINE;
}

enum bk_capacity_problem bk_capacity_default(const struct bk_domain *domain, int64_t *bytes_r)
{
    const struct bk_plan *plan = domain->plan;

    *bytes_r = plan->capacity_default_bytes;
    if (plan->capacity_kind == BK_CAPACITY_FIXED)
        return BK_CAPACITY_FINE;
    if (domain->default_capacity_bytes != BK_INHERIT) {
        *bytes_r = domain->default_capacity_bytes;
        return BK_CAPACITY_FINE;
    }
    return plan->capacity_required ? BK_CAPACITY_MISSING : BK_CAPACITY_FINE;
}

const char *bk_capacity_problem_text(enum bk_capacity_problem problem)
{
    switch (problem) {
    case BK_CAPACITY_FINE:
        break;
    case BK_CAPACITY_SYNTAX:
        return N_("is not a size such as 5G, 1.5G, 100M or 0");
    case BK_CAPACITY_NO_UNIT:
        return N_("has no unit: write K, M, G or T behind the number");
    case BK_CAPACITY_TOO_LARGE:
        return N_("is too large");
    case BK_CAPACITY_NOT_SETTABLE:
        return N_("is not what the plan gives, and the plan's capacity can't be changed");
    case BK_CAPACITY_NOT_A_CHOICE:
        return N_("is not one of the plan's capacities");
    case BK_CAPACITY_BELOW_MINIMUM:
        return N_("is below the smallest capacity");
    case BK_CAPACITY_ABOVE_MAXIMUM:
        return N_("is above the largest capacity that the domain allows");
    case BK_CAPACITY_ZERO:
        return N_("means unlimited, which the plan does not allow");
    case BK_CAPACITY_MISSING:
        return N_("is missing: the plan requires a capacity");
    case BK_CAPACITY_SUM:
        return N_("would pass the domain's total capacity");
    }
    return N_("is fine");
}
