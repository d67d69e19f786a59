# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The CLI killed (SIGKILL) at its steps, beside servers at work. What the databases say after each
step is shown by tests/blackbox; here it is what Dovecot, Postfix and the users see: whoever settings
know, userdb knows; nobody gets in who may not; neighbours notice nothing; and repeating the command,
or the next one, completes it."""

import imaplib
import smtplib
from contextlib import contextmanager

import pytest

from keeping import home_of, subjects
from killing import count_calls, run_killed, spread_points
from lab import PASSWORD, Account
from waiting import wait_for

WRITES = ["pwrite64", "write", "fsync", "fdatasync", "unlink", "mkdir", "rename", "renameat",
          "unlinkat", "clone", "fork"]
# Of PASSWORD; a ready one, since a command under strace reads no standard input.
HASH = ("$6$saltsalt$E1/xxOMMD4mxwi.NazfbODqsoIul4tzD81oWHN"
        "vMB35CqJvs7KkIpkTJNfaB6DKaheVZnuZ1crp557w207ZA4/")


@pytest.fixture
def points_of(thorough):
    def points_of(command):
        counts = count_calls(command, WRITES)
        return spread_points(counts, sum(counts.values()) if thorough else 2 * len(counts))
    return points_of


@contextmanager
def neighbour(lab, domain):
    """A session of somebody else, open from before the first kill, who goes on with his work."""
    hana = lab.create_account(f"hana@{domain}")
    lab.lmtp(hana.address, subject="hana's")
    with hana.imap() as session:
        def goes_on():
            assert session.subjects() == ["hana's"]
            assert session.quota() is None
            assert lab.ask(hana.address).code == 250
            assert lab.ask(f"nobody@{domain}").code == 550
        yield goes_on
        with hana.imap() as again:
            assert again.subjects() == ["hana's"]


def settings_of(lab, address):
    """The account as settings have it, or None."""
    shown = lab.cli("--json", "account", "show", address, want_exit=None)
    assert shown.exit_code in (0, 67), shown
    return shown.json if shown.exit_code == 0 else None


def gets_in(account):
    """By IMAP, and by SMTP AUTH."""
    def tries(log_in, refused):
        try:
            log_in()
        except refused:
            return False
        return True
    return (tries(account.imap, imaplib.IMAP4.error),
            tries(account.smtp, smtplib.SMTPAuthenticationError))


def known_to_userdb(lab, address):
    result = lab.doveadm("user", "-f", "home", address, want_exit=None)
    assert result.exit_code in (0, 67), result
    return result.exit_code == 0


def check_invariants(lab, account):
    shown = settings_of(lab, account.address)
    if shown is not None:
        assert known_to_userdb(lab, account.address), "settings know it, userdb does not"
    if shown is None or shown["suspended"] or shown["status"] == "deleting":
        assert gets_in(account) == (False, False), f"more access than settings allow: {shown}"
    return shown


def findings_about(lab, domain):
    """What check finds, in a lab in which other tests have left other things."""
    items = lab.cli("--json", "check", want_exit=None).json["items"]
    return [item["finding"] for item in items if domain in item["finding"]]


@contextmanager
def named(point):
    try:
        yield
    except AssertionError as problem:
        raise AssertionError(f"killed at call {point[1]} of {point[0]}: {problem}") from problem


def test_create(lab, domain, points_of):
    def command(number):
        return lab.cli_command("account", "create", f"user{number}@{domain}", "--alias",
                               f"alias{number}", "--password-hash", HASH)

    outcomes = set()
    with neighbour(lab, domain) as neighbour_goes_on:
        points = points_of(command(0))
        for number, point in enumerate(points, 1):
            account = Account(lab, f"user{number}@{domain}", PASSWORD)
            with named(point):
                run_killed(command(number), *point)
                shown = check_invariants(lab, account)
                outcomes.add(shown is not None)
                neighbour_goes_on()
                # 550 where settings do not know it, never lost, never to a half-made home.
                code = lab.ask(account.address).code
                assert code == (550 if shown is None else 250)
                if shown is not None and number % 2:
                    assert lab.lmtp(account.address)[account.address].code in (250, 451)
                result = lab.cli(*command(number)[len(lab.cli_command()):], want_exit=None)
                # 73: the killed command had done everything but its last word.
                assert result.exit_code in ((0,) if shown is None else (0, 73)), result
                assert gets_in(account) == (True, True)
                assert lab.lmtp(account.address)[account.address].code == 250
                assert lab.ask(f"alias{number}@{domain}").code == 250
    assert outcomes == {False, True}
    assert findings_about(lab, domain) == []


@pytest.mark.parametrize("verb,opposite", [("suspend", "resume"), ("resume", "suspend")])
def test_suspend_and_resume(lab, domain, points_of, verb, opposite):
    taro = lab.create_account(f"taro@{domain}")
    lab.lmtp(taro.address, subject="kept")
    command = lab.cli_command("account", verb, taro.address)
    outcomes = set()
    with neighbour(lab, domain) as neighbour_goes_on:
        lab.cli("account", opposite, taro.address)
        for point in points_of(command):
            lab.cli("account", opposite, taro.address)
            with named(point):
                run_killed(command, *point)
                shown = check_invariants(lab, taro)
                outcomes.add(shown["suspended"])
                neighbour_goes_on()
                wait_for(lambda: lab.ask(taro.address).code == (550 if shown["suspended"] else 250),
                         "the daemon to say what settings say")
                lab.cli("account", verb, taro.address)
                assert gets_in(taro) == ((False, False) if verb == "suspend" else (True, True))
                assert subjects(taro) == ["kept"]
    assert outcomes == {False, True}
    lab.cli("account", "resume", taro.address)
    assert findings_about(lab, domain) == []


def test_delete(lab, domain, points_of):
    def command(address):
        return lab.cli_command("--yes", "account", "delete", address)

    def repeat(account):
        lab.cli("job", "run")
        if settings_of(lab, account.address) is not None:
            lab.cli("--yes", "account", "delete", account.address)

    def create_anew(account):
        """The name is free when all is gone. Creating begins by going on with the deletion, but
        does not wait for the session that was open."""
        result = lab.cli("account", "create", account.address, "--password-hash", HASH,
                         want_exit=None)
        if result.exit_code != 0:
            assert result.exit_code in (73, 75), result
            repeat(account)
            lab.create_account(account.address)
        assert subjects(account) == []
        assert lab.lmtp(account.address, subject="new")[account.address].code == 250
        assert subjects(account) == ["new"]

    def new_account(number):
        account = lab.create_account(f"user{number}@{domain}", "--alias", f"alias{number}")
        lab.lmtp(account.address, subject="old")
        return account

    codes = set()
    with neighbour(lab, domain) as neighbour_goes_on:
        points = points_of(command(new_account(0).address))
        for number, point in enumerate(points, 1):
            account = new_account(number)
            home = home_of(account)
            session = account.imap()
            with named(point):
                run_killed(command(account.address), *point)
                shown = check_invariants(lab, account)
                neighbour_goes_on()
                code = lab.ask(account.address).code
                codes.add(code)
                if shown is None:
                    assert code == 550 and not home.exists()
                elif shown["status"] == "deleting":
                    assert code == 451
                    assert lab.lmtp(account.address)[account.address].code == 451
                else:
                    assert code == 250 and subjects(account) == ["old"]
                if number % 2:
                    create_anew(account)
                else:
                    repeat(account)
                    assert not known_to_userdb(lab, account.address)
                    assert lab.ask(account.address).code == 550
                assert not home.exists()
            session.session.shutdown()
    assert codes >= {250, 451}
    assert lab.cli_json("job", "list")["items"] == []
    assert findings_about(lab, domain) == []
