# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""autoreply set, off, show: what is stored and shown, and what is refused."""

import pytest

DAY = 86400


@pytest.fixture
def taro(scratch):
    scratch.cli("domain", "add", "d.example")
    scratch.add_account("taro@d.example")
    return "taro@d.example"


def shown(scratch, account):
    return scratch.json("autoreply", "show", account)


def set_reply(scratch, account, *options, subject="away", body="I am away."):
    return scratch.run("autoreply", "set", account, "--subject", subject, "--body", body, *options)


def test_nothing_set(scratch, taro):
    assert shown(scratch, taro) == {
        "address": taro, "plan": "open", "time_zone": None, "auto_reply": False, "subject": "",
        "body": "", "quote": False, "from": None, "until": None, "interval_seconds": 7 * DAY}


def test_set_and_off(scratch, taro):
    got = scratch.json("autoreply", "set", taro, "--subject", "不在", "--body", "休み\nです",
                       "--from", "2027-01-01", "--until", "2027-01-31", "--interval", "12h",
                       "--quote")
    want = shown(scratch, taro)
    assert got == want
    assert (want["auto_reply"], want["subject"], want["body"], want["quote"], want["from"],
            want["until"], want["interval_seconds"]) == (
        True, "不在", "休み\nです", True, "2027-01-01", "2027-01-31", DAY // 2)
    assert scratch.json("account", "show", taro)["auto_reply"] is True
    scratch.cli("autoreply", "off", taro)
    assert shown(scratch, taro) == want | {"auto_reply": False}
    # Each set says everything anew.
    assert set_reply(scratch, taro).returncode == 0
    got = shown(scratch, taro)
    assert (got["quote"], got["from"], got["interval_seconds"]) == (False, None, 7 * DAY)


def test_body_file(scratch, taro):
    path = scratch.folder / "body.txt"
    path.write_text("first\nlast\n")
    scratch.cli("autoreply", "set", taro, "--subject", "s", "--body-file", str(path))
    assert shown(scratch, taro)["body"] == "first\nlast"
    scratch.cli("autoreply", "set", taro, "--subject", "s", "--body-file", "-", stdin="typed\n")
    assert shown(scratch, taro)["body"] == "typed"
    before = shown(scratch, taro)
    for content in (b"\xff\xfe", b"a\0b", b"", b"\n", b"x" * 70000):
        path.write_bytes(content)
        result = scratch.run("autoreply", "set", taro, "--subject", "s", "--body-file", str(path))
        assert result.returncode == 65, content[:5]
    missing = scratch.run("autoreply", "set", taro, "--subject", "s", "--body-file", "/nonexistent")
    assert missing.returncode == 65
    assert shown(scratch, taro) == before


@pytest.mark.parametrize("body, want", [
    ("a" * 600, 0), ("a" * 601, 65), ("あ" * 300, 0), ("あ" * 300 + "a", 65),
    ("ｱ" * 600, 0), ("a" * 600 + "\n", 0), ("あ" * 299 + "aa", 0)])
@pytest.mark.parametrize("plan", ["business-standard", "kwc", "sv-basic"])
def test_width(scratch, plan, body, want):
    scratch.cli("domain", "add", "d.example", "--plan", plan)
    result = set_reply(scratch, "postmaster@d.example", body=body)
    assert result.returncode == want
    assert want == 0 or "600" in result.stderr


def test_width_does_not_depend_on_the_locale(scratch):
    scratch.cli("domain", "add", "d.example", "--plan", "kwc")
    result = scratch.run("autoreply", "set", "postmaster@d.example", "--subject", "s", "--body",
                         "あ" * 301, environment={"LC_ALL": "C"})
    assert result.returncode == 65


@pytest.mark.parametrize("plan", ["open", "site"])
def test_no_width_in_other_plans(scratch, plan):
    scratch.cli("domain", "add", "d.example", "--plan", plan)
    assert set_reply(scratch, "postmaster@d.example", body="あ" * 5000).returncode == 0


@pytest.mark.parametrize("options", [
    {"body": ""}, {"body": "  \n"}, {"body": "　"}, {"subject": ""}, {"subject": "a\nb"},
    {"body": "\x1b[1m"}, {"options": ["--from", "2027-02-29"]}, {"options": ["--until", "soon"]},
    {"options": ["--from", "2027-02-02", "--until", "2027-02-01"]},
    {"options": ["--interval", "0"]}, {"options": ["--interval", "often"]}])
def test_bad_values_change_nothing(scratch, taro, options):
    before = shown(scratch, taro)
    assert set_reply(scratch, taro, *options.pop("options", []), **options).returncode == 65
    assert shown(scratch, taro) == before


@pytest.mark.parametrize("words", [
    [], ["--subject", "s"], ["--body", "b"], ["--subject", "s", "--body", "b", "--body-file", "f"]])
def test_bad_command_lines(scratch, taro, words):
    assert scratch.run("autoreply", "set", taro, *words).returncode == 64


def test_plan_without_auto_reply(scratch, taro):
    assert set_reply(scratch, taro).returncode == 0
    scratch.cli("--yes", "plan", "set", "open", "auto_reply_allowed=off")
    assert shown(scratch, taro)["auto_reply"] is False
    result = set_reply(scratch, taro)
    assert (result.returncode, "open" in result.stderr) == (65, True)
    scratch.cli("plan", "set", "open", "auto_reply_allowed=on", "auto_reply_interval_seconds=1d")
    got = shown(scratch, taro)
    assert (got["auto_reply"], got["interval_seconds"]) == (True, DAY)


def test_unknown_account(scratch, taro):
    assert set_reply(scratch, "x@d.example").returncode == 67
    for verb in ("off", "show"):
        assert scratch.run("autoreply", verb, "x@d.example").returncode == 67


def test_dry_run_and_log(scratch, taro):
    assert scratch.run("--dry-run", "autoreply", "set", taro, "--subject", "s", "--body",
                       "b").returncode == 0
    assert shown(scratch, taro)["auto_reply"] is False
    set_reply(scratch, taro)
    entry = scratch.json("log")["items"][-1]
    assert (entry["command"], entry["after"]["auto_reply"]) == ("autoreply set", True)


def test_explain(scratch, taro):
    set_reply(scratch, taro, "--until", "2099-01-31")
    assert scratch.json("explain", taro)["auto_reply"]["until"] == "2099-01-31"
    assert "2099-01-31" in scratch.cli("explain", taro)
    assert [leaf["kind"] for leaf in scratch.json("explain", taro)["targets"]] == ["mailbox"]
    scratch.cli("receive", "off", taro)
    (leaf,) = scratch.json("explain", taro)["targets"]
    assert (leaf["kind"], leaf["outcome"]) == ("answer-only", "answered")
    assert leaf["address"].endswith("@boxkeeper.invalid")
    scratch.cli("forward", "set", taro, "x@outside.example", "--no-copy")
    got = [(leaf["kind"], leaf["outcome"]) for leaf in scratch.json("explain", taro)["targets"]]
    assert got == [("outside", "relayed"), ("answer-only", "answered")]


def test_daemon_gives_the_form(scratch, taro, daemon):
    set_reply(scratch, taro)
    assert daemon.look_up("alias", taro) == f"OK {taro}"
    scratch.cli("receive", "off", taro)
    form = daemon.look_up("alias", taro)
    assert form.endswith("@boxkeeper.invalid")
    assert daemon.look_up("alias", form.removeprefix("OK ")) == "NOTFOUND "
