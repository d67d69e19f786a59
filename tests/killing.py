# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Killing (SIGKILL) a command at a chosen place: at its n-th call of a system call, by strace.

strace counts each system call by itself, so first all calls of a whole run are counted by name, and
then some of them, of each name, are the places.
"""

import os
import re
import subprocess


def run_traced(options, command, **more):
    """`command` under strace. The leak sanitizer can't work there."""
    sanitizer = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]))
    return subprocess.run(["strace", "-f", *options, *command], capture_output=True, text=True,
                          timeout=120, stdin=subprocess.DEVNULL,
                          env=os.environ | {"ASAN_OPTIONS": sanitizer}, **more)


def count_calls(command, names):
    """Runs `command` to its end. Returns system call -> number of calls, in the order of `names` and
    without zeros."""
    done = run_traced(["-c", "-e", "trace=" + ",".join(f"?{name}" for name in names)], command,
                      check=True)
    counts = {}
    for line in done.stderr.splitlines():
        columns = line.split()
        if len(columns) >= 5 and columns[-1] in names and re.fullmatch(r"\d+", columns[3]):
            counts[columns[-1]] = int(columns[3])
    return {name: counts[name] for name in names if name in counts}


def kill_points(command, names, most):
    """(system call, number) for every place at which `command` may be killed; at most `most` of
    each system call, spread evenly. `command` is run once, to its end, to count them."""
    return [(name, number) for name, calls in count_calls(command, names).items()
            for number in range(1, calls + 1, max(1, -(-calls // most)))]


def spread_points(counts, total):
    """So many places, of each system call in turn, spread over the whole of its calls."""
    points = []
    for i in range(total):
        name = list(counts)[i % len(counts)]
        fraction = (0.5 + i * 0.6180339887) % 1
        points.append((name, 1 + int(fraction * counts[name])))
    return points


def run_killed(command, name, number):
    """Runs `command`; the process that comes to its `number`-th call of `name` is killed. False if
    none was: it made fewer calls this time."""
    done = run_traced(["-o", "/dev/null", "-e", f"trace={name}", "-e",
                       f"inject={name}:signal=KILL:when={number}"], command, check=False)
    return done.returncode == -9
