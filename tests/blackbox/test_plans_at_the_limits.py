# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The table of plans, at its limits: what each plan gives, and what lies just beside it."""

import pytest

import credentials

GIB = 1024**3
A = ("open", "business-standard", "kwc", "sv-basic")
CHOICES = (0, 1, 2, 5, 10, 20, 50, 100)
NAMES_A = {"a": False, "ab": True, "a" * 32: True, "a" * 33: False, "0a": True, "a0": True,
           "a-b": True, "a_b": True, "a.b": True, "a--b": True, "a-.b": True, "a..b": False,
           "-ab": False, "_ab": False, ".ab": False, "ab-": False, "ab_": False, "ab.": False,
           "ab$": False, "a!b": False}
NAMES_B = {"a": True, "a" * 47: True, "a" * 48: False, "-a": True, "_a": True, "a-": True,
           "a_": True, "a$": True, "a$$": False, "$a": False, "a$b": False, "a.b": False}
PASSWORDS_A = {"Kx7!vQ2": False, "Kx7!vQ2#": True, "Kx7!vQ2#" + "mZ9.tR4+" * 7: True,
               "Kx7!vQ2#" + "mZ9.tR4+" * 7 + "w": False, "Kx7~vQ2\"": True, "Kx7 vQ2#": False,
               "kx7!vq2#": False, "KX7!VQ2#": False, "Kxp!vQw#": False, "Kx7avQ2b": False}
PASSWORDS_B = {"hjq7zmw": False, "hjq7zmwt": True, "hjq7zmwt" * 8: True, "hjq7zmwt" * 8 + "x": False,
               "_h.q!7#z$m%w&t'x(k)p<j>v": True, "hq7,zmwtx": False, "hq7-zmwtx": False, "hq7@zmwtx": False,
               "hq7\"zmwtx": False}
# The words of panel B's manual: "not simple".
SIMPLE_B = ("aaaaaaaa", "abcdefgh", "12345678")


def tried(scratch, cases, command):
    """What came of each case that was not wanted."""
    wrong = []
    for case, fine in cases.items():
        result = command(case)
        if result.returncode != (0 if fine else 65):
            wrong.append((case, result.returncode, result.stderr))
    credentials.check_settled(scratch)
    return wrong


@pytest.mark.parametrize("plan", [*A, "site"])
def test_names(scratch, plan):
    scratch.cli("domain", "add", "x.example", "--plan", plan)
    assert tried(scratch, NAMES_B if plan == "site" else NAMES_A, lambda name: scratch.run(
        "account", "create", "--external-auth", f"{name}@x.example")) == []


@pytest.mark.parametrize("plan", [*A, "site"])
def test_passwords(scratch, plan):
    scratch.cli("domain", "add", "x.example", "--plan", plan)
    cases = PASSWORDS_B | dict.fromkeys(SIMPLE_B, False) if plan == "site" else PASSWORDS_A
    assert tried(scratch, cases, lambda password: scratch.run(
        "account", "password", "postmaster@x.example", "--password-stdin", stdin=password)) == []


@pytest.mark.parametrize("plan", ["business-standard", "kwc"])
def test_capacities_to_choose_from(scratch, plan):
    scratch.cli("domain", "add", "x.example", "--plan", plan)
    scratch.add_account("taro@x.example")
    cases = {f"{number}G": True for number in CHOICES}
    cases |= {f"{number * 1024 + beside}M": False for number in CHOICES for beside in (-1, 1)
              if number * 1024 + beside > 0}
    cases |= {f"{number}G": False for number in (3, 4, 6, 101, 200)}
    assert tried(scratch, cases, lambda size: scratch.run(
        "account", "set", "taro@x.example", "--capacity", size)) == []


def test_capacities_in_a_range(scratch):
    scratch.cli("domain", "add", "x.example", "--plan", "site")
    scratch.add_account("taro@x.example")
    cases = {"1M": True, "1023K": False, "0": False, "10.5G": True, "10752M": True,
             "10752.1M": False, "11G": False, "1.5M": True}
    assert tried(scratch, cases, lambda size: scratch.run(
        "account", "set", "taro@x.example", "--capacity", size)) == []


SPAM = {"--tag": "on", "--sort": "on", "--tag-text": "[x]", "--score": "6", "--action": "delete"}
ALLOWED = {"open": set(SPAM), "site": set(SPAM), "business-standard": {"--tag", "--sort"},
           "kwc": {"--tag", "--sort"}, "sv-basic": {"--tag"}}


@pytest.mark.parametrize("plan", [*A, "site"])
def test_spam(scratch, plan):
    scratch.cli("domain", "add", "x.example", "--plan", plan)
    cases = {option: option in ALLOWED[plan] for option in SPAM}
    assert tried(scratch, cases, lambda option: scratch.run(
        "spam", "set", "postmaster@x.example", option, SPAM[option])) == []
    lists = dict.fromkeys(("allow", "block"), plan in ("open", "site"))
    assert tried(scratch, lists, lambda verb: scratch.run(
        "spam", verb, "postmaster@x.example", "@friend.example")) == []
    result = scratch.run("spam", "set", "postmaster@x.example", "--action", "delete")
    assert plan in ("open", "site") or f"plan {plan}" in result.stderr


@pytest.mark.parametrize("plan, targets, width, settable", [
    ("open", 100, None, True), ("business-standard", 20, 600, False), ("kwc", 20, 600, False),
    ("sv-basic", 20, 600, False), ("site", 20, None, False)])
def test_forwards_auto_replies_and_retention(scratch, plan, targets, width, settable):
    scratch.cli("domain", "add", "x.example", "--plan", plan)
    name = "postmaster@x.example"
    assert tried(scratch, {targets: True, targets + 1: False}, lambda count: scratch.run(
        "forward", "set", name, *[f"t{n}@out.example" for n in range(count)], "--keep-copy")) == []
    widths = {(width or 5000): True, (width or 65536) + 1: False}
    assert tried(scratch, widths, lambda count: scratch.run(
        "autoreply", "set", name, "--subject", "away", "--body", "x" * count)) == []
    assert tried(scratch, dict.fromkeys((name, "x.example"), settable), lambda subject: scratch.run(
        "retention", "set", subject, "--archive", "90d")) == []
