/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/password.h"

#include "admin/dictionary.h"
#include "admin/output.h"
#include "rules/passwords.h"

#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define INPUT_MAXIMUM_BYTES 1024 /* of standard input; far above any plan's longest password */
#define GENERATED_LENGTH 16

static const char *const source_options[] = {
    [BK_PASSWORD_STDIN] = "password-stdin",
    [BK_PASSWORD_GENERATE] = "generate",
    [BK_PASSWORD_HASH] = "password-hash",
    [BK_PASSWORD_EXTERNAL] = "external-auth",
};

bool bk_password_source(struct bk_admin *admin, enum bk_password_source *source_r)
{
    *source_r = BK_PASSWORD_NOT_GIVEN;
    for (enum bk_password_source i = BK_PASSWORD_STDIN; i <= BK_PASSWORD_EXTERNAL; i++) {
        if (!bk_option_given(admin, source_options[i]))
            continue;
        if (*source_r != BK_PASSWORD_NOT_GIVEN)
            return bk_admin_fail(admin, BK_ERROR_USAGE, _("--%s and --%s exclude each other"),
                                 source_options[*source_r], source_options[i]);
        *source_r = i;
    }
    return true;
}

static const char *read_input(struct bk_admin *admin)
{
    char *text = bk_arena_alloc(admin->arena, INPUT_MAXIMUM_BYTES + 2);
    size_t length = fread(text, 1, INPUT_MAXIMUM_BYTES + 1, stdin);

    if (ferror(stdin)) {
        bk_admin_fail(admin, BK_ERROR_TRY_AGAIN, _("standard input can't be read: %s"),
                      strerror(errno));
        return NULL;
    }
    if (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    if (length > INPUT_MAXIMUM_BYTES || memchr(text, '\0', length) != NULL) {
        bk_admin_fail(admin, BK_ERROR_VALUE,
                      _("standard input is not a password: give one line of text"));
        return NULL;
    }
    return text;
}

static const char *ask(struct bk_admin *admin)
{
    const char *first;
    char *again;

    if (!isatty(STDIN_FILENO)) {
        bk_admin_fail(admin, BK_ERROR_USAGE,
                      _("there is no terminal to ask for a password: use --password-stdin, "
                        "--generate or --password-hash"));
        return NULL;
    }
    again = getpass(_("New password: "));
    first = again != NULL ? bk_arena_strdup(admin->arena, again) : NULL;
    again = getpass(_("The same again: "));
    if (first == NULL || again == NULL || strcmp(first, again) != 0) {
        bk_admin_fail(admin, BK_ERROR_VALUE,
                      _("the two passwords are not the same: nothing was changed"));
        first = NULL;
    }
    if (again != NULL)
        explicit_bzero(again, strlen(again));
    return first;
}

static const char *strength_word(int score)
{
    return score < 30 ? _("weak") : score < 60 ? _("fair") : score < 85 ? _("good") : _("strong");
}

/* *score_r is below 0 where the plan does not mind what the dictionary says. */
static bool check(struct bk_admin *admin, const struct bk_domain *domain, const char *name,
                  const char *password, int *score_r)
{
    struct bk_dictionary_answer answer = {0};
    enum bk_password_problem problem = bk_password_check(domain, name, password);

    if (problem != BK_PASSWORD_FINE)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("plan %s does not allow this password: %s. Choose another one"),
                             domain->plan->name, _(bk_password_problem_text(problem)));
    bk_dictionary_ask(name, password, &answer);
    *score_r = answer.score;
    return bk_dictionary_allows(admin, domain, &answer);
}

/* Evenly distributed below `limit` (at most 256). */
static size_t random_below(size_t limit)
{
    unsigned char byte;
    size_t usable = 256 - 256 % limit;

    do {
        while (getrandom(&byte, 1, 0) != 1)
            ;
    } while (byte >= usable);
    return byte % limit;
}

static char random_of(const char *characters)
{
    return characters[random_below(strlen(characters))];
}

static const char *generate_once(struct bk_admin *admin, const struct bk_plan *plan)
{
    struct bk_password_alphabet alphabet = bk_password_alphabet(plan);
    const char *all = bk_arena_printf(admin->arena, "%s%s%s%s", alphabet.upper, alphabet.lower,
                                      alphabet.digits, alphabet.signs);
    size_t length = GENERATED_LENGTH;
    char *text;

    if (plan->password_length_minimum > GENERATED_LENGTH)
        length = (size_t)plan->password_length_minimum;
    else if (plan->password_length_maximum < GENERATED_LENGTH)
        length = (size_t)plan->password_length_maximum;
    text = bk_arena_alloc(admin->arena, length + 1);
    for (size_t i = 0; i < length; i++)
        text[i] = random_of(all);
    return text;
}

/* One that lacks a kind of character, or contains the name, is thrown away whole: what is left is
 * evenly distributed over the allowed ones. */
static const char *generate(struct bk_admin *admin, const struct bk_domain *domain,
                            const char *name)
{
    for (int i = 0; i < 1000; i++) {
        const char *text = generate_once(admin, domain->plan);
        struct bk_dictionary_answer answer = {0};

        if (bk_password_check(domain, name, text) != BK_PASSWORD_FINE)
            continue;
        bk_dictionary_ask(name, text, &answer);
        if (answer.score >= 0 || !domain->plan->password_dictionary)
            return text;
    }
    bk_admin_fail(
        admin, BK_ERROR_CONFIGURATION,
        _("no password could be made that plan %s allows: see boxkeeper plan show %s, and "
          "whether the package cracklib-runtime is installed"),
        domain->plan->name, domain->plan->name);
    return NULL;
}

