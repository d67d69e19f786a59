/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * A scratch installation for tests of the store: a folder under /tmp, searchable by all, with the
 * databases as `boxkeeper migrate` makes them, owned by users that every Debian has. Not as root
 * everything belongs to the one who runs the tests.
 */
#ifndef BK_TESTS_STORE_FIXTURE_H
#define BK_TESTS_STORE_FIXTURE_H

#include "store/databases.h"

#include <check.h>
#include <stdlib.h>
#include <sys/types.h>

struct fixture {
    char folder[64];
    char settings_path[128];
    char credentials_path[128];
    char state_path[128];
    char limits_path[128];
    uid_t mail_uid;
    uid_t boxkeeper_uid;
    gid_t boxkeeper_gid;
};
extern struct fixture fixture;
/* Of the last call that failed. */
extern struct bk_error error;

/* For tcase_add_checked_fixture(): a migrated installation; remove it. */
void fixture_setup(void);
void fixture_teardown(void);

#define OK(expression) ck_assert_msg((expression), "%s: %s", #expression, error.text)
/* A call that must fail, and why. */
#define FAILS(expression, want_kind)                                                               \
    do {                                                                                           \
        error = (struct bk_error){.kind = BK_ERROR_NONE};                                          \
        ck_assert_msg(!(expression), "%s did not fail", #expression);                              \
        ck_assert_msg(error.kind == (want_kind), "%s: got kind %d (%s), want %d", #expression,     \
                      error.kind, error.text, want_kind);                                          \
        ck_assert_str_ne(error.text, "");                                                          \
    } while (0)
#define LOOKUP(expression, want)                                                                   \
    do {                                                                                           \
        enum bk_lookup got_ = (expression);                                                        \
        ck_assert_msg(got_ == (want), "%s: got %d (%s), want %d", #expression, got_, error.text,   \
                      want);                                                                       \
    } while (0)

/* name@DOMAIN with login and settings of a usual account. */
struct bk_account fixture_account(struct bk_arena *arena, const struct bk_domain *domain,
                                  const char *name);
/* Write them in a transaction of their own; the id. The domain is read back from the database. */
const struct bk_domain *fixture_add_domain(struct bk_settings *settings, struct bk_arena *arena,
                                           const char *name, const char *plan);
int64_t fixture_add_account(struct bk_settings *settings, const struct bk_domain *domain,
                            const char *name);

/* Run `work` in a child with these ids and group; its return value, or -1 if it was killed. */
typedef int fixture_work(void *context);
int fixture_run_as(uid_t uid, gid_t gid, fixture_work *work, void *context);
/* Start it and do not wait; fixture_wait_ready() returns when it has called fixture_ready(). */
struct fixture_child {
    pid_t pid;
    int ready, go_on; /* pipes: from the child, to the child */
};
void fixture_start(struct fixture_child *child, void (*work)(void));
void fixture_ready(void); /* in the child: tell, and wait for fixture_release() */
void fixture_release(struct fixture_child *child); /* let it go on, and wait for its end */
void fixture_kill(struct fixture_child *child);    /* SIGKILL, and wait */

/* A command line that must end well, e.g. `fixture_shell("mv %s.new %s", path, path)`. */
void fixture_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* One statement by a handle of its own, with nothing that the store does about it. */
void fixture_sql(const char *path, const char *sql);

int fixture_main(Suite *suite);

#endif
