# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""boxkeeperd as a process: its start, its user, its sockets, systemd, and its end."""

import fcntl
import grp
import os
import pwd
import re
import signal
import socket
import stat
import subprocess

import pytest

from daemon import Daemon
from scratch import BUILD, TOP, wait_for

LATER = "451 4.3.0 Settings can't be read now, try again later"


def run(*options, **more):
    return subprocess.run(
        [BUILD / "boxkeeperd", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **more,
    )


def owner_and_mode(path):
    status = path.lstat()
    return (
        pwd.getpwuid(status.st_uid).pw_name,
        grp.getgrgid(status.st_gid).gr_name,
        stat.S_IMODE(status.st_mode),
    )


def test_help_and_version():
    got = run("--help")
    assert (got.returncode, got.stderr) == (0, "")
    page = (TOP / "doc" / "man" / "boxkeeperd.8").read_text()
    described = re.findall(r"^\.It Fl \\-([a-z-]+)", page, flags=re.MULTILINE)
    assert described == re.findall(r"^  --([a-z-]+)", got.stdout, flags=re.MULTILINE) != []
    got = run("--version")
    assert got.returncode == 0 and re.fullmatch(r"boxkeeperd \d+\.\d+\.\d+\n", got.stdout)


@pytest.mark.parametrize("options", [["--no-such-option"], ["word"], ["--settings"]])
def test_bad_usage(options):
    got = run(*options)
    assert got.returncode == 64 and got.stderr != "" and got.stdout == ""


@pytest.mark.parametrize(
    "options, want",
    [
        (["--user", "no-such-user"], "there is no user no-such-user"),
        (["--user", "root"], "root is root"),
        (["--postfix-group", "no-such-group"], "there is no group no-such-group"),
        (["--socket-directory", "/no/such/folder"], "/no/such/folder: No such file"),
        (["--socket-directory", "/tmp"], "/tmp: others may write to it"),
    ],
)
def test_cannot_start(scratch, options, want):
    got = run("--settings", scratch.settings, "--log-stderr", *options)
    assert got.returncode == 78
    assert want in got.stderr
    assert got.stderr.count("\n") == 1


def test_path_too_long_for_a_socket(scratch):
    folder = scratch.folder / ("x" * 100)
    got = run("--settings", scratch.settings, "--socket-directory", folder, "--log-stderr")
    assert got.returncode == 78 and "too long for the path of a socket" in got.stderr


def test_owners_and_modes(scratch, daemon):
    folder = scratch.folder / "sockets"
    assert owner_and_mode(folder) == ("root", "postfix", 0o710)
    assert owner_and_mode(folder / "policy") == ("root", "postfix", 0o660)
    assert owner_and_mode(folder / "map") == ("root", "postfix", 0o660)
    connect = f"import socket; socket.socket(socket.AF_UNIX).connect('{folder}/policy')"
    command = ["/usr/bin/python3", "-c", connect]
    assert subprocess.run(command, user="postfix", group="postfix", extra_groups=[]).returncode == 0
    stranger = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    got = subprocess.run(command, capture_output=True, text=True, **stranger)
    assert "PermissionError" in got.stderr


def test_folder_that_is_there_stays_as_it_is(scratch):
    folder = scratch.folder / "sockets"
    folder.mkdir()
    folder.chmod(0o750)
    Daemon(scratch).stop()
    assert owner_and_mode(folder) == ("root", "root", 0o750)


def test_nothing_of_root_is_left(scratch, daemon):
    user = pwd.getpwnam("boxkeeper")
    assert daemon.status("Uid") == [str(user.pw_uid)] * 4
    assert daemon.status("Gid") == [str(user.pw_gid)] * 4
    assert daemon.status("Groups") == []
    for capabilities in ("CapPrm", "CapEff", "CapAmb"):
        assert int(daemon.status(capabilities)[0], 16) == 0
    assert daemon.status("NoNewPrivs") == ["1"]


def test_other_user(scratch):
    scratch.cli("domain", "add", "d.example")
    folder = scratch.folder / "sockets"  # nobody can't read the settings either
    running = Daemon(
        scratch, "--user", "nobody", "--postfix-group", "nogroup", "--socket-directory", folder
    )
    assert owner_and_mode(folder / "map") == ("root", "nogroup", 0o660)
    assert running.status("Uid")[0] == str(pwd.getpwnam("nobody").pw_uid)
    assert running.ask(recipient="a@d.example") == LATER  # not in group boxkeeper
    running.stop()


def test_not_root(scratch):
    """As systemd's User= would start it: it stays who it is."""
    scratch.cli("domain", "add", "d.example")
    folder = scratch.folder / "own"
    folder.mkdir()
    folder.chmod(0o777)
    running = Daemon(
        scratch,
        "--socket-directory",
        folder / "sockets",
        user="boxkeeper",
        group="boxkeeper",
        extra_groups=[],
    )
    running.folder = folder / "sockets"
    assert owner_and_mode(running.folder) == ("boxkeeper", "boxkeeper", 0o710)
    assert running.ask(recipient="a@d.example").startswith("550 5.1.1 ")
    running.stop()


def test_second_daemon_is_refused(scratch, daemon):
    scratch.cli("domain", "add", "d.example")
    for _ in range(2):
        got = run("--settings", scratch.settings, "--log-stderr")
        assert got.returncode == 75
        assert "another boxkeeperd serves in" in got.stderr
    assert daemon.ask(recipient="a@d.example").startswith("550 5.1.1 ")


def test_stale_sockets_are_replaced(scratch):
    scratch.cli("domain", "add", "d.example")
    first = Daemon(scratch)
    first.process.kill()
    first.process.wait(timeout=60)
    assert stat.S_ISSOCK((first.folder / "policy").lstat().st_mode)
    second = Daemon(scratch)
    assert second.ask(recipient="a@d.example").startswith("550 5.1.1 ")
    second.stop()


def test_folder_of_the_settings_is_read_as_the_daemons_user(scratch):
    """Root opens no database: what root alone can read is not found."""
    trace = scratch.folder / "trace"
    running = Daemon(scratch)
    running.stop()
    prefix = ["strace", "-f", "-o", trace, "-e", "trace=openat,setresuid"]
    # The leak sanitizer is a tracer itself: one more is one too many.
    traced = Daemon(scratch, prefix=prefix, environment={"ASAN_OPTIONS": "detect_leaks=0"})
    assert (scratch.folder / "sockets" / "policy").exists()
    child = int(re.match(r"\d+", trace.read_text()).group())
    os.kill(child, signal.SIGTERM)
    assert traced.process.wait(timeout=60) == 0
    root = True
    opened = 0
    for line in trace.read_text().splitlines():
        if change := re.search(r"setresuid\((-1|\d+), (-1|\d+), (-1|\d+)\) *= 0", line):
            root = change.group(2) == "0"
        if str(scratch.settings) in line or "state.db" in line:
            opened += 1
            assert not root, line
    assert opened >= 2
    traced.notifications.close()


def test_settings_missing_at_the_start(scratch):
    away = scratch.settings.with_suffix(".away")
    scratch.cli("domain", "add", "d.example")
    scratch.settings.rename(away)
    running = Daemon(scratch, "--socket-directory", scratch.folder / "sockets")
    assert running.ask(recipient="a@d.example") == LATER
    assert running.log().count("settings.db cannot be read") == 1
    away.rename(scratch.settings)
    wait_for(
        lambda: running.ask(recipient="a@d.example").startswith("550 5.1.1 "), "settings to be read"
    )
    running.stop()


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_end(scratch, signal_number):
    scratch.cli("domain", "add", "d.example")
    running = Daemon(scratch)
    with running.policy() as idle, running.policy() as half, running.map() as asked:
        half.send(b"request=smtpd_access_policy\n")
        assert idle.ask(recipient="a@d.example").startswith("550 5.1.1 ")
        # What is there when the signal comes is answered: the daemon is stopped meanwhile.
        os.kill(running.process.pid, signal.SIGSTOP)
        asked.send(asked.format("domain", "d.example") * 3)
        os.kill(running.process.pid, signal_number)
        os.kill(running.process.pid, signal.SIGCONT)
        assert [asked.answer() for _ in range(3)] == ["OK d.example"] * 3
        for client in (idle, half, asked):
            assert client.is_closed()
        running.wait_for_notification("STOPPING=1")
        running.stop()
    assert running.log().count("the request ends in the middle") == 0


def test_signals_that_come_again(scratch):
    running = Daemon(scratch)
    for _ in range(1000):  # does nothing once it has ended
        running.process.send_signal(signal.SIGTERM)
        running.process.send_signal(signal.SIGHUP)
    running.stop()


def test_end_while_a_client_does_not_read(scratch):
    running = Daemon(scratch)
    with running.policy() as greedy:
        greedy.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            while True:
                greedy.send(greedy.format(recipient="a@d.example") * 100)
        running.stop()


def test_restart(scratch):
    """A client sees its connection closed, and can connect to the next daemon at once."""
    scratch.cli("domain", "add", "d.example")
    running = Daemon(scratch)
    with running.policy() as client:
        running.stop()
        assert client.is_closed()
    with pytest.raises(ConnectionRefusedError):
        running.policy()
    running = Daemon(scratch)
    assert running.ask(recipient="a@d.example").startswith("550 5.1.1 ")
    running.stop()


def test_watchdog(scratch):
    running = Daemon(scratch, environment={"WATCHDOG_USEC": "200000"})
    for _ in range(3):
        running.wait_for_notification("WATCHDOG=1")
    running.stop()


def listen(folder, name):
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(str(folder / name))
    bound.listen(16)
    return bound


def start_with_sockets(scratch, names, **more):
    """As systemd's socket activation starts it: descriptors from 3 on, and their names."""
    folder = scratch.folder / "sockets"
    folder.mkdir(exist_ok=True)
    bound = [listen(folder, name) for name in ("policy", "map")]
    script = (
        "import os, sys\n"
        "for target, fd in enumerate(map(int, sys.argv[1].split()), 3):\n"
        "    os.dup2(fd, target)\n"
        "os.environ['LISTEN_PID'] = str(os.getpid())\n"
        "os.environ['LISTEN_FDS'] = '2'\n"
        "os.environ['LISTEN_FDNAMES'] = sys.argv[2]\n"
        "os.execv(sys.argv[3], sys.argv[3:])\n"
    )
    # High numbers, so that dup2 to 3 and 4 overwrites none that is still wanted.
    high = [fcntl.fcntl(one, fcntl.F_DUPFD, 100) for one in bound]
    prefix = ["/usr/bin/python3", "-c", script, " ".join(map(str, high)), names]
    started = Daemon(scratch, prefix=prefix, pass_fds=high, **more)
    for fd in high:
        os.close(fd)
    return started, bound


def test_socket_activation(scratch):
    scratch.cli("domain", "add", "d.example")
    running, bound = start_with_sockets(scratch, "policy:map")
    assert running.ask(recipient="a@d.example").startswith("550 5.1.1 ")
    assert running.look_up("domain", "d.example") == "OK d.example"
    assert not (running.folder / "lock").exists()
    running.stop()
    # The sockets live on: who connects now waits for the next daemon.
    with running.policy() as client:
        client.send(client.format(recipient="a@d.example"))
    for one in bound:
        one.close()


def test_socket_activation_with_wrong_names(scratch):
    running, bound = start_with_sockets(scratch, "policy:other", ready=False)
    assert running.process.wait(timeout=60) == 78
    assert "FileDescriptorName=policy" in running.log()
    running.notifications.close()
    for one in bound:
        one.close()
