# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""access set: what is recorded, in settings and in credentials."""

import contextlib
import shutil
import subprocess

import pytest

import credentials
from fake_doveadm import doveadm  # noqa: F401 (a fixture)

PROTOCOLS = ("imap", "pop3", "submission", "managesieve")


@pytest.fixture
def taro(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("account", "create", "taro@a.example", "--external-auth")
    return "taro@a.example"


def shown(scratch, taro):
    account = scratch.json("account", "show", taro)
    return {name: account[name] for name in PROTOCOLS}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_switch(scratch, taro, protocol):
    want = dict.fromkeys(PROTOCOLS, True)
    for value in (False, True):
        want[protocol] = value
        result = scratch.json("access", "set", taro, f"--{protocol}", "on" if value else "off")
        assert result == {"address": taro, **want}
        assert shown(scratch, taro) == want
        credentials.check_settled(scratch)
        explained = scratch.json("explain", "--login", taro, "--protocol", protocol)
        assert explained["allowed"] is value
        if not value:
            assert "switched off" in explained["reason"]
            assert explained["decided_by"]["field"] == protocol
    commands = [entry["command"] for entry in scratch.json("log")["items"]]
    assert commands[-2:] == ["access set", "access set"]


def test_several_switches(scratch, taro):
    scratch.cli("access", "set", taro, "--imap", "off", "--managesieve", "off")
    scratch.cli("access", "set", taro, "--pop3", "off")
    assert shown(scratch, taro) == {"imap": False, "pop3": False, "submission": True,
                                    "managesieve": False}


def test_dry_run(scratch, taro):
    scratch.cli("--dry-run", "access", "set", taro, "--imap", "off")
    assert shown(scratch, taro)["imap"] is True
    credentials.check_settled(scratch)


@pytest.mark.parametrize("words, status", [
    (["taro@a.example"], 64), (["taro@a.example", "--imap", "maybe"], 64),
    (["taro@a.example", "--smtp", "on"], 64), (["nobody@a.example", "--imap", "off"], 67),
    ([], 64)])
def test_bad_input(scratch, taro, words, status):
    before = shown(scratch, taro)
    scratch.cli("access", "set", *words, status=status)
    assert shown(scratch, taro) == before


@contextlib.contextmanager
def process_named(folder, name):
    """A process that does nothing, under the name of one of Dovecot's."""
    shutil.copy("/usr/bin/sleep", program := folder / name)
    process = subprocess.Popen([program, "600"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def kicks(doveadm):
    return [call for call in doveadm.calls if "kick" in call]


def test_only_the_protocols_sessions_end(scratch, taro, doveadm, tmp_path):
    with process_named(tmp_path, "imap") as imap, process_named(tmp_path, "pop3") as pop3:
        doveadm.processes((taro, "imap", imap.pid), (taro, "pop3", pop3.pid))
        scratch.cli("access", "set", taro, "--imap", "off")
        assert imap.wait(timeout=60) == -15
        assert pop3.poll() is None
        assert kicks(doveadm) == []


@pytest.mark.parametrize("name, others", [("imap", ["jiro@a.example"]), ("imap-hibernate", [])])
def test_process_that_serves_others_is_left_to_doveadm(scratch, taro, doveadm, tmp_path, name,
                                                       others):
    with process_named(tmp_path, name) as process:
        doveadm.processes(*[(user, "imap", process.pid) for user in [*others, taro]])
        scratch.cli("access", "set", taro, "--imap", "off")
        assert process.poll() is None
        assert kicks(doveadm) == [["kick", taro]]


def test_submission_has_no_sessions_in_dovecot(scratch, taro, doveadm, tmp_path):
    with process_named(tmp_path, "imap") as imap:
        doveadm.processes((taro, "imap", imap.pid))
        scratch.cli("access", "set", taro, "--submission", "off")
        assert imap.poll() is None and kicks(doveadm) == []
