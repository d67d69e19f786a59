/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/admin.h"

#include <stdio.h>
#include <string.h>

static void print_options(const struct bk_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        char text[80];

        (void)snprintf(
            text, sizeof(text), "--%s%s%s%s", options->name, options->value != NULL ? " " : "",
            options->value != NULL ? options->value : "", options->repeatable ? "..." : "");
        printf("  %-26s %s\n", text, _(options->help));
    }
}

static void print_line(const struct bk_command *command)
{
    char text[120];

    (void)snprintf(text, sizeof(text), "%s%s%s %s", command->noun, command->verb != NULL ? " " : "",
                   command->verb != NULL ? command->verb : "", command->arguments);
    printf("  %-40s %s\n", text, _(command->help));
}

static void print_command(const struct bk_command *command)
{
    printf(_("Usage: boxkeeper [global options] %s%s%s %s [options]\n"), command->noun,
           command->verb != NULL ? " " : "", command->verb != NULL ? command->verb : "",
           command->arguments);
    printf("%s\n", _(command->help));
    if (command->options != NULL) {
        printf("\n%s\n", _("Options:"));
        print_options(command->options);
    }
}

static void print_overview(const struct bk_admin *admin)
{
    printf("%s\n\n", _("Usage: boxkeeper [global options] NOUN VERB ... [options]"));
    for (const struct bk_command *command = bk_commands; command->noun != NULL; command++) {
        if (admin->noun == NULL || strcmp(admin->noun, command->noun) == 0)
            print_line(command);
    }
    printf("\n%s\n", _("Global options (anywhere):"));
    print_options(bk_global_options);
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
        print_command(admin->command);
    else
        print_overview(admin);
}
