# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The sweep killed (SIGKILL) while it archives 5,000 messages in ten batches, inside of them and
between two. Afterwards every message exists at least once, and after the next run exactly once: by
GUID, content, flags and received date. Messages that are not due, other folders and other accounts
are as they were.

Killing at the n-th call of link, rename, write, … is killing by progress too: maildir and sdbox make
one such call a message.

The archive is there before: killed while it makes a folder's first index, Dovecot leaves a lock
without a pid in it, and the next process waits some minutes until that is stale.
"""

import shutil
import time

import pytest

from keeping import append_many, change_state, contents, due, home_of, stored, sweep
from killing import count_calls, run_killed, spread_points
from lab import run
from waiting import wait_for

MESSAGES = 5000
BATCH = 500
WRITES = ["unlink", "rename", "write", "fsync", "link", "fdatasync", "pwrite64", "openat",
          "ftruncate"]
OTHER_FOLDERS = ("Sent", "Trash", "Junk", "Mine")
YOUNG = ["young one", "young two"]
# Maildir's next process waits two seconds for each lock that a dead one has left.
DEFAULT_POINTS = {"maildir": 6, "sdbox": 8, "mdbox": 6}
THOROUGH_POINTS = 60


class Scenery:
    """An account with much mail that is due, which can be put back as it was at the beginning."""

    def __init__(self, lab, domain):
        self.lab = lab
        self.taro = lab.create_account(f"taro@{domain}")
        self.hana = lab.create_account(f"hana@{domain}")
        append_many(self.taro, MESSAGES)
        for account in (self.taro, self.hana):
            with account.imap() as imap:
                imap.command("create", "Mine")
                for folder in (*OTHER_FOLDERS, "Archive"):
                    imap.append(f"Subject: in {folder}\r\n\r\n.".encode(), folder, "(\\Seen)")
        lab.lmtp(self.hana.address, subject="hana's")
        self.last_saved = max(one.saved for one in stored(self.taro))
        self.due_ones = contents(self.taro, "INBOX")
        assert len(self.due_ones) == MESSAGES
        self.archive = sorted(self.due_ones + contents(self.taro, "Archive"))
        self.others = self.look_at_others()
        self.home = home_of(self.taro)
        self.kept = self.home.with_name(self.home.name + ".kept")
        run(["cp", "-a", str(self.home), str(self.kept)])
        # Young messages come into the same folder; they are to stay young for a while.
        wait_for(lambda: time.time() > self.last_saved + 12, "the messages to be older")

    def look_at_others(self):
        return ([stored(account, folder) for account in (self.taro, self.hana)
                 for folder in OTHER_FOLDERS], stored(self.hana), contents(self.hana, "INBOX"))

    def put_back(self):
        """The mail as at the beginning, two young messages, and all but these are due."""
        self.lab.cli("retention", "set", self.taro.address, "--archive", "0")
        shutil.rmtree(self.home)
        run(["cp", "-a", str(self.kept), str(self.home)])
        # What is put back as files is nobody's report: sessions believe the record for a day.
        change_state(self.lab, "DELETE FROM folders RETURNING 'changed'")
        for subject in YOUNG:
            self.lab.lmtp(self.taro.address, subject=subject)
        seconds = int(time.time()) - self.last_saved
        self.lab.cli("retention", "set", self.taro.address, "--archive", f"{seconds}s")

    def sweep_command(self):
        return [self.lab.environment["LAB_DOVEADM"], "boxkeeper", "sweep", "-u", self.taro.address,
                "--batch", str(BATCH)]

    def check_at_least_once(self):
        """Content alone counts: maildir's copies may have another GUID until the next run. How many
        stand twice, and how many were moved."""
        inbox, archive = contents(self.taro, "INBOX"), contents(self.taro, "Archive")
        lost = {one[3] for one in self.due_ones} - {one[3] for one in inbox + archive}
        assert not lost, f"{len(lost)} messages are lost"
        twice = len(inbox) + len(archive) - len(YOUNG) - len(self.archive)
        return twice, MESSAGES + len(YOUNG) - len(inbox)

    def check_exactly_once(self):
        archive = contents(self.taro, "Archive")
        assert len(archive) == len(self.archive)
        assert archive == self.archive
        assert [one.subject for one in stored(self.taro)] == YOUNG
        assert self.look_at_others() == self.others

    def finish_by_sessions(self):
        """Without a sweep: each end of a session works for two seconds."""
        def archive_is_full():
            with self.taro.imap() as imap:
                return imap.select("Archive", readonly=True) > MESSAGES and imap.select() == 2
        wait_for(archive_is_full, "sessions to archive everything")
        assert due(self.taro, time.time()) == {}


@pytest.mark.all_formats
def test_nothing_is_lost_and_nothing_stays_twice(lab, domain, thorough):
    scenery = Scenery(lab, domain)
    command = scenery.sweep_command()
    scenery.put_back()
    points = spread_points(count_calls(command, WRITES),
                           THOROUGH_POINTS if thorough else DEFAULT_POINTS[lab.format])
    scenery.check_exactly_once()
    killed = twice = between = 0
    for index, (name, number) in enumerate(points):
        scenery.put_back()
        killed += run_killed(command, name, number)
        try:
            # A look mends some of what a dead process left, so not every time.
            if index % 2 == 0:
                twice_now, moved = scenery.check_at_least_once()
                twice += twice_now > 0
                between += 0 < moved < MESSAGES
            if index % 4 == 1:
                run_killed(command, *points[(index * 7) % len(points)])
            if index % 5 == 2:
                scenery.finish_by_sessions()
            else:
                assert sweep(scenery.taro)[2] == "done"
            scenery.check_exactly_once()
        except AssertionError as problem:
            raise AssertionError(f"killed at call {number} of {name}: {problem}") from problem
    assert killed >= len(points) * 3 // 4, f"{killed} of {len(points)} were killed"
    assert between > 0, "never killed behind one batch and before another"
    print(f"{len(points)} points, {killed} killed, messages twice after {twice} of them, some batches"
          f" done before {between} of them")
