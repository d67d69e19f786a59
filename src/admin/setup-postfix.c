/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * `setup postfix --apply`. postconf writes into copies of main.cf and master.cf, which then come
 * into place whole.
 */
#include "admin/setup.h"

#include "admin/output.h"
#include "admin/program.h"
#include "admin/question.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define PROBE_SECONDS 30
#define FILES 2 /* main.cf, master.cf */

/* ---- what is there ---- */

static bool run_postconf(struct bk_admin *admin, const char *folder, const char *option,
                         const char *name, const char **output_r)
{
    const char *const words[] = {"-c", folder, option, name, NULL};

    return bk_setup_run(admin, "postconf", words, _("Correct Postfix's configuration first"),
                        output_r);
}

static const char *one_line(struct bk_admin *admin, const char *text)
{
    char *copy = bk_arena_strdup(admin->arena, text);

    copy[strcspn(copy, "\n")] = '\0';
    return copy;
}

struct present {
    const char *folder; /* /etc/postfix */
    struct bk_postfix_settings main, master;
};

static bool read_present(struct bk_admin *admin, struct present *present)
{
    const char *folder, *main_text, *services, *options;

    if (!bk_setup_run(admin, "postconf", (const char *const[]){"-h", "config_directory", NULL},
                      _("Is Postfix installed?"), &folder))
        return false;
    present->folder = one_line(admin, folder);
    if (!run_postconf(admin, present->folder, "-n", NULL, &main_text) ||
        !run_postconf(admin, present->folder, "-M", NULL, &services) ||
        !run_postconf(admin, present->folder, "-P", NULL, &options))
        return false;
    present->main = bk_postfix_parse_main(admin->arena, main_text);
    /* "submission/inet/smtpd_sasl_path = value" beside the services themselves. */
    struct bk_postfix_settings first = bk_postfix_parse_master(admin->arena, services);
    struct bk_postfix_settings second = bk_postfix_parse_main(admin->arena, options);
    present->master.count = 0;
    present->master.items = bk_arena_alloc(admin->arena, (first.count + second.count + 1) *
                                                             sizeof(struct bk_postfix_setting));
    for (size_t i = 0; i < first.count; i++) {
        if (strstr(first.items[i].name, "/inet/") == NULL)
            present->master.items[present->master.count++] = first.items[i];
    }
    for (size_t i = 0; i < second.count; i++)
        present->master.items[present->master.count++] = second.items[i];
    return true;
}

/* ---- domains of ours that are somebody else's as well ---- */

struct domains {
    struct bk_admin *admin;
    const char **names;
    size_t count, room;
};

static bool collect(void *context, const char *name)
{
    struct domains *domains = context;

    if (domains->count + 1 >= domains->room) {
        const char **old = domains->names;

        domains->room = domains->room * 2 + 16;
        domains->names = bk_arena_alloc(domains->admin->arena,
                                        domains->room * sizeof(*domains->names));
        if (domains->count > 0)
            memcpy(domains->names, old, domains->count * sizeof(*old));
    }
    domains->names[domains->count++] = bk_arena_strdup(domains->admin->arena, name);
    return true;
}

static bool collect_domain(void *context, const struct bk_domain *domain)
{
    struct domains *domains = context;

    (void)collect(context, domain->name);
    return bk_settings_list_domain_aliases(domains->admin->settings, domain->id, collect, context,
                                           &domains->admin->error) != BK_FAILED;
}

static bool is_in_table(struct bk_admin *admin, const char *table, const char *domain)
{
    return bk_program_run(admin, "postmap", (const char *const[]){"-q", domain, table, NULL})
               .status == 0;
}

bool bk_postfix_names(struct bk_admin *admin, const char *list, const char *domain)
{
    for (const char *const *word = bk_postfix_list(admin->arena, list); *word != NULL; word++) {
        /* Our own socketmap knows them all, of course. */
        bool table = strchr(*word, ':') != NULL && strncmp(*word, "socketmap:", 10) != 0;

        if (strcasecmp(*word, domain) == 0 || (table && is_in_table(admin, *word, domain)))
            return true;
    }
    return false;
}

