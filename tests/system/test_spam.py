# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Spam on a real server: what the scanner wrote, what the account wants done, where mail ends up.

The scanner's headers come by LMTP, where a scanner's milter would have put them; what a sender
writes comes by SMTP, and Postfix takes it out.
"""

import base64

import pytest

import messages
from lab import run

SPAMASSASSIN = [("X-Spam-Flag", "YES"), ("X-Spam-Status", "Yes, score=7.1 required=5.0\r\n\ttests=A")]
RSPAMD = [("X-Spamd-Result", "default: True [7.10 / 15.00];\r\n\tA(1.00)[]"), ("X-Spam", "Yes")]
HAM = [("X-Spam-Flag", "NO"), ("X-Spam-Score", "-0.3")]


def deliver(lab, *accounts, subject, headers=(), **message):
    """By LMTP, as from Postfix after the scanner."""
    answers = lab.lmtp([account.address for account in accounts],
                       data=messages.make_message(subject=subject, headers=headers, **message))
    assert {answer.code for answer in answers.values()} == {250}, answers


def header(account, name, folder="INBOX"):
    """The only message's header, as it stands there and decoded."""
    with account.imap() as imap:
        (message,) = imap.messages(folder)
        content = imap.content(message.uid, folder)
    lines = [line for line in content.split(b"\r\n\r\n")[0].split(b"\r\n")
             if line.lower().startswith(name.lower().encode() + b":")]
    return lines, message.subject


@pytest.mark.parametrize("headers", [SPAMASSASSIN, RSPAMD], ids=["spamassassin", "rspamd"])
def test_tag(lab, domain, headers):
    taro = lab.create_account(f"taro@{domain}")
    lab.cli("spam", "set", taro.address, "--tag", "on", "--tag-text", "****SPAM(_SCORE_)****")
    deliver(lab, taro, subject="buy now", headers=headers)
    score = "7.1" if headers is SPAMASSASSIN else "7.10"
    assert taro.subjects() == [f"****SPAM({score})**** buy now"]


def word(charset, text):
    """An encoded word of bytes."""
    return f"=?{charset}?B?{base64.b64encode(text).decode()}?=".encode()


NOTICE = "お知らせ".encode("iso-2022-jp")
SUBJECTS = {
    word("ISO-2022-JP", NOTICE): "お知らせ",
    b"=?iso-2022-jp?Q?=1B$B$*CN$i$;=1B(B?= (2)": "お知らせ (2)",
    b"\r\n ".join(word("ISO-2022-JP", NOTICE) for _ in range(100)): "お知らせ" * 100,
    # What the vendors have added to the standards, and the kana of half width.
    word("ISO-2022-JP", b"\x1b$B-!-j\x1b(B \x1b(I12\x1b(B"): "①㈱ ｱｲ",
    word("Shift_JIS", "①㈱髙".encode("cp932")): "①㈱髙",
    word("Windows-31J", "会議".encode("cp932")): "会議",
    word("EUC-JP", b"\xad\xa1" + "会議".encode("euc-jp")): "①会議",
    # Not encoded at all.
    "会議の件".encode("cp932"): "会議の件",
    "会議の件".encode("iso-2022-jp"): "会議の件",
    "会議の件 é".encode(): "会議の件 é",
    # A character in two words; a charset that there is not; a word that does not end.
    word("UTF-8", "会議".encode()[:4]) + b" " + word("UTF-8", "会議".encode()[4:]): "会議",
    word("X-NONE", b"plain"): "plain",
    b"=?UTF-8?B?44GK55+l44": "=?UTF-8?B?44GK55+l44",
    b"one\r\n\ttwo \x01": "one two  ",
    b"${env.x} %u \"quoted\\": '${env.x} %u "quoted\\',
    b"": "",
}


def test_subjects_stay_readable(lab, domain):
    """However the sender has written them: the tag means that they are encoded anew."""
    taro = lab.create_account(f"taro@{domain}")
    lab.cli("spam", "set", taro.address, "--tag", "on", "--tag-text", "[迷惑メール]")
    for number, subject in enumerate(SUBJECTS):
        data = b"X-Spam: Yes\r\nX-Number: %d\r\nSubject: %b\r\n\r\nHello.\r\n" % (number, subject)
        assert lab.lmtp([taro.address], data=data)[taro.address].code == 250
    with taro.imap() as imap:
        found = {message.subject.rstrip() for message in imap.messages()}
        assert found == {f"[迷惑メール] {text}".rstrip() for text in SUBJECTS.values()}
        for message in imap.messages():
            lines = imap.content(message.uid).split(b"\r\n\r\n")[0]
            assert lines.lower().count(b"\nsubject:") == 1 and lines.isascii()


