# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Commands killed (SIGKILL) at each step. Afterwards nobody may do more than settings say, whoever
settings know credentials know, other commands go on, and repeating the command completes it."""

import os
from contextlib import closing

import pytest

import credentials
from operations import Records, kill_points, make_mail, run_killed
from scratch import BUILD

# Everything that leaves a trace outside the process, also of the children.
WRITES = ["pwrite64", "write", "fsync", "fdatasync", "ftruncate", "unlink", "mkdir", "clone",
          "vfork", "clone3"]
# Of "Kx7!vQ2#mZ9.tR"; a ready one, because making one takes its time.
HASH = ("$6$saltsalt$E1/xxOMMD4mxwi.NazfbODqsoIul4tzD81oWHN"
        "vMB35CqJvs7KkIpkTJNfaB6DKaheVZnuZ1crp557w207ZA4/")
POINTS_OF_EACH = 1000 if os.environ.get("BOXKEEPER_THOROUGH") == "1" else 10


def cli(scratch, *words):
    return [BUILD / "boxkeeper", "--settings", scratch.settings, *words]


def check_each_kill(scratch, words_for, prepare, is_done):
    """`words_for(n)` is the command of the n-th trial and `prepare(n)` what must be there before;
    `is_done(n)` tells whether settings have it."""
    prepare(0)
    points = kill_points(cli(scratch, *words_for(0)), WRITES, POINTS_OF_EACH)
    assert len(points) >= 10, points
    outcomes = set()
    for number, (name, call) in enumerate(points, 1):
        prepare(number)
        run_killed(cli(scratch, *words_for(number)), name, call)
        try:
            credentials.check_invariants(scratch)
            outcomes.add(is_done(number))
            result = scratch.run(*words_for(number))
            # 73: the killed process had finished everything but its last word.
            assert result.returncode in ((0, 73) if "create" in words_for(0) or "add" in words_for(0)
                                         else (0,)), result.stderr
            assert is_done(number)
            credentials.check_settled(scratch)
        except AssertionError as problem:
            raise AssertionError(f"killed at call {call} of {name}: {problem}") from problem
    assert outcomes == {False, True}, "points before and after the settings' commit"


@pytest.fixture
def domain(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    scratch.add_account("jiro@a.example")


def test_create(scratch, domain):
    check_each_kill(
        scratch,
        lambda n: ["account", "create", f"user{n}@a.example", "--alias", f"alias{n}",
                   "--password-hash", HASH],
        lambda n: None,
        lambda n: scratch.run("account", "show", f"user{n}@a.example").returncode == 0)
    for address, row in credentials.read(scratch).items():
        assert address.startswith("user") == (row.password_hash == HASH), address
        assert row.previous_hash in (None, HASH)


def test_next_account_inherits_nothing_of_a_killed_creation(scratch, domain):
    """The row of the killed creation has the id that the next account gets."""
    words = ["account", "create", "killed@a.example", "--password-hash", HASH]
    points = kill_points(cli(scratch, "--dry-run", *words), WRITES, 1)
    assert points
    for number in range(1, 200):
        run_killed(cli(scratch, *words), "pwrite64", number)
        if "killed@a.example" in credentials.read(scratch):
            break
    assert scratch.run("account", "show", "killed@a.example").returncode == 67
    scratch.cli("account", "create", "other@a.example")
    rows = credentials.read(scratch)
    assert "killed@a.example" not in rows
    assert (rows["other@a.example"].password_hash, rows["other@a.example"].previous_hash) == (None, None)
    credentials.check_settled(scratch)


@pytest.mark.parametrize("words", [
    ["account", "set", "half@a.example", "--comment", "x"], ["account", "suspend", "half@a.example"],
    ["domain", "suspend", "a.example"], ["account", "resume", "half@a.example"],
], ids=lambda words: " ".join(words[:2]))
def test_unfinished_creation_is_completed_by_other_commands_too(scratch, domain, words):
    """Killed between the settings' commit and the home: a later command unlocks it with its home."""
    run_killed(cli(scratch, "account", "create", "half@a.example", "--external-auth"), "mkdir", 1)
    row = credentials.read(scratch)["half@a.example"]
    assert row.locked and not os.path.exists(row.home)
    assert scratch.run("account", "show", "half@a.example").returncode == 0
    scratch.cli(*words)
    credentials.check_settled(scratch)


def test_domain_add(scratch, domain):
    check_each_kill(
        scratch,
        lambda n: ["domain", "add", f"d{n}.example", "--plan", "site"],
        lambda n: None,
        lambda n: scratch.run("domain", "show", f"d{n}.example").returncode == 0)


def test_suspend(scratch, domain):
    check_each_kill(
        scratch,
        lambda n: ["account", "suspend", "taro@a.example"],
        lambda n: scratch.cli("account", "resume", "taro@a.example"),
        lambda n: scratch.json("account", "show", "taro@a.example")["suspended"])


def test_resume(scratch, domain):
    check_each_kill(
        scratch,
        lambda n: ["account", "resume", "taro@a.example"],
        lambda n: scratch.cli("account", "suspend", "taro@a.example"),
        lambda n: not scratch.json("account", "show", "taro@a.example")["suspended"])


def test_suspend_domain(scratch, domain):
    check_each_kill(
        scratch,
        lambda n: ["domain", "suspend", "a.example"],
        lambda n: scratch.cli("domain", "resume", "a.example"),
        lambda n: scratch.json("domain", "show", "a.example")["suspended"])


def test_resume_domain(scratch, domain):
    check_each_kill(
        scratch,
        lambda n: ["domain", "resume", "a.example"],
        lambda n: scratch.cli("domain", "suspend", "a.example"),
        lambda n: not scratch.json("domain", "show", "a.example")["suspended"])


def test_external_auth_forgets_the_password(scratch, domain):
    def prepare(number):
        scratch.cli("account", "password", "taro@a.example", "--password-hash", HASH)

    check_each_kill(
        scratch,
        lambda n: ["account", "set", "taro@a.example", "--external-auth"],
        prepare,
        lambda n: scratch.json("account", "show", "taro@a.example")["external_auth"])
    row = credentials.read(scratch)["taro@a.example"]
    assert (row.password_hash, row.previous_hash) == (None, None)


def test_account_with_mail_is_never_taken_for_an_unfinished_creation(scratch, domain):
    """A deletion that was killed before its settings' commit leaves a locked row, too."""
    home = make_mail(scratch, "taro@a.example")
    with closing(Records(scratch).credentials()) as database, database:
        database.execute("UPDATE credentials SET locked = 1 WHERE login = 'taro@a.example'")
    before = credentials.read(scratch)
    scratch.cli("account", "create", "taro@a.example", "--password-hash", HASH, status=73)
    assert credentials.read(scratch) == before
    assert (home / "cur" / "mail").exists()
    scratch.cli("account", "set", "taro@a.example", "--comment", "")
    credentials.check_settled(scratch)
