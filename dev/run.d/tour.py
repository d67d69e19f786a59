# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The tour of dev/run through a lab: settings made by the CLI, and what real mail then meets.

usage: tour.py DIR          does it and reports; exit 0 only if everything really happened
       tour.py --tell DIR   tells how to connect a mail client

Each step changes a setting, sends mail by SMTP, and looks by SMTP or IMAP at what came of it.
"""

import shlex
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/system"))

from lab import Account, Lab, PASSWORD  # noqa: E402
from messages import make_message  # noqa: E402
from waiting import wait_for  # noqa: E402

DOMAIN = "example.test"
FRIEND = "friend@outside.example"


class Tour:
    def __init__(self, lab):
        self.lab = lab
        self.steps = 0
        self.failures = 0

    def admin(self, *arguments, input=None):
        """Runs the CLI, and shows the command."""
        print("  $ boxkeeper " + shlex.join(arguments))
        return self.lab.cli(*arguments, input=input)

    def account(self, name, *options):
        self.admin("account", "create", f"{name}@{DOMAIN}", "--password-stdin", *options,
                   input=PASSWORD + "\n")
        return Account(self.lab, f"{name}@{DOMAIN}", PASSWORD)

    def send(self, recipient, **message):
        """A stranger's mail, which the server has to accept."""
        sent = self.lab.send(recipient, **message)
        assert sent.accepted, f"SMTP said {sent.only} to RCPT, {sent.data} to DATA"

    def step(self, title, action):
        """Runs one step; it returns what was seen, and fails an assertion if that is wrong."""
        self.steps += 1
        print(f"\n{title}")
        try:
            print(f"  [done] {action()}")
        except Exception as error:  # whatever it was, the other steps are still of interest
            self.failures += 1
            print(f"  [FAILED] {type(error).__name__}: {error}")

    # --- steps ------------------------------------------------------------------------------

    def deliver(self):
        taro = self.account("taro", "--capacity", "1M")
        self.send(taro.address, subject="welcome")
        taro.wait_for_mail("welcome")
        return "mail from a stranger is in taro's INBOX"

    def over_quota(self):
        full = self.account("full", "--capacity", "100K")
        self.send(full.address, subject="fits", size=80_000)
        full.wait_for_mail("fits")
        # The sender names the size: refused before the message is sent.
        wait_for(lambda: self.lab.ask(full.address, size=50_000).code == 552, "552 at RCPT")
        refusal = self.lab.ask(full.address, size=50_000)
        assert refusal.status == "5.2.2", f"SMTP said {refusal}"
        with full.imap() as imap:
            status, text = imap.append(make_message(size=50_000))
            assert status == "NO" and "[OVERQUOTA]" in text, f"IMAP said {status} {text}"
            used, limit = imap.quota()
        assert full.subjects() == ["fits"]
        return f"{used} of {limit} KiB used; SMTP: {refusal}; IMAP: {status} {text}"

    def live_quota(self):
        grow = self.account("grow", "--capacity", "10K")
        with grow.imap() as imap:
            status, text = imap.append(make_message(size=20_000))
            assert "[OVERQUOTA]" in text, f"IMAP said {status} {text}"
            self.admin("account", "set", grow.address, "--capacity", "1M")
            status, text = imap.append(make_message(size=20_000, subject="fits now"))
            assert status == "OK", f"IMAP said {status} {text}"
        return "refused at 10 KiB, stored in the same IMAP session after the change to 1 MiB"

    def archive(self):
        keeper = self.account("keeper")
        self.send(keeper.address, subject="an old letter")
        keeper.wait_for_mail("an old letter")
        (before,) = keeper.messages()
        self.admin("retention", "set", keeper.address, "--archive", "1s")
        # Each look is a session, and it happens at the end of a session.
        wait_for(lambda: keeper.subjects("Archive") == ["an old letter"], "the mail in Archive")
        (after,) = keeper.messages("Archive")
        assert keeper.subjects() == [], f"INBOX has {keeper.subjects()}"
        assert (after.guid, after.received) == (before.guid, before.received)
        return "IMAP: INBOX empty, the mail in Archive with its date and GUID"

    def trash(self):
        tidy = self.account("tidy")
        self.send(tidy.address, subject="rubbish")
        tidy.wait_for_mail("rubbish")
        with tidy.imap() as imap:
            imap.select()
            assert imap.session.uid("MOVE", "1:*", "Trash")[0] == "OK"
            assert imap.subjects("Trash") == ["rubbish"]
        self.admin("retention", "set", tidy.address, "--trash", "1s")
        wait_for(lambda: tidy.subjects("Trash") == [], "an empty Trash")
        return "IMAP: one mail in Trash before, none now"

    def receive_off(self):
        away = self.account("away")
        self.admin("receive", "off", away.address)
        self.send(away.address, subject="not stored")
        self.lab.wait_for_empty_queue()
        assert away.subjects() == [], f"INBOX has {away.subjects()}"
        self.admin("receive", "on", away.address)
        self.send(away.address, subject="stored")
        away.wait_for_mail("stored")
        return "SMTP: 250 each time; IMAP: only what came after receive was on again"

    def forward(self):
        fellow = self.account("fellow")
        self.admin("forward", "set", fellow.address, FRIEND, "--no-copy")
        self.send(fellow.address, subject="onward")
        (message,) = self.lab.wait_for_outside(FRIEND, "onward")
        assert fellow.subjects() == [], f"INBOX has {fellow.subjects()}"
        return f"outside for {', '.join(message.recipients)}: “{message.subject}”; IMAP: no copy"

    def run(self):
        print(f"\nA domain\n  $ boxkeeper domain add {DOMAIN}")
        self.lab.cli("domain", "add", DOMAIN)
        self.step("An account receives", self.deliver)
        self.step("Over quota: refused", self.over_quota)
        self.step("A changed limit holds in an open session", self.live_quota)
        self.step("INBOX mail: archived when its time is over", self.archive)
        self.step("Trash: emptied when its time is over", self.trash)
        self.step("Receive OFF: accepted, not stored", self.receive_off)
        self.step("Forward without copy: arrived outside", self.forward)
        print("\nEverything above really happened." if self.failures == 0
              else f"\n{self.failures} of {self.steps} did not happen. The log's end:\n"
              + "\n".join(self.lab.log().splitlines()[-40:]))
        return self.failures == 0


def tell(lab):
    env = lab.environment
    print(f"""
The mail server stays up. Connect a mail client:
  user name   taro@{DOMAIN}
  password    {PASSWORD}
  IMAP        127.0.0.1 port {lab.imap_port}, STARTTLS or none
  POP3        127.0.0.1 port {lab.pop3_port}, STARTTLS or none
  SMTP        127.0.0.1 port {lab.submission_port}, STARTTLS or none, with the same login

As a stranger, send to 127.0.0.1 port {lab.smtp_port}. What leaves for other domains:
{lab.outside_dir}
The CLI:  {env['LAB_BOXKEEPER']} account list
The log:  {lab.log_path}

Ctrl-C ends it.""")


def main(arguments):
    lab = Lab(arguments[-1]).attach()
    if arguments[0] == "--tell":
        tell(lab)
        return 0
    return 0 if Tour(lab).run() else 1


# What was seen so far is of interest while it runs.
sys.stdout.reconfigure(line_buffering=True, encoding="utf-8")
sys.exit(main(sys.argv[1:]))
