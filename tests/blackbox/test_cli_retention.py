# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""retention set, show, hold, release, preview, run."""

import subprocess
import time

import pytest

from fake_doveadm import doveadm  # noqa: F401 (a fixture)
from scratch import BUILD, wait_for

DAY = 86400


@pytest.fixture
def taro(scratch):
    scratch.cli("domain", "add", "d.example")
    scratch.add_account("taro@d.example")
    return "taro@d.example"


def shown(scratch, subject):
    return scratch.json("retention", "show", subject)


def test_account_over_domain_over_plan(scratch, taro):
    first = shown(scratch, taro)
    assert (first["archive_seconds"], first["trash_seconds"], first["junk_seconds"]) == (
        180 * DAY, 31 * DAY, 0)
    assert first["set_by"]["archive_seconds"] == {
        "field": "archive_seconds", "level": "plan", "subject": "open"}

    scratch.cli("retention", "set", "d.example", "--archive", "90d", "--junk", "12h")
    by_domain = shown(scratch, taro)
    assert (by_domain["archive_seconds"], by_domain["junk_seconds"]) == (90 * DAY, 43200)
    assert by_domain["set_by"]["archive_seconds"]["level"] == "domain"
    assert by_domain["set_by"]["trash_seconds"]["level"] == "plan"

    scratch.cli("retention", "set", taro, "--archive", "0", "--trash", "5s")
    by_account = shown(scratch, taro)
    assert (by_account["archive_seconds"], by_account["trash_seconds"]) == (0, 5)
    assert by_account["set_by"]["archive_seconds"] == {
        "field": "archive_seconds", "level": "account", "subject": taro}
    assert by_account["junk_seconds"] == 43200

    scratch.cli("retention", "set", taro, "--archive", "inherit")
    assert shown(scratch, taro)["archive_seconds"] == 90 * DAY
    assert shown(scratch, "d.example")["archive_seconds"] == 90 * DAY


@pytest.mark.parametrize("duration", ["", "-1d", "10x", "1.5d", "d", "180 d", "9" * 30 + "d", "1w"])
def test_bad_durations_change_nothing(scratch, taro, duration):
    before = shown(scratch, taro)
    result = scratch.run("retention", "set", taro, "--archive", "10d", f"--trash={duration}")
    assert result.returncode == 65
    assert "180d" in result.stderr
    assert shown(scratch, taro) == before


@pytest.mark.parametrize("plan", ["kwc", "business-standard", "sv-basic", "site"])
@pytest.mark.parametrize("subject", ["d.example", "postmaster@d.example"])
def test_plans_that_do_not_let_it_be_set(scratch, plan, subject):
    scratch.cli("domain", "add", "d.example", "--plan", plan)
    before = shown(scratch, subject)
    result = scratch.run("retention", "set", subject, "--archive", "10d")
    assert result.returncode == 65
    assert plan in result.stderr
    assert shown(scratch, subject) == before


@pytest.mark.parametrize(
    "arguments, status",
    [
        (["set", "taro@d.example"], 64),
        (["set", "nobody@d.example", "--archive", "1d"], 67),
        (["set", "none.example", "--archive", "1d"], 67),
        (["show", "none.example"], 67),
        (["hold", "taro@d.example"], 64),
        (["hold", "taro@d.example", "--reason", ""], 64),
        (["hold", "nobody@d.example", "--reason", "r"], 67),
        (["release", "nobody@d.example"], 67),
        (["preview", "nobody@d.example"], 67),
        (["run", "--dry-run"], 64),
        (["preview"], 64),
    ],
)
def test_bad_commands(scratch, taro, arguments, status):
    result = scratch.run("retention", *arguments)
    assert result.returncode == status, result.stderr
    assert result.stderr.startswith("boxkeeper: ")


def test_hold_and_release(scratch, taro):
    scratch.cli("retention", "hold", taro, "--reason", "訴訟 2026-17")
    held = shown(scratch, taro)
    assert (held["rests"], held["hold_reason"]) == ("hold", "訴訟 2026-17")
    assert scratch.run("--yes", "account", "delete", taro).returncode == 77
    scratch.cli("retention", "release", taro)
    assert (shown(scratch, taro)["rests"], shown(scratch, taro)["hold_reason"]) == (None, None)
    scratch.cli("retention", "release", taro)


def test_dry_run_changes_nothing(scratch, taro):
    before = shown(scratch, taro)
    scratch.cli("--dry-run", "retention", "set", taro, "--archive", "1d")
    scratch.cli("--dry-run", "retention", "hold", taro, "--reason", "r")
    assert shown(scratch, taro) == before


def test_what_changed_is_in_the_log(scratch, taro):
    scratch.cli("retention", "set", taro, "--archive", "90d")
    scratch.cli("retention", "hold", taro, "--reason", "r")
    entries = [entry for entry in scratch.json("log")["items"] if entry["subject"] == taro]
    assert [entry["command"] for entry in entries][-2:] == ["retention set", "retention hold"]
    assert entries[-2]["after"] == {"archive_seconds": 90 * DAY}
    assert entries[-1]["before"] == {"hold_reason": None}


# --- over doveadm -------------------------------------------------------------------------------


