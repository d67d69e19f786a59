/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/setup_dovecot.h"

#include "rules/text.h"

#include <string.h>

#define OWN_QUERIES "/boxkeeper-sql.conf.ext" /* 2.3: the databases' args */
#define OWN_NAME "boxkeeper"                  /* 2.4: their name, and the quota's driver */
#define DEPTH_MAXIMUM 8

/* `doveconf -n` is read line by line. The blocks that a line stands in, the outermost first:
 * "passdb", "namespace inbox", `quota "User quota"`. */
struct reader {
    struct bk_arena *arena;
    const char *blocks[DEPTH_MAXIMUM];
    size_t depth;

    /* judging: what was seen of the outermost block */
    const char *driver, *arguments;
    struct bk_setup_refusal *refusals;
    size_t count;

    /* looking for plugins: those of this protocol */
    const char *protocol;
    const char **plugins;
    size_t plugin_count;
};

typedef void setting_function(struct reader *reader, const char *line, const char *name,
                              const char *value);
typedef void block_end_function(struct reader *reader);

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Is a block of this kind ("quota NAME", or 2.3's "passdb")? */
static bool is_kind(const char *block, const char *kind)
{
    size_t length = strlen(kind);

    return begins(block, kind) && (block[length] == ' ' || block[length] == '\0');
}

static const char *outermost(const struct reader *reader)
{
    return reader->depth > 0 ? reader->blocks[0] : "";
}

static const char *innermost(const struct reader *reader)
{
    return reader->depth > 0 ? reader->blocks[reader->depth - 1] : "";
}

/* What follows a block's kind, without quotes. */
static const char *name_of(struct reader *reader, const char *block)
{
    const char *blank = strchr(block, ' ');
    size_t quoted = blank != NULL && blank[1] == '"';

    if (blank == NULL)
        return "";
    return bk_arena_printf(reader->arena, "%.*s", (int)(strlen(blank + 1) - 2 * quoted),
                           blank + 1 + quoted);
}

static void read_line(struct reader *reader, char *line, setting_function *setting,
                      block_end_function *block_end)
{
    size_t length = strlen(line);
    char *equals = strstr(line, " =");

    if (*line == '}') {
        if (reader->depth == 1 && block_end != NULL)
            block_end(reader);
        if (reader->depth > 0)
            reader->depth--;
    } else if (length > 2 && strcmp(line + length - 2, " {") == 0 &&
               reader->depth < DEPTH_MAXIMUM) {
        if (reader->depth == 0)
            reader->driver = reader->arguments = NULL;
        line[length - 2] = '\0';
        reader->blocks[reader->depth++] = line;
    } else if (*line != '#' && equals != NULL) {
        const char *whole = bk_arena_strdup(reader->arena, line);

        *equals = '\0';
        setting(reader, whole, line, equals[2] == ' ' ? equals + 3 : equals + 2);
    }
}

static void read_all(struct reader *reader, const char *doveconf, setting_function *setting,
                     block_end_function *block_end)
{
    char *copy = bk_arena_strdup(reader->arena, doveconf);
    char *save = NULL;

    for (char *line = strtok_r(copy, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        read_line(reader, line + strspn(line, " \t"), setting, block_end);
}

/* ---- what stands against us ---- */

static void refuse(struct reader *reader, const char *subject, const char *text)
{
    reader->refusals[reader->count++] = (struct bk_setup_refusal){subject, text};
}

static const char other_limits[] = N_(
    "the limit is the account's capacity: take other quota roots and rules out "
    "(/etc/dovecot/conf.d/90-quota.conf)");

static void judge_block(struct reader *reader)
{
    const char *block = outermost(reader), *name = name_of(reader, block);
    const char *driver = reader->driver != NULL ? reader->driver : name;
    bool own = strcmp(name, OWN_NAME) == 0 ||
               (reader->arguments != NULL && strstr(reader->arguments, OWN_QUERIES) != NULL);

    if (is_kind(block, "passdb") && (strcmp(driver, "pam") == 0 || strcmp(driver, "shadow") == 0 ||
                                     strcmp(driver, "passwd") == 0))
        refuse(reader, bk_arena_printf(reader->arena, "passdb { driver = %s }", driver),
               N_("system users could log in: comment out \"!include auth-system.conf.ext\" in "
                  "/etc/dovecot/conf.d/10-auth.conf"));
    else if (is_kind(block, "userdb") && !own)
        refuse(reader, bk_arena_printf(reader->arena, "userdb { driver = %s }", driver),
               N_("other users than Boxkeeper's would have mail: take the userdb out (on Debian "
                  "\"!include auth-system.conf.ext\" in /etc/dovecot/conf.d/10-auth.conf)"));
    else if (is_kind(block, "quota") &&
             (reader->driver == NULL || strcmp(reader->driver, OWN_NAME) != 0))
        refuse(reader, block, other_limits);
}

/* 2.3: plugin { quota = …; quota_rule = …; quota_grace = … } */
static void judge_plugin_setting(struct reader *reader, const char *line, const char *name,
                                 const char *value)
{
    if (begins(name, "quota_rule") || (begins(name, "quota") && name[5] >= '0' && name[5] <= '9') ||
        (strcmp(name, "quota") == 0 && !begins(value, "boxkeeper:")))
        refuse(reader, line, other_limits);
    else if (strcmp(name, "quota_grace") == 0 && strcmp(value, "0") != 0)
        refuse(reader, line, N_("limits have no grace: take the line out"));
}

/* 2.4: quota_storage_size and the like, anywhere; in a block "quota NAME" without the "quota_".
 * A block "warning NAME" has them for thresholds, which limit nothing. */
static bool sets_limit(const struct reader *reader, const char *name, const char *value)
{
    bool short_names = is_kind(innermost(reader), "quota");

    for (size_t i = 0; i < reader->depth; i++) {
        if (is_kind(reader->blocks[i], "warning") || is_kind(reader->blocks[i], "quota_warning"))
            return false;
    }
    if (begins(name, "quota_"))
        name += strlen("quota_");
    else if (!short_names)
        return false;
    if (strcmp(name, "storage_grace") == 0)
        return strcmp(value, "0") != 0;
    return begins(name, "storage_") || begins(name, "message_") || begins(name, "ignore") ||
           (strcmp(name, "enforce") == 0 && strcmp(value, "yes") != 0);
}

static bool gives_away_extension(const struct reader *reader, const char *name, const char *value)
{
    static const char *const ours[] = {"editheader", "vnd.dovecot.environment", NULL};

    for (const char *const *extension = ours; *extension != NULL; extension++) {
        if (strcmp(name, "sieve_extensions") == 0 && strstr(value, *extension) != NULL)
            return true;
        if (strcmp(innermost(reader), "sieve_extensions") == 0 && strcmp(name, *extension) == 0 &&
            strcmp(value, "yes") == 0)
            return true;
    }
    return false;
}

static bool is_mbox(const char *name, const char *value)
{
    return ((strcmp(name, "mail_location") == 0 || strcmp(name, "location") == 0) &&
            begins(value, "mbox:")) ||
           (strcmp(name, "mail_driver") == 0 && strcmp(value, "mbox") == 0);
}

static bool expires_our_folders(const struct reader *reader, const char *name, const char *value)
{
    const char *folder = innermost(reader);

    return strcmp(name, "autoexpunge") == 0 && strcmp(value, "0") != 0 &&
           (is_kind(outermost(reader), "namespace") || is_kind(outermost(reader), "mailbox")) &&
           (strstr(folder, "Trash") != NULL || strstr(folder, "Archive") != NULL ||
            strstr(folder, "INBOX") != NULL);
}

static void judge_setting(struct reader *reader, const char *line, const char *name,
                          const char *value)
{
    if (reader->depth == 1 && strcmp(name, "driver") == 0)
        reader->driver = value;
    else if (reader->depth == 1 && strcmp(name, "args") == 0)
        reader->arguments = value;
    else if (is_mbox(name, value))
        refuse(reader, line,
               N_("mail in mbox files has no times of saving: take the line out (Debian: "
                  "/etc/dovecot/conf.d/10-mail.conf), after moving mail that is to be kept"));
    else if (strcmp(name, "auth_cache_size") == 0 && strcmp(value, "0") != 0)
        refuse(reader, line, N_("changes would hold only later: set it to 0"));
    else if (expires_our_folders(reader, name, value))
        refuse(reader, line, N_("retention is Boxkeeper's: take the line out"));
    else if (gives_away_extension(reader, name, value))
        refuse(reader, line, N_("users' own scripts must not have it: take it out"));
    else if (strcmp(outermost(reader), "plugin") == 0)
        judge_plugin_setting(reader, line, name, value);
    else if (sets_limit(reader, name, value))
        refuse(reader, line, other_limits);
}

const struct bk_setup_refusal *bk_dovecot_judge(struct bk_arena *arena, const char *doveconf,
                                                size_t *count_r)
{
    struct reader reader = {.arena = arena};
    size_t lines = 1;

    for (const char *at = doveconf; *at != '\0'; at++)
        lines += *at == '\n';
    reader.refusals = bk_arena_alloc(arena, lines * sizeof(*reader.refusals));
    read_all(&reader, doveconf, judge_setting, judge_block);
    *count_r = reader.count;
    return reader.refusals;
}

/* ---- plugins ---- */

static bool is_about_protocol(const struct reader *reader, size_t depth)
{
    return reader->depth == depth ||
           (reader->depth == depth + 1 && is_kind(reader->blocks[0], "protocol") &&
            strstr(reader->blocks[0], reader->protocol) != NULL);
}

static void load_plugin(struct reader *reader, const char *name, bool load)
{
    size_t kept = 0;

    for (size_t i = 0; i < reader->plugin_count; i++) {
        if (strcmp(reader->plugins[i], name) != 0)
            reader->plugins[kept++] = reader->plugins[i];
    }
    if (load)
        reader->plugins[kept++] = name;
    reader->plugin_count = kept;
}

/* mail_plugins = "A B" is the whole list; in a block mail_plugins, A = yes adds to it. */
static void note_plugins(struct reader *reader, const char *line, const char *name,
                         const char *value)
{
    (void)line;
    if (strcmp(name, "mail_plugins") == 0 && is_about_protocol(reader, 0)) {
        char *list = bk_arena_strdup(reader->arena, value);

        for (char *quote = strchr(list, '"'); quote != NULL; quote = strchr(quote, '"'))
            *quote = ' ';
        reader->plugin_count = 0;
        for (const char *const *word = bk_postfix_list(reader->arena, list); *word != NULL; word++)
            load_plugin(reader, *word, true);
    } else if (strcmp(innermost(reader), "mail_plugins") == 0 && is_about_protocol(reader, 1))
        load_plugin(reader, name, strcmp(value, "yes") == 0);
}

const char *bk_dovecot_missing_plugin(struct bk_arena *arena, const char *doveconf,
                                      const char *protocol, const char *const *names)
{
    struct reader reader = {.arena = arena, .protocol = protocol};

    /* Each name stands there with a blank or a line's end. */
    reader.plugins = bk_arena_alloc(arena, (strlen(doveconf) + 1) * sizeof(*reader.plugins));
    read_all(&reader, doveconf, note_plugins, NULL);
    for (; *names != NULL; names++) {
        size_t i = 0;

        while (i < reader.plugin_count && strcmp(reader.plugins[i], *names) != 0)
            i++;
        if (i == reader.plugin_count)
            return *names;
    }
    return NULL;
}
