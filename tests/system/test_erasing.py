# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""`account erase-mail` and `account delete` of large mailboxes: killed at random, mail arriving
meanwhile, and the neighbour's untouched."""

import os
import random
import signal
import socket
import subprocess
import threading
import time

import pytest

from keeping import deliver, home_of, stored
from keeping import subjects as subjects_in
from messages import make_message
from waiting import wait_for

KILLS = 5
MANY = 20_000


def fill_maildir(account, count, folder=""):
    """As if a migration had put them there: `count` messages, realistic file names."""
    home = home_of(account)
    place = home / "Maildir" / folder
    for part in ("cur", "new", "tmp"):
        (place / part).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        message = make_message(subject=f"old {number}", to=account.address)
        name = f"17000{number:05}.M{number * 7919 % 1000000}P{number % 97}.host,S={len(message)}:2,S"
        (place / "cur" / name).write_bytes(message)
    subprocess.run(["chown", "-R", f"{home.owner()}:{home.group()}", home], check=True)


class Arrivals:
    """Mail arriving by LMTP while something else is done."""

    def __init__(self, account):
        self.account = account
        self.accepted = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.deliver)

    def deliver(self):
        number = 0
        while not self.over.wait(0.1):
            subject = f"new {number}"
            number += 1
            try:
                answer = self.account.lab.lmtp(self.account.address, subject=subject)
            except (OSError, socket.error):
                continue
            if answer[self.account.address].code == 250:
                self.accepted.append(subject)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.over.set()
        self.thread.join()


def files_left(home):
    """Messages in INBOX, also when the home has been set aside for its removal."""
    places = [home, home.parent / ".deleted" / home.name]
    places += list((home.parent / ".deleted" / home.name).glob("up-*"))
    left = 0
    for place in places:
        for folder in (place / "Maildir/cur", place / "cur", place):
            try:
                left += sum(name.startswith("17000") for name in os.listdir(folder))
            except OSError:
                pass
    return left


