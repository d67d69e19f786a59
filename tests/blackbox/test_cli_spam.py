# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""spam set, allow, block, forget, show: what each plan allows, what is stored and shown."""

import pytest

PANEL_A = ("business-standard", "kwc", "sv-basic")


@pytest.fixture
def taro(scratch):
    scratch.cli("domain", "add", "d.example")
    scratch.add_account("taro@d.example")
    return "taro@d.example"


def account_of(scratch, plan):
    scratch.cli("domain", "add", "d.example", "--plan", plan)
    scratch.add_account("taro@d.example")
    return "taro@d.example"


def shown(scratch, account):
    return scratch.json("spam", "show", account)


def test_nothing_set(scratch, taro):
    assert shown(scratch, taro) == {
        "address": taro, "plan": "open", "tag": False, "tag_text": "[SPAM]", "sort": False,
        "folder": "Junk", "score": 5.0, "score_decides": True, "action": "off", "allow": [],
        "block": [], "asian_mail": True, "non_english_mail": True}


def test_each_option_alone(scratch, taro):
    want = shown(scratch, taro)
    for options, changes in (
            (["--tag", "on"], {"tag": True, "action": "tag"}),
            (["--tag-text", "[迷惑 _SCORE_]"], {"tag_text": "[迷惑 _SCORE_]"}),
            (["--sort", "on"], {"sort": True, "action": "move"}),
            (["--score", "6.25"], {"score": 6.25}),
            (["--asian-mail", "off"], {"asian_mail": False}),
            (["--non-english-mail", "off"], {"non_english_mail": False}),
            (["--action", "delete"], {"action": "delete"}),
            (["--action", "tag"], {"action": "tag", "sort": False}),
            (["--action", "off"], {"action": "off", "tag": False}),
            (["--action", "move"], {"action": "move", "sort": True}),
            (["--tag-text", ""], {"tag_text": "[SPAM]"}),
            (["--score", "inherit"], {"score": 5.0})):
        want |= changes
        result = scratch.json("spam", "set", taro, *options)
        result.pop("warnings", None)
        assert result == want, options
        assert shown(scratch, taro) == want, options


def test_switches_have_the_last_word_over_the_action(scratch, taro):
    got = scratch.json("spam", "set", taro, "--tag", "on", "--action", "move")
    assert (got["tag"], got["sort"], got["action"]) == (True, True, "move")


@pytest.mark.parametrize("score, warned", [("4.99", True), ("5.0", False), ("8", False),
                                           ("8.01", True), ("-1", True)])
def test_unusual_scores_are_warned_of(scratch, taro, score, warned):
    result = scratch.run("spam", "set", taro, f"--score={score}")
    assert result.returncode == 0
    assert ("5.0 to 8.0" in result.stderr) == warned
    assert shown(scratch, taro)["score"] == float(score)


@pytest.mark.parametrize("options", [
    ["--score", "5.001"], ["--score", "many"], ["--score", ""], ["--score", "1000"],
    ["--action", "burn"], ["--action", ""], ["--tag-text", "a\nb"], ["--tag-text", "x" * 201],
    ["--tag-text", "\udcff"]])
def test_bad_values_change_nothing(scratch, taro, options):
    before = shown(scratch, taro)
    assert scratch.run("spam", "set", taro, "--sort", "on", *options).returncode == 65
    assert shown(scratch, taro) == before


@pytest.mark.parametrize("options", [[], ["--tag", "yes"], ["--sort"], ["--tag", "on", "--tag", "off"]])
def test_bad_command_lines(scratch, taro, options):
    assert scratch.run("spam", "set", taro, *options).returncode == 64
    assert scratch.run("spam", "allow", taro).returncode == 64


@pytest.mark.parametrize("plan", PANEL_A)
def test_panel_a(scratch, plan):
    taro = account_of(scratch, plan)
    for options in (["--tag-text", "x"], ["--score", "5"], ["--action", "tag"],
                    ["--asian-mail", "off"], ["--non-english-mail", "off"]):
        result = scratch.run("spam", "set", taro, *options)
        assert (result.returncode, plan in result.stderr) == (65, True), options
    assert scratch.run("spam", "allow", taro, "@x.example").returncode == 65
    assert scratch.run("spam", "block", taro, "@x.example").returncode == 65
    assert scratch.run("spam", "set", taro, "--sort", "on").returncode == (
        65 if plan == "sv-basic" else 0)
    got = scratch.json("spam", "set", taro, "--tag", "on")
    assert (got["tag"], got["tag_text"], got["score_decides"]) == (True, "[SPAM]", False)
    assert got["action"] == ("tag" if plan == "sv-basic" else "move")


