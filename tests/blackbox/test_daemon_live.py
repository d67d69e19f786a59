# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""boxkeeperd follows what changes below it: settings, usage, files that go, come and are broken."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from daemon import Daemon, relayed
from fake_doveadm import doveadm  # noqa: F401 (a fixture)
from scratch import wait_for

MIB = 1024 * 1024
LATER = "451 4.3.0 Settings can't be read now, try again later"
UNKNOWN = "550 5.1.1 No such recipient here"
FULL = "552 5.2.2 Mailbox is full"


@pytest.fixture
def taro(scratch):
    scratch.cli("domain", "add", "d.example")
    scratch.add_account("taro@d.example", "--capacity", "10M")
    return "taro@d.example"


def wait_for_answer(daemon, want, **attributes):
    wait_for(lambda: daemon.ask(**attributes) == want, f"the answer {want}")


def assert_all_is_temporary(daemon, address):
    assert daemon.ask(recipient=address) == LATER
    assert daemon.ask(recipient="nobody@d.example") == LATER
    assert daemon.ask(recipient="a@remote.example") == LATER
    got = daemon.ask(recipient=address, policy_context="submission", sasl_username=address)
    assert got == LATER
    for name, key in (("domain", "d.example"), ("mailbox", address), ("alias", address),
                      ("login", address)):
        assert daemon.look_up(name, key) == "TEMP settings cannot be read"


def test_changes_hold_at_the_next_request(scratch, taro, daemon):
    with daemon.policy() as policy, daemon.map() as aliases:
        assert policy.ask(recipient="new@d.example") == UNKNOWN
        scratch.add_account("new@d.example")
        assert policy.ask(recipient="new@d.example") == "DUNNO"
        scratch.cli("account", "suspend", taro)
        assert policy.ask(recipient=taro).startswith("550 5.2.1 ")
        scratch.cli("account", "resume", taro)
        assert policy.ask(recipient=taro) == "DUNNO"
        assert aliases.look_up("alias", taro) == f"OK {taro}"
        scratch.cli("forward", "set", taro, "a@remote.example", "--no-copy")
        assert aliases.look_up("alias", taro) == relayed("OK a@remote.example")
        scratch.cli("forward", "off", taro)
        assert aliases.look_up("alias", taro) == f"OK {taro}"
        scratch.cli("--yes", "account", "delete", "new@d.example")
        assert policy.ask(recipient="new@d.example") == UNKNOWN


def test_deletion_under_way_is_temporary(scratch, taro, daemon, doveadm):
    """Without Dovecot a deletion begins and waits: no mail may be refused for good meanwhile."""
    doveadm.away()
    assert daemon.ask(recipient=taro) == "DUNNO"
    scratch.cli("--yes", "account", "delete", taro, status=75)
    want = "451 4.3.0 Mailbox is being removed, try again later"
    assert daemon.ask(recipient=taro) == want
    assert daemon.ask(recipient="taro+x@d.example") == want
    assert daemon.look_up("mailbox", taro) == f"OK {taro}"
    assert daemon.look_up("alias", taro) == f"OK {taro}"
    assert daemon.ask(
        recipient="a@remote.example", policy_context="submission", sasl_username=taro, sender=taro
    ).startswith("550 5.7.1 ")
    doveadm.away(False)
    scratch.cli("job", "run")
    assert daemon.ask(recipient=taro) == UNKNOWN


def test_usage_and_limit_are_live(scratch, taro, daemon):
    """Without state.db only what could never fit is refused; with it, the limit is that of settings."""
    with daemon.policy() as policy:
        assert policy.ask(recipient=taro, size=10 * MIB) == "DUNNO"
        assert policy.ask(recipient=taro, size=10 * MIB + 1) == FULL
        scratch.put_usage(taro, 10 * MIB - 100)
        wait_for_answer(daemon, FULL, recipient=taro, size=101)
        assert policy.ask(recipient=taro, size=100) == "DUNNO"
        assert policy.ask(recipient=taro, size=101) == FULL
        scratch.put_usage(taro, 10 * MIB)
        assert policy.ask(recipient=taro) == FULL
        scratch.cli("account", "set", taro, "--capacity", "11M")
        assert policy.ask(recipient=taro, size=MIB) == "DUNNO"
        assert policy.ask(recipient=taro, size=MIB + 1) == FULL
        scratch.cli("account", "set", taro, "--capacity", "5M")
        assert policy.ask(recipient=taro) == FULL
        scratch.put_usage(taro, 1 * MIB)
        assert policy.ask(recipient=taro, size=MIB) == "DUNNO"


