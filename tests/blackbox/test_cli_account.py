# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""account create, set, show, suspend, resume; alias, forward, receive."""

import pytest

import credentials
from fake_doveadm import doveadm  # noqa: F401 (a fixture)

GIB = 1024**3
FIELDS = {
    "address", "login", "name", "domain", "plan", "full_name", "comment", "language", "rights",
    "capacity_bytes", "usage_bytes", "usage_messages", "receive", "aliases", "forward_targets",
    "forward_keep_copy", "spam", "auto_reply",
    "suspended", "force_changed", "external_auth", "status", "imap", "pop3",
    "submission", "managesieve", "archive_seconds", "trash_seconds", "junk_seconds", "hold_reason",
    "created_at", "last_login_at", "last_delivery_at", "send_messages_per_hour",
    "send_messages_per_day", "send_recipients_per_hour", "send_recipients_per_day",
    "sent_messages_this_hour", "sent_messages_this_day", "sent_recipients_this_hour",
    "sent_recipients_this_day",
}


def test_create_and_show(scratch):
    scratch.cli("domain", "add", "a.example")
    created = scratch.json("account", "create", "Taro@A.Example", "--external-auth", "--capacity",
                           "1.5G", "--full-name", "山田 太郎", "--comment", "総務部", "--alias",
                           "info", "--alias", "Sales@a.example", "--language", "ja", "--rights",
                           "admin")
    shown = scratch.json("account", "show", "taro@a.example")
    assert shown == created
    assert set(shown) == FIELDS
    want = {"address": "taro@a.example", "login": "taro@a.example", "name": "taro",
            "full_name": "山田 太郎", "comment": "総務部", "language": "ja", "rights": "admin",
            "capacity_bytes": 3 * GIB // 2, "usage_bytes": None, "receive": True,
            "aliases": ["info@a.example", "sales@a.example"], "forward_targets": [],
            "suspended": False, "status": "active", "archive_seconds": 180 * 86400,
            "trash_seconds": 31 * 86400}
    assert {key: shown[key] for key in want} == want
    home = credentials.read(scratch)["taro@a.example"].home
    assert scratch.folder.joinpath("mail") == scratch.folder.joinpath(home).parent
    credentials.check_settled(scratch)
    text = scratch.cli("account", "show", "info@a.example")
    assert "山田 太郎" in text and "1.5G" in text


def test_home_belongs_to_the_mail_user(scratch):
    scratch.cli("domain", "add", "a.example")
    home = scratch.folder / credentials.read(scratch)["postmaster@a.example"].home
    assert home.owner() == "vmail" and home.group() == "vmail"
    assert home.stat().st_mode & 0o7777 == 0o700


NAMES = [
    ("open", "ab", 0), ("open", "a-b.c_d", 0), ("open", "a" * 32, 0), ("open", "a", 65),
    ("open", "a" * 33, 65), ("open", "-ab", 65), ("open", "ab.", 65), ("open", "a..b", 65),
    ("open", "a$", 65), ("open", "a b", 65), ("open", "", 65), ("open", "a+b", 65),
    ("open", "日本", 65), ("open", 'a"b', 65), ("open", "a'b", 65), ("open", "a\nb", 65),
    ("site", "a", 0), ("site", "-a", 0), ("site", "ab$", 0), ("site", "a$b", 65),
    ("site", "a.b", 65),
]


@pytest.mark.parametrize("plan, name, status", NAMES)
def test_names(scratch, plan, name, status):
    scratch.cli("domain", "add", "a.example", "--plan", plan)
    result = scratch.run("account", "create", f"{name}@a.example", "--capacity", "2G",
                         "--external-auth")
    assert result.returncode == status, result.stderr
    if status == 65:
        assert f"plan {plan}" in result.stderr
        assert scratch.run("account", "show", f"{name}@a.example").returncode == 67
    credentials.check_settled(scratch)


