# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""domain and plan."""

import pytest

import credentials
from fake_doveadm import doveadm  # noqa: F401 (a fixture)

GIB = 1024**3


def test_add_makes_the_first_accounts(scratch):
    added = scratch.json("domain", "add", "a.example")
    assert (added["domain"], added["plan"], added["accounts"]) == ("a.example", "open", 1)
    shown = scratch.json("account", "show", "postmaster@a.example")
    assert shown["receive"] and shown["status"] == "active"
    row = credentials.read(scratch)["postmaster@a.example"]
    assert row.password_hash is None, "no login until a password is set"
    credentials.check_settled(scratch)


def test_site_has_two_first_accounts_with_its_default_capacity(scratch):
    scratch.cli("domain", "add", "b.example", "--plan", "site")
    for name in ("postmaster", "mailadmin"):
        shown = scratch.json("account", "show", f"{name}@b.example")
        assert shown["capacity_bytes"] == GIB
        assert shown["full_name"] == name


@pytest.mark.parametrize("name, status", [
    ("A.Example", 0), ("xn--eckwd4c7c.example", 0), ("a-b.c.example", 0),
    ("example", 65), ("-a.example", 65), ("a..example", 65), ("a_b.example", 65), ("", 65),
    ("a.example.", 65), ("boxkeeper.invalid", 65), ("x.boxkeeper.invalid", 65),
    ("user@a.example", 65), ("日本.example", 65), (("a" * 64) + ".example", 65),
])
def test_domain_names(scratch, name, status):
    scratch.cli("domain", "add", name, status=status)
    listed = [item["domain"] for item in scratch.json("domain", "list")["items"]]
    assert listed == ([name.lower()] if status == 0 else [])


def test_a_domain_is_added_once(scratch):
    scratch.cli("domain", "add", "a.example")
    result = scratch.run("domain", "add", "A.EXAMPLE")
    assert result.returncode == 73
    assert "domain set" in result.stderr


def test_unknown_plan_and_domain(scratch):
    scratch.cli("domain", "add", "a.example", "--plan", "nonsense", status=67)
    scratch.cli("domain", "show", "a.example", status=67)
    scratch.cli("domain", "set", "a.example", "--max-accounts", "1", status=67)
    scratch.cli("domain", "suspend", "a.example", status=67)
    scratch.cli("domain", "remove", "a.example", "--yes", status=67)
    scratch.cli("plan", "show", "nonsense", status=67)


@pytest.mark.parametrize("prefix, status", [
    ("aa", 0), ("AA", 0), ("a1", 0), ("a" * 16, 0),
    ("a" * 17, 65), ("a_b", 65), ("1a", 65), ("", 65), ("a-b", 65), ("あ", 65),
])
def test_login_prefixes(scratch, prefix, status):
    scratch.cli("domain", "add", "a.example", "--login-prefix", prefix, status=status)


def test_login_prefix_is_unique_on_the_server(scratch):
    scratch.cli("domain", "add", "a.example", "--login-prefix", "aa")
    result = scratch.run("domain", "add", "b.example", "--login-prefix", "aa")
    assert result.returncode == 73 and "a.example" in result.stderr
    assert scratch.run("domain", "show", "b.example").returncode == 67


def test_prefix_domain(scratch):
    scratch.cli("domain", "add", "a.example", "--login-prefix", "aa")
    scratch.add_account("taro@a.example")
    for name in ("aa_taro@a.example", "aa_taro", "taro@a.example"):
        shown = scratch.json("account", "show", name)
        assert (shown["address"], shown["login"]) == ("aa_taro@a.example", "aa_taro")
    credentials.check_settled(scratch)


