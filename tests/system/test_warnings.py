# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Warnings of a filling mailbox, on real servers (PRODUCT.md section 6): each once, in the account's
language, stored even when full, past everything that acts on other mail; and by nobody else."""

import email
import email.policy
import itertools
import subprocess

import pytest

import messages
import smtp
from waiting import wait_for

KIB = 1024
FORM = "warning.boxkeeper.invalid"
_plans = itertools.count(1)


@pytest.fixture
def domain(lab):
    """In a plan of its own that warns."""
    plan = f"warned{next(_plans)}"
    lab.cli("plan", "add", plan, "--from", "open")
    lab.cli("plan", "set", plan, "quota_warnings=on")
    return lab.create_domain("--plan", plan)


def parsed(account):
    """All of the INBOX, oldest first."""
    with account.imap() as imap:
        return [email.message_from_bytes(imap.content(one.uid), policy=email.policy.default)
                for one in imap.messages()]


def warnings(account):
    return [mail for mail in parsed(account) if mail["Auto-Submitted"] == "auto-generated"]


def told(account):
    """Percents of the thresholds that it was told, 0 for "below again"."""
    return [int(mail["Message-ID"].split(".")[2]) for mail in warnings(account)]


def wait_until_told(account, *want):
    wait_for(lambda: told(account) == list(want), f"{list(want)} in {account.address}")


def add(account, kib):
    with account.imap() as imap:
        assert imap.append(messages.make_message(size=kib * KIB))[0] == "OK"


def settle(lab, domain):
    """What was due before is done: another account was warned after it."""
    last = lab.create_account(f"last{next(_plans)}@{domain}", "--capacity", "100K")
    add(last, 82)
    wait_until_told(last, 80)
    lab.wait_for_empty_queue()


@pytest.mark.all_formats
def test_filling_by_imap_in_japanese(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "1M", "--language", "ja")
    add(taro, 700)
    for kib, want in ((125, [80]), (100, [80, 90]), (50, [80, 90, 95])):
        add(taro, kib)
        wait_until_told(taro, *want)
    first = warnings(taro)[0]
    assert first["Subject"] == "メールボックスの使用量が80%になりました"
    assert first["From"] == f"postmaster@{domain}" and first["To"] == taro.address
    assert first["Return-Path"] == "<>"
    text = first.get_content()
    assert "使用量 825.0 KB / 容量 1.0 MB" in text and f"postmaster@{domain}" in text
    with taro.imap() as imap:
        imap.delete_all()
    wait_until_told(taro, 0)
    assert warnings(taro)[0]["Subject"] == "メールボックスの空き容量が回復しました"
    settle(lab, domain)
    assert told(taro) == [0]


def test_filling_by_mail_until_it_is_full(lab, domain):
    hana = lab.create_account(f"hana@{domain}", "--capacity", "100K")
    assert lab.send(hana.address, size=84 * KIB).accepted
    wait_until_told(hana, 80)
    assert "84" in warnings(hana)[0]["Subject"]
    # To the last byte; the warning of 90 % is passed over.
    with hana.imap() as imap:
        used, limit = imap.quota()
        missing = (limit - used) * KIB - KIB // 2
        assert imap.append(messages.make_message(size=missing))[0] == "OK"
    wait_until_told(hana, 80, 95)
    refused = lab.ask(hana.address, size=2000)
    assert (refused.code, refused.status) == (552, "5.2.2")
    text = warnings(hana)[1].get_content()
    assert "100.0 KB" in text and "large ones first" in text
    settle(lab, domain)
    assert told(hana) == [80, 95]


@pytest.mark.all_formats
def test_stored_however_full(lab, domain):
    """The limit is lowered far below what is there: nothing else would be stored."""
    jiro = lab.create_account(f"jiro@{domain}", "--capacity", "1M")
    add(jiro, 200)
    lab.cli("account", "set", jiro.address, "--capacity", "1K")
    wait_until_told(jiro, 95)
    assert "It takes no new messages now" in warnings(jiro)[0].get_content()
    assert lab.ask(jiro.address, size=10).code == 552
    lab.cli("account", "set", jiro.address, "--capacity", "2M")
    wait_until_told(jiro, 95, 0)


def test_past_scripts_lists_forwards_and_auto_reply(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "100K")
    lab.cli("forward", "set", taro.address, f"friend@{domain}.outside.example", "--no-copy")
    lab.cli("spam", "block", taro.address, f"postmaster@{domain}")
    lab.cli("spam", "set", taro.address, "--action", "delete")
    lab.cli("autoreply", "set", taro.address, "--subject", "away", "--body", "I am away")
    lab.doveadm("sieve", "put", "-u", taro.address, "-a", "own", input="discard;")
    add(taro, 96)
    wait_until_told(taro, 95)
    lab.wait_for_empty_queue()
    assert lab.outside(recipient=f"friend@{domain}.outside.example") == []
    assert told(taro) == [95] and len(parsed(taro)) == 2


def test_postfix_away(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "100K")
    lab.service("stop", "postfix")
    add(taro, 85)
    wait_for(lambda: "warnings of full mailboxes wait" in lab.log(lab.log_start), "its log")
    lab.service("start", "postfix")
    wait_until_told(taro, 80)


# --- the mark ------------------------------------------------------------------------------------


@pytest.fixture
def full(lab, domain):
    """An account that is full, and the address at which warnings reach it."""
    account = lab.create_account(f"full@{domain}", "--capacity", "100K")
    add(account, 99)
    wait_until_told(account, 95)
    account.form = warnings(account)[0]["Delivered-To"].strip("<>")
    assert account.form.endswith(f"@{FORM}") and account.form.split("@")[0].isdigit()
    account.before = account.subjects()
    return account


def assert_nothing_came(lab, full):
    lab.wait_for_empty_queue()
    assert full.subjects() == full.before


def test_nobody_may_send_to_it(lab, domain, full):
    taro = lab.create_account(f"taro@{domain}")
    number = full.form.split("@")[0]
    for recipient in (full.form, full.form.upper(), f"{full.form}.", f"{number}+x@{FORM}",
                      f"{number}%{FORM}@{domain}", f'"{full.form}"@{domain}'):
        assert lab.send(recipient).only.code >= 550, recipient
        sent = taro.submit([recipient])
        assert sent.only.code >= 550, recipient
        with smtp.connect(lab.loopback_port) as session:
            sent = smtp.transact(session, "", [recipient], messages.make_message())
        assert sent.only.code >= 550, recipient
    # From the machine itself: its form is no way to LMTP but for boxkeeperd's own mail.
    with smtp.connect(lab.forward_port) as session:
        smtp.transact(session, "x@outside.example",
                      [f"{number}={FORM}@fwd.boxkeeper.invalid"], messages.make_message())
    subprocess.run(["/usr/sbin/sendmail", "-C", str(lab.dir / "postfix"), full.form], check=True,
                   input=messages.make_message())
    assert_nothing_came(lab, full)


def test_no_script_may_send_to_it(lab, domain, full):
    taro = lab.create_account(f"taro@{domain}")
    lab.doveadm("sieve", "put", "-u", taro.address, "-a", "own",
                input=f'redirect "{full.form}";')
    lab.send(taro.address, subject="by a script")
    # The script's mail is refused, so the message stays with whom it was for.
    taro.wait_for_mail("by a script")
    assert_nothing_came(lab, full)


def test_bounces_to_it_are_not_stored(lab, domain, full):
    """A sender's address of that form leads nowhere."""
    lab.send("reject@outside.example", sender=full.form)
    assert lab.send(f"nobody@{domain}", sender=full.form).only.code == 550
    lab.create_account(f"taro@{domain}")
    lab.cli("forward", "set", f"taro@{domain}", "reject@outside.example", "--no-copy")
    assert lab.send(f"taro@{domain}", sender=full.form).accepted
    assert_nothing_came(lab, full)


def test_strangers_do_not_reach_the_socket(lab):
    """Postfix's folder is closed to all but root and its own group."""
    socket = lab.dir / "queue/public/boxkeeper-warning"
    for user in ("vmail", "nobody"):
        found = subprocess.run(["setpriv", f"--reuid={user}", "--clear-groups", "test", "-e", socket],
                               check=False)
        assert found.returncode == 1, user
