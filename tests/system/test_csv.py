# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Bulk registration and editing on a real server: everybody of a file, or nobody."""

import csv
import imaplib
import io
import shlex
import subprocess

import pytest

from lab import Account, PASSWORD
from waiting import wait_for


def write(lab, name, rows, encoding="utf-8"):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path = lab.dir / name
    path.write_bytes(out.getvalue().encode(encoding))
    return str(path)


def registration(accounts, capacity="1"):
    return [["mail_account", "mail_password", "comment", "mail_capacity"]] + [
        [account.address.split("@")[0], account.password, "営業部 髙橋①", capacity]
        for account in accounts]


def new_accounts(lab, domain, count):
    return [Account(lab, f"user{n:02}@{domain}", f"{PASSWORD}{n}") for n in range(count)]


def logs_in(account):
    try:
        with account.imap():
            return True
    except imaplib.IMAP4.error:
        return False


@pytest.fixture
def kwc(lab):
    return lab.create_domain("--plan", "kwc")


def test_fifty_accounts_log_in_and_receive(lab, kwc):
    accounts = new_accounts(lab, kwc, 50)
    path = write(lab, "登録.csv", registration(accounts), "cp932")
    lab.cli("account", "import", path, "--domain", kwc)
    assert [account.address for account in accounts if not logs_in(account)] == []
    assert lab.send([account.address for account in accounts], subject="welcome").accepted
    for account in accounts:
        account.wait_for_mail("welcome")
    assert accounts[49].show()["comment"] == "営業部 髙橋①"

    # Ten capacities out of an exported file, changed; and nothing else.
    before = lab.cli("account", "export", "--domain", kwc).output
    rows = list(csv.reader(io.StringIO(
        lab.cli("account", "export", "--domain", kwc, "--as", "edit").output.lstrip("\ufeff"))))
    for row in rows[2:12]:
        row[2] = "2"
    lab.cli("account", "edit", write(lab, "edit.csv", rows), "--domain", kwc)
    after = lab.cli("account", "export", "--domain", kwc).output
    changed = [(old, new) for old, new in zip(before.splitlines(), after.splitlines())
               if old != new]
    assert len(changed) == 10 and all(old.endswith(",1") and new == old[:-1] + "2"
                                      for old, new in changed)
    with accounts[0].imap() as first, accounts[49].imap() as last:
        assert (first.quota()[1], last.quota()[1]) == (2 * 1024**2, 1024**2)
    assert all(logs_in(account) for account in accounts)


def test_new_passwords_for_many(lab, kwc):
    accounts = new_accounts(lab, kwc, 5)
    lab.cli("account", "import", write(lab, "five.csv", registration(accounts)), "--domain", kwc)
    rows = [["mail_account", "password", "mail_capacity"]]
    rows += [[account.address, account.password + "new", ""] for account in accounts]
    lab.cli("account", "edit", write(lab, "new.csv", rows), "--domain", kwc)
    assert not any(logs_in(account) for account in accounts)
    for account in accounts:
        account.password += "new"
    assert all(logs_in(account) for account in accounts)


def test_killed_import_is_completed_and_loses_no_mail(lab, kwc):
    """Killed between the commit of settings and the homes. Then nobody of the file can log in, and
    mail waits; when the work goes on, everybody can, and has it."""
    accounts = new_accounts(lab, kwc, 3)
    path = write(lab, "killed.csv", registration(accounts))
    command = shlex.split(lab.environment["LAB_BOXKEEPER"])
    subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", "trace=mkdir", "-e",
                    "inject=mkdir:signal=KILL:when=1", *command, "account", "import", path,
                    "--domain", kwc], capture_output=True, check=False, timeout=120)
    assert not any(logs_in(account) for account in accounts)
    assert lab.send([account.address for account in accounts], subject="early").accepted
    wait_for(lambda: lab.queue() and lab.queue()[0]["queue_name"] == "deferred", "a deferral")
    lab.cli("job", "run")
    lab.flush_queue()
    for account in accounts:
        account.wait_for_mail("early")


def test_logins_go_on_during_an_import(lab):
    """Another account logs in again and again while a file is applied: never a failure."""
    open_domain = lab.create_domain()
    taro = lab.create_account(f"taro@{open_domain}")
    accounts = new_accounts(lab, open_domain, 60)
    path = write(lab, "many.csv", registration(accounts))
    command = shlex.split(lab.environment["LAB_BOXKEEPER"])
    with subprocess.Popen([*command, "account", "import", path, "--domain", open_domain],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        logins = 0
        while process.poll() is None:
            assert logs_in(taro)
            logins += 1
        errors = process.stderr.read()
    assert (process.returncode, logins > 0) == (0, True), errors
