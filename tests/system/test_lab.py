# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""dev/lab itself: what the other system tests rely on, and what its users are promised."""

import imaplib
import os
import poplib
import smtplib
import stat
import subprocess
from pathlib import Path

import pytest

import smtp
from japanese import make_environment
from lab import Lab, PASSWORD, TOP, run
from messages import make_message
from waiting import wait_for

LAB = str(TOP / "dev/lab")


def session_leaders(lab):
    return [int(path.read_text().split()[0]) for path in (lab.dir / "run").glob("*.session")]


def living_members(leaders):
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) in leaders and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


# --- up and down --------------------------------------------------------------------------------

def test_folder_of_61_bytes_is_refused(tmp_path_factory):
    folder = "/tmp/" + "a" * 56
    result = run([LAB, "up", folder], want_exit=1)
    assert "61 bytes" in result.errors and "60" in result.errors
    assert not os.path.exists(folder)


def test_folder_of_60_bytes_works():
    folder = "/tmp/" + f"{os.getpid()}".rjust(55, "b")
    lab = Lab(folder, "mdbox")
    try:
        lab.up()
        assert lab.send("nobody@nowhere.example").only.code == 554
    finally:
        lab.down()
        run(["rm", "-r", folder])


@pytest.mark.parametrize("folder", ["/tmp/a b", "/tmp/a'b", "/tmp/a$b", "/tmp/日本"])
def test_names_that_configuration_cannot_hold_are_refused(folder):
    assert "letters, digits" in run([LAB, "up", folder], want_exit=1).errors
    assert not os.path.exists(folder)


def test_foreign_folder_is_refused(tmp_path):
    (tmp_path / "precious").write_text("mine")
    tmp_path = tmp_path.rename(f"/tmp/bk-foreign-{os.getpid()}")
    try:
        assert "not empty" in run([LAB, "up", str(tmp_path)], want_exit=1).errors
        assert [path.name for path in tmp_path.iterdir()] == ["precious"]
    finally:
        run(["rm", "-r", str(tmp_path)])


def test_unknown_format_is_refused():
    assert "mbox" in run([LAB, "up", "--format", "mbox", "/tmp/bk-none"], want_exit=1).errors


def test_two_labs_and_down(fresh_lab, lab):
    assert fresh_lab.smtp_port != lab.smtp_port
    assert "already up" in run([LAB, "up", str(fresh_lab.dir)], want_exit=1).errors
    ports = [value for name, value in fresh_lab.environment.items() if name.endswith("_PORT")]
    leaders = session_leaders(fresh_lab)
    assert len(leaders) == 5 and living_members(leaders)

    fresh_lab.down()
    assert living_members(leaders) == []
    for port in ports:
        with pytest.raises(OSError):
            smtplib.SMTP("127.0.0.1", int(port), timeout=5)
    assert "daemon started" in fresh_lab.log()
    fresh_lab.down()
    # The other one does not notice.
    assert lab.send("nobody@nowhere.example").only.code == 554

    # The same folder again: a new lab, with the old log.
    fresh_lab.up()
    assert fresh_lab.cli_json("account", "list")["items"] == []
    assert fresh_lab.log().count("daemon started") == 2


def test_everybody_may_search_the_folder(lab):
    assert stat.S_IMODE(lab.dir.stat().st_mode) & 0o111 == 0o111


def test_environment_is_read_by_a_shell(lab):
    script = f". {lab.dir}/lab.env && echo $LAB_IMAP_PORT && $LAB_BOXKEEPER --json account list"
    output = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert output.splitlines()[0] == str(lab.imap_port)
    assert '"items"' in output


def test_cli_finds_the_catalogues_of_the_build(lab, domain, tmp_path):
    """Also what our module tells doveadm is Japanese then."""
    taro = lab.create_account(f"taro@{domain}")
    japanese = make_environment(tmp_path)
    lab.cli("retention", "hold", taro.address, "--reason", "調査")
    shown = run(lab.cli_command("retention", "preview", taro.address), environment=japanese)
    assert "保存期間の処理は行われません: 保全中" in shown.errors
    shown = run(lab.cli_command("explain", taro.address), environment=japanese)
    assert "受け付けます" in shown.output


# --- the services -------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["boxkeeperd", "dovecot", "postfix", "outside"])
@pytest.mark.parametrize("verb", ["stop", "kill"])
def test_service_ends_and_starts(lab, domain, name, verb):
    taro = lab.create_account(f"taro@{domain}")
    leader = int((lab.dir / f"run/{name}.session").read_text().split()[0])
    lab.service(verb, name)
    assert living_members([leader]) == []
    lab.service(verb, name)
    lab.service("start", name)
    lab.service("start", name)
    assert lab.send(taro.address, subject="after").accepted
    taro.wait_for_mail("after")


