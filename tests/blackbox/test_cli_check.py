# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""check: silent where all is well, and one finding for each thing that is not."""

import json
import os
import shutil
from contextlib import closing

import pytest

from fake_doveadm import doveadm  # noqa: F401 (a fixture)
from operations import Records, home_of, make_mail, run_as_nobody


@pytest.fixture
def whole(scratch, doveadm, daemon):
    """An installation with nothing to find: databases, Dovecot's answer, the daemon."""
    scratch.cli("domain", "add", "d.example")
    scratch.add_account("taro@d.example")
    return scratch


def findings(scratch):
    result = scratch.run("--json", "check")
    items = [item["finding"] for item in json.loads(result.stdout)["items"]]
    assert result.returncode == (78 if items else 0), result.stderr
    return items


def the_finding(scratch, *words):
    found = findings(scratch)
    assert len(found) == 1, found
    for word in words:
        assert str(word) in found[0]


def test_nothing_to_find(whole):
    assert findings(whole) == []
    assert whole.run("check").returncode == 0


def test_for_people(whole):
    shutil.rmtree(home_of(whole, "taro@d.example"))
    result = whole.run("check")
    assert result.returncode == 78
    assert "taro@d.example" in result.stdout


def test_daemon_that_is_not_running(whole, daemon):
    daemon.stop()
    found = findings(whole)
    assert len(found) == 2
    assert "policy" in found[0] and "map" in found[1]


def test_dovecot_that_does_not_answer(whole, doveadm):
    doveadm.away()
    the_finding(whole, doveadm.path, "connect(anvil) failed")


def test_mail_root_that_is_gone(whole):
    mail = whole.folder / "mail"
    mail.rename(whole.folder / "mail.away")
    found = findings(whole)
    assert any(str(mail) in text and "mounted" in text for text in found)


def test_mail_root_of_somebody_else(whole):
    os.chown(whole.folder / "mail", 0, 0)
    the_finding(whole, whole.folder / "mail", "vmail")


def test_mail_root_that_others_may_write_to(whole):
    (whole.folder / "mail").chmod(0o777)
    the_finding(whole, whole.folder / "mail", "0750")


def test_home_that_is_missing(whole):
    shutil.rmtree(home_of(whole, "taro@d.example"))
    the_finding(whole, "taro@d.example", "home")


def test_home_of_nobody(whole):
    stray = whole.folder / "mail" / "4711"
    stray.mkdir()
    the_finding(whole, stray, "no account")


def change_credentials(scratch, text, *values):
    with closing(Records(scratch).credentials()) as database:
        assert database.execute(text, values).rowcount == 1
        database.commit()


def test_credentials_that_stayed_locked(whole):
    change_credentials(whole, "UPDATE credentials SET locked = 1 WHERE login = ?",
                       "taro@d.example")
    the_finding(whole, "taro@d.example", "locked")
    whole.cli("account", "resume", "taro@d.example")
    assert findings(whole) == []


def test_credentials_that_allow_more(whole):
    whole.cli("account", "suspend", "taro@d.example")
    change_credentials(whole, "UPDATE credentials SET imap_allowed = 1 WHERE login = ?",
                       "taro@d.example")
    the_finding(whole, "taro@d.example", "differ")


def test_credentials_that_lack_an_account(whole):
    change_credentials(whole, "DELETE FROM credentials WHERE login = ?", "taro@d.example")
    the_finding(whole, "taro@d.example", "does not know")


def test_credentials_of_no_account(whole):
    change_credentials(
        whole, "UPDATE credentials SET account_id = 4711 WHERE login = ?", "taro@d.example")
    found = findings(whole)
    assert len(found) == 2
    assert "does not know" in found[0] and "the settings do not" in found[1]


def test_job_that_is_not_finished(whole, doveadm):
    make_mail(whole, "taro@d.example")
    doveadm.away()
    assert whole.run("--yes", "account", "delete", "taro@d.example").returncode == 75
    doveadm.away(False)
    the_finding(whole, "delete-account", "job run")
    whole.cli("job", "run")
    assert findings(whole) == []


def test_settings_that_the_group_cannot_read(whole):
    whole.settings.parent.chmod(0o700)
    found = findings(whole)
    assert any("boxkeeper" in text for text in found)
    assert any("vmail" in text for text in found)


def test_credentials_that_others_can_read(whole):
    folder = whole.folder / "credentials"
    folder.chmod(0o755)
    (folder / "credentials.db").chmod(0o644)
    assert any("may read" in text for text in findings(whole))


def test_what_cannot_be_read_hides_nothing_else(whole):
    (whole.folder / "mail").chmod(0o777)
    with (whole.folder / "credentials" / "credentials.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 4096)
    found = findings(whole)
    assert any("credentials.db" in text and "damaged" in text for text in found), found
    assert any("0750" in text for text in found), found
    assert len(found) == len(set(found))


def test_only_root(whole):
    assert run_as_nobody(whole, "check").returncode == 77
