# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""`account rename`: what stays, what changes, and who knows which name at each moment."""

import os
import re
from contextlib import closing

import pytest

import credentials
from fake_doveadm import doveadm  # noqa: F401 (a fixture)
from operations import Records, home_of, kill_points, make_mail, run_killed
from installed_dovecot import CONF, one_of
from scratch import BUILD

WRITES = ["pwrite64", "fsync", "fdatasync", "ftruncate", "unlink", "clone", "clone3", "vfork"]
POINTS_OF_EACH = 1000 if os.environ.get("BOXKEEPER_THOROUGH") == "1" else 6


def user_query():
    """What Dovecot asks credentials.db, with its variables as parameters."""
    text = (CONF / "boxkeeper-sql.conf.ext").read_text()
    query = re.search(r"^ *user(?:db_sql)?_query = (.*?[^\\])$", text,
                      flags=re.MULTILINE | re.DOTALL).group(1)
    query = query.replace("\\\n", "\n")
    for variable, name in one_of(
            v2_3=(("%Ls", "service"), ("%Lu", "user"), ("%Ld", "domain"), ("%Ln", "name")),
            v2_4=(("%{protocol | lower}", "service"), ("%{user | lower}", "user"),
                  ("%{user | domain | lower}", "domain"), ("%{user | username | lower}", "name"))):
        query = query.replace(f"'{variable}'", f":{name}")
    assert "%" not in query
    return query


def userdb(scratch, address):
    """All answers of userdb: (user, home) each."""
    name, domain = address.split("@")
    with closing(Records(scratch).credentials()) as database:
        return [row[:2] for row in database.execute(
            user_query(), {"service": "lmtp", "user": address, "domain": domain, "name": name})]


@pytest.fixture
def domain(scratch, doveadm):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example", "--alias", "sales", "--comment", "stays")
    scratch.add_account("hana@a.example")
    return doveadm


def test_mail_addresses_and_settings_stay(scratch, domain):
    scratch.cli("forward", "set", "hana@a.example", "taro@a.example", "--keep-copy")
    scratch.put_usage("taro@a.example", 5)
    home = make_mail(scratch, "taro@a.example")
    before = scratch.json("account", "show", "taro@a.example")
    result = scratch.json("account", "rename", "taro@a.example", "Jiro@A.example")
    assert result == {"address": "jiro@a.example", "login": "jiro@a.example",
                      "before": "taro@a.example"}
    after = scratch.json("account", "show", "jiro@a.example")
    changed = {"address": "jiro@a.example", "login": "jiro@a.example", "name": "jiro",
               "aliases": ["sales@a.example", "taro@a.example"]}
    assert after == before | changed
    assert scratch.json("account", "show", "taro@a.example") == after
    assert home_of(scratch, "jiro@a.example") == home and (home / "cur" / "mail").exists()
    credentials.check_settled(scratch)
    # Mail to both, also through the other's forward, reaches the one mailbox.
    for address in ("taro@a.example", "jiro@a.example", "sales@a.example"):
        shown = scratch.json("explain", address)
        assert (shown["action"], shown["account"]) == ("accept", "jiro@a.example"), address
    assert userdb(scratch, "jiro@a.example") == [("jiro@a.example", str(home))]
    assert userdb(scratch, "taro@a.example") == [("jiro@a.example", str(home))], "queued before"
    assert ["kick", "taro@a.example"] in domain.calls
    assert [(e["before"]["address"], e["after"]["address"]) for e in
            scratch.json("log", "--account", "jiro@a.example")["items"]] == [
                ("taro@a.example", "jiro@a.example")]


def test_there_and_back(scratch, domain):
    scratch.cli("account", "rename", "taro@a.example", "jiro@a.example")
    scratch.cli("account", "rename", "jiro@a.example", "taro@a.example")
    assert scratch.json("account", "show", "taro@a.example")["aliases"] == [
        "jiro@a.example", "sales@a.example"]
    assert [user for user, _ in userdb(scratch, "jiro@a.example")] == ["taro@a.example"]
    assert len(userdb(scratch, "taro@a.example")) == 1
    # An alias of its own becomes the name.
    scratch.cli("account", "rename", "taro@a.example", "sales@a.example")
    credentials.check_settled(scratch)


def test_old_name_given_to_another(scratch, domain):
    scratch.cli("account", "rename", "taro@a.example", "jiro@a.example")
    scratch.cli("account", "create", "taro@a.example", "--external-auth", status=73)
    scratch.cli("alias", "remove", "taro@a.example")
    scratch.add_account("taro@a.example")
    assert [user for user, _ in userdb(scratch, "taro@a.example")] == ["taro@a.example"]
    assert [user for user, _ in userdb(scratch, "jiro@a.example")] == ["jiro@a.example"]
    credentials.check_settled(scratch)


