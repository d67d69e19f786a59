/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/folders.h"

#include "dovecot-plugin/databases.h"

#include "mailbox-list-iter.h"

struct collecting {
    struct boxkeeper_folders *folders;
    pool_t pool;
    struct mail_namespace *ns;
};

static struct bk_folder *add(struct collecting *to, const char *name, const char *vname,
                             bool exists)
{
    struct bk_folder *rule = array_append_space(&to->folders->rules);
    struct boxkeeper_folder *folder = array_append_space(&to->folders->dovecot);

    rule->name = p_strdup(to->pool, name);
    rule->is_private = true;
    rule->is_inbox = strcasecmp(vname, "INBOX") == 0;
    folder->ns = to->ns;
    folder->vname = p_strdup(to->pool, vname);
    folder->exists = exists;
    return rule;
}

static struct bk_folder *find(struct collecting *in, const char *vname)
{
    struct boxkeeper_folder *folder;

    array_foreach_modifiable(&in->folders->dovecot, folder)
    {
        if (strcmp(folder->vname, vname) == 0)
            return array_idx_modifiable(&in->folders->rules,
                                        array_foreach_idx(&in->folders->dovecot, folder));
    }
    return NULL;
}

static unsigned int marks_of(const char *special_use)
{
    const char *const *use;
    unsigned int marks = 0;

    for (use = t_strsplit_spaces(special_use, " "); *use != NULL; use++) {
        if (strcasecmp(*use, "\\Archive") == 0)
            marks |= BK_MARK_ARCHIVE;
        else if (strcasecmp(*use, "\\Trash") == 0)
            marks |= BK_MARK_TRASH;
        else if (strcasecmp(*use, "\\Junk") == 0)
            marks |= BK_MARK_JUNK;
    }
    return marks;
}

static const char *vname_of(const struct collecting *in, const char *name)
{
    return strcasecmp(name, "INBOX") == 0 ? "INBOX" : t_strconcat(in->ns->prefix, name, NULL);
}

/* A mark counts where its folder exists. (mailbox_settings may hold a wildcard: no folder.) */
static void mark(void *context, const char *name, const char *special_use)
{
    struct bk_folder *rule = find(context, vname_of(context, name));

    if (rule != NULL)
        rule->marks |= marks_of(special_use);
}

/* Only the archive is made where it is missing, under the name that the configuration marks. */
static void add_missing_archive(void *context, const char *name, const char *special_use)
{
    if ((marks_of(special_use) & BK_MARK_ARCHIVE) != 0 && strpbrk(name, "*?") == NULL)
        add(context, name, vname_of(context, name), false)->marks = BK_MARK_ARCHIVE;
}

static bool has_archive(const struct boxkeeper_folders *folders)
{
    const struct bk_folder *rule;

    array_foreach(&folders->rules, rule)
    {
        if ((rule->marks & BK_MARK_ARCHIVE) != 0)
            return true;
    }
    return false;
}

static bool list_namespace(struct collecting *to)
{
    struct mailbox_list_iterate_context *iter;
    const struct mailbox_info *info;
    size_t prefix_length = strlen(to->ns->prefix);

    iter = mailbox_list_iter_init(to->ns->list, "*",
                                  MAILBOX_LIST_ITER_RETURN_NO_FLAGS |
                                      MAILBOX_LIST_ITER_NO_AUTO_BOXES |
                                      MAILBOX_LIST_ITER_SKIP_ALIASES);
    while ((info = mailbox_list_iter_next(iter)) != NULL) {
        if ((info->flags & (MAILBOX_NONEXISTENT | MAILBOX_NOSELECT)) != 0)
            continue;
        add(to,
            strncmp(info->vname, to->ns->prefix, prefix_length) == 0 ? info->vname + prefix_length
                                                                     : info->vname,
            info->vname, true);
    }
    if (mailbox_list_iter_deinit(&iter) < 0) {
        e_error(to->ns->user->event, "boxkeeper: folders could not be listed: %s",
                mailbox_list_get_last_internal_error(to->ns->list, NULL));
        return false;
    }
    boxkeeper_each_special_use(to->ns, mark, to);
    return true;
}

static bool is_own(const struct mail_namespace *ns)
{
    return ns->type == MAIL_NAMESPACE_TYPE_PRIVATE && ns->alias_for == NULL &&
           (ns->flags & NAMESPACE_FLAG_UNUSABLE) == 0;
}

bool boxkeeper_folders_choose(struct mail_user *user, pool_t pool, const struct bk_plan *plan,
                              struct boxkeeper_folders *folders_r)
{
    struct collecting to = {.folders = folders_r, .pool = pool};
    const struct bk_folder *rules;
    unsigned int count;

    i_zero(folders_r);
    p_array_init(&folders_r->rules, pool, 16);
    p_array_init(&folders_r->dovecot, pool, 16);
    for (to.ns = user->namespaces; to.ns != NULL; to.ns = to.ns->next) {
        if (is_own(to.ns) && !list_namespace(&to))
            return false;
    }
    if (!has_archive(folders_r)) {
        for (to.ns = user->namespaces; to.ns != NULL; to.ns = to.ns->next) {
            if (is_own(to.ns))
                boxkeeper_each_special_use(to.ns, add_missing_archive, &to);
        }
    }
    rules = array_get(&folders_r->rules, &count);
    folders_r->chosen = bk_retention_choose(plan, rules, count);
    return true;
}

struct boxkeeper_folder boxkeeper_folders_get(struct mail_user *user,
                                              const struct boxkeeper_folders *folders, int i,
                                              const char *name)
{
    struct boxkeeper_folder folder = {0};

    if (i >= 0)
        return *array_idx(&folders->dovecot, i);
    folder.ns = mail_namespace_find_inbox(user->namespaces);
    folder.vname = t_strconcat(folder.ns->prefix, name, NULL);
    return folder;
}

static bool is_called(const struct boxkeeper_folders *folders, int i, const char *vname)
{
    const struct boxkeeper_folder *folder;

    if (i < 0)
        return false;
    folder = array_idx(&folders->dovecot, i);
    return strcmp(folder->vname, vname) == 0;
}

static bool is_chosen_trash(const struct boxkeeper_folders *folders, const char *vname)
{
    const struct bk_retention_folders *chosen = &folders->chosen;
    size_t i;

    if (chosen->doubt != BK_DOUBT_NONE)
        return false;
    for (i = 0; i < chosen->more_trash_count; i++) {
        if (is_called(folders, chosen->more_trash[i], vname))
            return true;
    }
    return is_called(folders, chosen->trash, vname);
}

bool boxkeeper_folder_is_trash(struct mailbox *box)
{
    struct boxkeeper_user *owner = boxkeeper_owner(box);
    struct bk_arena *arena = bk_arena_create();
    const struct bk_account *account;
    struct boxkeeper_folders folders;
    pool_t pool = pool_alloconly_create("boxkeeper folders", 1024);
    bool ours, is_trash = false;

    if (boxkeeper_lookup_account(arena, owner->user->username, &account, &ours) == BK_FOUND &&
        boxkeeper_folders_choose(owner->user, pool, account->domain->plan, &folders))
        is_trash = is_chosen_trash(&folders, box->vname);
    pool_unref(&pool);
    bk_arena_destroy(&arena);
    return is_trash;
}
