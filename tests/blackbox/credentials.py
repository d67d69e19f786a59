# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""What stands in credentials.db, and whether it agrees with settings.

credentials.db has a rollback journal, so a test may open it itself; settings.db is asked through
the CLI, for only Boxkeeper's programs open it.
"""

import ctypes
import json
import os
import sqlite3
from dataclasses import dataclass

# Python's own module of that name is gone since 3.13.
_crypt = ctypes.CDLL("libcrypt.so.1").crypt
_crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
_crypt.restype = ctypes.c_char_p

PROTOCOLS = ("imap", "pop3", "submission", "managesieve")


@dataclass
class Credential:
    account_id: int
    login: str
    primary_address: str
    password_hash: str
    previous_hash: str
    locked: bool
    allowed: frozenset
    home: str
    external_auth: bool


def crypt(password, setting):
    """The hash of a password by the method and salt of `setting`, which may be a hash."""
    return _crypt(password.encode(), setting.encode()).decode()


def fits(password, password_hash):
    return crypt(password, password_hash) == password_hash


def read(scratch):
    """Rows by primary address."""
    path = scratch.folder / "credentials" / "credentials.db"
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(
            "SELECT account_id, login, primary_address, password_hash, previous_hash, locked,"
            " imap_allowed, pop3_allowed, submission_allowed, managesieve_allowed, home,"
            " external_auth FROM credentials").fetchall()
    finally:
        connection.close()
    return {row[2]: Credential(*row[:5], bool(row[5]),
                               frozenset(p for p, on in zip(PROTOCOLS, row[6:10]) if on),
                               row[10], bool(row[11])) for row in rows}


def accounts(scratch):
    """The accounts that settings know, by primary address."""
    listed = json.loads(scratch.cli("--json", "account", "list", "--page-size", "1000"))
    return {item["address"]: item for item in listed["items"]}


def allowed_by_settings(account):
    if account["suspended"] or account["status"] == "deleting":
        return frozenset()
    return frozenset(p for p in PROTOCOLS if account[p]
                     and not (p == "submission" and account["force_changed"]))


def check_invariants(scratch):
    """What must hold at every moment, also after a crash (DESIGN.md, files and who may touch them)."""
    known = accounts(scratch)
    rows = read(scratch)
    for address, account in known.items():
        assert address in rows, f"settings know {address}, credentials do not"
        row = rows[address]
        granted = frozenset() if row.locked else row.allowed
        assert granted <= allowed_by_settings(account), f"{address} may do more than settings say"
        if not row.locked:
            assert os.path.isdir(row.home), f"{address} is not locked and has no home"
    for address, row in rows.items():
        assert address in known or row.locked, f"{address} may log in, and settings do not know it"


def check_settled(scratch):
    """What holds when no command is on its way or was interrupted."""
    check_invariants(scratch)
    rows = read(scratch)
    known = accounts(scratch)
    assert set(rows) == set(known)
    for address, account in known.items():
        assert not rows[address].locked, address
        assert rows[address].allowed == allowed_by_settings(account), address
        assert rows[address].external_auth == account["external_auth"], address
        assert rows[address].login == account["login"], address
