/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/dictionary.h"

#include "admin/output.h"
#include "admin/progress.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPERS_MAXIMUM 63
#define QUESTIONS_EACH 64 /* fewer are answered before another process has begun */
#define SHOWN_EVERY 16    /* questions */

/* `answer_r` has a text where the score is below 0. */
static void ask(const char *name, const char *password, struct bk_dictionary_answer *answer_r)
{
    static const int zero[] = {PWQ_SETTING_DIG_CREDIT, PWQ_SETTING_UP_CREDIT,
                               PWQ_SETTING_LOW_CREDIT, PWQ_SETTING_OTH_CREDIT,
                               PWQ_SETTING_MIN_CLASS,  PWQ_SETTING_DIFF_OK};
    pwquality_settings_t *settings = pwquality_default_settings();
    void *detail = NULL;

    answer_r->score = PWQ_ERROR_MEM_ALLOC;
    answer_r->text[0] = '\0';
    if (settings == NULL)
        return;
    for (size_t i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
        (void)pwquality_set_int_value(settings, zero[i], 0);
    answer_r->score = pwquality_check(settings, password, NULL, name, &detail);
    if (answer_r->score < 0)
        (void)pwquality_strerror(answer_r->text, sizeof(answer_r->text), answer_r->score, detail);
    pwquality_free_settings(settings);
}

void bk_dictionary_ask(const char *name, const char *password,
                       struct bk_dictionary_answer *answer_r)
{
    locale_t before = uselocale((locale_t)0);
    locale_t english = newlocale(LC_MESSAGES_MASK, "C", duplocale(before));

    (void)uselocale(english);
    ask(name, password, answer_r);
    (void)uselocale(before);
    freelocale(english);
    answer_r->is_given = true;
}

/* In our words: theirs come in the language of the locale only where their catalogues are
 * installed, and could not be told apart then. */
static const char *text_of(const struct bk_dictionary_answer *answer)
{
    static const struct {
        int score;
        const char *theirs; /* a part of their text */
        const char *ours;
    } known[] = {
        {PWQ_ERROR_MIN_LENGTH, "", N_("it is too short")},
        {PWQ_ERROR_PALINDROME, "", N_("it reads the same backwards")},
        {PWQ_ERROR_USER_CHECK, "", N_("it contains the account's name")},
        {PWQ_ERROR_CRACKLIB_CHECK, "dictionary word",
         N_("it is based on a word of the dictionary")},
        {PWQ_ERROR_CRACKLIB_CHECK, "simplistic", N_("it is too regular")},
        {PWQ_ERROR_CRACKLIB_CHECK, "DIFFERENT", N_("it has too few different characters")},
        {PWQ_ERROR_CRACKLIB_CHECK, "too short", N_("it is too short")},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].score == answer->score && strstr(answer->text, known[i].theirs) != NULL)
            return _(known[i].ours);
    }
    return answer->text;
}

bool bk_dictionary_allows(struct bk_admin *admin, const struct bk_domain *domain,
                          const struct bk_dictionary_answer *answer)
{
    const char *plan = domain->plan->name;

    if (answer->score >= 0 || !domain->plan->password_dictionary)
        return true;
    if (strstr(answer->text, "loading dictionary") != NULL)
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             _("the dictionary that plan %s asks for passwords can't be read: "
                               "install the package cracklib-runtime"),
                             plan);
    return bk_admin_fail(admin, BK_ERROR_VALUE,
                         _("the password is too simple for plan %s: %s. Choose another one"), plan,
                         text_of(answer));
}

/* ---- many of them ---- */

/* In memory that all of the processes share; the answers follow it. */
struct pool {
    atomic_size_t next, done;
    struct bk_dictionary_answer answers[];
};

struct work {
    const struct bk_admin *admin;
    const struct bk_dictionary_question *questions;
    size_t count;
    struct pool *pool;
};

static void answer_one(const struct work *work, size_t i)
{
    if (work->questions[i].password != NULL)
        bk_dictionary_ask(work->questions[i].name, work->questions[i].password,
                          &work->pool->answers[i]);
    atomic_fetch_add(&work->pool->done, 1);
}

static void answer_rest(const struct work *work, bool shows_progress)
{
    size_t i;

    while ((i = atomic_fetch_add(&work->pool->next, 1)) < work->count) {
        if (shows_progress && i % SHOWN_EVERY == 0)
            bk_progress_show(work->admin, _("Checking the file"), (int64_t)work->pool->done,
                             (int64_t)work->count);
        answer_one(work, i);
    }
}

static size_t helper_count(size_t count)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = processors > 1 ? (size_t)processors - 1 : 0;

    if (wanted > HELPERS_MAXIMUM)
        wanted = HELPERS_MAXIMUM;
    return wanted < count / QUESTIONS_EACH ? wanted : count / QUESTIONS_EACH;
}

/* A child looks up and does nothing else: the databases that are open here are not its own. */
static pid_t start_helper(const struct work *work)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    answer_rest(work, false);
    _exit(0);
}

static void answer_all(const struct work *work)
{
    pid_t helpers[HELPERS_MAXIMUM];
    size_t wanted = helper_count(work->count), started = 0;

    while (started < wanted && (helpers[started] = start_helper(work)) > 0)
        started++;
    answer_rest(work, true);
    while (started > 0) {
        while (waitpid(helpers[started - 1], NULL, 0) < 0 && errno == EINTR)
            ;
        started--;
    }
    /* What a helper had in hand when somebody killed it. */
    for (size_t i = 0; i < work->count; i++) {
        if (!work->pool->answers[i].is_given)
            answer_one(work, i);
    }
    bk_progress_end(work->admin);
}

const struct bk_dictionary_answer *
bk_dictionary_ask_all(struct bk_admin *admin, const struct bk_dictionary_question *questions,
                      size_t count)
{
    size_t size = sizeof(struct pool) + count * sizeof(struct bk_dictionary_answer);
    struct pool *pool = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct work work = {.admin = admin, .questions = questions, .count = count, .pool = pool};

    if (pool == MAP_FAILED) {
        bk_admin_fail(admin, BK_ERROR_TRY_AGAIN, _("the passwords can't be checked: %s"),
                      strerror(errno));
        return NULL;
    }
    answer_all(&work);
    return pool->answers;
}