static bool refuse_if_listed(struct bk_admin *admin, const char *folder, const char *parameter,
                             const struct domains *domains)
{
    const char *list;

    if (!run_postconf(admin, folder, "-xh", parameter, &list))
        return false;
    for (size_t i = 0; i < domains->count; i++) {
        if (bk_postfix_names(admin, list, domains->names[i]))
            return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                                 _("nothing was changed, because the domain %s stands in "
                                   "Postfix's %s: take it out there, so that its mail comes "
                                   "to Boxkeeper"),
                                 domains->names[i], parameter);
    }
    return true;
}

static bool refuse_conflicts(struct bk_admin *admin, const struct present *present,
                             const struct domains *domains)
{
    return refuse_if_listed(admin, present->folder, "mydestination", domains) &&
           refuse_if_listed(admin, present->folder, "relay_domains", domains) &&
           (bk_postfix_value(&present->main, "virtual_alias_domains") == NULL ||
            refuse_if_listed(admin, present->folder, "virtual_alias_domains", domains));
}

static bool refuse_without_certificate(struct bk_admin *admin, const struct present *present)
{
    if (bk_option_given(admin, "allow-plaintext-login") ||
        bk_postfix_value(&present->main, "smtpd_tls_chain_files") != NULL ||
        bk_postfix_value(&present->main, "smtpd_tls_cert_file") != NULL)
        return true;
    return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                         _("nothing was changed: logins need TLS, and Postfix has no certificate. "
                           "Set smtpd_tls_chain_files in main.cf (or repeat it with "
                           "--allow-plaintext-login)"));
}

/* ---- the new files ---- */

/* postconf with one argument per change: "-e name=value", "-M service=line", "-P option=value". */
static bool edit(struct bk_admin *admin, const char *folder, const char *option,
                 const struct bk_postfix_settings *changes)
{
    const char **words = bk_arena_alloc(admin->arena, (changes->count + 4) * sizeof(*words));
    size_t count = 0;

    words[count++] = "-c";
    words[count++] = folder;
    words[count++] = option;
    for (size_t i = 0; i < changes->count; i++) {
        const char *name = changes->items[i].name;
        const char *slash = strchr(name, '/');
        bool is_service = slash != NULL && strchr(slash + 1, '/') == NULL;

        if (strcmp(option, "-e") == 0 || (strcmp(option, "-M") == 0) == is_service)
            words[count++] = bk_arena_printf(admin->arena, "%s=%s", name, changes->items[i].value);
    }
    return count == 3 || bk_setup_run(admin, "postconf", words, _("Nothing was changed"), NULL);
}

static bool copy_to(struct bk_admin *admin, const char *path, const char *content)
{
    FILE *file = content != NULL ? fopen(path, "we") : NULL;
    bool done = file != NULL && fputs(content, file) >= 0;

    if (file != NULL)
        done = fclose(file) == 0 && done;
    return done || bk_admin_fail(admin, BK_ERROR_TRY_AGAIN, _("%s can't be written: %s"), path,
                                 strerror(errno));
}

static const char *const file_names[FILES] = {"main.cf", "master.cf"};

static bool edit_copies(struct bk_admin *admin, const char *folder,
                        const struct bk_postfix_plan *main_plan,
                        const struct bk_postfix_plan *master_plan, struct bk_placed_file *files)
{
    for (size_t i = 0; i < FILES; i++) {
        if (!copy_to(admin, bk_arena_printf(admin->arena, "%s/%s", folder, file_names[i]),
                     files[i].before))
            return false;
    }
    if (!edit(admin, folder, "-e", &main_plan->changes) ||
        !edit(admin, folder, "-M", &master_plan->changes) ||
        !edit(admin, folder, "-P", &master_plan->changes))
        return false;
    for (size_t i = 0; i < FILES; i++) {
        files[i].content = bk_setup_read(
            admin, bk_arena_printf(admin->arena, "%s/%s", folder, file_names[i]), NULL);
        if (files[i].content == NULL)
            return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN, _("%s can't be read: %s"),
                                 file_names[i], strerror(errno));
        files[i].mode = files[i].before_mode;
        files[i].differs = strcmp(files[i].content, files[i].before) != 0;
    }
    return true;
}

