# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""account import and edit killed (SIGKILL) anywhere: all of the file or nothing; and two at once."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

import credentials
from csv_files import EDIT, PASSWORD, REGISTRATION, Files, new_rows, text_of
from operations import Records, kill_points, run_killed, start_traced
from scratch import BUILD, wait_for

WRITES = ["pwrite64", "write", "fsync", "fdatasync", "ftruncate", "unlink", "mkdir", "clone",
          "vfork", "clone3"]
POINTS_OF_EACH = 1000 if os.environ.get("BOXKEEPER_THOROUGH") == "1" else 6


@pytest.fixture
def files(scratch):
    scratch.cli("domain", "add", "a.example")
    return Files(scratch, "a.example")


def command(files, verb, path):
    return [BUILD / "boxkeeper", "--settings", files.scratch.settings, "account", verb, path,
            "--domain", "a.example"]


def write(files, name, header, rows):
    path = files.scratch.folder / name
    path.write_text(text_of(header, rows))
    return path


def each_kill(files, verb, path_for, prepare):
    """Yields (number, point) after each kill; the command of that number was killed."""
    prepare(0)
    points = kill_points(command(files, verb, path_for(0)), WRITES, POINTS_OF_EACH)
    assert len(points) >= 10, points
    for number, (name, call) in enumerate(points, 1):
        prepare(number)
        run_killed(command(files, verb, path_for(number)), name, call)
        yield number, f"killed at call {call} of {name}"


def finish(files):
    files.scratch.cli("job", "run")
    assert files.scratch.json("job", "list")["items"] == []
    credentials.check_settled(files.scratch)


def test_import(files):
    def path_for(number):
        return write(files, f"{number}.csv", REGISTRATION,
                     [[f"user{number}-{i}", PASSWORD, "", "1"] for i in range(3)])

    outcomes = set()
    for number, point in each_kill(files, "import", path_for, lambda _: None):
        credentials.check_invariants(files.scratch)
        names = {f"user{number}-{i}@a.example" for i in range(3)}
        rows = credentials.read(files.scratch)
        assert len({rows[name].locked if name in rows else True for name in names}) == 1, point
        known = names & set(credentials.accounts(files.scratch))
        assert known in (set(), names), point
        if known:
            finish(files)
            for name in names:
                row = credentials.read(files.scratch)[name]
                assert credentials.fits(PASSWORD, row.password_hash), point
        else:
            result = files.scratch.run("account", "import", path_for(number), "--domain",
                                       "a.example")
            assert result.returncode == 0, point + result.stderr
            credentials.check_settled(files.scratch)
        outcomes.add(bool(known))
    assert outcomes == {False, True}, "points before and after the settings' commit"


def test_edit(files):
    """Odd and even numbers have passwords and capacities of their own."""
    files.done(files.register(new_rows(range(3))))

    def password(number, i):
        return f"{PASSWORD}{i}{'odd' if number % 2 else 'even'}"

    def path_for(number):
        return write(files, f"{number}.csv", EDIT,
                     [[f"user{i:02}", password(number, i), str(7 + number % 2)] for i in range(3)])

    def state(number):
        """How many passwords and capacities are those of the number."""
        rows = credentials.read(files.scratch)
        known = credentials.accounts(files.scratch)
        hashes = [rows[f"user{i:02}@a.example"].password_hash for i in range(3)]
        return (sum(credentials.fits(password(number, i), hashes[i]) for i in range(3)),
                sum(known[f"user{i:02}@a.example"]["capacity_bytes"] == (7 + number % 2) * 1024**3
                    for i in range(3)))

    def prepare(number):
        files.scratch.cli("account", "edit", path_for(number + 1), "--domain", "a.example")

    outcomes = set()
    for number, point in each_kill(files, "edit", path_for, prepare):
        credentials.check_invariants(files.scratch)
        assert all(count in (0, 3) for count in state(number)), point
        finish(files)
        assert state(number) in ((0, 0), (3, 3)), point
        outcomes.add(state(number))
    assert outcomes == {(0, 0), (3, 3)}, "points before and after the settings' commit"
    # What the killed ones left goes with the next edit.
    prepare(0)
    with closing(Records(files.scratch).credentials()) as database:
        assert database.execute("SELECT count(*) FROM staged_passwords").fetchone() == (0,)


