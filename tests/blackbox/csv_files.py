# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""CSV files for account import and edit, and what comes out of account export."""

import csv
import io
import json
import subprocess

from scratch import BUILD

REGISTRATION = ["mail_account", "mail_password", "comment", "mail_capacity"]
EDIT = ["mail_account", "password", "mail_capacity"]
EXPORT = ["mail_account", "mail_password", "comment", "amount_of_mail_box", "spam", "forward",
          "auto", "pop", "mail_capacity"]
# In no dictionary, and allowed by both panels.
PASSWORD = "Kx7!vQ2#mZ9.tR"


def text_of(header, rows, end="\n"):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def new_rows(numbers, capacity="5", comment=""):
    return [[f"user{number:02}", f"{PASSWORD}{number}", comment, capacity] for number in numbers]


class Files:
    """Runs the bulk commands of one domain on files made from rows."""

    def __init__(self, scratch, domain):
        self.scratch = scratch
        self.domain = domain
        self.path = scratch.folder / "accounts.csv"

    def run(self, verb, content, *options):
        self.path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.scratch.run("--json", *options, "account", verb, str(self.path), "--domain",
                                self.domain)

    def report(self, result):
        """(line, account, reason) of a file that was refused."""
        assert result.returncode == 65, result.stdout + result.stderr
        return [(item["line"], item["account"], item["reason"])
                for item in json.loads(result.stdout)["items"]]

    def register(self, rows, *options, header=None):
        return self.run("import", text_of(header or REGISTRATION, rows), *options)

    def edit(self, rows, *options, header=None):
        return self.run("edit", text_of(header or EDIT, rows), *options)

    def done(self, result):
        assert result.returncode == 0, result.stdout + result.stderr
        return json.loads(result.stdout)

    def refused(self, result):
        """The message where the file as a whole is refused."""
        assert result.returncode == 65 and result.stdout == "", result.stdout
        return json.loads(result.stderr)["error"]["message"]

    def names(self):
        listed = self.scratch.json("account", "list", "--domain", self.domain, "--page-size",
                                   "1000")
        return {item["address"].split("@")[0] for item in listed["items"]}

    def export(self, *options, encoding="utf-8-sig"):
        """Rows with the header."""
        return list(csv.reader(io.StringIO(self.export_bytes(*options).decode(encoding))))

    def export_bytes(self, *options):
        done = subprocess.run([BUILD / "boxkeeper", "--settings", self.scratch.settings, "account",
                               "export", "--domain", self.domain, *options], capture_output=True,
                              check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout
