# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""What is stored, since when, and what retention would do with it.

All of it is asked of doveadm, since a look by IMAP or POP3 is a session, and at its end retention
does what is due.

    (one,) = stored(taro, "INBOX")
    assert due(taro, one.saved + 60) == {"INBOX": 1}

Times are seconds since the epoch. To see that something is due at one second and not at the second
before, no test has to wait: the preview tells it for any time.
"""

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

from lab import run
from waiting import wait_for

DAY = 86400


@dataclass(frozen=True)
class Stored:
    """One message in a folder."""
    uid: int
    subject: str
    guid: str
    flags: frozenset
    received: int
    saved: int


def stored(account, folder="INBOX"):
    rows = account.lab.doveadm(
        "-f", "json", "fetch", "-u", account.address,
        "uid hdr.subject guid flags date.received.unixtime date.saved.unixtime",
        "mailbox", folder).output
    return [Stored(int(row["uid"]), row["hdr.subject"], row["guid"],
                   frozenset(row["flags"].split()) - {"\\Recent"},
                   int(row["date.received.unixtime"]), int(row["date.saved.unixtime"]))
            for row in json.loads(rows)]


def subjects(account, folder="INBOX"):
    return [message.subject for message in stored(account, folder)]


def deliver(account, *subjects, **message):
    """By LMTP, which is no session either."""
    for subject in subjects:
        answer = account.lab.lmtp(account.address, subject=subject, **message)[account.address]
        assert answer.code == 250, answer


def due(account, as_of):
    """Folder -> number of messages that would be archived or expunged then; no zeros."""
    rows = json.loads(account.lab.doveadm("-f", "json", "boxkeeper", "preview", "-u",
                                          account.address, "--as-of", str(int(as_of))).output)
    return {row["folder"]: int(row["messages"]) for row in rows if row["messages"] != "0"}


def check_due_from(account, folder, first_second, messages=1):
    """So many messages of the folder are due at that second, and none at the one before."""
    got = (due(account, first_second - 1).get(folder, 0), due(account, first_second).get(folder, 0))
    assert got == (0, messages), f"{folder}: got {got}, want {(0, messages)}"


def let_a_second_pass():
    """The clock of retention counts in seconds: what happens from now on has another one."""
    now = int(time.time())
    wait_for(lambda: time.time() >= now + 2, "the next second")


def wait_until_due(account, folder, messages):
    wait_for(lambda: due(account, time.time()).get(folder, 0) == messages,
             f"{messages} message(s) in {folder} of {account.address} to be due")


def sweep(account, *options, want_exit=0):
    """`doveadm boxkeeper sweep -u`: (archived, expunged, state)."""
    result = account.lab.doveadm("-f", "json", "boxkeeper", "sweep", "-u", account.address,
                                 *options, want_exit=want_exit)
    (row,) = json.loads(result.output)
    return int(row["archived"]), int(row["expunged"]), row["state"]


def change_state(lab, statement):
    """By sqlite3, which must leave the files -wal and -shm as Boxkeeper's programs do."""
    result = run(["sqlite3", "-batch", str(lab.data / "state/state.db")],
                 input=f".bail on\n.filectrl persist_wal 1\n.timeout 10000\n{statement};\n")
    assert "changed" in result.output, result


def home_of(account):
    return Path(account.lab.doveadm("user", "-f", "home", account.address).output.strip())


def append_many(account, count):
    """With one command: thousands of small messages in a second or two."""
    with account.imap() as imap:
        imap.session.send(b"M APPEND INBOX")
        for number in range(count):
            message = (f"Message-ID: <{number}@many.example>\r\nFrom: <someone@outside.example>\r\n"
                       f"Subject: message {number}\r\n\r\nBody of message {number}.\r\n").encode()
            flags = ("", "\\Seen", "\\Flagged $Label1")[number % 3]
            day = number % 28 + 1
            imap.session.send(f' ({flags}) "{day:02}-Feb-2020 01:02:03 +0000" {{{len(message)}+}}\r\n'
                              .encode() + message)
        imap.session.send(b"\r\n")
        while not (answer := imap.session.readline()).startswith(b"M "):
            pass
        assert answer.startswith(b"M OK"), answer


def contents(account, folder):
    """All that a message is, but for its place and its time of storing; sorted."""
    # Not as JSON: with texts that are long, doveadm 2.4.1 ends in an assertion there.
    records = account.lab.doveadm(
        "-f", "pager", "fetch", "-u", account.address, "guid flags date.received.unixtime text",
        "mailbox", folder).output
    found = []
    for record in records.split("\f\n") if records else []:
        guid, flags, received, text = re.fullmatch(
            r"guid: (.*)\nflags: (.*)\ndate\.received\.unixtime: (.*)\ntext:\n((?s:.*))",
            record).groups()
        found.append((guid, " ".join(sorted(set(flags.split()) - {"\\Recent"})), received, text))
    return sorted(found)
