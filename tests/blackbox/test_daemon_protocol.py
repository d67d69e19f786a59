# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Whatever a client sends, or does not send, harms nobody but itself."""

import random
import resource
import socket

import pytest

from daemon import Daemon, MapClient, PolicyClient
from scratch import wait_for

UNKNOWN = "550 5.1.1 No such recipient here"


@pytest.fixture
def taro(scratch):
    scratch.cli("domain", "add", "d.example")
    scratch.add_account("taro@d.example")
    return "taro@d.example"


@pytest.fixture
def files():
    """As many open files as the tests of many connections need."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 6000), max(before[1], 6000)))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


POLICY_RUBBISH = [
    (b"\n", "it is not request=smtpd_access_policy"),
    (b"recipient=taro@d.example\n\n", "it is not request=smtpd_access_policy"),
    (b"request=junk_policy\n\n", "it is not request=smtpd_access_policy"),
    (b"request=smtpd_access_policy\nrecipient\n\n", "a line has no ="),
    (b"request=smtpd_access_policy\r\n\r\n\n", "a line has no ="),
    (b"request=smtpd_access_policy\nsize=x\n\n", "size is not a number"),
    (b"request=smtpd_access_policy\nrecipient=a\0b\n\n", "the request has a zero byte"),
    (b"a=" + b"x" * 8191, "a line is longer than 8192 bytes"),
    ((b"a=" + b"x" * 8000 + b"\n") * 9, "the request is longer than 65536 bytes"),
    (b"a=x\n" * 101, "the request has more than 100 attributes"),
    (b"16:domain d.example,\n\n", "a line has no ="),
    (b"GET / HTTP/1.1\nHost: x\n\n", "a line has no ="),
]


@pytest.mark.parametrize("rubbish, problem", POLICY_RUBBISH, ids=range(len(POLICY_RUBBISH)))
def test_policy_violation(taro, daemon, rubbish, problem):
    with daemon.policy() as innocent, daemon.policy() as client:
        assert innocent.ask(recipient=taro) == "DUNNO"
        client.send(rubbish)
        assert client.is_closed()
        daemon.wait_for_log(f"policy: {problem}: connection of process ")
        assert innocent.ask(recipient=taro) == "DUNNO"
    assert daemon.log().count("boxkeeperd: policy: ") == 1


MAP_RUBBISH = [
    (b"x", "it is not a netstring"),
    (b"\n", "it is not a netstring"),
    (b":", "it is not a netstring"),
    (b"-1:", "it is not a netstring"),
    (b"00:,", "it is not a netstring"),
    (b"3:a b;", "it is not a netstring"),
    (b"5:alias,", "it is not a map and a key"),
    (b"0:,", "it is not a map and a key"),
    (b"9:alias a\0b,", "it is not a map and a key"),
    (b"16385:", "the request is longer than 16384 bytes"),
    (b"1" * 100, "the request is longer than 16384 bytes"),
    (b"request=smtpd_access_policy\n\n", "it is not a netstring"),
]


@pytest.mark.parametrize("rubbish, problem", MAP_RUBBISH, ids=range(len(MAP_RUBBISH)))
def test_map_violation(taro, daemon, rubbish, problem):
    with daemon.map() as innocent, daemon.map() as client:
        assert innocent.look_up("mailbox", taro) == f"OK {taro}"
        client.send(rubbish)
        assert client.is_closed()
        daemon.wait_for_log(f"map: {problem}: connection of process ")
        assert innocent.look_up("mailbox", taro) == f"OK {taro}"
    assert daemon.log().count("boxkeeperd: map: ") == 1


def test_what_came_before_rubbish_is_answered(taro, daemon):
    with daemon.policy() as client:
        client.send(client.format(recipient=taro) + b"rubbish\n\n" + client.format(recipient=taro))
        assert client.answer() == "DUNNO"
        assert client.is_closed()


def test_largest_requests(taro, daemon):
    with daemon.policy() as client:
        more = {f"a{n}": "x" * 4000 for n in range(14)}
        assert client.ask(recipient=taro, sender="x" * (8192 - 7), **more) == "DUNNO"
    with daemon.map() as client:
        assert client.look_up("alias", "x" * (16384 - 6)) == "NOTFOUND "


def test_two_requests_in_one_packet(taro, daemon):
    with daemon.policy() as client:
        client.send(client.format(recipient=taro) + client.format(recipient="nobody@d.example"))
        assert [client.answer(), client.answer()] == ["DUNNO", UNKNOWN]
    with daemon.map() as client:
        client.send(client.format("domain", "d.example") + client.format("domain", "x.example"))
        assert [client.answer(), client.answer()] == ["OK d.example", "NOTFOUND "]


def test_byte_by_byte(taro, daemon):
    with daemon.policy() as client:
        for byte in client.format(recipient=taro):
            client.send(bytes([byte]))
        assert client.answer() == "DUNNO"
    with daemon.map() as client:
        for byte in client.format("mailbox", taro) * 2:
            client.send(bytes([byte]))
        assert [client.answer(), client.answer()] == [f"OK {taro}", f"OK {taro}"]


def test_end_of_input_after_a_request(taro, daemon):
    with daemon.policy() as client:
        client.send(client.format(recipient=taro))
        client.socket.shutdown(socket.SHUT_WR)
        assert client.answer() == "DUNNO"
        assert client.is_closed()


def test_end_of_input_in_the_middle(taro, daemon):
    with daemon.policy() as client:
        client.send(client.format(recipient=taro)[:-1])
        client.socket.shutdown(socket.SHUT_WR)
        assert client.is_closed()
    daemon.wait_for_log("policy: the request ends in the middle")
    assert daemon.ask(recipient=taro) == "DUNNO"


def test_half_request_is_given_ten_seconds(taro, daemon):
    with daemon.policy() as half, daemon.map() as half_map, daemon.policy() as idle:
        assert idle.ask(recipient=taro) == "DUNNO"
        half.send(half.format(recipient=taro) + b"request=smtpd_access_policy\nrecip")
        half_map.send(b"16:domain d.exam")
        assert half.answer() == "DUNNO"
        assert half.is_closed()
        assert half_map.is_closed()
        assert daemon.log().count("the request is not complete after 10 seconds") == 2
        assert idle.ask(recipient=taro) == "DUNNO"


def test_drop_by_drop_does_not_prolong_the_ten_seconds(taro, daemon):
    with daemon.policy() as client:
        client.socket.settimeout(0.25)
        with pytest.raises((BrokenPipeError, ConnectionError, EOFError)):
            for _ in range(200):  # 50 seconds
                client.send(b"x")
                try:
                    client.receive_more()
                except TimeoutError:
                    pass
    assert daemon.log().count("the request is not complete after 10 seconds") == 1


def test_thousands_of_connections(taro, daemon, files):
    """1,500 idle ones and as many in the middle of a request do not hold up the others."""
    clients = []
    try:
        for number in range(1500):
            idle, half = daemon.policy(), daemon.map()
            clients += [idle, half]
            half.send(b"16:domain d.exa")
            if number % 100 == 0:
                assert idle.ask(recipient=taro) == "DUNNO"
        for client in clients[1::2]:
            client.send(b"mple,")
            assert client.answer() == "OK d.example"
        for client in clients[::2]:
            assert client.ask(recipient="nobody@d.example") == UNKNOWN
    finally:
        for client in clients:
            client.socket.close()


def test_limit_of_connections(taro, daemon, files):
    """The 4,097th connection waits in the backlog until another one is closed."""
    clients = [daemon.policy() for _ in range(4096)]
    try:
        daemon.wait_for_log("there are 4096 connections")
        waiting = daemon.policy()
        clients.append(waiting)
        waiting.send(waiting.format(recipient=taro))
        assert clients[0].ask(recipient=taro) == "DUNNO"
        waiting.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            waiting.answer()
        clients[1].socket.close()
        waiting.socket.settimeout(60)
        assert waiting.answer() == "DUNNO"
    finally:
        for client in clients:
            client.socket.close()


def test_client_that_does_not_read(scratch, taro):
    """It is not read from any more, so what it may hold of the daemon's memory is bounded."""
    # The address sanitizer keeps what was freed for a while.
    daemon = Daemon(scratch, environment={"ASAN_OPTIONS": "quarantine_size_mb=1"})
    # What is kept of accounts takes its first pages, of 2 MiB each.
    assert daemon.ask(recipient=taro) == "DUNNO"
    memory_kib = int(daemon.status("VmRSS")[0])
    with daemon.policy() as greedy:
        greedy.socket.settimeout(1)
        requests = greedy.format(recipient="nobody@d.example") * 100
        with pytest.raises((TimeoutError, BrokenPipeError, ConnectionError)):
            for _ in range(5000):  # 20 MB of answers
                greedy.send(requests)
        assert daemon.ask(recipient=taro) == "DUNNO"
        assert int(daemon.status("VmRSS")[0]) < memory_kib + 8192
        daemon.wait_for_log("policy: the client does not read its answers")
    assert daemon.ask(recipient=taro) == "DUNNO"
    daemon.stop()


