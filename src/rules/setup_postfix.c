/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/setup_postfix.h"

#include "rules/text.h"

#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"

const char *bk_postfix_value(const struct bk_postfix_settings *settings, const char *name)
{
    for (size_t i = settings->count; i-- > 0;) { /* the last one counts, as in main.cf */
        if (strcmp(settings->items[i].name, name) == 0)
            return settings->items[i].value;
    }
    return NULL;
}

/* ---- reading ---- */

static void add(struct bk_postfix_settings *settings, const char *name, const char *value)
{
    settings->items[settings->count++] = (struct bk_postfix_setting){name, value};
}

/* Room for each line, and for each option in it. */
static struct bk_postfix_settings make_settings(struct bk_arena *arena, const char *text)
{
    size_t count = 1;

    for (const char *at = text; *at != '\0'; at++)
        count += *at == '\n' || *at == '-';
    return (struct bk_postfix_settings){
        .items = bk_arena_alloc(arena, count * sizeof(struct bk_postfix_setting))};
}

/* Cuts runs of blanks to one, and those at both ends. */
static char *squeeze(char *text)
{
    char *to = text;
    char *from = text + strspn(text, BLANKS);

    while (*from != '\0') {
        size_t word = strcspn(from, BLANKS);

        memmove(to, from, word);
        to += word;
        from += word;
        from += strspn(from, BLANKS);
        if (*from != '\0')
            *to++ = ' ';
    }
    *to = '\0';
    return text;
}

/* The next logical line of *rest without comments, squeezed; NULL at the end. Changes the text. */
static char *next_line(struct bk_arena *arena, char **rest)
{
    char *line = NULL;

    while (**rest != '\0') {
        size_t length = strcspn(*rest, "\n");
        const char *begin = *rest + strspn(*rest, " \t\r");
        bool ignored = *begin == '#' || *begin == '\n' || *begin == '\0';

        if (!ignored && line != NULL && **rest != ' ' && **rest != '\t')
            break;
        if (!ignored)
            line = bk_arena_printf(arena, "%s %.*s", line != NULL ? line : "", (int)length, *rest);
        *rest += length + ((*rest)[length] == '\n');
    }
    return line != NULL ? squeeze(line) : NULL;
}

struct bk_postfix_settings bk_postfix_parse_main(struct bk_arena *arena, const char *text)
{
    struct bk_postfix_settings settings = make_settings(arena, text);
    char *rest = bk_arena_strdup(arena, text);
    char *line;

    while ((line = next_line(arena, &rest)) != NULL) {
        char *equals = strchr(line, '=');

        if (equals == NULL)
            continue;
        *equals = '\0';
        add(&settings, squeeze(line), squeeze(equals + 1));
    }
    return settings;
}

static void parse_options(struct bk_arena *arena, struct bk_postfix_settings *settings,
                          const char *service, char *options)
{
    char *save = NULL;

    for (char *word = strtok_r(options, " ", &save); word != NULL;
         word = strtok_r(NULL, " ", &save)) {
        char *option, *equals;

        if (strcmp(word, "-o") != 0 || (option = strtok_r(NULL, " ", &save)) == NULL ||
            (equals = strchr(option, '=')) == NULL)
            continue;
        *equals = '\0';
        add(settings, bk_arena_printf(arena, "%s/%s", service, option), equals + 1);
    }
}

struct bk_postfix_settings bk_postfix_parse_master(struct bk_arena *arena, const char *text)
{
    struct bk_postfix_settings settings = make_settings(arena, text);
    char *rest = bk_arena_strdup(arena, text);
    char *line;

    while ((line = next_line(arena, &rest)) != NULL) {
        size_t name = strcspn(line, " ");
        size_t type = line[name] == ' ' ? strcspn(line + name + 1, " ") : 0;
        const char *service = bk_arena_printf(arena, "%.*s/%.*s", (int)name, line, (int)type,
                                              type > 0 ? line + name + 1 : "");
        char *options = strstr(line, " -o ");

        if (options != NULL)
            *options++ = '\0';
        add(&settings, service, line);
        if (options != NULL)
            parse_options(arena, &settings, service, options);
    }
    return settings;
}

