# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""account import, edit, export and sample: the rules of boxkeeper-csv(5)."""

import subprocess

import pytest

import credentials
from csv_files import EDIT, EXPORT, PASSWORD, REGISTRATION, Files, new_rows, text_of
from scratch import BUILD

GIB = 1024**3


def make(scratch, plan, *options, name="a.example"):
    scratch.cli("domain", "add", name, "--plan", plan, *options)
    return Files(scratch, name)


@pytest.fixture
def kwc(scratch):
    return make(scratch, "kwc")


@pytest.fixture
def site(scratch):
    return make(scratch, "site")


@pytest.fixture
def sv_basic(scratch):
    return make(scratch, "sv-basic")


@pytest.fixture
def everything(scratch):
    return make(scratch, "open")


def show(files, name):
    return files.scratch.json("account", "show", f"{name}@{files.domain}")


def may_log_in(files, name, password):
    row = credentials.read(files.scratch)[f"{name}@{files.domain}"]
    return not row.locked and credentials.fits(password, row.password_hash)


# ---- registration ----

def test_accounts_are_as_the_file_says(kwc):
    done = kwc.done(kwc.register([["Taro", PASSWORD, "営業, \"東京\"", "10"],
                                  [f"hana@{kwc.domain.upper()}", PASSWORD + "2", "", "0"]]))
    assert (done["rows"], done["registered"], done["items"]) == (2, 2, [])
    assert (show(kwc, "taro")["comment"], show(kwc, "taro")["capacity_bytes"]) == (
        "営業, \"東京\"", 10 * GIB)
    assert (show(kwc, "hana")["comment"], show(kwc, "hana")["capacity_bytes"]) == ("", 0)
    assert may_log_in(kwc, "taro", PASSWORD) and may_log_in(kwc, "hana", PASSWORD + "2")
    assert not may_log_in(kwc, "taro", PASSWORD + "2")
    credentials.check_settled(kwc.scratch)
    assert kwc.scratch.json("job", "list")["items"] == []
    (entry,) = kwc.scratch.json("log", "--account", f"taro@{kwc.domain}")["items"]
    assert entry["command"] == "account import"
    assert PASSWORD not in str(entry) and "$y$" not in str(entry)


@pytest.mark.parametrize("plan, rows, fits", [
    ("kwc", 50, True), ("kwc", 51, False), ("business-standard", 51, False), ("site", 50, True),
    ("site", 51, False), ("sv-basic", 51, True), ("open", 51, True)])
def test_rows_of_one_file(scratch, plan, rows, fits):
    files = make(scratch, plan)
    made, header = new_rows(range(rows)), REGISTRATION
    if plan == "sv-basic":
        made, header = [row[:3] for row in made], REGISTRATION[:3]
    result = files.register(made, "--dry-run", header=header)
    if fits:
        assert files.done(result)["rows"] == rows
    else:
        ((line, account, reason),) = files.report(result)
        assert (line, account) == (52, "user50") and plan in reason and "50" in reason
    assert not any(name.startswith("user") for name in files.names())


def test_three_bad_rows_are_named_and_none_is_registered(kwc):
    kwc.scratch.add_account(f"user01@{kwc.domain}")
    rows = new_rows(range(51))
    rows[0][0], rows[1][0] = "first", "user01"
    rows[18][1] = "short"
    before = kwc.names()
    report = kwc.report(kwc.register(rows))
    assert [(line, account) for line, account, _ in report] == [
        (3, "user01"), (20, "user18"), (52, "user50")]
    assert "already" in report[0][2] and "too short" in report[1][2] and "50" in report[2][2]
    assert "short" not in report[1][2].replace("too short", "")
    assert kwc.names() == before
    credentials.check_settled(kwc.scratch)