def kill_at_random(lab, command, home):
    """Starts `command`, and then `job run`, and kills each with its doveadm somewhere in the middle of
    the work. Returns how often it was in time."""
    killed = 0
    left = MANY
    for part in range(KILLS):
        until = random.randrange(left * (KILLS - part) // (KILLS - part + 1), left + 1)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        while process.poll() is None and files_left(home) >= until:
            pass
        if process.poll() is None:
            killed += 1
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        wait_for(lambda: not lab.processes("doveadm"), "the end of doveadm")
        left = max(files_left(home), 1)
        command = lab.cli_command("job", "run")
    return killed


def pairs(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    hana = lab.create_account(f"hana@{domain}")
    deliver(hana, "hers")
    return taro, hana


def test_erased_and_what_arrived_is_kept(lab, domain):
    taro, hana = pairs(lab, domain)
    deliver(taro, "first")
    with taro.imap() as imap:
        imap.session.create("Work")
        imap.session.subscribe("Work")
        folders, subscriptions = set(imap.folders()), imap.subscriptions()
    fill_maildir(taro, MANY)
    fill_maildir(taro, 30, ".Work")
    script = home_of(taro) / "kept.sieve"
    script.write_text("keep;")
    log_before = len(subjects_in(hana))
    # Two seconds between the old and the new: the time of asking has one second's precision.
    asked = int(time.time())
    wait_for(lambda: time.time() > asked + 1, "the next second")
    with Arrivals(taro) as arrivals:
        killed = kill_at_random(lab, lab.cli_command("--yes", "account", "erase-mail",
                                                     taro.address), home_of(taro))
        assert killed >= 2, "finished before it could be killed: more messages are needed"
        lab.cli("job", "run")
        wait_for(lambda: len(arrivals.accepted) >= 3, "mail during the erasure")
    assert lab.cli_json("job", "list")["items"] == []
    left = subjects_in(taro)
    # What came in the very second of asking may be on either side.
    late = arrivals.accepted[-3:]
    assert set(late) <= set(left) and all(one.startswith("new ") for one in left), left[:10]
    assert subjects_in(taro, "Work") == []
    with taro.imap() as imap:
        assert set(imap.folders()) == folders and imap.subscriptions() == subscriptions
    assert script.exists()
    assert len(subjects_in(hana)) == log_before == 1
    assert taro.show()["aliases"] == []


def test_nothing_that_came_after_asking_goes(lab, domain):
    """Dovecot is away when it is asked: what comes before the job goes on stays."""
    taro, hana = pairs(lab, domain)
    deliver(taro, "old 1", "old 2")
    asked = int(time.time())
    wait_for(lambda: time.time() > asked + 1, "the next second")
    lab.service("stop", "dovecot")
    result = lab.cli("--yes", "account", "erase-mail", taro.address, want_exit=75)
    assert "job run" in result.errors
    (job,) = lab.cli_json("job", "list")["items"]
    assert (job["kind"], job["address"]) == ("erase-mail", taro.address)
    asked = int(time.time())
    wait_for(lambda: time.time() > asked + 2, "the next second")
    lab.service("start", "dovecot")
    deliver(taro, "new")
    lab.cli("job", "run")
    assert subjects_in(taro) == ["new"]
    assert subjects_in(hana) == ["hers"]
    assert lab.cli_json("job", "list")["items"] == []


@pytest.mark.all_formats
def test_every_format(lab, domain):
    taro, hana = pairs(lab, domain)
    deliver(taro, *[f"old {n}" for n in range(20)])
    with taro.imap() as imap:
        imap.session.create("Work")
        for n in range(5):
            imap.append(make_message(subject=f"work {n}"), "Work")
    lab.cli("--yes", "account", "erase-mail", taro.address)
    assert subjects_in(taro) == subjects_in(taro, "Work") == []
    deliver(taro, "new")
    assert subjects_in(taro) == ["new"]
    assert subjects_in(hana) == ["hers"]
    wait_for(lambda: taro.show()["usage_messages"] == 1, "the usage afterwards")


def test_hold_stops_it(lab, domain):
    taro, _ = pairs(lab, domain)
    deliver(taro, "kept")
    lab.cli("retention", "hold", taro.address, "--reason", "court")
    lab.cli("--yes", "account", "erase-mail", taro.address, want_exit=77)
    # One that began before rests meanwhile.
    lab.cli("retention", "release", taro.address)
    lab.service("stop", "dovecot")
    lab.cli("--yes", "account", "erase-mail", taro.address, want_exit=75)
    lab.cli("retention", "hold", taro.address, "--reason", "court")
    lab.service("start", "dovecot")
    lab.cli("job", "run", want_exit=75)
    assert len(stored(taro)) == 1
    lab.cli("retention", "release", taro.address)
    lab.cli("job", "run")
    assert stored(taro) == []


def test_deleted_and_the_name_given_anew(lab, domain):
    taro, hana = pairs(lab, domain)
    deliver(taro, "first")
    fill_maildir(taro, MANY)
    home = home_of(taro)
    with Arrivals(taro):
        killed = kill_at_random(lab, lab.cli_command("--yes", "account", "delete", taro.address),
                                home)
        assert killed >= 2, "finished before it could be killed: more messages are needed"
        if lab.cli("account", "show", taro.address, want_exit=None).exit_code == 0:
            lab.cli("--yes", "account", "delete", taro.address)
        lab.cli("job", "run")
    wait_for(lambda: not home.exists(), "the end of the mail")
    assert lab.cli_json("job", "list")["items"] == []
    again = lab.create_account(f"taro@{domain}")
    assert stored(again) == [] and home_of(again) != home
    deliver(again, "new")
    assert subjects_in(again) == ["new"]
    assert subjects_in(hana) == ["hers"]