def test_message_without_subject(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    lab.cli("spam", "set", taro.address, "--tag", "on")
    data = b"From: <a@outside.example>\r\nX-Spam: Yes\r\n\r\nHello.\r\n"
    lab.lmtp([taro.address], data=data)
    assert taro.subjects() == ["[SPAM]"]


def test_long_subject_is_tagged_whole(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    lab.cli("spam", "set", taro.address, "--tag", "on")
    words = " ".join(f"word{number}" for number in range(200))
    deliver(lab, taro, subject=words.replace(" word100", "\r\n word100"), headers=SPAMASSASSIN)
    (subject,) = taro.subjects()
    assert subject.split() == ["[SPAM]", *words.split()]


def test_score_is_a_decimal(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    lab.cli("spam", "set", taro.address, "--tag", "on", "--score", "5.05")
    for score in ("5.04", "5.05", "5.5"):
        deliver(lab, taro, subject=score, headers=[("X-Spam-Score", score)])
    assert taro.subjects() == ["5.04", "[SPAM] 5.05", "[SPAM] 5.5"]
    lab.cli("spam", "set", taro.address, "--score", "8")
    deliver(lab, taro, subject="below", headers=SPAMASSASSIN)
    assert taro.subjects()[3:] == ["below"]


def test_actions(lab, domain):
    """A change holds at the next delivery, with no reload."""
    taro = lab.create_account(f"taro@{domain}")
    for action in ("off", "tag", "move", "delete"):
        lab.cli("spam", "set", taro.address, "--action", action)
        deliver(lab, taro, subject=action, headers=SPAMASSASSIN)
        deliver(lab, taro, subject=f"ham {action}", headers=HAM)
    # "move" keeps the tag that "tag" has set.
    assert taro.subjects() == ["off", "ham off", "[SPAM] tag", "ham tag", "ham move", "ham delete"]
    assert taro.subjects("Junk") == ["[SPAM] move"]


@pytest.mark.all_formats
def test_folder_is_made_and_subscribed(lab):
    domain = lab.create_domain("--plan", "site")
    taro = lab.create_account(f"taro@{domain}", "--capacity", "10M")
    lab.cli("spam", "set", taro.address, "--action", "move")
    deliver(lab, taro, subject="first", headers=RSPAMD)
    deliver(lab, taro, subject="second", headers=RSPAMD)
    assert taro.subjects("caughtspam") == ["first", "second"]
    assert taro.subjects() == []
    with taro.imap() as imap:
        assert "caughtspam" in imap.subscriptions()


def test_plan_without_sorting(lab):
    domain = lab.create_domain("--plan", "sv-basic")
    taro = lab.create_account(f"taro@{domain}")
    lab.cli("spam", "set", taro.address, "--sort", "on", want_exit=65)
    lab.cli("spam", "set", taro.address, "--tag", "on")
    # Neither is the score settable: the scanner's word counts.
    deliver(lab, taro, subject="by flag", headers=[("X-Spam-Flag", "YES"), ("X-Spam-Score", "1")])
    deliver(lab, taro, subject="not spam", headers=[("X-Spam-Flag", "NO"), ("X-Spam-Score", "9")])
    assert taro.subjects() == ["[SPAM] by flag", "not spam"]


def test_lists_of_senders(lab, domain):
    """By SMTP: the lists count without any scanner, for From and for the envelope sender."""
    taro = lab.create_account(f"taro@{domain}")
    lab.cli("spam", "set", taro.address, "--tag", "on")
    lab.cli("spam", "block", taro.address, "Bad@Outside.example", "*@spam.example")
    lab.cli("spam", "allow", taro.address, "@good.example", "friend@spam.example")

    def send(subject, envelope, author, headers=()):
        data = messages.make_message(subject=subject, sender=author, headers=headers)
        assert lab.send(taro.address, sender=envelope, data=data).accepted

    send("1 envelope", "bad@outside.example", "a@outside.example")
    send("2 author", "a@outside.example", "BAD@outside.EXAMPLE")
    send("3 domain", "x@Spam.example", "x@outside.example")
    send("4 below it", "x@sub.spam.example", "x@outside.example")
    send("5 both", "friend@spam.example", "friend@spam.example")
    taro.wait_for_mail("[SPAM] 1 envelope", "[SPAM] 2 author", "[SPAM] 3 domain", "4 below it",
                       "5 both")
    deliver(lab, taro, subject="6 allowed", sender="x@good.example", headers=SPAMASSASSIN)
    assert "6 allowed" in taro.subjects()
    lab.cli("spam", "forget", taro.address, "@good.example")
    deliver(lab, taro, subject="7 forgotten", sender="x@good.example", headers=SPAMASSASSIN)
    assert "[SPAM] 7 forgotten" in taro.subjects()


def test_headers_of_the_sender_decide_nothing(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    jiro = lab.create_account(f"jiro@{domain}")
    lab.cli("spam", "set", taro.address, "--tag", "on", "--sort", "on")
    forged = [*SPAMASSASSIN, *RSPAMD, ("x-spam-score", "99"), ("X-Spam-Level", "*****")]
    lab.send(taro.address, subject="by a stranger", headers=forged)
    jiro.submit([taro.address], subject="by a user", headers=forged)
    taro.wait_for_mail("by a stranger", "by a user")
    with taro.imap() as imap:
        for message in imap.messages():
            assert b"x-spam" not in imap.content(message.uid).lower()


def test_attached_message_keeps_its_headers(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    attached = ("This is text.\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nX-Spam-Flag: YES\r\n"
                "Subject: within\r\n\r\nHello.\r\n--b--\r\n")
    lab.send(taro.address, subject="attached", body=attached,
             headers=[("MIME-Version", "1.0"), ("Content-Type", "multipart/mixed; boundary=b")])
    taro.wait_for_mail("attached")
    with taro.imap() as imap:
        (message,) = imap.messages()
        assert b"X-Spam-Flag: YES" in imap.content(message.uid)


def test_each_recipient_has_its_own_settings(lab, domain):
    names = ("none", "tag", "move", "delete", "allowed", "off", "away")
    accounts = {name: lab.create_account(f"{name}@{domain}") for name in names}
    for name in ("tag", "move", "delete"):
        lab.cli("spam", "set", accounts[name].address, "--action", name)
    lab.cli("spam", "set", accounts["allowed"].address, "--action", "delete")
    for name in ("tag", "move", "delete"):
        lab.cli("spam", "block", accounts[name].address, "@spam.example")
    lab.cli("spam", "block", accounts["allowed"].address, "@spam.example")
    lab.cli("spam", "allow", accounts["allowed"].address, "x@spam.example")
    lab.cli("receive", "off", accounts["off"].address)
    lab.cli("forward", "set", accounts["away"].address, "far@outside.example", accounts["tag"].address,
            "--no-copy")
    sent = lab.send([account.address for account in accounts.values()], sender="x@spam.example",
                    subject="one for all")
    assert sent.accepted
    lab.wait_for_empty_queue()
    lab.wait_for_outside("far@outside.example", "one for all")
    got = {name: (account.subjects(), account.subjects("Junk"))
           for name, account in accounts.items()}
    assert got == {
        "none": (["one for all"], []),
        "tag": (["[SPAM] one for all"], []),
        "move": ([], ["one for all"]),
        "delete": ([], []),
        "allowed": (["one for all"], []),
        "off": ([], []),
        "away": ([], []),
    }


def test_users_own_scripts_run_for_the_rest(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    lab.cli("spam", "set", taro.address, "--tag", "on")
    script = ('require ["fileinto", "mailbox"];\r\nif header :contains "Subject" "list" '
              '{ fileinto :create "Lists"; }\r\n')
    lab.doveadm("sieve", "put", "-u", taro.address, "-a", "own", input=script)
    deliver(lab, taro, subject="list 1", headers=HAM)
    deliver(lab, taro, subject="list 2", headers=SPAMASSASSIN)
    assert taro.subjects("Lists") == ["list 1", "[SPAM] list 2"]
    lab.cli("spam", "set", taro.address, "--sort", "on")
    deliver(lab, taro, subject="list 3", headers=SPAMASSASSIN)
    assert taro.subjects("Junk") == ["[SPAM] list 3"]
    assert taro.subjects("Lists") == ["list 1", "[SPAM] list 2"]


def test_users_scripts_cannot_edit_headers(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    for extension in ("editheader", "vnd.dovecot.environment"):
        lab.doveadm("sieve", "put", "-u", taro.address, "own", want_exit=None,
                    input=f'require "{extension}";\r\nkeep;\r\n')
        lab.doveadm("sieve", "activate", "-u", taro.address, "own", want_exit=None)
    deliver(lab, taro, subject="plain", headers=HAM)
    assert taro.subjects() == ["plain"]


def test_full_mailbox_is_told(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "100K")
    lab.cli("spam", "set", taro.address, "--sort", "on")
    data = messages.make_message(subject="large", headers=SPAMASSASSIN, size=200_000)
    assert lab.lmtp([taro.address], data=data)[taro.address].code == 552


def test_global_script_compiles_without_a_word(lab):
    folder = lab.dir / "dovecot"
    before = lab.log_path.stat().st_size
    result = run([f"{lab.dir}/bin/in-lab", "sievec", "-c", str(folder / "dovecot.conf"),
                  str(folder / "boxkeeper.sieve")])
    assert result.output + result.errors == ""
    assert "sieve" not in lab.log(before)
