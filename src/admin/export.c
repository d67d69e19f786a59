/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `account export`: the accounts of a domain, one after the other, however many there are. */
#include "admin/commands.h"
#include "admin/csv.h"
#include "rules/bulk.h"
#include "store/settings-spam.h"

#include <inttypes.h>
#include <string.h>

const struct bk_option bk_account_export_options[] = {
    {"domain", N_("DOMAIN"), N_("the domain of the accounts (required)"), false},
    {"as", "edit", N_("\"edit\": a file for account edit, filled with what is"), false},
    {"encoding", "utf-8|cp932", N_("utf-8 (with a byte order mark) or cp932"), false},
    {NULL, NULL, NULL, false},
};

struct export
{
    struct bk_admin *admin;
    const struct bk_domain *domain;
    enum bk_bulk_file file;
    struct bk_csv_writer *writer;
    struct bk_arena *arena; /* of one row */
    size_t column_count;
    int64_t line;
    bool failed;
};

static bool write_cells(struct export *export, const char *const *cells, const char *account)
{
    char bad[8];

    export->line++;
    if (bk_csv_write(export->writer, cells, export->column_count, bad))
        return true;
    export->failed = true;
    return bk_admin_fail(export->admin, BK_ERROR_VALUE,
                         _("line %lld, %s: CP932 has no character %s: change the comment, or leave "
                           "out --encoding"),
                         (long long)export->line, account, bad);
}

/* Empty where it is not known. */
static const char *format_usage(struct export *export, int64_t account_id)
{
    struct bk_state *state = bk_admin_state(export->admin);
    struct bk_usage usage = {.known = false};
    int64_t limit_bytes;

    if (state == NULL ||
        bk_state_lookup_usage(state, account_id, &usage, &limit_bytes, NULL) != BK_FOUND ||
        !usage.known)
        return "";
    return bk_arena_printf(export->arena, "%" PRId64, usage.bytes);
}

static bool tags_spam(struct export *export, int64_t account_id, bool *tags_r)
{
    struct bk_admin *admin = export->admin;
    struct bk_spam_settings spam;
    struct bk_spam_filter filter;

    if (bk_settings_lookup_spam(admin->settings, export->arena, account_id, &spam, &admin->error) ==
        BK_FAILED) {
        export->failed = true;
        return false;
    }
    filter = bk_spam_filter(export->domain->plan, &spam);
    *tags_r = filter.tag;
    return true;
}

static const char *flag(bool on)
{
    return on ? "1" : "0";
}

static bool write_account(void *context, const struct bk_export_account *account)
{
    struct export *export = context;
    char capacity[32];
    bool tags = false;

    bk_arena_clear(export->arena);
    bk_bulk_capacity_format(account->capacity_bytes, capacity, sizeof(capacity));
    if (export->file == BK_BULK_EDIT)
        return write_cells(export, (const char *const[]){account->name, "", capacity},
                           account->name);
    if (!tags_spam(export, account->id, &tags))
        return false;
    return write_cells(export,
                       (const char *const[]){
                           account->name, "", bk_bulk_protect(export->arena, account->comment),
                           format_usage(export, account->id), flag(tags), flag(account->forwards),
                           flag(account->auto_reply), flag(account->receive), capacity},
                       account->name);
}

static bool write_file(struct export *export, const char *encoding, FILE *out)
{
    struct bk_admin *admin = export->admin;
    const char *columns[BK_BULK_COLUMNS_MAXIMUM];

    export->line = 0;
    export->column_count = bk_bulk_columns(export->file, export->domain->plan, columns);
    export->writer = bk_csv_writer_open(admin, encoding, out);
    if (export->writer == NULL)
        return false;
    if (write_cells(export, columns, "") &&
        bk_settings_export_accounts(admin->settings, export->domain->id, write_account, export,
                                    &admin->error) == BK_FAILED)
        export->failed = true;
    bk_csv_writer_close(&export->writer);
    return !export->failed;
}

/* In one snapshot: first whether every character can be written, so that a file is whole or there
 * is none; then the file. */
static bool write_twice(struct export *export)
{
    struct bk_admin *admin = export->admin;
    const char *encoding = bk_option_value(admin, "encoding");
    bool fine;

    if (!bk_settings_begin_read(admin->settings, &admin->error))
        return false;
    export->arena = bk_arena_create();
    fine = (encoding == NULL || write_file(export, encoding, NULL)) &&
           write_file(export, encoding, stdout);
    bk_arena_destroy(&export->arena);
    bk_settings_end_read(admin->settings);
    return fine;
}

bool bk_run_account_export(struct bk_admin *admin)
{
    struct export export = {.admin = admin, .file = BK_BULK_EXPORT};
    const char *as = bk_option_value(admin, "as");
    const char *domain = bk_option_value(admin, "domain");

    if (admin->json)
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("this prints CSV: for JSON say boxkeeper --json account list"));
    if (domain == NULL)
        return bk_admin_fail(admin, BK_ERROR_USAGE,
                             _("say in which domain the accounts are: --domain DOMAIN"));
    if (as != NULL && strcmp(as, "edit") != 0)
        return bk_admin_fail(admin, BK_ERROR_VALUE, _("--as %s: say edit, or leave it out"), as);
    if (as != NULL)
        export.file = BK_BULK_EDIT;
    export.domain = bk_admin_domain(admin, domain);
    return export.domain != NULL && write_twice(&export);
}
