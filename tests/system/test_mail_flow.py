# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""What happens to a message, case by case: the table of PRODUCT.md section 5, over real SMTP.

The words for accounts are those of scene.py. The message goes to `taro` where nothing else is
said; `innocent`, a mailbox without settings, is always a recipient of the same message, and must
always get its copy.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

import messages
import settings_edit
import smtp
from installed_dovecot import one_of
from lab import PASSWORD, Account, run
from scene import Scene


@dataclass
class Case:
    name: str
    accounts: dict
    to: str = "taro"
    want: str = "250 2.1.5"
    arrives: dict = field(default_factory=dict)
    bounces: int = 0
    plan: str = "open"
    size: int = 0


CASES = [
    # Unknown, or not ours.
    Case("unknown address", {}, to="nobody", want="550 5.1.1"),
    Case("unknown address with extension", {}, to="nobody+ext", want="550 5.1.1"),
    Case("domain not ours", {}, to="taro@foreign.example", want="554 5.7.1"),

    # The account's names.
    Case("primary address", {"taro": ""}, arrives={"taro": 1}),
    Case("alias", {"taro": "alias hanako"}, to="hanako", arrives={"taro": 1}),
    Case("extension", {"taro": ""}, to="taro+ext", arrives={"taro": 1}),
    Case("alias with extension", {"taro": "alias hanako"}, to="hanako+ext", arrives={"taro": 1}),
    Case("empty extension", {"taro": ""}, to="taro+", arrives={"taro": 1}),
    Case("extension with comma and blank", {"taro": "", "jiro": ""}, to='"taro+a, jiro"',
         arrives={"taro": 1}),
    Case("capitals", {"taro": "alias hanako"}, to="HANAKO+Ext", arrives={"taro": 1}),

    # Receive OFF, suspended.
    Case("suspended", {"taro": "suspended"}, want="550 5.2.1"),
    Case("suspended, by alias", {"taro": "alias hanako, suspended"}, to="hanako", want="550 5.2.1"),
    Case("suspended: its forwards rest", {"taro": "+> x@out, suspended"}, want="550 5.2.1"),
    Case("receive OFF", {"taro": "off"}),
    Case("receive OFF in site", {"taro": "off"}, plan="site", want="550 5.2.1"),
    Case("receive OFF in site: its forwards rest", {"taro": "off, -> x@out"}, plan="site",
         want="550 5.2.1"),
    Case("receive OFF with forward", {"taro": "off, -> x@out"}, arrives={"x@out": 1}),
    Case("receive OFF with forward that keeps a copy", {"taro": "off, +> x@out"},
         arrives={"x@out": 1}),

    # Forwarding.
    Case("forward without copy", {"taro": "-> x@out y@out"}, arrives={"x@out": 1, "y@out": 1}),
    Case("forward with copy", {"taro": "+> x@out y@out"},
         arrives={"taro": 1, "x@out": 1, "y@out": 1}),
    Case("forward with copy, by extension", {"taro": "+> x@out"}, to="taro+ext",
         arrives={"taro": 1, "x@out": 1}),
    Case("forward to an account", {"taro": "-> jiro", "jiro": ""}, arrives={"jiro": 1}),
    Case("forward to an alias", {"taro": "-> hanako", "jiro": "alias hanako"},
         arrives={"jiro": 1}),
    Case("forward to an extension", {"taro": "-> jiro+ext", "jiro": ""}, arrives={"jiro": 1}),
    Case("forward to an account that is OFF", {"taro": "-> jiro", "jiro": "off"}),
    Case("forward to an account that forwards", {"taro": "-> jiro", "jiro": "-> x@out"},
         arrives={"x@out": 1}),
    Case("forward to an account that forwards and keeps", {"taro": "+> jiro", "jiro": "+> x@out"},
         arrives={"taro": 1, "jiro": 1, "x@out": 1}),
    Case("forward over four", {"taro": "-> jiro", "jiro": "-> saburo", "saburo": "+> shiro",
                               "shiro": "off, -> x@out"}, arrives={"saburo": 1, "x@out": 1}),
    Case("forward outside where it is rejected", {"taro": "+> reject@out"}, arrives={"taro": 1},
         bounces=1),

    # One copy of two ways.
    Case("two ways to one mailbox", {"taro": "-> jiro saburo", "jiro": "+> saburo", "saburo": ""},
         arrives={"jiro": 1, "saburo": 1}),
    Case("two ways to one outside address", {"taro": "+> jiro x@out", "jiro": "-> x@out"},
         arrives={"taro": 1, "x@out": 1}),
    Case("two ways over address and alias", {"taro": "-> jiro hanako", "jiro": "alias hanako"},
         arrives={"jiro": 1}),
    Case("two ways under different extensions", {"taro": "-> jiro+a jiro+b", "jiro": ""},
         arrives={"jiro": 2}),

    # Full.
    Case("full", {"taro": "full"}, want="552 5.2.2"),
    Case("full by SIZE", {"taro": ""}, size=2 * 1024 * 1024, want="552 5.2.2"),
    Case("full, receive OFF", {"taro": "full, off"}),
    Case("full, forward without copy", {"taro": "full, -> x@out"}, arrives={"x@out": 1}),
    Case("full, forward with copy", {"taro": "full, +> x@out"}, want="552 5.2.2"),
    Case("full, receive OFF, forward with copy", {"taro": "full, off, +> x@out"},
         arrives={"x@out": 1}),

    # Targets that take nothing, beside living ones and alone.
    Case("suspended target beside living ones", {"taro": "-> jiro saburo x@out",
                                                 "jiro": "suspended", "saburo": ""},
         arrives={"saburo": 1, "x@out": 1}),
    Case("suspended target beside the own copy", {"taro": "+> jiro", "jiro": "suspended"},
         arrives={"taro": 1}),
    Case("suspended target alone", {"taro": "-> jiro", "jiro": "suspended"}, want="550 5.2.1"),
    Case("suspended target behind another", {"taro": "-> jiro", "jiro": "-> saburo",
                                             "saburo": "suspended"}, want="550 5.2.1"),
    Case("gone target beside a living one", {"taro": "-> jiro saburo", "jiro": "gone",
                                             "saburo": ""}, arrives={"saburo": 1}),
    Case("gone target alone", {"taro": "-> jiro", "jiro": "gone"}, want="550 5.1.1"),
    Case("target disabled in site beside a living one", {"taro": "-> jiro saburo", "jiro": "off",
                                                         "saburo": ""}, plan="site",
         arrives={"saburo": 1}),
    Case("target disabled in site alone", {"taro": "-> jiro", "jiro": "off"}, plan="site",
         want="550 5.2.1"),
    Case("full target beside a living one", {"taro": "-> jiro saburo", "jiro": "full",
                                             "saburo": ""}, arrives={"saburo": 1}, bounces=1),
    Case("full target beside the own copy", {"taro": "+> jiro", "jiro": "full"},
         arrives={"taro": 1}, bounces=1),
    Case("full target alone", {"taro": "-> jiro", "jiro": "full"}, want="552 5.2.2"),
    Case("all dead: the first one's reason", {"taro": "-> jiro saburo", "jiro": "full",
                                              "saburo": "suspended"}, want="552 5.2.2"),
    Case("all dead: the first one's reason, the other way", {"taro": "-> saburo jiro",
                                                             "jiro": "full",
                                                             "saburo": "suspended"},
         want="550 5.2.1"),
]


