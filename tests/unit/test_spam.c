/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Scanner headers, settings and lists of senders become a verdict. */
#include "rules/spam.h"
#include "unit.h"

#include <string.h>

static struct bk_arena *arena;

static void set_up(void)
{
    arena = bk_arena_create();
}

static void tear_down(void)
{
    bk_arena_destroy(&arena);
}

static struct bk_plan plan(void)
{
    struct bk_plan made = unit_plan();

    made.spam_tag_allowed = made.spam_tag_text_settable = made.spam_sort_allowed = true;
    made.spam_actions_allowed = made.spam_lists_allowed = true;
    made.spam_tag_text = "[SPAM]";
    made.spam_folder = "Junk";
    made.spam_score_hundredths = 500;
    return made;
}

static struct bk_spam_settings nothing_set(void)
{
    return (struct bk_spam_settings){
        .score_hundredths = BK_SPAM_SCORE_OF_PLAN, .asian_mail = true, .non_english_mail = true};
}

START_TEST(reads_headers)
{
    static const struct {
        const char *name, *value;
        enum bk_spam_opinion want;
        bool want_score;
        int64_t want_hundredths;
        const char *want_text;
    } cases[] = {
        {"X-Spam", "Yes", BK_SPAM_YES, false, 0, NULL},
        {"x-spam-flag", " YES", BK_SPAM_YES, false, 0, NULL},
        {"X-Spam-Flag", "NO", BK_SPAM_NO, false, 0, NULL},
        {"X-Spam-Flag", "Yesterday", BK_SPAM_NO_OPINION, false, 0, NULL},
        {"X-Spam-Flag", "", BK_SPAM_NO_OPINION, false, 0, NULL},
        {"X-Spam-Score", "7.1", BK_SPAM_NO_OPINION, true, 710, "7.1"},
        {"X-Spam-Score", " 7.10 / 15.00", BK_SPAM_NO_OPINION, true, 710, "7.10"},
        {"X-Spam-Score", "5", BK_SPAM_NO_OPINION, true, 500, "5"},
        {"X-Spam-Score", "4.999", BK_SPAM_NO_OPINION, true, 499, "4.999"},
        {"X-Spam-Score", "5.000", BK_SPAM_NO_OPINION, true, 500, "5.000"},
        {"X-Spam-Score", "-0.3", BK_SPAM_NO_OPINION, true, -30, "-0.3"},
        {"X-Spam-Score", "-0.001", BK_SPAM_NO_OPINION, true, -1, "-0.001"},
        {"X-Spam-Score", "+3.", BK_SPAM_NO_OPINION, true, 300, "+3"},
        {"X-Spam-Score", "high", BK_SPAM_NO_OPINION, false, 0, NULL},
        {"X-Spam-Score", "-", BK_SPAM_NO_OPINION, false, 0, NULL},
        {"X-Spam-Score", "99999999999999999999", BK_SPAM_NO_OPINION, false, 0, NULL},
        {"X-Spam-Status", "Yes, score=7.1 required=5.0 tests=X", BK_SPAM_YES, true, 710, "7.1"},
        {"X-Spam-Status", "No, hits=-1.2 required=5.0", BK_SPAM_NO, true, -120, "-1.2"},
        {"X-Spam-Status", "No, required=5.0\r\n\tscore=4.0", BK_SPAM_NO, true, 400, "4.0"},
        {"X-Spam-Status", "No, myscore=9 required=5.0", BK_SPAM_NO, false, 0, NULL},
        {"X-Spamd-Result", "default: False [3.20 / 15.00]; R(1.0)[]", BK_SPAM_NO, true, 320,
         "3.20"},
        {"X-Spamd-Result", "default: True [ 16.1 / 15.00];", BK_SPAM_YES, true, 1610, "16.1"},
        {"X-Spamd-Result", "nonsense", BK_SPAM_NO_OPINION, false, 0, NULL},
        {"X-Spam-Level", "*****", BK_SPAM_NO_OPINION, false, 0, NULL},
        {"Subject", "Yes, score=7", BK_SPAM_NO_OPINION, false, 0, NULL},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_spam_scan got = {0};

        bk_spam_scan_header(arena, &got, cases[i].name, cases[i].value);
        ck_assert_msg(got.opinion == cases[i].want && got.has_score == cases[i].want_score &&
                          got.score_hundredths == cases[i].want_hundredths,
                      "%s: %s: got %d, %d, %lld", cases[i].name, cases[i].value, got.opinion,
                      got.has_score, (long long)got.score_hundredths);
        ck_assert_pstr_eq(got.score_text, cases[i].want_text);
    }
}
END_TEST

