# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The layers of the house: rules (pure) <- store (SQL) <- the three programs."""
import pathlib
import re
import subprocess

import pytest
import tree

# What a room may include of the others; of itself always.
ROOMS = {
    "rules": set(),
    "store": {"rules"},
    "policy-daemon": {"rules", "store"},
    "dovecot-plugin": {"rules", "store"},
    "admin": {"rules", "store"},
}

# All that the pure room may take from the C library: memory and text. No file, no clock, no
# locale, no environment, no random numbers.
PURE_HEADERS = {"inttypes.h", "obstack.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h",
                "stdio.h", "stdlib.h", "string.h"}
PURE_SYMBOLS = {
    "free", "malloc", "memchr", "memcmp", "memcpy", "memmove", "memset", "snprintf", "strchr",
    "strcmp", "strcspn", "strlen", "strncmp", "strpbrk", "strrchr", "strspn", "strstr", "strtok_r", "strtoll",
    "vsnprintf", "obstack_alloc_failed_handler", "_obstack_begin", "_obstack_newchunk",
    # other names of the same: obstack_free(), strtoll(); and what the compiler adds
    "_obstack_free", "obstack_free", "__isoc23_strtoll", "_GLOBAL_OFFSET_TABLE_",
    "__stack_chk_fail",
}
FORTIFIED = re.compile(r"^__(\w+)_chk$")


def room_of(path):
    return path.parts[1]


def test_every_room_is_known():
    assert {room_of(path) for path in tree.c_files()} == set(ROOMS)


def test_rooms_include_only_rooms_below():
    tree.none(f"{path}: {name}" for path in tree.c_files() for _, name in tree.includes(path)
              if name.split("/")[0] in set(ROOMS) - ROOMS[room_of(path)] - {room_of(path)})


def test_rules_include_nothing_that_acts():
    tree.none(f"{path}: {name}" for path in tree.c_files("src/rules")
              for mark, name in tree.includes(path)
              if not (mark == '"' and name.startswith("rules/")) and name not in PURE_HEADERS)


def test_rules_call_nothing_that_acts():
    own = {name for path in tree.objects("rules")
           for _, name in tree.symbols(path, "-g", "--defined-only")}
    assert "bk_route_resolve" in own
    tree.none(f"{path.name}: {name}" for path in tree.objects("rules")
              for _, name in tree.symbols(path, "-u")
              if name not in own and FORTIFIED.sub(r"\1", name) not in PURE_SYMBOLS)


def test_only_store_knows_sqlite():
    users = {room_of(path) for path in tree.c_files()
             if any("sqlite" in name for _, name in tree.includes(path))}
    assert users == {"store"}
    tree.none(f"{path}: {name}" for room in set(ROOMS) - {"store"} for path in tree.objects(room)
              for _, name in tree.symbols(path, "-u") if name.startswith("sqlite3_"))


def test_only_the_plugin_includes_dovecot():
    found = subprocess.run(["find", "/usr/include/dovecot", "-name", "*.h"], capture_output=True,
                           text=True, check=False).stdout.split()
    dovecot = {pathlib.Path(name).name for name in found} | {"lib.h", "mail-storage.h"}
    tree.none(f"{path}: {name}" for path in tree.c_files("src", "tests")
              if room_of(path) != "dovecot-plugin" for _, name in tree.includes(path)
              if name.startswith("dovecot") or name == "lib.h" or
              (name in dovecot and not (tree.TOP / path.parent / name).exists() and
               not pathlib.Path("/usr/include", name).exists()))


def test_no_rule_asks_for_a_plan_by_its_name():
    tree.none(path for path in tree.c_files()
              if re.search(r"str\w*cmp\([^;]*plan(->|\.)name\b", tree.code(path))
              and room_of(path) in ("rules", "policy-daemon", "dovecot-plugin"))


def test_headers_stand_alone():
    """Each of the common rooms includes what it needs; twice does no harm."""
    offences = []
    for path in tree.files("src/rules", (".h",)) + tree.files("src/store", (".h",)):
        source = f'#include "{path.relative_to("src")}"\n' * 2
        run = subprocess.run(["cc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
                              "-fsyntax-only", f"-I{tree.TOP}/src", f"-I{tree.BUILD}/src", "-xc",
                              "-"], input=source, text=True, capture_output=True, check=False)
        if run.returncode != 0:
            offences.append(f"{path}: {run.stderr}")
    tree.none(offences)


def test_versions_of_dovecot_differ_in_one_place_only():
    """dovecot-compat.h, and the file beside it that configure takes for 2.4."""
    compat = pathlib.Path("src/dovecot-plugin/dovecot-compat.h")
    version = re.compile(r"DOVECOT_(VERSION|PREREQ)|PIGEONHOLE_VERSION|BK_DOVECOT_SERIES\s*[=<>!]")
    assert version.search(tree.code(compat))
    tree.none(path for path in tree.c_files() if path != compat and version.search(tree.code(path)))
    tree.none(f"{path}: #{directive}" for path in tree.c_files("src/dovecot-plugin")
              if path.name != compat.name
              for directive in re.findall(r"^#\s*((?:el)?if\b.*|if(?:n?def) (?!\w+_H$).*)$",
                                          tree.code(path), flags=re.MULTILINE))
    assert sorted(path.name for path in tree.c_files("src/dovecot-plugin")
                  if path.name.startswith("dovecot-")) == ["dovecot-compat.c", "dovecot-compat.h"]


# ---- symbols ----

def test_global_symbols_have_our_prefix():
    ours = ("bk_", "boxkeeper_", "doveadm_boxkeeper_plugin_")
    tree.none(f"{path}: {name}" for room in ROOMS for path in tree.objects(room)
              for _, name in tree.symbols(path, "-g", "--defined-only")
              if not name.startswith(ours if room == "dovecot-plugin" else "bk_")
              and name != "main")


MODULES = [("lib95_boxkeeper_plugin", "plugin.sym"),
           ("lib95_doveadm_boxkeeper_plugin", "doveadm.sym")]
# For Dovecot 2.4 only.
if (tree.BUILD / ".libs/libboxkeeper_settings.so").exists():
    MODULES.append(("libboxkeeper_settings", "settings.sym"))


@pytest.mark.parametrize("module,listed", MODULES)
def test_modules_export_what_is_listed(module, listed):
    """Dovecot loads modules RTLD_GLOBAL: a stray symbol would replace somebody else's."""
    exported = {name for _, name in tree.symbols(tree.BUILD / ".libs" / f"{module}.so", "-D",
                                                 "--defined-only")}
    assert exported == set(tree.read(f"src/dovecot-plugin/{listed}").split())
    tree.none(name for name in exported
              if not name.startswith(("boxkeeper_", "doveadm_boxkeeper_")))


LDA_ONLY = {"mail_deliver_hook_set", "mail_deliver_log", "mail_deliver_save"}


@pytest.mark.parametrize("module,_", MODULES)
def test_what_only_lda_and_lmtp_have_is_weak(module, _):
    """Modules are loaded RTLD_NOW: imap and pop3 would not start otherwise."""
    tree.none(name for kind, name in tree.symbols(tree.BUILD / ".libs" / f"{module}.so", "-D",
                                                  "-u") if name in LDA_ONLY and kind != "w")