def parameters():
    return [pytest.param(case, id=case.name) for case in CASES]


@pytest.mark.parametrize("case", parameters())
def test_what_happens(lab, case):
    scene = Scene(lab, lab.create_domain("--plan", case.plan), {**case.accounts, "innocent": ""})
    size = {"size": case.size, "declare_size": True} if case.size else {}
    sent = scene.send(case.to, "innocent", **size)
    got = f"{sent[case.to].code} {sent[case.to].status}"
    assert got == case.want, sent[case.to]
    assert sent["innocent"].code == (552 if case.size else 250)
    scene.check({**case.arrives, **({} if case.size else {"innocent": 1})}, case.bounces)


# --- what a table cannot say ---------------------------------------------------------------------


def test_suspended_domain(lab, domain):
    scene = Scene(lab, domain, {"taro": "", "jiro": "-> x@out"})
    lab.cli("domain", "suspend", domain)
    sent = scene.send("taro", "jiro", "nobody")
    assert [str(reply)[:9] for reply in sent.recipients.values()] == \
        ["550 5.2.1", "550 5.2.1", "550 5.1.1"]
    assert str(lab.lmtp(scene.address("taro"))[scene.address("taro")]).startswith("550 5.2.1")
    lab.cli("domain", "resume", domain)
    assert scene.send("taro", "jiro").accepted
    scene.check({"taro": 1, "x@out": 1})