@pytest.mark.parametrize("old, new, status", [
    ("taro@a.example", "hana@a.example", 73),
    ("taro@a.example", "postmaster@a.example", 73),
    ("postmaster@a.example", "pm@a.example", 77),
    ("taro@a.example", "x@a.example", 65),
    ("taro@a.example", "-x@a.example", 65),
    ("taro@a.example", "jiro", 64),
    ("taro@a.example", "jiro@none.example", 67),
    ("none@a.example", "jiro@a.example", 67),
])
def test_refused(scratch, domain, old, new, status):
    before = Records(scratch).everything()
    scratch.cli("account", "rename", old, new, status=status)
    assert Records(scratch).everything() == before


def test_same_name_again_is_fine(scratch, domain):
    before = Records(scratch).everything()
    scratch.cli("account", "rename", "taro@a.example", "taro@a.example")
    scratch.cli("--dry-run", "account", "rename", "taro@a.example", "jiro@a.example")
    assert Records(scratch).everything() == before


def test_prefix_domain(scratch, doveadm):
    scratch.cli("domain", "add", "p.example", "--login-prefix", "px")
    scratch.add_account("taro@p.example")
    result = scratch.json("account", "rename", "px_taro", "jiro@p.example")
    assert result == {"address": "px_jiro@p.example", "login": "px_jiro",
                      "before": "px_taro@p.example"}
    assert scratch.json("account", "show", "jiro@p.example")["aliases"] == ["px_taro@p.example"]
    credentials.check_settled(scratch)


def test_move_to_another_domain_obeys_its_plan_and_limits(scratch, domain):
    move = ["account", "rename", "taro@a.example", "taro@b.example"]
    scratch.cli("domain", "add", "b.example", "--plan", "kwc", "--max-accounts", "1")
    result = scratch.run(*move)
    assert result.returncode == 65 and "may have 1" in result.stderr
    scratch.cli("domain", "set", "b.example", "--max-accounts", "2")
    scratch.cli("account", "set", "taro@a.example", "--capacity", "3G")
    result = scratch.run(*move)
    assert result.returncode == 65 and "capacity 3G" in result.stderr
    scratch.cli("account", "set", "taro@a.example", "--capacity", "2G")
    scratch.cli("domain", "set", "b.example", "--max-capacity", "6G")
    assert scratch.run(*move).returncode == 65
    scratch.cli("domain", "set", "b.example", "--max-capacity", "7G")
    scratch.cli("forward", "set", "taro@a.example", *[f"x{n}@out.example" for n in range(21)],
                "--keep-copy")
    result = scratch.run(*move)
    assert result.returncode == 65 and "forward targets" in result.stderr
    scratch.cli("forward", "off", "taro@a.example")
    scratch.cli("retention", "set", "taro@a.example", "--archive", "5d")
    result = scratch.run(*move)
    assert result.returncode == 65 and "durations" in result.stderr
    scratch.cli("retention", "set", "taro@a.example", "--archive", "inherit")
    scratch.cli(*move)
    shown = scratch.json("account", "show", "taro@b.example")
    assert (shown["domain"], shown["plan"]) == ("b.example", "kwc")
    assert shown["aliases"] == ["sales@a.example", "taro@a.example"]
    assert scratch.json("explain", "taro@a.example")["account"] == "taro@b.example"
    # The aliases are kept when all are named, and hold the old domain until they are gone.
    scratch.cli("account", "set", "taro@b.example", "--alias", "taro@a.example", "--alias", "t2")
    assert scratch.json("account", "show", "taro@b.example")["aliases"] == [
        "t2@b.example", "taro@a.example"]
    scratch.cli("--yes", "account", "delete", "hana@a.example")
    result = scratch.run("--yes", "domain", "remove", "a.example")
    assert result.returncode == 77 and "taro@a.example" in result.stderr
    scratch.cli("alias", "remove", "taro@a.example")
    scratch.cli("--yes", "domain", "remove", "a.example")


def test_killed_anywhere(scratch, domain):
    """Whoever settings know, userdb knows, under every name that mail may come under."""
    def command(old, new):
        return [BUILD / "boxkeeper", "--settings", scratch.settings, "account", "rename", old, new]

    scratch.add_account("n0@a.example")
    points = kill_points(command("n0@a.example", "m0@a.example"), WRITES, POINTS_OF_EACH)
    assert {"pwrite64", "fdatasync"} <= {name for name, _ in points}
    outcomes = set()
    for index, (name, call) in enumerate(points, 1):
        old, new = f"n{index}@a.example", f"m{index}@a.example"
        scratch.add_account(old)
        home = str(home_of(scratch, old))
        run_killed(command(old, new), name, call)
        try:
            shown = scratch.json("account", "show", old)
            outcomes.add(shown["address"])
            for address in [shown["address"], *shown["aliases"]]:
                assert [found for _, found in userdb(scratch, address)] == [home], address
            scratch.cli("account", "rename", old, new)
            assert [userdb(scratch, address) for address in (old, new)] == [[(new, home)]] * 2
            credentials.check_settled(scratch)
        except AssertionError as problem:
            raise AssertionError(f"killed at call {call} of {name}: {problem}") from problem
    assert {address[0] for address in outcomes} == {"n", "m"}
