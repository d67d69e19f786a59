# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Capacity is live: what the CLI sets holds at the next IMAP command of an open session, at the
next delivery and at the next RCPT (PRODUCT.md section 6)."""

import sqlite3
from contextlib import closing

import pytest

import messages
import smtp
from scene import Scene
from waiting import wait_for

KIB = 1024


def refused_as_full(answer):
    status, text = answer
    return status == "NO" and "[OVERQUOTA]" in text


def append(imap, size, folder="INBOX"):
    return imap.append(messages.make_message(size=size), folder)


def set_capacity(account, capacity):
    account.lab.cli("account", "set", account.address, "--capacity", capacity)


def wait_for_usage(account, used_bytes):
    """Until state.db has it, where boxkeeperd reads it."""
    wait_for(lambda: account.show()["usage_bytes"] == used_bytes,
             f"{used_bytes} bytes in use in {account.address}")


def test_next_session_mends_what_is_wrongly_on_record(lab, domain):
    """As after a process was killed before its report: mail must not be refused for long."""
    taro = lab.create_account(f"taro@{domain}", "--capacity", "100K")
    assert lab.lmtp(taro.address, size=10 * KIB)[taro.address].code == 250
    wait_for(lambda: taro.show()["usage_messages"] == 1, "the delivery to be on record")
    used = taro.show()["usage_bytes"]
    with closing(sqlite3.connect(lab.data / "state/state.db")) as database, database:
        database.execute("UPDATE counters SET value = value + 1 WHERE name = 'usage_sequence'")
        database.execute("UPDATE usage SET bytes = ?, sequence = (SELECT value FROM counters WHERE "
                         "name = 'usage_sequence') WHERE account_id = (SELECT account_id FROM users "
                         "WHERE primary_address = ?)", (100 * KIB, taro.address))
    wait_for(lambda: lab.ask(taro.address).code == 552, "RCPT to believe it")
    with taro.imap() as imap:
        assert imap.select() == 1
    wait_for(lambda: lab.ask(taro.address).code == 250, "RCPT to accept again")
    wait_for_usage(taro, used)


# --- in an open IMAP session ---------------------------------------------------------------------


@pytest.mark.all_formats
def test_change_holds_in_an_open_imap_session(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "1M")
    with taro.imap() as imap:
        assert imap.quota() == (0, 1024)
        assert append(imap, 200 * KIB)[0] == "OK"

        set_capacity(taro, "100K")
        assert imap.quota() == (200, 100)
        assert refused_as_full(append(imap, 500))

        set_capacity(taro, "300K")
        assert imap.quota() == (200, 300)
        assert append(imap, 50 * KIB)[0] == "OK"
        assert refused_as_full(append(imap, 51 * KIB))
        assert imap.select() == 2

        set_capacity(taro, "0")
        assert imap.quota() is None
        assert append(imap, 500 * KIB)[0] == "OK"

        set_capacity(taro, "1M")
        assert imap.quota() == (750, 1024)


@pytest.mark.all_formats
@pytest.mark.parametrize("over, want", [(-1, "OK"), (0, "OK"), (1, "NO")])
def test_append_up_to_the_limit(lab, domain, over, want):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "100K")
    with taro.imap() as imap:
        assert append(imap, 60 * KIB)[0] == "OK"
        answer = append(imap, 40 * KIB + over)
        assert answer[0] == want, answer
        assert imap.select() == (2 if want == "OK" else 1)


@pytest.mark.all_formats
def test_move_works_over_quota(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "1M")
    with taro.imap() as imap:
        append(imap, 60 * KIB)
        append(imap, 60 * KIB)
        set_capacity(taro, "50K")
        imap.select()
        assert imap.command("uid", "MOVE", "1", "Archive")[0] == "OK"
        assert refused_as_full(imap.command("uid", "COPY", "2", "Archive"))
        assert (imap.select(), imap.select("Archive")) == (1, 1)
        assert imap.quota() == (120, 50)


@pytest.mark.all_formats
def test_copy_into_trash_goes_a_tenth_above_the_limit(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "100K")
    with taro.imap() as imap:
        for _ in range(10):
            assert append(imap, 10 * KIB)[0] == "OK"
        imap.select()
        assert refused_as_full(imap.command("uid", "COPY", "1", "Archive"))
        assert imap.command("uid", "COPY", "1", "Trash")[0] == "OK"
        assert imap.quota() == (110, 100)
        assert refused_as_full(imap.command("uid", "COPY", "2", "Trash"))
        # What a client without MOVE does to delete: the tenth is free again.
        imap.command("uid", "STORE", "1", "+FLAGS", "(\\Deleted)")
        imap.command("expunge")
        assert imap.command("uid", "COPY", "2", "Trash")[0] == "OK"


@pytest.mark.all_formats
def test_copy_of_ten_with_room_for_five_copies_nothing(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "150K")
    with taro.imap() as imap:
        for _ in range(10):
            assert append(imap, 10 * KIB)[0] == "OK"
        imap.select()
        assert refused_as_full(imap.command("uid", "COPY", "1:10", "Archive"))
        assert imap.select("Archive") == 0
        assert imap.quota() == (100, 150)
        imap.select()
        assert imap.command("uid", "COPY", "1:5", "Archive")[0] == "OK"
        assert imap.quota() == (150, 150)


# --- at delivery ---------------------------------------------------------------------------------


@pytest.mark.all_formats
def test_change_holds_at_the_next_delivery(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "1M")
    with smtp.connect_lmtp(lab.lmtp_port) as session:
        def deliver(subject):
            message = messages.make_message(subject=subject, size=20 * KIB)
            return smtp.transact_lmtp(session, "someone@outside.example", taro.address,
                                      message)[taro.address]

        assert deliver("one").code == 250
        set_capacity(taro, "30K")
        reply = deliver("two")
        assert (reply.code, reply.status) == (552, "5.2.2"), reply
        set_capacity(taro, "50K")
        assert deliver("three").code == 250
    assert taro.subjects() == ["one", "three"]


@pytest.mark.all_formats
@pytest.mark.parametrize("over, want", [(-1, 250), (0, 250), (1, 552)])
def test_delivery_up_to_the_limit(lab, domain, over, want):
    """What counts is the message as it is stored, with the headers of its way."""
    taro = lab.create_account(f"taro@{domain}", "--capacity", "1M")
    for subject in ("first", "twins"):
        assert lab.lmtp(taro.address, subject=subject, size=3000)[taro.address].code == 250
    sizes = [message.size for message in taro.messages()]
    assert sizes[0] == sizes[1]
    with taro.imap() as imap:
        assert append(imap, 20 * KIB - sum(sizes))[0] == "OK"
    set_capacity(taro, "30K")
    reply = lab.lmtp(taro.address, subject="third",
                     size=10 * KIB + over - (sizes[0] - 3000))[taro.address]
    assert reply.code == want, reply
    assert ("third" in taro.subjects()) == (want == 250)


def test_lowered_between_rcpt_and_delivery_the_sender_is_told(lab, domain):
    scene = Scene(lab, domain, {"taro": ""})
    message = scene.new_message(size=20 * KIB)
    with lab.smtp() as session:
        session.mail(scene.sender)
        assert session.rcpt(f"taro@{domain}")[0] == 250
        set_capacity(scene.accounts["taro"], "10K")
        assert session.data(message)[0] == 250
    scene.check({}, want_bounces=1)
    assert "552 5.2.2" in scene.bounces()[0].content.decode()


# --- at RCPT -------------------------------------------------------------------------------------


def test_change_holds_at_the_next_rcpt(lab, domain):
    scene = Scene(lab, domain, {"taro": "full"})
    taro = scene.accounts["taro"]
    with lab.smtp() as session:
        def rcpt():
            sent = smtp.transact(session, "someone@outside.example", [taro.address],
                                 messages.make_message(size=KIB))
            return sent.only.code, sent.only.status

        assert rcpt() == (552, "5.2.2")
        set_capacity(taro, "1M")
        assert rcpt() == (250, "2.1.5")
        set_capacity(taro, "5K")
        assert rcpt() == (552, "5.2.2")
        set_capacity(taro, "0")
        assert rcpt() == (250, "2.1.5")


@pytest.mark.parametrize("over, want", [(-1, (250, "2.1.5")), (0, (250, "2.1.5")),
                                        (1, (552, "5.2.2"))])
def test_size_up_to_the_limit(lab, domain, over, want):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "100K")
    with taro.imap() as imap:
        append(imap, 60 * KIB)
    wait_for_usage(taro, 60 * KIB)
    with lab.smtp() as session:
        session.mail("someone@outside.example", [f"SIZE={40 * KIB + over}"])
        reply = smtp.reply(session.rcpt(taro.address))
    assert (reply.code, reply.status) == want, reply


@pytest.mark.parametrize("size, want", [(None, (452, "4.2.2")), (1, (452, "4.2.2"))])
def test_plan_says_that_full_is_temporary(lab, domain, size, want):
    plan = f"patient{domain.partition('.')[0]}"
    lab.cli("plan", "add", plan, "--from", "open")
    lab.cli("plan", "set", plan, "full_is_temporary=on")
    patient = lab.create_domain("--plan", plan)
    scene = Scene(lab, patient, {"taro": "full", "jiro": ""})
    sent = scene.send("taro", "jiro", declare_size=size or False, size=KIB)
    assert (sent["taro"].code, sent["taro"].status) == want, sent["taro"]
    scene.check({"jiro": 1})
    reply = lab.lmtp(scene.address("taro"))[scene.address("taro")]
    assert (reply.code, reply.status) == want, reply


@pytest.mark.all_formats
def test_tidying_up_in_a_long_session_makes_room_at_rcpt(lab, domain):
    scene = Scene(lab, domain, {"taro": "full"})
    assert scene.send("taro")["taro"].code == 552
    with scene.accounts["taro"].imap() as imap:
        imap.delete_all()
        wait_for(lambda: scene.send("taro").accepted, "RCPT to accept again")
        wait_for(lambda: imap.command("noop") and imap.select() == 1, "the message in the session")
    scene.check({"taro": 1})


def test_filling_up_in_a_long_session_is_seen_at_rcpt(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "20K")
    with taro.imap() as imap:
        assert append(imap, 20 * KIB)[0] == "OK"
        wait_for(lambda: lab.send(taro.address).only.code == 552, "RCPT to refuse")


def test_unlimited(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "0")
    with taro.imap() as imap:
        assert imap.quota() is None
        assert append(imap, 3 * KIB * KIB)[0] == "OK"
    reply = lab.send(taro.address, subject="large", size=2 * KIB * KIB, declare_size=True)
    assert reply.accepted
    lab.wait_for_empty_queue()
    assert "large" in taro.subjects()
