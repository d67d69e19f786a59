/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/* `usage`: what the mail processes measured last. What is not known is shown as not known. */
#include "admin/commands.h"
#include "admin/output.h"

const struct bk_option bk_usage_options[] = {
    {"domain", N_("DOMAIN"), N_("all accounts of this domain"), false},
    {NULL, NULL, NULL, false},
};

struct collector {
    struct bk_admin *admin;
    json_t *items;
    bool warned; /* that state.db can't be read */
};

static void add_known(json_t *item, const struct bk_account *account, const struct bk_usage *usage)
{
    json_object_set_new(item, "usage_bytes", json_integer(usage->bytes));
    json_object_set_new(item, "usage_messages", json_integer(usage->messages));
    json_object_set_new(item, "measured_at", json_integer(usage->measured_at));
    if (account->capacity_bytes > 0)
        json_object_set_new(item, "percent",
                            json_integer((json_int_t)((double)usage->bytes * 100 /
                                                      (double)account->capacity_bytes)));
}

/* state.db is a cache: where it can't be read, nothing is known, and that is said once. */
static struct bk_usage look_up(struct collector *collector, int64_t account_id)
{
    struct bk_state *state = bk_admin_state(collector->admin);
    struct bk_usage usage = {.known = false};
    struct bk_error error = {.kind = BK_ERROR_NONE};
    int64_t limit_bytes;

    if (state != NULL &&
        bk_state_lookup_usage(state, account_id, &usage, &limit_bytes, &error) != BK_FAILED)
        return usage;
    if (!collector->warned)
        bk_warning(collector->admin, _("no usage is known: %s"),
                   state != NULL ? error.text : _("state.db can't be opened"));
    collector->warned = true;
    return (struct bk_usage){.known = false};
}

static void add_account(struct collector *collector, const struct bk_account *account)
{
    struct bk_usage usage = look_up(collector, account->id);
    json_t *item = json_pack("{s:s, s:n, s:I, s:n, s:n, s:n}", "address", account->primary_address,
                             "usage_bytes", "capacity_bytes", (json_int_t)account->capacity_bytes,
                             "percent", "usage_messages", "measured_at");

    if (usage.known)
        add_known(item, account, &usage);
    json_array_append_new(collector->items, item);
}

static bool collect_account(void *context, const struct bk_account *account)
{
    add_account(context, account);
    return true;
}

static bool collect_domain(struct collector *collector, const char *domain_text)
{
    struct bk_admin *admin = collector->admin;
    struct bk_account_filter filter = {0};

    if (domain_text != NULL) {
        const struct bk_domain *domain = bk_admin_domain(admin, domain_text);

        if (domain == NULL)
            return false;
        filter.domain = domain->name;
    }
    return bk_admin_settings(admin) != NULL &&
           bk_settings_list_accounts(admin->settings, &filter, collect_account, collector,
                                     &admin->error) != BK_FAILED;
}

static bool collect_arguments(struct collector *collector)
{
    struct bk_admin *admin = collector->admin;

    for (size_t i = 0; i < admin->argument_count; i++) {
        const struct bk_account *account = bk_admin_account(admin, admin->arguments[i]);

        if (account == NULL)
            return false;
        add_account(collector, account);
    }
    return true;
}

bool bk_run_usage(struct bk_admin *admin)
{
    static const struct bk_column columns[] = {
        {"address", N_("Address"), BK_COLUMN_TEXT},
        {"usage_bytes", N_("Usage"), BK_COLUMN_BYTES},
        {"capacity_bytes", N_("Capacity"), BK_COLUMN_CAPACITY},
        {"percent", N_("%"), BK_COLUMN_NUMBER},
        {"usage_messages", N_("Messages"), BK_COLUMN_NUMBER},
        {"measured_at", N_("Measured"), BK_COLUMN_TIME},
        {NULL, NULL, 0},
    };
    struct collector collector = {.admin = admin, .items = json_array()};
    const char *domain = bk_option_value(admin, "domain");

    if (domain != NULL && admin->argument_count > 0)
        return bk_admin_fail(admin, BK_ERROR_USAGE, _("give accounts or --domain, not both"));
    if (admin->argument_count > 0 ? !collect_arguments(&collector)
                                  : !collect_domain(&collector, domain))
        return false;
    bk_output_list(admin, collector.items, columns, NULL, NULL);
    return true;
}
