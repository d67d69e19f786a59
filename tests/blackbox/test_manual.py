# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""boxkeeper(1) and the program's own table of commands: neither has what the other lacks."""

import json
import os
import re
import shlex
import subprocess

import pytest

from csv_files import PASSWORD
from fake_doveadm import doveadm  # noqa: F401 (a fixture)
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


def examples():
    """Lines of a shell."""
    blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", PAGE.split(".Sh EXAMPLES")[1],
                        flags=re.MULTILINE | re.DOTALL)
    return "".join(blocks).splitlines()


def command_of(line, table):
    """The command of the table that a line runs, and its options."""
    words = shlex.split(line[line.index("boxkeeper "):])[1:]
    options = {word[2:] for word in words if word.startswith("--")}
    noun, verb, *_ = [word for word in words if not word.startswith("--")] + [None]
    for command in table["items"]:
        if command["noun"] == noun and command["verb"] in (verb, None):
            return command, options
    raise AssertionError(line)


def test_every_command_has_an_example(table):
    commands = {(command["noun"], command["verb"]) for command in table["items"]}
    shown = set()
    for line in examples():
        command, options = command_of(line, table)
        shown.add((command["noun"], command["verb"]))
        known = {option["name"] for option in command["options"] + table["global_options"]}
        assert options - known == set(), line
    assert commands - shown == set()


def test_examples_work(scratch, doveadm, table):
    """One after the other, as one session of a shell, without the two servers of a machine."""
    doveadm.answer([])
    program = scratch.folder / "bin" / "boxkeeper"
    program.write_text(
        f'#!/bin/sh\nexec {BUILD}/boxkeeper --settings {scratch.settings} "$@"\n')
    program.chmod(0o755)
    environment = os.environ | {"PATH": f"{program.parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                                "password": PASSWORD}
    # What needs a Dovecot says so, and goes on later.
    later = {("check", None): (78,), ("account", "erase-mail"): (75,), ("job", "run"): (75,)}
    logged = scratch.json("log")["items"]
    for line in examples():
        command, options = command_of(line, table)
        line = re.sub(r" --apply.*", "", line).replace("/var/backups", str(scratch.folder))
        done = subprocess.run(["sh", "-ec", line], cwd=scratch.folder, env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                              check=False)
        want = later.get((command["noun"], command["verb"]), (0,))
        assert done.returncode in want, f"{line}: {done.returncode} {done.stderr}"
        # Every change is in the audit log, and nothing else.
        before, logged = logged, scratch.json("log")["items"]
        changes = (command["changes"] and "dry-run" not in options
                   and command["noun"] not in ("job", "restore"))
        assert (len(logged) > len(before)) == changes or "edit.csv" in line, (line, logged[-1])
        if "sample registration" in line:
            sample = scratch.folder / "mail-accounts-sample.csv"
            rows = sample.read_text(encoding="utf-8-sig").splitlines()
            cells = [row.split(",") for row in rows]
            sample.write_text("\n".join(",".join([row[0], f"{PASSWORD}{n}" if n else row[1],
                                                  *row[2:]]) for n, row in enumerate(cells)) + "\n")
    assert PASSWORD not in str(logged) and "$y$" not in str(logged)


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


# ---- boxkeeper-plans(5) ----

PLANS = (TOP / "doc" / "man" / "boxkeeper-plans.5").read_text()


def documented_fields():
    """Field -> what stands in parentheses behind it."""
    return {name: kind for names, kind in re.findall(r"^\.It Va (.*) Pq (.*)$", PLANS, re.MULTILINE)
            for name in names.split(" , ")}


def table_of_plans():
    """Plan -> field -> value, as `plan set` takes it."""
    text = re.search(r"^\.TS\n.*?\.\n(.*?)^\.TE", PLANS, re.MULTILINE | re.DOTALL)[1]
    text = re.sub(r"T\{\n(.*?)\nT\}", r"\1", text.replace("\\&", ""))
    (_, *plans), *rows = [line.split("\t") for line in text.splitlines()]
    plans = [plan for plan in plans if plan]
    return {plan: {field: cells[i].replace(", ", ",") for field, *cells in rows}
            for i, plan in enumerate(plans)}


def test_every_field_of_a_plan_is_documented(scratch):
    documented = documented_fields()
    assert set(documented) == set(scratch.json("plan", "show", "open")) - {"plan"}
    kinds = [("neither on nor off", "switch"), ("not a size", "size"), ("not a duration", "duration"),
             ("not a line", "text"), ("not a whole number", "number"), ("none of its words", "word")]
    for field, kind in documented.items():
        result = scratch.run("plan", "set", "open", f"{field}=\x01")
        assert result.returncode == 65
        assert any(error in result.stderr and word in kind for error, word in kinds), result.stderr
        limits = re.search(r"(?:none of its words|in its range): (.*)$", result.stderr.strip())
        if limits:
            assert kind.split(" : ")[1] == limits[1], field


def test_built_in_plans_are_documented(scratch):
    plans = table_of_plans()
    plans["business-standard"] = plans["kwc"]
    assert set(plans) == {plan["plan"] for plan in scratch.json("plan", "list")["items"]}
    for plan, fields in plans.items():
        # From the plan that is the least like it.
        scratch.cli("plan", "add", "mine-" + plan, "--from", "open" if plan == "site" else "site")
        scratch.cli("plan", "set", "mine-" + plan, *[f"{field}={text}"
                                                    for field, text in fields.items()])
        made = scratch.json("plan", "show", "mine-" + plan)
        assert made | {"plan": plan} == scratch.json("plan", "show", plan)


def test_examples_of_plans_work(scratch):
    scratch.cli("domain", "add", "example.com", "--plan", "site")
    for line in re.findall(r"^boxkeeper (.*)$", PLANS, re.MULTILINE):
        scratch.cli(*line.split())
    assert scratch.json("domain", "show", "example.com")["plan"] == "small"
