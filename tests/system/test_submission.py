# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Sending on the submission port: who may log in how, and as whom."""

import smtplib
import ssl

import pytest

import smtp
from scene import Scene
from waiting import wait_for


@pytest.fixture
def scene(lab, domain):
    return Scene(lab, domain, {"taro": "alias hanako", "jiro": ""})


def sender_reply(session, sender, recipient="friend@outside.example"):
    """The reply to RCPT (or to MAIL) as "code status" for a message from `sender`."""
    reply = smtp.reply(session.mail(sender))
    if reply.code == 250:
        reply = smtp.reply(session.rcpt(recipient))
    session.rset()
    return f"{reply.code} {reply.status}"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("tls", [False, True], ids=["plaintext", "STARTTLS"])
def test_login(lab, scene, mechanism, tls):
    taro = scene.accounts["taro"]
    with smtp.connect(lab.submission_port) as session:
        assert session.has_extn("starttls")
        if tls:
            context = ssl.create_default_context(cafile=str(lab.dir / "tls/certificate.pem"))
            session._host = "localhost"
            session.starttls(context=context)
            session.ehlo()
        assert set(session.esmtp_features["auth"].split()) >= {"PLAIN", "LOGIN"}
        session.user, session.password = taro.login, taro.password
        code, _ = session.auth(mechanism, getattr(session, f"auth_{mechanism.lower()}"),
                               initial_response_ok=mechanism == "PLAIN")
        assert code == 235
        message = scene.new_message()
        session.sendmail(taro.address, [scene.address("jiro"), "friend@outside.example"], message)
    scene.check({"jiro": 1, "friend@out": 1})
    (arrived,) = lab.outside(subject=scene.subject)
    assert arrived.sender == taro.address


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_wrong_password(lab, scene, mechanism):
    with smtp.connect(lab.submission_port) as session:
        session.user, session.password = scene.address("taro"), "not the password"
        with pytest.raises(smtplib.SMTPAuthenticationError) as error:
            session.auth(mechanism, getattr(session, f"auth_{mechanism.lower()}"))
        assert error.value.smtp_code == 535


def test_without_login(lab, scene):
    with smtp.connect(lab.submission_port) as session:
        for recipient in ("friend@outside.example", scene.address("jiro")):
            answer = sender_reply(session, scene.address("taro"), recipient)
            assert answer.startswith(("55", "530")), answer


OWN = ["taro@{domain}", "hanako@{domain}", "taro+ext@{domain}", "hanako+a.b@{domain}",
       "TARO@{domain}", "Hanako+Ext@{domain}", ""]
FOREIGN = ["jiro@{domain}", "jiro+ext@{domain}", "nobody@{domain}", "postmaster@{domain}",
           "taro@other.example", "someone@outside.example", "taro", "1@boxkeeper.invalid",
           "taro@{domain}.example"]


def test_own_addresses(scene):
    with scene.accounts["taro"].smtp() as session:
        for address in OWN:
            answer = sender_reply(session, address.format(domain=scene.domain))
            assert answer == "250 2.1.5", (address, answer)


def test_addresses_of_others(scene):
    with scene.accounts["taro"].smtp() as session:
        for address in FOREIGN:
            answer = sender_reply(session, address.format(domain=scene.domain))
            assert answer == "553 5.7.1", (address, answer)


def test_own_addresses_change_in_an_open_session(lab, scene):
    with scene.accounts["taro"].smtp() as session:
        def answer():
            return sender_reply(session, scene.address("momo"))

        assert answer() == "553 5.7.1"
        lab.cli("alias", "add", scene.address("taro"), scene.address("momo"))
        assert answer() == "250 2.1.5"
        lab.cli("alias", "remove", scene.address("momo"))
        assert answer() == "553 5.7.1"


def test_login_of_a_prefix_domain(lab):
    """The user types prefix_name; the address and the SASL name are prefix_name@domain."""
    domain = lab.create_domain("--login-prefix", "flow")
    taro = lab.create_account(f"taro@{domain}")
    address = f"flow_taro@{domain}"
    for login in ("flow_taro", address):
        with smtp.connect(lab.submission_port, login, taro.password) as session:
            assert sender_reply(session, address) == "250 2.1.5"
            assert sender_reply(session, f"flow_taro+ext@{domain}") == "250 2.1.5"
            assert sender_reply(session, f"taro@{domain}") == "553 5.7.1"


