# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Accounts described in a few words, a message to them, and where it ended up.

    scene = Scene(lab, domain, {"taro": "off, -> jiro x@out", "jiro": "", "saburo": "full"})
    sent = scene.send("taro")
    scene.check({"jiro": 1, "x@out": 1})

Names without @ are local parts of the test's domain; `out` is the domain outside.example. An
account is described by words that are separated by commas:

    alias NAME…     further addresses
    -> TARGET…      forward without copy        +> TARGET…     forward, keep a copy
    off             receive OFF                 full           not one byte is free
    suspended                                   gone           deleted when all else is done
"""

import collections
import itertools

import messages
import smtp
from waiting import wait_for

FULL_KIB = 10
_numbers = itertools.count(1)


class Scene:
    def __init__(self, lab, domain, accounts=None):
        self.lab = lab
        self.domain = domain
        self.accounts = {}
        self.cannot_log_in = set()
        self.gone = set()
        self.subject = self.sender = None
        accounts = accounts or {}
        for name in accounts:
            self.accounts[name] = lab.create_account(f"{name}@{domain}", "--capacity", "1M")
        settings = [(name, setting.strip()) for name, words in accounts.items()
                    for setting in words.split(",") if setting.strip()]
        # Aliases before the forwards that may name them; last what makes an account useless for
        # other settings.
        for name, setting in sorted(settings, key=self.order):
            self.set(name, setting)

    @staticmethod
    def order(item):
        return {"alias": 0, "suspended": 2, "gone": 3}.get(item[1].split()[0], 1)

    def address(self, name):
        local, at, domain = name.partition("@")
        if not at:
            return f"{local}@{self.domain}"
        return f"{local}@outside.example" if domain == "out" else name

    def set(self, name, setting):
        """Gives one account one more setting, in the words above."""
        word, *rest = setting.split()
        targets = [self.address(target) for target in rest]
        address = self.address(name)
        if word == "alias":
            self.lab.cli("alias", "add", address, *targets)
        elif word == "->":
            self.lab.cli("forward", "set", address, *targets, "--no-copy")
        elif word == "+>":
            self.lab.cli("forward", "set", address, *targets, "--keep-copy")
        elif word in ("off", "on"):
            self.lab.cli("receive", word, address)
        elif word == "full":
            self.fill(name)
        elif word == "suspended":
            self.lab.cli("account", "suspend", address)
            self.cannot_log_in.add(name)
        elif word == "resumed":
            self.lab.cli("account", "resume", address)
            self.cannot_log_in.discard(name)
        elif word == "gone":
            self.lab.cli("--yes", "account", "delete", address)
            self.gone.add(name)
        else:
            raise ValueError(f"an account cannot be {setting!r}")

    def fill(self, name):
        """Leaves not one byte of the account's capacity free."""
        account = self.accounts[name]
        message = messages.make_message(subject="filling", size=FULL_KIB * 1024)
        with account.imap() as imap:
            assert imap.append(message)[0] == "OK"
        self.lab.cli("account", "set", account.address, "--capacity", f"{FULL_KIB}K")
        wait_for(lambda: account.show()["usage_bytes"] == FULL_KIB * 1024,
                 f"the usage of {account.address}")

    def new_message(self, **message):
        """A message with a subject and an envelope sender that no other has."""
        number = next(_numbers)
        self.subject = f"message {number}"
        self.sender = f"sender{number}@outside.example"
        return messages.make_message(subject=self.subject, sender=self.sender, **message)

    def send(self, *recipients, declare_size=False, **message):
        """A stranger sends one message to all of them. Returns smtp.Sent, whose recipients go by
        the names given here."""
        data = self.new_message(**message)
        with self.lab.smtp() as session:
            sent = smtp.transact(session, self.sender, [self.address(name) for name in recipients],
                                 data, declare_size)
        sent.recipients = dict(zip(recipients, sent.recipients.values()))
        return sent

    def found(self):
        """Where the last message is now: name of an account, or outside address -> copies."""
        found = collections.Counter()
        for name in self.accounts:
            found[name] = self.count_stored(name)
        for message in self.lab.outside(subject=self.subject):
            for recipient in message.recipients:
                found[recipient.replace("@outside.example", "@out")] += 1
        return {name: copies for name, copies in found.items() if copies}

    def count_stored(self, name):
        if name in self.gone:
            return 0
        account = self.accounts[name]
        if name in self.cannot_log_in:
            found = self.lab.doveadm("search", "-u", account.address, "mailbox", "INBOX", "header",
                                     "subject", self.subject)
            return len(found.output.splitlines())
        return account.subjects().count(self.subject)

    def check(self, want, want_bounces=0):
        """The last message is in exactly these places, as often as said, and its sender got so
        many bounces. Nothing of it is left in the queue."""
        self.lab.wait_for_empty_queue()
        got = self.found()
        assert got == want, f"got {got}, want {want}"
        got_bounces = [str(bounce.parsed) for bounce in self.bounces()]
        assert len(got_bounces) == want_bounces, f"bounces: {got_bounces}, want {want_bounces}"

    def bounces(self):
        """Notifications that the sender of the last message got."""
        return [one for one in self.lab.outside(recipient=self.sender) if one.sender == ""]
