# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""CSV files as they come: encodings, ends of lines, names, and what is no CSV at all."""

import os
import pty
import random
import subprocess

import pytest

from csv_files import PASSWORD, REGISTRATION, Files, new_rows, text_of
from scratch import BUILD


@pytest.fixture
def files(scratch):
    scratch.cli("domain", "add", "a.example")
    return Files(scratch, "a.example")


def comment_of(files, name):
    return files.scratch.json("account", "show", f"{name}@a.example")["comment"]


COMMENT = "営業部 ～①「髙橋」ｱｲ"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end"])
def test_encodings_and_ends_of_lines(files, encoding, end, last):
    text = text_of(REGISTRATION, new_rows(range(2), comment=COMMENT), end)
    text = text if last else text.removesuffix(end)
    assert files.done(files.run("import", text.encode(encoding)))["registered"] == 2
    assert comment_of(files, "user00") == comment_of(files, "user01") == COMMENT


@pytest.mark.parametrize("name", ["登録 ファイル（１）.csv", "-x.csv", "a'b\"c", "no-ending"])
def test_names_of_files(files, name):
    path = files.scratch.folder / name
    path.write_text(text_of(REGISTRATION, new_rows([1])))
    result = files.scratch.run("account", "import", str(path), "--domain", "a.example")
    assert result.returncode == 0, result.stderr