const char *const *bk_postfix_list(struct bk_arena *arena, const char *text)
{
    const char **words = bk_arena_alloc(arena, (strlen(text) + 1) * sizeof(*words));
    char *copy = bk_arena_strdup(arena, text);
    char *save = NULL;
    size_t count = 0;

    for (char *word = strtok_r(copy, "," BLANKS, &save); word != NULL;
         word = strtok_r(NULL, "," BLANKS, &save))
        words[count++] = word;
    return words;
}

/* ---- merging main.cf ---- */

enum merge {
    REPLACE,     /* ours alone is right */
    PREPEND,     /* ours, then what was there */
    KEEP,        /* what was there; what it took its value from, if it was not set */
    RAISE,       /* at least ours */
    EXTEND,      /* a set of characters that must have ours */
    ONLY_UNUSED, /* refused where it is set to something else */
};

struct rule {
    const char *name;
    enum merge merge;
    /* PREPEND: what is in force where nothing is set. KEEP: where its default comes from.
     * ONLY_UNUSED: another value that is fine. NULL: nothing. */
    const char *other;
    const char *first;   /* PREPEND: what to put first, where that is not all of ours */
    const char *refusal; /* ONLY_UNUSED, EXTEND */
};

static const struct rule rules[] = {
    {"virtual_mailbox_domains", ONLY_UNUSED, NULL, NULL,
     N_("these domains have another delivery: bring them into Boxkeeper, or into relay_domains "
        "with a transport, and take the line out")},
    {"virtual_mailbox_maps", PREPEND, NULL, NULL, NULL},
    {"virtual_alias_maps", PREPEND, NULL, NULL, NULL},
    {"virtual_alias_domains", KEEP, "virtual_alias_maps", NULL, NULL},
    {"smtpd_sender_login_maps", PREPEND, NULL, NULL, NULL},
    {"virtual_alias_expansion_limit", RAISE, NULL, NULL, NULL},
    {"recipient_delimiter", EXTEND, NULL, NULL,
     N_("address extensions begin with \"+\": set it to \"+\", or add the sign to it")},
    {"virtual_transport", ONLY_UNUSED, "virtual", NULL,
     N_("mail for virtual domains goes elsewhere: take the line out")},
    {"transport_maps", PREPEND, NULL, NULL, NULL},
    {"recipient_canonical_maps", PREPEND, NULL, NULL, NULL},
    {"header_checks", PREPEND, NULL, NULL, NULL},
    {"nested_header_checks", KEEP, "header_checks", NULL, NULL},
    {"mime_header_checks", KEEP, "header_checks", NULL, NULL},
    {"smtpd_relay_before_recipient_restrictions", ONLY_UNUSED, NULL, NULL,
     N_("relay control has to come first: set it to yes")},
    {"smtpd_relay_restrictions", PREPEND,
     "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
     "check_recipient_access $boxkeeper_internal_recipients", NULL},
    {"smtpd_recipient_restrictions", PREPEND, NULL, NULL, NULL},
};

static const struct rule *find_rule(const char *name)
{
    static const struct rule replace = {NULL, REPLACE, NULL, NULL, NULL};

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (strcmp(rules[i].name, name) == 0)
            return &rules[i];
    }
    return &replace;
}

static void refuse(struct bk_arena *arena, struct bk_postfix_plan *plan, const char *name,
                   const char *value, const char *text)
{
    plan->refusals[plan->refusal_count++] = (struct bk_setup_refusal){
        bk_arena_printf(arena, "%s = %s", name, value), text};
}

static const char *prepend(struct bk_arena *arena, const char *ours, const char *present)
{
    if (present == NULL || *present == '\0')
        return ours;
    if (strstr(present, ours) != NULL)
        return present;
    return bk_arena_printf(arena, "%s, %s", ours, present);
}

/* What is in force where the setting is not set. Below compatibility_level 1, where
 * smtpd_recipient_restrictions are set, they are Postfix's whole relay control. */
