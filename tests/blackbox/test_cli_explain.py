# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""explain: PRODUCT.md section 5, row by row, and the setting behind each answer."""

import pytest

from daemon import relayed

MIB = 1024 * 1024


@pytest.fixture
def mail(scratch):
    """Two domains: d.example (plan open) and s.example (plan site)."""
    scratch.cli("domain", "add", "d.example")
    scratch.cli("domain", "add", "s.example", "--plan", "site")
    for name in ("taro", "hana", "jiro"):
        scratch.add_account(f"{name}@d.example", "--capacity", "10M")
    scratch.add_account("ken@s.example", "--capacity", "10M")
    return scratch


def explain(scratch, *arguments):
    return scratch.json("explain", *arguments)


def outcomes(result):
    return {target["address"]: target["outcome"] for target in result["targets"]}



# what is set, what is asked, want: action, reply begins, (field, level, subject), outcomes
TABLE = {
    "stored": ([], ["taro@d.example"], "accept", None, None, {"taro@d.example": "stored"}),
    "letter case": ([], ["TARO@D.Example"], "accept", None, None, {"taro@d.example": "stored"}),
    "extension": ([], ["taro+work@d.example"], "accept", None, None,
                  {"taro+work@d.example": "stored"}),
    "alias": ([["alias", "add", "taro@d.example", "sales@d.example"]], ["sales@d.example"],
              "accept", None, None, {"taro@d.example": "stored"}),
    "unknown address": ([], ["nobody@d.example"], "refuse", "550 5.1.1",
                        ("addresses", "built-in", None), {}),
    "domain not ours": ([], ["taro@elsewhere.example"], "not-ours", None,
                        ("domains", "built-in", None), {}),
    "internal form": ([], ["17@boxkeeper.invalid"], "refuse", "550 5.1.1",
                      ("internal_form", "built-in", None), {}),
    "suspended account": ([["account", "suspend", "taro@d.example"]], ["taro@d.example"],
                          "refuse", "550 5.2.1", ("suspended", "account", "taro@d.example"),
                          {"taro@d.example": "refused"}),
    "suspended domain": ([["domain", "suspend", "d.example"]], ["taro@d.example"],
                         "refuse", "550 5.2.1", ("suspended", "domain", "d.example"),
                         {"taro@d.example": "refused"}),
    "receive OFF": ([["receive", "off", "taro@d.example"]], ["taro@d.example"],
                    "accept", None, ("receive", "account", "taro@d.example"),
                    {"taro@d.example": "not-stored"}),
    "receive OFF in site": ([["receive", "off", "ken@s.example"]], ["ken@s.example"],
                            "refuse", "550 5.2.1", ("receive", "account", "ken@s.example"),
                            {"ken@s.example": "refused"}),
    "receive OFF with forward": (
        [["forward", "set", "taro@d.example", "out@e.example", "--keep-copy"],
         ["receive", "off", "taro@d.example"]],
        ["taro@d.example"], "accept", None, ("receive", "account", "taro@d.example"),
        {"out@e.example": "relayed"}),
    "forward without copy": (
        [["forward", "set", "taro@d.example", "out@e.example", "hana@d.example", "--no-copy"]],
        ["taro@d.example"], "accept", None, ("forward_keep_copy", "account", "taro@d.example"),
        {"out@e.example": "relayed", "hana@d.example": "stored"}),
    "forward with copy": (
        [["forward", "set", "taro@d.example", "out@e.example", "--keep-copy"]],
        ["taro@d.example"], "accept", None, ("forward_keep_copy", "account", "taro@d.example"),
        {"out@e.example": "relayed", "taro@d.example": "stored"}),
    "local target suspended beside a living one": (
        [["forward", "set", "taro@d.example", "hana@d.example", "jiro@d.example", "--no-copy"],
         ["account", "suspend", "hana@d.example"]],
        ["taro@d.example"], "accept", None, ("forward_keep_copy", "account", "taro@d.example"),
        {"hana@d.example": "left-out", "jiro@d.example": "stored"}),
    "nothing could be delivered": (
        [["forward", "set", "taro@d.example", "hana@d.example", "--no-copy"],
         ["account", "suspend", "hana@d.example"]],
        ["taro@d.example"], "refuse", "550 5.2.1", ("suspended", "account", "hana@d.example"),
        {"hana@d.example": "refused"}),
    "SIZE that fits": ([], ["taro@d.example", "--size", str(10 * MIB)], "accept", None, None,
                       {"taro@d.example": "stored"}),
}


