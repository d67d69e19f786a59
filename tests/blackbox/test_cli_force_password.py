# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""`account force-password`: a hijacked account, from the alarm to its next password."""

import json
import os
import shlex

import pytest

import credentials
from fake_doveadm import doveadm  # noqa: F401 (a fixture)
from operations import kill_points, run_killed
from scratch import BUILD

OLD = "Kx7!vQ2#mZ9.tR19"
POINTS_OF_EACH = 1000 if os.environ.get("BOXKEEPER_THOROUGH") == "1" else 6

POSTFIX = r"""#!/bin/sh
folder=$(dirname "$0")
echo "$(basename "$0") $*" >>"$folder/calls"
[ ! -e "$folder/down" ] || { echo "postqueue: fatal: the mail system is down" >&2; exit 69; }
case $1 in
-j) cat "$folder/queue" ;;
-d) cat >>"$folder/deleted"
    mv "$folder/next" "$folder/queue" 2>/dev/null || : >"$folder/queue" ;;
esac
"""


class FakePostfix:
    def __init__(self, scratch):
        self.folder = scratch.folder / "postfix"
        self.folder.mkdir()
        for name in ("postqueue", "postsuper"):
            (self.folder / name).write_text(POSTFIX)
            (self.folder / name).chmod(0o755)
        scratch.cli("migrate", f"postqueue_command={self.folder}/postqueue",
                    f"postsuper_command={self.folder}/postsuper")
        self.queue()

    def queue(self, *senders, file="queue"):
        """One message from each; in the file "next": after the first deletion."""
        (self.folder / file).write_text("".join(json.dumps({
            "queue_name": "deferred", "queue_id": f"{file[0]}{n}".replace("q", "ID"),
            "arrival_time": 1700000000,
            "message_size": 1234, "forced_expire": False, "sender": sender,
            "recipients": [{"address": "x@out.example", "delay_reason": "away"},
                           {"address": "y@out.example"}]}) + "\n"
            for n, sender in enumerate(senders)))

    @property
    def deleted(self):
        file = self.folder / "deleted"
        return file.read_text().split() if file.exists() else []


@pytest.fixture
def domain(scratch, doveadm):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("account", "create", "taro@a.example", "--password-hash",
                credentials.crypt(OLD, "$6$saltsalt$"), "--alias", "sales")
    scratch.add_account("hana@a.example")
    return FakePostfix(scratch)


def test_what_it_does(scratch, domain, doveadm):
    before = credentials.read(scratch)["taro@a.example"]
    result = scratch.json("account", "force-password", "taro@a.example")
    assert result == {"address": "taro@a.example", "force_changed": True, "queued": [],
                      "deleted": False}
    row = credentials.read(scratch)["taro@a.example"]
    assert row.previous_hash == before.password_hash
    assert row.password_hash.startswith("$y$")
    assert row.allowed == {"imap", "pop3", "managesieve"}
    assert ["kick", "taro@a.example"] in doveadm.calls
    shown = scratch.json("account", "show", "taro@a.example")
    assert (shown["force_changed"], shown["status"]) == (True, "force-changed")
    login = scratch.json("explain", "--login", "taro@a.example", "--protocol", "submission")
    assert not login["allowed"] and "force_changed" in login["decided_by"].values()
    sender = scratch.json("explain", "hana@a.example", "--from", "sales@a.example")["sender"]
    assert sender["reply"] is not None and sender["reply"].startswith("5")
    entry = scratch.json("log", "--account", "taro@a.example")["items"][-1]
    assert (entry["before"], entry["after"]) == (
        {"force_changed": False}, {"force_changed": True, "password": "changed"})
    assert "$" not in json.dumps(entry)
    credentials.check_settled(scratch)


def test_list_opens_with_a_notice(scratch, domain):
    assert "force" not in scratch.run("account", "list").stderr
    scratch.cli("account", "force-password", "taro@a.example")
    result = scratch.run("account", "list", "--search", "hana")
    assert "taro@a.example" in result.stderr and "taro@a.example" not in result.stdout
    assert scratch.json("account", "list")["force_changed"] == ["taro@a.example"]
    (item,) = scratch.json("account", "list", "--status", "force-changed")["items"]
    assert item["address"] == "taro@a.example"


def test_queue_is_shown_and_deleted(scratch, domain):
    domain.queue("taro@a.example", "hana@a.example", "Sales+x@A.example", "", "taro@b.example",
                 "taro@a.example.org")
    result = scratch.json("account", "force-password", "taro@a.example")
    assert [m["queue_id"] for m in result["queued"]] == ["ID0", "ID2"]
    assert result["queued"][0] == {
        "queue_id": "ID0", "queue": "deferred", "arrived_at": 1700000000, "size_bytes": 1234,
        "sender": "taro@a.example", "recipients": ["x@out.example", "y@out.example"]}
    assert not result["deleted"] and domain.deleted == []
    shown = scratch.run("account", "force-password", "taro@a.example", "--delete-queued")
    assert "ID0" in shown.stdout and "2 messages were deleted" in shown.stderr
    assert domain.deleted == ["ID0", "ID2"]


