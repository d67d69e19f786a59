# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Auto-replies on a real server: who is answered, with what, how often, and who never is."""

import datetime
import itertools
from concurrent.futures import ThreadPoolExecutor
from email.utils import parseaddr

import pytest

import messages
from waiting import wait_for

_numbers = itertools.count(1)


def set_reply(lab, account, *options, subject="away", body="I am away."):
    lab.cli("autoreply", "set", account.address, "--subject", subject, "--body", body, *options)


def new_sender():
    return f"asker{next(_numbers)}@outside.example"


def ask(lab, *recipients, sender=None, **message):
    """A stranger writes to them; To names them all. Returns the sender."""
    sender = sender or new_sender()
    message.setdefault("to", ">, <".join(recipients))
    assert lab.send(list(recipients), sender=sender, **message).accepted
    return sender


def replies(lab, sender):
    """What the sender got when everything is done."""
    lab.wait_for_empty_queue()
    return [one for one in lab.outside(recipient=sender)]


def only_reply(lab, sender):
    (reply,) = lab.wait_for_outside(sender)
    assert len(replies(lab, sender)) == 1
    return reply


def text_of(reply):
    return reply.parsed.get_content().replace("\r\n", "\n")


@pytest.mark.all_formats
def test_japanese_answer(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    body = "只今、休暇中です。\n%u ${env.x} 「返信」は二十日以降になります。"
    set_reply(lab, taro, subject="不在のお知らせ", body=body)
    sender = ask(lab, taro.address, subject="hello")
    taro.wait_for_mail("hello")
    reply = only_reply(lab, sender)
    assert reply.subject == "不在のお知らせ"
    assert text_of(reply).strip() == body
    assert parseaddr(reply.parsed["From"])[1] == taro.address
    assert reply.sender == ""
    assert reply.parsed["Auto-Submitted"].startswith("auto-replied")


def test_once_for_each_sender(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    set_reply(lab, taro)
    first = ask(lab, taro.address)
    ask(lab, taro.address, sender=first)
    second = ask(lab, taro.address)
    assert len(replies(lab, first)) == 1
    assert len(replies(lab, second)) == 1


def test_once_for_each_sender_in_the_same_moment(lab, domain):
    """Several processes of LMTP answer at once."""
    taro = lab.create_account(f"taro@{domain}")
    set_reply(lab, taro)
    senders = [new_sender() for _ in range(6)]

    def deliver(sender):
        return lab.lmtp([taro.address], sender=sender, to=taro.address)[taro.address].code
    with ThreadPoolExecutor(12) as threads:
        assert set(threads.map(deliver, senders * 4)) == {250}
    assert {sender: len(replies(lab, sender)) for sender in senders} == dict.fromkeys(senders, 1)


def test_interval(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    set_reply(lab, taro, "--interval", "1s")
    sender = ask(lab, taro.address)
    only_reply(lab, sender)

    def asked_again():
        ask(lab, taro.address, sender=sender)
        return len(replies(lab, sender)) >= 2
    wait_for(asked_again, "a second answer")


def test_memory_is_cleared_when_the_text_changes(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    set_reply(lab, taro)
    sender = ask(lab, taro.address)
    only_reply(lab, sender)
    for number, change in enumerate(({"body": "Other text."}, {"subject": "other"},
                                     {"options": ["--from", "2020-01-01"]},
                                     {}), 2):  # the first one again
        set_reply(lab, taro, *change.pop("options", []), **change)
        ask(lab, taro.address, sender=sender)
        assert len(replies(lab, sender)) == number
        ask(lab, taro.address, sender=sender)
        assert len(replies(lab, sender)) == number


def test_off_at_once(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    set_reply(lab, taro)
    only_reply(lab, ask(lab, taro.address))
    lab.cli("autoreply", "off", taro.address)
    assert replies(lab, ask(lab, taro.address)) == []


def test_dates_in_the_domains_time_zone(lab):
    """Between the two ends of the world the date is never the same."""
    today = {}
    for zone, hours in (("Pacific/Kiritimati", 14), ("Etc/GMT+12", -12)):
        domain = lab.create_domain("--time-zone", zone)
        taro = lab.create_account(f"taro@{domain}")
        for name, first, last, answered in (
                ("today", 0, 1, True), ("until today", None, 0, True), ("over", None, -1, False),
                ("tomorrow", 1, None, False), ("from today", 0, None, True),
                ("equal", 5, 5, True)):
            now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
            days = {option: (now + datetime.timedelta(days=shift)).date().isoformat()
                    for option, shift in (("--from", first), ("--until", last))
                    if shift is not None}
            set_reply(lab, taro, *itertools.chain(*days.items()), body=f"{zone} {name}")
            sender = ask(lab, taro.address)
            assert (len(replies(lab, sender)) == 1) == answered, (zone, name)
        today[zone] = now.date()
    assert len(set(today.values())) == 2


def test_quote(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    set_reply(lab, taro, "--quote")
    sender = ask(lab, taro.address, body="First line.\r\n\r\nお世話になっております。\r\n",
                 headers=[("Content-Type", "text/plain; charset=utf-8"),
                          ("Content-Transfer-Encoding", "8bit"), ("MIME-Version", "1.0")])
    assert text_of(only_reply(lab, sender)).rstrip() == (
        "I am away.\n\n> First line.\n> \n> お世話になっております。")
    long = ask(lab, taro.address, body="あ" * 300 + ("\r\n" + "い" * 300) * 20 + "\r\n",
               headers=[("Content-Type", "text/plain; charset=utf-8"), ("MIME-Version", "1.0"),
                        ("Content-Transfer-Encoding", "8bit")])
    quoted = text_of(only_reply(lab, long)).replace("\n> ", "\n")
    size = len(quoted.split("\n\n", 1)[1].encode())
    assert 2000 < size <= 2048 + 3
    encoded = ask(lab, taro.address, body="GyRCJCpDTiRpJDsbKEI=\r\n",
                  headers=[("Content-Type", "text/plain; charset=ISO-2022-JP"),
                           ("Content-Transfer-Encoding", "base64"), ("MIME-Version", "1.0")])
    assert "> お知らせ" in text_of(only_reply(lab, encoded))


def part(kind, body, *headers):
    return "\r\n".join([f"Content-Type: {kind}", *headers, "", body, ""])


ATTACHED = 'Content-Disposition: attachment; filename="a"'
PARTS = {
    "html": ("text/html; charset=utf-8", "<p>会議&amp;昼食</p>", "> 会議&昼食"),
    "alternative": ("multipart/alternative", [part("text/plain", "plain"),
                                              part("text/html", "<b>markup</b>")], "> plain"),
    "html-first": ("multipart/mixed", [part("text/html", "<b>markup</b>"),
                                       part("text/plain", "plain")], "> plain"),
    "attachments": ("multipart/mixed", [part("text/plain", "attached", ATTACHED),
                                        part("text/html", "<b>markup</b>"),
                                        part("text/plain", "attached too", ATTACHED)], "> markup"),
    "nothing": ("multipart/mixed", [part("text/plain", "attached", ATTACHED)], ""),
    "unknown charset": ("text/plain; charset=x-none", "words", "> words"),
}


def test_quote_of_other_messages(lab, domain):
    """The text that people read: not markup, not attachments."""
    taro = lab.create_account(f"taro@{domain}")
    set_reply(lab, taro, "--quote")
    for name, (kind, body, want) in PARTS.items():
        if not isinstance(body, str):
            kind += "; boundary=b"
            body = "".join(f"--b\r\n{one}" for one in body) + "--b--\r\n"
        sender = ask(lab, taro.address, body=body, headers=[
            ("MIME-Version", "1.0"), ("Content-Transfer-Encoding", "8bit"), ("Content-Type", kind)])
        got = text_of(only_reply(lab, sender)).strip().removeprefix("I am away.")
        assert got.strip() == want, name


@pytest.mark.parametrize("headers", [
    [("List-Id", "<list.outside.example>")], [("Precedence", "bulk")], [("Precedence", "list")],
    [("Auto-Submitted", "auto-generated")], [("Auto-Submitted", "auto-replied")],
], ids=lambda headers: "-".join(headers[0]))
def test_no_answer_to_machines(lab, domain, headers):
    taro = lab.create_account(f"taro@{domain}")
    set_reply(lab, taro)
    sender = ask(lab, taro.address, headers=headers)
    assert replies(lab, sender) == []


def test_no_answer_to_bounces_lists_itself_and_blind_copies(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--alias", f"alias@{domain}")
    set_reply(lab, taro)
    for sender in ("", "owner-list@outside.example", "list-request@outside.example",
                   "MAILER-DAEMON@outside.example"):
        lab.send(taro.address, sender=sender, to=taro.address)
        assert replies(lab, sender) == []
    for own in (taro.address, f"alias@{domain}", f"taro+x@{domain}"):
        taro.submit([taro.address], sender=own, to=taro.address, subject=f"from {own}")
    blind = ask(lab, taro.address, to="somebody@outside.example")
    assert replies(lab, blind) == []
    lab.wait_for_empty_queue()
    assert "away" not in taro.subjects()


def test_no_answer_to_spam(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    set_reply(lab, taro)
    for action in ("off", "tag", "move", "delete"):
        lab.cli("spam", "set", taro.address, "--action", action)
        sender = new_sender()
        lab.lmtp([taro.address], sender=sender, to=taro.address,
                 headers=[("X-Spam-Flag", "YES")])
        assert replies(lab, sender) == []
    sender = new_sender()
    lab.lmtp([taro.address], sender=sender, to=taro.address, headers=[("X-Spam-Flag", "NO")])
    only_reply(lab, sender)


def test_aliases_and_extensions_answer_under_their_name(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--alias", f"Info@{domain}")
    set_reply(lab, taro)
    for written, answering in ((f"info@{domain}", f"info@{domain}"),
                               (f"taro+ext@{domain}", f"taro@{domain}"),
                               (f"INFO+x@{domain.upper()}", f"info@{domain}")):
        reply = only_reply(lab, ask(lab, written))
        assert parseaddr(reply.parsed["From"])[1] == answering


@pytest.mark.parametrize("settings", [
    [["receive", "off"]],
    [["forward", "set", "{target}", "--no-copy"]],
    [["receive", "off"], ["forward", "set", "{target}", "--no-copy"]],
    [["receive", "off"], ["forward", "set", "{target}", "--keep-copy"]],
], ids=["off", "no-copy", "off-no-copy", "off-keep-copy"])
def test_answers_without_storing(lab, domain, settings):
    taro = lab.create_account(f"taro@{domain}")
    target = f"far{next(_numbers)}@outside.example"
    script = 'require "fileinto";\r\nfileinto "Trash";\r\n'
    lab.doveadm("sieve", "put", "-u", taro.address, "-a", "own", input=script)
    for noun, verb, *rest in settings:
        lab.cli(noun, verb, taro.address, *[word.format(target=target) for word in rest])
    set_reply(lab, taro)
    for recipient in (taro.address, f"taro+ext@{domain}"):
        reply = only_reply(lab, ask(lab, recipient, subject="question"))
        assert parseaddr(reply.parsed["From"])[1] == taro.address
        assert "boxkeeper.invalid" not in reply.content.decode()
    forwarded = lab.outside(recipient=target)
    assert len(forwarded) == (2 if any("forward" in words for words in settings) else 0)
    for folder in ("INBOX", "Trash"):
        assert taro.subjects(folder) == []
    lab.cli("autoreply", "off", taro.address)
    assert replies(lab, ask(lab, taro.address)) == []


def test_each_recipient_has_its_own_settings(lab, domain):
    names = ("plain", "answers", "away", "off", "other", "spam")
    accounts = {name: lab.create_account(f"{name}@{domain}") for name in names}
    for name in ("answers", "away", "off", "spam"):
        set_reply(lab, accounts[name], subject=f"{name} is away")
    lab.cli("forward", "set", accounts["away"].address, accounts["plain"].address,
            "far@outside.example", "--no-copy")
    lab.cli("receive", "off", accounts["off"].address)
    lab.cli("spam", "block", accounts["spam"].address, "@outside.example")
    lab.cli("spam", "set", accounts["spam"].address, "--tag", "on")
    set_reply(lab, accounts["other"], "--until", "2020-01-01", subject="other is back")
    sender = ask(lab, *[account.address for account in accounts.values()], subject="for all")
    got = sorted(reply.subject for reply in replies(lab, sender))
    assert got == ["answers is away", "away is away", "off is away"]
    assert {name: account.subjects() for name, account in accounts.items()} == {
        "plain": ["for all"], "answers": ["for all"], "away": [], "off": [], "other": ["for all"],
        "spam": ["[SPAM] for all"]}


def test_two_that_answer_each_other(lab, domain):
    """A storm ends by itself, also when both answer again at once."""
    taro, jiro = (lab.create_account(f"{name}@{domain}") for name in ("taro", "jiro"))
    for account in (taro, jiro):
        set_reply(lab, account, "--interval", "1s", subject=f"answer of {account.address}")
    lab.cli("forward", "set", jiro.address, taro.address, "--keep-copy")
    taro.submit([jiro.address], to=jiro.address, subject="begin")
    wait_for(lambda: f"answer of {jiro.address}" in taro.subjects(), "the answer")
    lab.wait_for_empty_queue()
    assert sorted(taro.subjects()) == [f"answer of {jiro.address}", "begin"]
    assert jiro.subjects() == ["begin"]


def test_a_list_of_those_who_answer(lab, domain):
    """A list that answers too, members that do, and a sender whose address refuses mail."""
    taro, jiro, members = (lab.create_account(f"{name}@{domain}")
                           for name in ("taro", "jiro", "members"))
    for account in (taro, jiro, members):
        set_reply(lab, account, "--interval", "1s", subject=f"answer of {account.address}")
    lab.cli("forward", "set", members.address, taro.address, jiro.address, "--no-copy")
    taro.submit([members.address], to=members.address, subject="begin")
    answer = f"answer of {members.address}"
    wait_for(lambda: answer in taro.subjects(), "the answer of the list")
    lab.wait_for_empty_queue()
    assert sorted(taro.subjects()) == [answer, "begin"]
    assert jiro.subjects() == ["begin"]
    refusing = f"reject{next(_numbers)}@outside.example"
    ask(lab, members.address, taro.address, sender=refusing, subject="refusing")
    wait_for(lambda: lab.log(lab.log_start).count(f"to=<{refusing}>") >= 2, "two refused answers")
    assert replies(lab, refusing) == []
    assert sorted(taro.subjects()) == [answer, "begin", "refusing"]
    assert jiro.subjects() == ["begin", "refusing"]


def test_all_targets_dead_is_refused(lab, domain):
    """An answer is no delivery: the sender learns that nobody gets it."""
    taro, jiro = (lab.create_account(f"{name}@{domain}") for name in ("taro", "jiro"))
    set_reply(lab, taro)
    lab.cli("forward", "set", taro.address, jiro.address, "--no-copy")
    lab.cli("account", "suspend", jiro.address)
    assert (answer := lab.ask(taro.address)).code == 550 and answer.status == "5.2.1"


def test_internal_form_is_refused_from_outside(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    lab.cli("receive", "off", taro.address)
    set_reply(lab, taro)
    for number in range(1, 5):
        assert lab.ask(f"{number}@boxkeeper.invalid").code == 550
    with taro.smtp() as session:
        session.mail(taro.address)
        assert session.rcpt("1@boxkeeper.invalid")[0] == 550


def test_full_and_suspended_accounts_do_not_answer(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "20K")
    set_reply(lab, taro)
    sender = new_sender()
    data = messages.make_message(size=40_000, to=taro.address, sender=sender)
    assert lab.lmtp([taro.address], sender=sender, data=data)[taro.address].code == 552
    lab.cli("account", "suspend", taro.address)
    assert lab.lmtp([taro.address], sender=sender, to=taro.address)[taro.address].code == 550
    assert replies(lab, sender) == []


def test_own_vacation_script_beside_it(lab, domain):
    taro = lab.create_account(f"taro@{domain}")
    lab.doveadm("sieve", "put", "-u", taro.address, "-a", "own",
                input='require ["vacation", "fileinto", "mailbox"];\r\nvacation "own script";\r\n'
                      'fileinto :create "Put";\r\n')
    set_reply(lab, taro)
    sender = ask(lab, taro.address, subject="both")
    taro.wait_for_mail("both", folder="Put")
    assert text_of(only_reply(lab, sender)).strip() == "I am away."