def test_a_file_name_that_is_not_utf_8(files):
    path = os.path.join(os.fsencode(files.scratch.folder), "登録.csv".encode("cp932"))
    command = [os.fsencode(BUILD / "boxkeeper"), b"--json", b"--settings",
               os.fsencode(files.scratch.settings), b"account", b"import", path, b"--domain",
               b"a.example"]
    for content, status in ((text_of(REGISTRATION, new_rows([1])), 0), ("", 65)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        assert subprocess.run(command, capture_output=True, check=False).returncode == status


def test_any_comment_comes_back(files):
    """Registered, exported, registered again under other names: the same comments."""
    source = random.Random(20261122)
    comments = ["".join(source.choices("a,\"' =+-@＝営ｱ\\;%", k=source.randint(0, 9)))
                for _ in range(40)]
    files.done(files.register([[f"a{n:02}", PASSWORD, "'" + comment if comment[:1] in "'=+-@＝"
                                and comment else comment, "1"]
                               for n, comment in enumerate(comments)]))
    first = {row[0]: row[2] for row in files.export()[1:]}
    files.done(files.register([[f"b{n:02}", PASSWORD, first[f"a{n:02}"], "1"] for n in range(40)]))
    for n in range(40):
        assert comment_of(files, f"b{n:02}") == comment_of(files, f"a{n:02}")


def test_lines_are_those_of_an_editor(files):
    text = ("mail_account,mail_password,comment,mail_capacity\r\n"
            "\r\n"
            f'user01,{PASSWORD},"two\r\nlines",5\r\n'
            f'"a",{PASSWORD},"",5\r\n'
            "\r\n"
            f'user02,{PASSWORD},"say ""a\n\n\nb""",5\r\n'
            "b,,,5\n")
    report = files.report(files.run("import", text))
    assert sorted({line for line, _, _ in report}) == [3, 5, 7, 11]


def test_quotes(files):
    text = (",".join(REGISTRATION) + "\n"
            f'user01,"Kx7!v""Q2#,mZ9",,5\n'
            f'a,{PASSWORD},,5\n'
            f'user02,Kx7!v"Q2#mZ9,,5\n'
            f'user03,short,,5\n')
    report = files.report(files.run("import", text))
    assert [line for line, _, _ in report] == [3, 4]
    assert "quotation mark" in report[1][2] and "not looked at" in report[1][2]
    report = files.report(files.run("import", ",".join(REGISTRATION) + '\na,"open,,5\nb,c,,5\n'))
    assert [line for line, _, _ in report] == [2]


def test_blanks_belong_to_their_cells(files):
    report = files.report(files.register([["user01 ", PASSWORD, "", "5"],
                                          ["user02", f" {PASSWORD}", "", "5"],
                                          ["user03", PASSWORD, "", " 5"]]))
    assert [line for line, _, _ in report] == [2, 3, 4]
    files.done(files.register([["user04", PASSWORD, "  two ", "5"]]))
    assert comment_of(files, "user04") == "  two "
    (exported,) = [row for row in files.export() if row[0] == "user04"]
    assert exported[2] == "  two "


@pytest.mark.parametrize("content, reason", [
    (b"", "empty"), (b"\xef\xbb\xbf", "empty"), (b"\n\n\n", "no account"),
    (b"mail_account,mail_password,comment,mail_capacity\r\n", "no account"),
    (b"mail_account,mail_password,comment\r\na,b,c\r\n", "line 1"),
    (b"mail_account,mail_password,comment,mail_capacity,x\r\n", "line 1"),
    (b"Mail_Account,mail_password,comment,mail_capacity\r\n", "line 1"),
    (b"taro,x,,5\r\n", "line 1"),
    (b"mail_account;mail_password;comment;mail_capacity\r\n", "line 1"),
    ("mail_account".encode("utf-16"), "UTF-16"),
    (b"PK\x03\x04\x00\x00", "save it as CSV"),
    (b"mail_account\n\x80\xff\xfd\n", "line 2"),
    (b"\xef\xbb\xbfmail_account\n\n\x83\x40\n", "line 3"),
    (bytes(range(256)) * 10, "not text"),
])
def test_what_is_no_file_of_accounts(files, content, reason):
    message = files.refused(files.run("import", content))
    assert reason in message


def test_what_is_no_file_at_all(files):
    folder = files.scratch.folder
    run = files.scratch.run
    result = run("account", "import", str(folder), "--domain", "a.example")
    assert (result.returncode, "can't be read" in result.stderr) == (65, True)
    result = run("account", "import", str(folder / "none"), "--domain", "a.example")
    assert (result.returncode, "none" in result.stderr) == (65, True)
    assert run("account", "import", "/dev/null", "--domain", "a.example").returncode == 65


def test_a_huge_file_is_refused(files):
    with files.path.open("wb") as file:
        file.truncate(10 * 1024**3)
    result = files.scratch.run("account", "import", str(files.path), "--domain", "a.example")
    assert result.returncode == 65 and "larger than 64 MB" in result.stderr


def test_standard_input_by_its_name(files):
    text = text_of(REGISTRATION, new_rows([1]))
    result = files.scratch.run("account", "import", "/dev/stdin", "--domain", "a.example",
                               stdin=text)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_progress_is_for_terminals(files, options):
    files.path.write_text(text_of(REGISTRATION, new_rows(range(3))))
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [BUILD / "boxkeeper", "--settings", files.scratch.settings, *options, "account", "import",
         files.path, "--domain", "a.example"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave,
        env=os.environ | {"LC_ALL": "C.UTF-8"})
    os.close(slave)
    shown = b""
    try:
        while more := os.read(master, 4096):
            shown += more
    except OSError:  # the other side is closed
        pass
    os.close(master)
    assert process.wait(timeout=60) == 0
    assert (b"Hashing passwords [" in shown) == (not options), shown


def test_many_accounts(files):
    """Checked in no time; hashing is tried in the thorough run."""
    text = text_of(REGISTRATION, new_rows(range(10000), comment=COMMENT))
    thorough = os.environ.get("BOXKEEPER_THOROUGH") == "1"
    files.path.write_text(text, encoding="cp932")
    command = ["account", "import", str(files.path), "--domain", "a.example"]
    result = subprocess.run(
        [BUILD / "boxkeeper", "--settings", files.scratch.settings,
         *([] if thorough else ["--dry-run"]), *command],
        capture_output=True, text=True, timeout=1800, check=False)
    assert result.returncode == 0, result.stderr
    if thorough:
        assert len(files.export()) == 10002