def test_state_that_cannot_be_read_refuses_nobody(scratch, taro, daemon):
    scratch.put_usage(taro, 10 * MIB)
    wait_for_answer(daemon, FULL, recipient=taro)
    scratch.state.rename(scratch.state.with_suffix(".away"))
    wait_for_answer(daemon, "DUNNO", recipient=taro)
    daemon.wait_for_log("state.db cannot be read, over quota is found at delivery only")
    scratch.put_usage(taro, 10 * MIB)  # makes a new file
    wait_for_answer(daemon, FULL, recipient=taro)
    for path in scratch.state.parent.iterdir():
        path.unlink()
    scratch.state.write_bytes(b"rubbish" * 5000)
    wait_for_answer(daemon, "DUNNO", recipient=taro)
    assert daemon.ask(recipient="nobody@d.example") == UNKNOWN


def test_settings_moved_away_and_back(scratch, taro, daemon):
    away = scratch.settings.with_suffix(".away")
    assert daemon.ask(recipient=taro) == "DUNNO"
    scratch.settings.rename(away)
    wait_for_answer(daemon, LATER, recipient=taro)
    assert_all_is_temporary(daemon, taro)
    away.rename(scratch.settings)
    wait_for_answer(daemon, "DUNNO", recipient=taro)
    daemon.wait_for_log("settings.db can be read again")
    assert daemon.log().count("settings.db cannot be read") == 1


RUBBISH = {
    "empty": b"",
    "short": b"x",
    "text": b"no database at all\n" * 1000,
    "broken": b"SQLite format 3\0" + b"\xff" * 8192,
}


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH.keys())
def test_settings_replaced_by_rubbish(scratch, taro, daemon, rubbish):
    away = scratch.folder / "away"
    assert daemon.ask(recipient=taro) == "DUNNO"
    away.mkdir()
    for path in scratch.settings.parent.iterdir():  # with -wal and -shm: they hold settings too
        path.rename(away / path.name)
    scratch.settings.write_bytes(rubbish)
    shutil.chown(scratch.settings, "root", "boxkeeper")
    scratch.settings.chmod(0o640)
    wait_for_answer(daemon, LATER, recipient=taro)
    assert_all_is_temporary(daemon, taro)
    scratch.settings.unlink()
    for path in away.iterdir():
        path.rename(scratch.settings.parent / path.name)
    wait_for_answer(daemon, "DUNNO", recipient=taro)


def test_settings_replaced_by_others(scratch, taro, daemon):
    """A reader with the old file open would go on serving it for ever."""
    assert daemon.ask(recipient=taro) == "DUNNO"
    backup = scratch.folder / "backup"
    scratch.cli("backup", backup)
    scratch.cli("--yes", "account", "delete", taro)
    assert daemon.ask(recipient=taro) == UNKNOWN
    scratch.cli("--yes", "restore", backup)
    assert daemon.ask(recipient=taro) == "DUNNO"


def test_settings_that_may_not_be_read(scratch, taro, daemon):
    scratch.settings.parent.chmod(0o700)
    wait_for_answer(daemon, LATER, recipient=taro)
    assert_all_is_temporary(daemon, taro)
    scratch.settings.parent.chmod(0o750)
    wait_for_answer(daemon, "DUNNO", recipient=taro)


LOCKER = """
import fcntl, sys
with open(sys.argv[1], "r+b") as index:
    fcntl.lockf(index, fcntl.LOCK_EX, 1, int(sys.argv[2]))
    print("locked", flush=True)
    sys.stdin.read()
"""


