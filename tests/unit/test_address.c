/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Addresses as text, odd ones too. */
#include "rules/address.h"
#include "rules/ascii.h"
#include "unit.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

static struct bk_arena *arena;

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10
#define LABEL_63 X60 "xxx"

START_TEST(takes_apart)
{
    static const struct {
        const char *text;
        bool want;
        const char *want_local, *want_extension, *want_domain;
    } cases[] = {
        {"taro@d.example", true, "taro", NULL, "d.example"},
        {"Taro+Lists@D.Example", true, "taro", "lists", "d.example"},
        {"taro+@d.example", true, "taro", "", "d.example"},
        {"taro+a+b@d.example", true, "taro", "a+b", "d.example"},
        {"+taro@d.example", true, "+taro", NULL, "d.example"},
        {"++@d.example", true, "+", "", "d.example"},
        {"a@b@d.example", true, "a@b", NULL, "d.example"},
        {"taro+a@b@d.example", true, "taro", "a@b", "d.example"},
        {"taro+x, y@d.example", true, "taro", "x, y", "d.example"},
        {"taro@d.example.", true, "taro", NULL, "d.example"},
        {"taro@d.example..", true, "taro", NULL, "d.example."},
        {"\xc3\x84@d.example", true, "\xc3\x84", NULL, "d.example"},
        {"[@`{@d.example", true, "[@`{", NULL, "d.example"},
        {"", false, NULL, NULL, NULL},
        {"taro", false, NULL, NULL, NULL},
        {"@", false, NULL, NULL, NULL},
        {"@d.example", false, NULL, NULL, NULL},
        {"taro@", false, NULL, NULL, NULL},
        {"taro@.", false, NULL, NULL, NULL},
        {"ta\nro@d.example", false, NULL, NULL, NULL},
        {"taro@d.example\r", false, NULL, NULL, NULL},
        {"ta\x7fro@d.example", false, NULL, NULL, NULL},
        {"ta\x1fro@d.example", false, NULL, NULL, NULL},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_address address;
        bool got = bk_address_parse(arena, cases[i].text, &address);

        ck_assert_msg(got == cases[i].want, "\"%s\": got %d", cases[i].text, got);
        if (!got)
            continue;
        ck_assert_str_eq(address.local, cases[i].want_local);
        ck_assert_pstr_eq(address.extension, cases[i].want_extension);
        ck_assert_str_eq(address.domain, cases[i].want_domain);
    }
}
END_TEST

START_TEST(takes_long_ones_apart)
{
    char text[4097];
    struct bk_address address;

    memset(text, 'A', sizeof(text) - 1);
    text[4096] = '\0';
    ck_assert(!bk_address_parse(arena, text, &address));
    text[2000] = '@';
    text[100] = '+';
    ck_assert(bk_address_parse(arena, text, &address));
    ck_assert_uint_eq(strlen(address.local), 100);
    ck_assert_uint_eq(strlen(address.extension), 1899);
    ck_assert_uint_eq(strlen(address.domain), 2095);
    ck_assert_uint_eq(strspn(address.domain, "a"), 2095);
}
END_TEST

START_TEST(plain_and_extended_fit_together)
{
    struct bk_address address;

    ck_assert(bk_address_parse(arena, "Taro+Lists@d.example", &address));
    ck_assert_str_eq(bk_address_plain(arena, &address), "taro@d.example");
    ck_assert_str_eq(bk_address_extend(arena, "taro@d.example", "lists"), "taro+lists@d.example");
    ck_assert_str_eq(bk_address_extend(arena, "taro@d.example", ""), "taro+@d.example");
    ck_assert_str_eq(bk_address_extend(arena, "taro@d.example", NULL), "taro@d.example");
    ck_assert_str_eq(bk_address_extend(arena, "nobody", "lists"), "nobody");
    ck_assert_str_eq(bk_address_fold(arena, "TARO@D.\xc3\x84"), "taro@d.\xc3\x84");
}
END_TEST

