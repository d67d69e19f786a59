# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""boxkeeper(1) and the program's own table of commands: neither has what the other lacks."""

import json
import re
import subprocess

import pytest

from scratch import BUILD, TOP

PAGE = (TOP / "doc" / "man" / "boxkeeper.1").read_text()


@pytest.fixture(scope="module")
def table():
    shown = subprocess.run([BUILD / "boxkeeper", "--help", "--json"], capture_output=True,
                           check=True).stdout
    return json.loads(shown)


def documented_commands():
    """(noun, verb) of each `.It Ic` line; "on | off" are two verbs."""
    for line in re.findall(r"^\.It Ic (.*)$", PAGE, flags=re.MULTILINE):
        noun, *rest = re.split(r" (?=Ar|Op|Oo|Fl)", line)[0].split()
        verbs = [word for word in rest if word != "|"]
        for verb in verbs or [None]:
            yield noun, verb


def sections():
    """Text of each subsection of COMMANDS."""
    return re.split(r"^\.S[sh] ", PAGE, flags=re.MULTILINE)


def options_in(text):
    return set(re.findall(r"\bFl \\-([a-z0-9-]+)", text))


def section_of(command):
    words = rf"^\.It Ic {command['noun']}\b"
    if command["verb"]:
        words += rf".*\b{command['verb']}\b"
    return next(text for text in sections() if re.search(words, text, flags=re.MULTILINE))


def test_every_command_is_documented_and_every_documented_one_exists(table):
    commands = {(command["noun"], command["verb"]) for command in table["items"]}
    documented = list(documented_commands())
    assert commands - set(documented) == set(), "not in the manual page"
    assert set(documented) - commands == set(), "only in the manual page"
    lines = re.findall(r"^\.It Ic .*$", PAGE, flags=re.MULTILINE)
    assert len(lines) == len(set(lines)), "documented twice"


def test_every_option_is_documented_with_its_command(table):
    missing = [f"{command['noun']} {command['verb'] or ''} --{option['name']}"
               for command in table["items"] for option in command["options"]
               if option["name"] not in options_in(section_of(command))]
    assert missing == []
    page_options = options_in(PAGE.split(".Sh COMMANDS")[0])
    assert {option["name"] for option in table["global_options"]} <= page_options


def test_every_documented_option_exists(table):
    everywhere = {option["name"] for option in table["global_options"]}
    for text in sections():
        if ".It Ic " not in text:
            continue
        here = {option["name"] for command in table["items"] if section_of(command) == text
                for option in command["options"]}
        assert options_in(text) - here - everywhere == set(), text.split("\n")[0]


def test_every_exit_status_is_documented():
    header = (TOP / "src" / "rules" / "error.h").read_text()
    kinds = set(re.findall(r"BK_ERROR_\w+ = (\d+)", header))
    status = PAGE.split(".Sh EXIT STATUS")[1].split(".Sh")[0]
    assert set(re.findall(r"^\.It (\d+)", status, flags=re.MULTILINE)) == kinds


def test_examples_use_real_commands(table):
    commands = {(command["noun"], command["verb"]) for command in table["items"]}
    options = {option["name"] for command in table["items"] for option in command["options"]}
    options |= {option["name"] for option in table["global_options"]}
    lines = re.findall(r"^boxkeeper (.*)$", PAGE.split(".Sh EXAMPLES")[1], flags=re.MULTILINE)
    assert lines
    for line in lines:
        words = [word for word in line.split() if not word.startswith("--")]
        assert (words[0], words[1]) in commands or (words[0], None) in commands, line
        for option in re.findall(r"--([a-z-]+)", line):
            assert option in options, line


def test_help_names_every_command_and_option(table):
    overview = subprocess.run([BUILD / "boxkeeper", "--help"], capture_output=True, text=True,
                              check=True).stdout
    for command in table["items"]:
        words = [word for word in (command["noun"], command["verb"]) if word]
        assert " ".join(words) in overview
        shown = subprocess.run([BUILD / "boxkeeper", *words, "--help"], capture_output=True,
                               text=True, check=True).stdout
        for option in command["options"]:
            assert f"--{option['name']}" in shown
