# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Archive and trash: by which clock, which folders, when it happens, and what survives."""

import fcntl
import os
import subprocess
import time

import pytest

from installed_dovecot import one_of
from keeping import (DAY, append_many, change_state, check_due_from, contents, deliver, due,
                     home_of, let_a_second_pass, stored, subjects, sweep, wait_until_due)
from waiting import wait_for

OLD_DATE = '"01-Jan-2020 00:00:00 +0000"'


def keep(lab, account, **durations):
    """keep(lab, taro, archive="1s", trash="0")"""
    lab.cli("retention", "set", getattr(account, "address", account),
            *(word for name, value in durations.items() for word in (f"--{name}", value)))


# --- the clock -------------------------------------------------------------------------------------


@pytest.mark.all_formats
def test_clock_is_the_time_of_storing(lab, domain):
    """Not the Date header (make_message's lies far back), not the received date, no flag, not the
    first SELECT, which moves a maildir file from new/ to cur/."""
    taro = lab.create_account(f"taro@{domain}")
    keep(lab, taro, archive="1h")
    before = int(time.time())
    deliver(taro, "by LMTP")
    after = int(time.time())
    with taro.imap() as imap:
        assert imap.append(b"Subject: appended\r\nDate: Thu, 01 Jan 1998 00:00:00 +0000\r\n\r\n.",
                           received=OLD_DATE)[0] == "OK"
    was = {message.subject: message.saved for message in stored(taro)}
    assert before <= was["by LMTP"] <= after
    assert was["appended"] >= was["by LMTP"]

    let_a_second_pass()
    with taro.imap() as imap:
        assert imap.select() == 2
        for number, flags in (("1", "+FLAGS (\\Seen $Forwarded)"), ("2", "+FLAGS (\\Flagged)"),
                              ("2", "-FLAGS (\\Flagged)")):
            assert imap.command("store", number, *flags.split(" ", 1))[0] == "OK"
        assert imap.command("copy", "1", "Sent")[0] == "OK"
    lab.doveadm("flags", "add", "-u", taro.address, "\\Answered", "mailbox", "INBOX", "all")
    assert {message.subject: message.saved for message in stored(taro)} == was
    for moment in sorted(set(was.values())):
        count = sum(saved <= moment for saved in was.values())
        assert due(taro, moment + 3600).get("INBOX") == count
    assert due(taro, min(was.values()) + 3599) == {}


@pytest.mark.all_formats
@pytest.mark.parametrize("how", ["MOVE", "COPY"])
def test_trash_starts_its_own_time(lab, domain, how):
    taro = lab.create_account(f"taro@{domain}")
    keep(lab, taro, trash="31d")
    with taro.imap() as imap:
        imap.append(b"Subject: one\r\n\r\n.", received=OLD_DATE)
        (was,) = stored(taro)
        let_a_second_pass()
        imap.select()
        assert imap.command("uid", how, str(was.uid), "Trash")[0] == "OK"
    (now,) = stored(taro, "Trash")
    assert now.saved > was.saved
    assert now.received == was.received
    check_due_from(taro, "Trash", now.saved + 31 * DAY)
    if how == "COPY":
        check_due_from(taro, "INBOX", was.saved + 180 * DAY)


@pytest.mark.all_formats
def test_renamed_folder_starts_again(lab, domain):
    """A folder that becomes the trash is not emptied for what lay in it before."""
    taro = lab.create_account(f"taro@{domain}")
    keep(lab, taro, trash="31d")
    with taro.imap() as imap:
        assert imap.command("delete", "Trash")[0] == "OK"
        assert imap.command("create", "Kept")[0] == "OK"
        assert imap.append(b"Subject: one\r\n\r\n.", folder="Kept")[0] == "OK"
        (was,) = stored(taro, "Kept")
        let_a_second_pass()
        before = int(time.time())
        assert imap.command("rename", "Kept", "Trash")[0] == "OK"
        after = int(time.time())
    (now,) = stored(taro, "Trash")
    assert now.guid == was.guid
    assert due(taro, before + 31 * DAY - 1) == {}
    assert due(taro, after + 31 * DAY) == {"Trash": 1}
    assert sweep(taro) == (0, 0, "done")


