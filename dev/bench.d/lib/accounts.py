# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Databases with many accounts, made in bulk and kept: u<n>@d<n modulo domains>.example.

Every account has a capacity of 1 GiB, a usage on record, and a credentials row whose password nobody
knows. What the CLI would need hours for is written by its schema; `boxkeeper check` misses nothing
but the homes.
"""

import shutil
import sqlite3
import subprocess

from lib import measure

FORMAT = 1  # of what is kept; another number makes it anew
GIB = 1 << 30

NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) "
NAME = "'u' || i || '@d' || (i % {domains}) || '.example'"

SETTINGS = f"""
INSERT INTO domains (id, name, plan_id) {NUMBERS.replace("{count}", "{domains}")}
    SELECT i + 1, 'd' || i || '.example', (SELECT id FROM plans WHERE name = 'open') FROM n;
INSERT INTO accounts (id, domain_id, name, login, capacity_bytes, created_at) {NUMBERS}
    SELECT i + 1, i % {{domains}} + 1, 'u' || i, {NAME}, {GIB}, 1700000000 FROM n;
INSERT INTO addresses (address, account_id, kind) {NUMBERS}
    SELECT {NAME}, i + 1, 'primary' FROM n ORDER BY 1;
UPDATE counters SET value = {{domains}} WHERE name = 'domain_id';
UPDATE counters SET value = {{count}} WHERE name = 'account_id';
"""
STATE = f"""
INSERT INTO usage (account_id, bytes, messages, measured_at, limit_bytes) {NUMBERS}
    SELECT i + 1, i % 900000000, i % 5000, 1700000000, {GIB} FROM n;
INSERT INTO users (primary_address, account_id) {NUMBERS} SELECT {NAME}, i + 1 FROM n ORDER BY 1;
"""
CREDENTIALS = f"""
INSERT INTO credentials (account_id, login, primary_address, password_hash, imap_allowed,
    pop3_allowed, submission_allowed, managesieve_allowed, home, uid, gid) {NUMBERS}
    SELECT i + 1, {NAME}, {NAME}, '*', 1, 1, 1, 1, '{{folder}}/mail/' || (i + 1), {{uid}}, {{gid}}
    FROM n;
"""


def migrate(folder):
    values = {
        "mail_root": folder / "mail",
        "socket_directory": folder / "sockets",
        "doveadm_command": "/bin/true",
        "postqueue_command": "/bin/true",
        "postsuper_command": "/bin/true",
    }
    run(folder, "migrate", *[f"{name}={value}" for name, value in values.items()])


def command(folder, *arguments):
    return [measure.BUILD / "boxkeeper", "--settings", folder / "settings" / "settings.db", *arguments]


def run(folder, *arguments):
    subprocess.run(command(folder, *arguments), check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def domains_of(count):
    """A thousand accounts a domain."""
    return max(1, count // 1000)


def _fill(path, sql):
    # Not durable, and no WAL, until all is there; the next `migrate` makes a WAL again.
    database = sqlite3.connect(path)
    database.executescript(f"PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; BEGIN;{sql}COMMIT;")
    database.close()


def make(folder, count, domains):
    """The databases in `folder`, which is empty."""
    measure.progress(f"making {count} accounts")
    folder.chmod(0o755)
    migrate(folder)
    settings = sqlite3.connect(folder / "settings" / "settings.db")
    paths = dict(settings.execute("SELECT name, value FROM server WHERE name LIKE '%_path'"))
    settings.close()
    owner = shutil._get_uid("vmail"), shutil._get_gid("vmail")
    values = {"count": count, "domains": domains, "folder": folder,
              "uid": owner[0], "gid": owner[1]}
    _fill(folder / "settings" / "settings.db", SETTINGS.format(**values))
    _fill(paths["state_path"], STATE.format(**values))
    _fill(paths["credentials_path"], CREDENTIALS.format(**values))
    migrate(folder)


def kept(count, domains=None):
    """The folder with `count` accounts that is kept. What is written there must not change it much."""
    domains = domains or domains_of(count)
    folder = measure.cached(f"accounts-{FORMAT}-{count}-{domains}",
                            lambda folder: make(folder, count, domains))
    migrate(folder)  # the schema may be newer than what is kept
    return folder