def test_null_sender_is_forwarded_too(lab, domain):
    scene = Scene(lab, domain, {"taro": "+> x@out"})
    message = scene.new_message()
    assert lab.send(scene.address("taro"), sender="", data=message).accepted
    scene.check({"taro": 1, "x@out": 1})


def test_forwarding_keeps_the_message(lab, domain):
    scene = Scene(lab, domain, {"taro": "-> x@out"})
    message = scene.new_message(body="A body.\r\n" + "y" * 900 + "\r\n..\r\n")
    assert lab.send(scene.address("taro"), sender=scene.sender, data=message).accepted
    scene.check({"x@out": 1})
    (arrived,) = lab.outside(subject=scene.subject)
    assert arrived.content.endswith(message.replace(b"\r\n", b"\n"))


INTERNAL = ["1@boxkeeper.invalid", "1+ext@boxkeeper.invalid", "1@BoxKeeper.INVALID",
            "1@boxkeeper.invalid.", "1@fwd.invalid", "taro@sub.boxkeeper.invalid",
            "boxkeeper.invalid!1", "@{domain}:1@boxkeeper.invalid"]
# To a stranger Postfix denies relaying what it sees through as somebody else's (554).
DISGUISED = ["1%boxkeeper.invalid@{domain}", "\"1@boxkeeper.invalid\"@{domain}"]


@pytest.mark.parametrize("port", ["public", "submission", "loopback"])
def test_internal_forms_are_refused(lab, domain, port):
    scene = Scene(lab, domain, {"taro": "", "innocent": ""})
    taro = scene.accounts["taro"]
    connections = {"public": lab.smtp, "submission": taro.smtp,
                   "loopback": lambda: smtp.connect(lab.loopback_port)}
    wrong = []
    with connections[port]() as session:
        for form in INTERNAL + DISGUISED:
            session.mail(taro.address if port == "submission" else "someone@outside.example")
            reply = smtp.Reply(*session.docmd(f"RCPT TO:<{form.format(domain=domain)}>"))
            if reply.code != 550 and not (form in DISGUISED and reply.code == 554):
                wrong.append((form, str(reply)))
            session.rset()
    assert wrong == []


def test_mail_that_did_not_come_by_smtp(lab, domain):
    """No RCPT, no policy: the rules are asked at delivery. Nothing is lost: it arrives, or the
    sender is told."""
    scene = Scene(lab, domain, {"taro": "", "jiro": "off", "saburo": "suspended", "shiro": "full",
                                "goro": "-> x@out"})
    message = scene.new_message().replace(b"\r\n", b"\n").decode()
    recipients = [scene.address(name) for name in ("taro", "jiro", "saburo", "shiro", "goro",
                                                   "nobody")]
    run(["sendmail", "-C", str(lab.dir / "postfix"), "-f", scene.sender, *recipients],
        input=message)
    scene.check({"taro": 1, "x@out": 1}, want_bounces=1)
    told = scene.bounces()[0].content.decode()
    for name, status in (("saburo", "5.2.1"), ("shiro", "5.2.2"), ("nobody", "5.1.1")):
        assert scene.address(name) in told and status in told


