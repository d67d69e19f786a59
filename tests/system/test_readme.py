# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The README's first session, command by command as it stands there."""

import re
import shlex
from pathlib import Path

from lab import PASSWORD

README = (Path(__file__).resolve().parents[2] / "README").read_text(encoding="utf-8")
COMMANDS = [shlex.split(line) for line in re.findall(r"^    # boxkeeper (.*)$", README, re.M)]


def test_first_session(fresh_lab):
    lab = fresh_lab
    assert len(COMMANDS) >= 10
    for command in COMMANDS:
        if command[:2] == ["account", "create"]:
            # There it is asked for on the terminal.
            lab.cli(*command, "--password-stdin", input=PASSWORD + "\n")
            taken = lab.ask("sales@example.com")
            assert taken.code == 550, "an alias that is not there yet"
        else:
            lab.cli(*command)
        if command[:2] == ["forward", "set"]:
            assert lab.send("sales@example.com", subject="as the README says").accepted
            lab.wait_for_outside("taro@elsewhere.example", "as the README says")
    assert lab.ask("taro@example.com").status == "5.2.1", "suspended at the end"
