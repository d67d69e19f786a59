# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Settings changed while a message waits in the queue: it is never lost. It is delivered, or the
receiver's own setting lets it go, or the sender is told."""

from dataclasses import dataclass, field

from lab import run
from scene import Scene
from waiting import wait_for


@dataclass
class Case:
    """taro's settings when the message comes, what changes while it waits, what becomes of it."""
    before: str
    changes: list
    arrives: dict = field(default_factory=dict)
    bounce: str = ""
    to: str = "taro"


WAITING_FOR_LMTP = [
    # Forwarding was decided when the message came. What waits for the mailbox is stored there.
    Case("", ["-> x@out"], {"taro": 1}),
    Case("", ["+> x@out"], {"taro": 1}),
    Case("-> jiro", ["forward off"], {"jiro": 1}),
    Case("-> jiro", ["-> x@out"], {"jiro": 1}),
    Case("+> jiro", ["-> x@out"], {"taro": 1, "jiro": 1}),
    # Receive OFF lets it go, but not where a forward stands: that was not asked for this message.
    Case("", ["off"], {}),
    Case("", ["off", "-> x@out"], {"taro": 1}),
    Case("off", ["on"], {"taro": 1}),
    Case("off", ["-> x@out"], {"taro": 1}),
    Case("", ["plan site", "off"], {}, bounce="5.2.1"),
    Case("", ["plan site"], {"taro": 1}),
    # Suspended, full, gone.
    Case("", ["suspended"], {}, bounce="5.2.1"),
    Case("", ["suspended", "resumed"], {"taro": 1}),
    Case("-> jiro", ["suspended"], {"jiro": 1}),
    Case("", ["full"], {}, bounce="5.2.2"),
    Case("", ["gone"], {}, bounce="5.1.1"),
    Case("-> jiro", ["gone"], {"jiro": 1}),
    # An alias was resolved when the message came.
    Case("alias hanako", ["no alias hanako"], {"taro": 1}, to="hanako"),
]

WAITING_FOR_OUTSIDE = [
    Case("-> x@out", [change], {"x@out": 1})
    for change in ("forward off", "-> y@out", "off", "suspended", "gone", "plan site")
]


def change(scene, setting):
    word, *rest = setting.split()
    if word == "plan":
        scene.lab.cli("--yes", "domain", "set", scene.domain, "--plan", rest[0])
    elif setting == "forward off":
        scene.lab.cli("forward", "off", scene.address("taro"))
    elif setting.startswith("no alias"):
        scene.lab.cli("alias", "remove", scene.address(rest[1]))
    else:
        scene.set("taro", setting)


def postsuper(lab, *arguments):
    run(["postsuper", "-c", str(lab.dir / "postfix"), *arguments])


def changed_while_waiting(lab, cases, waits_for):
    """One message for each case comes while `waits_for` is stopped; then it is started again, the
    settings change, and the queue is let go. Returns what was wrong."""
    scenes = [Scene(lab, lab.create_domain(), {"taro": case.before, "jiro": ""}) for case in cases]
    lab.service("stop", waits_for)
    for case, scene in zip(cases, scenes):
        assert scene.send(case.to).accepted
    # What leaves by a forward goes through the queue twice.
    wait_for(lambda: len(queue := lab.queue()) == len(cases) and not any(
        one["address"].endswith("@fwd.boxkeeper.invalid")
        for message in queue for one in message["recipients"]), "one message a case in the queue")
    # Nothing is delivered while settings change, one case after the other.
    postsuper(lab, "-h", "ALL")
    assert len(lab.queue()) == len(cases)
    lab.service("start", waits_for)
    for case, scene in zip(cases, scenes):
        for setting in case.changes:
            change(scene, setting)
    postsuper(lab, "-H", "ALL")
    wrong = []
    for case, scene in zip(cases, scenes):
        try:
            scene.check(case.arrives, want_bounces=1 if case.bounce else 0)
            assert all(case.bounce in one.content.decode() for one in scene.bounces())
        except AssertionError as error:
            wrong.append(f"{case.before!r}, then {case.changes}: {error}")
    return wrong


def test_while_waiting_for_the_mailbox(lab):
    assert changed_while_waiting(lab, WAITING_FOR_LMTP, "dovecot") == []


