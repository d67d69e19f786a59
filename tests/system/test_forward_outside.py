# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Forwards to other hosts: the envelope sender is this host's (SRS), bounces find the way back."""

import re

import pytest

import messages
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


FORMS = [
    "{leak}=outside.example@fwd.boxkeeper.invalid", "1@fwd.boxkeeper.invalid", "1@boxkeeper.invalid",
    "{leak}=outside.example@FWD.Boxkeeper.Invalid.", "{leak}=outside.example@sub.fwd.boxkeeper.invalid",
    '"{leak}=outside.example"@fwd.boxkeeper.invalid', '"{leak}@outside.example"@fwd.boxkeeper.invalid',
    "{leak}@outside.example@fwd.boxkeeper.invalid", "{leak}%outside.example@fwd.boxkeeper.invalid",
    "outside.example!{leak}@fwd.boxkeeper.invalid", "{leak}=outside.example@[fwd.boxkeeper.invalid]",
    # routed by the client, over the machine's own names and a domain of Boxkeeper's
    "@fwd.boxkeeper.invalid:{leak}=outside.example@fwd.boxkeeper.invalid",
    "@srs.lab.example,@{domain}:{leak}=outside.example@fwd.boxkeeper.invalid",
    "fwd.boxkeeper.invalid!{leak}=outside.example", "{leak}=outside.example%fwd.boxkeeper.invalid",
    *[form + at for at in ("@{domain}", "@srs.lab.example", "@[127.0.0.1]", "@")
      for form in ("{leak}=outside.example%fwd.boxkeeper.invalid",
                   '"{leak}=outside.example%fwd.boxkeeper.invalid"',
                   "{leak}=outside.example%FWD.Boxkeeper.Invalid.",
                   '"{leak}=outside.example@fwd.boxkeeper.invalid"',
                   "fwd.boxkeeper.invalid!{leak}=outside.example")],
]


@pytest.mark.parametrize("port", ["smtp", "submission", "loopback"])
def test_nobody_relays_through_the_internal_form(lab, domain, port):
    taro = lab.create_account(f"taro@{domain}")
    lab.cli("domain", "set", domain, "--catch-all", taro.address)
    leak = f"leak-{port}-{domain}"
    answers = {}
    login = (taro.login, taro.password) if port == "submission" else ()
    with smtp.connect(getattr(lab, f"{port}_port"), *login) as session:
        for form in FORMS:
            session.mail(taro.address)
            # Not session.rcpt(), which would tidy up the address.
            answers[form] = session.docmd(f"RCPT TO:<{form.format(leak=leak, domain=domain)}>")
            if answers[form][0] == 250:
                session.data(messages.make_message(subject=leak))
            session.rset()
    lab.wait_for_empty_queue()
    assert [one.recipients for one in lab.outside(recipient=f"{leak}@outside.example")] == []
    accepted = [form for form, (code, _) in answers.items() if code not in (501, 550, 554)]
    assert accepted == [], answers


def test_the_second_smtpd_takes_nothing_else(lab, scene):
    with smtp.connect(lab.forward_port) as session:
        session.mail("x@outside.example")
        for recipient in ("friend@outside.example", scene.address("taro"), "1@boxkeeper.invalid"):
            assert smtp.reply(session.rcpt(recipient)).code == 554, recipient


def test_what_goes_on_while_postsrsd_is_away(lab, scene):
    """Only what leaves by a forward waits, and what comes back to it; both go on afterwards."""
    scene.send("away")
    scene.check({"friend@out": 1})
    (rewritten,) = senders(lab, scene).values()
    sender = scene.sender
    lab.service("stop", "postsrsd")
    assert scene.send("keep").accepted
    wait_for(lambda: scene.found() == {"keep": 1, "taro": 1}, "the local copies")
    waiting = {recipient["address"] for message in lab.queue()
               for recipient in message["recipients"]}
    assert waiting == {"friend=outside.example@fwd.boxkeeper.invalid"}
    subject = f"own of {scene.domain}"
    assert scene.accounts["taro"].submit(["friend@outside.example"], subject=subject).accepted
    lab.wait_for_outside(subject=subject)
    assert lab.ask(rewritten, sender="").code == 451

    lab.service("start", "postsrsd")
    scene.check({"friend@out": 1, "keep": 1, "taro": 1})
    assert lab.send(rewritten, sender="", subject="late bounce").accepted
    lab.wait_for_outside(recipient=sender, subject="late bounce")
