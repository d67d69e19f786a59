# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Waiting for what must come, instead of sleeping for as long as it might take.

    wait_for(lambda: account.subjects() == ["hello"], "the message in INBOX")

The limit is generous: it is met only when something is broken.
"""

import time


def wait_for(condition, what, seconds=60):
    """Calls condition until it returns something true, and returns that.

    Fails after the given time with `what` and the last value (or the last exception: a condition
    that raises is asked again, since servers may be restarting).
    """
    give_up = time.monotonic() + seconds
    pause = 0.02
    while True:
        try:
            last = condition()
            if last:
                return last
        except (AssertionError, OSError, EOFError, LookupError, ValueError) as error:
            last = error
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {seconds} s for {what}; last: {last!r}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