static bool make_files(struct bk_admin *admin, const struct present *present,
                       const struct bk_postfix_plan *main_plan,
                       const struct bk_postfix_plan *master_plan, struct bk_placed_file *files)
{
    char folder[] = "/tmp/boxkeeper-setup-XXXXXX";
    bool done;

    for (size_t i = 0; i < FILES; i++) {
        files[i] = (struct bk_placed_file){
            .path = bk_arena_printf(admin->arena, "%s/%s", present->folder, file_names[i])};
        files[i].before = bk_setup_read(admin, files[i].path, &files[i].before_mode);
        if (files[i].before == NULL)
            return bk_admin_fail(admin, BK_ERROR_CONFIGURATION, _("%s can't be read: %s"),
                                 files[i].path, strerror(errno));
    }
    if (mkdtemp(folder) == NULL)
        return bk_admin_fail(admin, BK_ERROR_TRY_AGAIN, _("%s can't be written: %s"), folder,
                             strerror(errno));
    done = edit_copies(admin, folder, main_plan, master_plan, files);
    for (size_t i = 0; i < FILES; i++)
        (void)unlink(bk_arena_printf(admin->arena, "%s/%s", folder, file_names[i]));
    (void)rmdir(folder);
    return done;
}

/* ---- putting it to work ---- */

static bool take_effect(struct bk_admin *admin)
{
    const char *what = _("See Postfix's log");

    if (bk_setup_has_systemd())
        return bk_setup_run(admin, "systemctl",
                            (const char *const[]){"reload-or-restart", "postfix", NULL}, what,
                            NULL);
    if (bk_program_run(admin, "postfix", (const char *const[]){"status", NULL}).status == 0)
        return bk_setup_run(admin, "postfix", (const char *const[]){"reload", NULL}, what, NULL);
    return bk_setup_run(admin, "postfix", (const char *const[]){"start", NULL}, what, NULL);
}

/* Without it all mail is deferred, so it runs before Postfix is told of it. */
static bool need_daemon(struct bk_admin *admin)
{
    const char *folder = bk_admin_server_value(admin, "socket_directory");
    const char *slash = folder != NULL ? strrchr(folder, '/') : NULL;
    const char *policy, *login;

    if (slash == NULL)
        return false;
    policy = bk_arena_printf(admin->arena, "%s/policy", folder);
    login = bk_arena_printf(admin->arena, "%.*s/private/boxkeeper-auth", (int)(slash - folder),
                            folder);
    if (!bk_probe_socket(login, 0))
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             _("nothing was changed: Dovecot does not answer on %s. Do \"boxkeeper "
                               "setup dovecot --apply\" first"),
                             login);
    if (!bk_probe_socket(policy, 0) && bk_setup_has_systemd() && !admin->dry_run)
        (void)bk_program_run(admin, "systemctl",
                             (const char *const[]){"enable", "--now", "boxkeeperd", NULL});
    if (!bk_probe_port("10001") || !bk_probe_port("10002"))
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             _("nothing was changed: postsrsd does not answer on ports 10001 and "
                               "10002 of 127.0.0.1, and without it forwards to other hosts would "
                               "wait. Install and start it, and repeat the command"));
    if (bk_probe_socket(policy, bk_setup_has_systemd() && !admin->dry_run ? PROBE_SECONDS : 0))
        return true;
    return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                         _("nothing was changed: boxkeeperd does not answer on %s, and without it "
                           "all mail would be deferred. Start it, and repeat the command"),
                         policy);
}