@pytest.mark.parametrize("setting, want", [
    ("suspended", "550 5.2.1"), ("full", "552 5.2.2"), ("off", "250 2.0.0"), ("gone", "550 5.1.1"),
    ("-> x@out", "250 2.0.0")])
def test_at_delivery(lab, domain, setting, want):
    """The rules asked again by LMTP, past Postfix. A forward is not LMTP's business: it stores."""
    scene = Scene(lab, domain, {"taro": setting})
    address = scene.address("taro")
    reply = lab.lmtp([address], data=scene.new_message())[address]
    assert f"{reply.code} {reply.status}" == want, reply
    scene.check({"taro": 1} if setting.startswith("->") else {})


def test_at_delivery_several_recipients(lab, domain):
    scene = Scene(lab, domain, {"taro": "off", "jiro": "", "saburo": "suspended", "shiro": "full"})
    addresses = {name: scene.address(name) for name in scene.accounts}
    answers = lab.lmtp(list(addresses.values()), data=scene.new_message())
    got = {name: answers[address].code for name, address in addresses.items()}
    assert got == {"taro": 250, "jiro": 250, "saburo": 550, "shiro": 552}
    scene.check({"jiro": 1})


def test_receive_off_leaves_login_and_stored_mail(lab, domain):
    scene = Scene(lab, domain, {"taro": ""})
    taro = scene.accounts["taro"]
    assert scene.send("taro").accepted
    scene.check({"taro": 1})
    before = taro.messages()
    scene.set("taro", "off")
    assert scene.send("taro").accepted
    scene.check({})
    assert taro.messages() == before
    with taro.imap() as imap:
        assert imap.append(messages.make_message(subject="kept by the user"))[0] == "OK"
    scene.set("taro", "on")
    assert scene.send("taro").accepted
    scene.check({"taro": 1})


def set_script(account, script):
    account.lab.doveadm("sieve", "put", "-u", account.address, "-a", "own", input=script)


def test_extension_reaches_sieve(lab, domain):
    scene = Scene(lab, domain, {"taro": "alias hanako", "jiro": "-> hanako+lists"})
    taro = scene.accounts["taro"]
    set_script(taro, '''require ["envelope", "subaddress", "fileinto", "mailbox"];
        if envelope :detail "to" "lists" { fileinto :create "Lists"; }''')
    for recipient in ("taro", "taro+lists", "hanako+lists", "taro+other", "jiro"):
        assert scene.send(recipient).accepted
    lab.wait_for_empty_queue()
    assert (len(taro.subjects()), len(taro.subjects("Lists"))) == (2, 3)


def test_receive_off_stores_nothing_whatever_the_script_says(lab, domain):
    scene = Scene(lab, domain, {"taro": "off"})
    taro = scene.accounts["taro"]
    set_script(taro, '''require ["fileinto", "mailbox", "copy", "imap4flags"];
        fileinto :create :copy "Lists"; addflag "\\\\Seen"; keep;''')
    assert scene.send("taro").accepted
    scene.check({})
    with taro.imap() as imap:
        assert [folder for folder in imap.folders() if imap.select(folder)] == []
    scene.set("taro", "on")
    assert scene.send("taro").accepted
    scene.check({"taro": 1})
    assert taro.subjects("Lists") == [scene.subject]


def test_redirect_of_a_user_obeys_the_settings_of_its_target(lab, domain):
    """A user's own script sends through the loopback smtpd, which asks the same questions."""
    scene = Scene(lab, domain, {"taro": "", "jiro": "-> y@out", "saburo": "off",
                                "shiro": "suspended"})
    set_script(scene.accounts["taro"], "".join(
        f'redirect "{scene.address(name)}";' for name in ("x@out", "jiro", "saburo")))
    assert scene.send("taro").accepted
    scene.check({"x@out": 1, "y@out": 1})
    set_script(scene.accounts["taro"], f'redirect "{scene.address("shiro")}";')
    assert scene.send("taro").accepted
    # Refused by the target: the message stays, or its sender is told.
    lab.wait_for_empty_queue()
    assert scene.found() == {"taro": 1} or len(scene.bounces()) == 1


