# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Limits of sending: how they are set, counted by boxkeeperd, kept in limits.db, and shown."""

import itertools
import signal

import pytest

from daemon import Daemon
from fake_doveadm import doveadm  # noqa: F401 (a fixture)
from scratch import wait_for

TARO = "taro@d.example"
_instances = itertools.count(1)


@pytest.fixture(autouse=True)
def taro(scratch):
    scratch.cli("domain", "add", "d.example")
    scratch.add_account(TARO)
    scratch.add_account("jiro@d.example")


def send(daemon, recipients=1, login=TARO):
    """What one message's recipients are told: status codes."""
    instance = f"abc.{next(_instances)}.0"
    with daemon.policy() as client:
        return [client.ask(recipient=f"r{number}@remote.example", policy_context="submission",
                           sasl_username=login, sender=login, instance=instance)[:9]
                for number in range(recipients)]


def sent(scratch, address=TARO):
    shown = scratch.json("account", "show", address)
    return [shown[f"sent_{what}_this_{period}"]
            for what in ("messages", "recipients") for period in ("hour", "day")]


def wait_for_counts(scratch, want):
    wait_for(lambda: sent(scratch) == want, f"{want} in limits.db")


def set_limit(scratch, **limits):
    for name, value in limits.items():
        scratch.cli("account", "set", TARO, f"--send-{name.replace('_', '-')}", str(value))


OVER = "450 4.7.1"


@pytest.mark.parametrize("period", ["hour", "day"])
def test_messages(scratch, daemon, period):
    set_limit(scratch, **{f"messages_per_{period}": 2})
    assert send(daemon, 3) == ["DUNNO"] * 3
    assert send(daemon, 1) == ["DUNNO"]
    assert send(daemon, 2) == [OVER] * 2
    assert send(daemon, 1, "jiro@d.example") == ["DUNNO"]
    wait_for_counts(scratch, [2, 2, 4, 4])
    assert f"limit of messages in a{'n' if period == 'hour' else ''} {period}" in daemon.log()
    set_limit(scratch, **{f"messages_per_{period}": 3})
    assert send(daemon, 1) == ["DUNNO"]
    assert send(daemon, 1) == [OVER]


@pytest.mark.parametrize("period", ["hour", "day"])
def test_recipients(scratch, daemon, period):
    set_limit(scratch, **{f"recipients_per_{period}": 3})
    assert send(daemon, 2) == ["DUNNO"] * 2
    assert send(daemon, 3) == ["DUNNO", OVER, OVER]
    wait_for_counts(scratch, [2, 2, 3, 3])


def test_what_is_refused_does_not_count(scratch, daemon):
    set_limit(scratch, messages_per_hour=1)
    with daemon.policy() as client:
        for sender, recipient in (("x@remote.example", "r@remote.example"),
                                  (TARO, "nobody@d.example")):
            answer = client.ask(recipient=recipient, policy_context="submission",
                                sasl_username=TARO, sender=sender, instance="refused.1.0")
            assert answer.startswith("55"), answer
    assert send(daemon) == ["DUNNO"]


def test_mail_from_outside_is_not_counted(scratch, daemon):
    set_limit(scratch, messages_per_hour=1)
    for number in range(3):
        assert daemon.ask(recipient=TARO, sender=TARO, instance=f"mx.{number}.0") == "DUNNO"
    assert send(daemon) == ["DUNNO"]


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGKILL])
def test_counts_survive_a_restart(scratch, signal_number):
    daemon = Daemon(scratch)
    set_limit(scratch, messages_per_hour=2)
    assert send(daemon, 5) == ["DUNNO"] * 5
    if signal_number == signal.SIGTERM:
        daemon.stop()
    else:
        wait_for_counts(scratch, [1, 1, 5, 5])
        daemon.process.kill()
        daemon.process.wait()
        daemon.notifications.close()
    again = Daemon(scratch)
    assert sent(scratch) == [1, 1, 5, 5]
    assert send(again) == ["DUNNO"]
    assert send(again) == [OVER]
    again.stop()


def test_a_lost_file_begins_at_zero(scratch, daemon):
    set_limit(scratch, messages_per_hour=1)
    assert send(daemon) == ["DUNNO"]
    daemon.stop()
    for path in (scratch.folder / "limits").iterdir():
        path.unlink()
    again = Daemon(scratch)
    again.wait_for_log("limits.db was missing or damaged and is made anew")
    assert send(again) == ["DUNNO"]
    assert send(again) == [OVER]
    wait_for_counts(scratch, [1, 1, 1, 1])
    limits = scratch.folder / "limits/limits.db"
    assert (limits.owner(), limits.stat().st_mode & 0o777) == ("boxkeeper", 0o600)
    again.stop()


def test_a_file_lost_while_running_is_filled_again(scratch, daemon):
    set_limit(scratch, messages_per_hour=2)
    assert send(daemon) == ["DUNNO"]
    wait_for_counts(scratch, [1, 1, 1, 1])
    for path in (scratch.folder / "limits").iterdir():
        path.unlink()
    assert send(daemon) == ["DUNNO"]
    assert send(daemon) == [OVER]
    wait_for_counts(scratch, [2, 2, 2, 2])


def test_levels(scratch):
    def shown():
        return scratch.json("account", "show", TARO)["send_recipients_per_day"]

    assert shown() == 0
    scratch.cli("plan", "set", "open", "send_recipients_per_day=100")
    assert shown() == 100
    scratch.cli("domain", "set", "d.example", "--send-recipients-per-day", "50")
    assert shown() == 50
    assert scratch.json("domain", "show", "d.example")["send_recipients_per_day"] == 50
    scratch.cli("account", "set", TARO, "--send-recipients-per-day", "0")
    assert shown() == 0
    scratch.cli("account", "set", TARO, "--send-recipients-per-day", "inherit")
    assert shown() == 50
    scratch.cli("domain", "set", "d.example", "--send-recipients-per-day", "inherit")
    assert shown() == 100
    assert scratch.json("plan", "show", "open")["send_recipients_per_day"] == 100


@pytest.mark.parametrize("value", ["-1", "many", "", "1.5"])
def test_bad_values(scratch, value):
    for command in (["account", "set", TARO], ["domain", "set", "d.example"]):
        result = scratch.run(*command, "--send-messages-per-hour", value)
        assert result.returncode in (64, 65), result
    assert scratch.json("account", "show", TARO)["send_messages_per_hour"] == 0
