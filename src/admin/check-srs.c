/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What `check` looks at for forwards to other hosts: whether bounces to the senders that postsrsd
 * writes find their way back. postsrsd itself is asked, since it knows its SRS_DOMAIN, wherever
 * that is set.
 */
#include "admin/check.h"

#include "admin/program.h"
#include "admin/setup.h"

#include <string.h>

/* A setting of Postfix's; "" where there is no Postfix, or its main.cf is wrong. */
static const char *postconf(struct bk_admin *admin, const char *option, const char *name)
{
    struct bk_program_result result = bk_program_run(admin, "postconf",
                                                     (const char *const[]){option, name, NULL});
    char *value = bk_arena_strdup(admin->arena, result.output);

    value[strcspn(value, "\n")] = '\0';
    return result.status == 0 ? value : "";
}

/* A sender as postsrsd rewrites it, if that can be undone; NULL: postsrsd does not answer. */
static const char *rewritten_sender(struct bk_admin *admin)
{
    const char *sender = bk_probe_postsrsd(admin, "10001", "probe@boxkeeper.invalid");

    return sender != NULL && bk_probe_postsrsd(admin, "10002", sender) != NULL ? sender : NULL;
}

bool bk_check_srs(struct bk_check *check)
{
    struct bk_admin *admin = check->admin;
    const char *maps = postconf(admin, "-h", "recipient_canonical_maps");
    const char *sender, *name;
    const struct bk_domain *domain;

    if (strstr(maps, "$boxkeeper_srs_recipients") == NULL)
        return true; /* setup postfix has not been applied here */
    sender = rewritten_sender(admin);
    if (sender == NULL) {
        bk_check_report(check, _("postsrsd does not answer on ports 10001 and 10002 of 127.0.0.1: "
                                 "start it; until then forwards to other hosts wait"));
        return true;
    }
    name = strrchr(sender, '@');
    name = name != NULL ? name + 1 : sender;
    switch (
        bk_settings_lookup_domain(admin->settings, admin->arena, name, &domain, &admin->error)) {
    case BK_FAILED:
        return false;
    case BK_FOUND:
        bk_check_report(check,
                        _("postsrsd's SRS_DOMAIN is %s, a domain of Boxkeeper's: take a name of "
                          "this host's (/etc/default/postsrsd)"),
                        name);
        return true;
    case BK_ABSENT:
        break;
    }
    if (!bk_postfix_names(admin, postconf(admin, "-xh", "mydestination"), name))
        bk_check_report(check,
                        _("postsrsd's SRS_DOMAIN is %s, which does not stand in Postfix's "
                          "mydestination, so bounces of forwarded mail are refused: correct "
                          "one of the two (/etc/default/postsrsd, main.cf)"),
                        name);
    return true;
}
