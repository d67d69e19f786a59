# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""`check --repair`: what a shell, a crash or a restore broke is as settings say, and no hash is lost."""

import os
import shutil
import sqlite3
from contextlib import closing

import pytest

import credentials
from fake_doveadm import doveadm  # noqa: F401 (a fixture)
from operations import Records, home_of, make_mail, run_killed
from scratch import BUILD

HASH = ("$6$saltsalt$E1/xxOMMD4mxwi.NazfbODqsoIul4tzD81oWHN"
        "vMB35CqJvs7KkIpkTJNfaB6DKaheVZnuZ1crp557w207ZA4/")


@pytest.fixture
def whole(scratch, doveadm, daemon):
    scratch.cli("domain", "add", "d.example")
    scratch.cli("account", "create", "taro@d.example", "--password-hash", HASH)
    scratch.add_account("hana@d.example")
    assert repair(scratch).returncode == 0
    return scratch


def repair(scratch):
    return scratch.run("check", "--repair")


def execute(scratch, sql):
    with closing(Records(scratch).credentials()) as database, database:
        database.execute(sql)


def check_mended(scratch):
    assert scratch.run("check").returncode == 78, "there is something to mend"
    result = repair(scratch)
    assert result.returncode == 0, result.stdout + result.stderr
    credentials.check_settled(scratch)
    assert scratch.run("check").returncode == 0


@pytest.mark.parametrize("change", [
    "locked = 1", "imap_allowed = 0", "login = 'other'", "primary_address = 'x@d.example'",
    "uid = 0", "submission_allowed = 0, submission_reason = 'x'",
])
def test_rows_that_differ(whole, change):
    execute(whole, f"UPDATE credentials SET {change} WHERE login = 'taro@d.example'")
    check_mended(whole)
    assert credentials.read(whole)["taro@d.example"].password_hash == HASH


def test_more_than_settings_allow(whole, doveadm):
    whole.cli("account", "suspend", "taro@d.example")
    execute(whole, "UPDATE credentials SET imap_allowed = 1 WHERE login = 'taro@d.example'")
    check_mended(whole)
    assert doveadm.calls.count(["kick", "taro@d.example"]) >= 2


def test_missing_row(whole):
    home = make_mail(whole, "taro@d.example")
    execute(whole, "DELETE FROM credentials WHERE login = 'taro@d.example'")
    check_mended(whole)
    row = credentials.read(whole)["taro@d.example"]
    assert (row.password_hash, row.home) == (None, str(home))
    assert (home / "cur" / "mail").exists()


def test_unknown_row_is_locked_and_kept(whole):
    execute(whole, "UPDATE credentials SET account_id = 999, login = 'new@d.example',"
                   " primary_address = 'new@d.example' WHERE login = 'taro@d.example'")
    result = repair(whole)
    assert result.returncode == 78, "what is unknown stays a finding"
    row = credentials.read(whole)["new@d.example"]
    assert row.locked and row.password_hash == HASH
    # Newer settings come back: it is unlocked.
    execute(whole, "DELETE FROM credentials WHERE login = 'taro@d.example'")
    execute(whole, "UPDATE credentials SET account_id = (SELECT max(account_id) - 1 FROM credentials"
                   " WHERE account_id < 999), login = 'taro@d.example',"
                   " primary_address = 'taro@d.example' WHERE account_id = 999")
    assert repair(whole).returncode == 0
    assert credentials.read(whole)["taro@d.example"].password_hash == HASH


def test_missing_home(whole):
    home = home_of(whole, "taro@d.example")
    shutil.rmtree(home)
    check_mended(whole)
    assert home.owner() == "vmail" and home.stat().st_mode & 0o777 == 0o700


def test_no_home_at_all_is_not_mended(whole):
    mail = whole.folder / "mail"
    for home in mail.iterdir():
        shutil.rmtree(home)
    result = repair(whole)
    assert result.returncode == 78 and "mounted" in result.stderr
    assert list(mail.iterdir()) == []


def test_files_of_the_databases(whole, daemon):
    """A shell was the last to close settings.db, and took the files of its WAL along."""
    daemon.stop()
    with closing(sqlite3.connect(whole.settings)) as database:
        database.execute("SELECT count(*) FROM accounts").fetchall()
    assert not whole.settings.with_name("settings.db-wal").exists()
    whole.settings.chmod(0o644)
    shutil.chown(whole.settings, "nobody", "nogroup")
    (whole.folder / "credentials").chmod(0o755)
    assert whole.run("check").returncode == 78
    repair(whole)
    assert whole.settings.stat().st_mode & 0o777 == 0o640
    assert (whole.folder / "credentials").stat().st_mode & 0o777 == 0o700
    assert whole.settings.with_name("settings.db-wal").exists()
    assert "settings.db" not in whole.run("check").stdout


def test_killed_rename_and_killed_creation(whole):
    command = [BUILD / "boxkeeper", "--settings", whole.settings]
    run_killed([*command, "account", "create", "half@d.example", "--external-auth"], "mkdir", 1)
    assert credentials.read(whole)["half@d.example"].locked
    for number in range(1, 300):
        run_killed([*command, "account", "rename", "taro@d.example", "jiro@d.example"], "pwrite64",
                   number)
        shown = whole.json("account", "show", "taro@d.example")["address"]
        if shown == "jiro@d.example" and shown not in credentials.read(whole):
            break
    else:
        pytest.skip("the commit is the last write here")
    check_mended(whole)
    assert os.path.isdir(credentials.read(whole)["half@d.example"].home)
    assert credentials.read(whole)["jiro@d.example"].password_hash == HASH


def test_dry_run_mends_nothing(whole):
    shutil.rmtree(home_of(whole, "taro@d.example"))
    whole.cli("--dry-run", "check", "--repair", status=78)
    assert not home_of(whole, "taro@d.example").exists()
