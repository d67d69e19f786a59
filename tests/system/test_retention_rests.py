# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""When retention touches nothing: hold, suspension, doubt, and things that cannot be read.

Each test has mail that is due, lets every occasion go by, finds all of it in its place and the reason
told, takes the reason away, and then retention goes on by itself.
"""

import contextlib
import time

import pytest

from breaking import disk_full, folder_closed, moved_away, replaced_by_garbage
from installed_dovecot import one_of
from keeping import DAY, change_state, deliver, due, home_of, stored, subjects, sweep, wait_until_due
from lab import run
from waiting import wait_for

FOLDERS = ("INBOX", "Trash", "Archive", "Bin", "Junk", "Kept")


@pytest.fixture
def taro(lab, domain):
    """An account with a message in INBOX, one in the trash, and both due."""
    account = lab.create_account(f"taro@{domain}")
    with account.imap() as imap:
        for folder in ("Bin", "Kept"):
            assert imap.command("create", folder)[0] == "OK"
        for folder in FOLDERS:
            assert imap.append(f"Subject: in {folder}\r\n\r\n.".encode(), folder)[0] == "OK"
    lab.cli("retention", "set", account.address, "--archive", "1s", "--trash", "1s")
    wait_for(lambda: due(account, time.time()) == {"INBOX": 1, "Trash": 1}, "both to be due")
    return account


def everything(account):
    return {folder: stored(account, folder) for folder in FOLDERS}


def occasions(account, want_state, want_exit=0):
    """A session by each protocol and a sweep for this account; nothing is touched."""
    was = everything(account)
    with account.imap() as imap:
        imap.select()
    account.pop3().quit()
    assert sweep(account, want_exit=want_exit) == (0, 0, want_state)
    assert everything(account) == was


def goes_on(account):
    archived, expunged, state = sweep(account)
    assert (archived, expunged, state) == (1, 1, "done")
    assert (subjects(account), subjects(account, "Trash")) == ([], [])
    assert subjects(account, "Archive") == ["in Archive", "in INBOX"]


# --- hold and suspension ---------------------------------------------------------------------------


def test_hold(lab, taro):
    lab.cli("retention", "hold", taro.address, "--reason", "dispute 17")
    occasions(taro, "on hold")
    assert taro.address not in [row["address"] for row in lab.cli_json("retention", "run")["items"]]
    assert lab.cli_json("retention", "show", taro.address)["hold_reason"] == "dispute 17"
    preview = lab.cli_json("retention", "preview", taro.address)
    assert sum(row["messages"] for row in preview["items"]) == 0
    # Neither deletion nor the end of the domain, but the user's own expunge.
    assert lab.cli("--yes", "account", "delete", taro.address, want_exit=None).exit_code != 0
    with taro.imap() as imap:
        imap.delete_all("Kept")
    assert subjects(taro, "Kept") == []
    lab.cli("retention", "release", taro.address)
    goes_on(taro)


def test_suspended_account(lab, taro):
    was = everything(taro)
    lab.cli("account", "suspend", taro.address)
    assert sweep(taro) == (0, 0, "suspended")
    lab.cli("retention", "run")
    assert everything(taro) == was
    lab.cli("account", "resume", taro.address)
    goes_on(taro)


def test_suspended_domain(lab, domain, taro):
    was = everything(taro)
    lab.cli("domain", "suspend", domain)
    assert sweep(taro) == (0, 0, "suspended")
    lab.cli("retention", "run")
    assert everything(taro) == was
    lab.cli("domain", "resume", domain)
    goes_on(taro)


# --- doubt about folders ---------------------------------------------------------------------------

DOUBTS = {
    "two folders are marked \\Trash": "mailbox Bin {\n special_use = \\Trash\n}",
    "two folders are marked \\Archive": "mailbox Kept {\n special_use = \\Archive\n}",
    "two folders are marked \\Junk": "mailbox Bin {\n special_use = \\Junk\n}",
    "INBOX is marked": "mailbox INBOX {\n special_use = \\Trash\n}\n"
                       "mailbox Trash {\n special_use =\n}",
    "a folder has two marks": "mailbox Trash {\n special_use = \\Trash \\Junk\n}\n"
                              "mailbox Junk {\n special_use =\n}",
    "the name of another": "mailbox Archive {\n special_use = \\Trash\n}\n"
                           "mailbox Trash {\n special_use =\n}",
}


def test_doubt_about_folders(lab, taro):
    for want, configuration in DOUBTS.items():
        lab.set_dovecot(f"namespace inbox {{\n{configuration}\n}}\n")
        since = lab.log_path.stat().st_size
        was = everything(taro)
        with taro.imap() as imap:
            imap.select()
        wait_for(lambda: want in lab.log(since), f"the log to say: {want}")
        archived, expunged, state = sweep(taro)
        assert (archived, expunged) == (0, 0) and want in state, state
        (row,) = [row for row in lab.cli_json("retention", "run")["items"]
                  if row["address"] == taro.address]
        assert (row["archived"], row["expunged"]) == (0, 0) and want in row["state"], row
        assert due(taro, time.time() + 3650 * DAY) == {}
        assert everything(taro) == was, want
    # A mark where no folder is raises no doubt.
    lab.set_dovecot("namespace inbox {\nmailbox Nowhere {\n special_use = \\Trash\n}\n}\n")
    goes_on(taro)


def test_users_cannot_mark_folders(lab, taro):
    """Marks are the configuration's: what a client claims makes no folder a trash."""
    lab.set_dovecot(one_of(
        v2_3="mail_attribute_dict = file:%h/attributes\n",
        v2_4="mail_attribute {\n dict file {\n  path = %{home}/attributes\n }\n}\n") +
        "protocol imap {\n imap_metadata = yes\n}\n")
    result = lab.doveadm("mailbox", "metadata", "set", "-u", taro.address, "Kept",
                         "/private/specialuse", "\\Trash", want_exit=None)
    assert result.exit_code != 0
    with taro.imap() as imap:
        imap.session.send(b"S SETMETADATA Kept (/private/specialuse \"\\\\Trash\")\r\n")
        assert not imap.session.readline().startswith(b"S OK")
        imap.session.send(b"C CREATE Mine (USE (\\Trash))\r\n")
        imap.session.readline()
        assert imap.folders()["Kept"].isdisjoint({"\\Trash"})
        assert imap.folders().get("Mine", frozenset()).isdisjoint({"\\Trash"})
    wait_for(lambda: subjects(taro) == [], "the session's end")
    assert subjects(taro, "Kept") == ["in Kept"]


