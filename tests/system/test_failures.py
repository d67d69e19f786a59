# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""What each failure does: the table of DESIGN.md, brought about for real, row by row.

Each test breaks one thing, looks at all columns (delivery, RCPT, submission, login, an IMAP session
that is open, a new one), puts the thing back, and finds that nothing was lost and that everything
works again without a restart. The column of retention stands in the tests of retention, the row of
the daemon in test_daemon_away.py.
"""

import imaplib
import itertools
import os
import poplib
import signal
import smtplib
from pathlib import Path

import pytest

import messages
from breaking import (disk_full, files_of, folder_closed, locked, moved_away, overwritten,
                      replaced_by_garbage)
from scene import Scene
from waiting import wait_for

KIB = 1024
_numbers = itertools.count(1)


# --- looking at the columns ----------------------------------------------------------------------


def deliver(scene, name="taro"):
    """The code that LMTP gives one message."""
    address = scene.address(name)
    return scene.lab.lmtp([address], subject="by LMTP", size=20 * KIB)[address].code


def rcpt(scene, name="taro"):
    # Always another sender: smtpd remembers what could not be looked up, by sender and recipient;
    # see the section BUGS of boxkeeperd(8).
    with scene.lab.smtp() as session:
        session.mail(f"sender{next(_numbers)}@strangers.example")
        return session.rcpt(scene.address(name))[0]


def rcpt_submission(scene, session, sender="taro"):
    session.mail(scene.address(sender))
    code = session.rcpt("friend@outside.example")[0]
    session.rset()
    return code


def logins(scene):
    """How logging in ends, by protocol."""
    account = scene.accounts["taro"]
    ends = {}
    for protocol in ("imap", "pop3", "smtp"):
        try:
            session = getattr(account, protocol)()
            session.logout() if protocol == "imap" else session.quit()
            ends[protocol] = "in"
        except imaplib.IMAP4.error as error:
            ends[protocol] = "later" if "UNAVAILABLE" in str(error) else str(error)
        except poplib.error_proto as error:
            ends[protocol] = "later" if "SYS/TEMP" in str(error) else str(error)
        except smtplib.SMTPAuthenticationError as error:
            ends[protocol] = error.smtp_code
    return ends


ALL_IN = {"imap": "in", "pop3": "in", "smtp": "in"}
# Postfix 3.7 does not tell Dovecot's temporary failures from wrong passwords.
ALL_LATER = {"imap": "later", "pop3": "later", "smtp": 535}


# --- settings.db ---------------------------------------------------------------------------------


def check_session(imap, limit_kib):
    """A user at work: looks, reads, stores as much as the limit allows."""
    assert imap.select() >= 1
    assert imap.content(imap.messages()[0].uid)
    assert imap.quota()[1] == limit_kib, "the limit last known"
    assert imap.append(messages.make_message(size=10 * KIB))[0] == "OK"
    assert "[OVERQUOTA]" in imap.append(messages.make_message(size=(limit_kib + 20) * KIB))[1]


@pytest.mark.parametrize("broken", [moved_away, replaced_by_garbage, folder_closed])
def test_settings(lab, domain, broken):
    scene = Scene(lab, domain, {"taro": "alias hanako", "full": "full", "off": "off",
                                "forwards": "-> x@out"})
    taro = scene.accounts["taro"]
    lab.cli("account", "set", taro.address, "--capacity", "500K")
    assert deliver(scene) == 250
    with taro.imap() as old, taro.smtp() as session:
        assert old.quota()[1] == 500
        with broken(lab.settings):
            # A reader looks at the file once a second.
            for name in ("taro", "full", "off", "forwards", "nobody"):
                wait_for(lambda: rcpt(scene, name) == 451, f"RCPT for {name} to answer 451")
            # The folder is never closed to root, as whom LMTP has opened the file.
            if broken is not folder_closed:
                for name in ("taro", "full", "off"):
                    wait_for(lambda: deliver(scene, name) == 451, f"delivery to {name} to wait")
            assert rcpt_submission(scene, session, "taro") == 451
            assert logins(scene) == ALL_IN
            check_session(old, 500)
            with taro.imap() as new:
                check_session(new, 500)
        wait_for(lambda: rcpt(scene) == 250, "RCPT to accept again")
        wait_for(lambda: deliver(scene) == 250, "delivery again")
        assert rcpt_submission(scene, session, "hanako") == 250
        assert (rcpt(scene, "full"), rcpt(scene, "nobody")) == (552, 550)
        lab.cli("account", "set", taro.address, "--capacity", "600K")
        wait_for(lambda: old.quota()[1] == 600, "the new limit in the old session")


def test_settings_and_state(lab, domain):
    """No limit is known to a new session: nothing is stored, everything else goes on."""
    scene = Scene(lab, domain, {"taro": ""})
    taro = scene.accounts["taro"]
    assert deliver(scene) == 250
    # The report of a delivery follows its reply, and would make a new state.db.
    wait_for(lambda: taro.show()["usage_messages"] == 1, "the usage to be on record")
    with taro.imap() as old:
        assert old.quota() is not None
        with moved_away(lab.settings), moved_away(lab.data / "state/state.db"):
            with taro.imap() as new:
                assert new.content(new.messages()[0].uid)
                assert new.select() == 1
                status, text = new.append(messages.make_message())
                assert status == "NO" and "[UNAVAILABLE]" in text, text
                status, text = new.command("copy", "1", "Archive")
                assert status == "NO" and "[UNAVAILABLE]" in text, text
                assert new.command("uid", "MOVE", "1", "Archive")[0] == "OK"
            assert old.append(messages.make_message())[0] == "OK"
            wait_for(lambda: deliver(scene) == 451, "delivery to wait")
        wait_for(lambda: deliver(scene) == 250, "delivery again")


@pytest.mark.parametrize("database", ["settings/settings.db", "state/state.db"])
def test_somebody_writes_without_end(lab, domain, database):
    """Readers of settings.db do not wait for its writer; nor does mail wait for state.db."""
    scene = Scene(lab, domain, {"taro": "", "full": "full", "jiro": "-> x@out"})
    with locked(lab.data / database), scene.accounts["taro"].imap() as imap:
        assert scene.send("taro", "jiro").accepted
        scene.check({"taro": 1, "x@out": 1})
        assert (rcpt(scene, "full"), rcpt(scene, "nobody"), deliver(scene)) == (552, 550, 250)
        assert logins(scene) == ALL_IN
        check_session(imap, 1024)
    assert deliver(scene) == 250


@pytest.mark.parametrize("broken", [moved_away, replaced_by_garbage])
def test_queued_mail_outlives_unreadable_settings(lab, domain, broken):
    # Two mailboxes: for half a minute Postfix's queue manager goes on with the last answer about
    # an address, also a failure, if it asks about no other address between.
    scene = Scene(lab, domain, {"taro": "", "saburo": "", "jiro": "-> x@out"})
    lab.service("stop", "dovecot")
    lab.service("stop", "outside")
    assert scene.send("taro", "saburo", "jiro").accepted
    with broken(lab.settings):
        lab.service("start", "dovecot")
        lab.service("start", "outside")
        wait_for(lambda: rcpt(scene) == 451, "RCPT to answer 451")
        log_size = lab.log_path.stat().st_size
        wait_for(lambda: "status=deferred" in lab.log(log_size), "an attempt at delivery")
    scene.check({"taro": 1, "saburo": 1, "x@out": 1})


# --- state.db ------------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", [moved_away, replaced_by_garbage, folder_closed])
def test_state(lab, domain, broken):
    scene = Scene(lab, domain, {"taro": "", "full": "full", "innocent": "-> x@out"})
    taro = scene.accounts["taro"]
    with taro.imap() as old, taro.smtp() as session:
        with broken(lab.data / "state/state.db"):
            assert deliver(scene) == 250
            wait_for(lambda: rcpt(scene, "full") == 250, "RCPT without knowledge of usage")
            assert deliver(scene, "full") == 552, "delivery looks for itself"
            assert (rcpt(scene), rcpt(scene, "innocent"), rcpt(scene, "nobody")) == (250, 250, 550)
            assert rcpt_submission(scene, session) == 250
            assert logins(scene) == ALL_IN
            check_session(old, 1024)
            with taro.imap() as new:
                check_session(new, 1024)
        wait_for(lambda: rcpt(scene, "full") == 552, "RCPT to know again who is full")
        assert deliver(scene) == 250


def test_delivery_is_reported_when_another_writer_is_done(lab, domain):
    """It waits for nobody, and its usage is on record afterwards, without one more delivery."""
    scene = Scene(lab, domain, {"taro": ""})
    taro = scene.accounts["taro"]
    before = taro.show()["usage_messages"] or 0
    with locked(lab.data / "state/state.db"):
        assert [deliver(scene) for _ in range(3)] == [250] * 3
    wait_for(lambda: taro.show()["usage_messages"] == before + 3, "the usage to be on record")


def test_state_lost(lab, domain):
    """It is a cache: without it mail flows, and it fills again by itself."""
    scene = Scene(lab, domain, {"taro": "", "full": "full"})
    for path in files_of(lab.data / "state/state.db"):
        path.unlink()
    assert deliver(scene) == 250
    wait_for(lambda: rcpt(scene, "full") == 250, "RCPT without knowledge of usage")
    assert scene.send("full").accepted
    scene.check({}, want_bounces=1)
    # The next session sees to it, whatever it does.
    scene.accounts["full"].pop3().quit()
    wait_for(lambda: rcpt(scene, "full") == 552, "the usage to be known again")
    assert scene.accounts["taro"].show()["usage_bytes"] > 0


def test_report_of_a_killed_session(lab, domain):
    """What a killed process had not reported yet, the next session does."""
    scene = Scene(lab, domain, {"taro": ""})
    taro = scene.accounts["taro"]
    lab.cli("account", "set", taro.address, "--capacity", "20K")
    before = set(lab.processes("imap"))
    imap = taro.imap()
    (process,) = set(lab.processes("imap")) - before
    assert imap.append(messages.make_message(size=20 * KIB))[0] == "OK"
    os.kill(process, signal.SIGKILL)
    assert taro.subjects() == ["hello"]
    wait_for(lambda: rcpt(scene) == 552, "RCPT to know that the mailbox is full")


# --- credentials.db ------------------------------------------------------------------------------


def check_credentials_columns(scene):
    wait_for(lambda: logins(scene) == ALL_LATER, "logins to be put off")
    assert deliver(scene) == 451
    assert deliver(scene, "nobody") == 451, "never: unknown user"
    assert (rcpt(scene), rcpt(scene, "jiro"), rcpt(scene, "nobody")) == (250, 250, 550)
    assert scene.send("taro", "jiro").accepted


def test_credentials(lab, domain):
    scene = Scene(lab, domain, {"taro": "", "jiro": "-> x@out"})
    assert deliver(scene) == 250
    with scene.accounts["taro"].imap() as old:
        with overwritten(lab.data / "credentials/credentials.db"):
            check_credentials_columns(scene)
            assert old.content(old.messages()[0].uid)
            assert old.append(messages.make_message(subject="goes on"))[0] == "OK"
        wait_for(lambda: logins(scene) == ALL_IN, "logins")
        scene.check({"taro": 1, "x@out": 1})


def test_credentials_locked(lab, domain):
    scene = Scene(lab, domain, {"taro": "", "jiro": "-> x@out"})
    with locked(lab.data / "credentials/credentials.db", "EXCLUSIVE"):
        check_credentials_columns(scene)
    assert logins(scene) == ALL_IN
    scene.check({"taro": 1, "x@out": 1})


@pytest.mark.parametrize("broken", [moved_away, replaced_by_garbage])
def test_credentials_when_dovecot_starts(lab, domain, broken):
    """Dovecot keeps the file open; another one at its place is seen after a restart."""
    scene = Scene(lab, domain, {"taro": "", "jiro": "-> x@out"})
    with broken(lab.data / "credentials/credentials.db"):
        lab.service("stop", "dovecot")
        lab.service("start", "dovecot")
        check_credentials_columns(scene)
    lab.service("stop", "dovecot")
    lab.service("start", "dovecot")
    assert logins(scene) == ALL_IN
    scene.check({"taro": 1, "x@out": 1})


# --- the disk ------------------------------------------------------------------------------------


@pytest.mark.all_formats
def test_disk_of_the_mail_is_full(lab, domain):
    scene = Scene(lab, domain, {"taro": ""})
    taro = scene.accounts["taro"]
    lab.cli("account", "set", taro.address, "--capacity", "0")
    assert lab.lmtp(taro.address, subject="before")[taro.address].code == 250
    home = Path(lab.doveadm("user", "-f", "home", taro.address).output.strip())
    with disk_full(lab, home) as filler:
        code = deliver(scene)
        assert code in (451, 452), code
        assert rcpt(scene) == 250
        assert logins(scene) == ALL_IN
        with taro.imap() as imap:
            assert imap.subjects() == ["before"]
            status, text = imap.append(messages.make_message(size=100 * KIB))
            assert status == "NO", text
            assert imap.subjects() == ["before"], "nothing half-written"
            uid = imap.messages()[0].uid
            assert b"before" in imap.content(uid)
        assert scene.send("taro", size=20 * KIB).accepted
        wait_for(lambda: "status=deferred" in lab.log(lab.log_start), "the message to wait")
        filler.unlink()
        scene.check({"taro": 1})
        assert sorted(taro.subjects()) == sorted(["before", scene.subject])


def test_disk_of_the_state_is_full(lab, domain):
    scene = Scene(lab, domain, {"taro": "", "jiro": "-> x@out"})
    with disk_full(lab, lab.data / "state"):
        assert deliver(scene) == 250
        assert scene.send("taro", "jiro").accepted
        scene.check({"taro": 1, "x@out": 1})
        assert logins(scene) == ALL_IN
        with scene.accounts["taro"].imap() as imap:
            assert imap.append(messages.make_message())[0] == "OK"
            assert imap.select() == 3
    assert deliver(scene) == 250
