# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""From Dovecot 2.3 to 2.4: a lab that was filled under the one is opened under the other, with the same
databases and the same mail. dev/test --all-releases hands it over: BOXKEEPER_HAND_OVER is the folder
that 2.3 fills, BOXKEEPER_HANDED_OVER the one that 2.4 opens."""

import json
import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

import messages
from installed_dovecot import SERIES
from keeping import contents, home_of, subjects, sweep
from lab import PASSWORD, Account, run
from waiting import wait_for

TO = os.environ.get("BOXKEEPER_HAND_OVER") if SERIES == "2.3" else None
FROM = os.environ.get("BOXKEEPER_HANDED_OVER") if SERIES != "2.3" else None
FOLDERS = ("INBOX", "Trash", "Junk", "Archive", "仕事", "仕事.古い")
SERVICES = ("postfix", "boxkeeperd", "dovecot")
SCRIPT = ('require ["fileinto", "mailbox"];\r\nif header :contains "Subject" "sorted" '
          '{ fileinto :create "仕事"; }\r\n')


def save_dates(account, folder):
    rows = json.loads(account.lab.doveadm(
        "-f", "json", "fetch", "-u", account.address, "uid date.saved.unixtime", "mailbox",
        folder).output)
    return [(int(row["uid"]), row["date.saved.unixtime"]) for row in rows]


def seen_from_outside(lab, taro, hana):
    """All that is to be the same afterwards."""
    with taro.imap() as imap:
        mail = {folder: [[one.uid, one.subject, sorted(one.flags)]
                         for one in imap.messages(imap_name(folder))] for folder in FOLDERS}
        validity = {folder: str(imap.session.status(imap_name(folder), "(UIDVALIDITY)")[1])
                    for folder in FOLDERS}
        seen = {"mail": mail, "validity": validity, "subscribed": sorted(imap.subscriptions()),
                "quota": imap.quota()}
    seen["contents"] = {folder: contents(taro, folder) for folder in FOLDERS}
    seen["saved"] = {folder: save_dates(taro, folder) for folder in FOLDERS}
    # Not when he was there last, which looking changes.
    seen["account"] = [{name: value for name, value in
                        lab.cli_json("account", "show", one.address).items()
                        if not name.endswith("_at")} for one in (taro, hana)]
    for noun in ("autoreply", "spam", "forward"):
        seen[noun] = [lab.cli_json(noun, "show", one.address) for one in (taro, hana)]
    seen["domain"] = lab.cli_json("domain", "show", "moved.example")
    seen["script"] = (home_of(taro) / "sieve/own.sieve").read_text()
    return json.loads(json.dumps(seen))


def imap_name(folder):
    """Modified UTF-7 of the two words used here."""
    return folder.replace("仕事", "&TtVOiw-").replace("古い", "&U+QwRA-")


def fill(lab):
    lab.create_domain(name="moved.example")
    taro = lab.create_account("taro@moved.example", "--capacity", "3M", "--alias", "sales")
    hana = lab.create_account("hana@moved.example", "--capacity", "50K")
    lab.cli("autoreply", "set", hana.address, "--subject", "away", "--body", "back soon")
    lab.cli("spam", "set", taro.address, "--tag", "on", "--sort", "on")
    lab.cli("forward", "set", hana.address, "x@outside.example", "--keep-copy")
    lab.doveadm("sieve", "put", "-u", taro.address, "-a", "own", input=SCRIPT)
    for number in range(5):
        assert lab.lmtp(taro.address, subject=f"mail {number}")[taro.address].code == 250
    assert lab.lmtp(taro.address, subject="sorted")[taro.address].code == 250
    with taro.imap() as imap:
        imap.command("create", imap_name("仕事.古い"))
        imap.command("subscribe", imap_name("仕事.古い"))
        for folder in FOLDERS[1:]:
            assert imap.append(messages.make_message(subject=f"in {folder}", size=20_000),
                               imap_name(folder), "\\Seen $Label1")[0] == "OK"
        imap.select()
        imap.command("store", "2", "+FLAGS", "(\\Flagged)")
        imap.command("store", "3", "+FLAGS", "(\\Answered kept)")
    assert len(subjects(taro, "仕事")) == 2
    return taro, hana


def stop_all(lab):
    for name in SERVICES:
        lab.service("stop", name)


@pytest.mark.skipif(TO is None, reason="nothing is handed over")
@pytest.mark.all_formats
def test_fill_for_another_release(fresh_lab):
    taro, hana = fill(fresh_lab)
    folder = Path(TO, fresh_lab.format)
    folder.mkdir(parents=True)
    (folder / "seen.json").write_text(json.dumps(seen_from_outside(fresh_lab, taro, hana)))
    stop_all(fresh_lab)
    (folder / "was.json").write_text(json.dumps(str(fresh_lab.dir)))
    for name in ("mail", "data"):
        shutil.copytree(fresh_lab.dir / name, folder / name, symlinks=True)


def own_as(folder, user):
    run(["chown", "-R", f"{user}:{user}", str(folder)])


def take_over(lab, folder):
    """What OPERATING.md says of a new machine: the same files. Here users have other numbers and the
    lab has another place, which on a real machine stay."""
    owners = {path.relative_to(lab.data): (path.owner(), path.group(), path.stat().st_mode)
              for path in lab.data.rglob("*")}
    stop_all(lab)
    for name in ("mail", "data"):
        for path in (lab.dir / name).iterdir():
            shutil.rmtree(path)
        shutil.copytree(folder / name, lab.dir / name, symlinks=True, dirs_exist_ok=True)
    own_as(lab.dir / "mail", "vmail")
    for path in lab.data.rglob("*"):
        user, group, mode = owners.get(path.relative_to(lab.data), ("root", "root", 0o600))
        shutil.chown(path, user, group)
        path.chmod(mode & 0o7777)
    mail = (lab.dir / "mail").stat()
    was = json.loads((folder / "was.json").read_text())
    with closing(sqlite3.connect(lab.data / "credentials/credentials.db")) as database:
        database.execute("UPDATE credentials SET uid = ?, gid = ?, home = replace(home, ?, ?)",
                         (mail.st_uid, mail.st_gid, was, str(lab.dir)))
        database.commit()
    with closing(sqlite3.connect(lab.settings)) as database:
        database.execute("UPDATE server SET value = replace(value, ?, ?)", (was, str(lab.dir)))
        database.commit()
    lab.cli("migrate")
    for name in reversed(SERVICES):
        lab.service("start", name)


@pytest.mark.skipif(FROM is None, reason="nothing was handed over")
@pytest.mark.all_formats
def test_opened_on_another_release(fresh_lab):
    lab, folder = fresh_lab, Path(FROM, fresh_lab.format)
    take_over(lab, folder)
    taro, hana = (Account(lab, f"{name}@moved.example", PASSWORD) for name in ("taro", "hana"))
    want = json.loads((folder / "seen.json").read_text())
    got = seen_from_outside(lab, taro, hana)
    for what, value in want.items():
        assert got[what] == value, what
    # It lives on: limits, users' scripts, forwards, retention.
    assert lab.send([taro.address, hana.address], subject="sorted, new").accepted
    wait_for(lambda: "sorted, new" in subjects(taro, "仕事"), "the new mail")
    lab.wait_for_outside("x@outside.example", "sorted, new")
    assert lab.lmtp(hana.address, size=100_000)[hana.address].code == 552
    inbox = subjects(taro)
    lab.cli("retention", "set", taro.address, "--archive", "1s")
    time_of_setting = time.time()
    wait_for(lambda: time.time() > time_of_setting + 1, "a second")
    assert sweep(taro) == (len(inbox), 0, "done")
    assert sorted(subjects(taro, "Archive")) == sorted(inbox + ["in Archive"])