START_TEST(worst_of_several_headers_counts)
{
    struct bk_spam_scan scan = {0};

    bk_spam_scan_header(arena, &scan, "X-Spam-Flag", "YES");
    bk_spam_scan_header(arena, &scan, "X-Spam-Flag", "NO");
    bk_spam_scan_header(arena, &scan, "X-Spam-Score", "-1");
    bk_spam_scan_header(arena, &scan, "X-Spam-Score", "6.5");
    bk_spam_scan_header(arena, &scan, "X-Spam-Score", "0");
    ck_assert_int_eq(scan.opinion, BK_SPAM_YES);
    ck_assert_int_eq(scan.score_hundredths, 650);
    ck_assert_str_eq(scan.score_text, "6.5");
}
END_TEST

START_TEST(decides)
{
    static const char *const allowed[] = {"*@good.example", "friend@bad.example"};
    static const char *const blocked[] = {"@bad.example", "one@mixed.example", "x@good.example"};
    static const struct {
        enum bk_spam_opinion opinion;
        int64_t score; /* -1: none */
        bool score_decides;
        const char *sender;
        bool want;
        enum bk_spam_reason want_reason;
    } cases[] = {
        {BK_SPAM_NO_OPINION, -1, true, "a@x.example", false, BK_SPAM_BECAUSE_NOTHING},
        {BK_SPAM_YES, -1, true, "a@x.example", true, BK_SPAM_BECAUSE_SCANNER},
        {BK_SPAM_NO, -1, true, "a@x.example", false, BK_SPAM_BECAUSE_SCANNER},
        {BK_SPAM_NO_OPINION, 499, true, "a@x.example", false, BK_SPAM_BECAUSE_SCORE},
        {BK_SPAM_NO_OPINION, 500, true, "a@x.example", true, BK_SPAM_BECAUSE_SCORE},
        {BK_SPAM_NO_OPINION, 501, true, "a@x.example", true, BK_SPAM_BECAUSE_SCORE},
        {BK_SPAM_YES, 499, true, "a@x.example", false, BK_SPAM_BECAUSE_SCORE},
        {BK_SPAM_NO, 500, true, "a@x.example", true, BK_SPAM_BECAUSE_SCORE},
        {BK_SPAM_YES, 499, false, "a@x.example", true, BK_SPAM_BECAUSE_SCANNER},
        {BK_SPAM_NO, 500, false, "a@x.example", false, BK_SPAM_BECAUSE_SCANNER},
        {BK_SPAM_NO_OPINION, 500, false, "a@x.example", true, BK_SPAM_BECAUSE_SCORE},
        {BK_SPAM_YES, 9999, true, "A@GOOD.example", false, BK_SPAM_BECAUSE_ALLOWED},
        {BK_SPAM_YES, 9999, true, "friend@Bad.Example", false, BK_SPAM_BECAUSE_ALLOWED},
        {BK_SPAM_NO, 0, true, "a@bad.example", true, BK_SPAM_BECAUSE_BLOCKED},
        {BK_SPAM_NO, 0, true, "One@Mixed.example", true, BK_SPAM_BECAUSE_BLOCKED},
        {BK_SPAM_NO, 0, true, "two@mixed.example", false, BK_SPAM_BECAUSE_SCORE},
        {BK_SPAM_NO, 0, true, "a@sub.bad.example", false, BK_SPAM_BECAUSE_SCORE},
        {BK_SPAM_NO, 0, true, "a@notbad.example", false, BK_SPAM_BECAUSE_SCORE},
        {BK_SPAM_NO, 0, true, "x@good.example", false, BK_SPAM_BECAUSE_ALLOWED},
        {BK_SPAM_NO, 0, true, "", false, BK_SPAM_BECAUSE_SCORE},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_spam_filter filter = {.score_decides = cases[i].score_decides,
                                        .score_hundredths = 500,
                                        .allowed = allowed,
                                        .allowed_count = UNIT_COUNT(allowed),
                                        .blocked = blocked,
                                        .blocked_count = UNIT_COUNT(blocked)};
        struct bk_spam_scan scan = {.opinion = cases[i].opinion,
                                    .has_score = cases[i].score != -1,
                                    .score_hundredths = cases[i].score,
                                    .score_text = "?"};
        const char *senders[] = {"other@x.example", cases[i].sender};
        struct bk_spam_verdict got = bk_spam_decide(arena, &filter, &scan, senders, 2);

        ck_assert_msg(got.spam == cases[i].want && got.reason == cases[i].want_reason,
                      "case %zu (%s): got %d because %d", i, cases[i].sender, got.spam, got.reason);
        ck_assert(got.tag == NULL && got.folder == NULL && !got.discard);
    }
}
END_TEST

