/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/sender.h"

#include "rules/text.h"

#include <string.h>

/* The account that owns `address`, with or without an extension. */
static enum bk_lookup look_up_owner(struct bk_arena *arena, const struct bk_directory *directory,
                                    const char *text, const struct bk_account **account_r)
{
    struct bk_address address;
    struct bk_place place;

    if (!bk_address_parse(arena, text, &address))
        return BK_ABSENT;
    place = bk_place_own(arena, directory, &address);
    *account_r = place.account;
    return place.found;
}

/* May this account send at all? */
static enum bk_sender_reason account_reason(const struct bk_account *account)
{
    if (account->state == BK_ACCOUNT_DELETING)
        return BK_SENDER_UNKNOWN_LOGIN;
    if (bk_account_is_suspended(account))
        return BK_SENDER_SUSPENDED;
    if (account->force_changed)
        return BK_SENDER_FORCE_CHANGED;
    if (!account->submission_allowed)
        return BK_SENDER_NOT_SWITCHED_ON;
    return BK_SENDER_ALLOWED;
}

enum bk_sender_reason bk_sender_decide(struct bk_arena *arena, const struct bk_directory *directory,
                                       const char *login, const char *sender)
{
    const struct bk_account *account, *owner;
    const char *address = bk_address_fold(arena, login);
    enum bk_lookup found = directory->lookup_address(directory->context, address, &account);
    enum bk_sender_reason reason;

    if (found == BK_FAILED)
        return BK_SENDER_SETTINGS_FAILED;
    /* An alias is no login: whoever logs in has been given the primary address as name. */
    if (found == BK_ABSENT || strcmp(account->primary_address, address) != 0)
        return BK_SENDER_UNKNOWN_LOGIN;
    reason = account_reason(account);
    if (reason != BK_SENDER_ALLOWED || sender[0] == '\0')
        return reason;
    found = look_up_owner(arena, directory, sender, &owner);
    if (found == BK_FAILED)
        return BK_SENDER_SETTINGS_FAILED;
    return found == BK_FOUND && owner->id == account->id ? BK_SENDER_ALLOWED : BK_SENDER_NOT_OWNER;
}

enum bk_lookup bk_sender_owner(struct bk_arena *arena, const struct bk_directory *directory,
                               const char *sender, const char **login_r)
{
    const struct bk_account *account;
    enum bk_lookup found = look_up_owner(arena, directory, sender, &account);

    if (found == BK_FOUND)
        *login_r = account->primary_address;
    return found;
}

const char *bk_sender_reply(enum bk_sender_reason reason)
{
    switch (reason) {
    case BK_SENDER_ALLOWED:
        break;
    case BK_SENDER_UNKNOWN_LOGIN:
        return N_("550 5.7.1 This login may not send mail (any more)");
    case BK_SENDER_NOT_OWNER:
        return N_("553 5.7.1 Sender address is not one of your own");
    case BK_SENDER_SUSPENDED:
        return N_("550 5.7.1 Your account is suspended");
    case BK_SENDER_FORCE_CHANGED:
        return N_("550 5.7.1 Sending is stopped until your account has been given a new password");
    case BK_SENDER_NOT_SWITCHED_ON:
        return N_("550 5.7.1 Sending is switched off for your account");
    case BK_SENDER_SETTINGS_FAILED:
        return N_("451 4.3.0 Settings can't be read now, try again later");
    }
    return NULL;
}