def test_original_recipient_that_the_client_chose(lab, domain):
    """ORCPT (RFC 3461) is the client's to write; only the address of RCPT counts."""
    scene = Scene(lab, domain, {"taro": "", "jiro": ""})
    home = lab.doveadm("user", "-f", "home", scene.address("taro")).output.strip()
    message = scene.new_message()
    with lab.smtp() as session:
        session.mail(scene.sender)
        for name in ("taro", "jiro"):
            code, _ = session.rcpt(scene.address(name), [
                f"ORCPT=rfc822;{Path(home).name}@boxkeeper.invalid", "NOTIFY=NEVER"])
            assert code == 250
        assert session.data(message)[0] == 250
    scene.check({"taro": 1, "jiro": 1})


def test_postmaster_receives_at_once(lab, domain):
    scene = Scene(lab, domain)
    assert scene.send("postmaster", "POSTMASTER").accepted
    lab.wait_for_empty_queue()
    found = lab.doveadm("search", "-u", scene.address("postmaster"), "mailbox", "INBOX", "all")
    assert len(found.output.splitlines()) == 1


def test_users_who_are_not_ours(lab, domain):
    """Somebody from another passdb: no limit, no rule, nothing of ours in the way."""
    scene = Scene(lab, domain, {"taro": ""})
    uid, gid = ((lab.dir / "mail").stat().st_uid, (lab.dir / "mail").stat().st_gid)
    users = lab.dir / "dovecot/others"
    users.write_text(f"guest@elsewhere.example:{{PLAIN}}{PASSWORD}:{uid}:{gid}::"
                     f"{lab.dir}/mail/guest::\n")
    database = one_of(v2_3=f"{{\n driver = passwd-file\n args = {users}\n}}\n",
                      v2_4=f"others {{\n driver = passwd-file\n passwd_file_path = {users}\n}}\n")
    lab.set_dovecot(f"passdb {database}userdb {database}")
    guest = Account(lab, "guest@elsewhere.example", PASSWORD)
    assert lab.lmtp(guest.address, subject="to a guest")[guest.address].code == 250
    with guest.imap() as imap:
        assert imap.subjects() == ["to a guest"]
        assert imap.quota() is None
        assert imap.append(messages.make_message(size=100_000))[0] == "OK"
    assert lab.doveadm("boxkeeper", "sweep", "-u", guest.address, want_exit=None).exit_code < 128
    assert guest.subjects()[0] == "to a guest"
    assert scene.send("taro").accepted
    scene.check({"taro": 1})


def test_known_to_userdb_but_not_to_settings(lab, domain):
    """451: it may be settings that were restored from an old backup."""
    scene = Scene(lab, domain, {"taro": ""})
    address = scene.address("taro")
    settings_edit.execute(lab, f"""
        DELETE FROM accounts WHERE id = (SELECT account_id FROM addresses
                                         WHERE address = '{address}')""")
    reply = lab.lmtp([address])[address]
    assert reply.code == 451, reply
    assert str(scene.send("taro")["taro"]).startswith("550 5.1.1")
    reply = lab.lmtp([scene.address("nobody")])[scene.address("nobody")]
    assert str(reply).startswith("550 5.1.1")


def test_being_deleted(lab, domain):
    scene = Scene(lab, domain, {"taro": "alias hanako", "jiro": "-> taro", "innocent": ""})
    address = scene.address("taro")
    settings_edit.execute(lab, f"""
        UPDATE accounts SET state = 'deleting' WHERE id = (SELECT account_id FROM addresses
                                                           WHERE address = '{address}')""")
    sent = scene.send("taro", "hanako", "jiro", "innocent")
    assert [reply.code for reply in sent.recipients.values()] == [451, 451, 451, 250]
    assert lab.lmtp([address])[address].code == 451
    scene.check({"innocent": 1})