def test_preview_shows_what_doveadm_says(scratch, doveadm, taro):
    doveadm.answer([
        {"folder": "INBOX", "action": "archive", "messages": 3, "bytes": 4096, "oldest": 1000},
        {"folder": "ごみ箱", "action": "expunge", "messages": 0, "bytes": 0, "oldest": 0},
    ])
    result = scratch.json("retention", "preview", "taro@d.example", "--as-of", "2027-01-31 12:30")
    assert result["address"] == taro
    assert result["as_of"] == int(time.mktime((2027, 1, 31, 12, 30, 0, 0, 0, -1)))
    assert result["items"] == [
        {"folder": "INBOX", "action": "archive", "messages": 3, "bytes": 4096,
         "oldest_stored_at": 1000},
        {"folder": "ごみ箱", "action": "expunge", "messages": 0, "bytes": 0, "oldest_stored_at": 0},
    ]
    words = doveadm.calls[-1]
    assert words[words.index("-u") + 1] == taro
    assert words[words.index("-d") + 1] == str(result["as_of"])
    assert "ごみ箱" in scratch.cli("retention", "preview", taro)


@pytest.mark.parametrize("date", ["", "yesterday", "2027-02-30", "2027-13-01", "2027-01-01x",
                                  "2027-01-01 25:00", "31.1.2027"])
def test_bad_dates(scratch, doveadm, taro, date):
    assert scratch.run("retention", "preview", taro, f"--as-of={date}").returncode == 65
    assert doveadm.calls == []


def test_run_shows_each_account(scratch, doveadm, taro):
    doveadm.answer([{"username": taro, "archived": 12, "expunged": 3, "state": "done"}])
    result = scratch.json("retention", "run")
    assert result["items"] == [{"address": taro, "archived": 12, "expunged": 3, "state": "done"}]
    assert (result["accounts"], result["archived"], result["expunged"]) == (1, 12, 3)
    assert doveadm.calls[-1][2:5] == ["boxkeeper", "sweep", "-A"]
    assert "1 account: 12 messages archived, 3 expunged" in scratch.cli("retention", "run")


def shares(calls):
    return sorted(words[words.index("-s") + 1] for words in calls)


def test_workers_have_shares_and_options(scratch, doveadm, taro):
    doveadm.answer([])
    scratch.cli("retention", "run", "--clock-ok", "--workers", "3", "--time", "2h")
    assert shares(doveadm.calls) == ["0/3", "1/3", "2/3"]
    for words in doveadm.calls:
        assert "-c" in words and words[words.index("-t") + 1] == "7200"
    scratch.cli("retention", "run", "--workers", "1")
    assert "-c" not in doveadm.calls[-1]
    assert shares(doveadm.calls[3:]) == ["0/1"]


@pytest.mark.parametrize("words", [["--workers", "0"], ["--workers", "33"], ["--workers", "x"],
                                   ["--time", "0"], ["--time", "soon"]])
def test_bad_options_of_a_run(scratch, doveadm, taro, words):
    assert scratch.run("retention", "run", *words).returncode == 65
    assert doveadm.calls == []


def test_many_accounts_are_counted_and_not_all_listed(scratch, doveadm, taro):
    doveadm.answer([{"username": f"n{n}@d.example", "archived": 1, "expunged": 2, "state": "done"}
                    for n in range(10_500)])
    result = scratch.json("retention", "run")
    assert (result["accounts"], result["archived"], result["expunged"]) == (10_500, 10_500, 21_000)
    assert len(result["items"]) == 10_000


def test_one_run_at_a_time(scratch, doveadm, taro):
    """Also when the first command was killed: its workers have the lock as long as they live."""
    doveadm.answer([{"username": taro, "archived": 1, "expunged": 0, "state": "done"}])
    gate = doveadm.close_gate()
    first = subprocess.Popen([BUILD / "boxkeeper", "--settings", scratch.settings, "retention",
                              "run", "--workers", "2"], stdout=subprocess.DEVNULL)
    wait_for(lambda: len(doveadm.calls) == 2, "both workers to have begun")
    second = scratch.run("retention", "run")
    assert second.returncode == 75 and "another sweep" in second.stderr
    first.kill()
    first.wait()
    assert scratch.run("retention", "run").returncode == 75
    assert len(doveadm.calls) == 2
    gate.open_it()
    wait_for(lambda: scratch.run("retention", "run").returncode == 0, "the workers' end")


def test_run_that_could_not_do_everything(scratch, doveadm, taro):
    doveadm.answer(
        [{"username": taro, "archived": 12, "expunged": 3, "state": "unfinished"},
         {"username": "b@d.example", "archived": 0, "expunged": 0, "state": "done"}],
        status=75)
    result = scratch.run("retention", "run")
    assert result.returncode == 75
    assert f"{taro} (unfinished)" in result.stderr
    assert "b@d.example" not in result.stderr
    assert "12" in result.stdout


def test_doubt_about_the_clock_is_said(scratch, doveadm, taro):
    doveadm.answer([], status=75, errors="doveadm: Error: the clock went backwards\n")
    result = scratch.run("retention", "run")
    assert result.returncode == 75
    assert "the clock went backwards" in result.stderr


def test_doveadm_that_is_not_there(scratch, taro):
    scratch.cli("migrate", "doveadm_command=/nonexistent/doveadm")
    for words in (["run"], ["preview", taro]):
        result = scratch.run("retention", *words)
        assert result.returncode == 75
        assert "/nonexistent/doveadm" in result.stderr