def test_queue_is_looked_through_for_every_address(scratch, domain):
    """Whatever the login was allowed to send as, and what forwards to other hosts make of it."""
    scratch.cli("domain", "alias", "add", "a.example", "alias.example")
    scratch.cli("domain", "set", "a.example", "--catch-all", "taro@a.example")
    scratch.cli("alias", "add", "hana@a.example", "flower")
    scratch.cli("account", "rename", "taro@a.example", "taro2@a.example")
    its = ["TARO2@a.example", "taro@a.example", "taro+x@alias.example", "sales+a+b@alias.example",
           "SRS0=Ab1+=QB=a.example=taro@mail.example", "srs0=Ab1+=QB=alias.example=SALES@m.example",
           "taro2@a.example."]
    others = ["hana@a.example", "flower@alias.example", "nobody@a.example", "x=taro@a.example",
              "SRS0=Ab1+=QB=a.example=hana@mail.example", "taro@other.example",
              "SRS0=Ab1+=QB=a.example@mail.example", "MAILER-DAEMON", "@a.example"]
    domain.queue(*its, *others)
    result = scratch.json("account", "force-password", "taro@a.example")
    assert [message["sender"] for message in result["queued"]] == its


def test_what_the_queue_shows_only_later_is_deleted_too(scratch, domain):
    """Postfix's listing misses a message that moves meanwhile."""
    domain.queue("taro@a.example")
    domain.queue("hana@a.example", "sales@a.example", file="next")
    result = scratch.json("account", "force-password", "taro@a.example", "--delete-queued")
    assert [message["queue_id"] for message in result["queued"]] == ["ID0", "n1"]
    assert domain.deleted == ["ID0", "n1"]


def test_postfix_away(scratch, domain):
    (domain.folder / "down").touch()
    result = scratch.run("account", "force-password", "taro@a.example", "--delete-queued")
    assert result.returncode == 75 and "the mail system is down" in result.stderr
    assert scratch.json("account", "show", "taro@a.example")["force_changed"]


RESEMBLING = [OLD, OLD.swapcase(), OLD[::-1], OLD + "a", OLD + "1x", OLD[:-2] + "20",
              OLD[:-2] + "18"]


def test_next_password_may_not_resemble(scratch, domain):
    # Twice: the password that is compared stays the one that somebody knew.
    for _ in range(2):
        scratch.cli("account", "force-password", "taro@a.example")
    for password in RESEMBLING:
        for command in ("password", "set"):
            result = scratch.run("account", command, "taro@a.example", "--password-stdin",
                                 stdin=password + "\n")
            assert result.returncode == 65 and "resembles" in result.stderr, password
    result = scratch.run("account", "password", "taro@a.example", "--password-hash",
                         credentials.crypt(OLD, "$6$tlastlas$"))
    assert result.returncode == 65 and "can't be taken" in result.stderr
    assert scratch.json("account", "show", "taro@a.example")["force_changed"]
    scratch.cli("account", "password", "taro@a.example", "--password-stdin",
                stdin="An0ther#Wq5.kLm\n")
    assert not scratch.json("account", "show", "taro@a.example")["force_changed"]
    row = credentials.read(scratch)["taro@a.example"]
    assert row.allowed == set(credentials.PROTOCOLS)
    assert credentials.fits("An0ther#Wq5.kLm", row.password_hash)
    credentials.check_settled(scratch)
    # The rule is for forced changes only.
    scratch.cli("account", "password", "taro@a.example", "--password-stdin",
                stdin="An0ther#Wq5.kLm1\n")


def test_edit_file_obeys_the_rule_too(scratch, domain):
    scratch.cli("account", "force-password", "taro@a.example")
    file = scratch.folder / "edit.csv"
    words = ["account", "edit", file, "--domain", "a.example"]
    file.write_text(f"mail_account,password,mail_capacity\ntaro,{OLD.swapcase()},\n")
    result = scratch.run(*words)
    assert result.returncode == 65 and "resembles" in result.stderr + result.stdout
    assert scratch.json("account", "show", "taro@a.example")["force_changed"]
    file.write_text("mail_account,password,mail_capacity\ntaro,An0ther#Wq5.kLm,\n")
    scratch.cli(*words)
    assert not scratch.json("account", "show", "taro@a.example")["force_changed"]
    credentials.check_settled(scratch)


def test_generated_password_ends_the_mark(scratch, domain):
    scratch.cli("account", "force-password", "taro@a.example")
    scratch.json("account", "password", "taro@a.example", "--generate")
    assert not scratch.json("account", "show", "taro@a.example")["force_changed"]


def test_refused(scratch, domain):
    result = scratch.run("account", "force-password", "hana@a.example")
    assert result.returncode == 77 and "external" in result.stderr
    scratch.cli("account", "force-password", "nobody@a.example", status=67)
    before = credentials.read(scratch)
    scratch.cli("--dry-run", "account", "force-password", "taro@a.example", "--delete-queued")
    assert credentials.read(scratch) == before
    assert not scratch.json("account", "show", "taro@a.example")["force_changed"]


def test_killed_anywhere(scratch, domain):
    """Marked means that the old password is gone; and the old one is known however often."""
    command = [BUILD / "boxkeeper", "--settings", scratch.settings, "account", "force-password",
               "taro@a.example"]
    old = credentials.read(scratch)["taro@a.example"].password_hash

    def reset():
        scratch.cli("account", "password", "taro@a.example", "--generate")
        scratch.cli("account", "password", "taro@a.example", "--password-hash", old)

    points = kill_points(command, ["pwrite64", "fdatasync", "fsync", "unlink", "clone", "clone3"],
                         POINTS_OF_EACH)
    for name, call in points:
        reset()
        run_killed(command, name, call)
        credentials.check_invariants(scratch)
        row = credentials.read(scratch)["taro@a.example"]
        if scratch.json("account", "show", "taro@a.example")["force_changed"]:
            assert row.password_hash != old, (name, call)
        scratch.cli(*shlex.split("account force-password taro@a.example"))
        assert credentials.read(scratch)["taro@a.example"].previous_hash == old, (name, call)
        credentials.check_settled(scratch)
