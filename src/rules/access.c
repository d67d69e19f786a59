/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/access.h"

#include "rules/text.h"

#include <stddef.h>

static const char *reason_unless(bool allowed, const char *reason)
{
    return allowed ? NULL : reason;
}

static struct bk_access access_to_nothing(bool locked, const char *reason)
{
    return (struct bk_access){
        .locked = locked,
        .imap_reason = reason,
        .pop3_reason = reason,
        .submission_reason = reason,
        .managesieve_reason = reason,
    };
}

static struct bk_access access_by_switches(const struct bk_account *account)
{
    return (struct bk_access){
        .imap = account->imap_allowed,
        .pop3 = account->pop3_allowed,
        .submission = account->submission_allowed,
        .managesieve = account->managesieve_allowed,
        .imap_reason = reason_unless(account->imap_allowed,
                                     N_("IMAP is switched off for this account")),
        .pop3_reason = reason_unless(account->pop3_allowed,
                                     N_("POP3 is switched off for this account")),
        .submission_reason = reason_unless(account->submission_allowed,
                                           N_("Sending is switched off for this account")),
        .managesieve_reason = reason_unless(account->managesieve_allowed,
                                            N_("ManageSieve is switched off for this account")),
    };
}

struct bk_access bk_access_decide(const struct bk_account *account)
{
    struct bk_access access;

    if (account->state == BK_ACCOUNT_DELETING)
        return access_to_nothing(true, N_("This account is being deleted"));
    if (bk_account_is_suspended(account))
        return access_to_nothing(false, N_("This account is suspended"));
    access = access_by_switches(account);
    if (account->force_changed) {
        access.submission = false;
        access.submission_reason = N_(
            "Sending is stopped until this account has been given a new password");
    }
    return access;
}

/* The reason of whoever forbids; the later state's where both do. */
static const char *joint_reason(bool before, const char *before_reason, bool after,
                                const char *after_reason)
{
    if (!after)
        return after_reason;
    return before ? NULL : before_reason;
}

struct bk_access bk_access_intersect(const struct bk_access *before, const struct bk_access *after)
{
    return (struct bk_access){
        .locked = before->locked || after->locked,
        .imap = before->imap && after->imap,
        .pop3 = before->pop3 && after->pop3,
        .submission = before->submission && after->submission,
        .managesieve = before->managesieve && after->managesieve,
        .imap_reason = joint_reason(before->imap, before->imap_reason, after->imap,
                                    after->imap_reason),
        .pop3_reason = joint_reason(before->pop3, before->pop3_reason, after->pop3,
                                    after->pop3_reason),
        .submission_reason = joint_reason(before->submission, before->submission_reason,
                                          after->submission, after->submission_reason),
        .managesieve_reason = joint_reason(before->managesieve, before->managesieve_reason,
                                           after->managesieve, after->managesieve_reason),
    };
}
