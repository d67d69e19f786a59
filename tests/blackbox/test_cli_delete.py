# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""account delete, job list, job run."""

import shutil
import subprocess

import pytest

from fake_doveadm import doveadm  # noqa: F401 (a fixture)
from operations import Records, home_of, make_mail
from scratch import BUILD, wait_for


@pytest.fixture
def records(scratch, doveadm):
    scratch.cli("domain", "add", "d.example")
    for name in ("taro", "hana", "jiro"):
        scratch.add_account(f"{name}@d.example")
    return Records(scratch)


def delete(scratch, *accounts):
    return scratch.run("--yes", "account", "delete", *accounts)


def test_everything_of_it_is_gone(scratch, records, doveadm):
    taro = "taro@d.example"
    scratch.cli("alias", "add", taro, "sales@d.example")
    scratch.put_usage(taro, 5)
    home = make_mail(scratch, taro)
    number = records.id_of(taro)
    doveadm.sessions(taro)
    result = scratch.json("--yes", "account", "delete", taro)
    assert result["items"] == [{"address": taro, "deleted": True}]
    assert not home.exists()
    assert records.of_account(number) == {"account": 0, "credential": 0, "job": 0, "state": 0,
                                          "mail": 0}
    assert ["kick", taro] in doveadm.calls
    assert scratch.run("account", "show", taro).returncode == 67
    assert scratch.json("explain", taro)["reply"].startswith("550 5.1.1")
    assert scratch.json("explain", "sales@d.example")["reply"].startswith("550 5.1.1")
    entry = scratch.json("log")["items"][-1]
    assert (entry["command"], entry["subject"], entry["after"]) == ("account delete", taro, None)


def test_new_account_of_the_name_never_meets_old_mail(scratch, records):
    home = make_mail(scratch, "taro@d.example")
    number = records.id_of("taro@d.example")
    assert delete(scratch, "taro@d.example").returncode == 0
    scratch.add_account("taro@d.example")
    assert records.id_of("taro@d.example") > number
    assert home_of(scratch, "taro@d.example") != home
    assert list(home_of(scratch, "taro@d.example").iterdir()) == []


def test_several_at_once(scratch, records):
    homes = [make_mail(scratch, f"{name}@d.example") for name in ("taro", "hana", "jiro")]
    assert delete(scratch, "taro@d.example", "hana@d.example", "TARO@d.example").returncode == 0
    assert [home.exists() for home in homes] == [False, False, True]
    listed = {item["address"] for item in scratch.json("account", "list")["items"]}
    assert listed == {"jiro@d.example", "postmaster@d.example"}


@pytest.mark.parametrize("companion, status", [
    ("postmaster@d.example", 77), ("nobody@d.example", 67), ("hana@d.example", 77)])
def test_one_that_may_not_go_stops_all(scratch, records, companion, status):
    homes = [make_mail(scratch, f"{name}@d.example") for name in ("taro", "hana")]
    scratch.cli("retention", "hold", "hana@d.example", "--reason", "dispute")
    before = records.everything()
    for names in (["taro@d.example", companion], [companion, "taro@d.example"]):
        assert delete(scratch, *names).returncode == status
        assert records.everything() == before
    assert all((home / "cur" / "mail").exists() for home in homes)


def test_names_present_from_the_start_of_site(scratch, doveadm):
    scratch.cli("domain", "add", "s.example", "--plan", "site")
    for name in ("postmaster", "mailadmin"):
        result = delete(scratch, f"{name}@s.example")
        assert result.returncode == 77
        assert name in result.stderr


def test_dry_run(scratch, records):
    home = make_mail(scratch, "taro@d.example")
    before = records.everything()
    result = scratch.json("--dry-run", "account", "delete", "taro@d.example")
    assert result["items"] == [{"address": "taro@d.example", "deleted": False}]
    assert records.everything() == before
    assert (home / "cur" / "mail").exists()


# --- the question ---------------------------------------------------------------------------------


def test_without_a_terminal_it_needs_yes(scratch, records):
    before = records.everything()
    assert scratch.run("account", "delete", "taro@d.example").returncode == 64
    assert records.everything() == before


def ask(scratch, answer, *accounts):
    return scratch.on_terminal(answer, "account", "delete", *accounts)


def test_question_names_who_forwards_to_it(scratch, records):
    scratch.cli("alias", "add", "taro@d.example", "sales@d.example")
    scratch.cli("forward", "set", "hana@d.example", "taro@d.example", "--keep-copy")
    scratch.cli("forward", "set", "jiro@d.example", "sales@d.example", "--keep-copy")
    before = records.everything()
    status, shown = ask(scratch, "n", "taro@d.example")
    assert status == 64
    assert "hana@d.example" in shown and "jiro@d.example" in shown
    assert records.everything() == before
    status, shown = ask(scratch, "y", "taro@d.example")
    assert status == 0, shown
    assert "taro@d.example" not in [item["address"] for item in
                                    scratch.json("account", "list")["items"]]
    assert scratch.json("explain", "hana@d.example")["action"] == "accept"


