# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The Dovecot that is installed here: which configuration is its own, and how it is told things."""

import re
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
_VERSION = subprocess.run(["dovecot", "--version"], capture_output=True, text=True,
                          check=True).stdout
SERIES = re.match(r"\d+\.\d+", _VERSION).group()  # "2.3", "2.4"

CONF = TOP / f"conf/dovecot-{SERIES}"
# All that is installed for it.
CONF_FILES = [*sorted(CONF.iterdir()), TOP / "conf/dovecot/boxkeeper.sieve"]


def one_of(**texts):
    """one_of(v2_3=…, v2_4=…): the one for this Dovecot."""
    return texts["v" + SERIES.replace(".", "_")]
