# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Completion by bash: the script as it is installed, asked for what it would offer."""

import json
import subprocess

import pytest

from scratch import BUILD, TOP, Scratch

SCRIPT = TOP / "conf" / "bash-completion" / "boxkeeper"
ASK = r"""
source "$1"
COMP_LINE=$2 COMP_POINT=${#2}
_boxkeeper "$3" '' ''
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def filled():
    made = Scratch()
    made.cli("domain", "add", "a.example", "--login-prefix", "ax")
    made.cli("domain", "add", "b.example", "--plan", "site")
    for name in ("taro", "tama", "hana"):
        made.add_account(f"{name}@b.example", "--alias", f"{name}-too")
    yield made
    made.remove()


@pytest.fixture(scope="module")
def table():
    return json.loads(subprocess.run([BUILD / "boxkeeper", "--help", "--json"],
                                     capture_output=True, check=True).stdout)


def offered(scratch, line):
    """For what stands behind `boxkeeper `, with the cursor at its end."""
    done = subprocess.run(
        ["bash", "--norc", "-c", ASK, "bash", SCRIPT,
         f"boxkeeper --settings {scratch.settings} {line}", BUILD / "boxkeeper"],
        capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("line, want", [
    ("dom", ["domain"]),
    ("domain re", ["resume", "remove"]),
    ("receive ", ["on", "off"]),
    ("setup ", ["dovecot", "postfix"]),
    ("no", []),
    ("nothing ", []),
    # arguments
    ("domain show ", ["a.example", "b.example"]),
    ("domain show b", ["b.example"]),
    ("domain show b.example ", []),
    ("domain alias ", ["add", "remove"]),
    ("domain alias add ", ["a.example", "b.example"]),
    ("plan show s", ["sv-basic", "site"]),
    ("plan set open spam_folder=X retention_", ["retention_kind="]),
    ("account show ta", ["tama@b.example", "taro@b.example"]),
    # bash takes an address apart: only what is behind the @ is replaced
    ("account show taro@", ["b.example"]),
    ("account delete hana@b.example ta", ["tama@b.example", "taro@b.example"]),
    ("account suspend hana@b.example ta", []),
    ("usage ta", ["tama@b.example", "taro@b.example"]),
    ("account create new@", ["a.example", "b.example"]),
    ("account create new", []),
    ("account rename taro@b.example jiro@b", ["b.example"]),
    ("account sample ", ["registration", "edit"]),
    ("retention show ", ["a.example", "b.example", "ax_postmaster@a.example", "hana@b.example",
                         "mailadmin@b.example", "postmaster@b.example", "tama@b.example",
                         "taro@b.example"]),
    # options and their values
    ("account list --s", ["--search", "--status", "--sort", "--settings"]),
    ("account list --status ", ["force-changed", "suspended", "full", "deleting"]),
    ("account list --status=f", ["force-changed", "full"]),
    ("account list --domain b", ["b.example"]),
    ("account list --sort last", ["last-login", "last-delivery"]),
    ("domain add c.example --plan ", ["open", "business-standard", "kwc", "sv-basic", "site"]),
    ("domain set --catch-all ha", ["hana@b.example"]),
    ("access set taro@b.example --imap ", ["on", "off"]),
    ("explain --login ax", ["ax_postmaster"]),
    ("explain --protocol s", ["submission"]),
    ("--json --yes receive on ha", ["hana@b.example"]),
    ("--dry", ["--dry-run"]),
    ("account password taro@b.example --password-stdin --gen", ["--generate"]),
])
def test_offered(filled, line, want):
    assert offered(filled, line) == want


def test_every_command_and_option_is_offered(filled, table):
    nouns = {command["noun"] for command in table["items"]}
    assert set(offered(filled, "")) == nouns
    for noun in nouns:
        verbs = {command["verb"] for command in table["items"] if command["noun"] == noun} - {None}
        if verbs:
            assert set(offered(filled, noun + " ")) == verbs
    everywhere = {"--" + option["name"] for option in table["global_options"]} - {"--version"}
    for command in table["items"]:
        words = " ".join(word for word in (command["noun"], command["verb"]) if word)
        want = {"--" + option["name"] for option in command["options"]} | everywhere
        assert set(offered(filled, words + " --")) == want, words


def test_words_of_options_are_the_programs(filled, table):
    """Each word of an option is taken by the program, and any other is not."""
    needed = {"explain": ["--login", "x"], "export": ["--domain", "b.example"]}
    looked_at = 0
    for command in table["items"]:
        for option in command["options"]:
            if command["noun"] == "setup" or not any(
                    letter.islower() for letter in option["value"] or ""):
                continue
            looked_at += 1
            words = [word for word in (command["noun"], command["verb"]) if word]
            arguments = {"NAME@DOMAIN": ["new@b.example", "--external-auth", "--capacity", "1G"],
                         "ACCOUNT": ["taro@b.example"], "DOMAIN": ["c.example"]
                         if command["verb"] == "add" else ["b.example"]}.get(command["arguments"], [])
            arguments = arguments + needed.get(words[-1], [])
            for value in [*option["value"].split("|"), "nonsense"]:
                result = filled.run("--dry-run", *words, *arguments, f"--{option['name']}", value)
                refused = result.returncode in (64, 65) and option["name"] in result.stderr
                assert refused == (value == "nonsense"), (words, option["name"], value, result)
    assert looked_at > 15


def test_nobody_is_asked_where_settings_cannot_be_read(filled):
    done = subprocess.run(["bash", "--norc", "-c", ASK, "bash", SCRIPT,
                           "boxkeeper --settings /nonexistent account show t",
                           BUILD / "boxkeeper"], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("\n", "")
