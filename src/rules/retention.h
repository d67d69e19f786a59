/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What is due, when the next thing is due, and when to doubt and do nothing (PRODUCT.md section 7).
 * Here is no folder, no mail and no clock: names, marks and times come in, verdicts go out.
 */
#ifndef BK_RULES_RETENTION_H
#define BK_RULES_RETENTION_H

#include "rules/account.h"
#include "rules/lookup.h"

/* Special-use marks of a folder (RFC 6154 section 2), as far as retention cares. */
enum bk_mark { BK_MARK_ARCHIVE = 1, BK_MARK_TRASH = 2, BK_MARK_JUNK = 4 };

struct bk_folder {
    const char *name;   /* UTF-8, Dovecot's virtual name */
    unsigned int marks; /* enum bk_mark, or-ed */
    bool is_inbox;
    bool is_private; /* in the user's own, private namespace */
};

enum bk_retention_doubt {
    BK_DOUBT_NONE = 0,
    BK_DOUBT_SETTINGS,        /* settings could not be read */
    BK_DOUBT_UNKNOWN_ACCOUNT, /* settings do not know the user */
    BK_DOUBT_TWO_ARCHIVES,    /* two folders with the same mark */
    BK_DOUBT_TWO_TRASHES,
    BK_DOUBT_TWO_JUNKS,
    BK_DOUBT_MARK_ON_INBOX,
    BK_DOUBT_MIXED_MARKS,   /* two marks on one folder, or \Trash or \Junk on "Archive", … */
    BK_DOUBT_CLOCK_BACK,    /* over an hour before the newest time on record */
    BK_DOUBT_CLOCK_FORWARD, /* over 40 days after the last completed run of this host */
};
#define BK_DOUBT_BACK_SECONDS INT64_C(3600)
#define BK_DOUBT_FORWARD_SECONDS (INT64_C(40) * 86400)

/* English, for gettext and the log. */
const char *bk_retention_doubt_text(enum bk_retention_doubt doubt);

/*
 * The folders that retention is about, by index into the list; -1 = there is none. Only private
 * folders count. `archive`: the marked one, else one called "Archive", else -1 (to be created as
 * "Archive"). `trash`: the marked one, else one called "Trash"; `more_trash` are the plan's further
 * names (at most 8; a folder with a mark is what the mark says). `junk`: only a marked one. Never a
 * child folder by itself, never INBOX. What is archived must not end in a trash: a folder that is
 * the archive by its name and the trash by its mark, or has two marks, is a doubt.
 */
struct bk_retention_folders {
    enum bk_retention_doubt doubt; /* then the rest does not count: nothing is touched */
    int inbox, archive, trash, junk;
    int more_trash[8];
    size_t more_trash_count;
};
struct bk_retention_folders bk_retention_choose(const struct bk_plan *plan,
                                                const struct bk_folder *folders, size_t count);

/* Durations in force: account over domain over plan, as far as the plan lets them be set. 0 =
 * never. */
struct bk_retention_durations {
    int64_t archive_seconds;
    int64_t trash_seconds;
    int64_t junk_seconds;
};
struct bk_retention_durations bk_retention_durations(const struct bk_account *account);

/* Does retention rest for this account? Hold, suspension and a deletion in progress stop it. */
enum bk_retention_rest { BK_REST_NO = 0, BK_REST_HOLD, BK_REST_SUSPENDED, BK_REST_DELETING };
enum bk_retention_rest bk_retention_rest(const struct bk_account *account);

/*
 * Is the clock to be trusted? `newest_time` is the newest time on record, `last_run` when a run of
 * this host completed last; 0 = nothing on record. `clock_ok`: the administrator says so.
 */
enum bk_retention_doubt bk_retention_clock_doubt(int64_t now, int64_t newest_time, int64_t last_run,
                                                 bool clock_ok);

/* The message's clock: the later of its save date and the folder's last rename. */
int64_t bk_retention_stored_at(int64_t save_date, int64_t folder_renamed_at);
/* Due when it lies there for `seconds` or longer; 0 seconds, or a time that is not known (0):
 * never. */
bool bk_retention_is_due(int64_t stored_at, int64_t seconds, int64_t now);
/* When the oldest becomes due; INT64_MAX = never (0 seconds, or nothing there: oldest = 0). */
int64_t bk_retention_next_due(int64_t oldest_stored_at, int64_t seconds);

/* Every 30 days all messages of a folder are looked at, since dates need not rise with UIDs. */
#define BK_RETENTION_FULL_LOOK_SECONDS (INT64_C(30) * 86400)
/* Also if there was none (0), or it lies in the future. */
bool bk_retention_full_look_due(int64_t last_full_look, int64_t now);

/* What a folder asks for by what is on record of it, with its duration in force. An empty one, and
 * one whose mail stays for ever, ask for nothing. */
enum bk_retention_need { BK_NEED_NOTHING = 0, BK_NEED_DUE, BK_NEED_FULL_LOOK };
enum bk_retention_need bk_retention_need(int64_t oldest_stored_at, int64_t full_look_at,
                                         int64_t seconds, int64_t now);

#endif
