# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""usage: what is known, and that what is not known is not shown as 0."""

import time

import pytest

MIB = 1024 * 1024


@pytest.fixture
def domain(scratch):
    scratch.cli("domain", "add", "d.example")
    scratch.add_account("taro@d.example", "--capacity", "10M")
    scratch.add_account("hana@d.example", "--capacity", "0")
    return "d.example"


def usage_of(scratch, *arguments):
    return {item["address"]: item for item in scratch.json("usage", *arguments)["items"]}


def test_unknown_is_null(scratch, domain):
    item = usage_of(scratch, "taro@d.example")["taro@d.example"]
    assert item == {"address": "taro@d.example", "usage_bytes": None, "percent": None,
                    "capacity_bytes": 10 * MIB, "usage_messages": None, "measured_at": None}
    line = scratch.cli("usage", "taro@d.example").splitlines()[1]
    assert line.split() == ["taro@d.example", "-", "10M", "-", "-", "-"]


@pytest.mark.parametrize("used, percent", [(0, 0), (5 * MIB, 50), (10 * MIB - 1, 99),
                                           (10 * MIB, 100), (15 * MIB, 150)])
def test_known(scratch, domain, used, percent):
    scratch.put_usage("taro@d.example", used)
    item = usage_of(scratch, "taro@d.example")["taro@d.example"]
    assert (item["usage_bytes"], item["percent"], item["usage_messages"]) == (used, percent, 1)
    assert abs(item["measured_at"] - time.time()) < 60


def test_unlimited_has_no_percentage(scratch, domain):
    scratch.put_usage("hana@d.example", 7)
    item = usage_of(scratch, "hana@d.example")["hana@d.example"]
    assert (item["usage_bytes"], item["capacity_bytes"], item["percent"]) == (7, 0, None)
    assert "unlimited" in scratch.cli("usage", "hana@d.example")


def test_which_accounts(scratch, domain):
    scratch.cli("domain", "add", "other.example")
    everybody = {"hana@d.example", "postmaster@d.example", "taro@d.example"}
    assert set(usage_of(scratch, "--domain", "d.example")) == everybody
    assert set(usage_of(scratch)) == everybody | {"postmaster@other.example"}
    assert set(usage_of(scratch, "taro@d.example", "hana@d.example")) == {
        "taro@d.example", "hana@d.example"}


@pytest.mark.parametrize("arguments, status", [
    (["taro@d.example", "--domain", "d.example"], 64),
    (["nobody@d.example"], 67),
    (["--domain", "none.example"], 67),
])
def test_bad_commands(scratch, domain, arguments, status):
    assert scratch.run("usage", *arguments).returncode == status


def test_state_that_is_gone_is_only_unknown(scratch, domain):
    scratch.put_usage("taro@d.example", 5)
    for file in scratch.state.parent.iterdir():
        file.unlink()
    assert usage_of(scratch, "taro@d.example")["taro@d.example"]["usage_bytes"] is None
