# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""writer.py FOLDER ACCOUNTS COMMITS_PER_SECOND: commits to settings.db what `account set` commits, and
to state.db what a delivery does, until it is ended. The daemon keeps both open meanwhile, so that
SQLite takes no WAL away when this program closes them."""

import random
import sqlite3
import sys
import time
from pathlib import Path

GIB = 1 << 30


def main(folder, accounts, per_second):
    settings = sqlite3.connect(folder / "settings/settings.db", timeout=30, isolation_level=None)
    state = sqlite3.connect(folder / "state/state.db", timeout=30, isolation_level=None)
    settings.execute("PRAGMA synchronous = FULL")
    state.execute("PRAGMA synchronous = NORMAL")
    due = time.monotonic()
    while True:
        account = random.randrange(accounts) + 1
        settings.execute("BEGIN IMMEDIATE")
        settings.execute("UPDATE counters SET value = value + 1 WHERE name = 'change_sequence'")
        settings.execute("INSERT INTO changes (sequence, kind, subject_id) SELECT value, 'account', ? "
                         "FROM counters WHERE name = 'change_sequence'", (account,))
        settings.execute("DELETE FROM changes WHERE sequence <= (SELECT value - 10000 FROM counters "
                         "WHERE name = 'change_sequence')")
        settings.execute("UPDATE accounts SET capacity_bytes = ? WHERE id = ?",
                         (random.randrange(GIB, 2 * GIB), account))
        settings.execute("COMMIT")
        state.execute("BEGIN IMMEDIATE")
        ((sequence,),) = state.execute(
            "INSERT INTO counters (name, value) VALUES ('usage_sequence', 1) "
            "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value").fetchall()
        state.execute("UPDATE usage SET bytes = ?, sequence = ? WHERE account_id = ?",
                      (random.randrange(GIB // 2), sequence, account))
        state.execute("COMMIT")
        due += 1 / per_second
        time.sleep(max(0, due - time.monotonic()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
