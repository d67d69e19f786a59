# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""A running dev/lab as the tests use it, and an account in it.

    def test_full(lab, domain):
        taro = lab.create_account(f"taro@{domain}", "--capacity", "1M")
        lab.cli("account", "set", taro.address, "--capacity", "100K")
        assert lab.send(taro.address, size=200_000, declare_size=True).only.code == 552

Each test has a domain of its own (the fixture `domain`), so that many tests share one lab.
"""

import itertools
import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import mailbox_access
import messages
import smtp
from waiting import wait_for

TOP = Path(__file__).resolve().parents[2]
# Long enough for every plan, and in no dictionary.
PASSWORD = "Kx7!vQ2#mZ9.tR"
BUILT_IN_PLANS = ("open", "business-standard", "kwc", "sv-basic", "site")
_domain_numbers = itertools.count(1)


@dataclass
class Result:
    """How a command ended."""
    command: str
    exit_code: int
    output: str
    errors: str

    @property
    def json(self):
        return json.loads(self.output)

    def __str__(self):
        return f"{self.command}\nexit code {self.exit_code}\n{self.output}{self.errors}"


def run(command, input=None, want_exit=0, timeout=120, environment=None):
    """Runs a command (a list); want_exit None lets it end as it likes. Returns Result."""
    done = subprocess.run(command, input=input, capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL if input is None else None,
                          env={**os.environ, **(environment or {})})
    result = Result(shlex.join(command), done.returncode, done.stdout, done.stderr)
    assert want_exit is None or result.exit_code == want_exit, f"want {want_exit}: {result}"
    return result


class Account:
    """An account that a test has made. Its login works everywhere with its password."""

    def __init__(self, lab, address, password, login=None):
        self.lab = lab
        self.address = address
        self.password = password
        self.login = login or address

    def imap(self):
        return mailbox_access.Imap(self.lab.imap_port, self.login, self.password)

    def pop3(self):
        return mailbox_access.pop3(self.lab.pop3_port, self.login, self.password)

    def smtp(self):
        """A session on the submission port, logged in."""
        return smtp.connect(self.lab.submission_port, self.login, self.password)

    def submit(self, recipients, sender=None, **message):
        """Sends through the submission port. Returns smtp.Sent."""
        with self.smtp() as session:
            sender = self.address if sender is None else sender
            return smtp.transact(session, sender, recipients,
                                 messages.make_message(sender=sender, **message))

    def subjects(self, folder="INBOX"):
        with self.imap() as imap:
            return imap.subjects(folder)

    def messages(self, folder="INBOX"):
        with self.imap() as imap:
            return imap.messages(folder)

    def wait_for_mail(self, *subjects, folder="INBOX"):
        """Waits until exactly these subjects, in any order, are in the folder."""
        wait_for(lambda: sorted(self.subjects(folder)) == sorted(subjects),
                 f"{sorted(subjects)} in {folder} of {self.address}")

    def show(self):
        """The account as `account show --json` has it."""
        return self.lab.cli_json("account", "show", self.address)


class Lab:
    """One dev/lab. Ports are numbers: smtp_port, submission_port, imap_port, pop3_port,
    lmtp_port, sieve_port, loopback_port."""

    def __init__(self, folder, mail_format="maildir"):
        self.dir = Path(folder)
        self.format = mail_format
        self.data = self.dir / "data"
        self.changed_services = set()

    # --- up, down, services -----------------------------------------------------------------

    def up(self):
        run([str(TOP / "dev/lab"), "up", "--format", self.format, str(self.dir)], timeout=600)
        self.attach()
        # Where a test fills a mailbox no mail may come that it does not know of; test_warnings
        # has a plan of its own.
        for plan in BUILT_IN_PLANS:
            self.cli("plan", "set", plan, "quota_warnings=off")
        return self

    def attach(self):
        """Reads lab.env of a lab that is up already."""
        self.environment = {}
        for line in (self.dir / "lab.env").read_text().splitlines():
            name, _, value = line.partition("=")
            self.environment[name] = value[1:-1]
        for name in ("smtp", "submission", "imap", "pop3", "lmtp", "sieve", "loopback", "forward"):
            setattr(self, f"{name}_port", int(self.environment[f"LAB_{name.upper()}_PORT"]))
        self.settings = Path(self.environment["LAB_SETTINGS"])
        self.log_path = Path(self.environment["LAB_LOG"])
        self.outside_dir = Path(self.environment["LAB_OUTSIDE_DIR"])
        return self

    def down(self):
        run([str(TOP / "dev/lab"), "down", str(self.dir)])

    def service(self, verb, name):
        """verb: stop, start or kill (SIGKILL); name: boxkeeperd, dovecot, postfix or outside.
        What a test stops is started again when the test is over."""
        run([*shlex.split(self.environment["LAB_SERVICE"]), verb, name])
        if verb == "start":
            self.changed_services.discard(name)
        else:
            self.changed_services.add(name)

    def set_dovecot(self, text):
        """Restarts Dovecot with further configuration; "" puts it back as it was."""
        local = self.dir / "dovecot/local.conf"
        if text:
            local.write_text(text)
        else:
            local.unlink(missing_ok=True)
        self.service("stop", "dovecot")
        self.service("start", "dovecot")

    def tidy(self):
        """After a test: every service runs as configured, and nothing is left in the queue."""
        if (self.dir / "dovecot/local.conf").exists():
            self.set_dovecot("")
        for name in ("outside", "postsrsd", "dovecot", "boxkeeperd", "postfix"):
            if name in self.changed_services:
                self.service("start", name)
        if self.queue():
            run(["postsuper", "-c", str(self.dir / "postfix"), "-d", "ALL"])

    def processes(self, name):
        """Pids of living processes of this lab's Dovecot or Postfix by program: "imap", "lmtp"."""
        leaders = {path.read_text().split()[0] for path in (self.dir / "run").glob("*.session")}
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                text = path.read_text()
            except OSError:
                continue
            program = text[text.index("(") + 1:text.rindex(")")]
            fields = text[text.rindex(")") + 2:].split()
            if program == name and fields[3] in leaders and fields[0] != "Z":
                found.append(int(path.parent.name))
        return found

    # --- commands ---------------------------------------------------------------------------

    def cli_command(self, *arguments):
        return [*shlex.split(self.environment["LAB_BOXKEEPER"]), *map(str, arguments)]

    def cli(self, *arguments, input=None, want_exit=0):
        """Runs the CLI: lab.cli("--yes", "account", "delete", address). Returns Result."""
        return run(self.cli_command(*arguments), input=input, want_exit=want_exit)

    def cli_json(self, *arguments, **options):
        """The same with --json; returns what it printed."""
        return self.cli("--json", *arguments, **options).json

    def doveadm(self, *arguments, want_exit=0, input=None):
        return run([self.environment["LAB_DOVEADM"], *arguments], input=input, want_exit=want_exit)

    def queue(self):
        """What waits in Postfix's queue: a list of dicts as postqueue -j has them."""
        output = run([*shlex.split(self.environment["LAB_POSTQUEUE"]), "-j"], want_exit=None).output
        return [json.loads(line) for line in output.splitlines()]

    def flush_queue(self):
        """Lets Postfix try at once what it has put off."""
        run([*shlex.split(self.environment["LAB_POSTQUEUE"]), "-f"])

    def wait_for_empty_queue(self):
        # Twice, since a file that moves to another folder during one look can be missed by it.
        try:
            wait_for(lambda: not self.queue() and not self.queue(), "an empty queue")
        except AssertionError as error:
            raise AssertionError(f"{error}; the queue: {self.queue()}") from None

    # --- domains and accounts ---------------------------------------------------------------

    def create_domain(self, *options, name=None):
        """A domain that no test has had. Returns its name."""
        name = name or f"d{next(_domain_numbers)}.example"
        self.cli("domain", "add", name, *options)
        return name

    def create_account(self, address, *options, password=PASSWORD):
        """An account with a password. Returns Account."""
        self.cli("account", "create", address, "--password-stdin", *options,
                 input=password + "\n")
        return Account(self, address, password)

    # --- mail -------------------------------------------------------------------------------

    def smtp(self):
        """A stranger's session on the public port."""
        return smtp.connect(self.smtp_port)

    def send(self, recipients, sender="someone@outside.example", declare_size=False, data=None,
             **message):
        """A stranger sends a message (made by messages.make_message, or data) through the public
        port. Returns smtp.Sent, whose only / [recipient] is the reply to RCPT."""
        if data is None:
            data = messages.make_message(sender=sender or "someone@outside.example", **message)
        with self.smtp() as session:
            return smtp.transact(session, sender, recipients, data, declare_size)

    def ask(self, recipient, size=None, sender="someone@outside.example"):
        """What a stranger is told at RCPT, with MAIL FROM SIZE=size if given; sends nothing."""
        with self.smtp() as session:
            session.mail(sender, [f"SIZE={size}"] if size is not None else [])
            return smtp.reply(session.rcpt(recipient))

    def lmtp(self, recipients, sender="someone@outside.example", data=None, **message):
        """Delivers past Postfix. Returns the final reply for each recipient."""
        if data is None:
            data = messages.make_message(sender=sender or "someone@outside.example", **message)
        return smtp.deliver_lmtp(self.lmtp_port, sender, recipients, data)

    def outside(self, recipient=None, subject=None):
        """Messages that left the lab, oldest first, as messages.OutsideMessage."""
        found = [messages.OutsideMessage.read(path)
                 for path in sorted(self.outside_dir.glob("*.eml"))]
        return [one for one in found
                if (recipient is None or recipient in one.recipients)
                and (subject is None or one.subject == subject)]

    def wait_for_outside(self, recipient=None, subject=None, count=1):
        """Waits for that many messages outside and returns them."""
        return wait_for(
            lambda: (found := self.outside(recipient, subject)) and len(found) >= count and found,
            f"{count} message(s) outside for {recipient or 'anybody'} ({subject or 'any subject'})")

    def log(self, since=0):
        """Everything that Dovecot, Postfix and boxkeeperd have logged from byte `since` on."""
        with self.log_path.open("rb") as file:
            file.seek(since)
            return file.read().decode("utf-8", "replace")
