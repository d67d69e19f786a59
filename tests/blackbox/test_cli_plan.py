# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""`plan add` and `plan set`: every field, checked; what is there already stays."""

import pytest

BUILT_IN = ("open", "business-standard", "kwc", "sv-basic", "site")
# Field -> (a value as it is written, what --json says then)
VALUES = {
    "capacity_choices": ("1G,1.5G", [1073741824, 1610612736]),
    "capacity_minimum_bytes": ("1M", 1048576),
    "capacity_maximum_bytes": ("10G", 10737418240),
    "capacity_required": ("on", True),
    "capacity_default_bytes": ("2G", 2147483648),
    "quota_grace_bytes": ("100K", 102400),
    "full_is_temporary": ("on", True),
    "quota_warnings": ("off", False),
    "receive_off": ("refuses", "refuses"),
    "forward_allowed": ("off", False),
    "forward_targets_maximum": ("7", 7),
    "auto_reply_allowed": ("off", False),
    "auto_reply_width_maximum": ("300", 300),
    "auto_reply_interval_seconds": ("1d", 86400),
    "spam_tag_allowed": ("off", False),
    "spam_tag_default": ("on", True),
    "spam_tag_text": ("[迷惑]", "[迷惑]"),
    "spam_tag_text_settable": ("off", False),
    "spam_sort_allowed": ("off", False),
    "spam_sort_default": ("on", True),
    "spam_folder": ("Spam", "Spam"),
    "spam_actions_allowed": ("off", False),
    "spam_lists_allowed": ("off", False),
    "spam_score_hundredths": ("650", 650),
    "send_messages_per_hour": ("100", 100),
    "send_messages_per_day": ("1000", 1000),
    "send_recipients_per_hour": ("200", 200),
    "send_recipients_per_day": ("2000", 2000),
    "retention_kind": ("fixed", "fixed"),
    "archive_seconds": ("90d", 7776000),
    "trash_seconds": ("12h", 43200),
    "junk_seconds": ("30m", 1800),
    "trash_names": ("Deleted Items,ごみ箱", ["Deleted Items", "ごみ箱"]),
    "registration_rows_maximum": ("5", 5),
    "name_rule": ("b", "b"),
    "name_length_minimum": ("3", 3),
    "name_length_maximum": ("20", 20),
    "password_rule": ("b", "b"),
    "password_length_minimum": ("10", 10),
    "password_length_maximum": ("20", 20),
    "password_dictionary": ("off", False),
    "full_name_required": ("on", True),
    "present_from_start": ("postmaster,abuse", ["postmaster", "abuse"]),
    "capacity_kind": ("range", "range"),
}


def without_name(plan):
    return {field: value for field, value in plan.items() if field != "plan"}


@pytest.mark.parametrize("name", BUILT_IN)
def test_add_copies_everything(scratch, name):
    scratch.cli("plan", "add", "mine", "--from", name)
    assert without_name(scratch.json("plan", "show", "mine")) == without_name(
        scratch.json("plan", "show", name))
    assert [plan["plan"] for plan in scratch.json("plan", "list")["items"]] == [*BUILT_IN, "mine"]


def test_every_field_can_be_set(scratch):
    scratch.cli("plan", "add", "mine", "--from", "open")
    assert set(VALUES) == set(without_name(scratch.json("plan", "show", "mine")))
    for field, (text, want) in VALUES.items():
        scratch.cli("plan", "set", "mine", f"{field}={text}")
        assert scratch.json("plan", "show", "mine")[field] == want, field
    shown = scratch.json("plan", "show", "mine")
    assert without_name(shown) == {field: want for field, (_, want) in VALUES.items()}
    # In the readable form, too, a line for each.
    assert len(scratch.cli("plan", "show", "mine").splitlines()) >= len(shown)
    log = scratch.json("log", "--account", "mine")["items"]
    assert log[-1]["before"] == {"capacity_kind": "any"}
    assert log[-1]["after"] == {"capacity_kind": "range"}
    assert scratch.json("plan", "show", "open")["capacity_kind"] == "any"