START_TEST(does_what_is_in_force)
{
    static const struct {
        bool tag, sort, discard;
        const char *want_tag, *want_folder;
        bool want_discard;
        enum bk_spam_action want_action;
    } cases[] = {
        {false, false, false, NULL, NULL, false, BK_SPAM_ACTION_OFF},
        {true, false, false, "[SPAM]", NULL, false, BK_SPAM_ACTION_TAG},
        {false, true, false, NULL, "Junk", false, BK_SPAM_ACTION_MOVE},
        {true, true, false, "[SPAM]", "Junk", false, BK_SPAM_ACTION_MOVE},
        {true, true, true, NULL, NULL, true, BK_SPAM_ACTION_DELETE},
    };
    struct bk_spam_scan spam = {.opinion = BK_SPAM_YES}, ham = {.opinion = BK_SPAM_NO};
    struct bk_plan open = plan();

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_spam_settings settings = nothing_set();
        struct bk_spam_filter filter;
        struct bk_spam_verdict got;

        settings.is_set = true;
        settings.tag = cases[i].tag;
        settings.sort = cases[i].sort;
        settings.discard = cases[i].discard;
        filter = bk_spam_filter(&open, &settings);
        ck_assert_int_eq(bk_spam_filter_action(&filter), cases[i].want_action);
        got = bk_spam_decide(arena, &filter, &spam, NULL, 0);
        ck_assert(got.spam && got.discard == cases[i].want_discard);
        ck_assert_pstr_eq(got.tag, cases[i].want_tag);
        ck_assert_pstr_eq(got.folder, cases[i].want_folder);
        got = bk_spam_decide(arena, &filter, &ham, NULL, 0);
        ck_assert(!got.spam && !got.discard && got.tag == NULL && got.folder == NULL);
    }
}
END_TEST

START_TEST(plan_has_the_last_word)
{
    static const char *const list[] = {"@x.example"};
    struct bk_spam_settings settings = {.is_set = true,
                                        .tag = true,
                                        .tag_text = "mine",
                                        .sort = true,
                                        .discard = true,
                                        .score_hundredths = 100,
                                        .allowed = list,
                                        .allowed_count = 1,
                                        .blocked = list,
                                        .blocked_count = 1};
    struct bk_plan of_account = plan();
    struct bk_spam_filter got = bk_spam_filter(&of_account, &settings);

    ck_assert(got.tag && got.discard && got.score_decides && got.score_hundredths == 100);
    ck_assert_str_eq(got.tag_text, "mine");
    ck_assert_str_eq(got.folder, "Junk");
    ck_assert(got.allowed_count == 1 && got.blocked_count == 1);
    of_account.spam_actions_allowed = of_account.spam_lists_allowed = false;
    of_account.spam_tag_text_settable = of_account.spam_sort_allowed = false;
    got = bk_spam_filter(&of_account, &settings);
    ck_assert(got.tag && !got.discard && !got.score_decides && got.score_hundredths == 500);
    ck_assert_str_eq(got.tag_text, "[SPAM]");
    ck_assert(got.folder == NULL && got.allowed_count == 0 && got.blocked_count == 0);
    of_account.spam_tag_allowed = false;
    ck_assert(!bk_spam_filter(&of_account, &settings).tag);
    settings = nothing_set();
    of_account = plan();
    got = bk_spam_filter(&of_account, &settings);
    ck_assert(!got.tag && got.folder == NULL && !got.discard && got.score_hundredths == 500);
    of_account.spam_tag_default = of_account.spam_sort_default = true;
    got = bk_spam_filter(&of_account, &settings);
    ck_assert(got.tag && got.folder != NULL);
}
END_TEST

