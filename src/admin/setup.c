/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * `setup dovecot|postfix`: what the administrator has to do with the two servers. The files are
 * those of conf/, with the paths of this installation (the table `server`) put in.
 */
#include "admin/setup.h"

#include "admin/commands.h"
#include "admin/output.h"

#include <stdio.h>
#include <string.h>

struct guide {
    const struct bk_setup_target *targets; /* ends with a NULL name */
    const char *const *before;             /* steps before the files; N_(); ends with NULL */
    const char *const *after;
    const char *const *must_not; /* what must not be in force */
};

/* ---- paths ---- */

static const char *replace(struct bk_admin *admin, const char *text, const char *from,
                           const char *to)
{
    const char *found = strstr(text, from);
    const char *result = "";

    if (strcmp(from, to) == 0)
        return text;
    for (; found != NULL; found = strstr(text, from)) {
        result = bk_arena_printf(admin->arena, "%s%.*s%s", result, (int)(found - text), text, to);
        text = found + strlen(from);
    }
    return bk_arena_printf(admin->arena, "%s%s", result, text);
}

/* The folder of `path`; its last part in *name_r. */
static const char *split_path(struct bk_admin *admin, const char *path, const char **name_r)
{
    char *folder = bk_arena_strdup(admin->arena, path);
    char *slash = strrchr(folder, '/');

    if (slash == NULL) {
        *name_r = path;
        return ".";
    }
    *slash = '\0';
    *name_r = slash + 1;
    return folder;
}

/* conf/ names the places of a machine that was installed with the defaults. */
static const char *relocate(struct bk_admin *admin, const char *content)
{
    const char *credentials = bk_admin_server_value(admin, "credentials_path");
    const char *sockets = bk_admin_server_value(admin, "socket_directory");
    const char *group = bk_admin_server_value(admin, "boxkeeper_group");
    const char *queue, *folder;

    if (credentials == NULL || sockets == NULL || group == NULL)
        return NULL;
    queue = split_path(admin, sockets, &folder);
    content = replace(admin, content, "/var/lib/boxkeeper/settings/settings.db",
                      admin->settings_path);
    content = replace(admin, content, "/var/lib/boxkeeper/credentials/credentials.db", credentials);
    content = replace(admin, content, "mail_access_groups = boxkeeper",
                      bk_arena_printf(admin->arena, "mail_access_groups = %s", group));
    content = replace(admin, content, "unix:boxkeeper/",
                      bk_arena_printf(admin->arena, "unix:%s/", folder));
    return replace(admin, content, "/var/spool/postfix/private/",
                   bk_arena_printf(admin->arena, "%s/private/", queue));
}

static const char *find_content(const char *name)
{
    for (const struct bk_setup_file *file = bk_setup_files; file->name != NULL; file++) {
        if (strcmp(file->name, name) == 0)
            return file->content;
    }
    return "";
}

/* ---- the guide as JSON, and for people ---- */

static json_t *list_texts(const char *const *texts)
{
    json_t *array = json_array();

    for (; *texts != NULL; texts++)
        json_array_append_new(array, json_string(_(*texts)));
    return array;
}

const char *bk_setup_content(struct bk_admin *admin, const char *name)
{
    return relocate(admin, find_content(name));
}

static json_t *list_files(struct bk_admin *admin, const struct bk_setup_target *target)
{
    json_t *array = json_array();

    for (; target->name != NULL; target++) {
        const char *content = bk_setup_content(admin, target->name);

        if (content == NULL)
            return NULL;
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:s, s:s}", "path", target->path, "mode", target->mode,
                             "installed_as",
                             bk_arena_printf(admin->arena, "%s/%s", BK_DATA_DIR, target->name),
                             "content", content));
    }
    return array;
}

static void print_texts(const char *title, const json_t *texts)
{
    size_t i;
    json_t *text;

    printf("# %s\n", title);
    json_array_foreach(texts, i, text) printf("#   - %s\n", json_string_value(text));
    printf("#\n");
}