# --- which folders ---------------------------------------------------------------------------------


def test_only_inbox_and_trash_themselves(lab, domain):
    """Not their children, not Junk unless it is set, and nothing else."""
    taro = lab.create_account(f"taro@{domain}")
    folders = ["INBOX", "INBOX.child", "Trash", "Trash.child", "Junk", "Sent", "Drafts", "Mine",
               "Archive"]
    with taro.imap() as imap:
        for folder in folders:
            imap.command("create", folder)
            assert imap.append(f"Subject: in {folder}\r\n\r\n.".encode(), folder)[0] == "OK"
    far = time.time() + 3650 * DAY
    assert due(taro, far) == {"INBOX": 1, "Trash": 1}
    keep(lab, taro, junk="10d")
    assert due(taro, far) == {"INBOX": 1, "Trash": 1, "Junk": 1}
    keep(lab, taro, archive="1s", trash="1s", junk="1s")
    wait_for(lambda: due(taro, time.time()) == due(taro, far), "all of it to be due")
    assert sweep(taro) == (1, 2, "done")
    assert {folder: subjects(taro, folder) for folder in folders} == {
        "INBOX": [], "Trash": [], "Junk": [], "Archive": ["in Archive", "in INBOX"],
        **{folder: [f"in {folder}"] for folder in ("INBOX.child", "Trash.child", "Sent", "Drafts",
                                                   "Mine")}}


MISSING_ARCHIVE = """
namespace inbox {
  mailbox Archive {
    auto = no
  }
  mailbox Archive {
    special_use = %s
  }
}
"""


@pytest.mark.all_formats
@pytest.mark.parametrize("mark", ["\\Archive", ""])
def test_missing_archive_is_made_and_subscribed(lab, domain, mark):
    taro = lab.create_account(f"taro@{domain}")
    lab.set_dovecot(MISSING_ARCHIVE % mark)
    deliver(taro, "one")
    with taro.imap() as imap:
        assert "Archive" not in imap.folders()
    keep(lab, taro, archive="1s")
    wait_until_due(taro, "INBOX", 1)
    assert sweep(taro) == (1, 0, "done")
    with taro.imap() as imap:
        assert "Archive" in imap.folders() and "Archive" in imap.subscriptions()
        assert imap.subjects("Archive") == ["one"]