def test_report_for_people(kwc):
    kwc.path.write_text(text_of(REGISTRATION, [["a", "x", "", "3"]]))
    result = kwc.scratch.run("account", "import", kwc.path, "--domain", kwc.domain)
    lines = result.stderr.splitlines()
    assert result.returncode == 65 and len(lines) == 4, result.stderr
    assert all(line.startswith("line 2: a: ") for line in lines[:3])
    assert "1 row of 1 is bad" in lines[3]


@pytest.mark.parametrize("row, reason", [
    (["", PASSWORD, "", "5"], "mail_account is empty"),
    (["@a.example", PASSWORD, "", "5"], "mail_account is empty"),
    (["a", PASSWORD, "", "5"], "too short"),
    (["-ab", PASSWORD, "", "5"], "begins or ends with a sign"),
    (["taro@b.example", PASSWORD, "", "5"], "not an address in a.example"),
    (["taro", "", "", "5"], "mail_password is empty"),
    (["taro", "alllowercase1!", "", "5"], "upper case"),
    (["taro", "Password1!", "", "5"], "too simple"),
    (["taro", "xxTaro1!vQ", "", "5"], "contains the account's name"),
    (["taro", PASSWORD, "two\nlines", "5"], "control character"),
    (["taro", PASSWORD, "", ""], "mail_capacity is empty"),
    (["taro", PASSWORD, "", "3"], "not one of the plan's"),
    (["taro", PASSWORD, "", "5G"], "not one of the plan's"),
    (["taro", PASSWORD, "", "five"], "not a size"),
    (["taro", PASSWORD, ""], "has 3 cells"),
    (["taro", PASSWORD, "", "5", ""], "has 5 cells"),
    (["postmaster", PASSWORD, "", "5"], "already"),
])
def test_a_bad_row(kwc, row, reason):
    result = kwc.register([["good", PASSWORD, "", "5"], row])
    ((line, _, got),) = kwc.report(result)
    assert line == 3 and reason in got
    assert "good" not in kwc.names()


@pytest.mark.parametrize("capacity, fits", [
    (number, number in (0, 1, 2, 5, 10, 20, 50, 100))
    for number in (0, 1, 2, 3, 4, 5, 6, 10, 20, 21, 50, 99, 100, 101)])
def test_capacities_of_panel_a(kwc, capacity, fits):
    result = kwc.register([["taro", PASSWORD, "", str(capacity)]], "--dry-run")
    assert result.returncode == (0 if fits else 65)


@pytest.mark.parametrize("capacity, fits", [
    ("1M", True), ("0.9M", False), ("10.5G", True), ("10.5", True), ("10.6", False), ("0", False),
    ("1", True), ("100M", True)])
def test_capacities_of_panel_b(site, capacity, fits):
    result = site.register([["taro$", PASSWORD, "", capacity]], "--dry-run")
    assert result.returncode == (0 if fits else 65), result.stdout


def test_the_same_account_twice(kwc):
    report = kwc.report(kwc.register([["taro", PASSWORD, "", "5"], ["hana", PASSWORD, "", "5"],
                                      ["TARO@a.example", PASSWORD, "", "5"]]))
    assert [(line, "line 2 already" in reason) for line, _, reason in report] == [(4, True)]


def test_aliases_and_deletions_are_in_the_way(kwc):
    kwc.scratch.add_account("jiro@a.example", "--alias", "info@a.example")
    kwc.scratch.add_account("gone@a.example")
    # No folder for its mail can be set aside: the deletion stays unfinished.
    mail = kwc.scratch.folder / "mail"
    mail.rename(mail.with_name("away"))
    assert kwc.scratch.run("--yes", "account", "delete", "gone@a.example").returncode == 75
    report = kwc.report(kwc.register([["info", PASSWORD, "", "5"], ["gone", PASSWORD, "", "5"]]))
    mail.with_name("away").rename(mail)
    assert [line for line, _, _ in report] == [2, 3]
    assert "alias of jiro@a.example" in report[0][2] and "being deleted" in report[1][2]


