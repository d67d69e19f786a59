/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* The mail in which an account is warned, in each language. */
#include "rules/warning_mail.h"
#include "unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define GIB (INT64_C(1024) * 1024 * 1024)

static struct unit_world world;
static struct bk_account *taro;
static struct bk_arena *arena;

static const char *mail_in(const char *language, enum bk_warning warning, int64_t used_bytes)
{
    unit_world_init(&world);
    taro = unit_world_add(&world, "taro@d.example");
    taro->id = 17;
    taro->capacity_bytes = 5 * GIB;
    taro->language = language;
    bk_arena_clear(arena);
    return bk_warning_mail(arena, taro, warning, used_bytes, 1795692624,
                           "Thu, 26 Nov 2026 11:30:24 +0000");
}

START_TEST(the_whole_message)
{
    ck_assert_str_eq(
        mail_in("en", BK_WARNING_80, 4 * GIB + GIB / 5 + 1),
        "Date: Thu, 26 Nov 2026 11:30:24 +0000\r\n"
        "From: postmaster@d.example\r\n"
        "To: taro@d.example\r\n"
        "Subject: Your mailbox is 84% full\r\n"
        "Message-ID: <warning.17.80.1795692624@d.example>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n"
        "Content-Language: en\r\n"
        "\r\n"
        "The mailbox taro@d.example is 84% full: 4.2 GB of 5.0 GB are in use.\r\n"
        "\r\n"
        "When it is full, new messages will be refused, and their senders are told.\r\n"
        "\r\n"
        "This is how you make room:\r\n"
        "\r\n"
        "- Delete messages that you no longer need, large ones first.\r\n"
        "- Empty the trash: what lies there counts too.\r\n"
        "- Save large attachments on your computer and delete the messages.\r\n"
        "\r\n"
        "If you need more room, ask the administrator of your mail: postmaster@d.example\r\n"
        "\r\n"
        "This message was written by the mail server. Please do not reply to it.\r\n");
}
END_TEST

static const char *const languages[] = {"ja", "en", "fr", "de", "it", "pt", "es"};

/* What has to be right about any of them. */
static void check_lines(const char *mail, const char *name)
{
    for (const char *line = mail; *line != '\0';) {
        const char *end = strstr(line, "\r\n");

        ck_assert_msg(end != NULL, "%s: a line without its end", name);
        ck_assert_msg(line[0] != '.', "%s: a dot at the beginning of a line", name);
        ck_assert_msg(end - line <= 240, "%s: a long line", name);
        ck_assert_msg(memchr(line, '\n', (size_t)(end - line)) == NULL, "%s: a bare LF", name);
        line = end + 2;
    }
    ck_assert_msg(strchr(mail, '{') == NULL && strchr(mail, '}') == NULL, "%s: not filled in",
                  name);
}

START_TEST(in_each_language)
{
    for (size_t i = 0; i < UNIT_COUNT(languages); i++)
        for (int warning = BK_WARNING_BELOW; warning < BK_WARNING_COUNT; warning++) {
            const char *mail = mail_in(languages[i], (enum bk_warning)warning,
                                       warning == BK_WARNING_95 ? 5 * GIB : 3 * GIB + GIB / 2);
            bool comma = strcmp(languages[i], "ja") != 0 && strcmp(languages[i], "en") != 0;
            const char *body = strstr(mail, "\r\n\r\n");

            check_lines(mail, languages[i]);
            ck_assert_ptr_nonnull(body);
            for (const char *at = mail; at < body; at++)
                ck_assert_msg((unsigned char)*at < 0x80, "%s: header", languages[i]);
            ck_assert_msg(strstr(body, "taro@d.example") != NULL, "%s: address", languages[i]);
            ck_assert_msg(strstr(body, comma ? "5,0 GB" : "5.0 GB") != NULL, "%s: limit",
                          languages[i]);
            if (warning != BK_WARNING_95)
                ck_assert_msg(strstr(body, comma ? "3,5 GB" : "3.5 GB") != NULL, "%s: usage",
                              languages[i]);
            ck_assert_msg(strstr(body, warning == BK_WARNING_95 ? "100" : "70") != NULL,
                          "%s: percent", languages[i]);
            ck_assert_msg((strstr(body, "postmaster@d.example") != NULL) ==
                              (warning != BK_WARNING_BELOW),
                          "%s: whom to ask", languages[i]);
        }
}
END_TEST