bool bk_password_hash(const char *password, const char *setting, char hash_r[CRYPT_OUTPUT_SIZE])
{
    struct crypt_data data = {0};
    char new_setting[CRYPT_GENSALT_OUTPUT_SIZE];
    const char *text = NULL;
    bool fine;

    if (setting == NULL)
        setting = crypt_gensalt_rn("$y$", 0, NULL, 0, new_setting, sizeof(new_setting));
    if (setting != NULL)
        text = crypt_r(password, setting, &data);
    fine = text != NULL && *text != '*';
    if (fine)
        (void)snprintf(hash_r, CRYPT_OUTPUT_SIZE, "%s", text);
    explicit_bzero(&data, sizeof(data));
    return fine;
}

const char *bk_password_hash_failed(void)
{
    return _("the password can't be hashed: crypt(3) of this system lacks yescrypt");
}

static const char *hash(struct bk_admin *admin, const char *password)
{
    char text[CRYPT_OUTPUT_SIZE];

    if (bk_password_hash(password, NULL, text))
        return bk_arena_strdup(admin->arena, text);
    bk_admin_fail(admin, BK_ERROR_CONFIGURATION, "%s", bk_password_hash_failed());
    return NULL;
}

/* A complete hash, as crypt(3) itself would give back, and not just its beginning. */
static bool check_hash(struct bk_admin *admin, const char *text)
{
    struct crypt_data data = {0};
    const char *result = crypt_r("", text, &data);

    if (result == NULL || *result == '*' || strlen(result) != strlen(text))
        return bk_admin_fail(
            admin, BK_ERROR_VALUE,
            _("--password-hash is not a hash of crypt(5): give it whole, in single "
              "quotes, e.g. '$y$...' or '$6$...'"));
    if (crypt_checksalt(text) != CRYPT_SALT_OK)
        bk_warning(admin, _("this kind of hash is easily broken: have the password changed soon"));
    return true;
}

static const char *take_text(struct bk_admin *admin, const struct bk_domain *domain,
                             const char *name, enum bk_password_source source)
{
    const char *text = source == BK_PASSWORD_STDIN      ? read_input(admin)
                       : source == BK_PASSWORD_GENERATE ? generate(admin, domain, name)
                                                        : ask(admin);
    int score;

    if (text == NULL || source == BK_PASSWORD_GENERATE)
        return text;
    if (!check(admin, domain, name, text, &score))
        return NULL;
    if (score >= 0 && isatty(STDERR_FILENO))
        bk_message(admin, _("Strength of the password: %d of 100 (%s)"), score,
                   strength_word(score));
    return text;
}

bool bk_password_take(struct bk_admin *admin, const struct bk_domain *domain, const char *name,
                      enum bk_password_source source, struct bk_new_password *password_r)
{
    const char *text;

    *password_r = (struct bk_new_password){.source = source};
    if (source == BK_PASSWORD_NOT_GIVEN || source == BK_PASSWORD_EXTERNAL)
        return true;
    if (source == BK_PASSWORD_HASH) {
        password_r->hash = bk_option_value(admin, "password-hash");
        return check_hash(admin, password_r->hash);
    }
    text = take_text(admin, domain, name, source);
    if (text == NULL)
        return false;
    if (source == BK_PASSWORD_GENERATE)
        password_r->generated = text;
    else
        password_r->text = text;
    password_r->hash = hash(admin, text);
    return password_r->hash != NULL;
}

#define UNKNOWN_LENGTH 32 /* of 64 characters: 192 bits */

const char *bk_password_nobody_knows(struct bk_admin *admin)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-_";
    char text[UNKNOWN_LENGTH + 1] = "";
    const char *result;

    for (size_t i = 0; i < UNKNOWN_LENGTH; i++)
        text[i] = random_of(characters);
    result = hash(admin, text);
    explicit_bzero(text, sizeof(text));
    return result;
}

static bool is_hash_of(const char *text, const char *hash_text)
{
    struct crypt_data data = {0};
    const char *result = crypt_r(text, hash_text, &data);
    bool is_equal = result != NULL && strcmp(result, hash_text) == 0;

    explicit_bzero(&data, sizeof(data));
    return is_equal;
}

bool bk_password_may_follow(struct bk_admin *admin, const struct bk_account *account,
                            const struct bk_new_password *password)
{
    const char *candidates[BK_PASSWORD_CANDIDATES_MAXIMUM];
    const struct bk_credential *credential = NULL;
    size_t count;

    if (!account->force_changed || password->hash == NULL || password->generated != NULL)
        return true;
    if (password->text == NULL)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("the password of %s was changed by force: the next one must be "
                               "compared with the one before, so a hash can't be taken; use "
                               "--password-stdin or --generate"),
                             account->primary_address);
    if (bk_admin_credentials(admin) == NULL ||
        bk_credentials_lookup(admin->credentials, admin->arena, account->id, &credential,
                              &admin->error) == BK_FAILED)
        return false;
    if (credential == NULL || credential->previous_hash == NULL)
        return true;
    count = bk_password_candidates(admin->arena, password->text, candidates);
    for (size_t i = 0; i < count; i++) {
        if (is_hash_of(candidates[i], credential->previous_hash))
            return bk_admin_fail(admin, BK_ERROR_VALUE,
                                 _("this password resembles the one that %s had before it was "
                                   "changed by force. Choose another one"),
                                 account->primary_address);
    }
    return true;
}

void bk_password_show(struct bk_admin *admin, const struct bk_new_password *password,
                      json_t *object)
{
    if (password->generated == NULL)
        return;
    if (admin->json)
        json_object_set_new(object, "password", json_string(password->generated));
    else if (!admin->dry_run)
        printf("%s\n", password->generated);
}
