# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Questions about sockets that a shell cannot ask.

usage: probe.py free PORT...              exit 0 if all of these loopback ports can be had
       probe.py answers SECONDS WHAT...   exit 0 as soon as each WHAT answers, else 1 and names it

WHAT is tcp:PORT=GREETING (the server's first bytes), or tcp:PORT= or unix:PATH (connecting is
enough).
"""

import socket
import sys
import time


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(what):
    kind, _, rest = what.partition(":")
    try:
        if kind == "unix":
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(5)
                probe.connect(rest)
                return True
        port, _, greeting = rest.partition("=")
        with socket.create_connection(("127.0.0.1", int(port)), timeout=5) as probe:
            return not greeting or probe.makefile("rb").readline().startswith(greeting.encode())
    except OSError:
        return False


def wait(seconds, waiting):
    give_up = time.monotonic() + seconds
    while waiting:
        waiting = [what for what in waiting if not answers(what)]
        if waiting and time.monotonic() > give_up:
            print("no answer from " + ", ".join(waiting), file=sys.stderr)
            return False
        if waiting:
            time.sleep(0.05)
    return True


if sys.argv[1] == "free":
    good = all(is_free(int(port)) for port in sys.argv[2:])
else:
    good = wait(float(sys.argv[2]), sys.argv[3:])
sys.exit(0 if good else 1)
