# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Switches per protocol: no new login, open sessions end, the other protocols go on."""

import imaplib
import poplib
import smtplib

import pytest

import smtp
from managesieve import ManageSieve
from waiting import wait_for


@pytest.fixture
def taro(lab, domain):
    return lab.create_account(f"taro@{domain}")


class Imap:
    reason = "IMAP is switched off for this account"

    def __init__(self, lab, account):
        try:
            self.session = account.imap().session
        except imaplib.IMAP4.error as error:
            raise PermissionError(str(error)) from None

    def use(self):
        assert self.session.noop()[0] == "OK"


class Pop3:
    reason = "POP3 is switched off for this account"

    def __init__(self, lab, account):
        try:
            self.session = account.pop3()
        except poplib.error_proto as error:
            raise PermissionError(str(error)) from None

    def use(self):
        assert self.session.noop().startswith(b"+OK")


class Sieve:
    reason = "ManageSieve is switched off for this account"

    def __init__(self, lab, account):
        self.session = ManageSieve(lab.sieve_port, account.login, account.password)

    def use(self):
        assert self.session.command("LISTSCRIPTS").startswith("OK")


PROTOCOLS = {"imap": Imap, "pop3": Pop3, "managesieve": Sieve}
ENDED = (OSError, EOFError, AssertionError, imaplib.IMAP4.error, poplib.error_proto)


def has_ended(session):
    try:
        session.use()
    except ENDED:
        return True
    return False


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_switch_of_a_protocol(lab, taro, protocol):
    client = PROTOCOLS[protocol]
    sessions = {name: PROTOCOLS[name](lab, taro) for name in PROTOCOLS}
    lab.cli("access", "set", taro.address, f"--{protocol}", "off")
    ended = sessions.pop(protocol)
    wait_for(lambda: has_ended(ended), "the end of the open session")
    with pytest.raises(PermissionError) as refused:
        client(lab, taro)
    assert client.reason in str(refused.value)
    for other, session in sessions.items():
        session.use()  # goes on
        PROTOCOLS[other](lab, taro).use()
    taro.smtp().quit()
    lab.cli("access", "set", taro.address, f"--{protocol}", "on")
    client(lab, taro).use()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_wrong_password_is_told_nothing_of_switches(lab, taro, protocol):
    lab.cli("access", "set", taro.address, f"--{protocol}", "off")
    taro.password = "Wrong-4-Sure!x"
    with pytest.raises(PermissionError) as refused:
        PROTOCOLS[protocol](lab, taro)
    assert "switched off" not in str(refused.value)


def test_switch_of_submission(lab, taro):
    def rcpt(session):
        session.mail(taro.address)
        answer = smtp.reply(session.rcpt("friend@outside.example"))
        session.rset()
        return answer

    others = [client(lab, taro) for client in PROTOCOLS.values()]
    with taro.smtp() as session:
        assert rcpt(session).code == 250
        lab.cli("access", "set", taro.address, "--submission", "off")
        assert str(rcpt(session)) == "550 5.7.1 <friend@outside.example>: Recipient address " \
            "rejected: Sending is switched off for your account"
        with pytest.raises(smtplib.SMTPAuthenticationError):
            taro.smtp()
        for other in others:
            other.use()
        for client in PROTOCOLS.values():
            client(lab, taro).use()
        lab.cli("access", "set", taro.address, "--submission", "on")
        assert rcpt(session).code == 250
    taro.smtp().quit()


def test_all_switched_off_at_once(lab, taro):
    sessions = [client(lab, taro) for client in PROTOCOLS.values()]
    lab.cli("access", "set", taro.address, *[word for name in PROTOCOLS
                                             for word in (f"--{name}", "off")])
    for session in sessions:
        wait_for(lambda: has_ended(session), "the end of the open session")  # noqa: B023


def test_mail_still_arrives_where_every_protocol_is_off(lab, taro):
    switches = [f"--{name}" for name in ("imap", "pop3", "submission", "managesieve")]
    lab.cli("access", "set", taro.address, *[word for name in switches for word in (name, "off")])
    assert lab.send(taro.address, subject="kept").accepted
    lab.wait_for_empty_queue()
    lab.cli("access", "set", taro.address, "--imap", "on")
    taro.wait_for_mail("kept")