def test_slow_reader_gets_everything(taro, daemon):
    count = 20000
    with daemon.policy() as client:
        requests = client.format(recipient="nobody@d.example")
        sent = wanted = 0
        client.socket.setblocking(False)
        data = requests * count
        while wanted < count:
            try:
                sent += client.socket.send(data[sent : sent + 65536])
            except BlockingIOError:
                pass
            try:
                client.unread += client.socket.recv(1000)
            except BlockingIOError:
                continue
            *answers, client.unread = client.unread.split(b"\n\n")
            assert all(answer == f"action={UNKNOWN}".encode() for answer in answers)
            wanted += len(answers)
        assert wanted == count and sent == len(data)


def test_client_that_goes_away_with_answers_unread(taro, daemon):
    for _ in range(50):
        with daemon.policy() as client:
            client.send(client.format(recipient="nobody@d.example") * 50)
    assert daemon.ask(recipient=taro) == "DUNNO"


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes(taro, daemon, seed):
    """Random bytes, and requests with random wounds: the daemon lives and answers the others."""
    chance = random.Random(seed)
    with daemon.policy() as policy, daemon.map() as aliases:
        for _ in range(150):
            client, data = chance.choice(
                [
                    (daemon.policy, PolicyClient.format(recipient="taro+x@d.example") * 2),
                    (daemon.map, MapClient.format("alias", "taro+x@d.example") * 2),
                    (daemon.policy, chance.randbytes(chance.randrange(1, 20000))),
                    (daemon.map, chance.randbytes(chance.randrange(1, 20000))),
                ]
            )
            data = bytearray(data)
            for _ in range(chance.randrange(4)):
                data[chance.randrange(len(data))] = chance.choice(b"\0\n=:,1 @+\xff")
            with client() as wounded:
                try:
                    wounded.send(data[: chance.randrange(1, len(data) + 1)])
                    wounded.socket.shutdown(socket.SHUT_WR)
                    while True:
                        wounded.receive_more()
                except (EOFError, ConnectionError):
                    pass
            assert policy.ask(recipient="taro@d.example") == "DUNNO"
            assert aliases.look_up("alias", taro) == f"OK {taro}"


def test_closed_connections_are_forgotten(taro, daemon):
    """No descriptor stays behind."""
    for _ in range(200):
        assert daemon.ask(recipient=taro) == "DUNNO"
    assert daemon.look_up("mailbox", taro) == f"OK {taro}"
    wait_for(lambda: daemon.open_files() < 40, "descriptors to be closed")
