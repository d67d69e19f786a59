# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""What the parts of dev/bench share.

A part is a script dev/bench.d/PART.py, run as `PART.py --json FILE [--quick]`:

    from lib import measure

    def part(result, quick):
        runs = [...]                                   # dicts, one a run
        result.put("delivery.ratio", [run["ratio"] for run in runs])
        result.runs("delivery", runs)                  # "delivery": {"runs": [...]}
        result.table("Deliveries", ("", "plugin", "without"), [("LMTP", "812/s", "850/s")])
        result.curve("delivery-folders", "Deliveries by folders", "folders", "ms", {"plugin": points})

    measure.main(part)

A figure is the median of its runs; beside it stands NAME_spread, [least, most]. Two things are
compared pair by pair, A B A B …, never all A and then all B: the speed of a machine drifts, the
ratio of neighbours stays.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("BOXKEEPER_BUILD", TOP / "build")).resolve()
CACHE = Path(os.environ.get("BOXKEEPER_BENCH_CACHE", "/var/tmp/boxkeeper-bench"))


class Result:
    """The nested object of one part."""

    def __init__(self):
        self.figures = {}

    def _node(self, names):
        node = self.figures
        for name in names:
            node = node.setdefault(name, {})
        return node

    def put(self, path, values):
        """The median of `values`, which it returns, and their spread."""
        *above, name = path.split(".")
        node = self._node(above)
        node[name] = significant(statistics.median(values))
        node[name + "_spread"] = [significant(min(values)), significant(max(values))]
        return node[name]

    def runs(self, path, runs):
        """The raw runs behind the figures at `path`."""
        self._node(path.split("."))["runs"] = runs

    def table(self, title, columns, rows):
        """For the reader: what the part thinks of its figures. Cells are texts."""
        self.figures.setdefault("tables", []).append(
            {"title": title, "columns": list(columns), "rows": [list(row) for row in rows]}
        )

    def curve(self, name, title, x, y, series):
        """A growth curve, both axes logarithmic: {label: [(x, y), …]}. `name` is its file's."""
        self.figures.setdefault("curves", []).append(
            {"name": name, "title": title, "x": x, "y": y,
             "series": {label: [list(point) for point in points]
                        for label, points in series.items()}}
        )


def significant(number, digits=4):
    """Rounded for people and for JSON."""
    return float(f"{number:.{digits}g}") if isinstance(number, float) else number


def number(value):
    """1234567 as "1,235,000": three or four digits are all that repeats."""
    rounded = significant(float(value), 3 if value < 1000 else 4)
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:g}"


def with_spread(values, text=number):
    """ "0.61 (0.58-0.65)" """
    if len(values) == 1:
        return text(values[0])
    return f"{text(statistics.median(values))} ({text(min(values))}-{text(max(values))})"


def ratio(value):
    return f"{value:.2f}" if value < 10 else number(value)


def program(name):
    """dev/bench.d/NAME.c, compiled."""
    source = TOP / "dev" / "bench.d" / f"{name}.c"
    binary = CACHE / "bin" / name
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        binary.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-o", binary, source],
                       check=True)
    return binary


def folder():
    """A new folder that everybody can search; the caller removes it. Its name is short: paths of
    sockets have at most 107 bytes."""
    path = Path(tempfile.mkdtemp(prefix="bkb-", dir="/tmp"))
    path.chmod(0o755)
    return path


def cached(name, make):
    """The folder CACHE/name, made by make(folder) if it is not there whole."""
    path = CACHE / name
    whole = path / "whole"
    if not whole.exists():
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        make(path)
        whole.touch()
    return path


def timed(command):
    """Runs a command that must succeed: its seconds of wall clock and of CPU, and the most memory
    it had, in MiB."""
    run = json.loads(subprocess.run([program("timed"), *command], check=True,
                                    stdout=subprocess.PIPE).stdout)
    if run.pop("status") != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} did not end well")
    return run


def progress(text):
    print(f"dev/bench: {text}", file=sys.stderr, flush=True)


def main(part):
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    result = Result()
    part(result, options.quick)
    Path(options.json).write_text(json.dumps(result.figures, indent=1) + "\n", encoding="utf-8")
