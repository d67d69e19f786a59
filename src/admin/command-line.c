/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/admin.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>  // vsnprintf
#include <stdlib.h> // strtoll
#include <string.h>

const struct bk_option bk_global_options[] = {
    {"settings", N_("FILE"), N_("use this settings database"), false},
    {"json", NULL, N_("print one JSON object"), false},
    {"yes", NULL, N_("answer every question with yes"), false},
    {"dry-run", NULL, N_("check everything, change nothing"), false},
    {"help", NULL, N_("show how to use it"), false},
    {"version", NULL, N_("show the version"), false},
    {NULL, NULL, NULL, false},
};

bool bk_admin_fail(struct bk_admin *admin, enum bk_error_kind kind, const char *format, ...)
{
    va_list arguments;

    admin->error.kind = kind;
    va_start(arguments, format);
    (void)vsnprintf(admin->error.text, sizeof(admin->error.text), format, arguments);
    va_end(arguments);
    return false;
}

static const struct bk_option *find_option(const struct bk_option *options, const char *name,
                                           size_t length)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (strlen(options->name) == length && memcmp(options->name, name, length) == 0)
            return options;
    }
    return NULL;
}

static void take_global(struct bk_admin *admin, const struct bk_option *option, const char *value)
{
    switch (option - bk_global_options) {
    case 0:
        admin->settings_path = value;
        break;
    case 1:
        admin->json = true;
        break;
    case 2:
        admin->yes = true;
        break;
    case 3:
        admin->dry_run = true;
        break;
    case 4:
        admin->help = true;
        break;
    default:
        admin->version = true;
    }
}

static bool take_own(struct bk_admin *admin, const struct bk_option *option, const char *value)
{
    if (!option->repeatable && bk_option_given(admin, option->name))
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("--%s is given twice: leave one out"),
                             option->name);
    admin->options[admin->option_count++] = (struct bk_option_value){.option = option,
                                                                     .value = value};
    return true;
}

/* `word` begins with two dashes; `next` (NULL: none) is taken as its value if it needs one. */
static bool take_option(struct bk_admin *admin, const char *word, const char *next, bool *used_next)
{
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct bk_option *global = find_option(bk_global_options, name, length);
    const struct bk_option *option = global;
    const char *value = equals != NULL ? equals + 1 : next;

    if (option == NULL && admin->command != NULL)
        option = find_option(admin->command->options, name, length);
    if (option == NULL && admin->command == NULL)
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("unknown option %s before the command: see boxkeeper --help"), word);
    if (option == NULL)
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("unknown option %s: see boxkeeper %s%s%s --help"), word,
                             admin->command->noun, admin->command->verb != NULL ? " " : "",
                             admin->command->verb != NULL ? admin->command->verb : "");
    if (option->value == NULL && equals != NULL)
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("--%s takes no value"), option->name);
    if (option->value != NULL && value == NULL)
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("--%s needs a value: --%s %s"), option->name,
                             option->name, _(option->value));
    *used_next = option->value != NULL && equals == NULL;
    if (option->value == NULL)
        value = NULL;
    if (global == NULL)
        return take_own(admin, option, value);
    take_global(admin, option, value);
    return true;
}

static const struct bk_command *find_command(const char *noun, const char *verb)
{
    for (const struct bk_command *command = bk_commands; command->noun != NULL; command++) {
        if (strcmp(command->noun, noun) != 0)
            continue;
        if (command->verb == NULL || (verb != NULL && strcmp(command->verb, verb) == 0))
            return command;
    }
    return NULL;
}

static bool noun_is_known(const char *noun)
{
    for (const struct bk_command *command = bk_commands; command->noun != NULL; command++) {
        if (strcmp(command->noun, noun) == 0)
            return true;
    }
    return false;
}

static const char *verbs_of(struct bk_admin *admin, const char *noun)
{
    const char *text = "";

    for (const struct bk_command *command = bk_commands; command->noun != NULL; command++) {
        if (strcmp(command->noun, noun) == 0 && command->verb != NULL)
            text = bk_arena_printf(admin->arena, "%s%s%s", text, *text != '\0' ? ", " : "",
                                   command->verb);
    }
    return text;
}

static bool take_word(struct bk_admin *admin, const char *word)
{
    if (admin->command != NULL) {
        admin->arguments[admin->argument_count++] = word;
        return true;
    }
    if (admin->noun == NULL) {
        if (!noun_is_known(word))
            return bk_admin_fail(admin, BK_ERROR_USAGE,
                                 _("there is no command \"%s\": see boxkeeper --help"), word);
        admin->noun = word;
        admin->command = find_command(word, NULL);
        return true;
    }
    admin->command = find_command(admin->noun, word);
    if (admin->command == NULL)
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("\"%s\" is not a command of %s, which has: %s"), word, admin->noun,
                             verbs_of(admin, admin->noun));
    return true;
}

