# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""`account delete` killed at each of its steps: DESIGN.md, "settings.db's commit is the truth"."""

import os

import pytest

from fake_doveadm import doveadm  # noqa: F401 (a fixture)
from operations import Records, home_of, kill_points, make_mail, run_killed
from scratch import BUILD

# Everything that leaves a trace outside the process, also of the child that is the mail user.
WRITES = ["pwrite64", "write", "fsync", "fdatasync", "ftruncate", "unlink", "unlinkat", "rename",
          "renameat", "mkdirat", "fork", "clone"]
POINTS_OF_EACH = 1000 if os.environ.get("BOXKEEPER_THOROUGH") == "1" else 4


@pytest.fixture
def records(scratch, doveadm):
    scratch.cli("domain", "add", "d.example")
    scratch.add_account("hana@d.example")
    make_mail(scratch, "hana@d.example")
    return Records(scratch)


def new_account(scratch, address):
    scratch.add_account(address)
    scratch.put_usage(address, 5)
    return make_mail(scratch, address)


def command_for(scratch, address):
    return [BUILD / "boxkeeper", "--settings", scratch.settings, "--yes", "account", "delete",
            address]


def check_what_is_left(scratch, records, address, number, home):
    """Readers go on, and whatever happened is one of the states that DESIGN.md allows."""
    assert scratch.json("explain", "hana@d.example")["action"] == "accept"
    decision = scratch.json("explain", address)
    left = records.of_account(number)
    shown = scratch.run("--json", "account", "show", address)
    if shown.returncode == 67:
        assert decision["reply"].startswith("550 5.1.1")
        assert not home.exists()
        assert left["credential"] == 0 or left["job"] == 1, left
        return
    assert left["credential"] == 1, "settings know it, so credentials know it"
    if decision["reason"] == "deleting":
        assert decision["reply"].startswith("451")
        assert left["job"] == 1
        login = scratch.json("explain", "--login", address, "--protocol", "imap")
        assert not login["allowed"] and login["credentials"]["locked"]
    else:
        assert decision["action"] == "accept"
        assert left["job"] == 0
        assert (home / "cur" / "mail").read_text() == "mail"


def finish(scratch, address):
    """A killed command began nothing: it is repeated. Else the job goes on."""
    scratch.cli("job", "run")
    if scratch.run("account", "show", address).returncode == 0:
        scratch.cli("--yes", "account", "delete", address)


def test_killed_anywhere(scratch, records):
    new_account(scratch, "count@d.example")
    points = kill_points(command_for(scratch, "count@d.example"), WRITES, POINTS_OF_EACH)
    assert {name for name, _ in points} >= {"pwrite64", "fdatasync", "unlinkat", "renameat"}
    for index, (name, number) in enumerate(points):
        address = f"a{index}@d.example"
        home = new_account(scratch, address)
        account = records.id_of(address)
        run_killed(command_for(scratch, address), name, number)
        try:
            check_what_is_left(scratch, records, address, account, home)
            finish(scratch, address)
            left = records.of_account(account)
        except AssertionError as problem:
            raise AssertionError(f"killed at call {number} of {name}: {problem}") from problem
        assert not any(left.values()), f"killed at call {number} of {name}: {left}"
    assert (home_of(scratch, "hana@d.example") / "cur" / "mail").exists()
    assert scratch.json("job", "list")["items"] == []
    assert {item["address"] for item in scratch.json("account", "list")["items"]} == {
        "hana@d.example", "postmaster@d.example"}
