# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""conf/ as an operator installs it, beside what Debian has there. (That it works is what all the
other tests here show: the lab is made of the same files.)"""

import os
import re
import shutil
from pathlib import Path

from installed_dovecot import CONF, CONF_FILES, SERIES, one_of
from lab import TOP, run

IN_FORCE = one_of(
    v2_3={"ssl": "required", "disable_plaintext_auth": "yes", "mail_access_groups": "boxkeeper",
          "plugin/quota": "boxkeeper:User quota", "mail_location": "maildir:~/Maildir"},
    v2_4={"ssl": "required", "auth_allow_cleartext": "no", "mail_access_groups": "boxkeeper",
          "quota/User quota/driver": "boxkeeper", "mail_driver": "maildir",
          "mail_path": "~/Maildir", "mail_inbox_path": "~/Maildir"})


def doveconf(lab, configuration, *arguments):
    """As it answers where the lab's modules are."""
    result = run([f"{lab.dir}/bin/in-lab", "doveconf", "-c", f"{configuration}/dovecot.conf",
                  *arguments])
    assert "Warning" not in result.errors, result
    return result.output


def plugins(everything, protocol):
    """The mail plugins of a protocol, from what doveconf -n says."""
    def listed(block):
        if found := re.search(r"^ *mail_plugins = \"?(.*?)\"?$", block, flags=re.MULTILINE):
            return set(found.group(1).split())
        found = re.search(r"^ *mail_plugins \{\n(.*?)\}", block, flags=re.MULTILINE | re.DOTALL)
        return set(re.findall(r"(\w+) = yes", found.group(1)))

    blocks = re.findall(rf"^protocol {protocol} \{{\n.*?^\}}", everything, flags=re.MULTILINE | re.DOTALL)
    everywhere = listed(re.sub(r"^protocol .*?^\}", "", everything, flags=re.MULTILINE | re.DOTALL))
    return everywhere.union(*map(listed, blocks))


def test_dovecot_takes_it_beside_debians_files(lab, tmp_path):
    configuration = tmp_path / "dovecot"
    shutil.copytree("/etc/dovecot", configuration, ignore=shutil.ignore_patterns("private"))
    for path in CONF_FILES:
        shutil.copy(path, configuration / "conf.d")
    authentication = configuration / "conf.d/10-auth.conf"
    authentication.write_text(
        authentication.read_text().replace("\n!include auth-system", "\n#!include auth-system"))

    for name, want in IN_FORCE.items():
        assert doveconf(lab, configuration, "-h", name).strip() == want, name
    everything = doveconf(lab, configuration, "-n")
    assert plugins(everything, "imap") == {"quota", "boxkeeper", "imap_quota"}
    assert plugins(everything, "lmtp") == {"quota", "boxkeeper", "sieve"}
    assert plugins(everything, "pop3") == {"quota", "boxkeeper"}
    for database in ("passdb", "userdb"):
        assert len(re.findall(rf"^{database}\b.* \{{$", everything, flags=re.MULTILINE)) == 1


def test_dovecot_takes_what_setup_prints(lab, tmp_path):
    for file in lab.cli_json("setup", "dovecot")["files"]:
        (tmp_path / file["path"].rsplit("/", 1)[1]).write_text(file["content"])
    (tmp_path / "dovecot.conf").write_text(one_of(
        v2_3="ssl_cert = </dev/null\nssl_key = </dev/null\n",
        v2_4="dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n"
             "ssl_server_cert_file = /dev/null\nssl_server_key_file = /dev/null\n") +
        "!include 99-boxkeeper.conf\n")
    assert f"boxkeeper_settings = {lab.settings}" in doveconf(lab, tmp_path, "-n")


def test_each_mail_format_has_its_file():
    for series, line in (("2.3", "\nmail_location = {}:~/"), ("2.4", "\nmail_driver = {}\n")):
        for name in ("maildir", "sdbox", "mdbox"):
            text = (TOP / f"conf/dovecot-{series}/boxkeeper-{name}.conf.ext").read_text()
            assert line.format(name) in text


def test_both_versions_have_the_same_files():
    assert SERIES in ("2.3", "2.4")
    names = [{path.name for path in (CONF.parent / f"dovecot-{series}").iterdir()}
             for series in ("2.3", "2.4")]
    assert names[0] == names[1]


def test_postfix_takes_it_beside_debians_files(tmp_path):
    # Debian 13 says expressly that there is no delimiter: setup puts ours in that place.
    stock = Path("/usr/share/postfix/main.cf.debian").read_text()
    (tmp_path / "main.cf").write_text(stock.replace("\nrecipient_delimiter =\n", "\n"))
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


def test_make_install_puts_in_place_what_the_documents_name(tmp_path):
    build = TOP / os.environ.get("BOXKEEPER_BUILD", "build")
    run(["make", "-s", "-C", str(build), "install", f"DESTDIR={tmp_path}"], timeout=600)
    installed = {path.name: path for path in tmp_path.rglob("*") if path.is_file()}
    assert {page.name for page in (TOP / "doc/man").iterdir()} <= set(installed)
    assert {path.name for path in CONF_FILES} <= set(installed)
    assert {"boxkeeperd", "boxkeeperd.service", "lib95_boxkeeper_plugin.so"} <= set(installed)
    (completion,) = tmp_path.rglob("bash-completion/completions/boxkeeper")
    assert completion.read_text() == (TOP / "conf/bash-completion/boxkeeper").read_text()
    # Where no other place was asked for, data is where the manual pages have it.
    settings = "/var/lib/boxkeeper/settings/settings.db"
    assert f"boxkeeper_settings = {settings}" in installed["99-boxkeeper.conf"].read_text()
    assert settings in (TOP / "doc/man/boxkeeper.1").read_text()
