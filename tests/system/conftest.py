# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Fixtures of the system tests: each test gets a running dev/lab and a domain of its own.

    def test_something(lab, domain): …               on maildir
    @pytest.mark.all_formats                         once on maildir, sdbox and mdbox
    @pytest.mark.mail_format("mdbox")                on that one
    def test_breaking(fresh_lab): …                  a lab that no other test sees

One lab for each format is started when it is first needed, shared by all tests of a worker, and
brought down at the end. When a test fails, what its lab logged meanwhile stands in the report.
BOXKEEPER_THOROUGH=1 (dev/test --thorough) asks for more points of the kill tests: the fixture
`thorough` is True then.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from lab import Lab

sys.path.append(str(Path(__file__).resolve().parents[1]))

FORMATS = ("maildir", "sdbox", "mdbox")
SHOWN_LOG_LINES = 120


def pytest_configure(config):
    config.addinivalue_line("markers", "all_formats: run on maildir, sdbox and mdbox")
    config.addinivalue_line("markers", "mail_format(name): run on this mail format")


def pytest_generate_tests(metafunc):
    for fixture in ("lab", "fresh_lab"):
        if fixture in metafunc.fixturenames:
            chosen = metafunc.definition.get_closest_marker("mail_format")
            formats = FORMATS[:1] if chosen is None else chosen.args
            if metafunc.definition.get_closest_marker("all_formats"):
                formats = FORMATS
            metafunc.parametrize(fixture, formats, indirect=True)


@pytest.fixture(scope="session")
def thorough():
    return os.environ.get("BOXKEEPER_THOROUGH") == "1"


def start_lab(mail_format):
    """A lab in a folder with a short name, below BOXKEEPER_LABS if that is set."""
    folder = tempfile.mkdtemp(prefix="bk-", dir=os.environ.get("BOXKEEPER_LABS", "/tmp"))
    lab = Lab(folder, mail_format)
    try:
        return lab.up()
    except BaseException:
        end_lab(lab)
        raise


def end_lab(lab):
    lab.down()
    if not os.environ.get("BOXKEEPER_KEEP_LABS"):
        shutil.rmtree(lab.dir)


@pytest.fixture(scope="session")
def running_labs():
    """Mail format -> the lab that this worker's tests share."""
    labs = {}
    yield labs
    for lab in labs.values():
        end_lab(lab)


@pytest.fixture
def lab(request, running_labs):
    if request.param not in running_labs:
        running_labs[request.param] = start_lab(request.param)
    lab = running_labs[request.param]
    lab.log_start = lab.log_path.stat().st_size
    yield lab
    lab.tidy()


@pytest.fixture
def fresh_lab(request):
    lab = start_lab(request.param)
    lab.log_start = 0
    yield lab
    end_lab(lab)


@pytest.fixture
def domain(lab):
    return lab.create_domain()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if not report.failed:
        return
    for fixture in ("lab", "fresh_lab"):
        lab = getattr(item, "funcargs", {}).get(fixture)
        if lab is not None and lab.log_path.exists():
            lines = lab.log(lab.log_start).splitlines()[-SHOWN_LOG_LINES:]
            report.sections.append((f"log of the lab ({lab.format})", "\n".join(lines)))
