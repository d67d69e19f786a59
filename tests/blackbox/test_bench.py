# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""dev/bench: what it does with figures, and that its programs and quick parts still work."""

import json
import os
import subprocess
import sys

import pytest

from scratch import BUILD, TOP

sys.path.insert(0, str(TOP / "dev" / "bench.d"))

from lib import accounts, measure, plot, run  # noqa: E402


def test_a_figure_is_the_median_with_its_spread():
    result = measure.Result()
    assert result.put("policy.c50.requests_ratio", [0.5, 0.9, 0.612345]) == 0.6123
    result.runs("policy.c50", [{"requests_per_second": 1}])
    assert result.figures == {"policy": {"c50": {
        "requests_ratio": 0.6123, "requests_ratio_spread": [0.5, 0.9],
        "runs": [{"requests_per_second": 1}]}}}


def test_parts_are_merged_and_never_overwrite_each_other():
    whole = run.merge({"a": {"b": 1}, "tables": [1]}, {"a": {"c": 2}, "d": 3, "tables": [2]})
    assert whole == {"a": {"b": 1, "c": 2}, "d": 3, "tables": [1, 2]}
    with pytest.raises(ValueError):
        run.merge(whole, {"a": {"b": 1}})


def test_tables_go_between_their_marks():
    result = measure.Result()
    result.table("Speed", ("", "ratio"), [("LMTP", "0.97"), ("long name", "1")])
    text = run.markdown(result.figures["tables"])
    assert text.splitlines()[2:] == ["|           | ratio |", "|-----------|-------|",
                                     "| LMTP      | 0.97  |", "| long name | 1     |"]
    document = "before\n<!-- dev/bench: x -->\nold\n<!-- end -->\nafter\n"
    assert run.put_into_document(document, "x", text) == (
        f"before\n<!-- dev/bench: x -->\n\n{text}\n<!-- end -->\nafter\n")
    with pytest.raises(ValueError):
        run.put_into_document(document, "y", text)


def test_document_has_a_place_for_each_part():
    document = (TOP / "doc" / "PERFORMANCE.md").read_text(encoding="utf-8")
    for part in run.PARTS:
        assert run.put_into_document(document, part, "") != ""


@pytest.mark.parametrize("value, want", [(0.61234, "0.612"), (99.95, "100"), (1234567, "1,235,000"),
                                         (7, "7"), (0, "0")])
def test_numbers_have_the_digits_that_repeat(value, want):
    assert measure.number(value) == want


def test_spread_is_shown_of_more_than_one_run():
    assert measure.with_spread([0.6]) == "0.6"
    assert measure.with_spread([0.6, 0.5, 0.9], measure.ratio) == "0.60 (0.50-0.90)"


def test_curve_tells_gnuplot_its_points():
    result = measure.Result()
    result.curve("file", "Title", "accounts", "ms", {"show": [(1000, 5), (10000, 6)]})
    text = plot.script(result.figures["curves"][0], "/x/file.svg")
    assert 'set output "/x/file.svg"' in text
    assert '$points0 << END\n1000 5\n10000 6\nEND\n' in text
    assert text.endswith('plot $points0 with linespoints title "show"\n')


@pytest.fixture
def cache(scratch, monkeypatch):
    """What dev/bench keeps, kept with the test only."""
    monkeypatch.setattr(measure, "CACHE", scratch.folder / "cache")
    monkeypatch.setattr(measure, "BUILD", BUILD)
    return measure.CACHE


def test_bulk_accounts_are_those_of_the_cli(cache):
    folder = accounts.kept(100, 10)
    shown = subprocess.run(
        accounts.command(folder, "--json", "account", "show", "u57@d7.example"),
        check=True, capture_output=True, text=True).stdout
    assert json.loads(shown)["capacity_bytes"] == accounts.GIB
    found = subprocess.run(accounts.command(folder, "check"), capture_output=True, text=True,
                           check=False).stdout
    findings = [line for line in found.splitlines() if "its home" not in line and "@" in line]
    assert findings == []


def test_load_generator_counts_wrong_answers(scratch, daemon, cache):
    """All accounts that it asks for are unknown, or not of a domain of ours."""
    scratch.cli("domain", "add", "d0.example")

    def load(kind, want):
        return json.loads(subprocess.run(
            [measure.program("load"), daemon.folder / kind, kind, "5", "0", "50", "1", want],
            check=True, capture_output=True).stdout)

    got = load("policy", "550")
    assert got["wrong"] == 0 and got["requests"] >= 50
    assert load("policy", "DUNNO")["wrong"] >= 50
    assert load("map", "NOTFOUND")["wrong"] == 0
    assert load("map", "OK")["wrong"] >= 50


@pytest.mark.skipif("BOXKEEPER_SANITIZED" in os.environ, reason="the sanitizers' speed says nothing")
def test_quick_run_of_the_daemon_part(cache, tmp_path):
    file = tmp_path / "figures.json"
    subprocess.run(
        [sys.executable, "-B", TOP / "dev" / "bench.d" / "daemon.py", "--quick", "--json", file],
        check=True, capture_output=True, env=os.environ
        | {"BOXKEEPER_BUILD": str(BUILD), "BOXKEEPER_BENCH_CACHE": str(cache)})
    figures = json.loads(file.read_text(encoding="utf-8"))
    for path in ("policy.c1", "policy.c8", "policy.c50", "policy.c200", "socketmap.c50"):
        name, connections = path.split(".")
        found = figures[name][connections]
        assert found["requests_ratio"] > 0 and found["p99_ratio"] > 0 and found["runs"], path