# --- doubt about the clock -------------------------------------------------------------------------


@contextlib.contextmanager
def clock_on_record(lab, newest_time=0, last_run=0):
    """state.db says that time has been then; at the end, that the clock is right."""
    lab.doveadm("boxkeeper", "sweep", "-A", "--clock-ok", want_exit=None)
    change_state(lab, f"UPDATE clock SET newest_time = {int(newest_time)},"
                      f" last_run = {int(last_run)} RETURNING 'changed'")
    try:
        yield
    finally:
        lab.doveadm("boxkeeper", "sweep", "-A", "--clock-ok")


def last_run(lab):
    """When a sweep over all was completed last."""
    return run(["sqlite3", "-readonly", str(lab.data / "state/state.db"),
                "SELECT last_run FROM clock"]).output


@pytest.fixture
def waiting_taro(lab, taro):
    """For a while nothing is due, so that a sweep over all may be part of the preparation."""
    lab.cli("retention", "set", taro.address, "--archive", "0", "--trash", "0")
    yield taro


def make_due(account):
    account.lab.cli("retention", "set", account.address, "--archive", "1s", "--trash", "1s")


BACK = "more than an hour behind"
FORWARD = "more than 40 days ahead"


@pytest.mark.parametrize("newest,last,want", [(3700, 0, BACK), (0, -41 * DAY, FORWARD)])
def test_clock_that_jumped(lab, waiting_taro, newest, last, want):
    taro = waiting_taro
    now = time.time()
    with clock_on_record(lab, now + newest if newest else 0, now + last if last else 0):
        make_due(taro)
        since = lab.log_path.stat().st_size
        was = everything(taro)
        with taro.imap() as imap:
            imap.select()
        taro.pop3().quit()
        wait_for(lambda: lab.log(since).count(want) >= 2, "both sessions to say it in the log")
        assert want in sweep(taro, want_exit=75)[2]
        assert want in lab.doveadm("boxkeeper", "sweep", "-A", want_exit=75).errors
        refused = lab.cli("retention", "run", want_exit=75)
        assert "--clock-ok" in refused.errors, refused
        assert everything(taro) == was
        # The administrator says that the clock is right, and from then on it is.
        rows = {row["address"]: row
                for row in lab.cli_json("retention", "run", "--clock-ok")["items"]}
        assert (rows[taro.address]["archived"], rows[taro.address]["expunged"]) == (1, 1)
        deliver(taro, "later")
        wait_until_due(taro, "INBOX", 1)
        assert sweep(taro) == (1, 0, "done")


