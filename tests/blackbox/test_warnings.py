# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Warnings of a filling mailbox as boxkeeperd sends them; Postfix is played (fake_smtpd)."""

import sqlite3
from contextlib import closing

import pytest

from daemon import Daemon
from fake_smtpd import FakeSmtpd
from scratch import wait_for

TARO, HANA, JIRO = "taro@d.example", "hana@d.example", "jiro@d.example"
IDS = {TARO: 2, HANA: 3, JIRO: 4}  # postmaster has 1
KIB = 1024
DAY = 86400


@pytest.fixture(autouse=True)
def accounts(scratch):
    """Of a capacity of 1000 KiB each."""
    scratch.cli("domain", "add", "d.example")
    for address in (TARO, HANA, JIRO):
        scratch.add_account(address, "--capacity", "1000K")


@pytest.fixture
def smtpd(scratch):
    fake = FakeSmtpd(scratch)
    yield fake
    fake.release.set()
    fake.go()


@pytest.fixture
def daemon(scratch, smtpd):
    """It has looked once: what comes now is new."""
    running = start(scratch)
    yield running
    running.stop()


def limits(scratch, sql, *values):
    """On limits.db, which the daemon keeps open meanwhile. Rows; None while it is being made."""
    try:
        with closing(sqlite3.connect(f"file:{scratch.folder}/limits/limits.db?mode=rw", uri=True,
                                     timeout=60)) as connection, connection:
            return connection.execute(sql, values).fetchall()
    except sqlite3.OperationalError as error:
        assert "no such table" in str(error) or "unable to open" in str(error), error
        return None


def start(scratch):
    """A daemon that has come to the end of its first look."""
    daemon = Daemon(scratch)
    wait_for(lambda: limits(scratch, "SELECT 1 FROM warning_progress WHERE walk_account_id = -1"),
             "the first look")
    return daemon


def fill(scratch, address, percent):
    scratch.put_usage(address, percent * 10 * KIB)


def settle(scratch, smtpd):
    """Everything up to now was looked at: a warning of an account that came last was sent."""
    before = len(smtpd.mails)
    limits(scratch, "DELETE FROM warnings WHERE account_id = ?", IDS[JIRO])
    fill(scratch, JIRO, 80 + settle.step)
    settle.step = 1 - settle.step
    wait_for(lambda: smtpd.told()[before:] and smtpd.told()[-1] == (IDS[JIRO], 80),
             f"the last one, not {smtpd.told()}")
    assert smtpd.mails.pop()
    wait_for(lambda: limits(scratch, "SELECT 1 FROM warnings WHERE account_id = ? AND "
                            "threshold_percent = 80", IDS[JIRO]), "its record")


settle.step = 0


def test_each_threshold_and_below(scratch, smtpd, daemon):
    want = []
    for percent, told in ((50, None), (79, None), (80, 80), (85, None), (90, 90), (94, None),
                          (95, 95), (120, None), (85, None), (79, 0), (10, None)):
        fill(scratch, TARO, percent)
        if told is not None:
            want.append((IDS[TARO], told))
            smtpd.wait_for(*want)
    settle(scratch, smtpd)
    assert smtpd.told() == want


def test_the_mail(scratch, smtpd, daemon):
    scratch.cli("account", "set", HANA, "--language", "ja")
    fill(scratch, TARO, 96)
    smtpd.wait_for((2, 95))
    fill(scratch, HANA, 83)
    smtpd.wait_for((2, 95), (3, 80))
    (recipient, english), (_, japanese) = smtpd.mails
    assert recipient == "2@warning.boxkeeper.invalid"
    assert smtpd.commands[:4] == ["EHLO localhost", "MAIL FROM:<> BODY=8BITMIME",
                                  f"RCPT TO:<{recipient}>", "DATA"]
    assert (english["From"], english["To"]) == ("postmaster@d.example", TARO)
    assert english["Auto-Submitted"] == "auto-generated"
    assert english["Subject"] == "Your mailbox is 96% full"
    assert "960.0 KB of 1000.0 KB" in english.get_content()
    assert japanese["Subject"] == "メールボックスの使用量が83%になりました"
    assert "使用量 830.0 KB / 容量 1000.0 KB" in japanese.get_content()
    assert not english.defects and not japanese.defects


def test_two_at_once(scratch, smtpd, daemon):
    smtpd.hold = True
    fill(scratch, TARO, 80)
    assert smtpd.held.wait(60)
    fill(scratch, HANA, 90)
    fill(scratch, TARO, 95)
    # Nobody's answer waits for a mail that is on its way.
    assert daemon.ask(recipient=TARO) == "DUNNO"
    smtpd.hold = False
    smtpd.release.set()
    smtpd.wait_for((2, 80), (3, 90), (2, 95))


def test_limit_lowered_and_raised(scratch, smtpd, daemon):
    fill(scratch, TARO, 50)
    settle(scratch, smtpd)
    scratch.cli("account", "set", TARO, "--capacity", "550K")
    smtpd.wait_for((2, 90))
    scratch.cli("account", "set", TARO, "--capacity", "2M")
    smtpd.wait_for((2, 90), (2, 0))
    assert "500.0 KB of 2.0 MB" in smtpd.mails[1][1].get_content()


