/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Which folders, which durations, what is due, and when to doubt. */
#include "rules/retention.h"
#include "unit.h"

#include <string.h>

#define DAY INT64_C(86400)
#define NOW INT64_C(1700000000)

static struct unit_world world;

/* ---- folders ---- */

#define INBOX                                                                                      \
    {                                                                                              \
        "INBOX", 0, true, true                                                                     \
    }
#define PRIVATE(name, marks)                                                                       \
    {                                                                                              \
        name, marks, false, true                                                                   \
    }
#define SHARED(name, marks)                                                                        \
    {                                                                                              \
        name, marks, false, false                                                                  \
    }

START_TEST(chooses_folders)
{
    static const struct {
        const char *name;
        struct bk_folder folders[6];
        enum bk_retention_doubt want;
        int want_inbox, want_archive, want_trash, want_junk;
    } cases[] = {
        {"nothing", {{0}}, BK_DOUBT_NONE, -1, -1, -1, -1},
        {"only INBOX", {INBOX}, BK_DOUBT_NONE, 0, -1, -1, -1},
        {"by mark",
         {PRIVATE("Papierkorb", BK_MARK_TRASH), PRIVATE("Ablage", BK_MARK_ARCHIVE),
          PRIVATE("Spam", BK_MARK_JUNK), INBOX},
         BK_DOUBT_NONE,
         3,
         1,
         0,
         2},
        {"by name",
         {INBOX, PRIVATE("Archive", 0), PRIVATE("Trash", 0), PRIVATE("Junk", 0)},
         BK_DOUBT_NONE,
         0,
         1,
         2,
         -1},
        {"the mark wins over the name, before and after",
         {PRIVATE("Archive", 0), PRIVATE("Old", BK_MARK_ARCHIVE), PRIVATE("Bin", BK_MARK_TRASH),
          PRIVATE("Trash", 0)},
         BK_DOUBT_NONE,
         -1,
         1,
         2,
         -1},
        {"no child by its name",
         {INBOX, PRIVATE("Old/Archive", 0), PRIVATE("Trash/Trash", 0), PRIVATE("trash", 0)},
         BK_DOUBT_NONE,
         0,
         -1,
         -1,
         -1},
        {"a marked child is one",
         {INBOX, PRIVATE("Old/Archive", BK_MARK_ARCHIVE)},
         BK_DOUBT_NONE,
         0,
         1,
         -1,
         -1},
        {"shared ones do not count",
         {{"INBOX", 0, true, false},
          SHARED("Archive", BK_MARK_ARCHIVE),
          SHARED("Trash", 0),
          SHARED("X", BK_MARK_TRASH | BK_MARK_JUNK),
          PRIVATE("Bin", BK_MARK_TRASH)},
         BK_DOUBT_NONE,
         -1,
         -1,
         4,
         -1},
        {"other marks are not ours",
         {INBOX, PRIVATE("Sent", 64), PRIVATE("Drafts", 32 | 64)},
         BK_DOUBT_NONE,
         0,
         -1,
         -1,
         -1},
        {"two archives",
         {PRIVATE("A", BK_MARK_ARCHIVE), INBOX, PRIVATE("B", BK_MARK_ARCHIVE)},
         BK_DOUBT_TWO_ARCHIVES,
         -1,
         -1,
         -1,
         -1},
        {"two trashes",
         {PRIVATE("A", BK_MARK_TRASH), INBOX, PRIVATE("B", BK_MARK_TRASH)},
         BK_DOUBT_TWO_TRASHES,
         -1,
         -1,
         -1,
         -1},
        {"two junks",
         {PRIVATE("A", BK_MARK_JUNK), INBOX, PRIVATE("B", BK_MARK_JUNK)},
         BK_DOUBT_TWO_JUNKS,
         -1,
         -1,
         -1,
         -1},
        {"a mark on INBOX",
         {{"INBOX", BK_MARK_TRASH, true, true}},
         BK_DOUBT_MARK_ON_INBOX,
         -1,
         -1,
         -1,
         -1},
        {"archive and trash in one",
         {INBOX, PRIVATE("Old", BK_MARK_ARCHIVE | BK_MARK_TRASH)},
         BK_DOUBT_MIXED_MARKS,
         -1,
         -1,
         -1,
         -1},
        {"Archive is the trash",
         {INBOX, PRIVATE("Archive", BK_MARK_TRASH)},
         BK_DOUBT_MIXED_MARKS,
         -1,
         -1,
         -1,
         -1},
        {"Trash is the archive",
         {INBOX, PRIVATE("Trash", BK_MARK_ARCHIVE)},
         BK_DOUBT_MIXED_MARKS,
         -1,
         -1,
         -1,
         -1},
        {"named as marked",
         {INBOX, PRIVATE("Archive", BK_MARK_ARCHIVE), PRIVATE("Trash", BK_MARK_TRASH)},
         BK_DOUBT_NONE,
         0,
         1,
         2,
         -1},
    };

    unit_world_init(&world);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_retention_folders got;
        size_t count = 0;

        while (count < UNIT_COUNT(cases[i].folders) && cases[i].folders[count].name != NULL)
            count++;
        got = bk_retention_choose(&world.plan, cases[i].folders, count);
        ck_assert_msg(got.doubt == cases[i].want, "%s: got %d (%s)", cases[i].name, got.doubt,
                      bk_retention_doubt_text(got.doubt));
        ck_assert_msg(got.inbox == cases[i].want_inbox, "%s: inbox %d", cases[i].name, got.inbox);
        ck_assert_msg(got.archive == cases[i].want_archive, "%s: archive %d", cases[i].name,
                      got.archive);
        ck_assert_msg(got.trash == cases[i].want_trash, "%s: trash %d", cases[i].name, got.trash);
        ck_assert_msg(got.junk == cases[i].want_junk, "%s: junk %d", cases[i].name, got.junk);
        ck_assert_uint_eq(got.more_trash_count, 0);
    }
}
END_TEST

