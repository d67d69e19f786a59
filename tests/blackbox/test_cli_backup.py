# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""migrate, backup and restore."""

import shutil
import sqlite3
import threading
from contextlib import closing

import pytest

from operations import Records, home_of, run_as_nobody

PASSWORD = "Kx7!vQ2#mZ9.tR"


@pytest.fixture
def records(scratch):
    scratch.cli("domain", "add", "d.example", "--plan", "kwc")
    scratch.cli("account", "create", "taro@d.example", "--password-stdin", stdin=PASSWORD)
    scratch.cli("alias", "add", "taro@d.example", "sales@d.example")
    scratch.cli("account", "set", "taro@d.example", "--comment", "山田太郎")
    return Records(scratch)


def backup(scratch, name="backup"):
    folder = scratch.folder / name
    scratch.cli("backup", folder)
    return folder


def test_round_trip(scratch, records):
    before = records.everything()
    folder = backup(scratch)
    assert folder.stat().st_mode & 0o777 == 0o700
    scratch.cli("account", "set", "taro@d.example", "--comment", "", "--capacity", "1G")
    scratch.cli("account", "password", "taro@d.example", "--password-stdin",
                stdin="Zy8?wE3$nL1.kU")
    scratch.cli("account", "create", "late@d.example", "--external-auth")
    scratch.cli("--yes", "account", "delete", "taro@d.example")
    assert records.everything() != before
    scratch.cli("--yes", "restore", folder)
    assert records.everything() == before
    home = home_of(scratch, "taro@d.example")
    assert (home.owner(), home.stat().st_mode & 0o777) == ("vmail", 0o700)


def test_restore_needs_a_yes(scratch, records):
    folder = backup(scratch)
    scratch.cli("receive", "off", "taro@d.example")
    before = records.everything()
    assert scratch.run("restore", folder).returncode == 64
    assert records.everything() == before


def test_readers_go_on_over_a_restore(scratch, records, daemon):
    """The file stays the same one: whoever has it open sees the restored settings."""
    inode = scratch.settings.stat().st_ino
    folder = backup(scratch)
    scratch.cli("account", "create", "late@d.example", "--external-auth")
    scratch.cli("--yes", "restore", folder)
    assert scratch.settings.stat().st_ino == inode
    assert scratch.run("account", "show", "late@d.example").returncode == 67


def test_ids_never_go_back(scratch, records):
    folder = backup(scratch)
    scratch.cli("account", "create", "late@d.example", "--external-auth")
    given = records.id_of("late@d.example")
    scratch.cli("--yes", "restore", folder)
    scratch.cli("account", "create", "later@d.example", "--external-auth")
    assert records.id_of("later@d.example") > given


def test_paths_of_this_machine_stay(scratch, records):
    folder = backup(scratch)
    scratch.cli("migrate", "doveadm_command=/bin/false")
    scratch.cli("--yes", "restore", folder)
    # doveadm is asked for sessions before anything of the account is touched.
    assert scratch.run("--yes", "account", "delete", "taro@d.example").returncode == 75


def test_backup_is_not_written_over(scratch, records):
    folder = backup(scratch)
    kept = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert scratch.run("backup", folder).returncode in (73, 65)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == kept


def spoil_nothing_there(folder):
    shutil.rmtree(folder)


def spoil_settings_missing(folder):
    (folder / "settings.db").unlink()


def spoil_credentials_missing(folder):
    (folder / "credentials.db").unlink()


def spoil_garbage(folder):
    (folder / "settings.db").write_bytes(b"not a database" * 1000)


def spoil_empty(folder):
    (folder / "credentials.db").write_bytes(b"")


def spoil_cut(folder):
    data = (folder / "settings.db").read_bytes()
    (folder / "settings.db").write_bytes(data[: len(data) // 2])


def spoil_page(folder):
    data = bytearray((folder / "settings.db").read_bytes())
    data[4096 * 2: 4096 * 4] = b"\xff" * 8192
    (folder / "settings.db").write_bytes(data)


def spoil_too_new(folder):
    with closing(sqlite3.connect(folder / "settings.db")) as database:
        database.execute("UPDATE schema SET version = 999, oldest_reader = 999")
        database.commit()


@pytest.mark.parametrize("spoil", [
    spoil_nothing_there, spoil_settings_missing, spoil_credentials_missing, spoil_garbage,
    spoil_empty, spoil_cut, spoil_page, spoil_too_new])
def test_bad_backup_changes_nothing(scratch, records, spoil):
    folder = backup(scratch)
    spoil(folder)
    scratch.cli("receive", "off", "taro@d.example")
    before = records.everything()
    result = scratch.run("--yes", "restore", folder)
    assert result.returncode in (65, 67, 75, 78)
    assert len(result.stderr) > 20
    assert records.everything() == before
    scratch.cli("receive", "on", "taro@d.example")


def test_two_halves_of_different_backups(scratch, records):
    first = backup(scratch, "first")
    scratch.cli("account", "create", "late@d.example", "--external-auth")
    second = backup(scratch, "second")
    shutil.copy(second / "credentials.db", first / "credentials.db")
    before = records.everything()
    assert scratch.run("--yes", "restore", first).returncode in (65, 78)
    assert records.everything() == before


def test_backup_while_commands_write(scratch, records):
    """Settings and credentials of a backup are one pair, whatever is going on."""
    stop = threading.Event()
    made = []

    def write():
        while not stop.is_set():
            name = f"n{len(made)}@d.example"
            scratch.cli("account", "create", name, "--external-auth")
            made.append(name)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        folders = [backup(scratch, f"backup{index}") for index in range(5)]
    finally:
        stop.set()
        writer.join()
    assert made
    for folder in folders:
        scratch.cli("--yes", "restore", folder)
        accounts = scratch.json("account", "list")["items"]
        rows = records.credential_rows()
        assert {item["address"] for item in accounts} <= {
            value for row in rows for value in row if isinstance(value, str)}
        # A creation under way has its locked row first.
        assert len(rows) - len(accounts) in (0, 1)


@pytest.mark.parametrize("arguments, status", [
    (["backup"], 64), (["restore"], 64), (["migrate", "nonsense"], 64), (["migrate", "=x"], 64),
    (["migrate", "no_such_name=1"], 65), (["migrate", "mail_user=nobody-has-this-name"], 78),
    (["--dry-run", "migrate"], 64),
])
def test_bad_commands(scratch, records, arguments, status):
    before = records.everything()
    assert scratch.run(*arguments).returncode == status
    assert records.everything() == before


def test_migrating_again_changes_nothing(scratch, records):
    before = records.everything()
    assert scratch.json("migrate")["schema"] >= 1
    assert records.everything() == before


def test_only_root(scratch, records):
    """Nobody else reads password hashes, or replaces settings."""
    for words in (["backup", "/tmp/bk-nobody"], ["--yes", "restore", "/tmp"], ["migrate"]):
        assert run_as_nobody(scratch, *words).returncode == 77
