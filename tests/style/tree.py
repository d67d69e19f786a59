# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The source tree and the build tree, as the tests of this folder see them. No git is needed."""
import os
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BOXKEEPER_BUILD", TOP / "build")).resolve()

# Made by autogen.sh, configure and make.
GENERATED = {"build", "build-aux", "autom4te.cache", "m4", "__pycache__", "configure", "Makefile",
             "Makefile.in", "aclocal.m4", "boxkeeper-config.h", "boxkeeper-config.h.in",
             "config.log", "config.status", "libtool"}


def is_ours(name):
    return (name not in GENERATED and not name.startswith(("build-", "."))
            and not name.endswith(("~", ".pyc", ".orig", ".rej", ".gmo")))


def files(folder=".", endings=None):
    """All files of the project below a folder, as paths relative to its top."""
    found = []
    for where, folders, names in os.walk(TOP / folder):
        folders[:] = sorted(name for name in folders if is_ours(name))
        for name in sorted(names):
            path = pathlib.Path(where, name)
            if is_ours(name) and (endings is None or name.endswith(endings)):
                found.append(path.relative_to(TOP))
    assert found, f"nothing found in {folder}"
    return found


def c_files(*folders):
    return [path for folder in folders or ["src"] for path in files(folder, (".c", ".h"))]


def read(path):
    return (TOP / path).read_text(encoding="utf-8")


def code(path):
    """A C file without comments and with empty strings; lines keep their numbers."""
    def blank(match):
        text = match.group(0)
        if text.startswith("/"):
            return "\n" * text.count("\n")
        return text[0] + text[-1]

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank,
                  read(path), flags=re.DOTALL)


def includes(path):
    """What a C file includes: ("<", "stdio.h") or ('"', "rules/route.h")."""
    return re.findall(r'^#\s*include\s+([<"])([^>"]+)[>"]', read(path), flags=re.MULTILINE)


def objects(room):
    """The object files of a room in the build tree."""
    found = sorted((BUILD / "src" / room).rglob("*.o"))
    assert found, f"{BUILD}/src/{room} has no objects: build first"
    return found


def symbols(path, *options):
    """(kind, name) for each symbol that nm lists."""
    output = subprocess.run(["nm", *options, str(path)], check=True, capture_output=True,
                            text=True).stdout
    return [tuple(line.split()[-2:]) for line in output.splitlines() if len(line.split()) >= 2]


def none(offences):
    """One line for each offence; passes if there is none."""
    offences = [str(offence) for offence in offences]
    assert not offences, "\n".join(offences)