START_TEST(plans_name_further_trash)
{
    static const struct bk_folder folders[] = {
        PRIVATE("Deleted Items", 0),
        INBOX,
        PRIVATE("\xe3\x81\x94\xe3\x81\xbf\xe7\xae\xb1", 0),
        PRIVATE("Deleted", 0),
        PRIVATE("Old/Deleted Items", 0),
        SHARED("Deleted Messages", 0),
        PRIVATE("Bin", BK_MARK_JUNK),
        PRIVATE("Trash", 0),
        PRIVATE("Archive", 0),
    };
    struct bk_retention_folders got;

    unit_world_init(&world);
    world.plan.trash_names = "Deleted Items\nDeleted Messages\n\xe3\x81\x94\xe3\x81\xbf\xe7\xae\xb1"
                             "\nBin\nTrash\nArchive\nINBOX";
    got = bk_retention_choose(&world.plan, folders, UNIT_COUNT(folders));
    ck_assert_int_eq(got.doubt, BK_DOUBT_NONE);
    ck_assert_uint_eq(got.more_trash_count, 2);
    ck_assert_int_eq(got.more_trash[0], 0);
    ck_assert_int_eq(got.more_trash[1], 2);
    ck_assert_int_eq(got.trash, 7);
    ck_assert_int_eq(got.archive, 8);
}
END_TEST

START_TEST(further_trash_has_an_end)
{
    struct bk_folder folders[12];
    struct bk_retention_folders got;

    unit_world_init(&world);
    world.plan.trash_names = "Bin";
    for (size_t i = 0; i < UNIT_COUNT(folders); i++)
        folders[i] = (struct bk_folder)PRIVATE("Bin", 0);
    got = bk_retention_choose(&world.plan, folders, UNIT_COUNT(folders));
    ck_assert_uint_eq(got.more_trash_count, UNIT_COUNT(got.more_trash));
}
END_TEST

/* ---- durations ---- */