static const char *in_force(const struct rule *rule, const struct bk_postfix_settings *settings)
{
    const char *level = bk_postfix_value(settings, "compatibility_level");
    const char *restrictions = bk_postfix_value(settings, "smtpd_recipient_restrictions");

    if (strcmp(rule->name, "smtpd_relay_restrictions") == 0 && restrictions != NULL &&
        *restrictions != '\0' && (level == NULL || strtoll(level, NULL, 10) < 1))
        return NULL;
    return rule->other;
}

/* What the setting has to be; NULL: as it is. */
static const char *merge(struct bk_arena *arena, const struct rule *rule, const char *wanted,
                         const struct bk_postfix_settings *settings, const char *present)
{
    const char *source;

    switch (rule->merge) {
    case REPLACE:
    case ONLY_UNUSED:
        return wanted;
    case PREPEND:
        return prepend(arena, rule->first != NULL ? rule->first : wanted,
                       present != NULL ? present : in_force(rule, settings));
    case KEEP:
        source = bk_postfix_value(settings, rule->other);
        if (present != NULL)
            return NULL;
        return source != NULL ? source : wanted;
    case RAISE:
        return present != NULL && strtoll(present, NULL, 10) >= strtoll(wanted, NULL, 10) ? NULL
                                                                                          : wanted;
    case EXTEND:
        return present != NULL && strstr(present, wanted) != NULL ? NULL : wanted;
    }
    return NULL;
}

static bool is_refused(const struct rule *rule, const char *wanted, const char *present)
{
    if (present == NULL || *present == '\0' || strcmp(present, wanted) == 0)
        return false;
    if (rule->merge == EXTEND)
        return strstr(present, wanted) == NULL;
    return rule->merge == ONLY_UNUSED && (rule->other == NULL || strcmp(present, rule->other) != 0);
}

static struct bk_postfix_plan make_plan(struct bk_arena *arena,
                                        const struct bk_postfix_settings *wanted,
                                        const struct bk_postfix_settings *present)
{
    size_t room = wanted->count + present->count + 1;

    return (struct bk_postfix_plan){
        .changes.items = bk_arena_alloc(arena, room * sizeof(struct bk_postfix_setting)),
        .refusals = bk_arena_alloc(arena, room * sizeof(struct bk_setup_refusal))};
}

static void change(struct bk_postfix_plan *plan, const char *name, const char *present,
                   const char *value)
{
    if (value != NULL && (present == NULL || strcmp(present, value) != 0))
        add(&plan->changes, name, value);
}

struct bk_postfix_plan bk_postfix_plan_main(struct bk_arena *arena,
                                            const struct bk_postfix_settings *wanted,
                                            const struct bk_postfix_settings *present)
{
    struct bk_postfix_plan plan = make_plan(arena, wanted, present);

    for (size_t i = 0; i < wanted->count; i++) {
        const char *name = wanted->items[i].name, *ours = wanted->items[i].value;
        const char *now = bk_postfix_value(present, name);
        const struct rule *rule = find_rule(name);

        if (is_refused(rule, ours, now))
            refuse(arena, &plan, name, now, rule->refusal);
        else
            change(&plan, name, now, merge(arena, rule, ours, present, now));
    }
    for (size_t i = 0; i < present->count; i++) {
        if (strncmp(present->items[i].name, "smtpd_", 6) == 0 &&
            strstr(present->items[i].value, "reject_unverified_recipient") != NULL)
            refuse(arena, &plan, present->items[i].name, present->items[i].value,
                   N_("take reject_unverified_recipient out: it keeps its answers for days, and "
                      "boxkeeperd knows the recipients"));
    }
    return plan;
}

/* ---- merging master.cf ---- */

/* Restrictions of an existing submission service go on behind these. */
static const struct bk_postfix_setting first_in_service[] = {
    {"smtpd_sender_restrictions", "reject_authenticated_sender_login_mismatch"},
    {"smtpd_relay_restrictions", "check_recipient_access,$boxkeeper_internal_recipients"},
    {"smtpd_recipient_restrictions", "$boxkeeper_policy_submission"},
};

