/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/setup_dovecot.h"

#include "rules/text.h"

#include <string.h>

#define OWN_QUERIES "/boxkeeper-sql.conf.ext"
#define DEPTH_MAXIMUM 8

/* The blocks that a line stands in, and what was seen of a passdb or userdb. */
struct reader {
    struct bk_arena *arena;
    const char *blocks[DEPTH_MAXIMUM];
    size_t depth;
    const char *driver, *arguments;
    struct bk_setup_refusal *refusals;
    size_t count;
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void refuse(struct reader *reader, const char *subject, const char *text)
{
    reader->refusals[reader->count++] = (struct bk_setup_refusal){subject, text};
}

static bool is_own(const struct reader *reader)
{
    return reader->arguments != NULL && strstr(reader->arguments, OWN_QUERIES) != NULL;
}

/* A passdb or userdb is over. */
static void judge_database(struct reader *reader, const char *block)
{
    const char *driver = reader->driver != NULL ? reader->driver : "";
    const char *subject = bk_arena_printf(reader->arena, "%s { driver = %s }", block, driver);

    if (strcmp(block, "passdb") == 0 &&
        (strcmp(driver, "pam") == 0 || strcmp(driver, "shadow") == 0 ||
         strcmp(driver, "passwd") == 0))
        refuse(reader, subject,
               N_("system users could log in: comment out \"!include auth-system.conf.ext\" in "
                  "/etc/dovecot/conf.d/10-auth.conf"));
    else if (strcmp(block, "userdb") == 0 && !is_own(reader))
        refuse(reader, subject,
               N_("other users than Boxkeeper's would have mail: take the userdb out (on Debian "
                  "\"!include auth-system.conf.ext\" in /etc/dovecot/conf.d/10-auth.conf)"));
}

static void judge_plugin_setting(struct reader *reader, const char *line, const char *name,
                                 const char *value)
{
    if (begins(name, "quota_rule") || (begins(name, "quota") && name[5] >= '0' && name[5] <= '9') ||
        (strcmp(name, "quota") == 0 && !begins(value, "boxkeeper:")))
        refuse(reader, line,
               N_("the limit is the account's capacity: take other quota roots and rules out "
                  "(/etc/dovecot/conf.d/90-quota.conf)"));
    else if (strcmp(name, "quota_grace") == 0 && strcmp(value, "0") != 0)
        refuse(reader, line, N_("limits have no grace: take the line out"));
    else if (strcmp(name, "sieve_extensions") == 0 &&
             (strstr(value, "editheader") != NULL ||
              strstr(value, "vnd.dovecot.environment") != NULL))
        refuse(reader, line, N_("users' own scripts must not have it: take it out"));
}

static void judge_setting(struct reader *reader, const char *line, const char *name,
                          const char *value)
{
    const char *block = reader->depth > 0 ? reader->blocks[0] : "";

    if (strcmp(name, "driver") == 0)
        reader->driver = value;
    else if (strcmp(name, "args") == 0)
        reader->arguments = value;
    else if ((strcmp(name, "mail_location") == 0 || strcmp(name, "location") == 0) &&
             begins(value, "mbox:"))
        refuse(reader, line,
               N_("mail in mbox files has no times of saving: take the line out (Debian: "
                  "/etc/dovecot/conf.d/10-mail.conf), after moving mail that is to be kept"));
    else if (strcmp(name, "auth_cache_size") == 0 && strcmp(value, "0") != 0)
        refuse(reader, line, N_("changes would hold only later: set it to 0"));
    else if (strcmp(name, "autoexpunge") == 0 && strcmp(value, "0") != 0 &&
             begins(block, "namespace") &&
             (strstr(reader->blocks[reader->depth - 1], "Trash") != NULL ||
              strstr(reader->blocks[reader->depth - 1], "Archive") != NULL ||
              strstr(reader->blocks[reader->depth - 1], "INBOX") != NULL))
        refuse(reader, line, N_("retention is Boxkeeper's: take the line out"));
    else if (strcmp(block, "plugin") == 0)
        judge_plugin_setting(reader, line, name, value);
}

static void read_line(struct reader *reader, char *line)
{
    size_t length = strlen(line);
    char *equals = strstr(line, " =");

    if (*line == '}') {
        if (reader->depth > 0)
            reader->depth--;
        if (reader->depth == 0)
            judge_database(reader, reader->blocks[0] != NULL ? reader->blocks[0] : "");
    } else if (length > 2 && strcmp(line + length - 2, " {") == 0 &&
               reader->depth < DEPTH_MAXIMUM) {
        if (reader->depth == 0)
            reader->driver = reader->arguments = NULL;
        line[length - 2] = '\0';
        reader->blocks[reader->depth++] = line;
    } else if (*line != '#' && equals != NULL) {
        const char *whole = bk_arena_strdup(reader->arena, line);

        *equals = '\0';
        judge_setting(reader, whole, line, equals[2] == ' ' ? equals + 3 : equals + 2);
    }
}

const struct bk_setup_refusal *bk_dovecot_judge(struct bk_arena *arena, const char *doveconf,
                                                size_t *count_r)
{
    struct reader reader = {.arena = arena};
    char *copy = bk_arena_strdup(arena, doveconf);
    char *save = NULL;
    size_t lines = 1;

    for (const char *at = doveconf; *at != '\0'; at++)
        lines += *at == '\n';
    reader.refusals = bk_arena_alloc(arena, lines * sizeof(*reader.refusals));
    for (char *line = strtok_r(copy, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        read_line(&reader, line + strspn(line, " \t"));
    *count_r = reader.count;
    return reader.refusals;
}

const char *bk_dovecot_missing_plugin(struct bk_arena *arena, const char *line,
                                      const char *const *names)
{
    const char *const *present = bk_postfix_list(arena, line);

    for (; *names != NULL; names++) {
        size_t i = 0;

        while (present[i] != NULL && strcmp(present[i], *names) != 0)
            i++;
        if (present[i] == NULL)
            return *names;
    }
    return NULL;
}
