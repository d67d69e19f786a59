# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Forwards to other hosts: the envelope sender is this host's (SRS), bounces find the way back."""

import re

import pytest

import smtp
from scene import Scene
from waiting import wait_for

SRS = r"srs0=[a-z0-9+/]{4}=[a-z0-9]{2}=outside\.example=sender\d+@srs\.lab\.example"


@pytest.fixture
def scene(lab, domain):
    return Scene(lab, domain, {
        "taro": "", "away": "-> friend@out", "keep": "+> friend@out taro",
        "refused": "-> reject@out", "other": "-> keep x+y@out"})


def senders(lab, scene):
    return {recipient: one.sender for one in lab.outside(subject=scene.subject)
            for recipient in one.recipients}


def test_sender_is_rewritten_for_what_leaves_only(lab, scene):
    scene.send("keep")
    scene.check({"friend@out": 1, "keep": 1, "taro": 1})
    (sender,) = senders(lab, scene).values()
    assert re.fullmatch(SRS, sender.lower()), sender
    for name in ("keep", "taro"):
        with scene.accounts[name].imap() as imap:
            (message,) = [one for one in imap.messages() if one.subject == scene.subject]
            assert f"Return-Path: <{scene.sender}>" in imap.content(message.uid).decode()


def test_the_message_itself_stays_as_it_is(lab, scene):
    message = scene.new_message(body="Grüße.\r\n", headers=[("X-Odd", " kept  as it is ")])
    with lab.smtp() as session:
        assert smtp.transact(session, scene.sender, scene.address("away"), message).accepted
    scene.check({"friend@out": 1})
    (arrived,) = lab.outside(subject=scene.subject)
    assert arrived.content.endswith(message.replace(b"\r\n", b"\n"))


def test_one_address_by_several_ways_is_one_copy(lab, scene):
    scene.send("other", "keep", "away")
    scene.check({"friend@out": 1, "x+y@out": 1, "keep": 1, "taro": 1})
    assert all(re.fullmatch(SRS, sender.lower()) for sender in senders(lab, scene).values())


def test_bounces_come_back_to_the_sender(lab, scene):
    scene.send("refused")
    wait_for(scene.bounces, "the bounce")
    scene.check({}, want_bounces=1)


def test_a_bounce_of_the_other_host_comes_back_too(lab, scene):
    scene.send("away")
    scene.check({"friend@out": 1})
    (rewritten,) = senders(lab, scene).values()
    assert lab.send(rewritten, sender="", subject="bounce").accepted
    (arrived,) = lab.wait_for_outside(recipient=scene.sender, subject="bounce")
    assert arrived.sender == ""
    forged = re.sub(r"(?i)(srs0=)....", r"\1aaaa", rewritten)
    assert lab.ask(forged).code == 550


def test_what_is_not_forwarded_is_not_rewritten(lab, scene):
    taro = scene.accounts["taro"]
    assert taro.submit(["friend@outside.example"], subject="own").accepted
    (own,) = lab.wait_for_outside(subject="own")
    assert own.sender == taro.address
    assert lab.send(scene.address("away"), sender="", subject="empty").accepted
    (empty,) = lab.wait_for_outside(subject="empty")
    assert (empty.sender, empty.recipients) == ("", ["friend@outside.example"])


FORMS = ["friend=outside.example@fwd.boxkeeper.invalid", "1@fwd.boxkeeper.invalid",
         "friend=outside.example@FWD.Boxkeeper.Invalid.",
         "friend=outside.example%fwd.boxkeeper.invalid@{domain}",
         '"friend=outside.example@fwd.boxkeeper.invalid"@{domain}']


@pytest.mark.parametrize("form", FORMS)
def test_nobody_relays_through_the_internal_form(lab, scene, form):
    form = form.format(domain=scene.domain)
    taro = scene.accounts["taro"]
    assert lab.ask(form).code in (550, 554)
    with taro.smtp() as session:
        session.mail(taro.address)
        assert smtp.reply(session.rcpt(form)).code in (550, 554)
    with smtp.connect(lab.loopback_port) as session:
        session.mail(taro.address)
        assert smtp.reply(session.rcpt(form)).code in (550, 554)


def test_the_second_smtpd_takes_nothing_else(lab, scene):
    with smtp.connect(lab.forward_port) as session:
        session.mail("x@outside.example")
        for recipient in ("friend@outside.example", scene.address("taro"), "1@boxkeeper.invalid"):
            assert smtp.reply(session.rcpt(recipient)).code == 554, recipient


def test_nothing_is_lost_while_postsrsd_is_away(lab, scene):
    scene.send("keep")
    scene.check({"friend@out": 1, "keep": 1, "taro": 1})
    lab.service("stop", "postsrsd")
    with lab.smtp() as session:
        sent = smtp.transact(session, "late@outside.example", scene.address("taro"),
                             scene.new_message())
    assert (sent.data or sent.only).code in (250, 451)
    lab.service("start", "postsrsd")
    scene.send("keep")
    scene.check({"friend@out": 1, "keep": 1, "taro": 1})
