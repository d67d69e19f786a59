# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Black-box tests: the real programs of a build folder (BOXKEEPER_BUILD, default: build) with scratch
databases, nothing mocked. They run as root, for owners, modes and dropped privileges are theirs too.
"""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent)]

from daemon import Daemon  # noqa: E402
from scratch import Scratch  # noqa: E402


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="needs root"))


@pytest.fixture
def scratch():
    """A new set of databases with the built-in plans and nothing else."""
    made = Scratch()
    yield made
    made.remove()


@pytest.fixture
def daemon(scratch):
    """boxkeeperd, serving `scratch`. It must end with 0 and without a sanitizer's complaint."""
    running = Daemon(scratch)
    yield running
    running.stop()