def test_marked_folder_is_the_archive_whatever_its_name(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    lab.set_dovecot("""
namespace inbox {
  mailbox Archive {
    special_use =
  }
  mailbox 保管 {
    auto = subscribe
    special_use = \\Archive
  }
  mailbox Trash {
    special_use =
  }
  mailbox Bin {
    auto = create
    special_use = \\Trash
  }
}
""")
    deliver(taro, "one")
    with taro.imap() as imap:
        for folder in ("Trash", "Bin"):
            assert imap.append(f"Subject: in {folder}\r\n\r\n.".encode(), folder)[0] == "OK"
    keep(lab, taro, archive="1s", trash="1s")
    wait_for(lambda: due(taro, time.time()) == {"INBOX": 1, "Bin": 1}, "both to be due")
    assert sweep(taro) == (1, 1, "done")
    assert subjects(taro, "保管") == ["one"]
    assert subjects(taro, "Archive") == []
    assert subjects(taro, "Trash") == ["in Trash"]


def test_further_trash_names_of_the_plan(lab):
    """Whole names of one's own folders, as a client writes them; a child is another folder."""
    domain = lab.create_domain()
    plan = domain.partition(".")[0]
    lab.cli("plan", "add", plan, "--from", "open")
    lab.cli("plan", "set", plan, "trash_names=Deleted Items,ごみ箱")
    lab.cli("domain", "set", domain, "--plan", plan)
    taro = lab.create_account(f"taro@{domain}")
    folders = ["Deleted Items", "ごみ箱", "Deleted Items.child", "Deleted", "deleted items", "Trash"]
    for folder in folders:
        lab.doveadm("mailbox", "create", "-u", taro.address, folder, want_exit=None)
        lab.doveadm("save", "-u", taro.address, "-m", folder,
                    input=f"Subject: in {folder}\n\n.\n")
    keep(lab, taro, trash="1s")
    gone = {"Deleted Items": 1, "ごみ箱": 1, "Trash": 1}
    wait_for(lambda: due(taro, time.time()) == gone, "the three to be due")
    assert due(taro, time.time() + 3650 * DAY) == gone
    assert sweep(taro) == (0, 3, "done")
    assert {folder for folder in folders if stored(taro, folder)} == set(folders) - set(gone)


SHARED = one_of(v2_3="""
protocol imap {
  mail_plugins = $mail_plugins acl imap_acl
}
plugin {
  acl = vfile:%(dir)s/mail/acls
  acl_shared_dict = file:%(dir)s/mail/shared-mailboxes
}
namespace inbox {
  separator = /
}
namespace shared {
  type = shared
  separator = /
  prefix = shared/%%%%u/
  location = maildir:%%%%h/Maildir:INDEXPVT=~/shared/%%%%u
  subscriptions = no
  list = children
}
namespace public {
  type = public
  separator = /
  prefix = public/
  location = maildir:%(dir)s/mail/public:INDEXPVT=~/public
  subscriptions = no
  mailbox Bin {
    auto = create
    special_use = \\Trash
  }
}
""", v2_4="""
protocol imap {
  mail_plugins {
    acl = yes
    imap_acl = yes
  }
}
acl_driver = vfile
acl_sharing_map {
  dict file {
    path = %(dir)s/mail/shared-mailboxes
  }
}
namespace inbox {
  separator = /
}
namespace shared {
  type = shared
  separator = /
  prefix = shared/$user/
  mail_driver = maildir
  mail_path = %%{owner_home}/Maildir
  mail_inbox_path = %%{owner_home}/Maildir
  mail_index_private_path = ~/shared/%%{owner_user}
  subscriptions = no
  list = children
}
namespace public {
  type = public
  separator = /
  prefix = public/
  mail_driver = maildir
  mail_path = %(dir)s/mail/public
  mail_index_private_path = ~/public
  subscriptions = no
  mailbox * {
    acl anyone {
      rights = lrswipkxtea
    }
  }
  mailbox Bin {
    auto = create
    special_use = \\Trash
  }
}
""")


def test_shared_and_public_folders_are_not_touched(lab, domain):
    """taro may do everything in hana's INBOX and in the public trash; his session leaves both."""
    taro = lab.create_account(f"taro@{domain}")
    hana = lab.create_account(f"hana@{domain}")
    (lab.dir / "mail/acls").write_text("public/* anyone lrswipkxtea\n")
    lab.set_dovecot(SHARED % {"dir": lab.dir})
    public = "public/Bin"
    theirs = f"shared/{hana.address}"
    deliver(hana, "hana's")
    with hana.imap() as imap:
        assert imap.command("setacl", "INBOX", taro.address, "lrswipkxtea")[0] == "OK"
        assert imap.command("append", "Trash", "", None, b"Subject: hana's old\r\n\r\n.")[0] == "OK"
        assert imap.command("setacl", "Trash", taro.address, "lrswipkxtea")[0] == "OK"
    deliver(taro, "taro's")
    keep(lab, taro, archive="1s", trash="1s")
    wait_until_due(taro, "INBOX", 1)
    with taro.imap() as imap:
        assert imap.append(b"Subject: public\r\n\r\n.", public)[0] == "OK"
        assert {public, theirs} <= set(imap.folders())
    let_a_second_pass()
    with taro.imap() as imap:
        assert imap.subjects() == []
        assert imap.subjects(theirs) == ["hana's"]
        assert imap.subjects(f"{theirs}/Trash") == ["hana's old"]
        assert imap.subjects(public) == ["public"]
    assert sweep(taro) == (0, 0, "done")
    assert subjects(taro, public) == ["public"]
    assert (subjects(hana), subjects(hana, "Trash")) == (["hana's"], ["hana's old"])
    assert subjects(taro, "Archive") == ["taro's"]


# --- several at once -------------------------------------------------------------------------------


@pytest.mark.all_formats
def test_at_once_with_other_runs_and_with_the_user(lab, domain):
    """Three sweeps, ends of sessions, a delivery, and a user who files messages meanwhile. Nothing
    is lost, and no run makes anything twice. Only what the user himself moves in the very moment of
    the run may also be in the archive: Dovecot lets two sessions move a message to two places, as two
    mail clients may."""
    taro = lab.create_account(f"taro@{domain}")
    with taro.imap() as imap:
        assert imap.command("create", "Mine")[0] == "OK"
    append_many(taro, 1500)
    was = contents(taro, "INBOX")
    let_a_second_pass()
    with taro.imap() as imap:
        imap.select()
        keep(lab, taro, archive="1s")
        sweeps = [subprocess.Popen([lab.environment["LAB_DOVEADM"], "boxkeeper", "sweep", "-u",
                                    taro.address], stdout=subprocess.DEVNULL) for _ in range(3)]
        for first in (1, 301, 1401, 601):
            imap.command("uid", "MOVE", f"{first}:{first + 60}", "Mine")
            imap.command("uid", "STORE", f"{first + 100}:{first + 120}", "-FLAGS", "(\\Draft)")
            end_of_imap_session(lab, taro)
        deliver(taro, "new")
        assert [process.wait(timeout=120) for process in sweeps] == [0, 0, 0]
    lab.doveadm("boxkeeper", "sweep", "-u", taro.address)
    # Whatever their GUID: sdbox gives a copy that was made in a race one of its own.
    archive, mine, inbox = ([one[1:] for one in contents(taro, folder)]
                            for folder in ("Archive", "Mine", "INBOX"))
    found = [one for one in archive if one not in mine] + mine + inbox
    assert sorted(one for one in found if "Subject: new" not in one[2]) == sorted(
        one[1:] for one in was)
    assert len(found) == len(was) + 1


# --- durations -------------------------------------------------------------------------------------


def test_account_over_domain_over_plan(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    deliver(taro, "one")
    (one,) = stored(taro)
    check_due_from(taro, "INBOX", one.saved + 180 * DAY)
    keep(lab, domain, archive="12h")
    check_due_from(taro, "INBOX", one.saved + DAY // 2)
    keep(lab, taro, archive="30m")
    check_due_from(taro, "INBOX", one.saved + 1800)
    keep(lab, taro, archive="0")
    assert due(taro, one.saved + 3650 * DAY) == {}
    keep(lab, taro, archive="inherit")
    check_due_from(taro, "INBOX", one.saved + DAY // 2)
    keep(lab, domain, archive="inherit")
    check_due_from(taro, "INBOX", one.saved + 180 * DAY)


@pytest.mark.parametrize("plan,want", [("business-standard", (180, 31)), ("kwc", (180, 31)),
                                       ("sv-basic", None), ("site", None)])
def test_what_the_plan_says(lab, plan, want):
    domain = lab.create_domain("--plan", plan)
    capacity = ["--capacity", "1G"] if plan != "sv-basic" else []
    taro = lab.create_account(f"taro@{domain}", *capacity, password="Kx7!vQ2#mZ9.tR")
    lab.cli("retention", "set", taro.address, "--archive", "1s", want_exit=65)
    deliver(taro, "one")
    with taro.imap() as imap:
        assert imap.append(b"Subject: old\r\n\r\n.", "Trash")[0] == "OK"
    if want is None:
        assert due(taro, time.time() + 36500 * DAY) == {}
        assert sweep(taro) == (0, 0, "done")
    else:
        check_due_from(taro, "INBOX", stored(taro)[0].saved + want[0] * DAY)
        check_due_from(taro, "Trash", stored(taro, "Trash")[0].saved + want[1] * DAY)


# --- what survives ---------------------------------------------------------------------------------


@pytest.mark.all_formats
def test_archive_keeps_all_of_a_message(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    wanted = {"plain": "", "read": "\\Seen", "marked": "\\Flagged \\Answered \\Draft",
              "keywords": "$Forwarded $Label1 own-word", "rejected": "\\Deleted"}
    with taro.imap() as imap:
        for day, (subject, flags) in enumerate(wanted.items(), 10):
            message = f"Subject: {subject}\r\n\r\nBody of {subject}.\r\n".encode()
            assert imap.append(message, flags=f"({flags})",
                               received=f'"{day}-Feb-2019 01:02:03 +0900"')[0] == "OK"
    deliver(taro, "delivered", headers=[("X-Long", "y" * 900)], size=50_000)

    def seen(folder):
        return {one.subject: (one.guid, one.flags, one.received) for one in stored(taro, folder)}

    def contents(folder):
        return sorted(lab.doveadm("fetch", "-u", taro.address, "text", "mailbox", folder).output
                      .split("\f"))

    was, text = seen("INBOX"), contents("INBOX")
    assert {subject: flags for subject, (_, flags, _) in was.items()} == {
        **{subject: frozenset(flags.split()) for subject, flags in wanted.items()},
        "delivered": frozenset()}
    let_a_second_pass()
    keep(lab, taro, archive="1s")
    moved_at = int(time.time())
    assert sweep(taro) == (6, 0, "done")
    assert stored(taro) == []
    assert seen("Archive") == was
    assert contents("Archive") == text
    # Its time in the archive begins now.
    assert all(one.saved >= moved_at for one in stored(taro, "Archive"))
    with taro.imap() as imap:
        assert {one.subject: one.guid for one in imap.messages("Archive")} == {
            subject: guid for subject, (guid, _, _) in was.items()}


def test_archive_counts_in_the_capacity_and_needs_no_room(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "1M")
    deliver(taro, "large", size=600_000)
    lab.cli("account", "set", taro.address, "--capacity", "100K")
    keep(lab, taro, archive="1s")
    wait_until_due(taro, "INBOX", 1)
    assert sweep(taro) == (1, 0, "done")
    assert subjects(taro, "Archive") == ["large"]
    with taro.imap() as imap:
        used, limit = imap.quota()
    assert limit == 100 and used > 580


# --- when it happens -------------------------------------------------------------------------------


def end_of_imap_session(lab, account):
    with account.imap() as imap:
        imap.select("Sent")


def end_of_pop3_session(lab, account):
    account.pop3().quit()


def lost_connection(lab, account):
    imap = account.imap()
    imap.session.shutdown()


def sweep_of_one(lab, account):
    lab.doveadm("boxkeeper", "sweep", "-u", account.address)


def sweep_of_all(lab, account):
    lab.doveadm("boxkeeper", "sweep", "-A")


def retention_run(lab, account):
    lab.cli("retention", "run")


@pytest.mark.all_formats
@pytest.mark.parametrize("occasion", [end_of_imap_session, end_of_pop3_session, lost_connection,
                                      sweep_of_one, sweep_of_all, retention_run])
def test_occasion(lab, domain, occasion):
    taro = lab.create_account(f"taro@{domain}")
    hana = lab.create_account(f"hana@{domain}")
    deliver(taro, "one", "two")
    deliver(hana, "hana's")
    lab.doveadm("move", "-u", taro.address, "Trash", "mailbox", "INBOX", "subject", "two")
    keep(lab, taro, archive="1s", trash="1s")
    wait_for(lambda: due(taro, time.time()) == {"INBOX": 1, "Trash": 1}, "both to be due")
    occasion(lab, taro)
    wait_for(lambda: (subjects(taro), subjects(taro, "Trash")) == ([], []), "both to be dealt with")
    wait_for(lambda: subjects(taro, "Archive") == ["one"], "the archive")
    assert subjects(hana) == ["hana's"]


def test_nothing_before_its_time(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    deliver(taro, "one")
    keep(lab, taro, archive="1h", trash="1h")
    for occasion in (end_of_imap_session, end_of_pop3_session, sweep_of_one, sweep_of_all):
        occasion(lab, taro)
    # The next delivery is a sign that the sessions before have ended.
    assert subjects(taro) == ["one"]
    assert sweep(taro) == (0, 0, "done")


def change_record(account, statement):
    change_state(account.lab, f"{statement} WHERE account_id = (SELECT account_id FROM users"
                              f" WHERE primary_address = '{account.address}') RETURNING 'changed'")


def store_something(imap):
    assert imap.append(b"Subject: one\r\n\r\n.", folder="Sent")[0] == "OK"


def rename_a_folder(imap):
    assert imap.command("rename", "Mine", "Ours")[0] == "OK"


# What makes a session look all the same: a change of what is on record, or one by itself.
REASONS = {
    "a-day-old": ("UPDATE account_runs SET completed_at = completed_at - 86400", None),
    "in-future": ("UPDATE account_runs SET completed_at = completed_at + 86400", None),
    "no-run": ("DELETE FROM account_runs", None),
    "no-inbox": ("DELETE FROM folders", None),
    "due": ("UPDATE folders SET oldest_stored_at = 1", None),
    "looked-at-long-ago": ("UPDATE folders SET full_look_at = full_look_at - 30 * 86400", None),
    "stored": (None, store_something),
    "renamed": (None, rename_a_folder),
}


def test_sessions_believe_what_is_on_record(lab, domain):
    """Nothing is opened when state.db says that nothing is due: here it says so wrongly, and what
    is due stays until there is a reason to look."""
    accounts = {reason: lab.create_account(f"{reason}@{domain}") for reason in REASONS}
    def end_of_sessions():
        wait_for(lambda: not lab.processes("imap") and not lab.processes("pop3"), "their ends")

    for account in accounts.values():
        deliver(account, "one")
        with account.imap() as imap:
            assert imap.command("create", "Mine")[0] == "OK"
    end_of_sessions()
    for account in accounts.values():
        keep(lab, account, archive="1h")
        assert sweep(account) == (0, 0, "done")
        change_record(account, f"UPDATE folders SET oldest_stored_at = {int(time.time()) + 3600}")
        keep(lab, account, archive="1s")
    for account in accounts.values():
        wait_until_due(account, "INBOX", 1)
        with account.imap() as imap:
            imap.select()
        account.pop3().quit()
    end_of_sessions()
    for reason, account in accounts.items():
        assert subjects(account) == ["one"], reason
        statement, act = REASONS[reason]
        if statement is not None:
            change_record(account, statement)
        with account.imap() as imap:
            imap.select()
            if act is not None:
                act(imap)
    for reason, account in accounts.items():
        wait_for(lambda: subjects(account, "Archive") == ["one"], f"a look: {reason}")


def test_client_is_told_in_a_long_session(lab, domain):
    """Without a word from the client, who waits in IDLE."""
    taro = lab.create_account(f"taro@{domain}")
    deliver(taro, "one", "two")
    keep(lab, taro, archive="1s")
    with taro.imap() as imap:
        assert imap.select() == 2
        imap.session.send(b"I IDLE\r\n")
        assert imap.session.readline().startswith(b"+")
        told = []
        while len([line for line in told if b"EXPUNGE" in line]) < 2:
            told.append(imap.session.readline())
            assert told[-1], told
        imap.session.send(b"DONE\r\n")
        while not imap.session.readline().startswith(b"I OK"):
            pass
        assert imap.select() == 0
    assert sorted(subjects(taro, "Archive")) == ["one", "two"]


def test_sweep_visits_whom_it_must(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    hana = lab.create_account(f"hana@{domain}")
    deliver(taro, "one")
    deliver(hana, "one")
    sweep_of_all(lab, None)
    keep(lab, taro, archive="1s")
    wait_until_due(taro, "INBOX", 1)
    rows = lab.cli_json("retention", "run")["items"]
    assert [(row["address"], row["archived"], row["state"]) for row in rows] == [
        (taro.address, 1, "done")]
    assert lab.cli_json("retention", "run")["items"] == []
    # One that never logs in, and whose mail comes later.
    deliver(hana, "two")
    keep(lab, hana, archive="1s")
    wait_until_due(hana, "INBOX", 2)
    rows = lab.cli_json("retention", "run")["items"]
    assert [(row["address"], row["archived"]) for row in rows] == [(hana.address, 2)]


def test_one_sweep_over_all_at_a_time(lab, domain):
    """A second one does nothing and says so; a sweep for one account needs no lock."""
    taro = lab.create_account(f"taro@{domain}")
    deliver(taro, "one")
    keep(lab, taro, archive="1s")
    wait_until_due(taro, "INBOX", 1)
    folder = os.open(lab.dir / "mail", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        refused = lab.doveadm("boxkeeper", "sweep", "-A", want_exit=75)
        assert "another sweep" in refused.errors, refused
        assert "another sweep" in lab.cli("retention", "run", want_exit=75).errors
        assert subjects(taro) == ["one"]
    finally:
        os.close(folder)
    assert lab.cli_json("retention", "run", "--workers", "3")["archived"] == 1
    assert subjects(taro, "Archive") == ["one"]


def test_late_first_message_hides_nothing(lab, domain):
    """Dates need not rise with UIDs. On maildir a message whose date in the index is lost counts
    from the last change of its file: then a young message stands before an older one."""
    taro = lab.create_account(f"taro@{domain}")
    deliver(taro, "first", "second")
    with taro.imap() as imap:
        imap.select()
    moment = time.time()
    wait_for(lambda: time.time() > moment + 8, "the first message to be that much younger")
    maildir = home_of(taro) / "Maildir"
    (file,) = [path for path in maildir.glob("[cn]*/*") if b"Subject: first" in path.read_bytes()]
    file.chmod(0o600)
    (maildir / "dovecot.index.cache").unlink()
    first, second = stored(taro)
    assert first.saved >= second.saved + 8
    assert sweep(taro) == (0, 0, "done")
    # Due is now the second one alone.
    keep(lab, taro, archive=f"{int(time.time()) - second.saved}s")
    assert sweep(taro) == (1, 0, "done")
    assert (subjects(taro), subjects(taro, "Archive")) == (["first"], ["second"])


# --- preview ---------------------------------------------------------------------------------------


@pytest.mark.all_formats
def test_preview_agrees_with_what_happens(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    sizes = {"one": 5_000, "two": 6_000, "three": 7_000}
    for subject, size in sizes.items():
        deliver(taro, subject, size=size)
    lab.doveadm("move", "-u", taro.address, "Trash", "mailbox", "INBOX", "subject", "three")

    def preview(*options):
        items = lab.cli_json("retention", "preview", taro.address, *options)["items"]
        return {(row["folder"], row["action"]): (row["messages"], row["bytes"]) for row in items}

    later = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() + 40 * DAY))
    shown = preview("--as-of", later)
    assert shown[("INBOX", "archive")] == (0, 0)
    assert shown[("Trash", "expunge")][0] == 1
    much_later = time.strftime("%Y-%m-%d", time.localtime(time.time() + 182 * DAY))
    shown = preview("--as-of", much_later)
    messages, size = shown[("INBOX", "archive")]
    assert messages == 2 and size > sizes["one"] + sizes["two"]
    # It changed nothing, and now is not much later.
    assert subjects(taro) == ["one", "two"]
    assert all(row == (0, 0) for row in preview().values())
    keep(lab, taro, archive="1s", trash="1s")
    wait_for(lambda: preview() == shown, "the preview of today to be the one of then")
    assert sweep(taro) == (2, 1, "done")
    assert (subjects(taro), subjects(taro, "Trash")) == ([], [])
