# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""An account gets another name: its mail stays, and no mail that was under way is lost."""

import imaplib

import pytest

from keeping import home_of
from lab import PASSWORD, Account
from waiting import wait_for


def rename(lab, account, new):
    lab.cli("account", "rename", account.address, new)
    return Account(lab, new, PASSWORD)


def test_mail_stays_and_both_addresses_go_on(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    hana = lab.create_account(f"hana@{domain}")
    lab.cli("forward", "set", hana.address, taro.address, "--no-copy")
    lab.send(taro.address, subject="before")
    taro.wait_for_mail("before")
    session = taro.imap()
    home = home_of(taro)
    jiro = rename(lab, taro, f"jiro@{domain}")
    with pytest.raises((imaplib.IMAP4.error, OSError)):
        for _ in range(1000):
            session.session.noop()
    assert home_of(jiro) == home
    assert jiro.subjects() == ["before"]
    with pytest.raises(imaplib.IMAP4.error):
        taro.imap()
    lab.send([taro.address], subject="old name")
    lab.send([jiro.address], subject="new name")
    lab.send([hana.address], subject="forwarded")
    jiro.wait_for_mail("before", "old name", "new name", "forwarded")
    # Both are its own addresses for sending, too.
    assert jiro.submit("x@outside.example", sender=taro.address).only.code == 250


def test_mail_that_was_queued_before_arrives(lab, domain):
    """Postfix has resolved the address already: LMTP is asked for the old name."""
    taro = lab.create_account(f"taro@{domain}")
    lab.service("stop", "dovecot")
    assert lab.send(taro.address, subject="queued").only.code == 250
    wait_for(lambda: any(r["address"] == taro.address for m in lab.queue()
                         for r in m["recipients"]), "the message in the queue")
    jiro = rename(lab, taro, f"jiro@{domain}")
    lab.service("start", "dovecot")
    lab.flush_queue()
    jiro.wait_for_mail("queued")
    lab.wait_for_empty_queue()
    # And without Postfix.
    assert lab.lmtp(taro.address, subject="direct")[taro.address].code == 250
    jiro.wait_for_mail("queued", "direct")