CAPACITIES = [
    ("open", None, 0, 0), ("open", "0", 0, 0), ("open", "100M", 0, 100 * 1024**2),
    ("open", "1", 65, None), ("open", "5 G", 65, None), ("open", "-1G", 65, None),
    ("open", "9999999999G", 65, None), ("open", "", 65, None),
    ("kwc", None, 0, 5 * GIB), ("kwc", "0", 0, 0), ("kwc", "100G", 0, 100 * GIB),
    ("kwc", "3G", 65, None), ("sv-basic", None, 0, 0), ("sv-basic", "0", 0, 0),
    ("sv-basic", "1G", 65, None), ("site", None, 0, GIB), ("site", "0", 65, None),
    ("site", "1M", 0, 1024**2), ("site", "1023K", 65, None), ("site", "10.5G", 0, 21 * GIB // 2),
    ("site", "10.6G", 65, None),
]


@pytest.mark.parametrize("plan, capacity, status, want_bytes", CAPACITIES)
def test_capacities(scratch, plan, capacity, status, want_bytes):
    scratch.cli("domain", "add", "a.example", "--plan", plan)
    options = [] if capacity is None else ["--capacity", capacity]
    result = scratch.run("account", "create", "taro@a.example", "--external-auth", *options)
    assert result.returncode == status, result.stderr
    if status == 0:
        assert scratch.json("account", "show", "taro@a.example")["capacity_bytes"] == want_bytes
    else:
        assert scratch.run("account", "show", "taro@a.example").returncode == 67
        if plan != "open":
            assert f"plan {plan}" in result.stderr


def test_upper_limit_of_the_domain_in_a_range(scratch):
    scratch.cli("domain", "add", "a.example", "--plan", "site", "--max-account-capacity", "2G")
    scratch.add_account("a1@a.example", "--capacity", "2G")
    scratch.cli("account", "create", "a2@a.example", "--capacity", "2049M", status=65)
    scratch.cli("domain", "set", "a.example", "--max-account-capacity", "0")
    scratch.add_account("a2@a.example", "--capacity", "2049M")


@pytest.mark.parametrize("options, status", [
    (["--full-name", "two\nlines"], 65), (["--comment", "\x7f"], 65), (["--language", "xx"], 65),
    (["--alias", "x@other.example"], 65), (["--alias", "x+y"], 65), (["--alias", "a b"], 65),
    (["--alias", "@a.example"], 65), (["--capacity", "x"], 65), (["--alias", "postmaster"], 73),
    (["--generate", "--external-auth"], 64), (["--password-hash", "nonsense"], 65),
])
def test_bad_options_change_nothing(scratch, options, status):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("account", "create", "taro@a.example", *options, status=status)
    scratch.cli("account", "show", "taro@a.example", status=67)
    scratch.add_account("taro@a.example", "--comment", "old")
    before = scratch.json("account", "show", "taro@a.example")
    scratch.cli("account", "set", "taro@a.example", "--rights", "new", *options, status=status)
    assert scratch.json("account", "show", "taro@a.example") == before
    credentials.check_settled(scratch)


def test_text_that_is_not_utf8_is_refused(scratch):
    scratch.cli("domain", "add", "a.example")
    result = scratch.run("account", "create", "taro@a.example", "--comment", b"\x83\x65")
    assert result.returncode == 65 and "UTF-8" in result.stderr


def test_addresses_that_are_taken(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example", "--alias", "info")
    assert "already" in scratch.run("account", "create", "taro@a.example").stderr
    scratch.cli("account", "create", "taro@a.example", status=73)
    result = scratch.run("account", "create", "info@a.example")
    assert result.returncode == 73 and "taro@a.example" in result.stderr
    scratch.add_account("jiro@a.example")
    scratch.cli("alias", "add", "jiro@a.example", "fresh", "info", status=73)
    assert scratch.json("alias", "list", "jiro@a.example")["items"] == [], "all or nothing"
    scratch.cli("alias", "add", "jiro@a.example", "taro", status=73)
    scratch.cli("alias", "add", "jiro@a.example", "jiro", status=73)


def test_unknown_things(scratch):
    scratch.cli("domain", "add", "a.example")
    for words in (["account", "show"], ["account", "suspend"], ["account", "resume"],
                  ["alias", "list"], ["forward", "show"], ["forward", "off"], ["receive", "on"],
                  ["receive", "off"], ["alias", "remove"]):
        scratch.cli(*words, "nobody@a.example", status=67)
    scratch.cli("account", "create", "taro@unknown.example", status=67)
    scratch.cli("account", "create", "taro", status=64)
    scratch.cli("account", "set", "nobody@a.example", "--comment", "x", status=67)
    scratch.cli("account", "password", "nobody@a.example", "--generate", status=67)


def test_set_keeps_what_is_not_given(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example", "--comment", "old", "--full-name", "Taro", "--alias", "a1",
                        "--capacity", "1G")
    before = scratch.json("account", "show", "taro@a.example")
    changed = scratch.json("account", "set", "taro@a.example", "--capacity", "2G")
    assert changed == before | {"capacity_bytes": 2 * GIB}
    assert scratch.json("account", "set", "taro@a.example", "--comment", "")["comment"] == ""
    scratch.cli("account", "set", "taro@a.example", status=64)


def test_set_aliases_replaces_them(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example", "--alias", "a1", "--alias", "a2")
    changed = scratch.json("account", "set", "taro@a.example", "--alias", "a2", "--alias", "a3")
    assert changed["aliases"] == ["a2@a.example", "a3@a.example"]
    assert scratch.json("account", "set", "taro@a.example", "--alias", "")["aliases"] == []


def test_full_name_is_required_where_the_plan_says_so(scratch):
    scratch.cli("domain", "add", "b.example", "--plan", "site")
    scratch.add_account("taro@b.example", "--capacity", "1G")
    assert scratch.json("account", "show", "taro@b.example")["full_name"] == "taro"
    result = scratch.run("account", "set", "taro@b.example", "--full-name", "")
    assert result.returncode == 65 and "site" in result.stderr


def test_capacity_below_the_usage_is_said(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    scratch.put_usage("taro@a.example", 2 * GIB)
    shown = scratch.json("account", "set", "taro@a.example", "--capacity", "1G")
    assert any("holds 2G" in text for text in shown["warnings"])
    assert shown["usage_bytes"] == 2 * GIB
    assert "warnings" not in scratch.json("account", "set", "taro@a.example", "--capacity", "3G")


def test_suspend_and_resume(scratch, doveadm):
    kick = ["-c", "X", "kick", "taro@a.example"]
    scratch.cli("migrate", f"doveadm_command={doveadm.path} -c X")
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    assert doveadm.calls == []
    assert scratch.json("account", "suspend", "taro@a.example")["suspended"]
    assert doveadm.calls == [kick]
    assert credentials.read(scratch)["taro@a.example"].allowed == frozenset()
    scratch.cli("account", "suspend", "taro@a.example")
    assert doveadm.calls == [kick] * 2, "a repeated suspension ends sessions that were left"
    shown = scratch.json("account", "resume", "taro@a.example")
    assert not shown["suspended"] and shown["status"] == "active"
    assert len(doveadm.calls) == 2
    credentials.check_settled(scratch)


@pytest.mark.parametrize("program", ["/bin/false", "/nonexistent/doveadm"])
def test_kick_that_fails_is_a_warning(scratch, program):
    scratch.cli("migrate", f"doveadm_command={program}")
    scratch.cli("domain", "add", "a.example")
    result = scratch.run("account", "suspend", "postmaster@a.example")
    assert result.returncode == 0 and "kick 'postmaster@a.example'" in result.stderr
    credentials.check_settled(scratch)


# ---- alias ----


def test_aliases(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    added = scratch.json("alias", "add", "taro@a.example", "b1", "A1@a.example", "b1")
    assert added["aliases"] == ["a1@a.example", "b1@a.example"]
    scratch.cli("alias", "add", "taro@a.example", "a1")
    listed = scratch.json("alias", "list", "b1@a.example")
    assert [item["alias"] for item in listed["items"]] == ["a1@a.example", "b1@a.example"]
    scratch.cli("alias", "remove", "a1@a.example", "unknown@a.example", status=67)
    scratch.cli("alias", "remove", "taro@a.example", status=65)
    assert len(scratch.json("alias", "list", "taro@a.example")["items"]) == 2
    scratch.cli("alias", "remove", "a1@a.example", "B1@a.example")
    assert scratch.json("alias", "list", "taro@a.example")["items"] == []


def test_alias_of_the_plain_name_on_a_prefix_domain(scratch):
    scratch.cli("domain", "add", "a.example", "--login-prefix", "aa")
    scratch.add_account("taro@a.example", "--alias", "taro")
    assert scratch.json("account", "show", "taro@a.example")["aliases"] == ["taro@a.example"]
    scratch.cli("alias", "remove", "taro@a.example")
    scratch.cli("alias", "remove", "taro@a.example", status=65)


# ---- forward ----


def test_forward(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    scratch.cli("forward", "set", "taro@a.example", "x@else.example", status=64)
    scratch.cli("forward", "set", "taro@a.example", "x@else.example", "--keep-copy", "--no-copy",
                status=64)
    result = scratch.json("forward", "set", "taro@a.example", "Z@Else.example", "a@else.example",
                          "z@else.example", "--no-copy")
    assert result == {"address": "taro@a.example",
                      "forward_targets": ["z@else.example", "a@else.example"],
                      "forward_keep_copy": False}
    assert scratch.json("forward", "show", "taro@a.example") == result
    scratch.cli("forward", "set", "taro@a.example", "b@else.example", "--keep-copy")
    shown = scratch.json("account", "show", "taro@a.example")
    assert shown["forward_targets"] == ["b@else.example"] and shown["forward_keep_copy"]
    assert scratch.json("forward", "off", "taro@a.example")["forward_targets"] == []


@pytest.mark.parametrize("target", [
    "taro@a.example", "taro+x@a.example", "info@a.example", "nobody@a.example", "nonsense", "",
    "@else.example", "a@b", "17@boxkeeper.invalid", "jiro@a.example", "saburo@a.example",
])
def test_forward_targets_that_are_refused(scratch, target):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example", "--alias", "info")
    scratch.add_account("jiro@a.example")
    scratch.add_account("saburo@a.example")
    scratch.cli("forward", "set", "jiro@a.example", "taro@a.example", "--no-copy")
    scratch.cli("forward", "set", "saburo@a.example", "jiro@a.example", "--no-copy")
    result = scratch.run("forward", "set", "taro@a.example", "ok@else.example", target, "--no-copy")
    assert result.returncode == 65 and target in result.stderr
    assert scratch.json("forward", "show", "taro@a.example")["forward_targets"] == []


def test_number_of_forward_targets(scratch):
    scratch.cli("domain", "add", "a.example", "--plan", "kwc")
    scratch.add_account("taro@a.example")
    targets = [f"t{i}@else.example" for i in range(21)]
    result = scratch.run("forward", "set", "taro@a.example", *targets, "--keep-copy")
    assert result.returncode == 65 and "kwc" in result.stderr
    scratch.cli("forward", "set", "taro@a.example", *targets[:20], "--keep-copy")


# ---- receive ----


def test_receive(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("domain", "add", "b.example", "--plan", "site")
    assert "dropped" in scratch.run("receive", "off", "postmaster@a.example").stderr
    assert "550" in scratch.run("receive", "off", "postmaster@b.example").stderr
    assert not scratch.json("account", "show", "postmaster@a.example")["receive"]
    assert scratch.json("receive", "on", "postmaster@a.example") == {
        "address": "postmaster@a.example", "receive": True}
