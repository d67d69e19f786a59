# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Sending by SMTP (and LMTP) with every reply kept, those for each recipient apart."""

import smtplib
from dataclasses import dataclass, field
from typing import NamedTuple, Optional


class Reply(NamedTuple):
    """A server's reply: want `reply.code == 552` and `reply.status == "5.2.2"`."""
    code: int
    text: str

    @property
    def status(self):
        """The enhanced status code, such as "5.2.2", or ""."""
        word = self.text.split(" ", 1)[0]
        return word if word[:2] in ("2.", "4.", "5.") else ""

    def __str__(self):
        return f"{self.code} {self.text}"


def reply(pair):
    return Reply(pair[0], pair[1].decode("utf-8", "replace"))


@dataclass
class Sent:
    """What a server said to one message."""
    sender: Reply
    recipients: dict = field(default_factory=dict)
    data: Optional[Reply] = None

    def __getitem__(self, recipient):
        return self.recipients[recipient]

    @property
    def only(self):
        """The reply to the only recipient."""
        (answer,) = self.recipients.values()
        return answer

    @property
    def accepted(self):
        return self.data is not None and self.data.code == 250


def connect(port, login=None, password=None):
    """An smtplib.SMTP that has said EHLO, logged in if asked to."""
    session = smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=120)
    session.ehlo()
    if login is not None:
        session.login(login, password)
    return session


def transact(session, sender, recipients, message, declare_size=False):
    """One message through an open session; it stays usable afterwards. Returns Sent.

    declare_size: MAIL FROM with SIZE= (True: the message's own, or a number of bytes to claim).
    """
    options = []
    if declare_size:
        options = [f"SIZE={len(message) if declare_size is True else declare_size}"]
    sent = Sent(reply(session.mail(sender, options)))
    if sent.sender.code != 250:
        session.rset()
        return sent
    for recipient in [recipients] if isinstance(recipients, str) else recipients:
        sent.recipients[recipient] = reply(session.rcpt(recipient))
    if any(answer.code in (250, 251) for answer in sent.recipients.values()):
        sent.data = reply(session.data(message))
    else:
        session.rset()
    return sent


def deliver_lmtp(port, sender, recipients, message):
    """One message by LMTP; returns the final reply for each recipient as a dict."""
    with connect_lmtp(port) as session:
        return transact_lmtp(session, sender, recipients, message)


def connect_lmtp(port):
    """An smtplib.LMTP that has said LHLO."""
    session = smtplib.LMTP("127.0.0.1", port, local_hostname="client.example", timeout=120)
    session.ehlo()
    return session


def transact_lmtp(session, sender, recipients, message):
    """One message through an open LMTP session; returns the final reply for each recipient."""
    answers = {}
    session.mail(sender)
    accepted = []
    for recipient in [recipients] if isinstance(recipients, str) else recipients:
        answers[recipient] = reply(session.rcpt(recipient))
        if answers[recipient].code == 250:
            accepted.append(recipient)
    if accepted:
        answers[accepted[0]] = reply(session.data(message))
        for recipient in accepted[1:]:
            answers[recipient] = reply(session.getreply())
    else:
        session.rset()
    return answers
