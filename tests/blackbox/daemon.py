# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""boxkeeperd as a process, and clients of its two protocols as Postfix is one."""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

from scratch import BUILD, wait_for


def relayed(addresses):
    """Addresses, comma separated, with those on other hosts in the form in which they leave."""
    return re.sub(r"([^,@]+)@((?:remote|e)\.example)", r"\1=\2@fwd.boxkeeper.invalid", addresses)


class Daemon:
    """Started at once; ready when the constructor returns, unless ready=False."""

    def __init__(self, scratch, *options, ready=True, environment=None, prefix=(), **popen):
        self.folder = scratch.folder / "sockets"
        self.log_path = scratch.folder / "log"
        self.notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify_path = scratch.folder / "notify"
        notify_path.unlink(missing_ok=True)
        self.notifications.bind(str(notify_path))
        notify_path.chmod(0o666)  # the daemon's user tells, not root
        self.notifications.settimeout(60)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*prefix, BUILD / "boxkeeperd", "--settings", scratch.settings, "--log-stderr"]
                + list(options),
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=os.environ
                | {"NOTIFY_SOCKET": str(notify_path), "LC_ALL": "C.UTF-8"}
                | (environment or {}),
                **popen,
            )
        if ready:
            self.wait_for_notification("READY=1")

    def wait_for_notification(self, text):
        while text not in self.notifications.recv(4096).decode().split("\n"):
            pass

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_for_log(self, text, times=1):
        wait_for(lambda: self.log().count(text) >= times, f"{text!r} in:\n{self.log()}")

    def status(self, name):
        """A line of /proc/PID/status, as words."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as lines:
            return next(line.split()[1:] for line in lines if line.startswith(name + ":"))

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def has_open(self, path):
        folder = Path(f"/proc/{self.process.pid}/fd")
        for descriptor in folder.iterdir():
            try:
                if descriptor.readlink() == path:
                    return True
            except FileNotFoundError:  # closed meanwhile
                pass
        return False

    def stop(self, signal_number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        status = self.process.wait(timeout=60)
        self.notifications.close()
        assert status == 0, f"exit status {status}; log:\n{self.log()}"
        assert "Sanitizer" not in self.log() and "runtime error" not in self.log(), self.log()

    def policy(self):
        return PolicyClient(self.folder / "policy")

    def map(self):
        return MapClient(self.folder / "map")

    def ask(self, **attributes):
        """The answer to one policy request over a connection of its own."""
        with self.policy() as client:
            return client.ask(**attributes)

    def look_up(self, name, key):
        """The answer of one map over a connection of its own."""
        with self.map() as client:
            return client.look_up(name, key)


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self.socket.settimeout(60)
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive_more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("closed by the daemon")
        self.unread += data

    def is_closed(self):
        """Waits until the daemon closes the connection; False if it sends something instead."""
        try:
            return self.unread == b"" and self.socket.recv(1) == b""
        except ConnectionError:
            return True


class PolicyClient(Client):
    @staticmethod
    def format(**attributes):
        """A request as Postfix makes it; further attributes are added, None leaves one out."""
        every = {
            "request": "smtpd_access_policy",
            "protocol_state": "RCPT",
            "protocol_name": "ESMTP",
            "client_address": "192.0.2.7",
            "client_name": "mail.remote.example",
            "helo_name": "mail.remote.example",
            "queue_id": "",
            "instance": "7c1.69213f22.1",
            "size": "0",
            "etrn_domain": "",
            "sasl_method": "",
            "sasl_username": "",
            "sender": "somebody@remote.example",
            "recipient": "",
            "policy_context": "mx",
        } | attributes
        lines = [f"{name}={value}\n" for name, value in every.items() if value is not None]
        return ("".join(lines) + "\n").encode()

    def ask(self, **attributes):
        self.send(self.format(**attributes))
        return self.answer()

    def answer(self):
        while b"\n\n" not in self.unread:
            self.receive_more()
        text, self.unread = self.unread.split(b"\n\n", 1)
        assert text.startswith(b"action=") and b"\n" not in text, text
        return text[len(b"action=") :].decode()


class MapClient(Client):
    @staticmethod
    def format(name, key):
        text = f"{name} {key}".encode()
        return b"%d:%s," % (len(text), text)

    def look_up(self, name, key):
        self.send(self.format(name, key))
        return self.answer()

    def answer(self):
        while b":" not in self.unread:
            self.receive_more()
        length = int(self.unread.split(b":", 1)[0])
        head = len(str(length)) + 1
        while len(self.unread) <= head + length:
            self.receive_more()
        text = self.unread[head : head + length]
        assert self.unread[head + length : head + length + 1] == b",", self.unread
        self.unread = self.unread[head + length + 1 :]
        return text.decode()
