# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Databases that are replaced, lost or damaged beside servers at work: restore, a lost state.db, and
what `check` finds."""

import contextlib
import itertools
import os
import sqlite3
import threading
import time

from keeping import DAY, due, home_of, stored
from lab import run
from test_suspended import ALL, who_gets_in
from waiting import wait_for


# --- restore ---------------------------------------------------------------------------------------


class Traffic:
    """A stranger who sends one message after the other. What he was told stands in `replies`."""

    def __init__(self, lab, recipient):
        self.lab = lab
        self.recipient = recipient
        self.replies = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.send)

    def send(self):
        for number in itertools.count():
            if self.stop.is_set():
                return
            sent = self.lab.send(self.recipient, subject=f"traffic {number}")
            self.replies.append((sent.data or sent.only).code)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.stop.set()
        self.thread.join()


def test_restore_beside_servers_at_work(lab, domain):
    """Everybody sees the restored settings within seconds; mail that comes meanwhile is stored or
    put off, never refused."""
    taro = lab.create_account(f"taro@{domain}", "--capacity", "10M")
    hana = lab.create_account(f"hana@{domain}")
    backup = lab.dir / f"data/backup-{domain}"
    with taro.imap() as session, taro.smtp() as submission, Traffic(lab, taro.address) as traffic:
        wait_for(lambda: len(traffic.replies) >= 3, "traffic")
        lab.cli("backup", backup)
        lab.cli("account", "set", taro.address, "--capacity", "20M")
        lab.cli("account", "suspend", hana.address)
        jiro = lab.create_account(f"jiro@{domain}")
        lab.cli("forward", "set", taro.address, "friend@far.example", "--keep-copy")
        assert session.quota()[1] == 20 * 1024
        assert (lab.ask(hana.address).code, lab.ask(jiro.address).code) == (550, 250)
        assert who_gets_in(lab, jiro) == ALL

        lab.cli("--yes", "restore", backup)
        began = time.monotonic()
        wait_for(lambda: session.quota()[1] == 10 * 1024, "the old limit in the open session")
        wait_for(lambda: (lab.ask(hana.address).code, lab.ask(jiro.address).code) == (250, 550),
                 "the daemon to see the restored settings")
        wait_for(lambda: who_gets_in(lab, hana) == ALL and who_gets_in(lab, jiro) == set(), "logins")
        assert time.monotonic() - began < 10
        submission.mail(taro.address)
        assert submission.rcpt("friend@far.example")[0] == 250
        count = len(traffic.replies)
        wait_for(lambda: len(traffic.replies) >= count + 3, "traffic")
    assert taro.show()["forward_targets"] == []
    assert set(traffic.replies) <= {250, 451}, traffic.replies
    lab.wait_for_empty_queue()
    assert len(stored(taro)) == traffic.replies.count(250)
    run(["rm", "-r", str(backup)])


# --- state.db --------------------------------------------------------------------------------------


def test_state_lost_fills_again(lab, domain):
    """Also for those to whom nothing happens: the next sweep visits all, the one after it nobody."""
    accounts = [lab.create_account(f"user{number}@{domain}") for number in range(3)]
    for number, account in enumerate(accounts):
        lab.lmtp(account.address, size=20_000 * (number + 1))
    lab.cli("retention", "run")
    usage = {row["address"]: (row["usage_bytes"], row["usage_messages"])
             for row in lab.cli_json("usage", "--domain", domain)["items"]}
    with accounts[0].imap() as session:
        for path in (lab.data / "state").glob("state.db*"):
            path.unlink()
        assert session.select() == 1
        assert lab.ask(accounts[1].address).code == 250
        visited = {row["address"] for row in lab.cli_json("retention", "run")["items"]}
        assert visited >= {account.address for account in accounts}
        wait_for(lambda: {row["address"]: (row["usage_bytes"], row["usage_messages"])
                          for row in lab.cli_json("usage", "--domain", domain)["items"]} == usage,
                 "the usage of all to be known again")
        assert lab.cli_json("retention", "run")["items"] == []
    lab.cli("account", "set", accounts[2].address, "--capacity", "61K")
    wait_for(lambda: lab.ask(accounts[2].address, size=50_000).code == 552, "the daemon to know it")
    assert due(accounts[0], time.time() + 181 * DAY) == {"INBOX": 1}


# --- check -----------------------------------------------------------------------------------------


@contextlib.contextmanager
def mode(path, bits):
    before = path.stat().st_mode & 0o7777
    path.chmod(bits)
    yield
    path.chmod(before)


@contextlib.contextmanager
def owner(path, user, group):
    before = path.stat()
    run(["chown", "-h", f"{user}:{group}", str(path)])
    yield
    # SQLite makes -wal and -shm anew for the owner of the database.
    for file in path.parent.glob(path.name + "*"):
        os.chown(file, before.st_uid, before.st_gid)
    path.chmod(before.st_mode & 0o7777)


@contextlib.contextmanager
def missing(path):
    away = path.with_name(path.name + ".away")
    path.rename(away)
    yield
    away.rename(path)


@contextlib.contextmanager
def stray(path):
    path.mkdir()
    yield
    path.rmdir()


@contextlib.contextmanager
def stray_deleted(folder):
    with stray(folder), stray(folder / "4712"):
        yield


@contextlib.contextmanager
def link_instead(path):
    with missing(path):
        path.symlink_to(path.with_name(path.name + ".away"))
        yield
        path.unlink()


@contextlib.contextmanager
def credentials_changed(lab, statement):
    path = lab.data / "credentials/credentials.db"
    before = path.read_bytes()
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute(statement).rowcount == 1
        database.commit()
    yield
    path.write_bytes(before)


@contextlib.contextmanager
def overwritten(path):
    """Its second page is garbage."""
    before = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 4096)
    yield
    path.write_bytes(before)


@contextlib.contextmanager
def stopped(lab, name):
    lab.service("stop", name)
    yield
    lab.service("start", name)


@contextlib.contextmanager
def unfinished_deletion(lab, address):
    """Dovecot is away, so the deletion waits."""
    lab.service("stop", "dovecot")
    lab.cli("--yes", "account", "delete", address, want_exit=75)
    lab.service("start", "dovecot")
    yield
    lab.cli("job", "run")


def findings(lab):
    result = lab.cli("--json", "check", want_exit=None)
    found = [item["finding"] for item in result.json["items"]]
    assert result.exit_code == (78 if found else 0), result
    return found


def test_check_reports_each_damage(fresh_lab):
    lab = fresh_lab
    domain = lab.create_domain()
    taro = lab.create_account(f"taro@{domain}")
    jiro = lab.create_account(f"jiro@{domain}")
    lab.lmtp(taro.address)
    assert findings(lab) == []
    settings, state = lab.settings, lab.data / "state/state.db"
    credentials, limits = lab.data / "credentials/credentials.db", lab.data / "limits/limits.db"
    home = home_of(taro)
    this = f"WHERE primary_address = '{taro.address}'"
    damages = {
        "settings.db for all": (mode(settings, 0o644), settings),
        "settings.db for the group to write": (mode(settings, 0o660), settings),
        "folder of settings for all": (mode(settings.parent, 0o755), settings.parent),
        "folder of settings closed": (mode(settings.parent, 0o700), settings.parent),
        "settings.db of the mail user": (owner(settings, "vmail", "boxkeeper"), settings),
        "credentials.db for the group": (mode(credentials, 0o640), credentials),
        "folder of credentials open": (mode(credentials.parent, 0o750), credentials.parent),
        "credentials.db of the mail user": (owner(credentials, "vmail", "vmail"), credentials),
        "limits.db for all": (mode(limits, 0o644), limits),
        "folder of state without setgid": (mode(state.parent, 0o750), state.parent),
        "state.db of root": (owner(state, "root", "root"), state),
        "no home": (missing(home), taro.address),
        "home of root": (owner(home, "root", "root"), taro.address),
        "home is a link": (link_instead(home), taro.address),
        "home of nobody": (stray(home.parent / "4711"), "4711"),
        "left by a deletion": (stray_deleted(home.parent / ".deleted"), "4712"),
        "mail root for all to write": (mode(home.parent, 0o777), home.parent),
        "credentials locked": (credentials_changed(
            lab, f"UPDATE credentials SET locked = 1 {this}"), "locked"),
        "credentials missing": (credentials_changed(
            lab, f"DELETE FROM credentials {this}"), "does not know"),
        "credentials of another login": (credentials_changed(
            lab, f"UPDATE credentials SET login = 'hanako' {this}"), taro.address),
        "credentials forbid what settings allow": (credentials_changed(
            lab, f"UPDATE credentials SET imap_allowed = 0 {this}"), "differ"),
        "credentials of another user": (credentials_changed(
            lab, f"UPDATE credentials SET uid = 4242 {this}"), taro.address),
        "credentials.db damaged": (overwritten(credentials), credentials),
        "boxkeeperd stopped": (stopped(lab, "boxkeeperd"), "policy"),
        "Dovecot stopped": (stopped(lab, "dovecot"), "doveadm"),
        "a deletion waits": (unfinished_deletion(lab, jiro.address), "job"),
    }
    for name, (damage, word) in damages.items():
        with damage:
            found = findings(lab)
            assert any(str(word) in text for text in found), f"{name}: {found}"
        assert findings(lab) == [], f"after {name}"