/* The host on which port 25 of this machine is asked. */
static bool probe(struct bk_admin *admin, const struct present *present,
                  const struct domains *domains)
{
    const char *answer = "", *interfaces, *host;
    const char *address = domains->count > 0
                              ? bk_arena_printf(admin->arena, "postmaster@%s", domains->names[0])
                              : NULL;

    if (!run_postconf(admin, present->folder, "-xh", "inet_interfaces", &interfaces))
        return false;
    host = bk_postfix_list(admin->arena, interfaces)[0];
    if (host == NULL || strcmp(host, "all") == 0 || strcmp(host, "loopback-only") == 0)
        host = "127.0.0.1";
    if (!bk_probe_smtp(admin, host, address, PROBE_SECONDS, &answer))
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             _("a session with port 25 did not go as it has to (\"%s\"): see "
                               "Postfix's log. Everything was put back as it was"),
                             answer);
    if (!bk_probe_submission(admin, host, !bk_option_given(admin, "allow-plaintext-login"),
                             PROBE_SECONDS, &answer))
        return bk_admin_fail(admin, BK_ERROR_CONFIGURATION,
                             _("a session with port 587 did not go as it has to (\"%s\"): see "
                               "Postfix's log. Everything was put back as it was"),
                             answer);
    return true;
}

static bool apply(struct bk_admin *admin, const struct present *present,
                  const struct domains *domains, const struct bk_placed_file *files)
{
    if (!bk_setup_place(admin, files, FILES))
        return false;
    if (bk_setup_run(admin, "postfix", (const char *const[]){"check", NULL},
                     _("Everything was put back as it was"), NULL) &&
        take_effect(admin) && probe(admin, present, domains))
        return true;
    const struct bk_error error = admin->error;
    bk_setup_put_back(admin, files, FILES);
    if (take_effect(admin))
        admin->error = error;
    return false;
}

static void show(struct bk_admin *admin, json_t *changes,
                 const struct bk_postfix_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct bk_postfix_setting *setting = &settings->items[i];

        json_array_append_new(
            changes, json_pack("{s:s, s:s}", "name", setting->name, "value", setting->value));
        bk_message(admin, "%s = %s", setting->name, setting->value);
    }
}

static bool decide(struct bk_admin *admin, const struct present *present,
                   struct bk_postfix_plan *main_plan, struct bk_postfix_plan *master_plan)
{
    const char *main_text = bk_setup_content(admin, "postfix/main.cf");
    const char *master_text = bk_setup_content(admin, "postfix/master.cf");

    if (main_text == NULL || master_text == NULL)
        return false;
    const struct bk_postfix_settings wanted_main = bk_postfix_parse_main(admin->arena, main_text);
    const struct bk_postfix_settings wanted_master = bk_postfix_parse_master(admin->arena,
                                                                             master_text);
    *main_plan = bk_postfix_plan_main(admin->arena, &wanted_main, &present->main);
    *master_plan = bk_postfix_plan_master(admin->arena, &wanted_master, &present->master,
                                          bk_option_given(admin, "allow-plaintext-login"));
    return bk_setup_refuse(admin, main_plan->refusals, main_plan->refusal_count) &&
           bk_setup_refuse(admin, master_plan->refusals, master_plan->refusal_count);
}

bool bk_setup_apply_postfix(struct bk_admin *admin)
{
    struct domains domains = {.admin = admin};
    struct bk_postfix_plan main_plan, master_plan;
    struct bk_placed_file files[FILES];
    struct present present;
    json_t *changes = json_array();

    if (!bk_setup_need_root(admin) || bk_admin_settings(admin) == NULL ||
        bk_settings_list_domains(admin->settings, collect_domain, &domains, &admin->error) ==
            BK_FAILED ||
        !read_present(admin, &present) || !decide(admin, &present, &main_plan, &master_plan) ||
        !refuse_conflicts(admin, &present, &domains) ||
        !refuse_without_certificate(admin, &present) || !need_daemon(admin))
        return false;
    show(admin, changes, &main_plan.changes);
    show(admin, changes, &master_plan.changes);
    if (json_array_size(changes) == 0)
        bk_message(admin, _("Postfix is set up already: nothing was changed"));
    else if (!bk_question(admin, _("Make these changes, and reload Postfix?")) ||
             (!admin->dry_run && (!make_files(admin, &present, &main_plan, &master_plan, files) ||
                                  !apply(admin, &present, &domains, files))))
        return false;
    bk_output_result(admin, json_pack("{s:o}", "changes", changes));
    return true;
}
