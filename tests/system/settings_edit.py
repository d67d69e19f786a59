# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""settings.db changed behind the CLI's back, for what the CLI does not (yet) set or refuses."""

from lab import run

# As the CLI does it: the -wal and -shm files stay when this writer closes, since readers without
# write permission need them; every commit bumps the change sequence and says what it touched.
_BEFORE = """
.bail on
.output /dev/null
.filectrl persist_wal 1
PRAGMA busy_timeout = 10000;
PRAGMA foreign_keys = ON;
.output stdout
BEGIN IMMEDIATE;
"""
_AFTER = """
UPDATE counters SET value = value + 1 WHERE name = 'change_sequence';
INSERT INTO changes (sequence, kind, subject_id)
    SELECT value, 'everything', 0 FROM counters WHERE name = 'change_sequence';
COMMIT;
"""


def execute(lab, sql):
    """Runs statements in one transaction."""
    run(["sqlite3", "-batch", str(lab.settings)], input=_BEFORE + sql + ";" + _AFTER)
