# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""setup --apply on Debian's own Dovecot and Postfix configuration."""

import json
import re

import pytest

from installed_dovecot import one_of
from stock_machine import Machine

PASSWORD = "Correct-horse-7"
# Debian's own setting, and ours after --mail-format sdbox.
MBOX = one_of(v2_3="mail_location = mbox:", v2_4="mail_driver = mbox")
SDBOX = one_of(v2_3=("mail_location", "sdbox:~/sdbox"), v2_4=("mail_path", "~/sdbox"))

SEND = """
import smtplib
with smtplib.SMTP("127.0.0.1", 25, timeout=60) as smtp:
    smtp.sendmail("friend@outside.example", ["taro@example.test"], "Subject: %s\\r\\n\\r\\nhello\\r\\n")
"""

FETCH = """
import imaplib, ssl, time
context = ssl._create_unverified_context()
end = time.monotonic() + 60
while True:
    imap = imaplib.IMAP4_SSL("127.0.0.1", 993, ssl_context=context, timeout=60)
    imap.login("taro@example.test", "%s")
    imap.select()
    if b"%s" in repr(imap.fetch("1:*", "(BODY[HEADER.FIELDS (SUBJECT)])")).encode():
        break
    imap.logout()
    assert time.monotonic() < end
print(imap.getquotaroot("INBOX"))
"""

SUBMIT = """
import smtplib, ssl
with smtplib.SMTP("127.0.0.1", 587, timeout=60) as smtp:
    assert not smtp.ehlo()[1].count(b"AUTH")
    smtp.starttls(context=ssl._create_unverified_context())
    smtp.login("taro@example.test", "%s")
    smtp.sendmail("taro@example.test", ["taro@example.test"], "Subject: sent\\r\\n\\r\\nhello\\r\\n")
    try:
        smtp.sendmail("other@example.test", ["taro@example.test"], "Subject: no\\r\\n\\r\\n")
    except smtplib.SMTPRecipientsRefused as refused:
        print(refused.recipients)
"""

LOG_IN = """
import imaplib, poplib, smtplib, ssl
# Dovecot lets in without TLS whoever comes from the address that he goes to.
HOST = "127.0.0.2"
user, password = "taro@example.test", "%s"
context = ssl._create_unverified_context()


def refused(*commands):
    try:
        for command in commands:
            command()
    except (imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException) as error:
        return str(error)
    return None


imap = imaplib.IMAP4(HOST, 143, timeout=60)
assert "PRIVACYREQUIRED" in refused(lambda: imap.login(user, password))
assert "AUTH=" not in str(imap.capabilities)
imap.starttls(context)
imap.login(user, password)
pop = poplib.POP3(HOST, 110, timeout=60)
assert "authentication disallowed" in refused(lambda: pop.user(user), lambda: pop.pass_(password))
pop.stls(context)
pop.user(user)
pop.pass_(password)
imaplib.IMAP4_SSL(HOST, 993, ssl_context=context, timeout=60).login(user, password)
pop = poplib.POP3_SSL(HOST, 995, context=context, timeout=60)
pop.user(user)
pop.pass_(password)
smtp = smtplib.SMTP(HOST, 587, timeout=60)
assert refused(lambda: smtp.login(user, password)) and refused(lambda: smtp.mail(user)) is None
assert smtp.rcpt("friend@outside.example")[0] >= 500
for smtp in smtplib.SMTP(HOST, 587, timeout=60), smtplib.SMTP_SSL(HOST, 465,
                                                                           context=context):
    smtp.ehlo()
    if not isinstance(smtp, smtplib.SMTP_SSL):
        smtp.starttls(context=context)
        smtp.ehlo()
    assert set(smtp.esmtp_features["auth"].split()) >= {"PLAIN", "LOGIN"}
    smtp.login(user, password)
"""

OWN_RESTRICTIONS = "reject_unknown_sender_domain, reject_rbl_client rbl.invalid"


@pytest.fixture
def machine():
    machine = Machine()
    try:
        yield machine
    finally:
        machine.end()


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def allow_dovecot(machine):
    """What the refusal says is to be done on a stock Debian."""
    edit(machine.folder / "dovecot/conf.d/10-auth.conf", "\n!include auth-system.conf.ext",
         "\n#!include auth-system.conf.ext")
    edit(machine.folder / "dovecot/conf.d/10-mail.conf", f"\n{MBOX}", f"\n#{MBOX}")


