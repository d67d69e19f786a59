# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Forwards in a circle, and very many targets: no 451 for others, no loop, no loss.

The CLI refuses circles. They come about all the same: here a forward names an alias, and the alias
moves to the account that closes the circle.
"""

import pytest

from lab import run
from scene import Scene

NAMES = ["ichiro", "jiro", "saburo", "shiro", "goro"]


def test_cli_refuses_circles(lab, domain):
    scene = Scene(lab, domain, {"ichiro": "alias me", "jiro": "-> ichiro", "saburo": "+> jiro"})
    ichiro = scene.address("ichiro")
    for target in ("ichiro", "me", "ichiro+ext", "jiro", "saburo"):
        for copy in ("--keep-copy", "--no-copy"):
            result = lab.cli("forward", "set", ichiro, scene.address(target), copy, want_exit=65)
            assert scene.address(target) in result.errors
    assert scene.accounts["ichiro"].show()["forward_targets"] == []


def make_circle(lab, domain, words, **others):
    """Accounts that forward to each other in a ring; words: "->" or "+>" of each of them."""
    names = NAMES[:len(words)]
    accounts = {"holder": "alias joint"}
    for name, word, following in zip(names, words, [*names[1:], "joint"]):
        accounts[name] = f"{word} {following}"
    for name, more in others.items():
        accounts[name] = f"{accounts[name]} {more}" if name in accounts else more
    scene = Scene(lab, domain, {**accounts, "innocent": ""})
    move_alias(scene, "joint", names[0])
    return scene


def move_alias(scene, alias, name):
    scene.lab.cli("alias", "remove", scene.address(alias))
    scene.lab.cli("alias", "add", scene.address(name), scene.address(alias))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_circle_without_copies(lab, domain, size):
    """Nobody would store it: refused at RCPT, for whichever of them is addressed."""
    scene = make_circle(lab, domain, ["->"] * size)
    for name in NAMES[:size]:
        sent = scene.send(name, "innocent")
        assert str(sent[name]).startswith("550 5.4.6"), sent[name]
        assert sent["innocent"].code == 250 and sent.accepted
        scene.check({"innocent": 1})


@pytest.mark.parametrize("words, stored", [
    pytest.param(["+>"], ["ichiro"], id="one"),
    pytest.param(["+>", "+>"], ["ichiro", "jiro"], id="two, both keep"),
    pytest.param(["+>", "->"], ["ichiro"], id="two, one keeps"),
    pytest.param(["+>", "->", "->"], ["ichiro"], id="three, one keeps"),
    pytest.param(["->", "+>", "+>"], ["jiro", "saburo"], id="three, two keep"),
])
def test_circle_with_copies(lab, domain, words, stored):
    """Each mailbox that keeps a copy gets one, whichever is addressed, and several at once."""
    scene = make_circle(lab, domain, words)
    names = NAMES[:len(words)]
    for recipients in ([*map(lambda name: [name], names), names]):
        assert scene.send(*recipients, "innocent").accepted
        scene.check({**dict.fromkeys(stored, 1), "innocent": 1})


@pytest.mark.parametrize("size", [2, 3])
def test_circle_with_a_way_out(lab, domain, size):
    scene = make_circle(lab, domain, ["->"] * size, jiro="x@out")
    for name in NAMES[:size]:
        assert scene.send(name, "innocent").accepted
        scene.check({"x@out": 1, "innocent": 1})


def test_circle_with_a_receiver_that_is_off(lab, domain):
    """OFF with a forward does not store, so nobody would."""
    scene = make_circle(lab, domain, ["->", "+>"])
    scene.set("jiro", "off")
    assert str(scene.send("ichiro")["ichiro"]).startswith("550 5.4.6")
    scene.check({})


def test_into_a_circle(lab, domain):
    """taro forwards into a circle that he is no part of."""
    scene = make_circle(lab, domain, ["->", "->"], taro="-> ichiro", hanako="-> ichiro x@out")
    sent = scene.send("taro", "hanako", "innocent")
    assert [reply.code for reply in sent.recipients.values()] == [550, 250, 250]
    scene.check({"x@out": 1, "innocent": 1})


@pytest.mark.parametrize("size", [1, 2, 3])
def test_mail_that_was_never_asked_about(lab, domain, size):
    """Accepted without RCPT: the mailbox of the account addressed."""
    scene = make_circle(lab, domain, ["->"] * size)
    for name in NAMES[:size]:
        message = scene.new_message().replace(b"\r\n", b"\n").decode()
        run(["sendmail", "-C", str(lab.dir / "postfix"), "-f", scene.sender, scene.address(name),
             scene.address("innocent")], input=message)
        scene.check({name: 1, "innocent": 1})


def test_circle_that_comes_about_while_mail_waits(lab, domain):
    scene = Scene(lab, domain, {"holder": "alias joint", "ichiro": "", "jiro": "-> ichiro"})
    lab.service("stop", "dovecot")
    assert scene.send("jiro").accepted
    scene.set("ichiro", "-> joint")
    move_alias(scene, "joint", "jiro")
    # Everything is asked again: the operator's way after a change of configuration.
    run(["postsuper", "-c", str(lab.dir / "postfix"), "-r", "ALL"])
    lab.service("start", "dovecot")
    scene.check({"ichiro": 1})


# --- many targets --------------------------------------------------------------------------------


def test_150_targets_over_two_levels(lab, domain):
    outside = [f"t{number}@out" for number in range(150)]
    scene = Scene(lab, domain, {
        "taro": "+> jiro saburo", "jiro": "+> " + " ".join(outside[:75]),
        "saburo": "-> shiro " + " ".join(outside[75:]), "shiro": "", "innocent": ""})
    assert scene.send("taro", "innocent").accepted
    scene.check({**dict.fromkeys(outside, 1), "taro": 1, "jiro": 1, "shiro": 1, "innocent": 1})


def test_150_targets_in_a_circle(lab, domain):
    outside = [f"c{number}@out" for number in range(150)]
    scene = make_circle(lab, domain, ["+>", "+>"], ichiro=" ".join(outside[:75]),
                        jiro=" ".join(outside[75:]))
    assert scene.send("ichiro", "jiro", "innocent").accepted
    scene.check({**dict.fromkeys(outside, 1), "ichiro": 1, "jiro": 1, "innocent": 1})


def test_150_targets_many_of_them_dead(lab, domain):
    outside = [f"d{number}@out" for number in range(146)]
    scene = Scene(lab, domain, {
        "taro": "-> jiro saburo", "jiro": "-> shiro goro " + " ".join(outside[:73]),
        "saburo": "-> rokuro shichiro " + " ".join(outside[73:]),
        "shiro": "suspended", "goro": "gone", "rokuro": "full", "shichiro": "", "innocent": ""})
    assert scene.send("taro", "innocent").accepted
    scene.check({**dict.fromkeys(outside, 1), "shichiro": 1, "innocent": 1}, want_bounces=1)
    assert scene.address("rokuro") in scene.bounces()[0].content.decode()


def test_as_many_targets_as_can_be(lab, domain):
    """1,000 over two levels are delivered; with one more it is refused, and the others of the
    message get theirs."""
    middle = [f"m{number}" for number in range(10)]
    scene = Scene(lab, domain, {"taro": "-> " + " ".join(middle), "innocent": "",
                                **dict.fromkeys(middle, "")})
    outside = [f"n{number}@out" for number in range(1000)]
    for number, name in enumerate(middle):
        scene.set(name, "-> " + " ".join(outside[number * 100:number * 100 + 100]))
    assert scene.send("taro", "innocent").accepted
    scene.check({**dict.fromkeys(outside, 1), "innocent": 1})

    # The CLI refuses what it can see, so the last one comes by way of another account.
    result = lab.cli("forward", "set", scene.address("taro"),
                     *[scene.address(name) for name in [*middle, "x@out"]], "--no-copy",
                     want_exit=65)
    assert "too many" in result.errors
    assert scene.accounts["taro"].show()["forward_targets"] == \
        [scene.address(name) for name in middle]
    scene.set(middle[0], "+> " + " ".join(outside[:100]))
    sent = scene.send("taro", "innocent")
    assert str(sent["taro"]).startswith("550 5.5.3"), sent["taro"]
    scene.check({"innocent": 1})
