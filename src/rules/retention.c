/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/retention.h"

#include "rules/text.h"
#include "rules/usage.h"

#include <string.h>

#define ALL_MARKS ((unsigned int)(BK_MARK_ARCHIVE | BK_MARK_TRASH | BK_MARK_JUNK))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *bk_retention_doubt_text(enum bk_retention_doubt doubt)
{
    switch (doubt) {
    case BK_DOUBT_NONE:
        break;
    case BK_DOUBT_SETTINGS:
        return N_("the settings can't be read");
    case BK_DOUBT_UNKNOWN_ACCOUNT:
        return N_("the settings do not know this account");
    case BK_DOUBT_TWO_ARCHIVES:
        return N_("two folders are marked \\Archive");
    case BK_DOUBT_TWO_TRASHES:
        return N_("two folders are marked \\Trash");
    case BK_DOUBT_TWO_JUNKS:
        return N_("two folders are marked \\Junk");
    case BK_DOUBT_MARK_ON_INBOX:
        return N_("INBOX is marked as archive, trash or junk folder");
    case BK_DOUBT_MIXED_MARKS:
        return N_("a folder has two marks, or the mark of one kind and the name of another");
    case BK_DOUBT_CLOCK_BACK:
        return N_("the clock is more than an hour behind the newest time on record; if it is "
                  "right, use `boxkeeper retention run --clock-ok`");
    case BK_DOUBT_CLOCK_FORWARD:
        return N_("the clock is more than 40 days ahead of the last completed run; if it is right, "
                  "use `boxkeeper retention run --clock-ok`");
    }
    return N_("no doubt");
}

/* ---- folders ---- */

static unsigned int marks_of(const struct bk_folder *folder)
{
    return folder->is_private ? folder->marks & ALL_MARKS : 0;
}

static bool has_two_marks(const struct bk_folder *folder)
{
    unsigned int marks = marks_of(folder);

    return (marks & (marks - 1)) != 0;
}

/* A folder that has the name of one kind and the mark of another. */
static bool is_misnamed(const struct bk_folder *folder)
{
    unsigned int marks = marks_of(folder);

    return (strcmp(folder->name, "Archive") == 0 &&
            (marks & ~(unsigned int)BK_MARK_ARCHIVE) != 0) ||
           (strcmp(folder->name, "Trash") == 0 && (marks & ~(unsigned int)BK_MARK_TRASH) != 0);
}

static size_t count_marked(const struct bk_folder *folders, size_t count, enum bk_mark mark)
{
    size_t marked = 0;

    for (size_t i = 0; i < count; i++)
        marked += (marks_of(&folders[i]) & mark) != 0;
    return marked;
}

static enum bk_retention_doubt folder_doubt(const struct bk_folder *folders, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (folders[i].is_inbox && marks_of(&folders[i]) != 0)
            return BK_DOUBT_MARK_ON_INBOX;
        if (has_two_marks(&folders[i]) || is_misnamed(&folders[i]))
            return BK_DOUBT_MIXED_MARKS;
    }
    if (count_marked(folders, count, BK_MARK_ARCHIVE) > 1)
        return BK_DOUBT_TWO_ARCHIVES;
    if (count_marked(folders, count, BK_MARK_TRASH) > 1)
        return BK_DOUBT_TWO_TRASHES;
    if (count_marked(folders, count, BK_MARK_JUNK) > 1)
        return BK_DOUBT_TWO_JUNKS;
    return BK_DOUBT_NONE;
}

/* The folder with this mark, else the unmarked one of this name (NULL: of none), else -1. */
static int find_folder(const struct bk_folder *folders, size_t count, enum bk_mark mark,
                       const char *name)
{
    int by_name = -1;

    for (size_t i = 0; i < count; i++) {
        if ((marks_of(&folders[i]) & mark) != 0)
            return (int)i;
        if (name != NULL && folders[i].is_private && !folders[i].is_inbox &&
            strcmp(folders[i].name, name) == 0)
            by_name = (int)i;
    }
    return by_name;
}

static int find_inbox(const struct bk_folder *folders, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (folders[i].is_inbox && folders[i].is_private)
            return (int)i;
    return -1;
}

static void find_more_trash(const struct bk_plan *plan, const struct bk_folder *folders,
                            size_t count, struct bk_retention_folders *chosen)
{
    for (size_t i = 0; i < count && chosen->more_trash_count < COUNT(chosen->more_trash); i++) {
        if (!folders[i].is_private || folders[i].is_inbox || marks_of(&folders[i]) != 0)
            continue;
        if ((int)i == chosen->archive || (int)i == chosen->trash)
            continue;
        if (bk_plan_lists(plan->trash_names, folders[i].name))
            chosen->more_trash[chosen->more_trash_count++] = (int)i;
    }
}