@pytest.mark.parametrize("name", TABLE)
def test_section_5(mail, name):
    settings, arguments, want_action, want_reply, want_setting, want_outcomes = TABLE[name]
    mail.put_usage("taro@d.example", 0)
    for command in settings:
        mail.cli(*command)
    got = explain(mail, *arguments)
    assert got["action"] == want_action
    assert (got["reply"] is None) == (want_reply is None)
    assert want_reply is None or got["reply"].startswith(want_reply)
    decided = got["decided_by"]
    assert (decided and (decided["field"], decided["level"], decided["subject"])) == want_setting
    assert outcomes(got) == want_outcomes
    mail.cli("explain", *arguments)


@pytest.mark.parametrize("used, size, full", [
    (10 * MIB - 1, 0, False), (10 * MIB, 0, True), (10 * MIB + 1, 0, True),
    (5 * MIB, 5 * MIB - 1, False), (5 * MIB, 5 * MIB, False), (5 * MIB, 5 * MIB + 1, True),
    (0, 2**63 - 1, True),
])
def test_over_quota(mail, used, size, full):
    mail.put_usage("taro@d.example", used)
    got = explain(mail, "taro@d.example", "--size", str(size))
    assert (got["usage_bytes"], got["capacity_bytes"]) == (used, 10 * MIB)
    if full:
        assert (got["action"], got["reason"]) == ("refuse", "full")
        assert got["reply"].startswith("552 5.2.2")
        assert got["decided_by"] == {"field": "capacity_bytes", "level": "account",
                                     "subject": "taro@d.example"}
        assert outcomes(got) == {"taro@d.example": "refused"}
    else:
        assert (got["action"], outcomes(got)) == ("accept", {"taro@d.example": "stored"})


def test_full_is_no_matter_where_nothing_is_stored(mail):
    mail.put_usage("taro@d.example", 11 * MIB)
    mail.cli("forward", "set", "taro@d.example", "out@e.example", "--no-copy")
    assert explain(mail, "taro@d.example")["action"] == "accept"
    mail.cli("forward", "off", "taro@d.example")
    mail.cli("receive", "off", "taro@d.example")
    assert explain(mail, "taro@d.example")["action"] == "accept"


def test_full_target_is_never_left_out(mail):
    mail.put_usage("hana@d.example", 11 * MIB)
    mail.cli("forward", "set", "taro@d.example", "hana@d.example", "jiro@d.example", "--no-copy")
    got = explain(mail, "taro@d.example")
    assert got["action"] == "accept"
    assert outcomes(got) == {"hana@d.example": "refused", "jiro@d.example": "stored"}
    assert got["targets"][0]["reply"].startswith("552 5.2.2")


def test_circle(mail):
    """Refused when it is set; here it comes about because an alias goes to somebody else."""
    mail.cli("alias", "add", "jiro@d.example", "sales@d.example")
    mail.cli("forward", "set", "taro@d.example", "sales@d.example", "--no-copy")
    mail.cli("forward", "set", "hana@d.example", "taro@d.example", "--no-copy")
    mail.cli("alias", "remove", "sales@d.example")
    mail.cli("alias", "add", "hana@d.example", "sales@d.example")
    got = explain(mail, "taro@d.example")
    assert (got["action"], got["reason"]) == ("refuse", "circle")
    assert got["reply"].startswith("550 5.4.6")
    assert got["decided_by"]["field"] == "forward_targets"


def test_retention_in_force(mail):
    mail.cli("retention", "set", "taro@d.example", "--trash", "7d")
    retention = explain(mail, "taro@d.example")["retention"]
    assert (retention["archive_seconds"], retention["trash_seconds"]) == (180 * 86400, 7 * 86400)
    assert retention["set_by"]["trash_seconds"]["level"] == "account"
    assert retention["set_by"]["archive_seconds"]["level"] == "plan"
    assert explain(mail, "nobody@d.example")["retention"] is None