def test_a_plan_touches_all_of_its_accounts(scratch, smtpd, daemon):
    scratch.cli("plan", "set", "open", "quota_warnings=off")
    fill(scratch, TARO, 80)
    fill(scratch, HANA, 90)
    assert daemon.ask(recipient=TARO) == "DUNNO"
    scratch.cli("plan", "set", "open", "quota_grace_bytes=1M")
    scratch.cli("plan", "set", "open", "quota_warnings=on", "quota_grace_bytes=0")
    smtpd.wait_for((2, 80), (3, 90))


@pytest.mark.parametrize("off, on", [
    (("account", "suspend", TARO), ("account", "resume", TARO)),
    (("domain", "suspend", "d.example"), ("domain", "resume", "d.example")),
    (("receive", "off", TARO), ("receive", "on", TARO)),
])
def test_who_takes_no_mail_is_told_later(scratch, smtpd, daemon, off, on):
    scratch.cli(*off)
    fill(scratch, TARO, 90)
    if off[0] != "domain":
        settle(scratch, smtpd)
        assert smtpd.told() == []
    scratch.cli(*on)
    smtpd.wait_for((2, 90))


def test_once_a_day(scratch, smtpd, daemon):
    fill(scratch, TARO, 80)
    smtpd.wait_for((2, 80))
    fill(scratch, TARO, 70)
    smtpd.wait_for((2, 80), (2, 0))
    fill(scratch, TARO, 81)
    settle(scratch, smtpd)
    assert smtpd.told() == [(2, 80), (2, 0)]
    ((look_at, sent_at),) = limits(scratch, "SELECT look_at, sent_80_at FROM warnings "
                                   "WHERE account_id = 2")
    assert look_at == sent_at + DAY
    # A day later it is told without any other change.
    limits(scratch, "UPDATE warnings SET look_at = look_at - ?1, sent_80_at = sent_80_at - ?1 "
           "WHERE account_id = 2", DAY)
    smtpd.wait_for((2, 80), (2, 0), (2, 80))


@pytest.mark.parametrize("verb, reply", [
    ("CONNECT", "421 4.3.2 not now"), ("RCPT", "554 5.7.1 Access denied"),
    ("END", "452 4.3.1 Insufficient system storage"),
])
def test_what_is_not_taken_waits(scratch, smtpd, daemon, verb, reply):
    smtpd.refuse[verb] = reply
    fill(scratch, TARO, 80)
    daemon.wait_for_log(f"Postfix does not take them: {reply}")
    fill(scratch, TARO, 90)  # what is so in the end is told
    assert smtpd.told() == []
    del smtpd.refuse[verb]
    wait_for(lambda: smtpd.told()[-1:] == [(2, 90)], smtpd.told)
    daemon.wait_for_log("Postfix takes warnings of full mailboxes again")
    assert daemon.log().count("Postfix does not take them") == 1


def test_postfix_away(scratch, smtpd, daemon):
    smtpd.go()
    fill(scratch, TARO, 80)
    daemon.wait_for_log("boxkeeper-warning: No such file or directory")
    assert daemon.ask(recipient=TARO) == "DUNNO"
    smtpd.come()
    smtpd.wait_for((2, 80))


def test_a_broken_connection(scratch, smtpd, daemon):
    smtpd.hang_up = "DATA"
    fill(scratch, TARO, 80)
    daemon.wait_for_log("Postfix does not take them: the connection was closed")
    smtpd.hang_up = None
    smtpd.wait_for((2, 80))


def test_a_restart_repeats_nothing_and_passes_nothing_over(scratch, smtpd):
    daemon = start(scratch)
    fill(scratch, TARO, 80)
    smtpd.wait_for((2, 80))
    daemon.stop()
    fill(scratch, HANA, 90)
    scratch.cli("account", "set", TARO, "--capacity", "840K")
    again = start(scratch)
    wait_for(lambda: sorted(smtpd.told()) == [(2, 80), (2, 95), (3, 90)], smtpd.told)
    settle(scratch, smtpd)
    assert len(smtpd.told()) == 3
    again.stop()


def test_the_end_waits_for_the_mail_on_its_way(scratch, smtpd):
    daemon = start(scratch)
    smtpd.hold = True
    fill(scratch, TARO, 80)
    fill(scratch, HANA, 80)
    assert smtpd.held.wait(60)
    daemon.process.terminate()
    daemon.wait_for_notification("STOPPING=1")
    smtpd.hold = False
    smtpd.release.set()
    daemon.stop()
    assert smtpd.told() == [(2, 80)]
    again = start(scratch)
    smtpd.wait_for((2, 80), (3, 80))
    again.stop()


def test_killed_between_sending_and_recording(scratch, smtpd):
    """Once more, and no more than that: a warning may come twice, but is never lost."""
    daemon = start(scratch)
    smtpd.hold = True
    fill(scratch, TARO, 80)
    assert smtpd.held.wait(60)
    daemon.process.kill()
    daemon.process.wait()
    daemon.notifications.close()
    smtpd.hold = False
    smtpd.release.set()
    again = start(scratch)
    smtpd.wait_for((2, 80), (2, 80))
    settle(scratch, smtpd)
    assert smtpd.told() == [(2, 80), (2, 80)]
    again.stop()


