# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""domain set --catch-all, domain alias."""

import pytest

from fake_doveadm import doveadm  # noqa: F401 (a fixture)


@pytest.fixture(autouse=True)
def domain(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("domain", "add", "b.example")
    for address in ("taro@a.example", "jiro@a.example", "hana@b.example"):
        scratch.add_account(address)


def shown(scratch, name="a.example"):
    domain = scratch.json("domain", "show", name)
    return domain["catch_all"], domain["aliases"]


def target(scratch, address):
    explained = scratch.json("explain", address)
    return explained["account"], explained["decided_by"]


def test_catch_all(scratch):
    assert shown(scratch) == (None, [])
    result = scratch.json("domain", "set", "a.example", "--catch-all", "taro@a.example")
    assert result["catch_all"] == "taro@a.example"
    assert target(scratch, "nobody@a.example") == (
        "taro@a.example", {"field": "catch_all", "level": "domain", "subject": "a.example"})
    assert target(scratch, "jiro@a.example")[0] == "jiro@a.example"
    scratch.cli("domain", "set", "a.example", "--max-accounts", "10")
    assert shown(scratch)[0] == "taro@a.example"
    scratch.cli("domain", "set", "a.example", "--catch-all", "")
    assert shown(scratch)[0] is None
    assert target(scratch, "nobody@a.example")[0] is None
    entries = [entry for entry in scratch.json("log")["items"] if entry["command"] == "domain set"]
    assert entries[0]["after"] == {"catch_all": "taro@a.example"}


@pytest.mark.parametrize("account, status", [
    ("nobody@a.example", 67), ("hana@b.example", 65), ("taro@c.example", 67)])
def test_bad_catch_all(scratch, account, status):
    scratch.cli("domain", "set", "a.example", "--catch-all", account, status=status)
    assert shown(scratch)[0] is None


def test_catch_all_in_a_circle(scratch):
    scratch.cli("domain", "set", "a.example", "--catch-all", "jiro@a.example")
    scratch.cli("forward", "set", "taro@a.example", "nobody@a.example", "--no-copy")
    scratch.cli("domain", "set", "a.example", "--catch-all", "taro@a.example", status=65)
    assert shown(scratch)[0] == "jiro@a.example"
    scratch.cli("forward", "set", "jiro@a.example", "taro@a.example", "--keep-copy", status=65)


def test_domain_alias(scratch):
    result = scratch.json("domain", "alias", "add", "a.example", "Z.Example")
    assert result["aliases"] == ["z.example"]
    scratch.cli("domain", "alias", "add", "a.example", "y.example")
    assert shown(scratch)[1] == ["y.example", "z.example"]
    assert target(scratch, "taro+x@z.example")[0] == "taro@a.example"
    sender = scratch.json("explain", "x@o.example", "--from", "taro@z.example")["sender"]
    assert (sender["login"], sender["allowed"]) == ("taro@a.example", True)
    scratch.cli("domain", "alias", "remove", "a.example", "z.example")
    assert shown(scratch)[1] == ["y.example"]
    assert target(scratch, "taro@z.example")[0] is None


@pytest.mark.parametrize("words, status", [
    (["add", "a.example", "b.example"], 73), (["add", "a.example", "a.example"], 73),
    (["add", "a.example", "taken.example"], 73), (["add", "c.example", "z.example"], 67),
    (["add", "a.example", "no domain"], 65), (["add", "a.example", "boxkeeper.invalid"], 65),
    (["remove", "a.example", "z.example"], 67), (["remove", "a.example", "taken.example"], 67),
    (["list", "a.example", "z.example"], 64), (["add", "a.example"], 64)])
def test_bad_domain_alias(scratch, words, status):
    scratch.cli("domain", "alias", "add", "b.example", "taken.example")
    scratch.cli("domain", "alias", *words, status=status)
    assert shown(scratch)[1] == []
    assert shown(scratch, "b.example")[1] == ["taken.example"]


def test_an_alias_is_no_name_for_a_new_domain(scratch):
    scratch.cli("domain", "alias", "add", "a.example", "z.example")
    scratch.cli("domain", "add", "z.example", status=73)
    scratch.cli("domain", "alias", "remove", "a.example", "z.example")
    scratch.cli("domain", "add", "z.example")