@pytest.mark.parametrize("sender, login, allowed, reply", [
    ("taro@d.example", "taro@d.example", True, None),
    ("taro+x@d.example", "taro@d.example", True, None),
    ("sales@d.example", "taro@d.example", True, None),
    ("nobody@d.example", None, False, "553 5.7.1"),
    ("who@elsewhere.example", None, False, "553 5.7.1"),
    ("", None, True, None),
    ("hana@d.example", "hana@d.example", False, "550 5.7.1"),
])
def test_sender(mail, sender, login, allowed, reply):
    mail.cli("alias", "add", "taro@d.example", "sales@d.example")
    mail.cli("account", "suspend", "hana@d.example")
    got = explain(mail, "jiro@d.example", f"--from={sender}")["sender"]
    assert (got["login"], got["allowed"]) == (login, allowed)
    assert (got["reply"] or "").startswith(reply or "") and bool(got["reply"]) == bool(reply)
    mail.cli("explain", "jiro@d.example", f"--from={sender}")


# --- logins ---------------------------------------------------------------------------------------

PASSWORD = "Kx7!vQ2#mZ9.tR"


@pytest.fixture
def login(mail):
    mail.cli("account", "create", "log@d.example", "--password-stdin", stdin=PASSWORD)
    return "log@d.example"


def explain_login(scratch, login, protocol):
    return explain(scratch, "--login", login, "--protocol", protocol)


@pytest.mark.parametrize("protocol", ["imap", "pop3", "submission"])
def test_login_allowed(mail, login, protocol):
    got = explain_login(mail, login, protocol)
    assert (got["allowed"], got["reason"], got["decided_by"]) == (True, None, None)
    assert got["credentials"] == {"present": True, "locked": False, "allowed": True,
                                  "password": True, "external_auth": False}
    assert login in mail.cli("explain", "--login", login, "--protocol", protocol)


@pytest.mark.parametrize("command, level", [(["account", "suspend", "log@d.example"], "account"),
                                            (["domain", "suspend", "d.example"], "domain")])
@pytest.mark.parametrize("protocol", ["imap", "pop3", "submission"])
def test_login_of_the_suspended(mail, login, command, level, protocol):
    mail.cli(*command)
    got = explain_login(mail, login, protocol)
    assert not got["allowed"] and got["reason"]
    assert (got["decided_by"]["field"], got["decided_by"]["level"]) == ("suspended", level)
    assert got["credentials"]["allowed"] is False


def test_login_without_a_password(mail):
    got = explain_login(mail, "postmaster@d.example", "imap")
    assert (got["allowed"], got["decided_by"]["field"]) == (False, "password")


def test_aliases_are_no_logins(mail, login):
    mail.cli("alias", "add", login, "sales@d.example")
    assert mail.run("explain", "--login", "sales@d.example", "--protocol", "imap").returncode == 67


@pytest.mark.parametrize("arguments", [
    [], ["--login", "log@d.example"], ["--login", "log@d.example", "--protocol", "smtp"],
    ["taro@d.example", "--login", "log@d.example", "--protocol", "imap"],
    ["taro@d.example", "--protocol", "imap"], ["--login", "x", "--protocol", "imap", "--size", "1"],
])
def test_bad_commands(mail, arguments):
    assert mail.run("explain", *arguments).returncode == 64


@pytest.mark.parametrize("size", ["-1", "x", "1.5", "9" * 30, ""])
def test_bad_sizes(mail, size):
    assert mail.run("explain", "taro@d.example", f"--size={size}").returncode == 65


# --- the same decision as the daemon's ----------------------------------------------------------


@pytest.mark.parametrize("name", TABLE)
def test_daemon_says_the_same(mail, daemon, name):
    settings, arguments, *_ = TABLE[name]
    mail.put_usage("taro@d.example", 0)
    for command in settings:
        mail.cli(*command)
    size = arguments[2] if len(arguments) > 1 else "0"
    got = explain(mail, *arguments)
    assert daemon.ask(recipient=arguments[0], size=size) == (got["reply"] or "DUNNO")
    answer = daemon.look_up("alias", arguments[0])
    targets = [target["address"] for target in got["targets"] if target["outcome"] != "left-out"]
    assert answer == ("OK " + relayed(",".join(targets)) if targets else "NOTFOUND ")
