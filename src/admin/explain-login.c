/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "admin/explain.h"

#include "admin/output.h"
#include "rules/access.h"

#include <string.h>

enum protocol { IMAP, POP3, SUBMISSION, MANAGESIEVE, PROTOCOL_COUNT };

static const char *const protocol_names[PROTOCOL_COUNT] = {"imap", "pop3", "submission",
                                                           "managesieve"};

static bool parse_protocol(struct bk_admin *admin, enum protocol *protocol_r)
{
    const char *text = bk_option_value(admin, "protocol");

    for (int i = 0; text != NULL && i < PROTOCOL_COUNT; i++) {
        if (strcmp(text, protocol_names[i]) == 0) {
            *protocol_r = (enum protocol)i;
            return true;
        }
    }
    return bk_admin_fail(admin, BK_ERROR_USAGE,
                         _("say --protocol imap, pop3, submission or managesieve"));
}

static bool is_allowed(const struct bk_access *access, enum protocol protocol)
{
    const bool allowed[PROTOCOL_COUNT] = {access->imap, access->pop3, access->submission,
                                          access->managesieve};

    return !access->locked && allowed[protocol];
}

static const char *reason_of(const struct bk_access *access, enum protocol protocol)
{
    const char *const reasons[PROTOCOL_COUNT] = {access->imap_reason, access->pop3_reason,
                                                 access->submission_reason,
                                                 access->managesieve_reason};

    return reasons[protocol];
}

/* The setting that forbids it. */
static struct bk_deciding_setting find_setting(const struct bk_account *account,
                                               enum protocol protocol)
{
    const char *address = account->primary_address;

    if (account->state == BK_ACCOUNT_DELETING)
        return (struct bk_deciding_setting){N_("state"), N_("account"), address};
    if (account->suspended)
        return (struct bk_deciding_setting){N_("suspended"), N_("account"), address};
    if (account->domain->suspended)
        return (struct bk_deciding_setting){N_("suspended"), N_("domain"), account->domain->name};
    if (account->force_changed && protocol == SUBMISSION)
        return (struct bk_deciding_setting){N_("force_changed"), N_("account"), address};
    return (struct bk_deciding_setting){protocol_names[protocol], N_("account"), address};
}

/* What Dovecot finds. Null: credentials.db can't be opened by whoever asks. */
static json_t *describe_credentials(struct bk_admin *admin, const struct bk_account *account,
                                    enum protocol protocol)
{
    const struct bk_credential *credential = NULL;

    if (bk_admin_credentials(admin) == NULL)
        return json_null();
    switch (bk_credentials_lookup(admin->credentials, admin->arena, account->id, &credential,
                                  &admin->error)) {
    case BK_FAILED:
        return json_null();
    case BK_ABSENT:
        return json_pack("{s:b, s:b}", "present", false, "allowed", false);
    case BK_FOUND:
        break;
    }
    return json_pack("{s:b, s:b, s:b, s:b, s:b}", "present", true, "locked",
                     credential->access.locked, "allowed",
                     is_allowed(&credential->access, protocol), "password",
                     credential->password_hash != NULL, "external_auth", credential->external_auth);
}

static void add_verdict(json_t *object, const struct bk_account *account, enum protocol protocol,
                        json_t *credentials)
{
    struct bk_access access = bk_access_decide(account);
    bool settings_allow = is_allowed(&access, protocol);
    bool credentials_allow = json_is_true(json_object_get(credentials, "allowed"));
    bool no_password = json_is_object(credentials) &&
                       json_is_false(json_object_get(credentials, "password")) &&
                       !account->external_auth;
    struct bk_deciding_setting setting = {NULL, NULL, NULL};
    const char *reason = NULL;

    if (!settings_allow) {
        setting = find_setting(account, protocol);
        reason = access.locked ? N_("The account is being deleted") : reason_of(&access, protocol);
    } else if (json_is_object(credentials) && !credentials_allow) {
        reason = N_("credentials.db differs from the settings after an interrupted command");
    } else if (no_password) {
        setting = (struct bk_deciding_setting){N_("password"), N_("account"),
                                               account->primary_address};
        reason = N_("No password is set");
    }
    json_object_set_new(object, "allowed", json_boolean(reason == NULL));
    json_object_set_new(object, "reason", json_pack("s?", reason));
    json_object_set_new(object, "decided_by", bk_explain_setting(&setting));
    json_object_set_new(object, "credentials", credentials);
}

/* Dovecot knows logins and primary addresses; aliases are no logins. */
static const struct bk_account *find_login(struct bk_admin *admin, const char *login)
{
    const struct bk_account *account = bk_admin_account(admin, login);
    const char *folded = bk_admin_fold(admin, login);

    if (account == NULL || strcmp(folded, account->login) == 0 ||
        strcmp(folded, account->primary_address) == 0)
        return account;
    bk_admin_fail(admin, BK_ERROR_UNKNOWN, _("%s is an address of %s, but not a login: that is %s"),
                  login, account->primary_address, account->login);
    return NULL;
}

bool bk_explain_login(struct bk_admin *admin, const char *login)
{
    static const struct bk_column columns[] = {
        {"login", N_("Login"), BK_COLUMN_TEXT},
        {"account", N_("Account"), BK_COLUMN_TEXT},
        {"protocol", N_("Protocol"), BK_COLUMN_TEXT},
        {"allowed", N_("Allowed with the right password"), BK_COLUMN_TEXT},
        {"reason", N_("Reason"), BK_COLUMN_WORD},
        {"setting", N_("Decided by"), BK_COLUMN_TEXT},
        {NULL, NULL, 0},
    };
    const struct bk_account *account;
    enum protocol protocol = IMAP;
    json_t *object;

    if (!parse_protocol(admin, &protocol) || (account = find_login(admin, login)) == NULL)
        return false;
    object = json_pack("{s:s, s:s, s:s}", "login", account->login, "account",
                       account->primary_address, "protocol", protocol_names[protocol]);
    add_verdict(object, account, protocol, describe_credentials(admin, account, protocol));
    if (!admin->json)
        json_object_set_new(
            object, "setting",
            json_string(bk_explain_setting_text(admin, json_object_get(object, "decided_by"))));
    bk_output_record(admin, object, columns);
    return true;
}