def lose(folder):
    for path in folder.iterdir():
        path.unlink()


@pytest.mark.parametrize("running", [True, False])
def test_lost_limits_tell_nothing_anew(scratch, smtpd, running):
    daemon = start(scratch)
    fill(scratch, TARO, 80)
    fill(scratch, HANA, 50)
    smtpd.wait_for((2, 80))
    if not running:
        daemon.stop()
    lose(scratch.folder / "limits")
    if not running:
        daemon = start(scratch)
    wait_for(lambda: limits(scratch, "SELECT threshold_percent FROM warnings "
                            "WHERE account_id = 2") == [(80,)], "the record of what is so")
    fill(scratch, TARO, 81)
    fill(scratch, HANA, 90)
    smtpd.wait_for((2, 80), (3, 90))
    fill(scratch, TARO, 90)
    smtpd.wait_for((2, 80), (3, 90), (2, 90))
    daemon.stop()


def test_lost_state_tells_nothing_anew(scratch, smtpd, daemon):
    fill(scratch, TARO, 80)
    fill(scratch, HANA, 80)
    smtpd.wait_for((2, 80), (3, 80))
    lose(scratch.folder / "state")
    fill(scratch, TARO, 82)
    fill(scratch, HANA, 90)
    smtpd.wait_for((2, 80), (3, 80), (3, 90))


def test_what_was_full_before_the_first_start_counts_as_told(scratch, smtpd):
    fill(scratch, TARO, 85)
    fill(scratch, HANA, 50)
    daemon = start(scratch)
    fill(scratch, TARO, 86)
    fill(scratch, HANA, 80)
    smtpd.wait_for((3, 80))
    settle(scratch, smtpd)
    assert smtpd.told() == [(3, 80)]
    daemon.stop()


def test_more_than_one_batch(scratch, smtpd, daemon):
    """A file of 120 accounts: one commit touches them all."""
    rows = "".join(f"u{number:03},Kx7!vQ2#mZ9.tR,,0.001\n" for number in range(120))
    file = scratch.folder / "in.csv"
    file.write_text("mail_account,mail_password,comment,mail_capacity\n" + rows)
    before = limits(scratch, "SELECT change_sequence FROM warning_progress")
    scratch.cli("account", "import", file, "--domain", "d.example")
    wait_for(lambda: limits(scratch, "SELECT change_sequence FROM warning_progress") != before,
             "a look at it")
    for number in range(120):
        scratch.put_usage(f"u{number:03}@d.example", 1000 * KIB)
    wait_for(lambda: len(smtpd.mails) >= 120, "120 warnings")
    assert sorted(smtpd.told()) == [(5 + number, 95) for number in range(120)]


def test_a_deleted_account_is_forgotten(scratch, smtpd, daemon):
    fill(scratch, TARO, 80)
    smtpd.wait_for((2, 80))
    wait_for(lambda: limits(scratch, "SELECT 1 FROM warnings WHERE account_id = 2"), "its record")
    scratch.cli("--yes", "account", "delete", TARO)
    wait_for(lambda: not limits(scratch, "SELECT 1 FROM warnings WHERE account_id = 2"),
             "the end of its record")


def test_group_of_postfixs_public_folder_and_no_other(scratch, smtpd, daemon):
    gid = smtpd.path.parent.stat().st_gid
    assert daemon.status("Groups") == [str(gid)]


def test_explain_tells_what_was_told_and_the_sending_limits(scratch, smtpd, daemon):
    def shown():
        return scratch.json("explain", TARO)

    assert shown()["warning"] == {"allowed": True, "told_percent": 0, "sent_at": None,
                                  "due_percent": None}
    assert "none yet" in scratch.cli("explain", TARO)
    fill(scratch, TARO, 92)
    smtpd.wait_for((2, 90))
    wait_for(lambda: shown()["warning"]["told_percent"] == 90, "its record")
    assert shown()["warning"]["sent_at"] > 0 and shown()["warning"]["due_percent"] is None
    assert "it knows of 90 %" in scratch.cli("explain", TARO)
    assert "no limits" in scratch.cli("explain", TARO)
    scratch.cli("account", "set", TARO, "--send-messages-per-hour", "100",
                "--send-recipients-per-day", "500")
    assert shown()["sending"]["send_messages_per_hour"] == 100
    assert "0 of 100 messages in an hour, 0 of 500 recipients in a day" in scratch.cli("explain",
                                                                                       TARO)
    scratch.cli("plan", "set", "open", "quota_warnings=off")
    assert "none in this plan" in scratch.cli("explain", TARO)


def test_check_looks_for_postfixs_socket(scratch, smtpd, daemon):
    complaint = "nobody is warned of a full mailbox"

    def said():
        result = scratch.run("check")
        return result.stdout + result.stderr

    assert complaint not in said()
    smtpd.go()
    assert complaint in said()
    smtpd.come()
