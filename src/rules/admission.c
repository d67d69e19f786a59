/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/admission.h"

#include "rules/address.h"
#include "rules/route.h"
#include "rules/text.h"

enum bk_admission_reason bk_admission_account_reason(const struct bk_account *account)
{
    if (account->state == BK_ACCOUNT_DELETING)
        return BK_REASON_DELETING;
    if (bk_account_is_suspended(account))
        return BK_REASON_SUSPENDED;
    if (!account->receive && account->domain->plan->receive_off == BK_RECEIVE_OFF_REFUSES)
        return BK_REASON_DISABLED;
    return BK_REASON_NONE;
}

enum bk_admission_action bk_admission_action(enum bk_admission_reason reason)
{
    switch (reason) {
    case BK_REASON_NONE:
        return BK_ADMISSION_ACCEPT;
    case BK_REASON_UNKNOWN_RECIPIENT:
    case BK_REASON_INTERNAL_FORM:
    case BK_REASON_SUSPENDED:
    case BK_REASON_DISABLED:
    case BK_REASON_FULL:
    case BK_REASON_CIRCLE:
    case BK_REASON_TOO_MANY_TARGETS:
        return BK_ADMISSION_REFUSE;
    case BK_REASON_FULL_FOR_NOW:
    case BK_REASON_DELETING:
    case BK_REASON_SETTINGS_FAILED:
    case BK_REASON_NOT_IN_SETTINGS:
        break;
    }
    return BK_ADMISSION_DEFER;
}

const char *bk_admission_reply(enum bk_admission_reason reason)
{
    switch (reason) {
    case BK_REASON_NONE:
        break;
    case BK_REASON_UNKNOWN_RECIPIENT:
    case BK_REASON_INTERNAL_FORM:
        return N_("550 5.1.1 No such recipient here");
    case BK_REASON_SUSPENDED:
        return N_("550 5.2.1 Mailbox is suspended");
    case BK_REASON_DISABLED:
        return N_("550 5.2.1 Mailbox does not receive mail");
    case BK_REASON_FULL:
        return N_("552 5.2.2 Mailbox is full");
    case BK_REASON_FULL_FOR_NOW:
        return N_("452 4.2.2 Mailbox is full, try again later");
    case BK_REASON_CIRCLE:
        return N_("550 5.4.6 Forwarding goes round in a circle");
    case BK_REASON_TOO_MANY_TARGETS:
        return N_("550 5.5.3 Forwarding leads to too many recipients");
    case BK_REASON_DELETING:
        return N_("451 4.3.0 Mailbox is being removed, try again later");
    case BK_REASON_SETTINGS_FAILED:
        return N_("451 4.3.0 Settings can't be read now, try again later");
    case BK_REASON_NOT_IN_SETTINGS:
        return N_("451 4.3.0 Mailbox has no settings, try again later");
    }
    return NULL;
}

static struct bk_admission because(enum bk_admission_reason reason, const char *decided_by)
{
    return (struct bk_admission){.action = bk_admission_action(reason),
                                 .reason = reason,
                                 .decided_by = decided_by,
                                 .store = reason == BK_REASON_NONE};
}

static enum bk_admission_reason full_reason(const struct bk_account *account,
                                            const struct bk_usage *usage, int64_t message_bytes)
{
    if (!bk_usage_would_exceed(account, usage, message_bytes))
        return BK_REASON_NONE;
    return account->domain->plan->full_is_temporary ? BK_REASON_FULL_FOR_NOW : BK_REASON_FULL;
}

/* Receive OFF is never full: nothing is stored. */
static enum bk_admission_reason leaf_reason(const struct bk_directory *directory,
                                            const struct bk_route_leaf *leaf, int64_t message_bytes)
{
    const struct bk_account *account = leaf->account;
    struct bk_usage usage = {.known = false};

    if (leaf->reason != BK_REASON_NONE || account == NULL)
        return leaf->reason;
    if (!account->receive || leaf->only_answers || account->capacity_bytes <= 0)
        return BK_REASON_NONE;
    if (directory->lookup_usage(directory->context, account, &usage) != BK_FOUND)
        usage.known = false;
    return full_reason(account, &usage, message_bytes);
}

