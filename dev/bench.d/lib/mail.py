# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Two Dovecots side by side: a lab's with the plugin, and the same without it: Dovecot's own quota
(count) and sieve only, with a script that sorts spam, as most servers have one. Both have the same
accounts, with a mailbox for each of the two. And clients that keep them busy."""

import concurrent.futures
import contextlib
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import time

from lib import measure, others

MESSAGE = (
    b"From: somebody@remote.example\r\nTo: someone@d.example\r\nSubject: number %d\r\n"
    b"Date: Thu, 26 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%d.%d@remote.example>\r\n\r\n"
    + b"A line of text, as there are some in most messages.\r\n" * 40
)


PASSWORD = "Xk7-vq_Zw"
SIEVE = """require "fileinto";
if header "X-Spam-Flag" "YES" {
    fileinto "Junk";
}
"""
FURTHER = 10  # ports on from the lab's, where its row of twenty has free ones


class Lab:
    """dev/lab, and beside it a Dovecot without the plugin on ports of the same row."""

    def __init__(self, format_name="maildir"):
        self.folder = measure.folder()
        self.folder_of_lab = self.folder / "l"
        self.format = format_name

    def __enter__(self):
        measure.progress("starting a lab")
        self._dev_lab("up", "--format", self.format, self.folder_of_lab)
        lines = (self.folder_of_lab / "lab.env").read_text(encoding="utf-8").splitlines()
        self.values = {name: shlex.split(value)[0] for name, value in
                       (line.split("=", 1) for line in lines)}
        ports = int(self.values["LAB_SMTP_PORT"])
        self.ports = {"plugin": {"imap": int(self.values["LAB_IMAP_PORT"]),
                                 "lmtp": int(self.values["LAB_LMTP_PORT"])},
                      "stock": {"imap": ports + FURTHER + 2, "lmtp": ports + FURTHER + 4}}
        self._stack = contextlib.ExitStack()
        self._start_stock()
        return self

    def __exit__(self, *_):
        self._stack.close()
        self._dev_lab("down", self.folder_of_lab)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _dev_lab(*arguments):
        subprocess.run([measure.TOP / "dev" / "lab", *map(str, arguments)], check=True)

    def _start_stock(self):
        configuration = self.folder / "stock.conf"
        text = subprocess.run(
            ["doveconf", "-n", "-c", self.folder_of_lab / "dovecot" / "dovecot.conf"],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        configuration.write_text(without_plugin(text, self.folder), encoding="utf-8")
        (self.folder / "stock.sieve").write_text(SIEVE, encoding="utf-8")
        subprocess.run(["sievec", "-c", configuration, self.folder / "stock.sieve"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (self.folder / "queue" / "private").mkdir(parents=True)
        self._stack.enter_context(others.serving(
            ["/usr/sbin/dovecot", "-F", "-c", configuration],
            self.folder / "queue" / "private" / "boxkeeper-lmtp"))

    def boxkeeper(self, *arguments, stdin=""):
        subprocess.run([*shlex.split(self.values["LAB_BOXKEEPER"]), *arguments], check=True,
                       input=stdin, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def add_accounts(self, addresses):
        """With 1 GiB each."""
        self.boxkeeper("domain", "add", "d.example", "--plan", "open")
        for address in addresses:
            self.boxkeeper("account", "create", address, "--capacity", "1G", "--password-stdin",
                           stdin=PASSWORD)

    def doveadm(self, kind, *arguments):
        command = ([self.values["LAB_DOVEADM"]] if kind == "plugin" else
                   ["/usr/bin/doveadm", "-c", self.folder / "stock.conf"])
        subprocess.run([*command, *arguments], check=True, stdout=subprocess.DEVNULL)

    @contextlib.contextmanager
    def state_locked(self):
        """While somebody else is writing to state.db, and takes his time."""
        path = self.folder_of_lab / "data" / "state" / "state.db"
        state = sqlite3.connect(path, isolation_level=None)
        state.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            state.execute("ROLLBACK")
            state.close()


def without_plugin(text, folder):
    """What `doveconf -n` says of the lab's Dovecot, as an operator without Boxkeeper would have it."""
    lab = str(folder / "l")
    text = re.sub(r"\n *(boxkeeper_settings|sieve_before|sieve_global_extensions|ssl_cert|ssl_key) "
                  r"= [^\n]*", "", text)
    text = text.replace(f"{lab}/run/", f"{folder}/run/").replace(f"{lab}/queue/", f"{folder}/queue/")
    text = re.sub(r"(mail_plugins = .*)\bboxkeeper\b", r"\1", text)
    text = text.replace("quota = boxkeeper:User quota",
                        "quota = count:User quota\n  quota_rule = *:storage=1G\n"
                        f"  sieve_before = {folder}/stock.sieve")
    text = text.replace("~/Maildir", "~/Maildir-stock")
    text = re.sub(r"= (sdbox|mdbox):~/(\w+)", r"= \1:~/\2-stock", text)
    text = re.sub(r"port = ([1-9]\d+)", lambda match: f"port = {int(match[1]) + FURTHER}", text)
    return text + "\nssl = no\n"


# ---- clients ----


class Lines:
    """A connection that speaks in lines."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def line(self):
        line = self.file.readline()
        if not line:
            raise EOFError("the server closed the connection")
        return line


class Lmtp(Lines):
    def __init__(self, port):
        super().__init__(port)
        self.reply(b"220")
        self.command(b"LHLO bench.example", b"250")

    def reply(self, want):
        while True:
            line = self.line()
            if not line.startswith(want):
                raise RuntimeError(f"got {line!r}, want {want!r}")
            if line[3:4] != b"-":
                return

    def command(self, text, want):
        self.socket.sendall(text + b"\r\n")
        self.reply(want)

    def deliver(self, address, message):
        """Seconds from the end of the message to its reply, and of the whole transaction."""
        began = time.perf_counter()
        self.command(b"MAIL FROM:<somebody@remote.example>", b"250")
        self.command(b"RCPT TO:<" + address.encode() + b">", b"250")
        self.command(b"DATA", b"354")
        sent = time.perf_counter()
        self.command(message + b"\r\n.", b"250")
        ended = time.perf_counter()
        return ended - sent, ended - began


class Imap(Lines):
    def __init__(self, port, address):
        super().__init__(port)
        self.line()
        self.number = 0
        self.command(f"LOGIN {address} {PASSWORD}")

    def command(self, text, literal=None):
        self.number += 1
        tag = b"a%d" % self.number
        self.socket.sendall(tag + b" " + text.encode() + b"\r\n")
        if literal is not None:
            while not self.line().startswith(b"+"):
                pass
            self.socket.sendall(literal + b"\r\n")
        while not (line := self.line()).startswith(tag + b" "):
            pass
        if not line.startswith(tag + b" OK"):
            raise RuntimeError(f"{text}: {line!r}")


def together(work, arguments):
    """work(argument) for each, at the same time; what they return, and the seconds of it all."""
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(len(arguments)) as pool:
        found = list(pool.map(work, arguments))
    return found, time.perf_counter() - began
