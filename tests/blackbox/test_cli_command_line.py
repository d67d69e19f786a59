# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The command line itself: words, options, help, errors, questions, --dry-run."""

import json
import subprocess

import pytest

import credentials
from scratch import BUILD

WRONG_WORDS = [
    ([], "no command given"),
    (["nonsense"], 'no command "nonsense"'),
    (["account"], "account needs one of: create"),
    (["account", "nonsense"], "is not a command of account"),
    (["account", "show"], "something is missing"),
    (["account", "show", "a@a.example", "b@a.example"], "too many words"),
    (["alias", "add", "a@a.example"], "something is missing"),
    (["--nonsense", "account", "list"], "unknown option --nonsense before the command"),
    (["account", "list", "--nonsense"], "unknown option --nonsense: see boxkeeper account list"),
    (["account", "list", "--pag", "1"], "unknown option --pag"),
    (["account", "list", "-x"], "too many words"),
    (["account", "list", "--page"], "--page needs a value"),
    (["account", "list", "--page", "1", "--page", "2"], "--page is given twice"),
    (["account", "create", "x@a.example", "--generate=yes"], "--generate takes no value"),
    (["account", "list", "--json=yes"], "--json takes no value"),
    (["--settings"], "--settings needs a value"),
    (["log", "more"], "too many words"),
]


@pytest.mark.parametrize("words, want", WRONG_WORDS)
def test_wrong_words_are_usage_errors(scratch, words, want):
    result = scratch.run(*words)
    assert result.returncode == 64
    assert want in result.stderr
    assert result.stdout == ""


def test_errors_are_objects_with_json(scratch):
    result = scratch.run("--json", "account", "show", "nobody@a.example")
    assert result.returncode == 67
    assert result.stdout == ""
    error = json.loads(result.stderr)["error"]
    assert error["code"] == 67
    assert "nobody@a.example" in error["message"]


def test_global_options_stand_anywhere(scratch):
    want = json.loads(scratch.cli("--json", "plan", "list"))
    assert json.loads(scratch.cli("plan", "--json", "list")) == want
    assert json.loads(scratch.cli("plan", "list", "--json")) == want
    assert {plan["plan"] for plan in want["items"]} == {
        "open", "business-standard", "kwc", "sv-basic", "site"}


def test_values_stand_behind_a_blank_or_an_equals_sign(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example", "--comment=one", "--full-name", "--odd")
    shown = scratch.json("account", "show", "taro@a.example")
    assert (shown["comment"], shown["full_name"]) == ("one", "--odd")


def test_two_dashes_end_the_options(scratch):
    result = scratch.run("account", "show", "--", "--json")
    assert result.returncode == 67
    assert "there is no account --json" in result.stderr


def test_help_and_version(scratch):
    assert "account create NAME@DOMAIN" in scratch.cli("--help")
    noun = scratch.cli("account", "--help")
    assert "account create" in noun and "domain add" not in noun
    command = scratch.cli("account", "create", "--help")
    assert "--password-stdin" in command
    assert scratch.cli("--version").startswith("boxkeeper ")


def test_help_needs_no_databases(scratch):
    assert scratch.run("--settings", "/nonexistent/settings.db", "--help").returncode == 0


def test_help_as_json_lists_every_command(scratch):
    commands = json.loads(scratch.cli("--help", "--json"))["items"]
    words = {(c["noun"], c["verb"]) for c in commands}
    assert ("account", "create") in words and ("log", None) in words
    assert len(words) == len(commands), "a command stands twice in the table"


def test_question_without_terminal_is_a_usage_error(scratch):
    scratch.cli("domain", "add", "a.example")
    result = scratch.run("domain", "remove", "a.example")
    assert result.returncode == 64
    assert "--yes" in result.stderr
    assert scratch.json("domain", "show", "a.example")["accounts"] == 1


CHANGES = [
    ["domain", "add", "new.example"],
    ["domain", "set", "a.example", "--max-accounts", "5"],
    ["domain", "suspend", "a.example"],
    ["domain", "remove", "empty.example"],
    ["account", "create", "jiro@a.example", "--generate"],
    ["account", "set", "taro@a.example", "--comment", "new", "--alias", "x"],
    ["account", "suspend", "taro@a.example"],
    ["account", "password", "taro@a.example", "--generate"],
    ["alias", "add", "taro@a.example", "info"],
    ["forward", "set", "taro@a.example", "out@else.example", "--keep-copy"],
    ["receive", "off", "taro@a.example"],
]


@pytest.mark.parametrize("words", CHANGES, ids=" ".join)
def test_dry_run_changes_nothing(scratch, words):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("domain", "add", "empty.example")
    scratch.add_account("taro@a.example")

    def everything():
        return (scratch.json("account", "list"), scratch.json("domain", "list"),
                scratch.json("log"), credentials.read(scratch),
                sorted(scratch.folder.joinpath("mail").iterdir()))

    before = everything()
    scratch.cli("--dry-run", *words)
    assert everything() == before
    scratch.cli("--yes", *words)
    assert everything() != before


def test_dry_run_finds_what_is_wrong(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.cli("--dry-run", "account", "create", "x@a.example", status=65)


def test_result_that_can_not_be_written_is_an_error(scratch):
    with open("/dev/full", "w", encoding="ascii") as full:
        result = subprocess.run([BUILD / "boxkeeper", "--settings", scratch.settings, "plan", "list"],
                                stdout=full, stderr=subprocess.PIPE, check=False)
    assert result.returncode == 75
    assert b"can't be written" in result.stderr