def test_column_is_not_there_where_the_capacity_is_fixed(sv_basic):
    assert "mail_account,mail_password,comment" in sv_basic.refused(
        sv_basic.register([["taro", PASSWORD, "", "5"]]))
    sv_basic.done(sv_basic.register([["taro", PASSWORD, "c"]], header=REGISTRATION[:3]))
    assert sv_basic.export()[0] == EXPORT[:-1]
    assert sv_basic.export("--as", "edit")[0] == EDIT[:-1]
    ((_, _, reason),) = sv_basic.report(sv_basic.edit([["taro", ""]], header=EDIT[:-1]))
    assert "empty" in reason
    sv_basic.done(sv_basic.edit([["taro", PASSWORD + "9"]], header=EDIT[:-1]))
    assert may_log_in(sv_basic, "taro", PASSWORD + "9")


def test_prefix_domain(scratch):
    files = make(scratch, "open", "--login-prefix", "px")
    files.done(files.register([["taro", PASSWORD, "", "5"],
                               ["px_hana@a.example", PASSWORD, "", "5"]]))
    assert {row[0] for row in files.export()[1:]} == {"postmaster", "taro", "hana"}
    assert files.scratch.json("account", "show", "px_hana")["address"] == "px_hana@a.example"
    assert files.done(files.edit([["px_taro@a.example", "", "6"]]))["changed"] == 1


# ---- limits of the domain ----

def test_number_of_accounts_counts_the_whole_file(scratch):
    files = make(scratch, "open", "--max-accounts", "3")
    report = files.report(files.register(new_rows(range(4))))
    assert [line for line, _, _ in report] == [4, 5]
    files.done(files.register(new_rows(range(2))))


def test_total_capacity_counts_the_whole_file(scratch):
    files = make(scratch, "open", "--max-capacity", "20G", "--default-capacity", "1G")
    report = files.report(files.register(new_rows(range(4), "6")))
    assert [line for line, _, _ in report] == [5]
    assert "total capacity" in files.report(files.register(new_rows([1], "0")))[0][2]
    files.done(files.register(new_rows(range(3), "6")))
    # 19G of 20G: what is lowered makes room for what is raised, before it or after it.
    report = files.report(files.edit([["user00", "", "8"], ["user01", "", "5.5G"]]))
    assert [line for line, _, _ in report] == [2]
    files.done(files.edit([["user00", "", "8"], ["user01", "", "5"]]))
    # Too much already: lowering is the way out.
    scratch.cli("domain", "set", "a.example", "--max-capacity", "10G")
    files.done(files.edit([["user00", "", "7"]]))
    files.report(files.edit([["user00", "", "7.5"]]))


# ---- edit ----

@pytest.fixture
def two(everything):
    everything.done(everything.register([["taro", PASSWORD, "c", "5"], ["hana", PASSWORD, "", "5"]]))
    return everything


def test_empty_keeps(two):
    rows = credentials.read(two.scratch)
    done = two.done(two.edit([["taro", "", "7"], ["hana", PASSWORD + "9", ""], ["nobody", "x", ""]]))
    assert (done["changed"], done["unchanged"], done["passed_over"]) == (2, 0, ["nobody"])
    assert show(two, "taro")["capacity_bytes"] == 7 * GIB and show(two, "taro")["comment"] == "c"
    assert show(two, "hana")["capacity_bytes"] == 5 * GIB
    assert credentials.read(two.scratch)["taro@a.example"] == rows["taro@a.example"]
    assert may_log_in(two, "hana", PASSWORD + "9") and may_log_in(two, "taro", PASSWORD)
    assert credentials.read(two.scratch)["hana@a.example"].previous_hash == \
        rows["hana@a.example"].password_hash
    (*_, entry) = two.scratch.json("log", "--account", "hana@a.example")["items"]
    assert entry["command"] == "account edit" and "$y$" not in str(entry)
    credentials.check_settled(two.scratch)
    assert two.scratch.json("job", "list")["items"] == []