START_TEST(actions_are_switches)
{
    struct bk_spam_settings settings = nothing_set();

    bk_spam_set_action(&settings, BK_SPAM_ACTION_TAG);
    ck_assert(settings.tag && !settings.sort && !settings.discard);
    bk_spam_set_action(&settings, BK_SPAM_ACTION_MOVE);
    ck_assert(settings.tag && settings.sort && !settings.discard);
    bk_spam_set_action(&settings, BK_SPAM_ACTION_DELETE);
    ck_assert(settings.tag && settings.sort && settings.discard);
    bk_spam_set_action(&settings, BK_SPAM_ACTION_OFF);
    ck_assert(!settings.tag && !settings.sort && !settings.discard);
}
END_TEST

START_TEST(fills_in_the_score)
{
    static const struct {
        const char *text;
        bool has_score;
        const char *want;
    } cases[] = {
        {"****SPAM(_SCORE_)****", true, "****SPAM(7.1)****"},
        {"_SCORE__SCORE_", true, "7.17.1"},
        {"_SCORE", true, "_SCORE"},
        {"[%s]", true, "[%s]"},
        {"(_SCORE_)", false, "(-)"},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_spam_filter filter = {.tag = true, .tag_text = cases[i].text};
        struct bk_spam_scan scan = {.opinion = BK_SPAM_YES,
                                    .has_score = cases[i].has_score,
                                    .score_hundredths = 710,
                                    .score_text = "7.1"};

        ck_assert_str_eq(bk_spam_decide(arena, &filter, &scan, NULL, 0).tag, cases[i].want);
    }
}
END_TEST

START_TEST(checks_what_is_typed)
{
    static const struct {
        const char *text;
        bool want;
    } patterns[] = {
        {"a@b.example", true},
        {"A@B.Example", true},
        {"@b.example", true},
        {"*@b.example", true},
        {"*", false},
        {"b.example", false},
        {"@", false},
        {"*@", false},
        {"@b", false},
        {"a*@b.example", false},
        {"**@b.example", false},
        {"a@*.example", false},
        {"", false},
        {"a@b.example ", false},
        {"@boxkeeper.invalid", false},
    };
    static const struct {
        const char *text;
        bool want;
        int64_t want_hundredths;
    } scores[] = {
        {"5", true, 500},        {"5.0", true, 500},   {"5.00", true, 500}, {"4.99", true, 499},
        {"0", true, 0},          {"-1.5", true, -150}, {"5.001", false, 1}, {"5,0", false, 1},
        {"5.", false, 1},        {".5", false, 1},     {"", false, 1},      {"five", false, 1},
        {"999.99", true, 99999}, {"1000", false, 1},   {"5 ", false, 1},    {"1e1", false, 1},
    };
    char tag[BK_SPAM_TAG_MAXIMUM_BYTES + 2];

    for (size_t i = 0; i < UNIT_COUNT(patterns); i++)
        ck_assert_msg(bk_spam_pattern_is_valid(patterns[i].text) == patterns[i].want, "%s",
                      patterns[i].text);
    for (size_t i = 0; i < UNIT_COUNT(scores); i++) {
        int64_t got = 1;

        ck_assert_msg(bk_spam_score_parse(scores[i].text, &got) == scores[i].want &&
                          got == scores[i].want_hundredths,
                      "%s: got %lld", scores[i].text, (long long)got);
    }
    memset(tag, 'x', sizeof(tag));
    tag[BK_SPAM_TAG_MAXIMUM_BYTES] = '\0';
    ck_assert(bk_spam_tag_text_is_valid(tag));
    tag[BK_SPAM_TAG_MAXIMUM_BYTES] = 'x';
    tag[BK_SPAM_TAG_MAXIMUM_BYTES + 1] = '\0';
    ck_assert(!bk_spam_tag_text_is_valid(tag));
    ck_assert(!bk_spam_tag_text_is_valid(""));
    ck_assert(!bk_spam_tag_text_is_valid("a\r\nBcc: x"));
    ck_assert(bk_spam_tag_text_is_valid("[迷惑]"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {reads_headers,
                                  worst_of_several_headers_counts,
                                  decides,
                                  does_what_is_in_force,
                                  plan_has_the_last_word,
                                  actions_are_switches,
                                  fills_in_the_score,
                                  checks_what_is_typed};
    int status;

    set_up();
    status = unit_run("spam", tests, UNIT_COUNT(tests));
    tear_down();
    return status;
}