START_TEST(quotes_what_would_be_read_as_a_list)
{
    static const struct {
        const char *address, *want;
    } cases[] = {
        {"taro@d.example", "taro@d.example"},
        {"t.a-r_o+x=y@d.example", "t.a-r_o+x=y@d.example"},
        {"taro+x,evil@out.example,y@d.example", "\"taro+x,evil@out.example,y\"@d.example"},
        {"taro+a b@d.example", "\"taro+a b\"@d.example"},
        {"taro+\"\\@d.example", "\"taro+\\\"\\\\\"@d.example"},
        {"taro+.@d.example", "\"taro+.\"@d.example"},
        {"a..b@d.example", "\"a..b\"@d.example"},
        {".a@d.example", "\".a\"@d.example"},
        {"taro+\xc3\x84@d.example", "\"taro+\xc3\x84\"@d.example"},
        {"taro+<x>@d.example", "\"taro+<x>\"@d.example"},
        {"taro+:;()@d.example", "\"taro+:;()\"@d.example"},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_str_eq(bk_address_quote(arena, cases[i].address), cases[i].want);
}
END_TEST

/* What is in quotes is unquoted to what it was, and outside of quotes stands no separator. */
START_TEST(quoting_can_be_undone)
{
    for (int round = 0; round < 20000; round++) {
        char local[12], address[32], unquoted[64], *to = unquoted;
        const char *quoted;
        bool inside = false;

        unit_random_text("ab.@,\"\\ +<>:;()\xc3", 10, local);
        (void)snprintf(address, sizeof(address), "%s@d.example", local);
        quoted = bk_address_quote(arena, address);
        for (const char *from = quoted; *from != '\0'; from++) {
            if (*from == '"') {
                inside = !inside;
                continue;
            }
            if (inside && *from == '\\')
                from++;
            ck_assert_msg(inside || strchr(",;:<>() \"\\", *from) == NULL, "%s", quoted);
            *to++ = *from;
        }
        *to = '\0';
        ck_assert(!inside);
        ck_assert_str_eq(unquoted, address);
        bk_arena_clear(arena);
    }
}
END_TEST

START_TEST(knows_internal_forms)
{
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {"17@boxkeeper.invalid", true},
        {"17+ext@BoxKeeper.INVALID", true},
        {"17@boxkeeper.invalid.", true},
        {"17@sub.boxkeeper.invalid", true},
        {"17%boxkeeper.invalid", true},
        {"17%boxkeeper.invalid@d.example", true},
        {"boxkeeper.invalid!17", true},
        {"\"17@boxkeeper.invalid\"@d.example", true},
        {"17@boxkeeper.invalid@d.example", true},
        {"@boxkeeper.invalid:taro@d.example", true},
        {"taro@d.example", false},
        {"boxkeeper.invalid@d.example", false},
        {"taro@boxkeeper.invalid.example", false},
        {"taro@notboxkeeper.invalid", false},
        {"taro@boxkeeper.invalidated", false},
        {"taro@boxkeeper-invalid", false},
        {"taro@boxkeeper.invali", false},
        {"", false},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_msg(bk_address_is_internal(cases[i].text) == cases[i].want, "\"%s\": want %d",
                      cases[i].text, cases[i].want);
}
END_TEST

START_TEST(checks_what_administrators_type)
{
    static const struct {
        const char *text;
        enum bk_address_problem want;
    } cases[] = {
        {"taro@d.example", BK_ADDRESS_FINE},
        {"Taro.Y+x@D.Example", BK_ADDRESS_FINE},
        {"!#$%&'*+-/=?^_`{|}~@d.example", BK_ADDRESS_FINE},
        {"taro@1.2.example", BK_ADDRESS_FINE},
        {"taro@a-b.c1", BK_ADDRESS_FINE},
        {"taro", BK_ADDRESS_NO_AT},
        {"", BK_ADDRESS_NO_AT},
        {"@d.example", BK_ADDRESS_LOCAL_EMPTY},
        {X60 "xxxx@d.example", BK_ADDRESS_FINE},
        {X60 "xxxxx@d.example", BK_ADDRESS_LOCAL_LONG},
        {"a@b@d.example", BK_ADDRESS_LOCAL_CHARACTER},
        {".taro@d.example", BK_ADDRESS_LOCAL_CHARACTER},
        {"taro.@d.example", BK_ADDRESS_LOCAL_CHARACTER},
        {"ta..ro@d.example", BK_ADDRESS_LOCAL_CHARACTER},
        {"ta ro@d.example", BK_ADDRESS_LOCAL_CHARACTER},
        {"\"taro\"@d.example", BK_ADDRESS_LOCAL_CHARACTER},
        {"ta,ro@d.example", BK_ADDRESS_LOCAL_CHARACTER},
        {"t\xc3\x84@d.example", BK_ADDRESS_LOCAL_CHARACTER},
        {"ta\nro@d.example", BK_ADDRESS_LOCAL_CHARACTER},
        {"taro@", BK_ADDRESS_DOMAIN},
        {"taro@localhost", BK_ADDRESS_DOMAIN},
        {"taro@d.example.", BK_ADDRESS_DOMAIN},
        {"taro@.example", BK_ADDRESS_DOMAIN},
        {"taro@d..example", BK_ADDRESS_DOMAIN},
        {"taro@-d.example", BK_ADDRESS_DOMAIN},
        {"taro@d-.example", BK_ADDRESS_DOMAIN},
        {"taro@d_e.example", BK_ADDRESS_DOMAIN},
        {"taro@d.example,", BK_ADDRESS_DOMAIN},
        {"taro@192.0.2.1", BK_ADDRESS_DOMAIN},
        {"taro@[192.0.2.1]", BK_ADDRESS_DOMAIN},
        {"taro@" LABEL_63 ".example", BK_ADDRESS_FINE},
        {"taro@" LABEL_63 "x.example", BK_ADDRESS_DOMAIN},
        {"17@boxkeeper.invalid", BK_ADDRESS_INTERNAL},
        {"17@A.BOXKEEPER.INVALID", BK_ADDRESS_INTERNAL},
        {"17@xboxkeeper.invalid", BK_ADDRESS_FINE},
        /* 5 + 3 * 64 + 56, 57, 58 = 253, 254, 255 octets */
        {"taro@" LABEL_63 "." LABEL_63 "." LABEL_63 "." X10 X10 X10 X10 X10 "xxxx.a",
         BK_ADDRESS_FINE},
        {"taro@" LABEL_63 "." LABEL_63 "." LABEL_63 "." X10 X10 X10 X10 X10 "xxxxx.a",
         BK_ADDRESS_FINE},
        {"taro@" LABEL_63 "." LABEL_63 "." LABEL_63 "." X10 X10 X10 X10 X10 "xxxxxx.a",
         BK_ADDRESS_LONG},
        /* a domain of 255 and of 256 octets */
        {"taro@" LABEL_63 "." LABEL_63 "." LABEL_63 "." X60 ".aa", BK_ADDRESS_LONG},
        {"taro@" LABEL_63 "." LABEL_63 "." LABEL_63 "." X60 ".aaa", BK_ADDRESS_DOMAIN},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        enum bk_address_problem got = bk_address_check(cases[i].text);

        ck_assert_msg(got == cases[i].want, "\"%s\": got %d (%s), want %d", cases[i].text, got,
                      bk_address_problem_text(got), cases[i].want);
    }
}
END_TEST

static void compare_with_pattern(const char *characters, const char *expression)
{
    regex_t pattern;
    unsigned int fine = 0;

    ck_assert_int_eq(regcomp(&pattern, expression, REG_EXTENDED | REG_NOSUB), 0);
    for (int round = 0; round < 100000; round++) {
        char text[16];
        bool got, want;

        unit_random_text(characters, 9, text);
        got = bk_address_check(text) == BK_ADDRESS_FINE;
        want = regexec(&pattern, text, 0, NULL, 0) == 0;
        fine += got;
        ck_assert_msg(got == want, "\"%s\": got %d, want %d", text, got, want);
    }
    ck_assert_uint_gt(fine, 100);
    regfree(&pattern);
}

START_TEST(checks_like_a_regular_expression)
{
    compare_with_pattern("aB.@.-", "^[aB-]+(\\.[aB-]+)*@"
                                   "([aB]([aB-]*[aB])?\\.)+[aB]([aB-]*[aB])?$");
    compare_with_pattern("a1.@.", "^[a1]+(\\.[a1]+)*@([a1]+\\.)+[a1]*a[a1]*$");
}
END_TEST

START_TEST(domain_names_are_what_addresses_take)
{
    static const struct {
        const char *domain;
        bool want;
    } cases[] = {
        {"d.example", true},
        {"xn--wgv71a.jp", true},
        {"1.2.3.4", false},
        {"example", false},
        {"", false},
        {".", false},
        {"d.example.", false},
        {"boxkeeper.invalid", false},
        {"a.boxkeeper.invalid", false},
        {"d.example/x", false},
        {"d.4", false},
        {"d.4a", true},
        {"\xc3\x84.example", false},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_msg(bk_domain_name_is_valid(cases[i].domain) == cases[i].want, "\"%s\": want %d",
                      cases[i].domain, cases[i].want);
}
END_TEST

START_TEST(ascii_knows_letter_case)
{
    for (int character = -128; character < 128; character++) {
        char want = character >= 'A' && character <= 'Z' ? (char)(character + 32) : (char)character;

        ck_assert_int_eq(bk_ascii_lower((char)character), want);
    }
    ck_assert(bk_ascii_equal("KiB", "kIb"));
    ck_assert(!bk_ascii_equal("KiB", "Ki"));
    ck_assert(!bk_ascii_equal("Ki", "KiB"));
    ck_assert(bk_ascii_equal("", ""));
    ck_assert(!bk_ascii_equal("[", "{"));
    ck_assert_str_eq(bk_ascii_skip_prefix("ABCd", "abc"), "d");
    ck_assert_ptr_null(bk_ascii_skip_prefix("AB", "abc"));
    ck_assert(bk_ascii_contains("xxTaRo", "tarO"));
    ck_assert(bk_ascii_contains("ttaro", "taro"));
    ck_assert(!bk_ascii_contains("tar", "taro"));
    ck_assert(!bk_ascii_contains("taro", ""));
}
END_TEST

START_TEST(srs_forms)
{
    static const struct {
        const char *sender, *want;
    } cases[] = {
        {"SRS0=Xy1+=QB=A.example=Taro@mail.example", "taro@a.example"},
        {"srs0+Xy1+=QB=a.example=taro+ext@mail.example", "taro+ext@a.example"},
        {"SRS0-Xy1=QB=a.example=a=b@mail.example", "a=b@a.example"},
        {"taro@a.example", NULL},
        {"", NULL},
        {"srs0", NULL},
        {"srs0@mail.example", NULL},
        {"SRS0=Xy1=QB=a.example=@mail.example", NULL},
        {"SRS0=Xy1=QB==taro@mail.example", NULL},
        {"SRS0=Xy1=QB=taro@mail.example", NULL},
        {"SRS0.Xy1=QB=a.example=taro@mail.example", NULL},
        {"SRS0=Xy1=QB=a.example=taro", NULL},
        {"SRS1=Xy1=b.example==Zz2=QB=a.example=taro@mail.example", NULL},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *got = bk_address_from_srs(arena, cases[i].sender);

        ck_assert_msg(cases[i].want == NULL ? got == NULL
                                            : got != NULL && strcmp(got, cases[i].want) == 0,
                      "%s: got %s, want %s", cases[i].sender, got != NULL ? got : "(none)",
                      cases[i].want != NULL ? cases[i].want : "(none)");
    }
}
END_TEST

START_TEST(relay_forms)
{
    static const struct {
        const char *address, *want;
    } cases[] = {
        {"x@outside.example", "x=outside.example@fwd.boxkeeper.invalid"},
        {"x+y.z@outside.example", "x+y.z=outside.example@fwd.boxkeeper.invalid"},
        {"a=b@outside.example", "a=b=outside.example@fwd.boxkeeper.invalid"},
    };
    static const char *const none[] = {
        "x@outside.example",
        "x=outside.example@boxkeeper.invalid",
        "x@fwd.boxkeeper.invalid",
        "=outside.example@fwd.boxkeeper.invalid",
        "x=@fwd.boxkeeper.invalid",
        "@fwd.boxkeeper.invalid",
        "fwd.boxkeeper.invalid",
        "x=o.example@fwd.boxkeeper.invalid.example",
        "",
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *got = bk_address_to_relay(arena, cases[i].address);

        ck_assert_str_eq(got, cases[i].want);
        ck_assert(bk_address_is_internal(got));
        ck_assert_str_eq(bk_address_from_relay(arena, got), cases[i].address);
    }
    ck_assert_str_eq(bk_address_from_relay(arena, "X=O.Example@FWD.Boxkeeper.Invalid"),
                     "x@o.example");
    for (size_t i = 0; i < UNIT_COUNT(none); i++)
        ck_assert_msg(bk_address_from_relay(arena, none[i]) == NULL, "%s", none[i]);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        takes_apart,
        srs_forms,
        relay_forms,
        takes_long_ones_apart,
        plain_and_extended_fit_together,
        quotes_what_would_be_read_as_a_list,
        quoting_can_be_undone,
        knows_internal_forms,
        checks_what_administrators_type,
        checks_like_a_regular_expression,
        domain_names_are_what_addresses_take,
        ascii_knows_letter_case,
    };
    int status;

    arena = bk_arena_create();
    status = unit_run("address", tests, UNIT_COUNT(tests));
    bk_arena_destroy(&arena);
    return status;
}