@pytest.mark.parametrize("row, reason", [
    (["taro", "", ""], "both empty"), (["nobody", "", ""], "both empty"),
    (["", "", "5"], "mail_account is empty"), (["taro", "short", ""], "too short"),
    (["taro", "", "x"], "not a size"), (["hana", "", "5"], "line 2 already"),
    (["taro@b.example", "", "5"], "not an address in a.example"), (["taro", ""], "has 2 cells")])
def test_a_bad_edit(two, row, reason):
    before = (two.export(), credentials.read(two.scratch))
    report = two.report(two.edit([["hana", PASSWORD + "9", "9"], row]))
    assert [(line, reason in got) for line, _, got in report] == [(3, True)]
    assert (two.export(), credentials.read(two.scratch)) == before


def test_an_alias_is_not_an_account(two):
    two.scratch.cli("alias", "add", "taro@a.example", "info")
    assert two.done(two.edit([["info", "", "9"]]))["passed_over"] == ["info"]


def test_a_password_ends_external_authentication(two):
    two.scratch.add_account("ext@a.example")
    two.done(two.edit([["ext", PASSWORD, ""]]))
    assert not show(two, "ext")["external_auth"] and may_log_in(two, "ext", PASSWORD)
    credentials.check_settled(two.scratch)


def test_a_capacity_below_the_usage_is_told(two):
    two.scratch.put_usage("taro@a.example", 3 * GIB)
    assert "taro@a.example" in str(two.done(two.edit([["taro", "", "2"]]))["warnings"])


def test_dry_run_changes_nothing(two):
    before = (two.export(), credentials.read(two.scratch), two.names())
    assert two.done(two.edit([["taro", PASSWORD + "9", "9"]], "--dry-run"))["dry_run"]
    assert two.done(two.register([["new", PASSWORD, "", "9"]], "--dry-run"))["registered"] == 0
    assert (two.export(), credentials.read(two.scratch), two.names()) == before


def test_export_as_edit_changes_nothing_but_what_is_changed(kwc):
    kwc.done(kwc.register(new_rows(range(12), "5", "=1+1")))
    hashes = credentials.read(kwc.scratch)
    before = kwc.export()
    rows = kwc.export("--as", "edit")
    assert rows[0] == EDIT and all(row[1] == "" for row in rows[1:])
    assert kwc.done(kwc.edit(rows[1:]))["changed"] == 0
    assert kwc.export() == before
    for row in rows[3:13]:
        row[2] = "10"
    assert kwc.done(kwc.edit(rows[1:]))["changed"] == 10
    assert credentials.read(kwc.scratch) == hashes
    changed = [(old[:-1] == new[:-1], old[-1], new[-1])
               for old, new in zip(before, kwc.export()) if old != new]
    assert changed == [(True, "5", "10")] * 10
    log = kwc.scratch.json("log")["items"]
    assert sum(entry["command"] == "account edit" for entry in log) == 10


def test_sizes_that_the_plan_would_not_allow_are_kept(everything):
    everything.done(everything.register([["taro", PASSWORD, "", "1.5G"], ["hana", PASSWORD, "", "3"]]))
    everything.scratch.cli("--yes", "domain", "set", "a.example", "--plan", "kwc")
    rows = everything.export("--as", "edit")[1:]
    assert ["taro", "", "1.5G"] in rows and ["hana", "", "3"] in rows
    assert everything.done(everything.edit(rows))["changed"] == 0


# ---- export and sample ----

def test_export(everything):
    cli = everything.scratch.cli
    everything.done(everything.register([["taro", PASSWORD, "a, \"b\"", "100M"],
                                         ["hana", PASSWORD, "", "0"]]))
    cli("forward", "set", "taro@a.example", "x@else.example", "--keep-copy")
    cli("receive", "off", "taro@a.example")
    cli("spam", "set", "taro@a.example", "--tag", "on")
    everything.scratch.put_usage("taro@a.example", 1234)
    assert everything.export() == [
        EXPORT, ["hana", "", "", "", "0", "0", "0", "1", "0"],
        ["postmaster", "", "", "", "0", "0", "0", "1", "0"],
        ["taro", "", "a, \"b\"", "1234", "1", "1", "0", "0", "100M"]]
    content = everything.export_bytes()
    assert content.startswith(b"\xef\xbb\xbfmail_account,") and content.endswith(b"100M\r\n")
    assert content.count(b"\r\n") == content.count(b"\n") == 4


