# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The thinnest thread through everything: one account, one message, one limit."""

import pytest

import messages

BODY = ("Grüße, こんにちは.\r\n.a line that begins with a dot\r\n..\r\n.\r\n\r\n"
        "From here on, blanks at the end  \t\r\n" + "y" * 900 + "\r\nthe last line\r\n")


@pytest.mark.all_formats
def test_message_from_smtp_to_imap_and_pop3(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "1M")
    sent = messages.make_message(subject="the thread", to=taro.address, body=BODY)

    assert lab.send(taro.address, data=sent).accepted
    taro.wait_for_mail("the thread")

    with taro.imap() as imap:
        (stored,) = imap.messages()
        by_imap = imap.content(stored.uid)
        assert imap.quota() == ((stored.size + 1023) // 1024, 1024)
    pop3 = taro.pop3()
    by_pop3 = b"".join(line + b"\r\n" for line in pop3.retr(1)[1])
    pop3.quit()

    assert by_imap.endswith(sent), "the message by IMAP, behind the headers of its way"
    assert by_pop3 == by_imap
    assert stored.size == len(by_imap)
    headers = by_imap[:-len(sent)].decode()
    assert headers.startswith("Return-Path: <someone@outside.example>\r\n")
    assert f"Delivered-To: {taro.address}\r\n" in headers


@pytest.mark.all_formats
def test_one_limit(lab, domain):
    taro = lab.create_account(f"taro@{domain}", "--capacity", "10K")
    reply = lab.send(taro.address, size=11_000, declare_size=True).only
    assert (reply.code, reply.status) == (552, "5.2.2")
    assert lab.send(taro.address, subject="small", size=2_000, declare_size=True).accepted
    taro.wait_for_mail("small")