LIMITS = [
    (["--max-accounts", "3"], {"accounts_maximum": 3}),
    (["--max-accounts", "0"], {"accounts_maximum": 0}),
    (["--max-capacity", "100G", "--default-capacity", "1G"],
     {"capacity_sum_maximum_bytes": 100 * GIB, "default_capacity_bytes": GIB}),
    (["--default-capacity", "1.5G"], {"default_capacity_bytes": 3 * GIB // 2}),
    (["--time-zone", "Asia/Tokyo"], {"time_zone": "Asia/Tokyo"}),
    (["--language", "ja"], {"language": "ja"}),
]


@pytest.mark.parametrize("options, want", LIMITS)
def test_limits_can_be_added_and_set(scratch, options, want):
    added = scratch.json("domain", "add", "a.example", *options)
    scratch.cli("domain", "add", "b.example")
    changed = scratch.json("domain", "set", "b.example", *options)
    for key, value in want.items():
        assert added[key] == value
        assert changed[key] == value


@pytest.mark.parametrize("options, status", [
    (["--max-accounts", "-1"], 65), (["--max-accounts", "many"], 65), (["--max-accounts", ""], 65),
    (["--max-capacity", "10"], 65), (["--max-capacity", "-1G"], 65), (["--max-capacity", ""], 65),
    (["--default-capacity", "x"], 65), (["--time-zone", "Asia/Nowhere"], 65),
    (["--time-zone", "../../etc/passwd"], 65), (["--time-zone", "/etc/passwd"], 65),
    (["--time-zone", "Asia"], 65), (["--max-account-capacity", "1G"], 65), ([], 64),
    (["--login-prefix", "x"], 64), (["--plan", "nonsense"], 67),
])
def test_bad_values_change_nothing(scratch, options, status):
    scratch.cli("domain", "add", "a.example")
    before = scratch.json("domain", "show", "a.example")
    scratch.cli("domain", "set", "a.example", *options, status=status)
    assert scratch.json("domain", "show", "a.example") == before


def test_inherit_and_empty_clear(scratch):
    scratch.cli("domain", "add", "a.example", "--default-capacity", "1G", "--time-zone", "UTC")
    changed = scratch.json("domain", "set", "a.example", "--default-capacity", "inherit",
                           "--time-zone", "")
    assert changed["default_capacity_bytes"] == -1
    assert changed["time_zone"] is None


def test_default_capacity_must_be_allowed_by_the_plan(scratch):
    scratch.cli("domain", "add", "a.example", "--plan", "kwc", "--default-capacity", "5G")
    result = scratch.run("domain", "set", "a.example", "--default-capacity", "3G")
    assert result.returncode == 65 and "kwc" in result.stderr


def test_number_of_accounts_is_limited(scratch):
    scratch.cli("domain", "add", "a.example", "--max-accounts", "2")
    scratch.add_account("taro@a.example")
    result = scratch.run("account", "create", "jiro@a.example")
    assert result.returncode == 65 and "--max-accounts" in result.stderr
    scratch.cli("domain", "set", "a.example", "--max-accounts", "3")
    scratch.add_account("jiro@a.example")


def test_total_capacity_is_limited(scratch):
    scratch.cli("domain", "add", "a.example", "--max-capacity", "5G", "--default-capacity", "1G")
    scratch.add_account("taro@a.example", "--capacity", "3G")
    scratch.cli("account", "create", "jiro@a.example", "--capacity", "1025M", status=65)
    scratch.cli("account", "create", "jiro@a.example", "--capacity", "0", status=65)
    scratch.add_account("jiro@a.example", "--capacity", "1G")
    scratch.cli("account", "set", "jiro@a.example", "--capacity", "1025M", status=65)
    scratch.cli("account", "set", "jiro@a.example", "--capacity", "1023M")


def test_first_accounts_must_fit_in_the_total(scratch):
    result = scratch.run("domain", "add", "a.example", "--max-capacity", "5G")
    assert result.returncode == 65 and "--default-capacity" in result.stderr
    scratch.cli("domain", "show", "a.example", status=67)


def test_limit_below_what_is_there_is_said(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    assert "accounts already" in scratch.run("domain", "set", "a.example", "--max-accounts",
                                             "1").stderr
    warned = scratch.json("domain", "set", "a.example", "--max-capacity", "1G")
    assert any("no limit" in text for text in warned["warnings"])


def test_change_of_plan_shows_what_it_forbids_and_asks(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example", "--capacity", "3G")
    scratch.add_account("dot.ted@a.example", "--capacity", "5G")
    result = scratch.run("domain", "set", "a.example", "--plan", "site")
    assert result.returncode == 64
    assert "plan site does not allow its name for 1 account: dot.ted@a.example" in result.stderr
    assert "receive OFF is refused" in result.stderr
    assert scratch.json("domain", "show", "a.example")["plan"] == "open"
    changed = scratch.json("--yes", "domain", "set", "a.example", "--plan", "site")
    assert changed["plan"] == "site"
    assert scratch.json("account", "show", "taro@a.example")["capacity_bytes"] == 3 * GIB
    assert scratch.json("account", "show", "mailadmin@a.example")["receive"], "present from the start"
    credentials.check_settled(scratch)


FORBIDDEN = [
    "an empty full name for 2 accounts", "its forward for 1", "its auto-reply", "its spam tag (",
    "its own text of the spam tag", "its sorting of spam", "its deleting of spam",
    "its own spam score", "its lists of allowed and blocked senders", "durations of its own",
    "the default capacity of a.example", "the upper limit of a.example",
    "a.example durations of its own"]


def test_change_of_plan_lists_every_kind_of_setting(scratch):
    scratch.cli("plan", "add", "roomy", "--from", "open")
    scratch.cli("plan", "set", "roomy", "capacity_kind=range", "capacity_maximum_bytes=0",
                "capacity_minimum_bytes=1M", "capacity_default_bytes=5G")
    scratch.cli("domain", "add", "a.example", "--plan", "roomy", "--default-capacity", "3G",
                "--max-account-capacity", "50G")
    scratch.cli("retention", "set", "a.example", "--trash", "3d")
    scratch.add_account("taro@a.example", "--capacity", "5G")
    for words in (["forward", "set", "taro@a.example", "x@out.example", "--keep-copy"],
                  ["autoreply", "set", "taro@a.example", "--subject", "away", "--body", "x"],
                  ["spam", "set", "taro@a.example", "--tag", "on", "--tag-text", "X", "--sort",
                   "on", "--score", "6"],
                  ["spam", "set", "taro@a.example", "--action", "delete"],
                  ["spam", "allow", "taro@a.example", "@friend.example"],
                  ["retention", "set", "taro@a.example", "--archive", "30d"]):
        scratch.cli(*words)
    scratch.cli("plan", "add", "strict", "--from", "kwc")
    scratch.cli("plan", "set", "strict", "full_name_required=on", "forward_allowed=off",
                "auto_reply_allowed=off", "spam_tag_allowed=off", "spam_tag_text_settable=off",
                "spam_sort_allowed=off", "spam_actions_allowed=off", "spam_lists_allowed=off",
                "retention_kind=fixed")
    result = scratch.run("domain", "set", "a.example", "--plan", "strict")
    assert result.returncode == 64
    assert [text for text in FORBIDDEN if text not in result.stderr] == [], result.stderr
    assert scratch.json("domain", "show", "a.example")["plan"] == "roomy"
    dry = scratch.json("--dry-run", "--yes", "domain", "set", "a.example", "--plan", "strict")
    assert len(dry["warnings"]) >= len(FORBIDDEN)
    # Back to a plan that allows all of it, everything is as it was.
    scratch.cli("--yes", "domain", "set", "a.example", "--plan", "strict")
    scratch.cli("domain", "set", "a.example", "--plan", "roomy")
    assert scratch.json("spam", "show", "taro@a.example")["action"] == "delete"


def test_change_of_plan_looks_at_the_width_of_auto_replies(scratch):
    scratch.cli("domain", "add", "a.example")
    for name, width in (("fits", 600), ("wide", 601)):
        scratch.add_account(f"{name}@a.example", "--capacity", "5G")
        scratch.cli("autoreply", "set", f"{name}@a.example", "--subject", "away", "--body",
                    "x" * width)
    result = scratch.run("domain", "set", "a.example", "--plan", "kwc")
    assert "so long an auto-reply for 1 account: wide@a.example" in result.stderr


def test_change_of_plan_without_conflicts_does_not_ask(scratch):
    scratch.cli("domain", "add", "a.example", "--plan", "kwc")
    assert scratch.json("domain", "set", "a.example", "--plan", "business-standard")["plan"] == (
        "business-standard")


def test_suspend_and_resume_hold_for_every_account(scratch, doveadm):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("domain", "add", "b.example")
    scratch.add_account("taro@a.example")
    scratch.add_account("jiro@a.example")
    scratch.cli("account", "suspend", "jiro@a.example")
    assert scratch.json("domain", "suspend", "a.example")["suspended"]
    assert doveadm.calls == [["kick", "jiro@a.example"], ["kick", "*@a.example"]]
    rows = credentials.read(scratch)
    assert all(not rows[a].allowed for a in rows if a.endswith("@a.example"))
    assert rows["postmaster@b.example"].allowed
    credentials.check_settled(scratch)
    assert not scratch.json("domain", "resume", "a.example")["suspended"]
    rows = credentials.read(scratch)
    assert rows["taro@a.example"].allowed
    assert not rows["jiro@a.example"].allowed, "suspended by itself"
    credentials.check_settled(scratch)


def test_account_of_a_suspended_domain_rests_when_it_is_resumed(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    scratch.cli("domain", "suspend", "a.example")
    result = scratch.run("account", "resume", "taro@a.example")
    assert result.returncode == 0 and "domain is suspended" in result.stderr
    assert not credentials.read(scratch)["taro@a.example"].allowed
    scratch.add_account("new@a.example")
    assert not credentials.read(scratch)["new@a.example"].allowed
    credentials.check_settled(scratch)


def test_remove(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    result = scratch.run("--yes", "domain", "remove", "a.example")
    assert result.returncode == 77 and "taro@a.example" in result.stderr
    scratch.cli("--yes", "account", "delete", "taro@a.example")
    scratch.cli("--yes", "domain", "remove", "a.example")
    scratch.cli("domain", "show", "a.example", status=67)
    scratch.cli("account", "show", "postmaster@a.example", status=67)
    assert credentials.read(scratch) == {}
    assert not [p for p in scratch.folder.joinpath("mail").iterdir() if p.name != ".deleted"]
    scratch.cli("domain", "add", "a.example")
    credentials.check_settled(scratch)


def test_remove_respects_a_hold(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("retention", "hold", "postmaster@a.example", "--reason", "court")
    result = scratch.run("--yes", "domain", "remove", "a.example")
    assert result.returncode == 77 and "court" in result.stderr
    assert scratch.json("account", "show", "postmaster@a.example")["status"] == "active"


def test_plans_are_the_manuals(scratch):
    site = scratch.json("plan", "show", "site")
    assert site["receive_off"] == "refuses"
    assert site["present_from_start"] == ["postmaster", "mailadmin"]
    kwc = scratch.json("plan", "show", "kwc")
    assert [c // GIB for c in kwc["capacity_choices"]] == [0, 1, 2, 5, 10, 20, 50, 100]
    assert "Receive OFF" in scratch.cli("plan", "show", "kwc")


def test_language_is_that_of_new_accounts(scratch):
    scratch.cli("domain", "add", "j.example", "--language", "ja")
    scratch.add_account("taro@j.example")
    scratch.add_account("john@j.example", "--language", "en")
    languages = {item["name"]: item["language"]
                 for item in scratch.json("account", "list", "--domain", "j.example")["items"]}
    assert languages == {"postmaster": "ja", "taro": "ja", "john": "en"}
    scratch.cli("domain", "set", "j.example", "--language", "fr")
    assert scratch.json("account", "show", "taro@j.example")["language"] == "ja"
    scratch.cli("domain", "set", "j.example", "--language", "xx", status=65)
