# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""conf/ as an operator installs it, beside what Debian has there. (That it works is what all the
other tests here show: the lab is made of the same files.)"""

import shutil

from lab import TOP, run


def test_dovecot_takes_it_beside_debians_files(tmp_path):
    configuration = tmp_path / "dovecot"
    shutil.copytree("/etc/dovecot", configuration, ignore=shutil.ignore_patterns("private"))
    for path in (TOP / "conf/dovecot-2.3").iterdir():
        shutil.copy(path, configuration / "conf.d")
    authentication = configuration / "conf.d/10-auth.conf"
    authentication.write_text(
        authentication.read_text().replace("\n!include auth-system", "\n#!include auth-system"))

    def value(name, *options):
        command = ["doveconf", "-c", str(configuration / "dovecot.conf"), "-h", *options, name]
        return run(command).output.strip()

    assert value("ssl") == "required"
    assert value("disable_plaintext_auth") == "yes"
    assert value("mail_access_groups") == "boxkeeper"
    assert value("mail_plugins", "-f", "service=imap").split() == ["quota", "boxkeeper",
                                                                   "imap_quota"]
    assert value("mail_plugins", "-f", "service=lmtp").split() == ["quota", "boxkeeper", "sieve"]
    assert value("mail_plugins", "-f", "service=pop3").split() == ["quota", "boxkeeper"]
    assert value("plugin/quota") == "boxkeeper:User quota"
    everything = run(["doveconf", "-c", str(configuration / "dovecot.conf"), "-n"]).output
    assert everything.count("passdb {") == 1 and everything.count("userdb {") == 1


def test_each_mail_format_has_its_file():
    for name in ("maildir", "sdbox", "mdbox"):
        text = (TOP / f"conf/dovecot-2.3/boxkeeper-{name}.conf.ext").read_text()
        assert f"\nmail_location = {name}:~/" in text


def test_postfix_takes_it_beside_debians_files(tmp_path):
    shutil.copy("/usr/share/postfix/main.cf.debian", tmp_path / "main.cf")
    shutil.copy("/etc/postfix/master.cf.proto", tmp_path / "master.cf")
    for name in ("main.cf", "master.cf"):
        with (tmp_path / name).open("a") as file:
            file.write((TOP / "conf/postfix" / name).read_text())
    result = run(["postconf", "-c", str(tmp_path), "-n"])
    # postconf warns of parameters that nothing uses, and of entries that override one another.
    assert result.errors == ""
    services = run(["postconf", "-c", str(tmp_path), "-M"]).output
    for name in ("submission", "submissions", "127.0.0.1:10587"):
        assert f"\n{name} " in services


def test_lab_differences_stand_in_one_file():
    """Every setting of the lab is conf/'s or stands in dev/lab.d/differences.sh."""
    script = (TOP / "dev/lab").read_text()
    for word in ("mail_plugins", "smtpd_", "virtual_", "passdb", "inet_listener"):
        assert word not in script
