# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""What tests of deletion and of kills look at: rows, files, and where a process may be killed."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from killing import kill_points, run_killed  # noqa: F401 (for the tests that import them here)
from scratch import BUILD


def home_of(scratch, address):
    """The home of an account, as credentials.db has it."""
    with closing(Records(scratch).credentials()) as database:
        (home,) = database.execute(
            "SELECT home FROM credentials WHERE primary_address = ?", [address]).fetchone()
    return Path(home)


def run_as_nobody(scratch, *arguments):
    """The CLI, of somebody who is not root."""
    return subprocess.run([BUILD / "boxkeeper", "--settings", scratch.settings, *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False, user="nobody", group="nogroup", extra_groups=[])


def make_mail(scratch, address):
    """Something in the home, of the mail user. Returns the home."""
    home = home_of(scratch, address)
    (home / "cur").mkdir()
    (home / "cur" / "mail").write_text("mail")
    (home / "empty").mkdir()
    for path in (home / "cur", home / "cur" / "mail", home / "empty"):
        shutil.chown(path, "vmail", "vmail")
    return home


class Records:
    """Rows of all databases, read from copies: no foreign program opens a WAL database."""

    def __init__(self, scratch):
        self.scratch = scratch

    def credentials(self):
        """As Dovecot opens it: for writing, so that what a killed command left is rolled back."""
        path = self.scratch.folder / "credentials" / "credentials.db"
        return sqlite3.connect(f"file:{path}?mode=rw", uri=True)

    def id_of(self, address):
        with closing(self.credentials()) as database:
            (number,) = database.execute(
                "SELECT account_id FROM credentials WHERE primary_address = ?",
                [address]).fetchone()
        return number

    def credential_rows(self):
        with closing(self.credentials()) as database:
            return database.execute("SELECT * FROM credentials ORDER BY account_id").fetchall()

    def everything(self):
        """All that a command may change, except when it was looked at."""
        return (self.scratch.json("account", "list"), self.scratch.json("domain", "list"),
                self.scratch.json("job", "list"), self.scratch.json("log"),
                self.credential_rows())

    def of_account(self, number):
        """How many traces of this account id there are in each place."""
        homes = [self.scratch.folder / "mail" / str(number),
                 self.scratch.folder / "mail" / ".deleted" / str(number)]
        jobs = self.scratch.json("job", "list")["items"]
        accounts = self.scratch.json("account", "list")["items"]
        return {
            "account": sum(item.get("account_id", item.get("id")) == number for item in accounts),
            "credential": sum(row[0] == number for row in self.credential_rows()),
            "job": sum(item["account_id"] == number for item in jobs),
            "state": self.state_rows(number),
            "mail": sum(home.exists() for home in homes),
        }

    def state_rows(self, number):
        """Of a copy: a reader without PERSIST_WAL would take -wal and -shm away."""
        copy = self.scratch.folder / "copy-of-state"
        copy.mkdir()
        for file in self.scratch.state.parent.iterdir():
            shutil.copy(file, copy / file.name)
        try:
            with closing(sqlite3.connect(copy / self.scratch.state.name)) as database:
                tables = [name for (name,) in database.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table'")]
                count = 0
                for table in tables:
                    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
                    if "account_id" in columns:
                        count += database.execute(
                            f"SELECT count(*) FROM {table} WHERE account_id = ?",
                            [number]).fetchone()[0]
                return count
        finally:
            shutil.rmtree(copy)


def environment_under_strace():
    """The leak sanitizer can't work there."""
    sanitizer = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]))
    return os.environ | {"ASAN_OPTIONS": sanitizer}


def start_traced(options, command):
    """`command` under strace, going on beside the test."""
    return subprocess.Popen(["strace", "-f", *options, *command], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env=environment_under_strace())
