# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""account delete on a real server, and what the CLI shows of real mail."""

import imaplib
import subprocess
import time

import pytest

from waiting import wait_for

DAY = 86400


def home_of(lab, account):
    return lab.doveadm("-f", "tab", "user", "-f", "home", account.address).output.strip()


def folder_exists(path):
    return subprocess.run(["test", "-e", path], check=False).returncode == 0


@pytest.mark.all_formats
def test_session_is_ended_and_mail_is_gone(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    hana = lab.create_account(f"hana@{domain}")
    lab.send(taro.address, subject="one")
    taro.wait_for_mail("one")
    home = home_of(lab, taro)
    assert folder_exists(home)
    with hana.imap() as other, taro.imap() as session:
        session.select()
        lab.cli("--yes", "account", "delete", taro.address)
        with pytest.raises((imaplib.IMAP4.abort, OSError)):
            for _ in range(3):
                session.session.noop()
        assert other.select() == 0
    assert not folder_exists(home)
    with pytest.raises(imaplib.IMAP4.error):
        taro.imap()
    assert lab.send(taro.address).only.code == 550
    assert not folder_exists(home)
    assert lab.cli_json("job", "list")["items"] == []


def test_name_given_anew_never_meets_old_mail(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    lab.send(taro.address, subject="old")
    taro.wait_for_mail("old")
    lab.cli("--yes", "account", "delete", taro.address)
    again = lab.create_account(f"taro@{domain}")
    assert again.subjects() == []
    lab.send(again.address, subject="new")
    again.wait_for_mail("new")


def test_mail_during_a_deletion_waits_and_makes_no_folder(lab, domain):
    """Dovecot is away, so the deletion can't go on. At RCPT and at LMTP the answer is 451."""
    taro = lab.create_account(f"taro@{domain}")
    home = home_of(lab, taro)
    lab.service("stop", "dovecot")
    lab.cli("--yes", "account", "delete", taro.address, want_exit=75)
    assert lab.send(taro.address).only.code == 451
    # The mail folder is set aside in the next step; as if a crash had come between the two.
    subprocess.run(["mv", home, home + ".aside"], check=True)
    lab.service("start", "dovecot")
    assert lab.lmtp(taro.address)[taro.address].code == 451
    assert not folder_exists(home)
    subprocess.run(["mv", home + ".aside", home], check=True)
    lab.cli("job", "run")
    assert not folder_exists(home)
    assert lab.send(taro.address).only.code == 550


def test_preview_and_run_do_the_same(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    for subject in ("one", "two"):
        lab.send(taro.address, subject=subject)
    taro.wait_for_mail("one", "two")
    assert sum(row["messages"] for row in
               lab.cli_json("retention", "preview", taro.address)["items"]) == 0
    later = time.strftime("%Y-%m-%d", time.localtime(time.time() + 182 * DAY))
    shown = lab.cli_json("retention", "preview", taro.address, "--as-of", later)["items"]
    archive = [row for row in shown if row["action"] == "archive"]
    assert [(row["folder"], row["messages"]) for row in archive] == [("INBOX", 2)]

    lab.cli("retention", "set", taro.address, "--archive", "1s")
    wait_for(lambda: sum(row["messages"] for row in
                         lab.cli_json("retention", "preview", taro.address)["items"]) == 2,
             "both messages to be due")
    rows = {row["address"]: row for row in lab.cli_json("retention", "run")["items"]}
    assert (rows[taro.address]["archived"], rows[taro.address]["state"]) == (2, "done")
    assert (taro.subjects(), sorted(taro.subjects("Archive"))) == ([], ["one", "two"])


def test_usage_is_what_dovecot_measured(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "1M")
    lab.send(taro.address, size=300_000)
    (item,) = wait_for(
        lambda: [row for row in lab.cli_json("usage", taro.address)["items"]
                 if row["usage_messages"]], "a measured usage")
    assert item["usage_messages"] == 1
    assert 300_000 <= item["usage_bytes"] <= 330_000
    assert item["percent"] == item["usage_bytes"] * 100 // (1024 * 1024)


def test_check_finds_nothing_in_a_new_lab(fresh_lab):
    assert fresh_lab.cli_json("check")["items"] == []