static const char *merge_option(struct bk_arena *arena, const char *option, const char *wanted,
                                const char *present, bool plaintext_login)
{
    if (plaintext_login && strcmp(option, "smtpd_tls_security_level") == 0 &&
        strcmp(wanted, "encrypt") == 0)
        return "may";
    if (plaintext_login && strcmp(option, "smtpd_tls_auth_only") == 0)
        return "no";
    if (present == NULL || strcmp(present, wanted) == 0)
        return wanted;
    for (size_t i = 0; i < sizeof(first_in_service) / sizeof(first_in_service[0]); i++) {
        const struct bk_postfix_setting *first = &first_in_service[i];

        if (strcmp(first->name, option) != 0)
            continue;
        if (*present == '\0')
            return wanted;
        if (strstr(present, first->value) != NULL)
            return present;
        /* `postconf -P` takes no blanks. */
        return bk_arena_printf(arena, "%s,%s", first->value, present);
    }
    if (strncmp(option, "smtpd_sasl_", 11) == 0 || strncmp(option, "smtpd_tls_", 10) == 0)
        return wanted;
    return present;
}

/* Do two lines of services end with the same program? */
static bool is_same_program(const char *line, const char *other)
{
    const char *program = strrchr(line, ' '), *other_program = strrchr(other, ' ');

    return program != NULL && other_program != NULL && strcmp(program, other_program) == 0;
}

/* Where the option begins in "submission/inet/smtpd_sasl_path"; NULL: it is a service itself. */
static const char *option_of(const char *name)
{
    const char *type = strchr(name, '/');
    const char *option = type != NULL ? strchr(type + 1, '/') : NULL;

    return option != NULL ? option + 1 : NULL;
}

static void refuse_overrides(struct bk_arena *arena, struct bk_postfix_plan *plan,
                             const struct bk_postfix_settings *present)
{
    /* smtpd/pass: behind postscreen. */
    static const char *const names[] = {
        "smtp/inet/smtpd_recipient_restrictions", "smtp/inet/smtpd_relay_restrictions",
        "smtpd/pass/smtpd_recipient_restrictions", "smtpd/pass/smtpd_relay_restrictions"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = bk_postfix_value(present, names[i]);

        if (value != NULL && strstr(value, "$boxkeeper_") == NULL)
            refuse(arena, plan, names[i], value,
                   N_("master.cf overrides main.cf on port 25, and Boxkeeper would not be asked: "
                      "move these restrictions to main.cf"));
    }
}

/* The same ports under other names: master(8) could not listen twice. */
static void refuse_other_names(struct bk_arena *arena, struct bk_postfix_plan *plan,
                               const struct bk_postfix_settings *present)
{
    static const char *const names[] = {"587/inet", "465/inet", "smtps/inet"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *line = bk_postfix_value(present, names[i]);

        if (line != NULL)
            refuse(arena, plan, names[i], line,
                   N_("rename the service in master.cf: \"submission\" for port 587, "
                      "\"submissions\" for port 465"));
    }
}

struct bk_postfix_plan bk_postfix_plan_master(struct bk_arena *arena,
                                              const struct bk_postfix_settings *wanted,
                                              const struct bk_postfix_settings *present,
                                              bool plaintext_login)
{
    struct bk_postfix_plan plan = make_plan(arena, wanted, present);
    bool own = false; /* our own service, not for logins */

    refuse_overrides(arena, &plan, present);
    refuse_other_names(arena, &plan, present);
    for (size_t i = 0; i < wanted->count; i++) {
        const char *name = wanted->items[i].name, *ours = wanted->items[i].value;
        const char *now = bk_postfix_value(present, name);
        const char *option = option_of(name);

        if (option == NULL) {
            own = strncmp(name, "127.0.0.1:", 10) == 0 || strncmp(name, "boxkeeper-", 10) == 0;
            if (now == NULL)
                change(&plan, name, now, ours);
            else if (!is_same_program(now, ours))
                refuse(arena, &plan, name, now,
                       N_("another program listens there: take the service out of master.cf"));
        } else if (own) {
            change(&plan, name, now, ours);
        } else {
            change(&plan, name, now, merge_option(arena, option, ours, now, plaintext_login));
        }
    }
    return plan;
}
