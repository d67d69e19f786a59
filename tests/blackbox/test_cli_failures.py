# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Databases that are missing, damaged, locked or not ours to open: a clear text, the right exit
code, nothing changed."""

import os
import sqlite3
import subprocess

import pytest

import credentials
from operations import run_as_nobody
from scratch import BUILD

CHANGE = ["account", "set", "postmaster@a.example", "--comment", "new"]
LOOK = ["account", "list"]


@pytest.fixture(autouse=True)
def domain(scratch):
    scratch.cli("domain", "add", "a.example")


@pytest.mark.parametrize("words", [CHANGE, LOOK], ids=["change", "look"])
def test_who_is_not_root(scratch, words):
    result = run_as_nobody(scratch, *words)
    assert result.returncode == 77 and "root" in result.stderr


def test_who_may_read_may_not_write(scratch):
    def run_as_reader(*words):
        return subprocess.run([BUILD / "boxkeeper", "--settings", scratch.settings, *words],
                              capture_output=True, text=True, check=False, user="nobody",
                              group="nogroup", extra_groups=["boxkeeper"])

    assert run_as_reader(*LOOK).returncode == 0
    result = run_as_reader(*CHANGE)
    assert result.returncode == 77 and "root" in result.stderr


@pytest.mark.parametrize("words", [CHANGE, LOOK], ids=["change", "look"])
def test_no_settings(scratch, words):
    result = scratch.run("--settings", "/nonexistent/settings.db", *words)
    assert result.returncode == 78 and "boxkeeper migrate" in result.stderr
    assert not os.path.exists("/nonexistent")


@pytest.mark.parametrize("words", [CHANGE, LOOK], ids=["change", "look"])
def test_settings_are_no_database(scratch, words):
    garbage = scratch.folder / "garbage.db"
    garbage.write_bytes(b"this is no database" * 1000)
    before = garbage.read_bytes()
    result = scratch.run("--settings", garbage, *words)
    assert result.returncode in (75, 78) and "garbage.db" in result.stderr
    assert garbage.read_bytes() == before


def test_no_credentials(scratch):
    path = scratch.folder / "credentials" / "credentials.db"
    path.rename(path.with_suffix(".away"))
    result = scratch.run(*CHANGE)
    assert result.returncode in (75, 78) and "credentials.db" in result.stderr
    assert not path.exists(), "an empty one would lock everybody out"
    assert scratch.run(*LOOK).returncode == 0
    path.with_suffix(".away").rename(path)
    assert scratch.json("account", "show", "postmaster@a.example")["comment"] == ""


def test_damaged_credentials_change_nothing(scratch):
    path = scratch.folder / "credentials" / "credentials.db"
    whole = path.read_bytes()
    path.write_bytes(b"x" * len(whole))
    result = scratch.run("account", "suspend", "postmaster@a.example")
    assert result.returncode in (75, 78) and "credentials.db" in result.stderr
    path.write_bytes(whole)
    assert scratch.json("account", "show", "postmaster@a.example")["suspended"] is False
    credentials.check_settled(scratch)


def test_credentials_in_use_by_somebody_else(scratch):
    """Dovecot reads only for moments; whoever holds it longer than the wait makes the command end
    before settings are changed."""
    holder = sqlite3.connect(scratch.folder / "credentials" / "credentials.db")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        result = scratch.run("account", "suspend", "postmaster@a.example")
    finally:
        holder.close()
    assert result.returncode == 75
    assert scratch.json("account", "show", "postmaster@a.example")["suspended"] is False
    scratch.cli("account", "suspend", "postmaster@a.example")
    credentials.check_settled(scratch)


def test_state_that_can_not_be_read_is_only_unknown(scratch):
    scratch.put_usage("postmaster@a.example", 1234)
    assert scratch.json("account", "show", "postmaster@a.example")["usage_bytes"] == 1234
    for file in scratch.state.parent.iterdir():
        file.write_bytes(b"no database" * 100)
    assert scratch.json("account", "show", "postmaster@a.example")["usage_bytes"] is None
    assert scratch.json("account", "list")["items"][0]["usage_bytes"] is None


def test_mail_root_that_can_not_be_written(scratch):
    """The account is recorded and locked; when the folder is mended, the same command completes it."""
    mail = scratch.folder / "mail"
    mail.rename(scratch.folder / "away")
    result = scratch.run("account", "create", "taro@a.example", "--external-auth")
    assert result.returncode == 75 and "repeat the command" in result.stderr
    row = credentials.read(scratch)["taro@a.example"]
    assert row.locked and not mail.exists()
    (scratch.folder / "away").rename(mail)
    again = scratch.run("account", "create", "taro@a.example", "--external-auth")
    assert again.returncode == 0 and "interrupted" in again.stderr
    credentials.check_settled(scratch)


def test_mail_user_that_does_not_exist(scratch):
    connection = sqlite3.connect(scratch.folder / "credentials" / "credentials.db")
    connection.close()
    result = scratch.run("migrate", "mail_user=nobody-of-this-name")
    assert result.returncode == 78
    scratch.cli("account", "create", "taro@a.example", "--external-auth")