START_TEST(account_over_domain_over_plan)
{
    static const struct {
        const char *name;
        enum bk_retention_kind kind;
        int64_t account, domain, plan, want;
    } cases[] = {
        {"the plan's", BK_RETENTION_ANY, BK_INHERIT, BK_INHERIT, 3, 3},
        {"the domain's", BK_RETENTION_ANY, BK_INHERIT, 2, 3, 2},
        {"the account's", BK_RETENTION_ANY, 1, 2, 3, 1},
        {"the account's, not the domain's", BK_RETENTION_ANY, 1, BK_INHERIT, 3, 1},
        {"never for the account", BK_RETENTION_ANY, 0, 2, 3, 0},
        {"never for the domain", BK_RETENTION_ANY, BK_INHERIT, 0, 3, 0},
        {"fixed", BK_RETENTION_FIXED, 1, 2, 3, 3},
        {"none", BK_RETENTION_NONE, 1, 2, 3, 0},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (int which = 0; which < 3; which++) {
            struct bk_account *account;
            struct bk_retention_durations got;

            unit_world_init(&world);
            account = unit_world_add(&world, "taro@d.example");
            *(which == 0   ? &account->archive_seconds
              : which == 1 ? &account->trash_seconds
                           : &account->junk_seconds) = cases[i].account;
            *(which == 0   ? &world.domain.archive_seconds
              : which == 1 ? &world.domain.trash_seconds
                           : &world.domain.junk_seconds) = cases[i].domain;
            world.plan.retention_kind = cases[i].kind;
            world.plan.archive_seconds = which == 0 ? cases[i].plan : 0;
            world.plan.trash_seconds = which == 1 ? cases[i].plan : 0;
            world.plan.junk_seconds = which == 2 ? cases[i].plan : 0;
            got = bk_retention_durations(account);
            ck_assert_msg(got.archive_seconds == (which == 0 ? cases[i].want : 0), "%s: archive",
                          cases[i].name);
            ck_assert_msg(got.trash_seconds == (which == 1 ? cases[i].want : 0), "%s: trash",
                          cases[i].name);
            ck_assert_msg(got.junk_seconds == (which == 2 ? cases[i].want : 0), "%s: junk",
                          cases[i].name);
        }
}
END_TEST

START_TEST(rests)
{
    static const struct {
        const char *name, *hold_reason;
        bool suspended, domain_suspended, deleting, receive, force_changed;
        enum bk_retention_rest want;
    } cases[] = {
        {"plain", NULL, 0, 0, 0, 1, 0, BK_REST_NO},
        {"receive OFF", NULL, 0, 0, 0, 0, 0, BK_REST_NO},
        {"force-changed", NULL, 0, 0, 0, 1, 1, BK_REST_NO},
        {"hold", "lawsuit", 0, 0, 0, 1, 0, BK_REST_HOLD},
        {"hold without words", "", 0, 0, 0, 1, 0, BK_REST_HOLD},
        {"suspended", NULL, 1, 0, 0, 1, 0, BK_REST_SUSPENDED},
        {"domain suspended", NULL, 0, 1, 0, 1, 0, BK_REST_SUSPENDED},
        {"deleting", NULL, 1, 0, 1, 1, 0, BK_REST_DELETING},
        {"hold over all", "lawsuit", 1, 1, 1, 1, 0, BK_REST_HOLD},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bk_account *account;

        unit_world_init(&world);
        account = unit_world_add(&world, "taro@d.example");
        account->hold_reason = cases[i].hold_reason;
        account->suspended = cases[i].suspended;
        world.domain.suspended = cases[i].domain_suspended;
        account->state = cases[i].deleting ? BK_ACCOUNT_DELETING : BK_ACCOUNT_ACTIVE;
        account->receive = cases[i].receive;
        account->force_changed = cases[i].force_changed;
        ck_assert_msg(bk_retention_rest(account) == cases[i].want, "%s", cases[i].name);
    }
}
END_TEST

/* ---- the clock ---- */

START_TEST(doubts_the_clock)
{
    static const struct {
        const char *name;
        int64_t newest, last_run;
        bool clock_ok;
        enum bk_retention_doubt want;
    } cases[] = {
        {"nothing on record", 0, 0, false, BK_DOUBT_NONE},
        {"an hour back, less a second", NOW + 3599, 0, false, BK_DOUBT_NONE},
        {"an hour back", NOW + 3600, 0, false, BK_DOUBT_NONE},
        {"an hour back and a second", NOW + 3601, 0, false, BK_DOUBT_CLOCK_BACK},
        {"40 days, less a second", NOW, NOW - 40 * DAY + 1, false, BK_DOUBT_NONE},
        {"40 days", NOW, NOW - 40 * DAY, false, BK_DOUBT_NONE},
        {"40 days and a second", NOW, NOW - 40 * DAY - 1, false, BK_DOUBT_CLOCK_FORWARD},
        {"last run later than now", NOW, NOW + 5, false, BK_DOUBT_NONE},
        {"both", NOW + 3601, NOW - 41 * DAY, false, BK_DOUBT_CLOCK_BACK},
        {"back, but right", NOW + 3601, 0, true, BK_DOUBT_NONE},
        {"forward, but right", NOW, NOW - 400 * DAY, true, BK_DOUBT_NONE},
        {"immense", INT64_MAX, INT64_MAX, false, BK_DOUBT_CLOCK_BACK},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        enum bk_retention_doubt got = bk_retention_clock_doubt(
            NOW, cases[i].newest, cases[i].last_run, cases[i].clock_ok);

        ck_assert_msg(got == cases[i].want, "%s: got %d (%s)", cases[i].name, got,
                      bk_retention_doubt_text(got));
    }
}
END_TEST

START_TEST(the_later_of_two_times_counts)
{
    ck_assert_int_eq(bk_retention_stored_at(5, 0), 5);
    ck_assert_int_eq(bk_retention_stored_at(5, 4), 5);
    ck_assert_int_eq(bk_retention_stored_at(5, 6), 6);
    ck_assert_int_eq(bk_retention_stored_at(0, 6), 6);
}
END_TEST

START_TEST(due)
{
    static const struct {
        const char *name;
        int64_t stored_at, seconds, now;
        bool want;
        int64_t want_next;
    } cases[] = {
        {"a second before", NOW, 31 * DAY, NOW + 31 * DAY - 1, false, NOW + 31 * DAY},
        {"just so", NOW, 31 * DAY, NOW + 31 * DAY, true, NOW + 31 * DAY},
        {"a second after", NOW, 31 * DAY, NOW + 31 * DAY + 1, true, NOW + 31 * DAY},
        {"a second each", NOW, 1, NOW + 1, true, NOW + 1},
        {"never", NOW, 0, NOW + 10000 * DAY, false, INT64_MAX},
        {"never, at the end of time", NOW, 0, INT64_MAX, false, INT64_MAX},
        {"inherit was not resolved", NOW, BK_INHERIT, NOW, false, INT64_MAX},
        {"not known when", 0, 1, NOW, false, INT64_MAX},
        {"stored in the future", NOW + DAY, 1, NOW, false, NOW + DAY + 1},
        {"immense", INT64_MAX - 1, 31 * DAY, NOW, false, INT64_MAX},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        ck_assert_msg(bk_retention_is_due(cases[i].stored_at, cases[i].seconds, cases[i].now) ==
                          cases[i].want,
                      "%s", cases[i].name);
        ck_assert_msg(bk_retention_next_due(cases[i].stored_at, cases[i].seconds) ==
                          cases[i].want_next,
                      "%s: next", cases[i].name);
    }
}
END_TEST

START_TEST(full_looks)
{
    ck_assert(bk_retention_full_look_due(0, NOW));
    ck_assert(!bk_retention_full_look_due(NOW, NOW));
    ck_assert(!bk_retention_full_look_due(NOW - 30 * DAY + 1, NOW));
    ck_assert(bk_retention_full_look_due(NOW - 30 * DAY, NOW));
    ck_assert(bk_retention_full_look_due(NOW - 30 * DAY - 1, NOW));
    ck_assert(bk_retention_full_look_due(NOW + 1, NOW));
}
END_TEST

START_TEST(what_a_record_asks_for)
{
    static const struct {
        const char *name;
        int64_t oldest, full_look, seconds;
        enum bk_retention_need want;
    } cases[] = {
        {"not due yet", NOW - 31 * DAY + 1, NOW, 31 * DAY, BK_NEED_NOTHING},
        {"due", NOW - 31 * DAY, NOW, 31 * DAY, BK_NEED_DUE},
        {"due, and never looked at", NOW - 31 * DAY, 0, 31 * DAY, BK_NEED_DUE},
        {"never looked at", NOW, 0, 31 * DAY, BK_NEED_FULL_LOOK},
        {"looked at 30 days ago, less a second", NOW, NOW - 30 * DAY + 1, 31 * DAY,
         BK_NEED_NOTHING},
        {"looked at 30 days ago", NOW, NOW - 30 * DAY, 31 * DAY, BK_NEED_FULL_LOOK},
        {"looked at in the future", NOW, NOW + 1, 31 * DAY, BK_NEED_FULL_LOOK},
        {"empty", 0, 0, 31 * DAY, BK_NEED_NOTHING},
        {"stays for ever", NOW - 4000 * DAY, 0, 0, BK_NEED_NOTHING},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        enum bk_retention_need got = bk_retention_need(cases[i].oldest, cases[i].full_look,
                                                       cases[i].seconds, NOW);

        ck_assert_msg(got == cases[i].want, "%s: got %d", cases[i].name, got);
    }
}
END_TEST

START_TEST(each_doubt_has_a_text)
{
    for (int a = BK_DOUBT_SETTINGS; a <= BK_DOUBT_CLOCK_FORWARD; a++)
        for (int b = BK_DOUBT_NONE; b < a; b++)
            ck_assert_str_ne(bk_retention_doubt_text(a), bk_retention_doubt_text(b));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        chooses_folders,
        plans_name_further_trash,
        further_trash_has_an_end,
        account_over_domain_over_plan,
        rests,
        doubts_the_clock,
        the_later_of_two_times_counts,
        due,
        full_looks,
        what_a_record_asks_for,
        each_doubt_has_a_text,
    };

    return unit_run("retention", tests, UNIT_COUNT(tests));
}
