# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Where passwords come from, which are allowed, and that none is left lying about."""

import os
import pty
import select
import subprocess
import time

import pytest

import credentials
from credentials import fits
from scratch import BUILD

GOOD = "Kx7!vQ2#mZ9.tR"
OTHER = "wB4?nL8%pY3-cH"


def hash_of(scratch, address):
    return credentials.read(scratch)[address].password_hash


@pytest.fixture
def taro(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("account", "create", "taro@a.example", "--password-stdin", stdin=GOOD)
    return "taro@a.example"


def test_hash_is_yescrypt_and_fits(scratch, taro):
    text = hash_of(scratch, taro)
    assert text.startswith("$y$")
    assert fits(GOOD, text) and not fits(OTHER, text)


@pytest.mark.parametrize("typed, meant", [
    (GOOD, GOOD), (GOOD + "\n", GOOD),
])
def test_standard_input(scratch, taro, typed, meant):
    scratch.cli("account", "password", taro, "--generate")
    scratch.cli("account", "password", taro, "--password-stdin", stdin=typed)
    assert fits(meant, hash_of(scratch, taro))


@pytest.mark.parametrize("typed", [
    "", "\n", GOOD + "\n\n", GOOD + "\r\n", GOOD + " ", GOOD + "\nmore\n", GOOD + "\0", "x" * 5000,
    "Kx7!vQ2", "kx7!vq2#mz9.tr", "KX7!VQ2#MZ9.TR", "Kxa!vQb#mZc.tR", "Kx7avQ2bmZ9ctR",
    "Kx7!vQ2#mZ9.日", "Aa1!" * 17, "Taro#Kx7!vQ2", "aa.Example7!K", "Password1!",
])
def test_passwords_that_are_refused(scratch, taro, typed):
    before = credentials.read(scratch)
    result = scratch.run("account", "password", taro, "--password-stdin", stdin=typed)
    assert result.returncode == 65, result.stderr
    assert typed.strip() == "" or typed.strip() not in result.stderr
    assert credentials.read(scratch) == before


def test_alphabet_of_panel_b(scratch):
    scratch.cli("domain", "add", "b.example", "--plan", "site")
    scratch.cli("account", "password", "mailadmin@b.example", "--password-stdin", stdin="hjq7zmwtxk")
    result = scratch.run("account", "password", "mailadmin@b.example", "--password-stdin",
                         stdin="hjq7zmw-txk")
    assert result.returncode == 65 and "plan site" in result.stderr


@pytest.mark.parametrize("plan", ["open", "kwc", "site"])
def test_generated_password_is_shown_once_and_fits(scratch, plan):
    scratch.cli("domain", "add", "a.example", "--plan", plan)
    shown = scratch.cli("account", "create", "taro@a.example", "--capacity", "1G", "--generate")
    password = shown.removesuffix("\n")
    assert len(password) == 16 and "\n" not in password
    assert fits(password, hash_of(scratch, "taro@a.example"))
    changed = scratch.json("account", "password", "taro@a.example", "--generate")
    assert fits(changed["password"], hash_of(scratch, "taro@a.example"))
    assert changed["password"] != password
    assert "password" not in scratch.json("account", "show", "taro@a.example")


def test_ready_hash(scratch, taro):
    ready = credentials.crypt(OTHER, "$6$saltsalt$")
    scratch.cli("account", "password", taro, "--password-hash", ready)
    row = credentials.read(scratch)[taro]
    assert row.password_hash == ready
    assert fits(GOOD, row.previous_hash)


@pytest.mark.parametrize("text", ["", "x", "$y$", "$6$saltsalt$", "$6$saltsalt$short", "{SSHA}abc",
                                  "$9$unknown$abc", "*", "!", "plain text password"])
def test_what_is_no_hash_is_refused(scratch, taro, text):
    before = credentials.read(scratch)
    scratch.cli("account", "password", taro, "--password-hash", text, status=65)
    assert credentials.read(scratch) == before


def test_weak_hash_is_warned_about(scratch, taro):
    weak = credentials.crypt(OTHER, "$1$saltsalt$")
    assert "broken" in scratch.run("account", "password", taro, "--password-hash", weak).stderr
    assert hash_of(scratch, taro) == weak


def test_external_authentication_keeps_no_password(scratch, taro):
    assert scratch.json("account", "set", taro, "--external-auth")["external_auth"]
    row = credentials.read(scratch)[taro]
    assert (row.password_hash, row.previous_hash, row.external_auth) == (None, None, True)
    scratch.cli("account", "password", taro, "--password-stdin", stdin=GOOD)
    row = credentials.read(scratch)[taro]
    assert fits(GOOD, row.password_hash) and not row.external_auth
    credentials.check_settled(scratch)


def test_without_terminal_a_source_must_be_named(scratch, taro):
    result = scratch.run("account", "password", taro)
    assert result.returncode == 64 and "--password-stdin" in result.stderr


def test_no_secret_is_left_anywhere(scratch, taro):
    password = scratch.json("account", "password", taro, "--generate")["password"]
    scratch.cli("account", "set", taro, "--password-stdin", stdin=OTHER)
    log = scratch.cli("--json", "log") + scratch.cli("log")
    assert "password" in log
    hashes = [h for r in credentials.read(scratch).values()
              for h in (r.password_hash, r.previous_hash) if h]
    assert len(hashes) == 2
    for secret in [GOOD, OTHER, password, "$y$", *hashes]:
        assert secret not in log
    settings = b"".join(path.read_bytes() for path in scratch.settings.parent.iterdir())
    for secret in [GOOD, OTHER, password, *hashes]:
        assert secret.encode() not in settings
    for path in scratch.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(s.encode() in content for s in (GOOD, OTHER, password)), path


class Terminal:
    """The CLI on a terminal of its own; everything that it shows is kept."""

    def __init__(self, scratch, *words):
        self._master, terminal = pty.openpty()
        self.shown = ""
        self._child = subprocess.Popen(
            [BUILD / "boxkeeper", "--settings", scratch.settings, *words], stdin=terminal,
            stdout=terminal, stderr=terminal, start_new_session=True,
            preexec_fn=lambda: __import__("fcntl").ioctl(0, 0x540E, 0),
            env=os.environ | {"LC_ALL": "C.UTF-8"})
        os.close(terminal)

    def _read(self):
        ready, _, _ = select.select([self._master], [], [], 0.05)
        if ready:
            try:
                self.shown += os.read(self._master, 4096).decode()
            except OSError:
                return False
        return True

    def answer(self, prompt, text):
        give_up = time.monotonic() + 60
        seen = len(self.shown)
        while prompt not in self.shown[seen:]:
            assert self._read() and time.monotonic() < give_up, self.shown
        os.write(self._master, (text + "\n").encode())

    def end(self):
        while self._child.poll() is None:
            self._read()
        while select.select([self._master], [], [], 0)[0] and self._read():
            pass
        os.close(self._master)
        return self._child.returncode


def test_terminal_asks_twice_without_echo_and_shows_the_strength(scratch, taro):
    terminal = Terminal(scratch, "account", "password", taro)
    terminal.answer("New password:", OTHER)
    terminal.answer("The same again:", OTHER)
    assert terminal.end() == 0, terminal.shown
    assert OTHER not in terminal.shown
    assert "of 100" in terminal.shown
    assert fits(OTHER, hash_of(scratch, taro))


def test_terminal_two_different_passwords(scratch, taro):
    terminal = Terminal(scratch, "account", "password", taro)
    terminal.answer("New password:", OTHER)
    terminal.answer("The same again:", OTHER + "x")
    assert terminal.end() == 65
    assert fits(GOOD, hash_of(scratch, taro))


@pytest.mark.parametrize("answer, status", [("y", 0), ("n", 64), ("", 64)])
def test_terminal_question(scratch, answer, status):
    scratch.cli("domain", "add", "a.example")
    terminal = Terminal(scratch, "domain", "remove", "a.example")
    terminal.answer("[y/N]", answer)
    assert terminal.end() == status
    assert scratch.run("domain", "show", "a.example").returncode == (67 if status == 0 else 0)
