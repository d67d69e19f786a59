# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""account list: which accounts, in which order, which page; and log."""

import time
from datetime import datetime

import pytest

MIB = 1024**2


def addresses(scratch, *options):
    return [item["address"].split("@")[0]
            for item in scratch.json("account", "list", "--domain", "a.example", *options)["items"]]


@pytest.fixture
def five(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("domain", "add", "b.example")
    scratch.add_account("aa@a.example", "--capacity", "3M", "--full-name", "delta", "--comment",
                        "one%two")
    scratch.add_account("bb@a.example", "--capacity", "1M", "--full-name", "bravo", "--alias",
                        "sales")
    scratch.add_account("cc@a.example", "--capacity", "2M", "--full-name", "総務 太郎")
    scratch.add_account("dd@a.example", "--capacity", "0", "--full-name", "alpha")
    scratch.put_usage("aa@a.example", 3 * MIB)
    scratch.put_usage("bb@a.example", MIB - 1)
    scratch.put_usage("cc@a.example", 5 * MIB)
    scratch.cli("account", "suspend", "dd@a.example")
    return scratch


def test_order_is_by_address(five):
    assert addresses(five) == ["aa", "bb", "cc", "dd", "postmaster"]


@pytest.mark.parametrize("column, want", [
    ("address", "aa bb cc dd postmaster"), ("-address", "postmaster dd cc bb aa"),
    ("capacity", "bb cc aa dd postmaster"), ("-capacity", "postmaster dd aa cc bb"),
    ("usage", "dd postmaster bb aa cc"), ("-usage", "cc aa bb postmaster dd"),
    ("full-name", "postmaster dd bb aa cc"), ("login", "aa bb cc dd postmaster"),
])
def test_sort(five, column, want):
    assert addresses(five, "--sort", column) == want.split()


@pytest.mark.parametrize("status, want", [
    ("suspended", "dd"), ("full", "aa cc"), ("force-changed", ""), ("deleting", ""),
])
def test_status(five, status, want):
    assert addresses(five, "--status", status) == want.split()


def test_suspended_with_its_domain(five):
    five.cli("domain", "suspend", "a.example")
    assert addresses(five, "--status", "suspended") == ["aa", "bb", "cc", "dd", "postmaster"]


@pytest.mark.parametrize("text, want", [
    ("bb", "bb"), ("sales", "bb"), ("太郎", "cc"), ("BRAVO", "bb"), ("%", "aa"), ("_", ""),
    ("nobody", ""), ("a.example", "aa bb cc dd postmaster"),
])
def test_search(five, text, want):
    assert addresses(five, "--search", text) == want.split()


def test_pages(five):
    def page(number, *options):
        return five.json("account", "list", "--page-size", "2", "--page", str(number), *options)

    first = page(1)
    assert [first[k] for k in ("total", "page", "pages", "page_size")] == [6, 1, 3, 2]
    every = [item["address"] for n in (1, 2, 3) for item in page(n)["items"]]
    assert every == ["aa@a.example", "bb@a.example", "cc@a.example", "dd@a.example",
                     "postmaster@a.example", "postmaster@b.example"]
    backwards = [item["address"] for n in (1, 2, 3) for item in page(n, "--sort", "-address")["items"]]
    assert backwards == every[::-1]
    five.cli("account", "list", "--page", "4", "--page-size", "2", status=65)
    five.cli("account", "list", "--page", "0", status=65)
    five.cli("account", "list", "--page-size", "0", status=65)
    assert "3-4 of 6, page 2 of 3" in five.cli("account", "list", "--page", "2", "--page-size", "2")
    assert "no accounts" in five.cli("account", "list", "--search", "nobody")
    assert five.json("account", "list", "--search", "nobody")["items"] == []


def test_full_page_of_a_hundred_and_its_footer(scratch):
    scratch.cli("domain", "add", "a.example")
    for number in range(101):
        scratch.add_account(f"user{number:03}@a.example")
    text = scratch.cli("account", "list")
    assert text.rstrip().endswith("1-100 of 102, page 1 of 2")
    assert scratch.cli("account", "list", "--page", "2").rstrip().endswith("101-102 of 102, page 2 of 2")


def test_columns(five):
    lines = five.cli("account", "list", "--domain", "a.example", "--columns",
                     "status,address").splitlines()
    assert lines[0].split() == ["Status", "Address"]
    assert lines[4].split() == ["suspended", "dd@a.example"]
    assert "Last login" in five.cli("account", "list", "--columns", "all")
    five.cli("account", "list", "--columns", "nonsense", status=65)
    five.cli("account", "list", "--columns", "", status=65)
    five.cli("account", "list", "--sort", "nonsense", status=65)
    five.cli("account", "list", "--status", "nonsense", status=65)
    five.cli("account", "list", "--domain", "nonsense.example", status=67)


def test_full_width_characters_are_aligned(five):
    lines = five.cli("account", "list", "--domain", "a.example", "--columns",
                     "full-name,capacity").splitlines()

    def width(text):
        return sum(2 if ord(c) > 0x2E80 else 1 for c in text)

    assert "総務 太郎" in lines[3]
    assert len({width(line) for line in lines[:5]}) == 1, lines


# ---- log ----


def test_log_tells_who_what_before_and_after(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example", "--comment", "old")
    began = int(time.time())
    scratch.run("account", "set", "taro@a.example", "--comment", "new",
                environment={"SUDO_USER": "hanako"})
    entries = scratch.json("log", "--account", "taro@a.example")["items"]
    assert [e["command"] for e in entries] == ["account create", "account set"]
    assert entries[0]["before"] is None and entries[0]["after"]["comment"] == "old"
    last = entries[1]
    assert last["actor"] == "hanako (root)"
    assert last["subject"] == "taro@a.example"
    assert (last["before"], last["after"]) == ({"comment": "old"}, {"comment": "new"})
    assert began <= last["at"] <= time.time()
    assert "hanako (root)" in scratch.cli("log") and '"old" -> "new"' in scratch.cli("log")


def test_what_changes_nothing_is_not_in_the_log(scratch):
    scratch.cli("domain", "add", "a.example")
    before = scratch.json("log")
    scratch.cli("account", "set", "postmaster@a.example", "--comment", "")
    scratch.cli("receive", "on", "postmaster@a.example")
    scratch.cli("account", "resume", "postmaster@a.example")
    scratch.cli("domain", "resume", "a.example")
    scratch.cli("forward", "off", "postmaster@a.example")
    scratch.cli("account", "create", "x@a.example", status=65)
    assert scratch.json("log") == before


def test_log_of_what_is_gone(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    scratch.cli("--yes", "account", "delete", "taro@a.example")
    commands = [e["command"] for e in scratch.json("log", "--account", "Taro@a.example")["items"]]
    assert commands == ["account create", "account delete"]


def test_log_since(scratch):
    scratch.cli("domain", "add", "a.example")
    today = datetime.now()
    assert scratch.json("log", "--since", "1h")["items"]
    assert scratch.json("log", "--since", f"{today:%Y-%m-%d} 00:00")["items"]
    assert scratch.json("log", "--since", f"{today.year + 1}-01-01")["items"] == []
    scratch.cli("log", "--since", "yesterday", status=65)
    scratch.cli("log", "--since", "2026-13-01", status=65)


def test_columns_of_mail_flow(scratch):
    scratch.cli("domain", "add", "f.example")
    scratch.add_account("taro@f.example")
    scratch.cli("spam", "set", "taro@f.example", "--action", "delete")
    (item,) = scratch.json("account", "list", "--search", "taro@f")["items"]
    assert (item["spam"], item["auto_reply"]) == ("delete", False)
    table = scratch.cli("account", "list", "--search", "taro@f", "--columns",
                        "address,auto-reply,spam")
    assert table.splitlines()[1].split() == ["taro@f.example", "OFF", "delete"]


def test_forwarding_outside(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("domain", "alias", "add", "a.example", "z.example")
    for name in ("inside", "outside", "mixed", "none", "target"):
        scratch.add_account(f"{name}@a.example")
    for name, targets in (("inside", ["target@a.example", "none@z.example"]),
                          ("outside", ["x@o.example"]),
                          ("mixed", ["target@a.example", "y@o.example"])):
        scratch.cli("forward", "set", f"{name}@a.example", *targets, "--keep-copy")
    listed = scratch.json("account", "list", "--forwarding-outside")
    assert [item["address"] for item in listed["items"]] == ["mixed@a.example", "outside@a.example"]
    scratch.cli("account", "suspend", "mixed@a.example")
    listed = scratch.json("account", "list", "--forwarding-outside", "--status", "suspended")
    assert [item["address"] for item in listed["items"]] == ["mixed@a.example"]
