# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Scratch databases, and the CLI on them."""

import json
import os
import pty
import shutil
import subprocess
import tempfile
import termios
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = (TOP / os.environ.get("BOXKEEPER_BUILD", "build")).resolve()


def wait_for(condition, what, seconds=60):
    """Calls condition until it returns something true, and returns that."""
    give_up = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < give_up, f"waited {seconds} s for {what}"
        time.sleep(0.01)
    return result


class Scratch:
    """Databases of their own in a folder of their own, which the server's users may search."""

    def __init__(self, **server_values):
        # A short name: paths of sockets have at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="bk-"))
        self.folder.chmod(0o755)
        self.settings = self.folder / "settings" / "settings.db"
        self.state = self.folder / "state" / "state.db"
        values = {
            "mail_root": self.folder / "mail",
            "socket_directory": self.folder / "sockets",
            "doveadm_command": "/bin/true",
            "postqueue_command": "/bin/true",
            "postsuper_command": "/bin/true",
        } | server_values
        self.cli("migrate", *[f"{name}={value}" for name, value in values.items()])

    def remove(self):
        shutil.rmtree(self.folder)

    def run(self, *arguments, stdin="", environment=None):
        """The CLI; nothing is expected of it."""
        return subprocess.run(
            [BUILD / "boxkeeper", "--settings", self.settings, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=os.environ | {"LC_ALL": "C.UTF-8"} | (environment or {}),
        )

    def on_terminal(self, answer, *arguments, environment=None):
        """The CLI on a terminal of its own, where `answer` is typed. Exit status, what stood there."""
        ours, theirs = pty.openpty()
        # What is typed is not shown: its echo could come into the middle of the question.
        modes = termios.tcgetattr(theirs)
        modes[3] &= ~termios.ECHO
        termios.tcsetattr(theirs, termios.TCSANOW, modes)
        process = subprocess.Popen(
            [BUILD / "boxkeeper", "--settings", self.settings, *arguments],
            stdin=theirs, stdout=theirs, stderr=theirs,
            env=os.environ | {"LC_ALL": "C.UTF-8"} | (environment or {}))
        os.close(theirs)
        os.write(ours, answer.encode() + b"\n")
        shown = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
        os.close(ours)
        return process.wait(60), shown.decode()

    def cli(self, *arguments, status=0, stdin=""):
        """What the CLI prints; it must end with `status`."""
        result = self.run(*arguments, stdin=stdin)
        assert result.returncode == status, f"{arguments}: {result.returncode} {result.stderr}"
        return result.stdout

    def json(self, *arguments):
        return json.loads(self.cli("--json", *arguments))

    def add_account(self, address, *options):
        """An account that some other passdb authenticates: no password is hashed."""
        self.cli("account", "create", address, "--external-auth", *options)

    def put_usage(self, address, used_bytes):
        """What the plugin would have written down as the account's usage."""
        subprocess.run(
            [BUILD / "tests/blackbox/put_usage", self.settings, address, str(used_bytes)],
            check=True,
            user="vmail",
            group="vmail",
            extra_groups=["boxkeeper"],
        )
