# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Several recipients in one message: each gets exactly what its own settings say."""

import pytest

from scene import Scene


def codes(sent):
    return {name: reply.code for name, reply in sent.recipients.items()}


def test_forward_off_and_normal(lab, domain):
    scene = Scene(lab, domain, {"ichiro": "-> friend@out", "jiro": "off", "saburo": ""})
    sent = scene.send("ichiro", "jiro", "saburo")
    assert sent.accepted and set(codes(sent).values()) == {250}
    scene.check({"friend@out": 1, "saburo": 1})


def test_refused_recipients_cost_the_others_nothing(lab, domain):
    scene = Scene(lab, domain, {"ichiro": "suspended", "jiro": "full", "saburo": "",
                                "shiro": "+> friend@out"})
    sent = scene.send("ichiro", "jiro", "nobody", "saburo", "shiro")
    assert codes(sent) == {"ichiro": 550, "jiro": 552, "nobody": 550, "saburo": 250, "shiro": 250}
    scene.check({"saburo": 1, "shiro": 1, "friend@out": 1})


@pytest.mark.parametrize("recipients, copies", [
    pytest.param(["hanako", "momo"], 1, id="two aliases"),
    pytest.param(["taro", "hanako"], 1, id="primary address and alias"),
    pytest.param(["hanako", "momo", "taro", "TARO", "Momo"], 1, id="all of them, and in capitals"),
    pytest.param(["taro+a", "taro+b"], 2, id="two extensions"),
    pytest.param(["taro", "taro+a"], 2, id="with and without extension"),
    pytest.param(["taro+a", "hanako+a", "Taro+A"], 1, id="the same extension over an alias"),
])
def test_several_addresses_of_one_account(lab, domain, recipients, copies):
    scene = Scene(lab, domain, {"taro": "alias hanako momo"})
    sent = scene.send(*recipients)
    assert sent.accepted and set(codes(sent).values()) == {250}
    scene.check({"taro": copies})


def test_capitals_in_the_domain(lab, domain):
    scene = Scene(lab, domain, {"taro": "alias hanako"})
    assert scene.send(f"TARO@{domain.upper()}", f"Hanako@{domain.title()}").accepted
    scene.check({"taro": 1})


def test_one_account_reached_over_several_recipients(lab, domain):
    """Copies of a mailbox are counted over the whole message, of an outside address as well."""
    scene = Scene(lab, domain, {"ichiro": "-> taro friend@out", "jiro": "-> taro friend@out",
                                "taro": ""})
    assert scene.send("ichiro", "jiro", "taro").accepted
    scene.check({"taro": 1, "friend@out": 1})


def test_same_name_in_two_domains(lab, domain):
    scene = Scene(lab, domain, {"taro": "off"})
    other = Scene(lab, lab.create_domain(), {"taro": ""})
    assert scene.send("taro", other.address("taro")).accepted
    scene.check({})
    other.subject, other.sender = scene.subject, scene.sender
    other.check({"taro": 1})
