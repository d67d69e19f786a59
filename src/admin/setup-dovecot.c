/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `setup dovecot --apply`. */
#include "admin/setup.h"

#include "admin/output.h"
#include "admin/program.h"
#include "admin/question.h"
#include "rules/setup_dovecot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAXIMUM 8
#define START_SECONDS 30
#define SIEVE_SCRIPT "/etc/dovecot/conf.d/boxkeeper.sieve"
#define MAIN_FILE "/etc/dovecot/conf.d/99-boxkeeper.conf"

static const char *replace_once(struct bk_admin *admin, const char *text, const char *from,
                                const char *to)
{
    const char *found = strstr(text, from);

    if (found == NULL)
        return text;
    return bk_arena_printf(admin->arena, "%.*s%s%s", (int)(found - text), text, to,
                           found + strlen(from));
}

/* The format that is asked for, or else the one that was chosen before. */
static bool choose_format(struct bk_admin *admin, const char **format_r)
{
    static const char *const formats[] = {"maildir", "sdbox", "mdbox", NULL};
    const char *wanted = bk_option_value(admin, "mail-format");
    const char *present = bk_setup_read(admin, MAIN_FILE, NULL);
    const char *chosen = NULL;

    *format_r = wanted != NULL ? wanted : "maildir";
    for (const char *const *format = formats; *format != NULL; format++) {
        if (present != NULL &&
            strstr(present, bk_arena_printf(admin->arena, "\n!include boxkeeper-%s.conf.ext",
                                            *format)) != NULL) {
            if (wanted != NULL && strcmp(wanted, *format) != 0)
                return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                                     _("mail is kept as %s already: what is stored would not be "
                                       "found as %s"),
                                     *format, wanted);
            *format_r = *format;
        }
        if (strcmp(*format_r, *format) == 0)
            chosen = *format;
    }
    if (chosen == NULL)
        return bk_admin_fail(admin, BK_ERROR_VALUE,
                             _("%s is not a mail format: maildir, sdbox or mdbox"), *format_r);
    return true;
}

/* In the words of Dovecot 2.3, or of 2.4. */
static const char *allow_plaintext_login(struct bk_admin *admin, const char *content)
{
    content = replace_once(admin, content, "\nssl = required\n", "\nssl = yes\n");
    content = replace_once(admin, content, "\ndisable_plaintext_auth = yes\n",
                           "\ndisable_plaintext_auth = no\n");
    return replace_once(admin, content, "\nauth_allow_cleartext = no\n",
                        "\nauth_allow_cleartext = yes\n");
}

static bool make_files(struct bk_admin *admin, struct bk_placed_file *files, size_t *count_r)
{
    const char *format;

    if (!choose_format(admin, &format))
        return false;
    *count_r = 0;
    for (const struct bk_setup_target *target = bk_setup_dovecot_targets; target->name != NULL;
         target++) {
        struct bk_placed_file *file = &files[(*count_r)++];

        *file = (struct bk_placed_file){.path = target->path,
                                        .content = bk_setup_content(admin, target->name),
                                        .mode = (mode_t)strtoul(target->mode, NULL, 8)};
        if (file->content == NULL)
            return false;
        if (strcmp(file->path, MAIN_FILE) == 0) {
            file->content = replace_once(
                admin, file->content, "\n!include boxkeeper-maildir.conf.ext",
                bk_arena_printf(admin->arena, "\n!include boxkeeper-%s.conf.ext", format));
            if (bk_option_given(admin, "allow-plaintext-login"))
                file->content = allow_plaintext_login(admin, file->content);
        }
        bk_setup_compare(admin, file);
    }
    return true;
}

static const char *read_configuration(struct bk_admin *admin)
{
    const char *output;

    return bk_setup_run(admin, "doveconf", (const char *const[]){"-n", NULL},
                        _("Correct Dovecot's configuration first"), &output)
               ? output
               : NULL;
}

static bool judge(struct bk_admin *admin)
{
    const char *configuration = read_configuration(admin);
    const struct bk_setup_refusal *refusals;
    size_t count;

    if (configuration == NULL)
        return false;
    refusals = bk_dovecot_judge(admin->arena, configuration, &count);
    return bk_setup_refuse(admin, refusals, count);
}

