# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""How files are written."""
import ast
import platform
import re
import shutil
import subprocess

import pytest
import tree

# What has no room for comments, or belongs to somebody.
WITHOUT_LICENCE = re.compile(r"^(COPYING|README|NEWS)$|\.(md|svg|sym|json|csv|eml|ref|in|txt)$|/data/")


def test_licence_stands_at_the_top():
    lines = ("SPDX-FileCopyrightText: Boxkeeper authors", "SPDX-License-Identifier: MIT")
    tree.none(path for path in tree.files() if not WITHOUT_LICENCE.search(str(path))
              and not all(line in tree.read(path)[:400] for line in lines))


def lines_of(*endings):
    for path in tree.files(endings=endings or None):
        for number, line in enumerate(tree.read(path).split("\n"), 1):
            yield f"{path}:{number}", line


def test_lines_have_no_blanks_at_the_end():
    tree.none(place for place, line in lines_of() if line != line.rstrip())


def test_files_end_with_a_line():
    tree.none(path for path in tree.files()
              if tree.read(path) and not re.search(r"[^\n]\n\Z", tree.read(path)))


def test_code_has_no_tabs_and_no_long_lines():
    """100 columns; where no clang-format breaks lines by itself, a few more do no harm."""
    tree.none(place for endings, columns in (((".c", ".h"), 100), ((".py", ".sql"), 110))
              for place, line in lines_of(*endings) if "\t" in line or len(line) > columns)


FORBIDDEN = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atoll|tmpnam|mktemp|"
                       r"strtok|gmtime|localtime|asctime|ctime|rand|srand|system|popen|alloca)"
                       r"\s*\(")


def test_no_dangerous_functions():
    tree.none(f"{path}: {match.group(0)}" for path in tree.c_files()
              for match in FORBIDDEN.finditer(tree.code(path)))


def test_headers_open_with_an_essay_and_are_guarded():
    top = re.compile(r"/\* SPDX[^\n]*\n/\* SPDX[^\n]*\n/\*.*?\*/\n(//[^\n]*\n)*"
                     r"#ifndef (\w+_H)\n#define \2\n", flags=re.DOTALL)
    tree.none(path for path in tree.files("src", (".h",)) if not top.match(tree.read(path)))


def unexplained(path):
    """Prototypes with neither a comment of their own nor one above them in the same paragraph."""
    for paragraph in tree.read(path).split("\n\n"):
        explained = False
        for line in paragraph.split("\n"):
            if line.startswith("/*") and not line.startswith("/* ----"):
                explained = True
            elif re.match(r"^[a-z][\w ]*[ *]+bk_\w+\(", line) and not explained:
                yield f"{path}: {line}"


def test_public_prototypes_are_explained():
    tree.none(offence for path in tree.files("src/rules", (".h",)) for offence in unexplained(path))


def test_layout_is_clang_formats():
    """Each version has a layout of its own, so one alone is asked; only Debian 12 has it."""
    tool = shutil.which("clang-format-14")
    if tool is None and platform.freedesktop_os_release()["VERSION_ID"] != "12":
        pytest.skip("the layout of C files is looked at on Debian 12 only: no clang-format-14 here")
    assert tool, "clang-format-14 is missing: sh dev/deps"
    run = subprocess.run([tool, "--dry-run", "-Werror", *map(str, tree.c_files("src", "tests"))],
                         cwd=tree.TOP, capture_output=True, text=True, check=False)
    tree.none(line for line in run.stderr.splitlines() if "error:" in line)


SLEEP = re.compile(r"\b(usleep|nanosleep|sleep)\s*\(|^\s*sleep [0-9]", flags=re.MULTILINE)


def without_waiting(path):
    """The text of a test without its functions wait…(): they look, pause, and look again."""
    lines = tree.read(path).split("\n")
    if path.suffix == ".py":
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("wait"):
                lines[node.lineno - 1:node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return "\n".join(lines)


def test_tests_do_not_sleep():
    tree.none(f"{path}: {match.group(0)}: wait for the condition"
              for path in tree.files("tests", (".c", ".h", ".py", ".sh"))
              if path.parts[1] != "style" for match in SLEEP.finditer(without_waiting(path)))


def test_makefiles_know_every_file():
    known = "\n".join(tree.read(path) for path in tree.files("src", (".mk",)) +
                      tree.files("tests", (".mk",)))
    by_default = set(re.findall(r"^check_PROGRAMS \+= (.*)$", known, flags=re.MULTILINE))
    programs = {name for line in by_default for name in line.split()}
    tree.none(path for path in tree.c_files("src", "tests")
              if not re.search(rf"\b{re.escape(str(path))}(\s|$)", known)
              and str(path.with_suffix("")) not in programs)


def test_every_rule_has_a_unit_test():
    """One program a module; these are tested through their neighbours."""
    neighbours = {"account", "arena", "ascii", "error", "plan"}
    modules = {path.stem for path in tree.files("src/rules", (".c",))} - neighbours
    tests = {path.stem for path in tree.files("tests/unit", (".c",))}
    tree.none(module for module in modules if f"test_{module}" not in tests)


def test_manual_pages_are_clean():
    tool = shutil.which("mandoc")
    assert tool, "mandoc is missing: sh dev/deps"
    pages = [str(path) for path in tree.files("doc/man") if re.search(r"\.[1-8]$", path.name)]
    run = subprocess.run([tool, "-T", "lint", "-W", "warning", *pages], cwd=tree.TOP,
                         capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def shell_scripts():
    return [path for path in tree.files() if path.suffix == ".sh"
            or re.match(rb"#! ?/bin/sh", (tree.TOP / path).read_bytes())]


def test_shell_scripts_can_be_read():
    for path in shell_scripts():
        subprocess.run(["sh", "-n", str(tree.TOP / path)], check=True)


def test_processes_are_ended_by_number():
    scripts = shell_scripts() + tree.files(endings=(".py",))
    tree.none(path for path in scripts if not str(path).startswith("tests/style/")
              and re.search(r"\b(pkill|killall)\b", tree.read(path)))