@pytest.mark.parametrize("newest,last", [(3500, 0), (0, -39 * DAY)])
def test_clock_that_is_good_enough(lab, waiting_taro, newest, last):
    now = time.time()
    with clock_on_record(lab, now + newest if newest else 0, now + last if last else 0):
        make_due(waiting_taro)
        goes_on(waiting_taro)


# --- what cannot be read (the column "retention" of the table in rules/failure) --------------------


def test_settings_unreadable(lab, taro):
    for broken in (moved_away, folder_closed, replaced_by_garbage):
        with broken(lab.settings):
            since = lab.log_path.stat().st_size
            occasions(taro, "the settings can't be read", want_exit=75)
            wait_for(lambda: "settings" in lab.log(since), "the log to say what is wrong")
    # doveadm begins as root, for whom no folder is closed.
    with moved_away(lab.settings):
        result = lab.doveadm("boxkeeper", "sweep", "-A", want_exit=75)
        assert "the settings can't be read" in result.errors
    goes_on(taro)


def test_settings_that_do_not_know_the_account(lab, domain, taro):
    """As after an old backup of settings.db alone."""
    home = home_of(taro)
    lab.cli("backup", lab.dir / "data/before-jiro")
    jiro = lab.create_account(f"jiro@{domain}")
    deliver(jiro, "one")
    lab.cli("retention", "set", jiro.address, "--archive", "1s")
    wait_until_due(jiro, "INBOX", 1)
    credentials = lab.data / "credentials/credentials.db"
    kept = credentials.read_bytes()
    lab.cli("--yes", "restore", lab.dir / "data/before-jiro")
    credentials.write_bytes(kept)
    # Dovecot's auth-worker keeps what it has read of the pages before.
    lab.service("stop", "dovecot")
    lab.service("start", "dovecot")
    assert sweep(jiro)[2] == "the settings do not know this account"
    with jiro.imap() as imap:
        imap.select()
    assert subjects(jiro) == ["one"]
    assert home.exists()
    goes_on(taro)


@pytest.mark.parametrize("broken", [moved_away, folder_closed, replaced_by_garbage])
def test_state_unreadable(lab, taro, broken):
    """It is a cache: unknown means that one has to look."""
    with broken(lab.data / "state/state.db"):
        goes_on(taro)
        deliver(taro, "two")
        wait_until_due(taro, "INBOX", 1)
        items = lab.cli_json("retention", "run")["items"]
        assert taro.address in [row["address"] for row in items if row["archived"] == 1]


def test_credentials_unreadable(lab, taro):
    """The sweep can't find the user: it stops and says so, and completes no run."""
    was = everything(taro)
    run_before = last_run(lab)
    try:
        with moved_away(lab.data / "credentials/credentials.db"):
            lab.service("stop", "dovecot")
            lab.service("start", "dovecot")
            result = lab.doveadm("boxkeeper", "sweep", "-u", taro.address, want_exit=75)
            assert "userdb" in result.errors, result
            refused = lab.cli("retention", "run", want_exit=75)
            assert "userdb" in refused.errors, refused
    finally:
        lab.service("stop", "dovecot")
        lab.service("start", "dovecot")
    assert last_run(lab) == run_before
    assert everything(taro) == was
    goes_on(taro)


@pytest.mark.all_formats
def test_disk_full(lab, domain):
    """The archive can't be written: nothing is lost, and it goes on when there is room."""
    taro = lab.create_account(f"taro@{domain}")
    home = home_of(taro)
    names = [f"message {number}" for number in range(20)]
    deliver(taro, *names, size=20_000)
    with disk_full(lab, home) as filler:
        lab.cli("retention", "set", taro.address, "--archive", "1s")
        wait_until_due(taro, "INBOX", 20)
        archived, _, state = sweep(taro, want_exit=75)
        assert archived < 20 and state in ("failed", "unfinished"), (archived, state)
        filler.unlink()
        assert set(subjects(taro) + subjects(taro, "Archive")) == set(names)
        assert sweep(taro)[2] == "done"
        assert sorted(subjects(taro, "Archive")) == sorted(names)
        assert subjects(taro) == []