# --- what is in the way -------------------------------------------------------------------------


def test_session_that_does_not_end(scratch, records, doveadm):
    taro = "taro@d.example"
    home = make_mail(scratch, taro)
    doveadm.sessions(taro, "hana@d.example", stubborn=True)
    # What `account delete` begins, killed while it waits: no test waits for its time to be over.
    process = subprocess.Popen([BUILD / "boxkeeper", "--settings", scratch.settings, "--yes",
                                "account", "delete", taro],
                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: ["kick", taro] in doveadm.calls, "a session to be kicked")
    process.kill()
    process.wait()
    assert (home / "cur" / "mail").exists()
    job = scratch.json("job", "list")["items"]
    assert [(item["kind"], item["address"]) for item in job] == [("delete-account", taro)]
    got = scratch.json("explain", taro)
    assert (got["action"], got["reason"]) == ("defer", "deleting")
    assert got["reply"].startswith("451")
    assert scratch.run("account", "create", taro, "--external-auth").returncode in (73, 75)
    assert scratch.run("account", "suspend", taro).returncode == 75
    assert scratch.run("retention", "hold", taro, "--reason", "late").returncode == 75
    assert (home / "cur" / "mail").exists()
    # Somebody else's session is not waited for.
    doveadm.sessions("hana@d.example", "xtaro@d.example", stubborn=True)
    scratch.cli("job", "run")
    assert not home.exists()
    assert scratch.json("job", "list")["items"] == []
    scratch.add_account(taro)


def test_next_changing_command_goes_on(scratch, records, doveadm):
    taro = "taro@d.example"
    home = make_mail(scratch, taro)
    doveadm.away()
    assert delete(scratch, taro).returncode == 75
    assert (home / "cur" / "mail").exists()
    assert scratch.run("job", "run").returncode == 75
    doveadm.away(False)
    scratch.cli("receive", "off", "hana@d.example")
    assert not home.exists()
    assert scratch.json("job", "list")["items"] == []


def test_command_goes_on_although_a_job_cannot(scratch, records, doveadm):
    doveadm.away()
    assert delete(scratch, "taro@d.example").returncode == 75
    scratch.cli("receive", "off", "hana@d.example")
    assert scratch.json("account", "show", "hana@d.example")["receive"] is False


def test_repeating_it_goes_on(scratch, records, doveadm):
    doveadm.away()
    assert delete(scratch, "taro@d.example").returncode == 75
    doveadm.away(False)
    assert delete(scratch, "taro@d.example").returncode == 0
    assert scratch.json("job", "list")["items"] == []


def test_mail_root_that_is_not_mounted(scratch, records):
    taro = "taro@d.example"
    home = make_mail(scratch, taro)
    home.parent.rename(home.parent.with_suffix(".away"))
    result = delete(scratch, taro)
    assert result.returncode == 75
    assert str(home.parent) in result.stderr
    home.parent.with_suffix(".away").rename(home.parent)
    assert (home / "cur" / "mail").exists()
    scratch.cli("job", "run")
    assert not home.exists()


def test_links_in_the_home_lead_nowhere(scratch, records):
    home = make_mail(scratch, "taro@d.example")
    other = make_mail(scratch, "hana@d.example")
    for place in (home, home / "cur"):
        (place / "link").symlink_to(other)
        (place / "file").symlink_to(other / "cur" / "mail")
    assert delete(scratch, "taro@d.example").returncode == 0
    assert not home.exists()
    assert (other / "cur" / "mail").exists()


def test_what_the_mail_user_may_not_remove(scratch, records):
    """Root's own folder in somebody's home: it is not root who removes."""
    home = make_mail(scratch, "taro@d.example")
    (home / "kept").mkdir()
    (home / "kept" / "file").touch()
    result = delete(scratch, "taro@d.example")
    assert result.returncode == 75
    assert "file" in result.stderr
    waiting = home.parent / ".deleted" / home.name
    assert (waiting / "kept" / "file").exists()
    assert not (waiting / "cur").exists()
    (waiting / "kept" / "file").unlink()
    scratch.cli("job", "run")
    assert not waiting.exists()


def test_two_at_once(scratch, records, doveadm):
    """A timer's `job run` while another goes on with the same job: no harm, and all is gone."""
    for round_number in range(5):
        address = f"r{round_number}@d.example"
        scratch.add_account(address)
        home = make_mail(scratch, address)
        for number in range(300):
            (home / "cur" / str(number)).touch()
        shutil.chown(home / "cur", "vmail", "vmail")
        doveadm.away()
        assert delete(scratch, address).returncode == 75
        doveadm.away(False)
        command = [BUILD / "boxkeeper", "--settings", scratch.settings, "job", "run"]
        runs = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 text=True) for _ in range(3)]
        ends = [(run.communicate()[1], run.returncode) for run in runs]
        assert [end[1] for end in ends] == [0, 0, 0], ends
        assert not home.exists()
        assert scratch.json("job", "list")["items"] == []