def test_next_command_completes_an_import(files):
    path = write(files, "new.csv", REGISTRATION, new_rows(range(3)))
    run_killed(command(files, "import", path), "mkdir", 1)
    rows = credentials.read(files.scratch)
    assert all(rows[f"user{i:02}@a.example"].locked for i in range(3))
    (job,) = files.scratch.json("job", "list")["items"]
    assert (job["kind"], job["address"]) == ("register-accounts", "a.example")
    result = files.scratch.run("receive", "on", "postmaster@a.example")
    assert result.returncode == 0 and "complete now" in result.stderr
    assert files.scratch.json("job", "list")["items"] == []
    credentials.check_settled(files.scratch)


def test_the_same_file_twice_at_once(files):
    path = write(files, "new.csv", REGISTRATION, new_rows(range(5)))
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: files.scratch.run("account", "import", path, "--domain",
                                                            "a.example"), range(4)))
    assert sorted(result.returncode for result in results) == [0, 65, 65, 65]
    assert not any("database is locked" in result.stderr for result in results)
    credentials.check_settled(files.scratch)


def test_different_files_and_commands_at_once(files):
    paths = [write(files, f"{n}.csv", REGISTRATION, new_rows(range(10 * n, 10 * n + 5)))
             for n in range(3)]
    files.done(files.register(new_rows(range(90, 95))))
    edits = [write(files, "edit1.csv", EDIT, [[f"user{n}", PASSWORD + "x", ""] for n in range(90, 95)]),
             write(files, "edit2.csv", EDIT, [[f"user{n}", "", "9"] for n in range(90, 95)]),
             write(files, "edit3.csv", EDIT, [[f"user{n}", PASSWORD + "y", ""] for n in range(90, 95)])]
    commands = [["account", "import", path, "--domain", "a.example"] for path in paths]
    commands += [["account", "edit", path, "--domain", "a.example"] for path in edits]
    commands += [["account", "set", "user90@a.example", "--comment", "kept"]]
    with ThreadPoolExecutor(len(commands)) as pool:
        results = list(pool.map(lambda words: files.scratch.run(*words), commands))
    assert [result.returncode for result in results] == [0] * len(commands), results
    shown = files.scratch.json("account", "show", "user90@a.example")
    assert (shown["comment"], shown["capacity_bytes"]) == ("kept", 9 * 1024**3)
    rows = credentials.read(files.scratch)
    hashes = [rows[f"user{n}@a.example"].password_hash for n in range(90, 95)]
    assert [sum(credentials.fits(PASSWORD + end, one) for one in hashes) for end in "xy"] in (
        [5, 0], [0, 5])
    credentials.check_settled(files.scratch)
    assert files.scratch.json("job", "list")["items"] == []


def test_hashing_keeps_nobody_waiting(files):
    """An import is held up while it hashes; an account that comes meanwhile is seen."""
    path = write(files, "new.csv", REGISTRATION, new_rows(range(3)))
    trace = files.scratch.folder / "trace"
    slow = start_traced(["-o", trace, "-e", "trace=clone3,clone", "-e",
                         "inject=clone3,clone:delay_exit=1500000:when=1"],
                        command(files, "import", path))
    wait_for(lambda: trace.exists() and "clone" in trace.read_text(), "the first thread")
    fast = files.scratch.run("account", "create", "user01@a.example", "--external-auth")
    assert (fast.returncode, slow.wait()) == (0, 65)
    assert files.names() == {"postmaster", "user01"}
    credentials.check_settled(files.scratch)