/* The recipient's own mailbox; NULL: the message does not go there. */
static const struct bk_route_leaf *own_leaf(const struct bk_route *route)
{
    for (size_t i = 0; i < route->leaf_count; i++)
        if (!route->leaves[i].only_answers && route->leaves[i].account != NULL &&
            route->leaves[i].account->id == route->account->id)
            return &route->leaves[i];
    return NULL;
}

/* One leaf that takes the message is enough; else the first one's reason counts. */
static struct bk_admission decide_leaves(const struct bk_directory *directory,
                                         const struct bk_route *route, int64_t message_bytes)
{
    struct bk_admission first = because(BK_REASON_CIRCLE, route->account->primary_address);
    bool is_first = true;

    for (size_t i = 0; i < route->leaf_count; i++) {
        const struct bk_route_leaf *leaf = &route->leaves[i];
        enum bk_admission_reason reason = leaf_reason(directory, leaf, message_bytes);

        if (leaf->only_answers && !bk_route_leaf_takes(leaf))
            continue;
        if (reason == BK_REASON_NONE)
            return because(BK_REASON_NONE, NULL);
        if (is_first)
            first = because(reason,
                            leaf->account != NULL ? leaf->account->primary_address : leaf->address);
        is_first = false;
    }
    return first;
}

struct bk_admission bk_admission_decide(const struct bk_directory *directory,
                                        const struct bk_route *route, int64_t message_bytes)
{
    const struct bk_route_leaf *own;
    enum bk_admission_reason reason;

    if (route->internal)
        return because(BK_REASON_INTERNAL_FORM, NULL);
    if (route->found == BK_FAILED)
        return because(BK_REASON_SETTINGS_FAILED, NULL);
    if (route->found == BK_ABSENT && route->ours)
        return because(BK_REASON_UNKNOWN_RECIPIENT, NULL);
    if (route->found == BK_ABSENT)
        return (struct bk_admission){.action = BK_ADMISSION_NONE_OF_OURS};
    if (route->too_many)
        return because(BK_REASON_TOO_MANY_TARGETS, route->account->primary_address);
    own = own_leaf(route);
    if (own == NULL)
        return decide_leaves(directory, route, message_bytes);
    /* It comes first: it refuses however many targets live, and if it takes, one is enough. */
    reason = leaf_reason(directory, own, message_bytes);
    return because(reason, reason == BK_REASON_NONE ? NULL : route->account->primary_address);
}

struct bk_admission bk_admission_decide_delivery(enum bk_lookup found,
                                                 const struct bk_account *account,
                                                 const char *recipient,
                                                 const struct bk_usage *usage,
                                                 int64_t message_bytes)
{
    enum bk_admission_reason reason;
    struct bk_admission admission;

    if (found != BK_FOUND)
        return because(found == BK_ABSENT ? BK_REASON_NOT_IN_SETTINGS : BK_REASON_SETTINGS_FAILED,
                       NULL);
    reason = bk_admission_account_reason(account);
    if (reason != BK_REASON_NONE)
        return because(reason, account->primary_address);
    if (bk_address_is_warning(recipient)) {
        admission = because(BK_REASON_NONE, account->primary_address);
        admission.store = account->receive;
        return admission;
    }
    if (bk_address_is_internal(recipient) ||
        (!account->receive && account->forward_target_count == 0)) {
        admission = because(BK_REASON_NONE, account->primary_address);
        admission.store = false;
        return admission;
    }
    reason = full_reason(account, usage, message_bytes);
    return because(reason, reason == BK_REASON_NONE ? NULL : account->primary_address);
}