@pytest.mark.parametrize("plan, words, want", [
    ("open", ["colour=red"], "no field colour"),
    ("open", ["capacity_kind=some"], "any, choices, range, fixed"),
    ("open", ["capacity_kind=choices"], "capacity_choices"),
    ("open", ["capacity_default_bytes=5"], "not a size"),
    ("open", ["capacity_choices=1G,x"], "not a size"),
    ("open", ["forward_allowed=yes"], "neither on nor off"),
    ("open", ["forward_targets_maximum=-1"], "0 to 2147483647"),
    ("open", ["forward_targets_maximum=2147483648"], "0 to 2147483647"),
    ("open", ["name_length_maximum=65"], "1 to 64"),
    ("open", ["name_length_minimum=0"], "1 to 64"),
    ("open", ["name_length_minimum=33"], "name_length_maximum"),
    ("open", ["password_length_minimum=65"], "password_length_maximum"),
    ("open", ["archive_seconds=180"], "not a duration"),
    ("open", ["archive_seconds=inherit"], "not a duration"),
    ("open", ["spam_folder="], "not a line"),
    ("open", ["spam_tag_text=a\nb"], "not a line"),
    ("open", ["present_from_start=abuse"], "lacks postmaster"),
    ("open", ["present_from_start=postmaster,-x"], "name that the plan does not allow"),
    ("open", ["retention_kind=none"], "must be 0"),
    ("kwc", ["capacity_default_bytes=3G"], "not a capacity that the plan gives"),
    ("site", ["capacity_default_bytes=0"], "not a capacity that the plan gives"),
    ("site", ["capacity_maximum_bytes=512K"], "below the smallest"),
])
def test_bad_values_change_nothing(scratch, plan, words, want):
    before = scratch.json("plan", "show", plan)
    result = scratch.run("--yes", "plan", "set", plan, "forward_allowed=off", *words)
    assert result.returncode == 65 and want in result.stderr, result.stderr
    assert scratch.json("plan", "show", plan) == before


def test_bad_names(scratch):
    for name in ("", "Mine", "1mine", "-mine", "my plan", "x" * 33):
        scratch.cli("plan", "add", "--from", "open", "--", name, status=65)
    scratch.cli("plan", "add", "x" * 32, "--from", "open")
    scratch.cli("plan", "add", "open", "--from", "site", status=73)
    scratch.cli("plan", "add", "mine", "--from", "none", status=67)
    scratch.cli("plan", "add", "mine", status=64)
    scratch.cli("plan", "set", "none", "forward_allowed=on", status=67)
    scratch.cli("plan", "set", "open", status=64)
    scratch.cli("plan", "set", "open", "forward_allowed", status=64)


def test_set_shows_what_it_forbids_and_changes_no_account(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("domain", "add", "b.example")
    scratch.cli("domain", "add", "other.example", "--plan", "kwc")
    scratch.add_account("taro@a.example", "--capacity", "3G")
    scratch.add_account("hana@b.example", "--capacity", "1G")
    scratch.cli("forward", "set", "hana@b.example", "x@out.example", "--keep-copy")
    words = ["plan", "set", "open", "capacity_kind=choices", "capacity_choices=0,1G",
             "forward_allowed=off"]
    assert scratch.run(*words).returncode == 64, "a question without a terminal"
    result = scratch.run("--yes", *words)
    assert result.returncode == 0
    assert "its capacity for 1 account: taro@a.example" in result.stderr
    assert "its forward for 1 account: hana@b.example" in result.stderr
    assert "other.example" not in result.stderr
    assert scratch.json("account", "show", "taro@a.example")["capacity_bytes"] == 3 << 30
    assert scratch.json("forward", "show", "hana@b.example")["forward_targets"] == ["x@out.example"]
    # From now on the rule holds.
    scratch.cli("account", "create", "new@a.example", "--external-auth", "--capacity", "2G",
                status=65)
    scratch.cli("forward", "set", "taro@a.example", "x@out.example", "--keep-copy", status=65)


def test_a_plan_of_ones_own_holds_for_its_domain(scratch):
    scratch.cli("plan", "add", "small", "--from", "site")
    scratch.cli("plan", "set", "small", "capacity_maximum_bytes=2G", "present_from_start=postmaster,info")
    scratch.cli("domain", "add", "s.example", "--plan", "small")
    listed = {item["address"] for item in scratch.json("account", "list")["items"]}
    assert listed == {"postmaster@s.example", "info@s.example"}
    scratch.cli("account", "create", "a@s.example", "--external-auth", "--capacity", "2G")
    scratch.cli("account", "create", "b@s.example", "--external-auth", "--capacity", "2.1G",
                status=65)
    # Names that come later are made when the domain is given the plan once more.
    scratch.cli("plan", "set", "small", "present_from_start=postmaster,info,abuse")
    scratch.cli("domain", "set", "s.example", "--plan", "small")
    scratch.cli("account", "show", "abuse@s.example")


def test_dry_run_changes_nothing(scratch):
    before = scratch.json("plan", "list")
    scratch.cli("--dry-run", "plan", "add", "mine", "--from", "open")
    scratch.cli("--dry-run", "plan", "set", "open", "forward_allowed=off")
    assert scratch.json("plan", "list") == before


def test_capacities_to_choose_from_are_shown(scratch):
    shown = scratch.cli("plan", "show", "business-standard")
    assert "0, 1G, 2G, 5G, 10G, 20G, 50G, 100G" in shown
