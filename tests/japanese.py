# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The environment of somebody in Japan. The locale is made in a folder: the machine's own stay as
they are. (C.UTF-8 with LANGUAGE would not do: the C locale is never translated.)"""

import subprocess


def make_environment(folder):
    subprocess.run(["localedef", "-i", "ja_JP", "-f", "UTF-8", folder / "ja_JP.UTF-8"], check=True,
                   capture_output=True)
    # glibc's newlocale() never frees what it makes of LOCPATH.
    (folder / "leaks").write_text("leak:argz\nleak:newlocale\n")
    return {"LC_ALL": "ja_JP.UTF-8", "LOCPATH": str(folder), "LANGUAGE": "",
            "LSAN_OPTIONS": f"suppressions={folder}/leaks:print_suppressions=0"}
