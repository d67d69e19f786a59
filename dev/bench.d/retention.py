# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Retention: moving and expunging against doveadm, whom the sweep chooses, a sweep against a visit of
all users, and what a session pays that has nothing due.

Mailboxes lie in memory (tmpfs): what the two do differently is work of the processor, and a disk that
others use, too, would hide it.
"""

import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lib import accounts, measure

sys.path.insert(0, str(measure.TOP / "tests" / "system"))
from lab import PASSWORD, Account, Lab  # noqa: E402 (found by the line above)
from waiting import wait_for  # noqa: E402

DAY = 86400
NOW = 1_800_000_000
FORMATS = ("maildir", "sdbox", "mdbox")
# doveadm as it is without Boxkeeper: the plugin for quota that Dovecot brings.
STOCK = ("-o", "mail_plugins=quota", "-o", "plugin/quota=count:User quota")
MESSAGE = (
    "Received: from mail.outside.example (mail.outside.example [192.0.2.7])\r\n"
    "\tby mx.b.example with ESMTP id %d\r\nMessage-ID: <%d@many.example>\r\n"
    "From: Someone <someone@outside.example>\r\nTo: taro@b.example\r\n"
    "Date: Mon, 03 Feb 2020 01:02:03 +0000\r\nSubject: message %d\r\n"
    "Content-Type: text/plain\r\n\r\n" + "A line that is there for its length.\r\n" * 20)


# --- moves and expunges ----------------------------------------------------------------------------


def lab_in_memory(mail_format):
    """A lab in a folder of tmpfs; the caller brings it down and removes its folder."""
    folder = Path(tempfile.mkdtemp(prefix="bkb-", dir="/dev/shm"))
    folder.chmod(0o755)
    return Lab(folder / "l", mail_format).up()


def end_lab(lab):
    lab.down()
    shutil.rmtree(lab.dir.parent)


class Mailbox:
    """An account with many messages in one folder, which can be put back as it was."""

    def __init__(self, lab, name, folder, count):
        self.lab, self.folder, self.messages = lab, folder, count
        self.account = lab.create_account(f"{name}@b.example")
        self._fill(count)
        self.home = Path(lab.doveadm("user", "-f", "home", self.account.address).output.strip())
        self.kept = self.home.with_name(self.home.name + ".kept")
        self._keep(False)
        self._come_to_rest()
        subprocess.run(["cp", "-a", self.home, self.kept], check=True)

    def _fill(self, count):
        with self.account.imap() as imap:
            imap.session.send(f"M APPEND {self.folder}".encode())
            for number in range(count):
                message = (MESSAGE % (number, number, number)).encode()
                imap.session.send(b" (\\Seen) {%d+}\r\n" % len(message) + message)
            imap.session.send(b"\r\n")
            while not (answer := imap.session.readline()).startswith(b"M "):
                pass
            assert answer.startswith(b"M OK"), answer

    def _come_to_rest(self):
        """As old mail is: maildir reads a folder again that was changed within a second of its last
        look, and so would both sides each time."""
        wait_for(lambda: not self.lab.processes("imap"), "the session's end")
        time.sleep(2.5)
        with self.account.imap() as imap:
            imap.select(self.folder)
        wait_for(lambda: not self.lab.processes("imap"), "the session's end")

    def _keep(self, is_due):
        duration = "1s" if is_due else "0"
        self.lab.cli("retention", "set", self.account.address, "--archive", duration, "--trash",
                     duration)

    def put_back(self, is_due):
        self._keep(False)
        shutil.rmtree(self.home)
        subprocess.run(["cp", "-a", self.kept, self.home], check=True)
        self._keep(is_due)

    def count(self, folder):
        return int(self.lab.doveadm("-f", "flow", "mailbox", "status", "-u", self.account.address,
                                    "messages", folder).output.split("=")[-1])


def command_of(mailbox, who, verb):
    user = ("-u", mailbox.account.address)
    if who == "boxkeeper":
        return ("boxkeeper", "sweep", *user)
    if verb == "move":
        return (*STOCK, "move", *user, "Archive", "mailbox", "INBOX", "savedbefore", "2100-01-01")
    return (*STOCK, "expunge", *user, "mailbox", "Trash", "savedbefore", "2100-01-01")


def timed(mailbox, who, verb):
    mailbox.put_back(who == "boxkeeper")
    doveadm = mailbox.lab.environment["LAB_DOVEADM"]
    before = os.times()
    began = time.monotonic()
    subprocess.run([doveadm, *command_of(mailbox, who, verb)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    after = os.times()
    assert mailbox.count(mailbox.folder) == 0, f"{who} {verb}: something is left"
    return {"seconds": measure.significant(seconds),
            "cpu_seconds": measure.significant(after.children_user + after.children_system
                                               - before.children_user - before.children_system)}


def raw_seconds(mailbox, verb):
    """What the file system alone takes for as many messages of maildir."""
    mailbox.put_back(False)
    folder = mailbox.home / "Maildir" / ("" if verb == "move" else f".{mailbox.folder}")
    target = [mailbox.home / "Maildir" / ".Raw"] if verb == "move" else []
    run = json.loads(subprocess.run([measure.program("raw"), folder, *target], check=True,
                                    stdout=subprocess.PIPE).stdout)
    assert run["messages"] == mailbox.messages, run
    return run["seconds"]


def compare(result, mailbox, verb, rounds):
    mail_format = mailbox.lab.format
    runs = []
    for number in range(rounds):
        order = ("boxkeeper", "doveadm") if number % 2 == 0 else ("doveadm", "boxkeeper")
        run = {who: timed(mailbox, who, verb) for who in order}
        if mail_format == "maildir":
            run["raw_seconds"] = raw_seconds(mailbox, verb)
        run["speedup"] = measure.significant(run["doveadm"]["seconds"] / run["boxkeeper"]["seconds"])
        run["cpu_speedup"] = measure.significant(
            run["doveadm"]["cpu_seconds"] / run["boxkeeper"]["cpu_seconds"])
        runs.append(run)
    path = f"{verb}.{mail_format}"
    for figure in ("speedup", "cpu_speedup"):
        result.put(f"{path}.{figure}", [run[figure] for run in runs])
    result.runs(path, runs)
    raw = [run["raw_seconds"] for run in runs if "raw_seconds" in run]
    return (f"{verb}, {mail_format}",
            *(measure.with_spread([run[who]["seconds"] for run in runs])
              for who in ("boxkeeper", "doveadm")),
            measure.with_spread([run["speedup"] for run in runs], measure.ratio),
            measure.with_spread([run["cpu_speedup"] for run in runs], measure.ratio),
            measure.with_spread(raw) if raw else "")


def moves(result, lab, count, rounds):
    # Not durable while it is being filled: that would take an hour.
    lab.set_dovecot("mail_fsync = never\n")
    lab.cli("domain", "add", "b.example")
    boxes = {"move": Mailbox(lab, "move", "INBOX", count),
             "expunge": Mailbox(lab, "expunge", "Trash", count)}
    lab.set_dovecot("")
    return [compare(result, box, verb, rounds) for verb, box in boxes.items()], boxes["move"]


# --- a session with nothing due --------------------------------------------------------------------


def processor_ms(pid):
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def sessions(lab, account, count):
    """One after the other, in one process: milliseconds of its processor time and of the clock each,
    and until LOGOUT was answered. The next session waits until the process is done with the one
    before."""
    pids = lab.processes("imap")
    before = sum(map(processor_ms, pids))
    began = time.monotonic()
    logout = []
    for _ in range(count):
        imap = account.imap()
        imap.select()
        asked = time.monotonic()
        imap.logout()
        logout.append(1000 * (time.monotonic() - asked))
    account.imap().logout()  # its beginning is the end of the last one
    return {"cpu_ms": (sum(map(processor_ms, pids)) - before) / (count + 1),
            "wall_ms": 1000 * (time.monotonic() - began) / (count + 1),
            "logout_ms": statistics.median(logout)}


ONE_PROCESS = """
service imap {
  service_count = 0
  process_limit = 1
  process_min_avail = 1
}
"""
WITHOUT = """
protocol imap {
  mail_plugins = quota imap_quota
  plugin {
    quota = count:User quota
  }
}
"""


def idle_session(result, lab, mailbox, count, rounds):
    mailbox.put_back(False)
    lab.cli("retention", "set", mailbox.account.address, "--archive", "180d", "--trash", "31d")
    lab.doveadm("boxkeeper", "sweep", "-u", mailbox.account.address)
    account = Account(lab, mailbox.account.address, PASSWORD)
    runs = []
    for _ in range(rounds):
        run = {}
        for who, more in (("boxkeeper", ""), ("without", WITHOUT)):
            lab.set_dovecot(ONE_PROCESS + more)
            sessions(lab, account, 5)
            run[who] = sessions(lab, account, count)
        runs.append(run)
    lab.set_dovecot("")
    for name, figure in (("added_ms", "cpu_ms"), ("added_wall_ms", "wall_ms"),
                         ("logout_added_ms", "logout_ms")):
        result.put(f"idle_session.{name}",
                   [run["boxkeeper"][figure] - run["without"][figure] for run in runs])
    result.runs("idle_session", runs)
    return [(text, *(measure.with_spread([run[who][figure] for run in runs])
                     for who in ("boxkeeper", "without")),
             measure.with_spread([run["boxkeeper"][figure] - run["without"][figure]
                                  for run in runs]))
            for text, figure in (("processor time of the session", "cpu_ms"),
                                 ("the clock, with login", "wall_ms"),
                                 ("until LOGOUT is answered", "logout_ms"))]


# --- a sweep against a visit of all ----------------------------------------------------------------


def register(lab, domain, count):
    lab.cli("domain", "add", domain)
    rows = "".join(f"u{number},{PASSWORD},,1\n" for number in range(count))
    file = lab.dir / "accounts.csv"
    file.write_text("mail_account,mail_password,comment,mail_capacity\n" + rows, encoding="utf-8")
    lab.cli("--yes", "account", "import", file, "--domain", domain)
    addresses = [f"u{number}@{domain}" for number in range(count)]
    for first in range(0, count, 50):
        answers = lab.lmtp(addresses[first:first + 50])
        assert all(answer.code == 250 for answer in answers.values()), answers
    return addresses


def visit_all(lab):
    """What an operator without Boxkeeper has in his crontab."""
    for verb in (("move", "-A", "Archive", "mailbox", "INBOX", "savedbefore", "180d"),
                 ("expunge", "-A", "mailbox", "Trash", "savedbefore", "31d")):
        lab.doveadm(*STOCK, *verb)


def sweep_against_visit(result, lab, count, rounds):
    """One account in a hundred has something due for the sweep, nobody for the visit."""
    addresses = register(lab, "v.example", count)
    due = addresses[::100]
    lab.cli("retention", "run")
    runs = []
    for _ in range(rounds):
        run = {}
        for address in due:
            lab.cli("retention", "set", address, "--archive", "1s")
        for address in due:
            wait_for(lambda: preview(lab, address), "a message to be due")
        for who, work in (("sweep", lambda: lab.cli("retention", "run")),
                          ("visit", lambda: visit_all(lab))):
            began = time.monotonic()
            work()
            run[who] = measure.significant(time.monotonic() - began)
        run["speedup"] = measure.significant(run["visit"] / run["sweep"])
        runs.append(run)
        for address in due:
            lab.cli("retention", "set", address, "--archive", "180d")
            assert lab.lmtp(address)[address].code == 250
    result.put("sweep.visit_speedup", [run["speedup"] for run in runs])
    result.runs("sweep.visit", runs)
    result.table(f"All of {count:,} accounts, of which {len(due)} have something due: seconds",
                 ("boxkeeper retention run", "doveadm move -A and expunge -A", "speedup"),
                 [(*(measure.with_spread([run[who] for run in runs]) for who in ("sweep", "visit")),
                   measure.with_spread([run["speedup"] for run in runs], measure.ratio))])


def preview(lab, address):
    rows = json.loads(lab.doveadm("-f", "json", "boxkeeper", "preview", "-u", address).output)
    return any(row["messages"] != "0" for row in rows)


# --- whom the sweep chooses ------------------------------------------------------------------------

FOLDERS = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
INSERT INTO folders (account_id, name, kind, oldest_stored_at, full_look_at)
SELECT i, '{name}', '{kind}', {now} - CASE WHEN i % 100 = 0 THEN {due} ELSE i % {young} + 1 END,
    {now} - 86400 FROM n
"""