def test_plaintext_login_is_allowed_everywhere_and_starttls_offered(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    with taro.imap() as imap:
        assert imap.folders()["Trash"] >= {"\\Trash"}
        assert imap.folders()["Archive"] >= {"\\Archive"}
    assert taro.pop3().stat() == (0, 0)
    with taro.smtp() as session:
        assert session.has_extn("STARTTLS")
        assert set(session.esmtp_features["auth"].split()) == {"PLAIN", "LOGIN"}
    with imaplib.IMAP4("127.0.0.1", lab.imap_port) as imap:
        assert imap.starttls()[0] == "OK"
    pop3 = poplib.POP3("127.0.0.1", lab.pop3_port)
    assert pop3.stls().startswith(b"+OK")
    pop3.close()
    # The public port: no TLS, no login, and clients are strangers.
    with lab.smtp() as session:
        assert not session.has_extn("STARTTLS") and not session.has_extn("AUTH")


# --- the outside --------------------------------------------------------------------------------

def test_outside_message_is_whole(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    body = "a line\r\n.dotted\r\n" + "x" * 500 + "\r\n"
    assert taro.submit(["one@far.example", "two@far.example"], subject="out", body=body).accepted
    (message,) = lab.wait_for_outside("one@far.example", "out")
    assert message.path.name.endswith(".eml")
    assert message.path.read_bytes().startswith(
        f"MAIL FROM:<{taro.address}>\nRCPT TO:<one@far.example>\nRCPT TO:<two@far.example>\n\n"
        .encode())
    assert message.content.endswith(body.replace("\r\n", "\n").encode())
    assert b"\r" not in message.content


def test_outside_rejects_and_defers(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    assert taro.submit(["reject.me@far.example", "Defer-me@far.example", "good@far.example"],
                       subject="mixed").accepted
    lab.wait_for_outside("good@far.example", "mixed")
    taro.wait_for_mail("Undelivered Mail Returned to Sender")
    wait_for(lambda: "450 4.2.1" in lab.log(lab.log_start), "a deferral")
    (waiting,) = lab.queue()
    assert [one["address"] for one in waiting["recipients"]] == ["Defer-me@far.example"]
    # Tried again after a second or so.
    wait_for(lambda: lab.log(lab.log_start).count("450 4.2.1") >= 3, "retries", seconds=30)


# --- what only this configuration decides -------------------------------------------------------

@pytest.mark.parametrize("recipient", ["1@boxkeeper.invalid", "1+x@BOXKEEPER.invalid",
                                       "1@fwd.invalid", "x@any.sub.invalid"])
def test_internal_addresses_are_refused_everywhere(lab, domain, recipient):
    taro = lab.create_account(f"taro@{domain}")
    assert lab.send(recipient).only.code == 550
    assert taro.submit(recipient).only.code == 550
    with smtp.connect(lab.loopback_port) as session:
        refusal = smtp.transact(session, "", recipient, make_message())
    assert refusal.only.code == 550


def test_loopback_smtpd_relays_and_the_public_one_does_not(lab):
    recipient = "friend@far.example"
    assert lab.send(recipient).only.code == 554
    with smtp.connect(lab.loopback_port) as session:
        assert smtp.transact(session, "", recipient, make_message(subject="auto")).accepted
    (message,) = lab.wait_for_outside(recipient, "auto")
    assert message.sender == ""


def test_user_scripts_run(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    lab.doveadm("sieve", "put", "-u", taro.address, "-a", "sorting",
                input='require "fileinto"; fileinto "Junk";')
    assert lab.send(taro.address, subject="sorted").accepted
    taro.wait_for_mail("sorted", folder="Junk")
    assert taro.subjects() == []


def test_wrong_password_is_refused(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    taro.password = PASSWORD + "x"
    with pytest.raises(imaplib.IMAP4.error):
        taro.imap()
    with pytest.raises(poplib.error_proto):
        taro.pop3()
    with pytest.raises(smtplib.SMTPAuthenticationError):
        taro.smtp()


def test_each_user_is_listed_once(fresh_lab):
    domain = fresh_lab.create_domain(name="d.example")
    fresh_lab.create_account(f"taro@{domain}", "--alias", f"t@{domain}")
    fresh_lab.create_account(f"hana@{domain}")
    assert sorted(fresh_lab.doveadm("user", "*").output.split()) == [
        f"hana@{domain}", f"postmaster@{domain}", f"taro@{domain}"]