@pytest.mark.parametrize("comment, cell", [
    ("=1+1", "'=1+1"), ("+81", "'+81"), ("-", "'-"), ("@x", "'@x"), ("＝x", "'＝x"),
    ("'=x", "''=x"), ("it's", "it's"), ("'a", "'a"), (" =x", " =x")])
def test_formulas_are_harmless_and_come_back(everything, comment, cell):
    everything.scratch.add_account("taro@a.example", f"--comment={comment}")
    (exported,) = [row for row in everything.export() if row[0] == "taro"]
    assert exported[2] == cell
    everything.done(everything.register([["hana", PASSWORD, exported[2], "0"]]))
    assert show(everything, "hana")["comment"] == comment


def test_a_password_may_begin_with_any_character(everything):
    passwords = [f"{sign}Kx7!vQ2#mZ9.tR" for sign in "=+-@'\",;"]
    everything.done(everything.register([[f"user{i}", p, "", "5"] for i, p in enumerate(passwords)]))
    assert all(may_log_in(everything, f"user{i}", p) for i, p in enumerate(passwords))


def test_cp932(everything):
    everything.scratch.add_account("taro@a.example", "--comment", "営業①～ｱ髙")
    content = everything.export_bytes("--encoding", "cp932")
    assert "営業①～ｱ髙" in content.decode("cp932") and not content.startswith(b"\xef\xbb\xbf")
    everything.scratch.add_account("hana@a.example", "--comment", "café ☃")
    result = everything.scratch.run("account", "export", "--domain", "a.example", "--encoding",
                                    "cp932")
    assert (result.returncode, result.stdout) == (65, "")
    assert "line 2, hana" in result.stderr and "é" in result.stderr


@pytest.mark.parametrize("plan", ["open", "kwc", "sv-basic", "site"])
@pytest.mark.parametrize("kind, verb", [("registration", "import"), ("edit", "edit")])
def test_samples_are_read_and_register_nobody(scratch, plan, kind, verb):
    files = make(scratch, plan)
    sample = subprocess.run([BUILD / "boxkeeper", "--settings", scratch.settings, "account",
                             "sample", kind, "--domain", "a.example"], capture_output=True,
                            check=True).stdout
    if verb == "edit":
        scratch.add_account("sample01@a.example")
        scratch.add_account("sample02@a.example")
    report = files.report(files.run(verb, sample))
    assert {line for line, _, _ in report} == {2, 3}
    assert all("password" in reason for _, _, reason in report)


def test_words_of_the_commands(everything):
    run = everything.scratch.run
    path = str(everything.path)
    everything.path.write_text(text_of(REGISTRATION, new_rows([1])))
    assert run("account", "import", path).returncode == 64
    assert run("account", "import", path, "--domain", "none.example").returncode == 67
    assert run("account", "export").returncode == 64
    assert run("--json", "account", "export", "--domain", "a.example").returncode == 64
    assert run("account", "export", "--domain", "a.example", "--as", "x").returncode == 65
    assert run("account", "export", "--domain", "a.example", "--encoding", "x").returncode == 65
    assert run("account", "sample", "x").returncode == 64
    assert run("account", "sample", "edit", "--domain", "none.example").returncode == 67


def test_sample_has_the_default_capacity_of_the_domain(scratch):
    scratch.cli("domain", "add", "a.example", "--default-capacity", "2G", "--max-capacity", "100G")
    for kind in ("registration", "edit"):
        rows = scratch.cli("account", "sample", kind, "--domain", "a.example").splitlines()
        assert rows[1].endswith(",2"), rows