def locker(path, byte):
    """Another process that holds a lock of SQLite's until its standard input is closed."""
    process = subprocess.Popen(
        ["/usr/bin/python3", "-c", LOCKER, path, str(byte)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "locked\n"
    return process


def test_writer_at_work_holds_up_nobody(scratch, taro, daemon):
    with locker(scratch.settings.with_name("settings.db-shm"), 120):  # the writer's lock
        assert daemon.ask(recipient=taro) == "DUNNO"
        assert daemon.look_up("alias", taro) == f"OK {taro}"


def test_busy_settings_answer_in_time(scratch, taro, daemon):
    """Whoever opens a database first locks it for a moment. While that lasts, answers are temporary,
    and they are not late, also the last one of many."""
    away = scratch.settings.with_suffix(".away")
    scratch.settings.rename(away)
    wait_for_answer(daemon, LATER, recipient=taro)
    wait_for(lambda: daemon.ask(recipient=taro) and not daemon.has_open(away), "it to be closed")
    with locker(scratch.settings.with_name("settings.db-shm"), 128):
        away.rename(scratch.settings)
        began = time.monotonic()
        with daemon.policy() as policy:
            policy.send(policy.format(recipient=taro) * 300)
            assert [policy.answer() for _ in range(300)] == [LATER] * 300
        assert time.monotonic() - began < 8  # 200 ms each would be 60 s, SQLite's own wait 10 s
        while time.monotonic() < began + 3:  # so it has tried to open them: it does each second
            asked = time.monotonic()
            assert daemon.ask(recipient=taro) == LATER
            assert time.monotonic() - asked < 5
    wait_for_answer(daemon, "DUNNO", recipient=taro)


def test_hangup_opens_anew(scratch, taro, daemon):
    mistake = "set it to mx or submission"
    with daemon.policy() as policy:
        for _ in range(5):
            policy.ask(policy_context="wrong")
        assert daemon.log().count(mistake) == 1
        os.kill(daemon.process.pid, signal.SIGHUP)
        wait_for(
            lambda: policy.ask(policy_context="wrong") and daemon.log().count(mistake) == 2,
            "the mistake to be logged again",
        )
        for _ in range(20):
            os.kill(daemon.process.pid, signal.SIGHUP)
            assert policy.ask(recipient=taro) == "DUNNO"


CHANGES = (
    ("account", "suspend", "taro@d.example"),
    ("account", "resume", "taro@d.example"),
    ("forward", "set", "taro@d.example", "jiro@d.example", "a@remote.example", "--no-copy"),
    ("account", "suspend", "jiro@d.example"),
    ("forward", "off", "taro@d.example"),
    ("account", "resume", "jiro@d.example"),
    ("alias", "add", "taro@d.example", "sales@d.example"),
    ("alias", "remove", "sales@d.example"),
    ("alias", "add", "jiro@d.example", "sales@d.example"),
    ("account", "rename", "jiro@d.example", "hana@d.example"),
    ("account", "set", "taro@d.example", "--capacity", "3M"),
    ("receive", "off", "taro@d.example"),
    ("autoreply", "set", "taro@d.example", "--subject", "Away", "--body", "Back on Monday."),
    ("receive", "on", "taro@d.example"),
    ("plan", "set", "open", "full_is_temporary=on"),
    ("domain", "set", "d.example", "--catch-all", "hana@d.example"),
    ("domain", "alias", "add", "d.example", "alias.example"),
    ("domain", "suspend", "d.example"),
    ("domain", "resume", "d.example"),
    ("--yes", "account", "delete", "hana@d.example"),
    ("domain", "alias", "remove", "d.example", "alias.example"),
    ("account", "create", "hana@d.example", "--external-auth"),
)
ASKED = [f"{name}@{domain}" for name in ("taro", "jiro", "sales", "hana", "hana+x", "nobody")
         for domain in ("d.example", "alias.example")]


def answers_of(policy, aliases):
    """Everything that CHANGES could change."""
    return {
        (address, kind): answer
        for address in ASKED
        for kind, answer in (
            ("mx", policy.ask(recipient=address, size=4 * MIB)),
            ("submission", policy.ask(recipient="a@remote.example", sasl_username=address,
                                      sender=address, policy_context="submission")),
            *((name, aliases.look_up(name, address)) for name in ("alias", "mailbox", "login")),
            ("domain", aliases.look_up("domain", address.split("@")[1])),
        )
    }


def test_no_answer_is_older_than_the_commit_before_the_question(scratch, taro, daemon):
    """What is kept in memory never shows: the first answers after each kind of command are those of
    a daemon that keeps nothing."""
    scratch.add_account("jiro@d.example")
    other = Daemon(scratch, "--cache", "0", "--socket-directory", scratch.folder / "other")
    other.folder = scratch.folder / "other"
    try:
        with daemon.policy() as policy, daemon.map() as aliases:
            with other.policy() as other_policy, other.map() as other_aliases:
                seen = answers_of(policy, aliases)
                for change in CHANGES:
                    scratch.cli(*change)
                    got = answers_of(policy, aliases)
                    assert got == answers_of(other_policy, other_aliases), change
                    assert got != seen, change
                    seen = got
    finally:
        other.stop()
