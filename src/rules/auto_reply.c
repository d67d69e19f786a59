/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/auto_reply.h"

#include "rules/text.h"

#include <string.h>

bool bk_auto_reply_is_on(const struct bk_account *account)
{
    return account->auto_reply && account->domain->plan->auto_reply_allowed;
}

int64_t bk_auto_reply_interval(const struct bk_plan *plan, const struct bk_auto_reply *reply)
{
    return reply->interval_seconds != BK_INHERIT ? reply->interval_seconds
                                                 : plan->auto_reply_interval_seconds;
}

enum bk_auto_reply_decision bk_auto_reply_decide(const struct bk_account *account,
                                                 const struct bk_auto_reply *reply,
                                                 const char *today, bool is_spam, bool from_itself)
{
    bool limited = strcmp(reply->from_date, reply->until_date) != 0;

    if (!bk_auto_reply_is_on(account))
        return BK_AUTO_REPLY_OFF;
    if (is_spam)
        return BK_AUTO_REPLY_SPAM;
    if (from_itself)
        return BK_AUTO_REPLY_TO_ITSELF;
    if (limited && *reply->from_date != '\0' && strcmp(today, reply->from_date) < 0)
        return BK_AUTO_REPLY_NOT_YET;
    if (limited && *reply->until_date != '\0' && strcmp(today, reply->until_date) > 0)
        return BK_AUTO_REPLY_OVER;
    return BK_AUTO_REPLY_ANSWER;
}

/* ---- what may be set ---- */

/* `count` digits of `text` as a number; -1 if there are not so many. */
static int read_number(const char *text, int count)
{
    int number = 0;

    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && is_leap);
}

/* "" or YYYY-MM-DD, a day that there is. */
static bool is_date(const char *text)
{
    int year, month, day;

    if (*text == '\0')
        return true;
    if (strlen(text) != strlen("YYYY-MM-DD") || text[4] != '-' || text[7] != '-')
        return false;
    year = read_number(text, 4);
    month = read_number(text + 5, 2);
    day = read_number(text + 8, 2);
    return year >= 1970 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days_of_month(year, month);
}

static bool has_control(const char *text, const char *except)
{
    for (; *text != '\0'; text++)
        if (((unsigned char)*text < 0x20 || *text == 0x7F) && strchr(except, *text) == NULL)
            return true;
    return false;
}

/* Also the full-width blank U+3000, which is what an empty Japanese text consists of. */
static bool is_blank(const char *text)
{
    while (*text != '\0') {
        if (strchr(" \t\r\n", *text) != NULL)
            text++;
        else if (strncmp(text, "\xE3\x80\x80", 3) == 0)
            text += 3;
        else
            return false;
    }
    return true;
}

static enum bk_auto_reply_problem check_texts(const struct bk_plan *plan,
                                              const struct bk_auto_reply *reply, int64_t body_width)
{
    if (is_blank(reply->subject))
        return BK_AUTO_REPLY_SUBJECT_EMPTY;
    if (has_control(reply->subject, "") ||
        strlen(reply->subject) > BK_AUTO_REPLY_SUBJECT_MAXIMUM_BYTES)
        return BK_AUTO_REPLY_SUBJECT_LINE;
    if (is_blank(reply->body))
        return BK_AUTO_REPLY_BODY_EMPTY;
    if (has_control(reply->body, "\t\r\n"))
        return BK_AUTO_REPLY_BODY_CONTROL;
    if ((plan->auto_reply_width_maximum > 0 && body_width > plan->auto_reply_width_maximum) ||
        strlen(reply->body) > BK_AUTO_REPLY_BODY_MAXIMUM_BYTES)
        return BK_AUTO_REPLY_BODY_WIDE;
    return BK_AUTO_REPLY_FINE;
}

enum bk_auto_reply_problem bk_auto_reply_check(const struct bk_plan *plan,
                                               const struct bk_auto_reply *reply,
                                               int64_t body_width)
{
    enum bk_auto_reply_problem problem;

    if (!plan->auto_reply_allowed)
        return BK_AUTO_REPLY_NOT_ALLOWED;
    problem = check_texts(plan, reply, body_width);
    if (problem != BK_AUTO_REPLY_FINE)
        return problem;
    if (!is_date(reply->from_date) || !is_date(reply->until_date))
        return BK_AUTO_REPLY_DATE;
    if (*reply->from_date != '\0' && *reply->until_date != '\0' &&
        strcmp(reply->until_date, reply->from_date) < 0)
        return BK_AUTO_REPLY_DATE_ORDER;
    return reply->interval_seconds == 0 ? BK_AUTO_REPLY_INTERVAL : BK_AUTO_REPLY_FINE;
}

const char *bk_auto_reply_problem_text(enum bk_auto_reply_problem problem)
{
    switch (problem) {
    case BK_AUTO_REPLY_FINE:
        break;
    case BK_AUTO_REPLY_NOT_ALLOWED:
        return N_("the plan has no auto-reply");
    case BK_AUTO_REPLY_SUBJECT_EMPTY:
        return N_("the subject is empty: give --subject TEXT");
    case BK_AUTO_REPLY_SUBJECT_LINE:
        return N_("the subject is not one line of at most 500 bytes");
    case BK_AUTO_REPLY_BODY_EMPTY:
        return N_("the text is empty: give --body TEXT or --body-file FILE");
    case BK_AUTO_REPLY_BODY_CONTROL:
        return N_("the text has control characters");
    case BK_AUTO_REPLY_BODY_WIDE:
        return N_("the text is too long: a full-width character counts as two");
    case BK_AUTO_REPLY_DATE:
        return N_("a date is not a day such as 2027-01-31");
    case BK_AUTO_REPLY_DATE_ORDER:
        return N_("the last day comes before the first");
    case BK_AUTO_REPLY_INTERVAL:
        return N_("the interval can't be 0: say 7d, 12h or 30m");
    }
    return N_("it is fine");
}
