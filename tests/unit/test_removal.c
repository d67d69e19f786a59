/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* Removing homes: nothing outside is touched, whatever lies inside, and whenever it is killed. */
#include "admin/mail_user.h"
#include "admin/removal.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OTHER_ID 65534

static char root[64];
static int root_folder;

static void setup(void)
{
    strncpy(root, "/tmp/bk-removal-XXXXXX", sizeof(root) - 1);
    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_int_eq(chmod(root, 0755), 0);
    root_folder = open(root, O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(root_folder, 0);
}

static void teardown(void)
{
    struct bk_error error = {0};

    (void)close(root_folder);
    root_folder = open("/tmp", O_RDONLY | O_DIRECTORY);
    ck_assert_msg(bk_removal_tree(root_folder, root + strlen("/tmp/"), NULL, NULL, &error), "%s",
                  error.text);
    (void)close(root_folder);
}

static void make_folder(const char *name)
{
    ck_assert_int_eq(mkdirat(root_folder, name, 0755), 0);
}

static void make_file(const char *name)
{
    int file = openat(root_folder, name, O_WRONLY | O_CREAT | O_EXCL, 0644);

    ck_assert_int_ge(file, 0);
    (void)close(file);
}

static bool exists(const char *name)
{
    struct stat status;

    return fstatat(root_folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

START_TEST(links_are_not_followed)
{
    struct bk_error error = {0};

    make_folder("outside");
    make_file("outside/kept");
    make_folder("home");
    make_folder("home/sub");
    ck_assert_int_eq(symlinkat("../outside", root_folder, "home/link"), 0);
    ck_assert_int_eq(symlinkat("../../outside", root_folder, "home/sub/link"), 0);
    ck_assert_int_eq(symlinkat("../outside/kept", root_folder, "home/file"), 0);
    ck_assert_int_eq(symlinkat("nowhere", root_folder, "home/dangling"), 0);
    ck_assert_msg(bk_removal_tree(root_folder, "home", NULL, NULL, &error), "%s", error.text);
    ck_assert(!exists("home"));
    ck_assert(exists("outside/kept"));
}
END_TEST

START_TEST(link_itself_is_removed_as_a_link)
{
    struct bk_error error = {0};

    make_folder("outside");
    make_file("outside/kept");
    ck_assert_int_eq(symlinkat("outside", root_folder, "link"), 0);
    ck_assert_msg(bk_removal_tree(root_folder, "link", NULL, NULL, &error), "%s", error.text);
    ck_assert(!exists("link"));
    ck_assert(exists("outside/kept"));
}
END_TEST

/* Deeper than any path may be long, and than a process may have files open. */
START_TEST(deep_tree_goes)
{
    struct bk_error error = {0};
    int folder, next;

    make_folder("home");
    folder = openat(root_folder, "home", O_RDONLY | O_DIRECTORY);
    for (int depth = 0; depth < 5000; depth++) {
        ck_assert_int_eq(mkdirat(folder, "d", 0755), 0);
        next = openat(folder, "d", O_RDONLY | O_DIRECTORY);
        ck_assert_int_ge(next, 0);
        (void)close(folder);
        folder = next;
    }
    (void)close(folder);
    ck_assert_msg(bk_removal_tree(root_folder, "home", NULL, NULL, &error), "%s", error.text);
    ck_assert(!exists("home"));
}
END_TEST

static bool remove_home_tree(void *context, struct bk_mail_user_child *child,
                             struct bk_error *error)
{
    (void)context;
    (void)child;
    return bk_removal_tree(root_folder, "home", NULL, NULL, error);
}

static bool remove_as_other(struct bk_error *error)
{
    const struct bk_mail_user other = {.name = "other", .uid = OTHER_ID, .gid = OTHER_ID};

    return bk_mail_user_run(&other, remove_home_tree, NULL, NULL, NULL, error);
}

static void give(const char *name)
{
    ck_assert_int_eq(fchownat(root_folder, name, OTHER_ID, OTHER_ID, AT_SYMLINK_NOFOLLOW), 0);
}

START_TEST(folders_without_permissions_go)
{
    struct bk_error error = {0};

    if (geteuid() != 0)
        return; /* needs another user */
    give(".");
    make_folder("home");
    make_folder("home/closed");
    make_folder("home/closed/inner");
    make_folder("home/closed/inner/innermost");
    make_file("home/closed/inner/innermost/mail");
    for (const char *const *name =
             (const char *const[]){"home/closed/inner/innermost/mail",
                                   "home/closed/inner/innermost", "home/closed/inner",
                                   "home/closed", "home", NULL};
         *name != NULL; name++) {
        give(*name);
        ck_assert_int_eq(fchmodat(root_folder, *name, 0, 0), 0);
    }
    ck_assert_msg(remove_as_other(&error), "%s", error.text);
    ck_assert(!exists("home"));
}
END_TEST

START_TEST(what_belongs_to_others_stays_and_is_named)
{
    struct bk_error error = {0};

    if (geteuid() != 0)
        return;
    give(".");
    make_folder("home");
    make_folder("home/foreign");
    make_file("home/foreign/kept");
    make_file("home/gone");
    give("home");
    give("home/gone");
    ck_assert(!remove_as_other(&error));
    ck_assert_int_eq(error.kind, BK_ERROR_TRY_AGAIN);
    ck_assert_ptr_nonnull(strstr(error.text, "kept"));
    ck_assert(exists("home/foreign/kept"));
    ck_assert(!exists("home/gone"));
}
END_TEST

static void make_many(const char *folder, int count)
{
    char name[64];

    for (int i = 0; i < count; i++) {
        (void)snprintf(name, sizeof(name), "%s/%d", folder, i);
        make_file(name);
    }
}

static void die_at(void *context, int64_t removed)
{
    if (removed >= *(const int64_t *)context)
        (void)raise(SIGKILL);
}

START_TEST(killed_and_repeated)
{
    const int64_t at[] = {256, 512, 1024};
    struct bk_error error = {0};
    int status;

    make_folder("1");
    make_folder("1/a");
    make_many("1/a", 700);
    make_folder("1/a/b");
    make_many("1/a/b", 700);
    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        pid_t child = fork();

        if (child == 0) {
            (void)bk_removal_home(root, 1, die_at, (void *)(uintptr_t)&at[i], NULL);
            _exit(0);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(i == 2 || WIFSIGNALED(status));
        ck_assert(!exists("1"));
    }
    ck_assert_msg(bk_removal_home(root, 1, NULL, NULL, &error), "%s", error.text);
    ck_assert(!exists(BK_REMOVAL_FOLDER "/1"));
}
END_TEST

START_TEST(home_made_anew_meanwhile_goes_too)
{
    struct bk_error error = {0};

    make_folder(BK_REMOVAL_FOLDER);
    make_folder(BK_REMOVAL_FOLDER "/7");
    make_file(BK_REMOVAL_FOLDER "/7/left");
    make_folder("7");
    make_file("7/late");
    make_folder("8");
    ck_assert_msg(bk_removal_home(root, 7, NULL, NULL, &error), "%s", error.text);
    ck_assert(!exists("7") && !exists(BK_REMOVAL_FOLDER "/7"));
    ck_assert(exists("8"));
    ck_assert_msg(bk_removal_home(root, 7, NULL, NULL, &error), "%s", error.text);
}
END_TEST

START_TEST(doubtful_homes_are_errors)
{
    struct bk_error error = {0};
    char missing[sizeof(root) + 8];

    (void)snprintf(missing, sizeof(missing), "%s/none", root);
    ck_assert(!bk_removal_home(missing, 1, NULL, NULL, &error));
    ck_assert_int_eq(error.kind, BK_ERROR_TRY_AGAIN);
    make_folder("elsewhere");
    make_file("elsewhere/mail");
    ck_assert_int_eq(symlinkat("elsewhere", root_folder, "1"), 0);
    error.kind = BK_ERROR_NONE;
    ck_assert(!bk_removal_home(root, 1, NULL, NULL, &error));
    ck_assert_int_eq(error.kind, BK_ERROR_TRY_AGAIN);
    ck_assert(exists("1") && exists("elsewhere/mail"));
    /* The waiting folder itself must not lead elsewhere. */
    ck_assert_int_eq(unlinkat(root_folder, BK_REMOVAL_FOLDER, AT_REMOVEDIR), 0);
    ck_assert_int_eq(symlinkat("elsewhere", root_folder, BK_REMOVAL_FOLDER), 0);
    make_folder("2");
    ck_assert(!bk_removal_home(root, 2, NULL, NULL, &error));
    ck_assert(exists("2"));
}
END_TEST

static void note_progress(void *context, int64_t done)
{
    *(int64_t *)context = done;
}

static bool tell_and_fail(void *context, struct bk_mail_user_child *child, struct bk_error *error)
{
    bk_mail_user_tell(child, 42);
    if (context != NULL)
        (void)raise(SIGKILL);
    bk_error_set(error, BK_ERROR_VALUE, "uid %d", (int)geteuid());
    return false;
}

START_TEST(child_reports)
{
    const struct bk_mail_user self = {.name = "self", .uid = geteuid(), .gid = getegid()};
    struct bk_error error = {0};
    char want[32];
    int64_t progress = 0;

    (void)snprintf(want, sizeof(want), "uid %d", (int)geteuid());
    ck_assert(!bk_mail_user_run(&self, tell_and_fail, NULL, note_progress, &progress, &error));
    ck_assert_int_eq(progress, 42);
    ck_assert_int_eq(error.kind, BK_ERROR_VALUE);
    ck_assert_str_eq(error.text, want);
    ck_assert(!bk_mail_user_run(&self, tell_and_fail, want, NULL, NULL, &error));
    ck_assert_int_eq(error.kind, BK_ERROR_TRY_AGAIN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("removal");
    TCase *cases = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, links_are_not_followed);
    tcase_add_test(cases, link_itself_is_removed_as_a_link);
    tcase_add_test(cases, deep_tree_goes);
    tcase_add_test(cases, folders_without_permissions_go);
    tcase_add_test(cases, what_belongs_to_others_stays_and_is_named);
    tcase_add_test(cases, killed_and_repeated);
    tcase_add_test(cases, home_made_anew_meanwhile_goes_too);
    tcase_add_test(cases, doubtful_homes_are_errors);
    tcase_add_test(cases, child_reports);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