START_TEST(languages_differ)
{
    for (size_t i = 0; i < UNIT_COUNT(languages); i++)
        for (size_t j = 0; j < i; j++) {
            char *one = strdup(strstr(mail_in(languages[i], BK_WARNING_80, 4 * GIB), "\r\n\r\n"));

            ck_assert_str_ne(one,
                             strstr(mail_in(languages[j], BK_WARNING_80, 4 * GIB), "\r\n\r\n"));
            free(one);
        }
    ck_assert_ptr_nonnull(strstr(mail_in("xx", BK_WARNING_80, 4 * GIB), "Content-Language: en"));
    ck_assert_ptr_nonnull(strstr(mail_in(NULL, BK_WARNING_80, 4 * GIB), "Content-Language: en"));
}
END_TEST

START_TEST(says_when_it_is_full)
{
    const char *soon = "new messages will be refused", *full = "It takes no new messages now";

    ck_assert_ptr_nonnull(strstr(mail_in("en", BK_WARNING_95, 5 * GIB - 1), soon));
    ck_assert_ptr_nonnull(strstr(mail_in("en", BK_WARNING_95, 5 * GIB), full));
    ck_assert_ptr_nonnull(strstr(mail_in("en", BK_WARNING_95, 5 * GIB + 1), full));
    ck_assert_ptr_null(strstr(mail_in("en", BK_WARNING_BELOW, GIB), soon));
}
END_TEST

START_TEST(sizes)
{
    static const struct {
        int64_t bytes;
        const char *want;
    } cases[] = {
        {0, " 0.0 KB of"},           {1023, " 0.9 KB of"},
        {1024, " 1.0 KB of"},        {1024 * 1024 - 1, " 1023.9 KB of"},
        {1024 * 1024, " 1.0 MB of"}, {1024 * 1024 * 11 / 10, " 1.0 MB of"}, /* rounded down */
        {GIB - 1, " 1023.9 MB of"},  {GIB, " 1.0 GB of"},
        {1024 * GIB, " 1.0 TB of"},  {INT64_MAX, " 8388607.9 TB of"},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_msg(strstr(mail_in("en", BK_WARNING_80, cases[i].bytes), cases[i].want) != NULL,
                      "%" PRId64 ": want%s", cases[i].bytes, cases[i].want);
}
END_TEST

START_TEST(headers)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", ""},
        {"plain = text?", "plain = text?"},
        {"é", "=?UTF-8?B?w6k=?="},
        {"あ", "=?UTF-8?B?44GC?="},
        {"aé", "=?UTF-8?B?YcOp?="},
        /* 13 characters of three bytes are 39. */
        {"ああああああああああああああ",
         "=?UTF-8?B?44GC44GC44GC44GC44GC44GC44GC44GC44GC44GC44GC44GC44GC?=\r\n"
         " =?UTF-8?B?44GC?="},
        /* 39 bytes would end within a character. */
        {"aああああああああああああああ",
         "=?UTF-8?B?YeOBguOBguOBguOBguOBguOBguOBguOBguOBguOBguOBguOBgg==?=\r\n"
         " =?UTF-8?B?44GC44GC?="},
    };

    bk_arena_clear(arena);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_str_eq(bk_mail_encode_header(arena, cases[i].text), cases[i].want);
}
END_TEST

START_TEST(prefix_domains_have_a_postmaster_too)
{
    unit_world_init(&world);
    taro = unit_world_add(&world, "aaa_taro@d.example");
    taro->capacity_bytes = GIB;
    world.domain.login_prefix = "aaa";
    ck_assert_ptr_nonnull(strstr(bk_warning_mail(arena, taro, BK_WARNING_80, GIB, 5, "today"),
                                 "From: aaa_postmaster@d.example\r\n"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_whole_message,
        in_each_language,
        languages_differ,
        says_when_it_is_full,
        sizes,
        headers,
        prefix_domains_have_a_postmaster_too,
    };
    int status;

    arena = bk_arena_create();
    status = unit_run("warning_mail", tests, UNIT_COUNT(tests));
    bk_arena_destroy(&arena);
    return status;
}