def make_state(path, count):
    """Everybody has mail in two folders; for one in a hundred it is due in the inbox."""
    database = sqlite3.connect(path)
    database.executescript("PRAGMA synchronous = OFF")
    for migration in sorted((measure.TOP / "sql").glob("state-*.sql")):
        database.executescript(migration.read_text(encoding="utf-8"))
    for name, kind, due, young in (("INBOX", "inbox", 181 * DAY, 179 * DAY),
                                   ("Trash", "trash", 5 * DAY, 30 * DAY)):
        database.execute(FOLDERS.format(count=count, name=name, kind=kind, now=NOW, due=due,
                                        young=young))
    database.commit()
    database.execute("ANALYZE")
    database.close()
    migrated = sqlite3.connect(path)
    migrated.execute("PRAGMA journal_mode = WAL")
    migrated.close()


def chooser():
    binary = measure.CACHE / "bin" / "choose"
    binary.parent.mkdir(parents=True, exist_ok=True)
    libraries = [measure.BUILD / ".libs" / f"{name}.a" for name in ("libstore", "librules")]
    subprocess.run(["cc", "-std=gnu11", "-O2", f"-I{measure.TOP / 'src'}", f"-I{measure.BUILD}",
                    "-o", binary, measure.TOP / "dev/bench.d/choose.c", *libraries, "-lsqlite3"],
                   check=True)
    return binary