static void print_file(const json_t *file)
{
    printf(_("\n# ===== %s (mode %s) =====\n\n%s"),
           _(json_string_value(json_object_get(file, "path"))),
           json_string_value(json_object_get(file, "mode")),
           json_string_value(json_object_get(file, "content")));
}

static void print_guide(const json_t *object)
{
    const json_t *files = json_object_get(object, "files");
    size_t i;
    json_t *file;

    print_texts(_("First:"), json_object_get(object, "before"));
    print_texts(_("This must not be in force, look for it with doveconf -n and postconf -n:"),
                json_object_get(object, "must_not"));
    printf("# %s\n#\n", _("Then put the files below in place (their templates are installed in the "
                          "folder named at the end)."));
    print_texts(_("Afterwards:"), json_object_get(object, "after"));
    json_array_foreach(files, i, file) print_file(file);
    printf(_("\n# Templates: %s\n"), BK_DATA_DIR);
}

static bool run_guide(struct bk_admin *admin, const struct guide *guide)
{
    json_t *files;

    if (bk_admin_settings(admin) == NULL || (files = list_files(admin, guide->targets)) == NULL)
        return false;
    json_t *object = json_pack("{s:o, s:o, s:o, s:o}", "before", list_texts(guide->before), "files",
                               files, "after", list_texts(guide->after), "must_not",
                               list_texts(guide->must_not));
    if (admin->json)
        bk_output_result(admin, object);
    else
        print_guide(object);
    return true;
}

/* The guide is the same whatever is to be applied. */
static bool no_option_given(struct bk_admin *admin)
{
    return admin->option_count == 0 ||
           bk_admin_fail(admin, BK_ERROR_USAGE, _("--%s goes with --apply"),
                         admin->options[0].option->name);
}

/* ---- Dovecot ---- */

#define FOR_THIS_DOVECOT "dovecot-" BK_DOVECOT_SERIES "/"
#define CONF_D "/etc/dovecot/conf.d/"

const struct bk_setup_target bk_setup_dovecot_targets[] = {
    {FOR_THIS_DOVECOT "99-boxkeeper.conf", CONF_D "99-boxkeeper.conf", "0644"},
    {"dovecot/boxkeeper.sieve", CONF_D "boxkeeper.sieve", "0644"},
    {FOR_THIS_DOVECOT "boxkeeper-sql.conf.ext", CONF_D "boxkeeper-sql.conf.ext", "0600"},
    {FOR_THIS_DOVECOT "boxkeeper-maildir.conf.ext", CONF_D "boxkeeper-maildir.conf.ext", "0644"},
    {FOR_THIS_DOVECOT "boxkeeper-sdbox.conf.ext", CONF_D "boxkeeper-sdbox.conf.ext", "0644"},
    {FOR_THIS_DOVECOT "boxkeeper-mdbox.conf.ext", CONF_D "boxkeeper-mdbox.conf.ext", "0644"},
    {NULL, NULL, NULL},
};

const struct bk_option bk_setup_dovecot_options[] = {
    {"apply", NULL, N_("put the files in place and restart Dovecot"), false},
    {"allow-plaintext-login", NULL, N_("let logins in without TLS"), false},
    {"mail-format", "maildir|sdbox|mdbox", N_("maildir (if nothing is said), sdbox or mdbox"),
     false},
    {NULL, NULL, NULL, false},
};

