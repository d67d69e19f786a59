# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Messages as tests make them and as the outside world got them."""

import email
import email.policy
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

_numbers = itertools.count(1)


def make_message(subject="hello", sender="someone@outside.example", to="you@example.org",
                 body="Hello.\r\n", size=None, headers=()):
    """A message as bytes with CRLF. With size, its body is filled up to exactly that many bytes.

    headers: further header lines as pairs (name, value), put first.
    """
    lines = [f"{name}: {value}" for name, value in headers]
    lines += [f"From: <{sender}>", f"To: <{to}>", f"Subject: {subject}",
              f"Message-ID: <{os.getpid()}.{next(_numbers)}@test.example>",
              "Date: Thu, 01 Jan 2026 00:00:00 +0000"]
    message = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
    if size is not None:
        missing = size - len(message)
        if missing < 0:
            raise ValueError(f"a message of {size} bytes is too small for its headers")
        full_lines, rest = divmod(missing, 72)
        message += (b"x" * 70 + b"\r\n") * full_lines
        if rest == 1:
            message += b"x"
        elif rest:
            message += b"x" * (rest - 2) + b"\r\n"
    return message


@dataclass
class OutsideMessage:
    """One message that left the lab: envelope and content."""
    path: Path
    sender: str
    recipients: list
    content: bytes

    @classmethod
    def read(cls, path):
        envelope, _, content = path.read_bytes().partition(b"\n\n")
        lines = envelope.decode().splitlines()
        return cls(path, lines[0][len("MAIL FROM:<"):-1],
                   [line[len("RCPT TO:<"):-1] for line in lines[1:]], content)

    @property
    def parsed(self):
        """The content as an email.message.EmailMessage."""
        return email.message_from_bytes(self.content, policy=email.policy.default)

    @property
    def subject(self):
        return str(self.parsed["Subject"])