static void count_expected(const char *arguments, size_t *minimum_r, size_t *maximum_r)
{
    *minimum_r = 0;
    *maximum_r = 0;
    for (const char *at = arguments; *at != '\0';) {
        size_t length = strcspn(at, " ");

        if (*at != '[')
            (*minimum_r)++;
        if (*maximum_r != SIZE_MAX)
            (*maximum_r)++;
        if (memmem(at, length, "...", 3) != NULL)
            *maximum_r = SIZE_MAX;
        at += length + strspn(at + length, " ");
    }
}

static bool check_complete(struct bk_admin *admin)
{
    const struct bk_command *command = admin->command;
    size_t minimum, maximum;

    if (admin->help || admin->version)
        return true;
    if (admin->noun == NULL)
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("no command given: see boxkeeper --help"));
    if (command == NULL)
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("%s needs one of: %s"), admin->noun,
                             verbs_of(admin, admin->noun));
    count_expected(command->arguments, &minimum, &maximum);
    if (admin->argument_count >= minimum && admin->argument_count <= maximum)
        return true;
    return bk_admin_fail(
        admin, BK_ERROR_USAGE,
        admin->argument_count < minimum ? _("something is missing; usage: boxkeeper %s%s%s %s")
                                        : _("too many words; usage: boxkeeper %s%s%s %s"),
        command->noun, command->verb != NULL ? " " : "", command->verb != NULL ? command->verb : "",
        bk_translate(command->arguments));
}

bool bk_command_line_parse(struct bk_admin *admin, int count, char **words)
{
    bool options_over = false;

    admin->arguments = bk_arena_alloc(admin->arena, ((size_t)count + 1) * sizeof(char *));
    admin->options = bk_arena_alloc(admin->arena,
                                    ((size_t)count + 1) * sizeof(struct bk_option_value));
    for (int i = 1; i < count; i++) {
        const char *word = words[i];
        bool used_next = false;
        bool fine;

        if (!options_over && strcmp(word, "--") == 0) {
            options_over = true;
            continue;
        }
        if (!options_over && strncmp(word, "--", 2) == 0)
            fine = take_option(admin, word, i + 1 < count ? words[i + 1] : NULL, &used_next);
        else
            fine = take_word(admin, word); /* also "-a@b.example": some plans have such names */
        if (!fine)
            return false;
        if (used_next)
            i++;
    }
    return check_complete(admin);
}

static const struct bk_option *own_option(const struct bk_admin *admin, const char *name)
{
    const struct bk_option *option = find_option(admin->command->options, name, strlen(name));

    assert(option != NULL); /* a command asks only for options of its own table */
    return option;
}

bool bk_option_given(const struct bk_admin *admin, const char *name)
{
    const struct bk_option *option = own_option(admin, name);

    for (size_t i = 0; i < admin->option_count; i++) {
        if (admin->options[i].option == option)
            return true;
    }
    return false;
}

const char *bk_option_value(const struct bk_admin *admin, const char *name)
{
    const struct bk_option *option = own_option(admin, name);
    const char *value = NULL;

    for (size_t i = 0; i < admin->option_count; i++) {
        if (admin->options[i].option == option)
            value = admin->options[i].value;
    }
    return value;
}

const char **bk_option_values(const struct bk_admin *admin, const char *name, size_t *count_r)
{
    const struct bk_option *option = own_option(admin, name);
    const char **values = bk_arena_alloc(admin->arena,
                                         (admin->option_count + 1) * sizeof(const char *));

    *count_r = 0;
    for (size_t i = 0; i < admin->option_count; i++) {
        if (admin->options[i].option == option)
            values[(*count_r)++] = admin->options[i].value;
    }
    return values;
}

bool bk_option_switch(struct bk_admin *admin, const char *name, bool *value_r)
{
    const char *value = bk_option_value(admin, name);

    if (value == NULL)
        return true;
    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("--%s %s: say on or off"), name, value);
    *value_r = strcmp(value, "on") == 0;
    return true;
}

bool bk_option_number(struct bk_admin *admin, const char *name, int64_t minimum, int64_t maximum,
                      int64_t *value_r)
{
    const char *value = bk_option_value(admin, name);
    char *end;
    long long number;

    if (value == NULL)
        return true;
    errno = 0;
    number = strtoll(value, &end, 10);
    if (value[strspn(value, "0123456789")] != '\0' || *value == '\0' || errno != 0 ||
        number < minimum || number > maximum)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("--%s %s: say a whole number from %lld to %lld"), name, value,
                             (long long)minimum, (long long)maximum);
    *value_r = number;
    return true;
}