bool bk_run_setup_dovecot(struct bk_admin *admin)
{
    static const char *const before[] = {
        N_("systemd-sysusers && systemd-tmpfiles --create (users vmail and boxkeeper, folders)"),
        N_("boxkeeper migrate"),
        N_("choose the mail format in 99-boxkeeper.conf (maildir, sdbox or mdbox) before the first "
           "account exists"),
        NULL,
    };
    static const char *const after[] = {
        N_("sievec /etc/dovecot/conf.d/boxkeeper.sieve (again after each change of that file, and "
           "of Dovecot's version)"),
        N_("doveconf -n >/dev/null && systemctl restart dovecot"),
        N_("systemctl enable --now boxkeeper-retention.timer"),
        N_("boxkeeper check"),
        NULL,
    };
    static const char *const must_not[] = {
        N_("another passdb or userdb (on Debian: \"!include auth-system.conf.ext\" in "
           "10-auth.conf)"),
        N_("another quota root, a size, a rule or a grace (quota_rule, quota_grace, since Dovecot "
           "2.4 quota_storage_size and the like; 90-quota.conf): the limit is the account's "
           "capacity"),
        N_("auth_cache_size above 0: changes would hold only after it"),
        N_("autoexpunge for INBOX, Trash or Archive: retention is Boxkeeper's"),
        N_("a \"protocol\" block after 99-boxkeeper.conf with a mail_plugins line that replaces "
           "the "
           "list instead of adding to it"),
        N_("sieve_vacation_default_period: the interval of auto-replies is the account's"),
        N_("editheader in sieve_extensions: users' own scripts would get it"),
        NULL,
    };
    static const struct guide guide = {bk_setup_dovecot_targets, before, after, must_not};

    return bk_option_given(admin, "apply") ? bk_setup_apply_dovecot(admin)
                                           : no_option_given(admin) && run_guide(admin, &guide);
}

/* ---- Postfix ---- */

const struct bk_option bk_setup_postfix_options[] = {
    {"apply", NULL, N_("change main.cf and master.cf and reload Postfix"), false},
    {"allow-plaintext-login", NULL, N_("let logins in without TLS"), false},
    {NULL, NULL, NULL, false},
};

bool bk_run_setup_postfix(struct bk_admin *admin)
{
    static const struct bk_setup_target targets[] = {
        {"postfix/main.cf", N_("/etc/postfix/main.cf (add; it replaces lines of the same name)"),
         "0644"},
        {"postfix/master.cf",
         N_("/etc/postfix/master.cf (add; it replaces services of the same name)"), "0644"},
        {NULL, NULL, NULL},
    };
    static const char *const before[] = {
        N_("keep copies of /etc/postfix/main.cf and /etc/postfix/master.cf"),
        N_("systemctl enable --now boxkeeperd (before Postfix is reloaded: without it all mail is "
           "deferred)"),
        N_("install postsrsd, set SRS_DOMAIN in /etc/default/postsrsd to a name that stands in "
           "mydestination ($myhostname), and systemctl enable --now postsrsd (without it "
           "forwards to other hosts wait)"),
        NULL,
    };
    static const char *const after[] = {
        N_("postfix check && systemctl reload postfix"),
        N_("send a message through port 25 and one through port 587: postconf accepts some errors "
           "that smtpd does not"),
        N_("boxkeeper check"),
        NULL,
    };
    static const char *const must_not[] = {
        N_("a domain of Boxkeeper's in mydestination, relay_domains or virtual_alias_domains"),
        N_("reject_unverified_recipient for domains of Boxkeeper's: its answers are kept for days"),
        N_("anything that permits before Boxkeeper's policy in smtpd_recipient_restrictions, such "
           "as permit_mynetworks, unless those clients may skip it"),
        N_("receive_override_options=no_address_mappings on the last cleanup: forwards and aliases "
           "would not be expanded"),
        N_("header_checks or receive_override_options=no_header_body_checks by which a sender's "
           "own "
           "X-Spam headers would pass: they must be gone before the scanner adds its own"),
        N_("another virtual_mailbox_maps, virtual_alias_maps or transport for these domains"),
        NULL,
    };
    static const struct guide guide = {targets, before, after, must_not};

    return bk_option_given(admin, "apply") ? bk_setup_apply_postfix(admin)
                                           : no_option_given(admin) && run_guide(admin, &guide);
}
