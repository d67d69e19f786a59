# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Waiting for what must come, instead of sleeping for as long as it might take.

    wait_for(lambda: account.subjects() == ["hello"], "the message in INBOX")

The limit is generous: it is met only when something is broken.
"""

import imaplib
import poplib
import time

# What a server says, or a condition's own checks say, while it is not yet so.
NOT_YET = (AssertionError, OSError, EOFError, LookupError, ValueError, imaplib.IMAP4.error,
           poplib.error_proto)


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
        except NOT_YET as error:
            last = error
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {seconds} s for {what}; last: {last!r}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