def test_while_waiting_for_the_outside(lab):
    assert changed_while_waiting(lab, WAITING_FOR_OUTSIDE, "outside") == []


def test_forward_to_an_address_that_defers(lab, domain):
    """The copy is there at once; what waits for the target does not come a second time."""
    scene = Scene(lab, domain, {"taro": "+> defer@out", "jiro": ""})
    assert scene.send("taro", "jiro").accepted
    scene.accounts["jiro"].wait_for_mail(scene.subject)
    scene.accounts["taro"].wait_for_mail(scene.subject)
    lab.cli("forward", "off", scene.address("taro"))
    wait_for(lambda: [one["address"] for message in lab.queue() for one in message["recipients"]]
             == ["defer@outside.example"], "the copy for outside in the queue")
    (waiting,) = lab.queue()
    postsuper(lab, "-d", waiting["queue_id"])
    scene.check({"taro": 1, "jiro": 1})


def test_full_for_now(lab, domain):
    """Where the plan says that full is temporary, mail that was accepted waits for room."""
    plan = f"waiting{domain.partition('.')[0]}"
    lab.cli("plan", "add", plan, "--from", "open")
    lab.cli("domain", "set", domain, "--plan", plan)
    scene = Scene(lab, domain, {"taro": "", "jiro": ""})
    lab.cli("plan", "set", plan, "full_is_temporary=on")
    message = scene.new_message(size=20 * 1024)
    with lab.smtp() as session:
        session.mail(scene.sender)
        for name in ("taro", "jiro"):
            assert session.rcpt(scene.address(name))[0] == 250
        lab.cli("account", "set", scene.address("taro"), "--capacity", "10K")
        assert session.data(message)[0] == 250
    scene.accounts["jiro"].wait_for_mail(scene.subject)
    wait_for(lambda: "452 4.2.2" in str(lab.queue()), "the message to wait")
    lab.cli("account", "set", scene.address("taro"), "--capacity", "1M")
    scene.check({"taro": 1, "jiro": 1})


def test_own_mail_after_the_sender_is_gone(lab, domain):
    """What a user has sent goes on its way when the account is deleted meanwhile."""
    scene = Scene(lab, domain, {"taro": ""})
    taro = scene.accounts["taro"]
    lab.service("stop", "outside")
    message = scene.new_message()
    with taro.smtp() as session:
        session.sendmail(taro.address, ["x@outside.example"], message)
    scene.set("taro", "gone")
    lab.service("start", "outside")
    scene.check({"x@out": 1})


def test_queued_mail_of_a_hijacked_account(lab, domain):
    """All of it is found: whatever address it was sent from, and what a forward has rewritten."""
    scene = Scene(lab, domain, {"taro": "alias hanako", "jiro": "", "away": "-> x@out"})
    taro, jiro = scene.accounts["taro"], scene.accounts["jiro"]
    lab.cli("domain", "alias", "add", domain, alias := f"alias.{domain}")
    friend = f"{domain}@outside.example"
    lab.service("stop", "outside")
    with taro.smtp() as session, jiro.smtp() as other:
        for sender in (taro.address, f"taro+shop@{domain}", f"hanako@{domain}", f"HANAKO+x@{alias}"):
            session.sendmail(sender, [friend], scene.new_message())
        session.sendmail(taro.address, [scene.address("away")], scene.new_message())
        other.sendmail(jiro.address, [friend], scene.new_message())
        # What leaves by a forward goes through the queue twice, and what moves is listed twice.
        wait_for(lambda: [one["queue_name"] for one in lab.queue()] == ["deferred"] * 6
                 and "SRS0" in str(lab.queue()), "all of it to wait for the outside")
        shown = lab.cli_json("account", "force-password", taro.address, "--delete-queued")
        assert len(shown["queued"]) == 5 and shown["deleted"]
        session.mail(taro.address)
        assert session.rcpt(friend)[0] == 550
    wait_for(lambda: [one["sender"] for one in lab.queue()] == [jiro.address], "what is left")
    lab.service("start", "outside")
    lab.flush_queue()
    lab.wait_for_outside(subject=scene.subject)
    lab.wait_for_empty_queue()
    assert {one.sender for one in lab.outside(friend)} == {jiro.address}
