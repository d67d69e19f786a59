# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Mail in many sessions at once while an administrator keeps changing settings and the daemon dies
again and again: every message that was accepted arrives exactly as often as one of the settings of
that time says."""

import itertools
import smtplib
import threading

import messages
import smtp
from scene import Scene

SENDERS = 4
ROUNDS = 2


class Sender(threading.Thread):
    """Sends one message after the other until told to stop, and tries each again like any mail
    server when it is put off."""

    def __init__(self, lab, name, recipients, stop):
        super().__init__()
        self.lab = lab
        self.sender_name = name
        self.recipients = recipients
        self.stop = stop
        self.subjects = []
        self.refused = []
        self.put_off = 0

    def run(self):
        while not self.stop.is_set():
            self.subjects.append(f"{self.sender_name} {len(self.subjects)}")
            waiting = list(self.recipients)
            attempts = itertools.count(1)
            while waiting:
                waiting = self.send(self.subjects[-1], waiting, next(attempts))

    def send(self, subject, recipients, attempt):
        """Returns the recipients to be tried again."""
        # Each attempt from another address, see the section BUGS of boxkeeperd(8).
        sender = f"{subject.replace(' ', '.')}.{attempt}@outside.example"
        message = messages.make_message(subject=subject, sender=sender)
        try:
            with self.lab.smtp() as session:
                sent = smtp.transact(session, sender, recipients, message)
        except (OSError, smtplib.SMTPException):
            return recipients
        again = [name for name, reply in sent.recipients.items() if reply.code // 100 == 4]
        self.refused += [str(reply) for reply in sent.recipients.values() if reply.code >= 500]
        if not sent.accepted:
            again = recipients
        self.put_off += bool(again)
        return again


def administer(scene):
    lab = scene.lab
    for change in [
        lambda: scene.set("jiro", "+> x@out"),
        lambda: scene.set("saburo", "-> y@out"),
        lambda: lab.service("kill", "boxkeeperd"),
        lambda: lab.service("start", "boxkeeperd"),
        lambda: lab.cli("account", "set", scene.address("taro"), "--capacity", "50M"),
        lambda: scene.set("shiro", "off"),
        lambda: scene.set("taro", "alias hanako"),
        lambda: lab.cli("forward", "off", scene.address("jiro")),
        lambda: lab.service("stop", "boxkeeperd"),
        lambda: lab.service("start", "boxkeeperd"),
        lambda: lab.cli("forward", "off", scene.address("saburo")),
        lambda: lab.cli("alias", "remove", scene.address("hanako")),
        lambda: scene.set("shiro", "on"),
        lambda: lab.cli("account", "set", scene.address("taro"), "--capacity", "100M"),
    ]:
        change()


def test_no_message_is_lost_or_doubled(lab, domain):
    scene = Scene(lab, domain, {"taro": "", "jiro": "", "saburo": "", "shiro": ""})
    recipients = [scene.address(name) for name in scene.accounts]
    stop = threading.Event()
    senders = [Sender(lab, f"{domain} {number}", recipients, stop) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    try:
        for _ in range(ROUNDS):
            administer(scene)
    finally:
        stop.set()
        lab.service("start", "boxkeeperd")
        for sender in senders:
            sender.join()
    lab.wait_for_empty_queue()

    assert all(sender.put_off for sender in senders), "the daemon was away for each of them"
    assert [sender.refused for sender in senders] == [[]] * SENDERS
    want = sorted(subject for sender in senders for subject in sender.subjects)
    stored = {name: account.subjects() for name, account in scene.accounts.items()}
    outside = {name: [one.subject for one in lab.outside(scene.address(name))
                      if one.subject in want] for name in ("x@out", "y@out")}
    assert sorted(stored["taro"]) == want, "whatever its capacity and aliases"
    assert sorted(stored["jiro"]) == want, "with or without a forward"
    assert sorted(stored["saburo"] + outside["y@out"]) == want, "in the mailbox or outside"
    for copies in (outside["x@out"], stored["shiro"]):
        assert len(copies) == len(set(copies)) and set(copies) <= set(want), "at most one"
