# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""What the servers' processes may touch: tried with the uid, gid and groups of living ones."""

import contextlib
import imaplib
import json
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from installed_dovecot import SERIES
from keeping import home_of
from managesieve import ManageSieve
from waiting import wait_for

# Run with the identity in question: what can it do with each path? Writing changes nothing.
PROBE = r"""
import json, os, socket, sys
def can(action, *arguments):
    try:
        result = action(*arguments)
    except OSError:
        return False
    if isinstance(result, int):
        os.close(result)
    return True
def connect(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
found = {}
for path in sys.argv[1:]:
    if os.path.isdir(path):
        name = os.path.join(path, "probe")
        deeds = {"list": can(os.listdir, path),
                 "make": can(os.open, name, os.O_CREAT | os.O_WRONLY, 0o600)}
        if deeds["make"]:
            os.unlink(name)
    elif os.path.exists(path) and not os.path.isfile(path):
        deeds = {"connect": can(connect, path)}
    else:
        deeds = {"read": can(os.open, path, os.O_RDONLY), "write": can(os.open, path, os.O_RDWR)}
    found[path] = sorted(deed for deed, done in deeds.items() if done)
json.dump(found, sys.stdout)
"""


@dataclass(frozen=True)
class Identity:
    user: int
    group: int
    groups: tuple

    @classmethod
    def of(cls, pid):
        """The effective one, with which files are opened."""
        fields = dict(line.split(":", 1) for line in
                      Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
        return cls(int(fields["Uid"].split()[1]), int(fields["Gid"].split()[1]),
                   tuple(int(word) for word in fields["Groups"].split()))

    def probe(self, paths):
        done = subprocess.run(["/usr/bin/python3", "-I", "-c", PROBE, *map(str, paths)],
                              capture_output=True, text=True, check=True, user=self.user,
                              group=self.group, extra_groups=self.groups)
        return {Path(path): tuple(deeds) for path, deeds in json.loads(done.stdout).items()}


def files(folder):
    found = [path for path in folder.iterdir() if path.is_file()]
    assert found, folder
    return found


def check_access(lab, identity, **folders):
    want = wanted_access(lab, **folders)
    assert identity.probe(want) == want


def wanted_access(lab, settings, state, limits):
    """Path -> deeds. Each of the three: what may be done with (files, folder); with credentials.db
    nothing, ever."""
    want = {lab.dir / "tls/key.pem": (), lab.data / "credentials/credentials.db": ()}
    for name, (file_deeds, folder_deeds) in {"settings": settings, "state": state, "limits": limits,
                                             "credentials": ((), ())}.items():
        folder = lab.data / name
        want[folder] = folder_deeds
        want.update({path: file_deeds for path in files(folder)})
    for name in ("private/boxkeeper-auth", "private/boxkeeper-lmtp"):
        want[lab.dir / "queue" / name] = ()
    assert lab.settings in want and lab.settings.with_name("settings.db-wal") in want
    assert lab.settings.with_name("settings.db-shm") in want
    return want


READ = (("read",), ("list",))
CHANGE = (("read", "write"), ("list", "make"))
NOTHING = ((), ())


@pytest.fixture
def taro(lab, domain):
    account = lab.create_account(f"taro@{domain}")
    assert lab.lmtp(account.address)[account.address].code == 250
    return account


def only_identity(lab, program):
    identities = wait_for(lambda: {Identity.of(pid) for pid in lab.processes(program)},
                          f"a process of {program}")
    (identity,) = identities
    return identity


@pytest.mark.parametrize("program", ["imap", "pop3"])
def test_sessions(lab, taro, program):
    session = getattr(taro, program)()
    identity = only_identity(lab, program)
    assert identity.user != 0
    check_access(lab, identity, settings=READ, state=CHANGE, limits=NOTHING)
    getattr(session, "quit" if program == "pop3" else "logout")()


def test_managesieve(lab, taro):
    with ManageSieve(lab.sieve_port, taro.login, taro.password):
        identity = only_identity(lab, "managesieve")
        assert identity.user != 0
        check_access(lab, identity, settings=READ, state=CHANGE, limits=NOTHING)


def test_lmtp(lab, taro):
    """Root between deliveries, as Dovecot has it; the mail user while one is stored."""
    stop = threading.Event()

    def deliver():
        while not stop.is_set():
            lab.lmtp(taro.address, size=200_000)

    def identities():
        found = set()
        for _ in range(2000):
            for pid in lmtp:
                with contextlib.suppress(OSError):
                    found.add(Identity.of(pid))
        return {identity for identity in found if identity.user == owner}

    # Postfix has processes of this name, too.
    owner = home_of(taro).stat().st_uid
    thread = threading.Thread(target=deliver)
    thread.start()
    try:
        lmtp = wait_for(lambda: lab.processes("lmtp"), "a process of lmtp")
        seen = wait_for(identities, "a delivery")
    finally:
        stop.set()
        thread.join()
    want = wanted_access(lab, settings=READ, state=CHANGE, limits=NOTHING)
    found = [identity.probe(want) for identity in seen]
    # Half-way from one identity to the other it can do less.
    for deeds in found:
        assert all(set(deeds[path]) <= set(want[path]) for path in want), seen
    assert want in found


def test_daemon(lab, taro):
    identity = only_identity(lab, "boxkeeperd")
    assert identity.user != 0
    (pid,) = lab.processes("boxkeeperd")
    status = Path(f"/proc/{pid}/status").read_text()
    assert "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status
    check_access(lab, identity, settings=READ, state=READ, limits=CHANGE)


@pytest.mark.parametrize("program", ["auth", "imap-login", "anvil", "stats"])
def test_dovecots_own_processes(lab, taro, program):
    """They need none of it. (auth-worker, which reads credentials.db, is root.)"""
    with taro.imap(), imaplib.IMAP4("127.0.0.1", lab.imap_port):
        pids = lab.processes(program)
        identities = {Identity.of(pid) for pid in pids} - {
            identity for identity in map(Identity.of, pids) if identity.user == 0}
        for identity in identities:
            check_access(lab, identity, settings=NOTHING, state=NOTHING, limits=NOTHING)
        may_be_root = ["auth"] if SERIES == "2.3" else ["auth", "anvil"]
        assert identities or program in may_be_root, f"no process of {program} without privileges"