def test_site(scratch):
    taro = account_of(scratch, "site")
    got = scratch.json("spam", "set", taro, "--action", "move", "--score", "7.5")
    assert (got["folder"], got["tag_text"], got["score"], got["action"]) == (
        "caughtspam", "****SPAM(_SCORE_)****", 7.5, "move")


def test_what_a_new_plan_forbids_is_not_in_force(scratch, taro):
    scratch.cli("spam", "set", taro, "--sort", "on", "--tag", "on", "--tag-text", "mine",
                "--score", "6")
    scratch.cli("spam", "block", taro, "@x.example")
    before = shown(scratch, taro)
    scratch.cli("--yes", "domain", "set", "d.example", "--plan", "sv-basic")
    got = shown(scratch, taro)
    assert (got["action"], got["tag_text"], got["score"], got["block"]) == ("tag", "[SPAM]", 5.0, [])
    scratch.cli("--yes", "domain", "set", "d.example", "--plan", "open")
    assert shown(scratch, taro) == before


def test_lists(scratch, taro):
    scratch.cli("spam", "allow", taro, "Friend@X.example", "@Good.example")
    got = scratch.json("spam", "block", taro, "*@bad.example", "@good.example", "@good.example")
    assert got["allow"] == ["@good.example", "friend@x.example"]
    assert got["block"] == ["*@bad.example", "@good.example"]
    got = scratch.json("spam", "forget", taro, "@GOOD.example")
    assert (got["allow"], got["block"]) == (["friend@x.example"], ["*@bad.example"])
    assert scratch.run("spam", "forget", taro, "*@bad.example", "@nobody.example").returncode == 67
    assert shown(scratch, taro)["block"] == ["*@bad.example"]


@pytest.mark.parametrize("pattern", ["x.example", "*", "a*@x.example", "@", "a@b", "a b@x.example"])
def test_bad_patterns(scratch, taro, pattern):
    result = scratch.run("spam", "block", taro, "ok@x.example", pattern)
    assert result.returncode == 65 and "*@domain" in result.stderr
    assert shown(scratch, taro)["block"] == []


def test_unknown_account(scratch, taro):
    for verb in (["set", "x@d.example", "--tag", "on"], ["show", "x@d.example"],
                 ["allow", "x@d.example", "@y.example"]):
        assert scratch.run("spam", *verb).returncode == 67


def test_dry_run_and_log(scratch, taro):
    scratch.cli("--dry-run", "spam", "set", taro, "--tag", "on")
    assert shown(scratch, taro)["tag"] is False
    scratch.cli("spam", "set", taro, "--tag", "on")
    scratch.cli("spam", "set", taro, "--tag", "on")
    entries = [entry for entry in scratch.json("log")["items"] if entry["command"] == "spam set"]
    assert len(entries) == 1
    assert (entries[0]["subject"], entries[0]["after"]) == (taro, {"tag": True, "action": "tag"})


def test_gone_with_the_account(scratch, taro):
    scratch.cli("spam", "set", taro, "--tag", "on")
    scratch.cli("spam", "block", taro, "@x.example")
    scratch.cli("--yes", "account", "delete", taro)
    scratch.add_account(taro)
    got = shown(scratch, taro)
    assert (got["tag"], got["block"]) == (False, [])


def test_explain_and_people(scratch, taro):
    scratch.cli("spam", "set", taro, "--action", "move", "--score", "6.5")
    assert scratch.json("explain", taro)["spam"]["action"] == "move"
    assert scratch.json("explain", "x@elsewhere.example")["spam"] is None
    assert "move, from a score of 6.50" in scratch.cli("explain", taro)
    text = scratch.cli("spam", "show", taro)
    assert "6.50" in text and "Junk" in text


def test_export_says_whether_the_subject_is_tagged(scratch, taro):
    scratch.cli("spam", "set", taro, "--action", "tag")
    lines = scratch.cli("account", "export", "--domain", "d.example").splitlines()
    header = lines[0].lstrip("\ufeff").split(",")
    row = next(line.split(",") for line in lines if line.startswith("taro,"))
    assert row[header.index("spam")] == "1"
