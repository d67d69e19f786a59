# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Mail programs that were not written here: curl, swaks, mbsync and fetchmail.

The user of panel B's manual: login aaa_user0001 (a domain with a login prefix), POP3 and IMAP with
STARTTLS, submission with AUTH PLAIN and LOGIN.
"""

import subprocess

import pytest

import messages
from waiting import wait_for


@pytest.fixture
def user(lab):
    lab.cli("domain", "add", domain := f"{next_prefix()}.example", "--plan", "site",
            "--login-prefix", domain.split(".")[0])
    account = lab.create_account(f"user0001@{domain}")
    account.login = f"{domain.split('.')[0]}_user0001"
    account.address = f"{account.login}@{domain}"
    return account


_prefixes = iter("aaa aab aac aad aae aaf aag aah aai aaj aak aal aam aan aao aap".split())


def next_prefix():
    return next(_prefixes)


@pytest.fixture
def certificate(lab):
    return str(lab.dir / "tls/certificate.pem")


def call(*command, want=0, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=120, check=False, **options)
    assert want is None or done.returncode == want, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def deliver(lab, user, *subjects):
    for subject in subjects:
        assert lab.send(user.address, subject=subject).accepted
    user.wait_for_mail(*subjects)


# ---- curl ----

@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_curl_reads(lab, user, certificate, protocol):
    deliver(lab, user, "read by curl")
    port = getattr(lab, f"{protocol}_port")
    path = "INBOX;MAILINDEX=1" if protocol == "imap" else "1"
    fetched = call("curl", "--silent", "--show-error", "--max-time", "60", "--ssl-reqd",
                   "--cacert", certificate, "--user", f"{user.login}:{user.password}",
                   f"{protocol}://localhost:{port}/{path}")
    assert "Subject: read by curl" in fetched.stdout
    refused = call("curl", "--silent", "--show-error", "--max-time", "60", "--ssl-reqd",
                   "--cacert", certificate, "--user", f"{user.login}:not-{user.password}",
                   f"{protocol}://localhost:{port}/{path}", want=None)
    assert refused.returncode == 67, refused


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_curl_sends(lab, user, certificate, tmp_path, mechanism):
    message = tmp_path / "message"
    message.write_bytes(messages.make_message(subject=f"curl {mechanism}", sender=user.address))
    call("curl", "--silent", "--show-error", "--max-time", "60", "--ssl-reqd", "--cacert",
         certificate, "--user", f"{user.login}:{user.password}", "--login-options",
         f"AUTH={mechanism}", "--mail-from", user.address, "--mail-rcpt",
         "friend@outside.example", "--upload-file", message,
         f"smtp://localhost:{lab.submission_port}")
    (arrived,) = lab.wait_for_outside(subject=f"curl {mechanism}")
    assert arrived.sender == user.address


# ---- swaks ----

def swaks(lab, user, certificate, *options, want=0):
    return call("swaks", "--server", f"localhost:{lab.submission_port}", "--tls",
                "--tls-ca-path", certificate, "--timeout", "60", "--to", "friend@outside.example",
                "--auth-user", user.login, "--auth-password", user.password, *options, want=want)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks_sends(lab, user, certificate, mechanism):
    swaks(lab, user, certificate, "--from", user.address, "--auth", mechanism,
          "--header", f"Subject: swaks {mechanism}")
    (arrived,) = lab.wait_for_outside(subject=f"swaks {mechanism}")
    assert arrived.sender == user.address


def test_swaks_is_refused_as_somebody_else(lab, user, certificate):
    done = swaks(lab, user, certificate, "--from", "somebody@else.example", want=None)
    assert done.returncode != 0 and "553 5.7.1" in done.stdout
    lab.cli("account", "suspend", user.address)
    done = swaks(lab, user, certificate, "--from", user.address, want=None)
    assert done.returncode == 28 and "535 5.7.8" in done.stdout  # 28: no authentication


# ---- mbsync ----

def test_mbsync_copies_all_folders(lab, user, certificate, tmp_path):
    deliver(lab, user, "one", "two")
    with user.imap() as imap:
        assert imap.append(messages.make_message(subject="draft"), folder="Drafts")[0] == "OK"
    (tmp_path / "mail").mkdir()
    config = tmp_path / "mbsyncrc"
    config.write_text(f"""IMAPAccount lab
Host localhost
Port {lab.imap_port}
User {user.login}
Pass "{user.password}"
SSLType STARTTLS
CertificateFile {certificate}

IMAPStore far
Account lab

MaildirStore near
Path {tmp_path}/mail/
Inbox {tmp_path}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
""")
    call("mbsync", "--config", config, "--all")
    copied = sorted(path.parent.parent.name for path in tmp_path.glob("mail/*/*/*")
                    if path.parent.name in ("new", "cur"))
    assert copied == ["Drafts", "INBOX", "INBOX"]
    for path in [*tmp_path.glob("mail/INBOX/new/*"), *tmp_path.glob("mail/INBOX/cur/*")]:
        path.rename(path.parent.parent / "cur" / (path.name.split(":")[0] + ":2,T"))
    call("mbsync", "--config", config, "--all")
    assert user.subjects() == []
    assert user.subjects("Drafts") == ["draft"]


# ---- fetchmail ----

@pytest.mark.parametrize("protocol", ["POP3", "IMAP"])
def test_fetchmail_empties_the_mailbox(lab, user, certificate, tmp_path, protocol):
    deliver(lab, user, "first", "second")
    box = tmp_path / "box"
    config = tmp_path / "fetchmailrc"
    config.write_text(f"""poll localhost protocol {protocol} port {getattr(lab,
        protocol.lower() + "_port")} timeout 60
  user "{user.login}" password "{user.password}" sslproto "tls1.2+" sslcertck
  sslcertfile "{certificate}" mda "cat >>{box}" no keep fetchall
""")
    config.chmod(0o600)
    call("fetchmail", "--fetchmailrc", config, "--nosyslog", "--idfile", tmp_path / "ids",
         "--pidfile", tmp_path / "pid", env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin",
                                             "LC_ALL": "C.UTF-8"})
    text = box.read_text()
    assert "Subject: first" in text and "Subject: second" in text
    wait_for(lambda: user.subjects() == [], "an empty INBOX")


# ---- logins of panel B ----

@pytest.mark.parametrize("prefix", [False, True])
def test_login_that_ends_in_a_dollar(lab, prefix):
    options = ["--plan", "site"] + (["--login-prefix", prefix := next_prefix()] if prefix else [])
    domain = lab.create_domain(*options)
    account = lab.create_account(f"taro$@{domain}")
    shown = account.show()
    account.address, account.login = shown["address"], shown["login"]
    assert account.login == (f"{prefix}_taro$" if prefix else f"taro$@{domain}")
    deliver(lab, account, "by SMTP")
    pop3 = account.pop3()
    assert pop3.stat()[0] == 1
    pop3.quit()
    assert account.submit(account.address, subject="by itself").accepted
    account.wait_for_mail("by SMTP", "by itself")
