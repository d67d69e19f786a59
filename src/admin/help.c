/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/admin.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h> // mbstowcs
#include <string.h>
#include <wchar.h>

#define COMMANDS_MAXIMUM 128 /* far above what there are */
#define OPTIONS_MAXIMUM 32

struct row {
    const char *text;
    const char *help; /* N_() */
};

/* Full-width characters take two columns. */
static int width_of(const char *text)
{
    wchar_t characters[160];
    size_t length = mbstowcs(characters, text, sizeof(characters) / sizeof(characters[0]));
    int width = length <= sizeof(characters) / sizeof(characters[0]) ? wcswidth(characters, length)
                                                                     : -1;

    return width >= 0 ? width : (int)strlen(text);
}

static void print_rows(const struct row *rows, size_t count)
{
    int widest = 0;

    for (size_t i = 0; i < count; i++) {
        if (width_of(rows[i].text) > widest)
            widest = width_of(rows[i].text);
    }
    for (size_t i = 0; i < count; i++)
        printf("  %s%*s  %s\n", rows[i].text, widest - width_of(rows[i].text), "", _(rows[i].help));
}

static void print_options(struct bk_admin *admin, const struct bk_option *options)
{
    struct row rows[OPTIONS_MAXIMUM];
    size_t count = 0;

    for (; options != NULL && options->name != NULL; options++) {
        assert(count < OPTIONS_MAXIMUM);
        rows[count++] = (struct row){
            .text = bk_arena_printf(
                admin->arena, "--%s%s%s%s", options->name, options->value != NULL ? " " : "",
                options->value != NULL ? _(options->value) : "", options->repeatable ? "..." : ""),
            .help = options->help,
        };
    }
    print_rows(rows, count);
}

/* "account show ACCOUNT" */
static const char *synopsis(struct bk_admin *admin, const struct bk_command *command)
{
    return bk_arena_printf(
        admin->arena, "%s%s%s%s%s", command->noun, command->verb != NULL ? " " : "",
        command->verb != NULL ? command->verb : "", *command->arguments != '\0' ? " " : "",
        bk_translate(command->arguments));
}

static void print_command(struct bk_admin *admin)
{
    printf(_("Usage: boxkeeper [global options] %s [options]\n"), synopsis(admin, admin->command));
    printf("%s\n", _(admin->command->help));
    if (admin->command->options != NULL) {
        printf("\n%s\n", _("Options:"));
        print_options(admin, admin->command->options);
    }
}

static void print_commands(struct bk_admin *admin)
{
    struct row rows[COMMANDS_MAXIMUM];
    size_t count = 0;

    for (const struct bk_command *command = bk_commands; command->noun != NULL; command++) {
        if (admin->noun != NULL && strcmp(admin->noun, command->noun) != 0)
            continue;
        assert(count < COMMANDS_MAXIMUM);
        rows[count++] = (struct row){.text = synopsis(admin, command), .help = command->help};
    }
    print_rows(rows, count);
}

static void print_overview(struct bk_admin *admin)
{
    printf("%s\n\n", _("Usage: boxkeeper [global options] NOUN VERB ... [options]"));
    print_commands(admin);
    printf("\n%s\n", _("Global options (anywhere):"));
    print_options(admin, bk_global_options);
    printf("\n%s\n", _("ACCOUNT is a primary address, login, alias, or name@domain. Options of a "
                       "command: boxkeeper NOUN VERB --help"));
}

static json_t *describe_options(const struct bk_option *options)
{
    json_t *array = json_array();

    for (; options != NULL && options->name != NULL; options++)
        json_array_append_new(array, json_pack("{s:s, s:s?, s:s, s:b}", "name", options->name,
                                               "value", options->value, "help", _(options->help),
                                               "repeatable", options->repeatable));
    return array;
}

/* For shell completion, and for the test that compares the manual page with the program. */
static void print_json(const struct bk_admin *admin)
{
    json_t *items = json_array();
    json_t *object;

    for (const struct bk_command *command = bk_commands; command->noun != NULL; command++) {
        if (admin->noun != NULL && strcmp(admin->noun, command->noun) != 0)
            continue;
        if (admin->command != NULL && admin->command != command)
            continue;
        json_array_append_new(items,
                              json_pack("{s:s, s:s?, s:s, s:s, s:b, s:o}", "noun", command->noun,
                                        "verb", command->verb, "arguments", command->arguments,
                                        "help", _(command->help), "changes", command->changes,
                                        "options", describe_options(command->options)));
    }
    object = json_pack("{s:o, s:o}", "items", items, "global_options",
                       describe_options(bk_global_options));
    json_dumpf(object, stdout, JSON_INDENT(2));
    printf("\n");
}

void bk_help_print(struct bk_admin *admin)
{
    if (admin->json)
        print_json(admin);
    else if (admin->command != NULL)
        print_command(admin);
    else
        print_overview(admin);
}
