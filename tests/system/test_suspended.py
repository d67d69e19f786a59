# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Suspend and resume, of an account and of a domain: nobody gets in, nothing is sent and nothing
arrives; nothing stored is lost, and resume restores everything."""

import imaplib
import poplib
import smtplib

import pytest

import smtp
from managesieve import ManageSieve
from waiting import wait_for

REFUSED = (imaplib.IMAP4.error, poplib.error_proto, PermissionError, smtplib.SMTPAuthenticationError)
SCRIPT = 'require "fileinto"; if header :is "subject" "sort me" { fileinto "Junk"; }'


@pytest.fixture
def taro(lab, domain):
    account = lab.create_account(f"taro@{domain}", "--alias", f"t.yamada@{domain}")
    lab.cli("forward", "set", account.address, "friend@far.example", "--keep-copy")
    lab.doveadm("sieve", "put", "-u", account.address, "-a", "mine", input=SCRIPT)
    assert lab.send(account.address, subject="before").accepted
    account.wait_for_mail("before")
    return account


@pytest.fixture(params=["account", "domain"])
def switch(request, lab, domain, taro):
    name = taro.address if request.param == "account" else domain
    return lambda verb: lab.cli(request.param, verb, name)


def logins(lab, account):
    """How to log in, by protocol."""
    return {"imap": account.imap, "pop3": account.pop3, "smtp": account.smtp,
            "managesieve": lambda: ManageSieve(lab.sieve_port, account.login, account.password)}


def who_gets_in(lab, account):
    found = set()
    for protocol, log_in in logins(lab, account).items():
        try:
            log_in()
            found.add(protocol)
        except REFUSED:
            pass
    return found


ALL = {"imap", "pop3", "smtp", "managesieve"}


def test_nobody_gets_in_until_resume(lab, taro, switch):
    other_domain = lab.create_domain()
    other = lab.create_account(f"other@{other_domain}")
    assert who_gets_in(lab, taro) == ALL
    switch("suspend")
    assert who_gets_in(lab, taro) == set()
    assert who_gets_in(lab, other) == ALL
    password, taro.password = taro.password, "Wrong-4-Sure!x"
    with pytest.raises(imaplib.IMAP4.error) as refused:
        taro.imap()
    assert "suspend" not in str(refused.value).lower(), "told without the right password"
    taro.password = password
    switch("resume")
    assert who_gets_in(lab, taro) == ALL


def test_open_sessions_end(lab, taro, switch):
    imap, idle, pop3 = taro.imap(), taro.imap(), taro.pop3()
    sieve = ManageSieve(lab.sieve_port, taro.login, taro.password)
    imap.select()
    idle.select()
    idle.session.send(b"I IDLE\r\n")
    idle.session.readline()
    switch("suspend")
    uses = {"imap": lambda: imap.session.noop()[0] == "OK",
            "pop3": lambda: pop3.noop().startswith(b"+OK"),
            "managesieve": lambda: sieve.command("LISTSCRIPTS").startswith("OK")}
    for protocol, use in uses.items():
        def is_over():
            try:
                return not use()
            except (OSError, EOFError, imaplib.IMAP4.error, poplib.error_proto):
                return True
        wait_for(is_over, f"the end of the {protocol} session")
    # The one that only listens is told, or cut off; it does not go on in silence.
    while line := idle.session.readline():
        assert not line.startswith(b"I OK")


def test_open_submission_session_sends_no_more(lab, taro, switch):
    with taro.smtp() as session, taro.smtp() as begun:
        assert smtp.transact(session, taro.address, "friend@far.example",
                             b"Subject: one\r\n\r\n.\r\n").accepted
        begun.mail(taro.address)
        switch("suspend")
        for one in (session, begun):
            if one is session:
                one.mail(taro.address)
            for recipient in ("friend@far.example", taro.address):
                answer = smtp.reply(one.rcpt(recipient))
                assert answer.code == 550, answer
            assert one.docmd("DATA")[0] != 354
            one.rset()
        switch("resume")
        assert smtp.transact(session, taro.address, "friend@far.example",
                             b"Subject: two\r\n\r\n.\r\n").accepted
    lab.wait_for_outside(recipient="friend@far.example", subject="two")


def test_mail_is_refused_and_all_comes_back(lab, domain, taro, switch):
    lab.wait_for_outside(recipient="friend@far.example", subject="before")
    switch("suspend")
    for address in (taro.address, f"t.yamada@{domain}", f"taro+extension@{domain}"):
        answer = lab.send(address, subject="meanwhile").only
        assert (answer.code, answer.status) == (550, "5.2.1"), answer
    answer = lab.lmtp(taro.address, subject="past Postfix")[taro.address]
    assert (answer.code, answer.status) == (550, "5.2.1"), answer
    lab.wait_for_empty_queue()
    assert lab.outside(subject="meanwhile") == []
    shown = taro.show()
    assert shown["suspended"] and shown["aliases"] == [f"t.yamada@{domain}"]

    switch("resume")
    assert taro.subjects() == ["before"]
    for address, subject in ((taro.address, "sort me"), (f"t.yamada@{domain}", "after")):
        assert lab.send(address, subject=subject).accepted
    taro.wait_for_mail("before", "after")
    taro.wait_for_mail("sort me", folder="Junk")
    lab.wait_for_outside(recipient="friend@far.example", subject="after")
    assert not taro.show()["suspended"]


def test_account_stays_suspended_when_its_domain_resumes(lab, domain, taro):
    hana = lab.create_account(f"hana@{domain}")
    lab.cli("account", "suspend", taro.address)
    lab.cli("domain", "suspend", domain)
    lab.cli("account", "resume", hana.address)
    assert who_gets_in(lab, hana) == set()
    lab.cli("domain", "resume", domain)
    assert (who_gets_in(lab, taro), who_gets_in(lab, hana)) == (set(), ALL)
    assert lab.ask(taro.address).status == "5.2.1"
    lab.cli("account", "resume", taro.address)
    assert who_gets_in(lab, taro) == ALL


def test_new_account_of_a_suspended_domain(lab, domain):
    lab.cli("domain", "suspend", domain)
    jiro = lab.create_account(f"jiro@{domain}")
    assert who_gets_in(lab, jiro) == set()
    assert lab.ask(jiro.address).status == "5.2.1"
    lab.cli("domain", "resume", domain)
    assert who_gets_in(lab, jiro) == ALL