def choose(result, counts, rounds):
    binary = chooser()
    rows, points = [], {"to the first": [], "to the last": []}
    with_state = measure.folder()
    for count in counts:
        folder = accounts.kept(count)
        accounts.migrate(folder)
        settings = folder / "settings" / "settings.db"
        state = with_state / f"state-{count}.db"
        make_state(state, count)
        runs = [json.loads(subprocess.run([binary, settings, state, str(NOW)], check=True,
                                          stdout=subprocess.PIPE).stdout) for _ in range(rounds)]
        assert all(run["accounts"] == count // 100 for run in runs), runs
        for name, key in (("to the first", "first_seconds"), ("to the last", "all_seconds")):
            points[name].append((count, statistics.median(run[key] for run in runs)))
        rows.append((f"{count:,}", f"{count // 100:,}",
                     *(measure.with_spread([1000 * run[key] for run in runs])
                       for key in ("first_seconds", "all_seconds")),
                     measure.with_spread([run["memory_kib"] / 1024 for run in runs])))
    shutil.rmtree(with_state)
    result.put("sweep.choose_seconds", [run["first_seconds"] for run in runs])
    result.put("sweep.choose_all_seconds", [run["all_seconds"] for run in runs])
    result.put("sweep.memory_kib", [run["memory_kib"] for run in runs])
    result.runs("sweep", runs)
    result.table("Choosing whom the sweep visits: one account in a hundred has something due",
                 ("accounts", "due", "to the first, ms", "to the last, ms", "memory, MiB"), rows)
    result.curve("retention-choose", "Choosing whom the sweep visits", "accounts", "seconds", points)


# --- all of it -------------------------------------------------------------------------------------


def part(result, quick):
    count, rounds = (2_000, 1) if quick else (100_000, 5)
    measure.progress("whom the sweep chooses")
    choose(result, (1_000, 10_000) if quick else (1_000, 10_000, 100_000, 1_000_000), 2 if quick else 5)
    rows, idle = [], []
    for mail_format in FORMATS:
        measure.progress(f"moves and expunges, {mail_format}")
        lab = lab_in_memory(mail_format)
        try:
            more, mailbox = moves(result, lab, count, rounds)
            rows += more
            if mail_format == "maildir":
                measure.progress("sessions with nothing due")
                idle = idle_session(result, lab, mailbox, 20 if quick else 100, rounds)
                measure.progress("a sweep against a visit of all users")
                sweep_against_visit(result, lab, 20 if quick else 500, rounds)
        finally:
            end_lab(lab)
    result.table(f"{count:,} messages: seconds",
                 ("", "boxkeeper", "doveadm", "speedup", "CPU", "the file system alone"), rows)
    result.table(f"A session with nothing due in {count:,} messages: milliseconds",
                 ("", "boxkeeper", "without", "added"), idle)


measure.main(part)
