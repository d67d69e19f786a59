# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""boxkeeperd against an echo server on the same kind of socket, and against other policy services.

1,000,000 accounts are asked evenly, each once before, while settings.db and state.db get 10 commits
a second each.
"""

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from lib import accounts, measure, others

CONNECTIONS = (1, 8, 50, 200)
COMMITS_PER_SECOND = 10
GROWTH = (1000, 10_000, 100_000, 1_000_000)


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def resident_mib(pid):
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))


class Load:
    """The load generator, asking about `count` accounts."""

    def __init__(self, count, seconds):
        self.count, self.seconds = count, seconds

    def run(self, path, kind, connections, answer="-", seconds=None, pid=None):
        seconds = self.seconds if seconds is None else seconds
        before = cpu_seconds(pid) if pid else 0
        output = subprocess.run(
            [measure.program("load"), path, kind, str(connections), str(seconds), str(self.count),
             str(accounts.domains_of(self.count)), answer],
            check=True, stdout=subprocess.PIPE,
        ).stdout
        run = json.loads(output)
        if run["wrong"] > 0:
            raise RuntimeError(f"{run['wrong']} answers of {path} are not {answer}")
        run["requests_per_second"] = measure.significant(run["requests"] / run["seconds"])
        if pid and seconds:  # nine tenths of the time are counted
            used = (cpu_seconds(pid) - before) * 0.9 / max(run["requests"], 1)
            run["cpu_us"] = measure.significant(used * 1e6, 3)
        return run


@contextlib.contextmanager
def boxkeeperd(folder, *options):
    """Serving the accounts in `folder`, from sockets in a folder of its own."""
    sockets = measure.folder()
    command = [measure.BUILD / "boxkeeperd", "--settings", folder / "settings" / "settings.db",
               "--socket-directory", sockets / "s", "--log-stderr", *options]
    try:
        with others.serving(command, sockets / "s" / "map") as process:
            yield sockets / "s", process.pid
    finally:
        shutil.rmtree(sockets)


@contextlib.contextmanager
def echo():
    folder = measure.folder()
    try:
        with others.serving([measure.program("echo"), folder / "e"], folder / "e"):
            yield folder / "e"
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def writer(folder, count):
    process = subprocess.Popen([sys.executable, "-B", Path(__file__).parent / "lib" / "writer.py",
                                folder, str(count), str(COMMITS_PER_SECOND)])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


ANSWERS = {"policy": "DUNNO", "map": "OK"}
FIGURES = {"policy": "policy", "map": "socketmap"}


def pair(load, echo_path, sockets, pid, kind, connections):
    """Echo server and daemon one after the other."""
    baseline = load.run(echo_path, kind, connections)
    run = load.run(sockets / kind, kind, connections, ANSWERS[kind], pid=pid)
    return {
        "requests_ratio": measure.significant(
            run["requests_per_second"] / baseline["requests_per_second"]),
        "p99_ratio": measure.significant(run["p99_us"] / baseline["p99_us"]),
        "boxkeeperd": run,
        "echo": baseline,
    }


def put(result, path, runs):
    for name in ("requests_ratio", "p99_ratio"):
        result.put(f"{path}.{name}", [run[name] for run in runs])
    result.runs(path, runs)


def row(name, runs):
    return (
        name,
        measure.with_spread([run["boxkeeperd"]["requests_per_second"] for run in runs]),
        measure.with_spread([run["requests_ratio"] for run in runs], measure.ratio),
        measure.with_spread([run["boxkeeperd"]["p99_us"] / 1000 for run in runs]),
        measure.with_spread([run["p99_ratio"] for run in runs], measure.ratio),
        measure.with_spread([run["boxkeeperd"]["cpu_us"] for run in runs]),
    )


COLUMNS = ("", "requests/s", "of the echo server's", "p99, ms", "of the echo server's", "CPU, µs each")


def against_echo(result, folder, load, connections, rounds):
    """The main tables; and the same without the cache, at 50 connections."""
    found = {}
    with contextlib.ExitStack() as stack:
        echo_path = stack.enter_context(echo())
        sockets, pid = stack.enter_context(boxkeeperd(folder))
        bare_sockets, bare_pid = stack.enter_context(boxkeeperd(folder, "--cache", "0"))
        empty_mib = resident_mib(pid)
        stack.enter_context(writer(folder, load.count))
        measure.progress("asking about every account once")
        load.run(sockets / "policy", "policy", 8, "DUNNO", seconds=0)
        for round_number in range(rounds):
            measure.progress(f"round {round_number + 1} of {rounds}")
            for kind in ANSWERS:
                for number in connections:
                    found.setdefault((kind, number), []).append(
                        pair(load, echo_path, sockets, pid, kind, number))
                found.setdefault((kind, "no cache"), []).append(
                    pair(load, echo_path, bare_sockets, bare_pid, kind, 50))
        memory = {"empty_mib": empty_mib, "resident_mib": resident_mib(pid),
                  "without_cache_mib": resident_mib(bare_pid)}
    for kind, figure in FIGURES.items():
        for number in connections:
            put(result, f"{figure}.c{number}", found[kind, number])
        put(result, f"{figure}.without_cache", found[kind, "no cache"])
        result.table(
            f"{figure.capitalize()} answers, {load.count:,} accounts, by connections", COLUMNS,
            [row(str(number), found[kind, number]) for number in connections]
            + [row("50, without the cache", found[kind, "no cache"])])
    result.figures["memory"] = memory
    result.table(
        "Memory of boxkeeperd, MiB", ("at its start", f"after {load.count:,} accounts", "without the cache"),
        [[str(memory[name]) for name in ("empty_mib", "resident_mib", "without_cache_mib")]])


def by_accounts(result, sizes, seconds):
    """One connection, one daemon for each number of accounts: time by their number."""
    points = {}
    for count in sizes:
        folder, load = accounts.kept(count), Load(count, seconds)
        with boxkeeperd(folder) as (sockets, pid), writer(folder, count):
            for kind in ANSWERS:
                load.run(sockets / kind, kind, 1, ANSWERS[kind], seconds=0 if count <= 100_000 else 1)
                run = load.run(sockets / kind, kind, 1, ANSWERS[kind], pid=pid)
                points.setdefault(kind, []).append((count, run["p50_us"]))
    result.curve("policy-accounts", "boxkeeperd: time of one answer by accounts", "accounts",
                 "microseconds (median)",
                 {FIGURES[kind]: line for kind, line in points.items()})
    result.figures.setdefault("policy", {})["by_accounts"] = points["policy"]
    result.figures.setdefault("socketmap", {})["by_accounts"] = points["map"]


def against_others(result, load, folder, rounds):
    """The same questions to what else is installed; each gets its own time, 50 connections."""
    rows, figures = [], {}
    installed = others.installed()
    with boxkeeperd(folder) as (sockets, _):
        for name, context in installed.items():
            runs = []
            for _ in range(rounds):
                place = measure.folder()
                # Started for each round: policyd-rate-limit does not outlive many connections.
                with context(place) as path:
                    runs.append({"boxkeeperd": load.run(sockets / "policy", "policy", 50, "DUNNO"),
                                 name: load.run(path, "policy", 50)})
                shutil.rmtree(place, ignore_errors=True)
            speeds = [run[name]["requests_per_second"] for run in runs]
            times = [run["boxkeeperd"]["requests_per_second"] / max(run[name]["requests_per_second"], 1)
                     for run in runs]
            figures[name] = {"runs": runs}
            result.put(f"others.{name}.times", times)
            rows.append((name, measure.with_spread(speeds),
                         measure.with_spread([run[name]["p99_us"] / 1000 for run in runs]),
                         measure.with_spread(times)))
    rows += [(name, "not installed", "", "") for name in others.SERVICES if name not in installed]
    for name, figure in figures.items():
        result.runs(f"others.{name}", figure["runs"])
    result.table("Other policy services, 50 connections",
                 ("", "requests/s", "p99, ms", "boxkeeperd is faster, times"), rows)


def part(result, quick):
    count = 1000 if quick else 1_000_000
    folder = accounts.kept(count)
    load = Load(count, 0.3 if quick else 3)
    against_echo(result, folder, load, CONNECTIONS, 1 if quick else 5)
    by_accounts(result, GROWTH[:1] if quick else GROWTH, 0.2 if quick else 2)
    if not quick:
        against_others(result, Load(count, 4), folder, 3)


if __name__ == "__main__":
    measure.main(part)
