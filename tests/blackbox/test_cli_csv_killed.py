# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""account import and edit killed (SIGKILL) anywhere: all of the file or nothing; and two at once."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

import credentials
from csv_files import EDIT, PASSWORD, REGISTRATION, Files, new_rows, text_of
from killing import run_traced
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
        unfinished = bool(files.scratch.json("job", "list")["items"])
        # Killed after everything was done, the same file is one of accounts that are there.
        result = files.scratch.run("account", "import", path_for(number), "--domain", "a.example")
        assert result.returncode == (65 if known and not unfinished else 0), point + result.stderr
        assert (result.returncode == 65) == ("another command has completed it" in result.stderr)
        for name in names:
            row = credentials.read(files.scratch)[name]
            assert credentials.fits(PASSWORD, row.password_hash), point
        assert files.scratch.json("job", "list")["items"] == []
        credentials.check_settled(files.scratch)
        outcomes.add((bool(known), unfinished))
    assert outcomes >= {(False, False), (True, True)}, "before and after the settings' commit"


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


@pytest.mark.parametrize("changed, status", [
    ({}, 0), ({"mail_password": PASSWORD + "x"}, 65), ({"comment": "another"}, 65),
    ({"mail_capacity": "2"}, 65), ({"mail_account": "user77"}, 65)])
def test_the_same_file_again_completes_an_import(files, changed, status):
    rows = new_rows(range(3))
    run_killed(command(files, "import", write(files, "new.csv", REGISTRATION, rows)), "mkdir", 1)
    rows[1] = [changed.get(column, cell) for column, cell in zip(REGISTRATION, rows[1])]
    again = command(files, "import", write(files, "again.csv", REGISTRATION, rows))
    dry = files.scratch.run("--dry-run", *again[3:])
    assert dry.returncode == status, dry.stderr
    assert len(files.scratch.json("job", "list")["items"]) == 1, "a dry run changes nothing"
    result = files.scratch.run("--json", *again[3:])
    assert result.returncode == status, result.stderr
    assert ('"registered": 3' in result.stdout) == (status == 0)
    # Whatever the file says: what had begun is complete.
    assert files.names() == {"postmaster", "user00", "user01", "user02"}
    row = credentials.read(files.scratch)["user01@a.example"]
    assert credentials.fits(new_rows(range(3))[1][1], row.password_hash)
    assert files.scratch.json("job", "list")["items"] == []
    credentials.check_settled(files.scratch)


def test_a_helper_of_the_check_is_killed(files):
    """Somebody else looks up what it had in hand."""
    rows = new_rows(range(200))
    for i in (3, 64, 65, 128, 199):
        rows[i][1] = "Abcdefg1!"
    path = write(files, "many.csv", REGISTRATION, rows)
    words = ["--dry-run", *command(files, "import", path)[3:]]
    plain = files.scratch.run(*words)
    want = [line for line in plain.stderr.splitlines() if line.startswith("line ")]
    assert [int(line.split()[1].rstrip(":")) for line in want] == [5, 66, 67, 130, 201], plain.stderr
    # The helper of the first processor but one; on a machine with one there is none.
    done = run_traced(["-o", "/dev/null", "-e", "trace=prctl", "-e",
                       "inject=prctl:signal=KILL:when=1"],
                      [*command(files, "import", path)[:3], *words], check=False)
    got = [line for line in done.stderr.splitlines() if line.startswith("line ")]
    assert (done.returncode, got) == (65, want), done.stderr


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
