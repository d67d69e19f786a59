# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""What a user sees of a mailbox: by IMAP and by POP3."""

import email
import email.policy
import imaplib
import poplib
import re
from dataclasses import dataclass

# imaplib knows no command that is not in its list.
for _command in ("X-GUID", "IDLE"):
    imaplib.Commands.setdefault(_command, ("AUTH", "SELECTED"))
imaplib._MAXLINE = 10_000_000


@dataclass
class StoredMessage:
    """One message in a folder. Dates are texts as IMAP writes them: compare, don't compute."""
    uid: int
    guid: str
    flags: frozenset
    received: str
    saved: str
    size: int
    subject: str


class Imap:
    """One IMAP session, logged in. Use with `with`, or call logout()."""

    def __init__(self, port, login, password):
        self.session = imaplib.IMAP4("127.0.0.1", port, timeout=120)
        self.session.login(login, password)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        try:
            self.logout()
        except (OSError, imaplib.IMAP4.error):
            pass

    def logout(self):
        self.session.logout()

    def _must(self, answer):
        status, data = answer
        assert status == "OK", f"IMAP said {status} {data}"
        return data

    def command(self, name, *arguments):
        """Any command. Returns (status, text): ("NO", "[OVERQUOTA] …")."""
        try:
            status, data = getattr(self.session, name)(*arguments)
        except imaplib.IMAP4.error as error:
            return "BAD", str(error)
        return status, b" ".join(part for part in data if part).decode("utf-8", "replace")

    def append(self, message, folder="INBOX", flags="", received=None):
        """Returns (status, text). received: an internal date, such as
        '"01-Jan-2020 00:00:00 +0000"'."""
        return self.command("append", folder, flags, received, message)

    def select(self, folder="INBOX", readonly=False):
        """Number of messages."""
        return int(self._must(self.session.select(f'"{folder}"', readonly))[0])

    def folders(self):
        """Folder name -> frozenset of its attributes, such as {"\\\\Trash"}."""
        found = {}
        for line in self._must(self.session.list()):
            attributes, name = re.match(rb'\(([^)]*)\) "?[^" ]*"? (.*)', line).groups()
            found[name.decode().strip('"')] = frozenset(attributes.decode().split())
        return found

    def subscriptions(self):
        return sorted(line.decode().rsplit(" ", 1)[1].strip('"')
                      for line in self._must(self.session.lsub()) if line)

    def messages(self, folder="INBOX"):
        """All messages of a folder as StoredMessage, without touching any flag."""
        if self.select(folder, readonly=True) == 0:
            return []
        items = ("(UID X-GUID FLAGS INTERNALDATE SAVEDATE RFC822.SIZE"
                 " BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        found = []
        for part in self._must(self.session.fetch("1:*", items)):
            if isinstance(part, tuple):
                found.append(self._message(part[0].decode(), part[1]))
        return found

    @staticmethod
    def _message(attributes, header):
        def item(pattern):
            match = re.search(pattern, attributes)
            return match.group(1) if match else ""
        parsed = email.message_from_bytes(header, policy=email.policy.default)
        return StoredMessage(
            uid=int(item(r"UID (\d+)")), guid=item(r"X-GUID (\S+?)[ )]"),
            flags=frozenset(item(r"FLAGS \(([^)]*)\)").split()) - {"\\Recent"},
            received=item(r'INTERNALDATE "([^"]*)"'), saved=item(r'SAVEDATE "([^"]*)"'),
            size=int(item(r"RFC822.SIZE (\d+)")), subject=str(parsed["Subject"]))

    def subjects(self, folder="INBOX"):
        return [message.subject for message in self.messages(folder)]

    def content(self, uid, folder="INBOX"):
        """The whole message as bytes."""
        self.select(folder, readonly=True)
        return self._must(self.session.uid("FETCH", str(uid), "(BODY.PEEK[])"))[0][1]

    def delete_all(self, folder="INBOX"):
        if self.select(folder):
            self._must(self.session.store("1:*", "+FLAGS.SILENT", "(\\Deleted)"))
            self._must(self.session.expunge())

    def quota(self):
        """(used KiB, limit KiB) as GETQUOTA says, or None when there is no limit."""
        _, answers = self._must(self.session.getquotaroot("INBOX"))
        match = re.search(rb"STORAGE (\d+) (\d+)", b" ".join(part for part in answers if part))
        return (int(match.group(1)), int(match.group(2))) if match else None


def pop3(port, login, password):
    """A poplib.POP3, logged in (poplib.error_proto if that was refused)."""
    session = poplib.POP3("127.0.0.1", port, timeout=120)
    session.user(login)
    session.pass_(password)
    return session
