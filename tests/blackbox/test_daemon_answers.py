# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Golden transcripts: what boxkeeperd answers about a small town of accounts, row by row of
PRODUCT.md section 5."""

import pytest

from daemon import Daemon, relayed
from scratch import Scratch

MIB = 1024 * 1024

UNKNOWN = "550 5.1.1 No such recipient here"
SUSPENDED = "550 5.2.1 Mailbox is suspended"
DISABLED = "550 5.2.1 Mailbox does not receive mail"
FULL = "552 5.2.2 Mailbox is full"
CIRCLE = "550 5.4.6 Forwarding goes round in a circle"
NOT_OWNER = "553 5.7.1 Sender address is not one of your own"


def forward(town, account, *targets, copy=False):
    town.cli("forward", "set", account, *targets, "--keep-copy" if copy else "--no-copy")


def settle(town):
    """The accounts that the tables below ask about."""
    town.cli("domain", "add", "d.example")
    town.cli("domain", "add", "site.example", "--plan", "site")
    town.cli("domain", "add", "px.example", "--login-prefix", "px")
    for name in ("taro", "hanako", "off", "away", "keep", "offaway", "half", "dead", "gone"):
        town.add_account(f"{name}@d.example")
    for name in ("suspended", "tofull", "fullbeside", "nested", "many", "circle", "round"):
        town.add_account(f"{name}@d.example")
    for name in ("full", "fulloff", "fullaway", "fullkeep"):
        town.add_account(f"{name}@d.example", "--capacity", "1M")
    town.add_account("closed@site.example", "--capacity", "1G")
    town.add_account("jiro@px.example")
    town.cli("alias", "add", "taro@d.example", "info@d.example", "sales@d.example")
    town.cli("alias", "add", "jiro@px.example", "jiro@px.example")

    town.cli("receive", "off", "off@d.example")
    town.cli("receive", "off", "fulloff@d.example")
    town.cli("receive", "off", "closed@site.example")
    forward(town, "away@d.example", "a@remote.example", "taro+work@d.example")
    forward(town, "keep@d.example", "a@remote.example", "hanako@d.example", copy=True)
    forward(town, "offaway@d.example", "a@remote.example", copy=True)
    town.cli("receive", "off", "offaway@d.example")
    forward(town, "fullaway@d.example", "a@remote.example")
    forward(town, "fullkeep@d.example", "a@remote.example", copy=True)
    forward(town, "half@d.example", "suspended@d.example", "hanako@d.example", "gone@d.example")
    forward(town, "dead@d.example", "suspended@d.example")
    forward(town, "tofull@d.example", "full@d.example")
    forward(town, "fullbeside@d.example", "full@d.example", "hanako@d.example")
    forward(town, "many@d.example", *[f"m{n}@remote.example" for n in range(99)], "keep@d.example")
    forward(town, "nested@d.example", *[f"n{n}@remote.example" for n in range(60)],
            "many@d.example", "info@d.example", "taro@d.example")
    town.cli("--yes", "account", "delete", "gone@d.example")
    town.cli("account", "suspend", "suspended@d.example")
    for name in ("full", "fulloff", "fullaway", "fullkeep"):
        town.put_usage(f"{name}@d.example", MIB)
    town.put_usage("closed@site.example", MIB)
    town.put_usage("hanako@d.example", 5 * MIB)


@pytest.fixture(scope="module")
def town():
    made = Scratch()
    settle(made)
    running = Daemon(made)
    yield running
    running.stop()
    made.remove()


RECIPIENTS = [
    # recipient, SIZE, wanted answer
    ("taro@d.example", 0, "DUNNO"),
    ("TARO@D.Example", 0, "DUNNO"),
    ("taro+anything@d.example", 0, "DUNNO"),
    ("info@d.example", 0, "DUNNO"),
    ("info+x@d.example", 0, "DUNNO"),
    ("sales@d.example", 0, "DUNNO"),
    ("postmaster@d.example", 0, "DUNNO"),
    ("nobody@d.example", 0, UNKNOWN),
    ("nobody+taro@d.example", 0, UNKNOWN),
    ("gone@d.example", 0, UNKNOWN),
    ("taro@remote.example", 0, "DUNNO"),
    ("taro@sub.d.example", 0, "DUNNO"),
    ("taro", 0, "DUNNO"),
    ("", 0, "DUNNO"),
    ("@", 0, "DUNNO"),
    ("日本@remote.example", 0, "DUNNO"),
    ("日本@d.example", 0, UNKNOWN),
    ("px_jiro@px.example", 0, "DUNNO"),
    ("jiro@px.example", 0, "DUNNO"),
    # suspended, receive OFF
    ("suspended@d.example", 0, SUSPENDED),
    ("suspended+x@d.example", 0, SUSPENDED),
    ("off@d.example", 0, "DUNNO"),
    ("off@d.example", 10**15, "DUNNO"),
    ("closed@site.example", 0, DISABLED),
    # forwards
    ("away@d.example", 0, "DUNNO"),
    ("keep@d.example", 0, "DUNNO"),
    ("offaway@d.example", 0, "DUNNO"),
    ("nested@d.example", 0, "DUNNO"),
    ("half@d.example", 0, "DUNNO"),
    ("dead@d.example", 0, SUSPENDED),
    # over quota
    ("hanako@d.example", 10**15, "DUNNO"),
    ("full@d.example", 0, FULL),
    ("full@d.example", 1, FULL),
    ("full+x@d.example", 0, FULL),
    ("fullkeep@d.example", 0, FULL),
    ("fullaway@d.example", 0, "DUNNO"),
    ("fullaway@d.example", 10**15, "DUNNO"),
    ("fulloff@d.example", 0, "DUNNO"),
    ("tofull@d.example", 0, FULL),
    ("fullbeside@d.example", 0, "DUNNO"),
    # internal forms
    ("5@boxkeeper.invalid", 0, UNKNOWN),
    ("5+x@BoxKeeper.Invalid", 0, UNKNOWN),
    ("a@sub.boxkeeper.invalid", 0, UNKNOWN),
]


@pytest.mark.parametrize("recipient, size, want", RECIPIENTS)
def test_recipient(town, recipient, size, want):
    assert town.ask(recipient=recipient, size=size) == want


@pytest.mark.parametrize("recipient, size, want", RECIPIENTS)
def test_recipient_after_login(town, recipient, size, want):
    got = town.ask(
        recipient=recipient,
        size=size,
        policy_context="submission",
        sasl_username="taro@d.example",
        sender="taro@d.example",
    )
    assert got == want


@pytest.mark.parametrize(
    "login, sender, want",
    [
        ("taro@d.example", "taro@d.example", "DUNNO"),
        ("TARO@d.example", "Taro@D.example", "DUNNO"),
        ("taro@d.example", "taro+tag@d.example", "DUNNO"),
        ("taro@d.example", "info@d.example", "DUNNO"),
        ("taro@d.example", "info+tag@d.example", "DUNNO"),
        ("taro@d.example", "sales@d.example", "DUNNO"),
        ("taro@d.example", "", "DUNNO"),
        ("taro@d.example", "hanako@d.example", NOT_OWNER),
        ("taro@d.example", "nobody@d.example", NOT_OWNER),
        ("taro@d.example", "taro@remote.example", NOT_OWNER),
        ("taro@d.example", "taro", NOT_OWNER),
        ("px_jiro@px.example", "jiro@px.example", "DUNNO"),
        ("off@d.example", "off@d.example", "DUNNO"),
        ("full@d.example", "full@d.example", "DUNNO"),
        ("suspended@d.example", "suspended@d.example", "550 5.7.1 Your account is suspended"),
        ("suspended@d.example", "", "550 5.7.1 Your account is suspended"),
        ("gone@d.example", "gone@d.example", "550 5.7.1 This login may not send mail (any more)"),
        ("", "taro@d.example", "550 5.7.1 This login may not send mail (any more)"),
    ],
)
def test_sender(town, login, sender, want):
    got = town.ask(
        recipient="a@remote.example", policy_context="submission", sasl_username=login, sender=sender
    )
    assert got == want


@pytest.mark.parametrize("state", ["CONNECT", "EHLO", "MAIL", "DATA", "END-OF-MESSAGE", "", None])
@pytest.mark.parametrize("context", ["mx", "submission"])
def test_only_rcpt_is_decided(town, context, state):
    got = town.ask(policy_context=context, protocol_state=state, recipient="nobody@d.example")
    assert got == "DUNNO"


@pytest.mark.parametrize("context", ["", "other", "MX", None])
def test_unknown_context_is_a_mistake_of_the_configuration(town, context):
    got = town.ask(policy_context=context, recipient="taro@d.example")
    assert got == "451 4.3.5 server configuration error"
    assert town.log().count("set it to mx or submission") == 1


ADDRESSES = [
    # key, wanted answer of the map mailbox, of the map alias, of the map login
    ("taro@d.example", "taro@d.example", "taro@d.example", "taro@d.example"),
    ("Taro@D.EXAMPLE", "taro@d.example", "taro@d.example", "taro@d.example"),
    ("taro+Work@d.example", "taro@d.example", "taro+work@d.example", "taro@d.example"),
    ("info@d.example", "taro@d.example", "taro@d.example", "taro@d.example"),
    ("info+x@d.example", "taro@d.example", "taro+x@d.example", "taro@d.example"),
    ("sales@d.example", "taro@d.example", "taro@d.example", "taro@d.example"),
    ("px_jiro@px.example",) + ("px_jiro@px.example",) * 3,
    ("jiro@px.example",) + ("px_jiro@px.example",) * 3,
    ("off@d.example",) + ("off@d.example",) * 3,
    ("suspended@d.example",) + ("suspended@d.example",) * 3,
    ("closed@site.example",) + ("closed@site.example",) * 3,
    ("away@d.example", "away@d.example", "a@remote.example,taro+work@d.example", "away@d.example"),
    ("away+y@d.example", "away@d.example", "a@remote.example,taro+work@d.example",
     "away@d.example"),
    ("keep@d.example", "keep@d.example", "keep@d.example,a@remote.example,hanako@d.example",
     "keep@d.example"),
    ("keep+z@d.example", "keep@d.example", "keep+z@d.example,a@remote.example,hanako@d.example",
     "keep@d.example"),
    ("offaway@d.example", "offaway@d.example", "a@remote.example", "offaway@d.example"),
    ("half@d.example", "half@d.example", "hanako@d.example", "half@d.example"),
    ("dead@d.example", "dead@d.example", "suspended@d.example", "dead@d.example"),
    ("tofull@d.example", "tofull@d.example", "full@d.example", "tofull@d.example"),
    ("fullbeside@d.example", "fullbeside@d.example", "full@d.example,hanako@d.example",
     "fullbeside@d.example"),
    ("nobody@d.example", None, None, None),
    ("gone@d.example", None, None, None),
    ("taro@remote.example", None, None, None),
    ("5@boxkeeper.invalid", None, None, None),
    ("*", None, None, None),
    ("", None, None, None),
    ("taro", None, None, None),
    ("@d.example", None, None, None),
    ("taro@", None, None, None),
    ("a b@d.example", None, None, None),
    ("日本@d.example", None, None, None),
    ("x" * 16000, None, None, None),
]


@pytest.mark.parametrize(
    "key, mailbox, alias, login", ADDRESSES, ids=[row[0][:40] for row in ADDRESSES]
)
def test_address_maps(town, key, mailbox, alias, login):
    for name, value in (("mailbox", mailbox), ("alias", alias), ("login", login)):
        want = "NOTFOUND " if value is None else f"OK {value}"
        if name == "alias":
            want = relayed(want)
        assert (name, town.look_up(name, key)) == (name, want)


@pytest.mark.parametrize(
    "key, want",
    [
        ("d.example", "OK d.example"),
        ("D.Example", "OK d.example"),
        ("site.example", "OK site.example"),
        ("sub.d.example", "NOTFOUND "),
        ("remote.example", "NOTFOUND "),
        ("boxkeeper.invalid", "NOTFOUND "),
        ("taro@d.example", "NOTFOUND "),
        ("*", "NOTFOUND "),
        ("", "NOTFOUND "),
    ],
)
def test_domain_map(town, key, want):
    assert town.look_up("domain", key) == want


def test_many_targets_are_flattened(town):
    answer = town.look_up("alias", "nested@d.example")
    targets = answer.removeprefix("OK ").split(",")
    want = {f"n{n}@remote.example" for n in range(60)} | {f"m{n}@remote.example" for n in range(99)}
    want |= {"taro@d.example", "keep@d.example", "a@remote.example", "hanako@d.example"}
    assert len(targets) == len(set(targets)) == len(want)
    assert set(targets) == {relayed(target) for target in want}


@pytest.mark.parametrize("key, want", [
    ("a=remote.example@fwd.boxkeeper.invalid", "OK a@remote.example"),
    ("A+b=Remote.Example@FWD.boxkeeper.invalid", "OK a+b@remote.example"),
    ("a=b=remote.example@fwd.boxkeeper.invalid", "OK a=b@remote.example"),
    ("a@remote.example", "NOTFOUND "), ("taro@d.example", "NOTFOUND "),
    ("a@fwd.boxkeeper.invalid", "NOTFOUND "), ("a=remote.example@boxkeeper.invalid", "NOTFOUND "),
    ("*", "NOTFOUND "), ("", "NOTFOUND "),
])
def test_relay_map(town, key, want):
    assert town.look_up("relay", key) == want
    if want != "NOTFOUND ":
        assert town.look_up("alias", key) == "NOTFOUND "


def test_unknown_map_is_a_mistake_of_the_configuration(town):
    for name in ("virtual", "DOMAIN", ""):
        assert town.look_up(name, "taro@d.example") == "PERM there is no such map"
    assert town.log().count("the maps are domain, mailbox, alias, login and relay") == 1


def test_circle_that_came_about(scratch, daemon):
    """Setting one is refused; it can still arise when an alias moves to another account."""
    scratch.cli("domain", "add", "d.example")
    for name in ("aa", "bb", "cc"):
        scratch.add_account(f"{name}@d.example")
    scratch.cli("alias", "add", "cc@d.example", "info@d.example")
    forward(scratch, "aa@d.example", "info@d.example")
    forward(scratch, "bb@d.example", "aa@d.example")
    assert daemon.ask(recipient="bb@d.example") == "DUNNO"
    scratch.cli("alias", "remove", "info@d.example")
    scratch.cli("alias", "add", "bb@d.example", "info@d.example")
    assert daemon.ask(recipient="aa@d.example") == CIRCLE
    assert daemon.ask(recipient="bb+x@d.example") == CIRCLE
    # Mail that is accepted already stays with the account addressed.
    assert daemon.look_up("alias", "aa@d.example") == "OK aa@d.example"
    assert daemon.look_up("alias", "bb+x@d.example") == "OK bb+x@d.example"
    assert daemon.look_up("alias", "cc@d.example") == "OK cc@d.example"


def test_log_of_refusals_and_of_targets_left_out(town):
    town.ask(recipient="full@d.example", size=17, sender="x\x01y@remote.example")
    town.wait_for_log(
        f"refused (mx): {FULL}; recipient=<full@d.example> sender=<x?y@remote.example> login=<> "
        "client=192.0.2.7 size=17 decided_by=<full@d.example> queue_id= instance=7c1.69213f22.1"
    )
    town.ask(
        recipient="a@remote.example",
        policy_context="submission",
        sasl_username="taro@d.example",
        sender="hanako@d.example",
    )
    town.wait_for_log(
        f"refused (submission): {NOT_OWNER}; recipient=<a@remote.example> "
        "sender=<hanako@d.example> login=<taro@d.example>"
    )
    town.ask(recipient="half@d.example")
    town.wait_for_log(
        "left out for recipient=<half@d.example> sender=<somebody@remote.example> "
        f"client=192.0.2.7 instance=7c1.69213f22.1: <suspended@d.example> ({SUSPENDED}) "
        f"<gone@d.example> ({UNKNOWN})"
    )
