# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Two commands at the same time: they wait for each other, and decide on what is true then."""

import os
from concurrent.futures import ThreadPoolExecutor

import credentials
from operations import start_traced
from scratch import BUILD, wait_for

THOROUGH = os.environ.get("BOXKEEPER_THOROUGH") == "1"


def at_once(scratch, *commands):
    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(lambda words: scratch.run(*words), commands))


def test_one_name_is_given_once(scratch):
    scratch.cli("domain", "add", "a.example")
    results = at_once(scratch, *[["account", "create", "taro@a.example", "--generate"]] * 6)
    assert sorted(r.returncode for r in results) == [0] + [73] * 5
    credentials.check_settled(scratch)
    assert len(scratch.json("log", "--account", "taro@a.example")["items"]) == 1


def test_one_domain_is_added_once(scratch):
    results = at_once(scratch, *[["domain", "add", "a.example"]] * 6)
    assert sorted(r.returncode for r in results) == [0] + [73] * 5
    credentials.check_settled(scratch)


def test_limits_hold_for_those_who_come_together(scratch):
    scratch.cli("domain", "add", "a.example", "--max-accounts", "4")
    results = at_once(scratch, *[["account", "create", f"user{i}@a.example", "--external-auth"]
                                 for i in range(8)])
    assert sorted(r.returncode for r in results) == [0] * 3 + [65] * 5
    assert scratch.json("domain", "show", "a.example")["accounts"] == 4


def test_different_fields_changed_at_once_are_all_kept(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    results = at_once(
        scratch, ["account", "set", "taro@a.example", "--comment", "new"],
        ["account", "set", "taro@a.example", "--capacity", "5G"],
        ["receive", "off", "taro@a.example"], ["account", "suspend", "taro@a.example"],
        ["alias", "add", "taro@a.example", "info"],
        ["forward", "set", "taro@a.example", "x@else.example", "--keep-copy"])
    assert [r.returncode for r in results] == [0] * 6
    shown = scratch.json("account", "show", "taro@a.example")
    assert (shown["comment"], shown["capacity_bytes"], shown["receive"], shown["suspended"],
            shown["aliases"], shown["forward_targets"]) == (
                "new", 5 * 1024**3, False, True, ["info@a.example"], ["x@else.example"])
    credentials.check_settled(scratch)


def test_forwards_set_at_once_make_no_circle(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    scratch.add_account("jiro@a.example")
    results = at_once(scratch,
                      ["forward", "set", "taro@a.example", "jiro@a.example", "--no-copy"],
                      ["forward", "set", "jiro@a.example", "taro@a.example", "--no-copy"])
    assert sorted(r.returncode for r in results) == [0, 65]


def test_suspend_and_resume_in_a_race_end_as_settings_say(scratch):
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    for _ in range(5):
        results = at_once(scratch, *[["account", "suspend", "taro@a.example"],
                                     ["account", "resume", "taro@a.example"]] * 3,
                          ["domain", "suspend", "a.example"], ["domain", "resume", "a.example"])
        assert [r.returncode for r in results] == [0] * 8
        credentials.check_settled(scratch)


def test_suspend_at_any_moment_of_a_resume(scratch):
    """Resume is held up at one of its locks while another command suspends: whoever is last in the
    settings, credentials allow no more than they do."""
    scratch.cli("domain", "add", "a.example")
    scratch.add_account("taro@a.example")
    shared_memory = scratch.settings.parent / "settings.db-shm"
    trace = scratch.folder / "trace"

    def resume(*options):
        trace.write_text("")
        scratch.cli("account", "suspend", "taro@a.example")
        return start_traced(["-o", trace, "-P", shared_memory, "-e", "trace=fcntl", *options],
                            [BUILD / "boxkeeper", "--settings", scratch.settings, "account",
                             "resume", "taro@a.example"])

    assert resume().wait() == 0
    calls = trace.read_text().count("fcntl(")
    assert calls > 10
    for number in range(1, calls + 1, 1 if THOROUGH else 3):
        slow = resume("-e", f"inject=fcntl:delay_exit=300000:when={number}")
        wait_for(lambda: trace.read_text().count("fcntl(") >= number or slow.poll() is not None,
                 "the command to be held up")
        fast = scratch.run("account", "suspend", "taro@a.example")
        assert slow.wait() == 0 and fast.returncode == 0
        credentials.check_settled(scratch)


def test_a_creation_on_its_way_is_not_taken_for_an_interrupted_one(scratch):
    """Held up between the settings' commit and the home, where a killed one would be taken up."""
    scratch.cli("domain", "add", "a.example")
    trace = scratch.folder / "trace"
    words = ["account", "create", "taro@a.example", "--external-auth"]
    slow = start_traced(["-o", trace, "-e", "trace=mkdir", "-e",
                         "inject=mkdir:delay_enter=500000:when=1"],
                        [BUILD / "boxkeeper", "--settings", scratch.settings, *words])
    wait_for(lambda: scratch.run("account", "show", "taro@a.example").returncode == 0,
             "the settings' commit")
    fast = scratch.run(*words)
    assert (slow.wait(), fast.returncode) == (0, 73)
    credentials.check_settled(scratch)
