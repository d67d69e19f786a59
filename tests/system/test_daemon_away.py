# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""boxkeeperd stopped or killed: senders are told to try again, and not one message is lost."""

import pytest

import messages
import smtp
from lab import run
from scene import Scene
from waiting import wait_for


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_rcpt_is_deferred(lab, domain, how):
    scene = Scene(lab, domain, {"taro": "", "jiro": "suspended"})
    lab.service(how, "boxkeeperd")
    for name in ("taro", "jiro", "nobody", "x@foreign.example"):
        reply = scene.send(name)[name]
        assert reply.code == 451, (name, str(reply))
    lab.service("start", "boxkeeperd")
    got = {name: scene.send(name)[name].code for name in ("jiro", "nobody", "taro")}
    assert got == {"taro": 250, "jiro": 550, "nobody": 550}
    scene.check({"taro": 1})


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_submission_is_deferred(lab, domain, how):
    scene = Scene(lab, domain, {"taro": "alias hanako"})
    taro = scene.accounts["taro"]
    with taro.smtp() as open_session:
        lab.service(how, "boxkeeperd")
        with taro.smtp() as new_session:
            for session in (open_session, new_session):
                sent = smtp.transact(session, taro.address, ["x@outside.example"],
                                     messages.make_message())
                assert sent.only.code == 451, sent
        lab.service("start", "boxkeeperd")
        # From another address: smtpd remembers that the first could not be looked up, see the
        # section BUGS of boxkeeperd(8).
        assert smtp.transact(open_session, scene.address("hanako"), ["x@outside.example"],
                             scene.new_message()).accepted
    scene.check({"x@out": 1})


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_all_that_waits_arrives_after_the_restart(lab, domain, how):
    """30 messages to mailboxes, forwards and outside, in the queue while the daemon is away."""
    scene = Scene(lab, domain, {"taro": "", "jiro": "+> x@out", "saburo": "alias hanako, -> y@out",
                                "shiro": "off"})
    subjects = [f"{how} {number}" for number in range(30)]
    lab.service("stop", "dovecot")
    lab.service("stop", "outside")
    with lab.smtp() as session:
        for subject in subjects:
            sent = smtp.transact(session, "someone@outside.example", [
                scene.address(name) for name in ("taro", "jiro", "hanako", "shiro")],
                messages.make_message(subject=subject))
            assert sent.accepted
    lab.service(how, "boxkeeperd")
    lab.service("start", "dovecot")
    lab.service("start", "outside")
    # Whether what is expanded already is delivered without the daemon or waits: nothing is lost.
    assert lab.send(scene.address("taro")).only.code == 451
    lab.service("start", "boxkeeperd")
    lab.wait_for_empty_queue()
    for name in ("taro", "jiro"):
        assert sorted(scene.accounts[name].subjects()) == sorted(subjects)
    for name in ("saburo", "shiro"):
        assert scene.accounts[name].subjects() == []
    for address in ("x@outside.example", "y@outside.example"):
        arrived = [one.subject for one in lab.outside(address) if one.subject in subjects]
        assert sorted(arrived) == sorted(subjects)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_restart_within_an_smtp_session(lab, domain, how):
    scene = Scene(lab, domain, {"taro": "", "jiro": "-> x@out", "saburo": "suspended"})

    def rcpt_all(session):
        return [session.rcpt(scene.address(name))[0] for name in ("taro", "jiro", "saburo")]

    message = scene.new_message()
    with lab.smtp() as session:
        session.mail(scene.sender)
        assert rcpt_all(session) == [250, 250, 550]
        session.rset()
        lab.service(how, "boxkeeperd")
        session.mail(scene.sender)
        assert rcpt_all(session) == [451, 451, 451]
        session.rset()
        lab.service("start", "boxkeeperd")
        session.mail(scene.sender)
        assert rcpt_all(session) == [250, 250, 550]
        lab.service(how, "boxkeeperd")
        lab.service("start", "boxkeeperd")
        assert session.data(message)[0] == 250
    scene.check({"taro": 1, "x@out": 1})


def test_restart_between_rcpt_and_data_while_away(lab, domain):
    """Accepted at RCPT, the daemon away at DATA: 4xx, or queued and delivered later; never half."""
    scene = Scene(lab, domain, {"taro": "", "jiro": "-> x@out"})
    message = scene.new_message()
    with lab.smtp() as session:
        session.mail(scene.sender)
        for name in ("taro", "jiro"):
            assert session.rcpt(scene.address(name))[0] == 250
        lab.service("kill", "boxkeeperd")
        code, _ = session.data(message)
    lab.service("start", "boxkeeperd")
    assert code == 250 or 400 <= code < 500
    scene.check({"taro": 1, "x@out": 1} if code == 250 else {})


def test_local_submission_waits(lab, domain):
    """Mail given to the sendmail command has nobody to be told 451: it waits and arrives."""
    scene = Scene(lab, domain, {"taro": "", "jiro": "-> x@out"})
    message = scene.new_message().replace(b"\r\n", b"\n").decode()
    lab.service("stop", "boxkeeperd")
    run(["sendmail", "-C", str(lab.dir / "postfix"), "-f", scene.sender, scene.address("taro"),
         scene.address("jiro")], input=message)
    wait_for(lambda: lab.queue(), "the message in the queue")
    lab.service("start", "boxkeeperd")
    scene.check({"taro": 1, "x@out": 1})


def test_sessions_and_logins_go_on(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "100K")
    with taro.imap() as imap:
        lab.service("stop", "boxkeeperd")
        assert imap.append(messages.make_message(subject="one", size=50_000))[0] == "OK"
        assert lab.lmtp(taro.address, subject="two")[taro.address].code == 250
        assert taro.subjects() == ["one", "two"]
        pop3 = taro.pop3()
        assert pop3.stat()[0] == 2
        pop3.quit()
        lab.cli("account", "set", taro.address, "--capacity", "10K")
        assert "[OVERQUOTA]" in imap.append(messages.make_message())[1]
        assert lab.lmtp(taro.address)[taro.address].code == 552