static bool has_plugins(struct bk_admin *admin, const char *configuration, const char *protocol,
                        const char *const *names)
{
    const char *missing = bk_dovecot_missing_plugin(admin->arena, configuration, protocol, names);

    if (missing == NULL)
        return true;
    return bk_admin_fail(
        admin, BK_ERROR_CONFIGURATION,
        _("with protocol %s the plugin %s is not loaded: a \"protocol %s\" block "
          "read after %s has a mail_plugins line that replaces the list instead "
          "of adding to it ($mail_plugins before Dovecot 2.4, mail_plugins { ... } "
          "since); correct that"),
        protocol, missing, protocol, MAIN_FILE);
}

/* Files are in place: is all of it in force? */
static bool is_in_force(struct bk_admin *admin)
{
    const char *configuration = read_configuration(admin);

    if (configuration == NULL)
        return false;
    if (strstr(configuration, "boxkeeper_settings") == NULL)
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             _("%s is not read: /etc/dovecot/dovecot.conf has to have the line "
                               "\"!include conf.d/*.conf\""),
                             MAIN_FILE);
    return has_plugins(admin, configuration, "lmtp",
                       (const char *const[]){"quota", "sieve", "boxkeeper", NULL}) &&
           has_plugins(admin, configuration, "imap",
                       (const char *const[]){"quota", "imap_quota", "boxkeeper", NULL}) &&
           has_plugins(admin, configuration, "pop3",
                       (const char *const[]){"quota", "boxkeeper", NULL});
}

static bool take_effect(struct bk_admin *admin)
{
    const char *what = _("See Dovecot's log");

    if (bk_setup_has_systemd())
        return bk_setup_run(admin, "systemctl", (const char *const[]){"restart", "dovecot", NULL},
                            what, NULL);
    if (bk_program_run(admin, "doveadm", (const char *const[]){"reload", NULL}).status == 0)
        return true;
    return bk_setup_run(admin, "dovecot", (const char *const[]){NULL}, what, NULL);
}

static bool sockets_answer(struct bk_admin *admin)
{
    static const char *const names[] = {"boxkeeper-lmtp", "boxkeeper-auth", NULL};
    const char *sockets = bk_admin_server_value(admin, "socket_directory");
    const char *slash = sockets != NULL ? strrchr(sockets, '/') : NULL;

    if (slash == NULL)
        return false;
    for (const char *const *name = names; *name != NULL; name++) {
        const char *path = bk_arena_printf(admin->arena, "%.*s/private/%s", (int)(slash - sockets),
                                           sockets, *name);

        if (!bk_probe_socket(path, START_SECONDS))
            return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                                 _("Dovecot does not answer on %s: see its log. Everything was "
                                   "put back as it was"),
                                 path);
    }
    return true;
}

static bool probe(struct bk_admin *admin)
{
    return judge(admin) && is_in_force(admin) &&
           bk_setup_run(admin, "sievec", (const char *const[]){SIEVE_SCRIPT, NULL},
                        _("Is Pigeonhole (dovecot-sieve) installed?"), NULL);
}

/* Files first, so that doveconf can judge the whole; the running Dovecot gets them at the end. */
static bool apply(struct bk_admin *admin, const struct bk_placed_file *files, size_t count)
{
    bool restarted = false;

    if (!bk_setup_place(admin, files, count))
        return false;
    if (probe(admin)) {
        restarted = true;
        if (take_effect(admin) && sockets_answer(admin))
            return true;
    }
    {
        const struct bk_error error = admin->error;

        bk_setup_put_back(admin, files, count);
        if (restarted && take_effect(admin))
            admin->error = error;
    }
    return false;
}

bool bk_setup_apply_dovecot(struct bk_admin *admin)
{
    struct bk_placed_file files[FILES_MAXIMUM];
    size_t count, differing = 0;
    json_t *changes = json_array();

    if (!bk_setup_need_root(admin) || bk_admin_settings(admin) == NULL ||
        !make_files(admin, files, &count) || !judge(admin))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!files[i].differs)
            continue;
        differing++;
        json_array_append_new(changes, json_string(files[i].path));
        bk_message(admin, files[i].before == NULL ? _("new: %s") : _("changed: %s"), files[i].path);
    }
    if (differing == 0)
        bk_message(admin, _("Dovecot is set up already: nothing was changed"));
    else if (!bk_question(admin, _("Write these files, and restart Dovecot?")) ||
             (!admin->dry_run && !apply(admin, files, count)))
        return false;
    bk_output_result(admin, json_pack("{s:o}", "changes", changes));
    return true;
}
