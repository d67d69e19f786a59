# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""setup: everything of conf/, with the paths of this installation."""

import pytest

from installed_dovecot import CONF_FILES, SERIES, one_of
from scratch import TOP


def files(scratch, server):
    return {file["path"].split()[0]: file for file in scratch.json("setup", server)["files"]}


def test_dovecot(scratch):
    shown = files(scratch, "dovecot")
    main = shown["/etc/dovecot/conf.d/99-boxkeeper.conf"]["content"]
    sql = shown["/etc/dovecot/conf.d/boxkeeper-sql.conf.ext"]
    assert f"boxkeeper_settings = {scratch.settings}\n" in main
    path = one_of(v2_3="connect", v2_4="sqlite_path")
    assert f"{path} = {scratch.folder}/credentials/credentials.db\n" in sql["content"]
    assert sql["mode"] == "0600"
    assert "/var/lib/boxkeeper" not in main + sql["content"]
    # Continued lines and SQL come through as they are in conf/.
    query = one_of(v2_3="password_query", v2_4="passdb_sql_query")
    assert f"{query} = \\\n" in sql["content"]
    assert f"/dovecot-{SERIES}/" in shown["/etc/dovecot/conf.d/99-boxkeeper.conf"]["installed_as"]


def test_postfix(scratch):
    scratch.cli("migrate", "socket_directory=/srv/queue/bk")
    shown = files(scratch, "postfix")
    main = shown["/etc/postfix/main.cf"]["content"]
    assert "virtual_alias_maps = socketmap:unix:bk/map:alias\n" in main
    assert "unix:boxkeeper/" not in main
    assert "{ default_action = 451 4.3.0" in main
    assert "submission inet" in shown["/etc/postfix/master.cf"]["content"]


@pytest.mark.parametrize("server", ["dovecot", "postfix"])
def test_whole_files(scratch, server):
    """With the default paths, and nothing else, it is what stands in conf/."""
    scratch.cli("migrate", "socket_directory=/var/spool/postfix/boxkeeper")
    of_server = {"dovecot": CONF_FILES, "postfix": (TOP / "conf/postfix").iterdir()}[server]
    shown = files(scratch, server)
    want = {path.name: path.read_text() for path in of_server}
    got = {path.rsplit("/", 1)[1]: file["content"] for path, file in shown.items()}
    assert set(got) == set(want)
    for name, text in want.items():
        text = text.replace("/var/lib/boxkeeper", str(scratch.folder))
        assert got[name] == text


@pytest.mark.parametrize("server, words", [
    ("dovecot", ["auth-system.conf.ext", "quota_rule", "systemctl restart dovecot"]),
    ("postfix", ["mydestination", "reject_unverified_recipient", "postfix check"]),
])
def test_for_people(scratch, server, words):
    shown = scratch.cli("setup", server)
    for word in words:
        assert word in shown


def test_bad_commands(scratch):
    assert scratch.run("setup").returncode == 64
    assert scratch.run("setup", "exim").returncode == 64


def test_options_of_applying_go_with_it(scratch):
    for words in (["dovecot", "--mail-format", "sdbox"], ["dovecot", "--allow-plaintext-login"],
                  ["postfix", "--allow-plaintext-login"]):
        result = scratch.run("setup", *words)
        assert result.returncode == 64 and "goes with --apply" in result.stderr
