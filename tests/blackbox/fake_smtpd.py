# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The smtpd to which boxkeeperd hands its own mail: Postfix's, as far as boxkeeperd sees it."""

import email
import email.policy
import shutil
import socket
import threading

from scratch import wait_for


class FakeSmtpd:
    """Listens where Postfix would. `mails` are those taken: (recipient, parsed message).

    `refuse` maps a verb (CONNECT, EHLO, MAIL, RCPT, DATA, END) to a reply given instead of the good
    one; `hang_up` is a verb at which the connection is closed without a reply: for END the message
    is in `mails` all the same. `hold` waits before it answers END until `release` is set.
    """

    def __init__(self, scratch):
        self.path = scratch.folder / "public" / "boxkeeper-warning"
        self.path.parent.mkdir(exist_ok=True)
        self.path.parent.chmod(0o2710)
        shutil.chown(self.path.parent, "postfix", "postdrop")
        self.mails, self.commands, self.refuse, self.hang_up = [], [], {}, None
        self.hold, self.held, self.release = False, threading.Event(), threading.Event()
        self.listener = None
        self.come()

    def come(self):
        self.path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.path.chmod(0o666)
        self.listener.listen()
        threading.Thread(target=self.serve, args=(self.listener,), daemon=True).start()

    def go(self):
        self.path.unlink(missing_ok=True)
        # Wakes the thread that accepts.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def serve(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                with connection, connection.makefile("rwb") as stream:
                    self.converse(stream)
            except OSError:
                pass  # the daemon is gone

    def answer(self, stream, verb, good):
        """False: the conversation is over."""
        if self.hang_up == verb:
            return False
        text = self.refuse.get(verb, good)
        stream.write(text.encode() + b"\r\n")
        stream.flush()
        return text == good

    def converse(self, stream):
        good = {"EHLO": "250-fake\r\n250-8BITMIME\r\n250 SIZE", "MAIL": "250 2.1.0 Ok",
                "RCPT": "250 2.1.5 Ok", "DATA": "354 go on"}
        recipient = None
        if not self.answer(stream, "CONNECT", "220 fake ESMTP"):
            return
        while line := stream.readline():
            command = line.decode().rstrip("\r\n")
            verb = command[:4].upper()
            self.commands.append(command)
            if verb == "QUIT" or not self.answer(stream, verb, good.get(verb, "502 what?")):
                return
            if verb == "RCPT":
                recipient = command.partition("<")[2].rstrip(">")
            if verb == "DATA" and not self.take(stream, recipient):
                return

    def take(self, stream, recipient):
        lines = []
        while (line := stream.readline()) != b".\r\n":
            if not line:
                return False
            assert line.endswith(b"\r\n"), line
            lines.append(line[1:] if line.startswith(b".") else line)
        if "END" not in self.refuse:
            self.mails.append((recipient, email.message_from_bytes(b"".join(lines),
                                                                   policy=email.policy.default)))
        if self.hold:
            self.held.set()
            self.release.wait(60)
        return self.answer(stream, "END", "250 2.0.0 Ok: queued")

    def told(self):
        """What was told to whom: [(account id, percent)], 0 for "below again"."""
        return [(int(recipient.split("@")[0]), int(mail["Message-ID"].split(".")[2]))
                for recipient, mail in self.mails]

    def wait_for(self, *want):
        wait_for(lambda: self.told() == list(want), f"{list(want)}, not {self.told()}")