def everything(folder):
    return {path.relative_to(folder): (path.read_bytes(), path.stat().st_mode)
            for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def set_up(machine):
    allow_dovecot(machine)
    assert machine.run("postfix", "start").returncode == 0
    machine.cli("--yes", "setup", "dovecot", "--apply")
    machine.cli("domain", "add", "example.test")
    machine.cli("account", "create", "taro@example.test", "--capacity", "1M", "--password-stdin",
                input=PASSWORD + "\n")
    machine.start_daemon()


def check_srs(machine):
    """postsrsd as it has to be, away, and with an SRS_DOMAIN of which no bounce comes back."""
    def findings():
        items = json.loads(machine.admin("--json", "check").stdout)["items"]
        return [item["finding"] for item in items if "postsrsd" in item["finding"]]

    assert findings() == []
    for domain, word in (("elsewhere.example", "mydestination"), ("example.test", "Boxkeeper's")):
        machine.start_postsrsd(domain)
        (finding,) = findings()
        assert f"SRS_DOMAIN is {domain}," in finding and word in finding
    machine.stop_postsrsd()
    (finding,) = findings()
    assert "does not answer" in finding
    machine.start_postsrsd()
    assert findings() == []


def test_stock_machine(machine):
    """Refused, allowed, applied: mail flows; the second run changes nothing."""
    before = everything(machine.folder / "dovecot")
    refused = machine.admin("--yes", "setup", "dovecot", "--apply")
    assert refused.returncode == 78
    for word in ("driver = pam", "10-auth.conf", MBOX, "10-mail.conf"):
        assert word in refused.stderr
    assert everything(machine.folder / "dovecot") == before

    set_up(machine)
    before = everything(machine.folder / "postfix")
    shown = machine.cli("--dry-run", "setup", "postfix", "--apply")
    assert "virtual_mailbox_domains = socketmap:unix:boxkeeper/map:domain" in shown.stderr
    assert machine.admin("setup", "postfix", "--apply").returncode == 64  # asks, and nobody is there
    assert everything(machine.folder / "postfix") == before
    machine.cli("--yes", "setup", "postfix", "--apply")

    machine.python(SEND % "welcome")
    assert "User quota" in machine.python(FETCH % (PASSWORD, "welcome"))
    assert "5.7.1" in machine.python(SUBMIT % PASSWORD)
    machine.python(FETCH % (PASSWORD, "sent"))
    machine.python(LOG_IN % PASSWORD)

    for server in ("dovecot", "postfix"):
        before = everything(machine.folder / server)
        assert machine.cli("--json", "setup", server, "--apply").stdout.split() == \
            ["{", '"changes":', "[]", "}"]
        assert everything(machine.folder / server) == before
    check_srs(machine)
    # The files of before are kept.
    kept = list((machine.folder / "postfix").glob("main.cf.before-boxkeeper-*"))
    assert len(kept) == 1 and "boxkeeper/map" not in kept[0].read_text()


def test_own_restrictions_stay_and_conflicts_are_refused(machine):
    main_cf = machine.folder / "postfix/main.cf"
    with main_cf.open("a") as file:
        file.write(f"smtpd_recipient_restrictions = {OWN_RESTRICTIONS}\n"
                   "# a remark of mine\nheader_checks = regexp:/etc/postfix/own_checks\n")
    (machine.folder / "postfix/own_checks").write_text("/^X-Mine/ IGNORE\n")
    master_cf = machine.folder / "postfix/master.cf"
    with master_cf.open("a") as file:
        file.write("submission inet n - n - - smtpd\n  -o syslog_name=postfix/mine\n"
                   "  -o smtpd_recipient_restrictions=reject_non_fqdn_recipient,"
                   "permit_sasl_authenticated,reject\n")
    set_up(machine)

    edit(main_cf, "mydestination = $myhostname,", "mydestination = example.test, $myhostname,")
    before = everything(machine.folder / "postfix")
    refused = machine.admin("--yes", "setup", "postfix", "--apply")
    assert refused.returncode == 78
    assert "example.test" in refused.stderr and "mydestination" in refused.stderr
    assert everything(machine.folder / "postfix") == before
    edit(main_cf, "mydestination = example.test, ", "mydestination = ")

    machine.cli("--yes", "setup", "postfix", "--apply")
    value = machine.run("postconf", "-h", "smtpd_recipient_restrictions").stdout.strip()
    assert value == f"$boxkeeper_policy_mx, {OWN_RESTRICTIONS}"
    value = machine.run("postconf", "-h", "smtpd_relay_restrictions").stdout
    assert re.match(r"check_recipient_access \$boxkeeper_internal_recipients, permit_mynetworks",
                    value)
    value = machine.run("postconf", "-h", "header_checks").stdout.strip()
    assert value == "$boxkeeper_header_checks, regexp:/etc/postfix/own_checks"
    assert "# a remark of mine" in main_cf.read_text()
    options = machine.run("postconf", "-P", "submission/inet").stdout
    assert "syslog_name = postfix/mine" in options
    assert "= $boxkeeper_policy_submission,reject_non_fqdn_recipient,permit_sasl" in options
    assert "5.7.1" in machine.python(SUBMIT % PASSWORD)
    before = everything(machine.folder / "postfix")
    machine.cli("setup", "postfix", "--apply")
    assert everything(machine.folder / "postfix") == before


OUTSIDE = """
import smtplib
for client in ("127.0.0.1", "127.0.0.2"):
    with smtplib.SMTP("127.0.0.1", 25, timeout=60, source_address=(client, 0)) as smtp:
        smtp.ehlo()
        smtp.mail("taro@example.test")
        print(client, smtp.rcpt("friend@outside.example")[0])
"""


def test_oldest_compatibility_level(machine):
    """There relay control may be a matter of smtpd_recipient_restrictions alone, and stays so."""
    for change in (["-X", "compatibility_level"],
                   ["-e", "mynetworks=", "smtpd_recipient_restrictions=check_client_access "
                    "inline:{ 127.0.0.1=permit }, reject_unauth_destination"]):
        assert machine.run("postconf", *change).returncode == 0
    set_up(machine)
    before = machine.python(OUTSIDE)
    assert before == "127.0.0.1 250\n127.0.0.2 554\n"
    machine.cli("--yes", "setup", "postfix", "--apply")
    assert machine.python(OUTSIDE) == before
    machine.python(SEND % "old")
    machine.python(FETCH % (PASSWORD, "old"))


def test_put_back_when_the_probe_fails(machine):
    """smtpd dies of an unknown restriction, which postconf lets pass."""
    set_up(machine)
    with (machine.folder / "postfix/main.cf").open("a") as file:
        file.write("smtpd_client_restrictions = no_such_restriction\n")
    main_cf = (machine.folder / "postfix/main.cf").read_bytes()
    master_cf = (machine.folder / "postfix/master.cf").read_bytes()
    failed = machine.admin("--yes", "setup", "postfix", "--apply")
    assert failed.returncode == 78
    assert "port 25" in failed.stderr and "put back" in failed.stderr
    assert (machine.folder / "postfix/main.cf").read_bytes() == main_cf
    assert (machine.folder / "postfix/master.cf").read_bytes() == master_cf


def test_without_the_daemon(machine):
    allow_dovecot(machine)
    assert machine.run("postfix", "start").returncode == 0
    before = everything(machine.folder / "postfix")
    refused = machine.admin("--yes", "setup", "postfix", "--apply")
    assert refused.returncode == 78 and "setup dovecot" in refused.stderr
    machine.cli("--yes", "setup", "dovecot", "--apply")
    refused = machine.admin("--yes", "setup", "postfix", "--apply")
    assert refused.returncode == 78 and "postsrsd" in refused.stderr
    machine.start_postsrsd()
    refused = machine.admin("--yes", "setup", "postfix", "--apply")
    assert refused.returncode == 78 and "boxkeeperd" in refused.stderr
    assert everything(machine.folder / "postfix") == before


def test_dovecot_is_put_back_when_plugins_would_be_missing(machine):
    """A block read after ours takes the plugins away; then login without TLS, as asked for."""
    allow_dovecot(machine)
    assert machine.run("postfix", "start").returncode == 0
    local = machine.folder / "dovecot/local.conf"
    harmless = local.read_text()
    local.write_text(harmless + "protocol lmtp {\n  mail_plugins = sieve\n}\n")  # not added: replaced
    before = everything(machine.folder / "dovecot")
    refused = machine.admin("--yes", "setup", "dovecot", "--apply")
    assert refused.returncode == 78
    assert "lmtp" in refused.stderr and "$mail_plugins" in refused.stderr
    assert everything(machine.folder / "dovecot") == before

    local.write_text(harmless)
    machine.cli("--yes", "setup", "dovecot", "--apply", "--allow-plaintext-login",
                "--mail-format", "sdbox")
    plaintext = one_of(v2_3=("disable_plaintext_auth", "no"), v2_4=("auth_allow_cleartext", "yes"))
    for name, want in (("ssl", "yes"), plaintext, SDBOX):
        assert machine.run("doveconf", "-h", name).stdout.strip() == want
    # The chosen format stays; another one would lose sight of the mail.
    machine.cli("--yes", "setup", "dovecot", "--apply")
    assert machine.run("doveconf", "-h", SDBOX[0]).stdout.strip() == SDBOX[1]
    assert machine.run("doveconf", "-h", "ssl").stdout.strip() == "required"
    refused = machine.admin("--yes", "setup", "dovecot", "--apply", "--mail-format", "mdbox")
    assert refused.returncode == 78 and "sdbox" in refused.stderr
