# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""A doveadm for tests that need none of Dovecot: it writes down how it was called, and answers what
the test tells it to."""

import json
import os
import shlex

import pytest

SCRIPT = r"""#!/bin/sh
folder=$(dirname "$0")
echo "$*" >>"$folder/calls"
for word in "$@"; do
    case $word in
    who)
        [ ! -e "$folder/away" ] || { echo "doveadm: Fatal: connect(anvil) failed" >&2; exit 75; }
        printf 'username\tproto\tpid\tip\n'
        [ ! -e "$folder/sessions" ] || cat "$folder/sessions"
        exit 0
        ;;
    kick)
        [ -e "$folder/stubborn" ] || rm -f "$folder/sessions"
        exit 0
        ;;
    sweep)
        [ ! -e "$folder/gate" ] || cat "$folder/gate"
        case "$*" in
        *" -s 0/"*) cat "$folder/answer.tab" ;; # the other shares have nothing to do
        esac
        cat "$folder/errors" >&2
        exit "$(cat "$folder/status")"
        ;;
    preview)
        cat "$folder/answer"
        cat "$folder/errors" >&2
        exit "$(cat "$folder/status")"
        ;;
    esac
done
exit 64
"""


class Gate:
    """Sweeps wait at it: a FIFO that has readers only."""

    def __init__(self, path):
        self.path = path
        os.mkfifo(path)

    def open_it(self):
        writer = os.open(self.path, os.O_WRONLY)
        self.path.unlink()
        os.close(writer)


class FakeDoveadm:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.path = folder / "doveadm"
        self.path.write_text(SCRIPT)
        self.path.chmod(0o755)

    @property
    def calls(self):
        """The arguments of each call so far."""
        log = self.folder / "calls"
        return [shlex.split(line) for line in log.read_text().splitlines()] if log.exists() else []

    def sessions(self, *users, stubborn=False):
        """These users have sessions, which end when they are kicked unless they are stubborn."""
        lines = "".join(f"{user}\timap\t{1000 + n}\t127.0.0.1\n" for n, user in enumerate(users))
        (self.folder / "sessions").write_text(lines)
        if stubborn:
            (self.folder / "stubborn").touch()

    def processes(self, *lines):
        """Sessions as (user, service, pid)."""
        (self.folder / "sessions").write_text(
            "".join("\t".join(map(str, line)) + "\t127.0.0.1\n" for line in lines))

    def close_gate(self):
        """From now on sweeps begin and do not end. Returns the gate."""
        return Gate(self.folder / "gate")

    def end_sessions(self):
        for name in ("sessions", "stubborn"):
            (self.folder / name).unlink(missing_ok=True)

    def away(self, is_away=True):
        """As if Dovecot were not running."""
        if is_away:
            (self.folder / "away").touch()
        else:
            (self.folder / "away").unlink()

    def answer(self, rows, status=0, errors=""):
        """What sweep (tab) and preview (json) say; all values are strings, as doveadm's formatters
        make them."""
        rows = [{key: str(value) for key, value in row.items()} for row in rows]
        (self.folder / "answer").write_text(json.dumps(rows))
        columns = ("username", "archived", "expunged", "state")
        lines = ["\t".join(columns),
                 *("\t".join(row.get(column, "") for column in columns) for row in rows)]
        (self.folder / "answer.tab").write_text("\n".join(lines) + "\n")
        (self.folder / "status").write_text(str(status))
        (self.folder / "errors").write_text(errors)


@pytest.fixture
def doveadm(scratch):
    """The doveadm of `scratch`: one that says what the test tells it to."""
    fake = FakeDoveadm(scratch.folder / "bin")
    scratch.cli("migrate", f"doveadm_command={fake.path}")
    return fake