struct bk_retention_folders bk_retention_choose(const struct bk_plan *plan,
                                                const struct bk_folder *folders, size_t count)
{
    struct bk_retention_folders chosen = {.inbox = -1, .archive = -1, .trash = -1, .junk = -1};

    chosen.doubt = folder_doubt(folders, count);
    if (chosen.doubt != BK_DOUBT_NONE)
        return chosen;
    chosen.inbox = find_inbox(folders, count);
    chosen.archive = find_folder(folders, count, BK_MARK_ARCHIVE, "Archive");
    chosen.trash = find_folder(folders, count, BK_MARK_TRASH, "Trash");
    chosen.junk = find_folder(folders, count, BK_MARK_JUNK, NULL);
    find_more_trash(plan, folders, count, &chosen);
    return chosen;
}

/* ---- durations ---- */

static int64_t first_set(int64_t account, int64_t domain, int64_t plan)
{
    if (account != BK_INHERIT)
        return account;
    return domain != BK_INHERIT ? domain : plan;
}

struct bk_retention_durations bk_retention_durations(const struct bk_account *account)
{
    const struct bk_domain *domain = account->domain;
    const struct bk_plan *plan = domain->plan;
    struct bk_retention_durations durations = {0};

    if (plan->retention_kind == BK_RETENTION_ANY) {
        durations.archive_seconds = first_set(account->archive_seconds, domain->archive_seconds,
                                              plan->archive_seconds);
        durations.trash_seconds = first_set(account->trash_seconds, domain->trash_seconds,
                                            plan->trash_seconds);
        durations.junk_seconds = first_set(account->junk_seconds, domain->junk_seconds,
                                           plan->junk_seconds);
    } else if (plan->retention_kind == BK_RETENTION_FIXED) {
        durations.archive_seconds = plan->archive_seconds;
        durations.trash_seconds = plan->trash_seconds;
        durations.junk_seconds = plan->junk_seconds;
    }
    return durations;
}

enum bk_retention_rest bk_retention_rest(const struct bk_account *account)
{
    if (account->hold_reason != NULL)
        return BK_REST_HOLD;
    if (account->state == BK_ACCOUNT_DELETING)
        return BK_REST_DELETING;
    return bk_account_is_suspended(account) ? BK_REST_SUSPENDED : BK_REST_NO;
}

/* ---- the clock ---- */

enum bk_retention_doubt bk_retention_clock_doubt(int64_t now, int64_t newest_time, int64_t last_run,
                                                 bool clock_ok)
{
    if (clock_ok)
        return BK_DOUBT_NONE;
    if (newest_time > bk_add_saturating(now, BK_DOUBT_BACK_SECONDS))
        return BK_DOUBT_CLOCK_BACK;
    if (last_run > 0 && now > bk_add_saturating(last_run, BK_DOUBT_FORWARD_SECONDS))
        return BK_DOUBT_CLOCK_FORWARD;
    return BK_DOUBT_NONE;
}

int64_t bk_retention_stored_at(int64_t save_date, int64_t folder_renamed_at)
{
    return save_date > folder_renamed_at ? save_date : folder_renamed_at;
}

bool bk_retention_is_due(int64_t stored_at, int64_t seconds, int64_t now)
{
    return seconds > 0 && stored_at > 0 && now >= bk_add_saturating(stored_at, seconds);
}

int64_t bk_retention_next_due(int64_t oldest_stored_at, int64_t seconds)
{
    if (seconds <= 0 || oldest_stored_at <= 0)
        return INT64_MAX;
    return bk_add_saturating(oldest_stored_at, seconds);
}

bool bk_retention_full_look_due(int64_t last_full_look, int64_t now)
{
    if (last_full_look <= 0 || last_full_look > now)
        return true;
    return now - last_full_look >= BK_RETENTION_FULL_LOOK_SECONDS;
}

enum bk_retention_need bk_retention_need(int64_t oldest_stored_at, int64_t full_look_at,
                                         int64_t seconds, int64_t now)
{
    if (seconds <= 0 || oldest_stored_at <= 0)
        return BK_NEED_NOTHING;
    if (bk_retention_is_due(oldest_stored_at, seconds, now))
        return BK_NEED_DUE;
    return bk_retention_full_look_due(full_look_at, now) ? BK_NEED_FULL_LOOK : BK_NEED_NOTHING;
}