def test_receivers_settings_hold_for_submitted_mail_too(lab, domain):
    scene = Scene(lab, domain, {"taro": "", "jiro": "off", "saburo": "suspended", "shiro": "full",
                                "goro": "-> x@out"})
    taro = scene.accounts["taro"]
    message = scene.new_message()
    with taro.smtp() as session:
        sent = smtp.transact(session, taro.address, [
            scene.address(name) for name in ("jiro", "saburo", "shiro", "goro", "nobody", "taro")],
            message)
    got = {name.split("@")[0]: reply.code for name, reply in sent.recipients.items()}
    assert got["jiro"] == got["goro"] == got["taro"] == 250
    # Refused at once, or accepted and then told by a bounce: never silently lost.
    scene.check({"taro": 1, "x@out": 1})
    with taro.imap() as imap:
        told = b"".join(imap.content(message.uid) for message in imap.messages()
                        if message.subject != scene.subject).decode()
    for name in ("saburo", "shiro", "nobody"):
        assert got[name] >= 500 or scene.address(name) in told, name


def test_empty_sender_of_a_suspended_login_stays_shut(lab, scene):
    with scene.accounts["taro"].smtp() as session:
        scene.set("taro", "suspended")
        for sender in ("", scene.address("taro")):
            answer = sender_reply(session, sender)
            assert answer.startswith("550 5.7.1"), answer
        assert smtp.reply(session.mail("")).code == 250
        session.rset()


def test_submitted_message_is_delivered_byte_by_byte(lab, scene):
    taro = scene.accounts["taro"]
    message = scene.new_message(body="Grüße.\r\n..\r\n.\r\n" + "y" * 900 + "\r\n")
    with taro.smtp() as session:
        assert smtp.transact(session, taro.address, ["friend@outside.example"], message).accepted
    scene.check({"friend@out": 1})
    (arrived,) = lab.outside(subject=scene.subject)
    assert arrived.content.endswith(message.replace(b"\r\n", b"\n"))


def test_limits_of_sending(lab, scene):
    """One message with several recipients is one message; over a limit it is 450, and logged."""
    taro = scene.accounts["taro"]
    lab.cli("account", "set", taro.address, "--send-messages-per-hour", "2",
            "--send-recipients-per-day", "4")
    three = [f"friend{number}@outside.example" for number in range(3)]
    sent = taro.submit(three, subject="first")
    assert [reply.code for reply in sent.recipients.values()] == [250] * 3
    sent = taro.submit(three, subject="second")
    assert [f"{reply.code} {reply.status}" for reply in sent.recipients.values()] == [
        "250 2.1.5", "450 4.7.1", "450 4.7.1"]
    assert f"{taro.submit(three[0], subject='third').only}".startswith("450 4.7.1")
    scene.accounts["jiro"].submit(three[0], subject="of another account")
    wait_for(lambda: taro.show()["sent_recipients_this_day"] == 4, "four recipients on record")
    assert taro.show()["sent_messages_this_hour"] == 2
    assert "limit of messages in an hour" in lab.log(lab.log_start)
    lab.wait_for_empty_queue()
    subjects = [one.subject for one in lab.outside() if one.sender == taro.address]
    assert sorted(subjects) == ["first", "second"]
    lab.cli("account", "set", taro.address, "--send-messages-per-hour", "inherit",
            "--send-recipients-per-day", "0")
    assert taro.submit(three[0], subject="fourth").accepted


def test_force_changed_account_sends_nothing(lab, domain):
    """Not in the session that is open either, until it has a new password."""
    taro = lab.create_account(f"taro@{domain}")
    with taro.smtp() as session:
        assert sender_reply(session, taro.address) == "250 2.1.5"
        lab.cli("--yes", "account", "force-password", taro.address)
        for sender in (taro.address, ""):
            assert sender_reply(session, sender) == "550 5.7.1"
        with pytest.raises(smtplib.SMTPAuthenticationError):
            taro.smtp()
        taro.password = "Another-7!vQ2#mZ9"
        lab.cli("account", "password", taro.address, "--password-stdin", input=taro.password + "\n")
        assert sender_reply(session, taro.address) == "250 2.1.5"
    assert taro.submit(["friend@outside.example"], subject=f"again {domain}").accepted
