# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Addresses beside those that accounts have: catch-all and domain aliases."""

import pytest

import smtp
from managesieve import ManageSieve
from scene import Scene

SORT_BY_DETAIL = """require ["envelope", "subaddress", "fileinto", "mailbox"];
if envelope :detail "to" "shop" { fileinto :create "shop"; }
"""


@pytest.fixture
def scene(lab, domain):
    return Scene(lab, domain, {"taro": "alias sales", "jiro": "", "hana": "-> hana@out"})


def set_catch_all(scene, name):
    scene.lab.cli("domain", "set", scene.domain, "--catch-all",
                  scene.address(name) if name else "")


def add_alias(scene):
    alias = f"alias-of-{scene.domain}"
    scene.lab.cli("domain", "alias", "add", scene.domain, alias)
    return alias


def sort_by_detail(lab, account):
    with ManageSieve(lab.sieve_port, account.login, account.password) as session:
        size = len(SORT_BY_DETAIL.encode())
        answer = session.command(f'PUTSCRIPT "detail" {{{size}+}}\r\n{SORT_BY_DETAIL}')
        assert answer.startswith("OK"), answer
        assert session.command('SETACTIVE "detail"').startswith("OK")


def test_catch_all(lab, scene):
    assert str(lab.ask(scene.address("nobody"))).startswith("550 5.1.1")
    set_catch_all(scene, "jiro")
    scene.send("nobody", "taro", "sales+x", "any.body+y")
    scene.check({"taro": 2, "jiro": 2})
    set_catch_all(scene, "")
    assert str(lab.ask(scene.address("nobody"))).startswith("550 5.1.1")


def test_several_unknown_addresses_are_one_copy(scene):
    set_catch_all(scene, "jiro")
    scene.send("one", "two", "jiro")
    scene.check({"jiro": 1})


def test_a_catch_all_is_for_its_domain_only(lab, scene):
    other = lab.create_domain()
    set_catch_all(scene, "jiro")
    assert str(lab.ask(f"nobody@{other}")).startswith("550 5.1.1")
    assert lab.ask("nobody@unknown.example").code == 554


@pytest.mark.parametrize("setting, want", [("suspended", "550 5.2.1"), ("full", "552 5.2.2")])
def test_settings_of_the_catch_all_account_hold(lab, scene, setting, want):
    set_catch_all(scene, "jiro")
    scene.set("jiro", setting)
    assert str(lab.ask(scene.address("nobody"))).startswith(want)


def test_catch_all_that_forwards(scene):
    set_catch_all(scene, "hana")
    scene.send("nobody", "jiro")
    scene.check({"hana@out": 1, "jiro": 1})


def test_deleted_catch_all(lab, scene):
    set_catch_all(scene, "jiro")
    lab.cli("--yes", "account", "delete", scene.address("jiro"))
    assert str(lab.ask(scene.address("nobody"))).startswith("550 5.1.1")
    assert lab.cli_json("domain", "show", scene.domain)["catch_all"] is None


def test_extension_reaches_sieve(lab, scene):
    alias = add_alias(scene)
    set_catch_all(scene, "jiro")
    for name in ("taro", "jiro"):
        sort_by_detail(lab, scene.accounts[name])
    lab.send(scene.address("sales+shop"), subject="alias")
    lab.send(f"taro+shop@{alias}", subject="domain alias")
    lab.send(scene.address("nobody+shop"), subject="catch-all")
    lab.send(scene.address("nobody"), subject="plain")
    scene.accounts["taro"].wait_for_mail("alias", "domain alias", folder="shop")
    scene.accounts["jiro"].wait_for_mail("catch-all", folder="shop")
    scene.accounts["jiro"].wait_for_mail("plain")


def test_domain_alias(lab, scene):
    alias = add_alias(scene)
    message = scene.new_message()
    with lab.smtp() as session:
        sent = smtp.transact(session, scene.sender, [
            f"taro@{alias}", f"Sales+x@{alias.upper()}", f"hana@{alias}", f"nobody@{alias}"],
            message)
    assert [reply.code for reply in sent.recipients.values()] == [250, 250, 250, 550]
    scene.check({"taro": 2, "hana@out": 1})
    lab.cli("domain", "alias", "remove", scene.domain, alias)
    assert lab.ask(f"taro@{alias}").code == 554


def test_catch_all_of_a_domain_alias(lab, scene):
    alias = add_alias(scene)
    set_catch_all(scene, "jiro")
    message = scene.new_message()
    with lab.smtp() as session:
        assert smtp.transact(session, scene.sender, f"nobody@{alias}", message).accepted
    scene.check({"jiro": 1})


def test_addresses_to_send_from(lab, scene):
    def answer(session, sender):
        reply = smtp.reply(session.mail(sender))
        if reply.code == 250:
            reply = smtp.reply(session.rcpt("friend@outside.example"))
        session.rset()
        return f"{reply.code} {reply.status}"

    alias = add_alias(scene)
    set_catch_all(scene, "taro")
    with scene.accounts["taro"].smtp() as session:
        assert answer(session, f"taro@{alias}") == "250 2.1.5"
        assert answer(session, f"sales+x@{alias}") == "250 2.1.5"
        assert answer(session, f"jiro@{alias}") == "553 5.7.1"
        assert answer(session, scene.address("nobody")) == "553 5.7.1"
        lab.cli("domain", "alias", "remove", scene.domain, alias)
        assert answer(session, f"taro@{alias}") == "553 5.7.1"
