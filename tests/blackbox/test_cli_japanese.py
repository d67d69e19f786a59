# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""In the locale ja_JP.UTF-8: no English is left in what the commands print, and columns stand."""

import json
import os
import re
import subprocess
import unicodedata

import pytest

from csv_files import PASSWORD
from fake_doveadm import FakeDoveadm
from japanese import make_environment
from scratch import BUILD, Scratch

# Words of the trade, which Japanese takes as they are, and names.
NAMES = set("""
    boxkeeper boxkeeperd Boxkeeper Dovecot Postfix Pigeonhole Debian SQLite WAL RCPT IMAP POP3
    ManageSieve TLS SRS MB UTF BOM Shift JIS CP932 CSV JSON YYYY MM DD HH ON OFF INBOX Junk SPAM
    Asia Tokyo SCORE Archive Trash crypt passdb userdb yescrypt CLI ID root vmail
    open site kwc sv basic caughtspam business standard my
    postmaster mailadmin taro hanako hana jiro saburo nobody
    doveconf postconf systemd sysusers tmpfiles systemctl timedatectl timezones postsrsd sievec smtpd
    include quota autoexpunge protocol editheader mydestination myhostname cleanup transport Spam
    restart enable reload sample01 sample02
    """.split())
# What is typed: in lists of what a command takes, and in examples.
TYPED = set("""
    ja en fr de it pt es all inherit utf cp932 tag move delete off on full suspended deleting
    force changed address login name capacity usage created last delivery comment imap pop3
    submission managesieve maildir sdbox mdbox kick who any choices range fixed
    aliases messages auto reply rights status
    """.split())


@pytest.fixture(scope="session")
def japanese(tmp_path_factory):
    return (make_environment(tmp_path_factory.mktemp("locale"))
            | {"BOXKEEPER_LOCALE_DIR": str(BUILD / "locale")})


@pytest.fixture(scope="module")
def table():
    shown = subprocess.run([BUILD / "boxkeeper", "--help", "--json"], capture_output=True,
                           check=True).stdout
    return json.loads(shown)


@pytest.fixture(scope="module")
def typed(table):
    """Every word of the command line, and what is written for one."""
    words = set(TYPED)
    for command in table["items"]:
        words |= {command["noun"], command["verb"]}
        for text in [command["arguments"], *(o["value"] or "" for o in command["options"])]:
            words |= set(re.findall(r"[a-z]+", text))
    return {part for word in words if word for part in word.split("-")}


def english(text, typed):
    """Words that nobody needs who reads Japanese. Addresses, paths, NAME=VALUE, names of settings
    and options are no words."""
    found = []
    for run in re.findall(r"[!-~]+", text):
        if re.search(r"[A-Za-z0-9)][@/=_.][A-Za-z0-9]|^[/@\"'(]*[/@]|--[a-z]", run):
            continue
        found += [word for word in re.findall(r"[A-Za-z][A-Za-z0-9]+", run)
                  if word not in NAMES and word not in typed]
    return found


def test_what_counts_as_english(typed):
    assert english("%s を削除しました: taro@d.example、--page 2、boxkeeper job run", typed) == []
    assert english("ステータス deleted", typed) == ["deleted"]
    assert "there" in english("there is no account taro@d.example", typed)


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def by_column(line):
    """One character for each column of the terminal; a wide one takes two."""
    return "".join(c if width(c) == 1 else c + "\0" for c in line)


def count_columns(text):
    """How many columns stand apart: bands that hold something, between those that are blank in every
    line. Columns that do not stand below each other run together."""
    lines = [by_column(line) for line in text.splitlines()]
    assert len(lines) > 1, text
    longest = max(map(len, lines))
    blank = [all(line[i:i + 1] in ("", " ") for line in lines) for i in range(longest)]
    return sum(not here and (i == 0 or blank[i - 1]) for i, here in enumerate(blank))


def test_what_counts_as_columns():
    assert count_columns("氏名     容量\n山田太郎   5G\n") == 2
    assert count_columns("氏名     容量\n山田太郎     5G\n花 0\n") == 2
    assert count_columns("氏名 容量\n山田太郎 5G\n") == 1


# --- every command ----------------------------------------------------------------------------------

HEADER = "mail_account,mail_password,comment,mail_capacity"
CSV = f"{HEADER}\nsaburo,{PASSWORD},営業部,5\n"
BAD_CSV = f"{HEADER}\njiro,{PASSWORD},営業部,5\ns,{PASSWORD},,5\nshiro,abc,,3\ngoro,{PASSWORD},,\n"
EDIT_CSV = "mail_account,password,mail_capacity\nsaburo,,10\nnobody,,10\n"

# Words and exit status; {f} is the scratch folder. In this order.
SESSION = [
    (["domain", "add", "d.example"], 0),
    (["domain", "add", "d.example"], 73),
    (["domain", "add", "b.example", "--plan", "business-standard"], 0),
    (["domain", "add", "s.example", "--plan", "site", "--login-prefix", "s"], 0),
    (["domain", "add", "x"], 65),
    (["domain", "add", "x.example", "--plan", "nonsense"], 67),
    (["domain", "alias", "add", "d.example", "e.example"], 0),
    (["domain", "alias", "remove", "d.example", "e.example"], 0),
    (["domain", "alias", "nonsense", "d.example", "e.example"], 64),
    (["domain", "set", "d.example"], 64),
    (["domain", "set", "d.example", "--max-accounts", "5", "--time-zone", "Asia/Tokyo"], 0),
    (["domain", "set", "d.example", "--max-accounts", "-1"], 65),
    (["domain", "set", "d.example", "--time-zone", "Mars"], 65),
    (["domain", "list"], 0),
    (["domain", "show", "d.example"], 0),
    (["domain", "show", "nobody.example"], 67),
    (["plan", "list"], 0),
    (["plan", "show", "open"], 0),
    (["plan", "show", "site"], 0),
    (["plan", "show", "business-standard"], 0),
    (["plan", "add", "my", "--from", "open"], 0),
    (["plan", "add", "My", "--from", "open"], 65),
    (["plan", "add", "other"], 64),
    (["plan", "set", "my", "spam_sort_allowed=off"], 0),
    (["plan", "set", "my", "capacity_kind=x"], 65),
    (["plan", "set", "my", "name_length_minimum=0"], 65),
    (["plan", "set", "my", "x"], 64),
    (["account", "create", "taro@d.example", "--external-auth", "--capacity", "5G", "--full-name",
      "山田太郎", "--comment", "営業部　主任"], 0),
    (["account", "create", "hanako@d.example", "--generate", "--full-name", "鈴木花子"], 0),
    (["account", "create", "jiro@b.example", "--external-auth"], 0),
    (["account", "create", "jiro@b.example", "--external-auth"], 73),
    (["account", "create", "j@b.example", "--external-auth"], 65),
    (["account", "create", "j..i@b.example", "--external-auth"], 65),
    (["account", "create", "goro@b.example", "--external-auth", "--capacity", "3G"], 65),
    (["account", "create", "goro@b.example", "--external-auth", "--capacity", "x"], 65),
    (["account", "create", "goro@b.example", "--external-auth", "--generate"], 64),
    (["account", "create", "goro", "--external-auth"], 64),
    (["account", "create", "goro@d.example", "--password-hash", "x"], 65),
    (["account", "password", "hanako@d.example", "--generate"], 0),
    (["account", "password", "hanako@d.example"], 64),
    (["account", "set", "taro@d.example", "--comment", "総務部", "--alias", "eigyo@d.example"], 0),
    (["account", "set", "taro@d.example"], 64),
    (["account", "set", "taro@d.example", "--language", "xx"], 65),
    (["account", "list"], 0),
    (["account", "list", "--columns", "all"], 0),
    (["account", "list", "--columns", "nonsense"], 65),
    (["account", "list", "--status", "nonsense"], 65),
    (["account", "list", "--sort", "nonsense"], 65),
    (["account", "list", "--search", "誰もいない"], 0),
    (["account", "list", "--page", "9"], 65),
    (["account", "show", "taro@d.example"], 0),
    (["account", "show", "nobody@d.example"], 67),
    (["alias", "add", "taro@d.example", "info@d.example"], 0),
    (["alias", "add", "taro@d.example", "a@b@c"], 65),
    (["alias", "list", "taro@d.example"], 0),
    (["alias", "remove", "info@d.example"], 0),
    (["alias", "remove", "taro@d.example"], 65),
    (["forward", "set", "taro@d.example", "out@else.example"], 64),
    (["forward", "set", "taro@d.example", "out@else.example", "--keep-copy"], 0),
    (["forward", "set", "taro@d.example", "taro@d.example", "--keep-copy"], 65),
    (["forward", "set", "taro@d.example", "nobody@d.example", "--keep-copy"], 65),
    (["forward", "set", "taro@d.example", "x", "--keep-copy"], 65),
    (["forward", "show", "taro@d.example"], 0),
    (["forward", "off", "jiro@b.example"], 0),
    (["receive", "off", "jiro@b.example"], 0),
    (["receive", "off", "s_mailadmin"], 0),
    (["receive", "on", "jiro@b.example"], 0),
    (["access", "set", "taro@d.example", "--pop3", "off"], 0),
    (["access", "set", "taro@d.example", "--pop3", "x"], 64),
    (["autoreply", "set", "taro@d.example", "--subject", "不在", "--body", "休みです", "--from",
      "2027-01-01", "--until", "2027-01-31"], 0),
    (["autoreply", "set", "taro@d.example", "--subject", "不在", "--body", ""], 65),
    (["autoreply", "set", "jiro@b.example", "--subject", "不在", "--body", "あ" * 301], 65),
    (["autoreply", "show", "taro@d.example"], 0),
    (["autoreply", "off", "jiro@b.example"], 0),
    (["spam", "set", "taro@d.example", "--action", "delete", "--score", "9"], 0),
    (["spam", "set", "taro@d.example", "--score", "x"], 65),
    (["spam", "allow", "taro@d.example", "@x.example"], 0),
    (["spam", "block", "taro@d.example", "y@x.example"], 0),
    (["spam", "block", "jiro@b.example", "y@x.example"], 65),
    (["spam", "forget", "taro@d.example", "@x.example"], 0),
    (["spam", "forget", "taro@d.example", "@x.example"], 67),
    (["spam", "show", "taro@d.example"], 0),
    (["retention", "set", "taro@d.example", "--trash", "7d"], 0),
    (["retention", "set", "taro@d.example", "--trash", "x"], 65),
    (["retention", "set", "s.example", "--trash", "7d"], 65),
    (["retention", "show", "d.example"], 0),
    (["retention", "hold", "taro@d.example", "--reason", "調査"], 0),
    (["retention", "show", "taro@d.example"], 0),
    (["account", "delete", "taro@d.example"], 77),
    (["retention", "preview", "taro@d.example"], 0),
    (["retention", "release", "taro@d.example"], 0),
    (["retention", "run"], 75),
    (["usage"], 0),
    (["usage", "taro@d.example"], 0),
    (["explain", "taro@d.example", "--from", "taro@d.example"], 0),
    (["explain", "nobody@d.example", "--from", "jiro@b.example"], 0),
    (["explain", "nobody@else.example"], 0),
    (["explain", "s_mailadmin@s.example"], 0),
    (["explain", "--login", "taro@d.example", "--protocol", "pop3"], 0),
    (["explain", "--login", "hanako@d.example", "--protocol", "imap"], 0),
    (["explain", "--login", "hanako@d.example", "--protocol", "x"], 64),
    (["account", "suspend", "taro@d.example"], 0),
    (["explain", "taro@d.example"], 0),
    (["account", "list", "--status", "suspended"], 0),
    (["account", "resume", "taro@d.example"], 0),
    (["domain", "suspend", "d.example"], 0),
    (["explain", "--login", "taro@d.example", "--protocol", "submission"], 0),
    (["domain", "resume", "d.example"], 0),
    (["account", "force-password", "hanako@d.example"], 0),
    (["account", "list"], 0),
    (["account", "rename", "hanako@d.example", "hana@d.example"], 0),
    (["account", "rename", "postmaster@d.example", "p@d.example"], 77),
    (["account", "sample", "registration", "--domain", "b.example"], 0),
    (["account", "sample", "edit"], 0),
    (["account", "sample", "x"], 64),
    (["account", "import", "{f}/bad.csv", "--domain", "b.example"], 65),
    (["account", "import", "{f}/new.csv", "--domain", "b.example"], 0),
    (["account", "import", "{f}/nonsense.csv", "--domain", "b.example"], 65),
    (["account", "edit", "{f}/edit.csv", "--domain", "b.example"], 0),
    (["account", "export", "--domain", "b.example"], 0),
    (["account", "erase-mail", "jiro@b.example"], 64),
    (["--yes", "account", "erase-mail", "jiro@b.example"], 75),
    (["job", "list"], 0),
    (["job", "run"], 75),
    (["account", "delete", "postmaster@d.example"], 77),
    (["--yes", "account", "delete", "hana@d.example"], 0),
    (["domain", "remove", "d.example"], 77),
    (["log"], 0),
    (["log", "--since", "x"], 65),
    (["check"], 78),
    (["setup", "dovecot"], 0),
    (["setup", "postfix"], 0),
    (["backup", "{f}/backup"], 0),
    (["backup", "{f}/backup"], 73),
    (["restore", "{f}/backup"], 64),
    (["--yes", "restore", "{f}/backup"], 0),
    (["--yes", "restore", "{f}/nonsense"], 65),
    (["migrate"], 0),
    (["migrate", "nonsense=x"], 65),
    (["--dry-run", "domain", "add", "z.example"], 0),
    ([], 64),
    (["nonsense"], 64),
    (["account"], 64),
    (["account", "nonsense"], 64),
    (["account", "show"], 64),
    (["account", "show", "a", "b"], 64),
    (["--nonsense", "account", "list"], 64),
    (["account", "list", "--nonsense"], 64),
    (["account", "list", "--page"], 64),
    (["account", "list", "--page", "x"], 65),
    (["account", "list", "--page", "1", "--page", "1"], 64),
    (["account", "list", "--json=x"], 64),
]


def prepare(scratch):
    doveadm = FakeDoveadm(scratch.folder / "bin")
    scratch.cli("migrate", f"doveadm_command={doveadm.path}")
    doveadm.answer(
        [{"username": "taro@d.example", "archived": 1, "expunged": 0, "state": "unfinished",
          "folder": "INBOX", "action": "archive", "messages": 2, "bytes": 3, "oldest": 4}])
    for name, text in (("new", CSV), ("bad", BAD_CSV), ("edit", EDIT_CSV)):
        (scratch.folder / f"{name}.csv").write_text(text)


@pytest.fixture(scope="module")
def session(japanese):
    """(words, wanted status, result) of each command of SESSION, run one after the other."""
    scratch = Scratch()
    prepare(scratch)
    results = []
    for words, status in SESSION:
        words = [word.format(f=scratch.folder) for word in words]
        if words == ["retention", "run"]:
            (scratch.folder / "bin" / "status").write_text("75")
        results.append((words, status, scratch.run(*words, environment=japanese)))
    yield results
    scratch.remove()


def shown_by(session, *words):
    """What the first of these commands printed."""
    return next(result.stdout for ran, _, result in session if ran == list(words))


def test_every_command_is_in_the_session(session, table):
    ran = {tuple(word for word in words if not word.startswith("-"))[:2] for words, *_ in session}
    missing = [f"{c['noun']} {c['verb'] or ''}" for c in table["items"]
               if (c["noun"], c["verb"]) not in ran and (c["verb"] or
               not any(words[:1] == (c["noun"],) for words in ran))]
    assert missing == []


def test_session_goes_as_in_english(session):
    wrong = [f"{' '.join(words)}: {result.returncode}, not {status}: {result.stderr}"
             for words, status, result in session if result.returncode != status]
    assert not wrong, "".join(wrong)


def own_text(words, text):
    """Without files that are shown whole, what was generated, and the table's records."""
    if words[:1] == ["setup"]:
        return re.sub(r"(?ms)^# ===== (\S+) .*?(?=^# =====|^# 雛形)", r"\1\n", text)
    if words[:2] in (["account", "sample"], ["account", "export"]) and "mail_account" in text:
        return text.split("\n", 1)[1]
    if "--generate" in words:
        return re.sub(r"^\S+$", "", text, flags=re.MULTILINE)
    return text


def test_no_english_is_left(session, typed):
    offences = []
    for words, _, result in session:
        text = own_text(words, result.stdout) + "\n" + result.stderr
        known = typed | {part for word in words for part in re.findall(r"[A-Za-z0-9]+", word)}
        known |= {row.split(",")[0] for row in BAD_CSV.splitlines()}
        if found := english(text, known):
            offences.append(f"{' '.join(words)}: {found}\n{text}")
    assert not offences, "\n".join(offences)


def test_help_has_no_english(scratch, table, typed, japanese):
    offences = []
    nouns = [[noun] for noun in {command["noun"] for command in table["items"]}]
    commands = [[word for word in (c["noun"], c["verb"]) if word] for c in table["items"]]
    for words in [[], *nouns, *commands]:
        shown = scratch.run(*words, "--help", environment=japanese).stdout
        assert "使い方: boxkeeper" in shown
        if found := english(shown, typed):
            offences.append(f"{' '.join(words)} --help: {found}\n{shown}")
    assert not offences, "\n".join(offences)


def test_help_has_its_texts_below_each_other(scratch, japanese):
    shown = scratch.run("--help", environment=japanese).stdout
    for paragraph in shown.split("\n\n"):
        rows = [line for line in paragraph.splitlines() if line.startswith("  ")]
        if rows:
            texts = {width(re.match(r"  \S.*?  +(?=\S)", row)[0]) for row in rows}
            assert len(texts) == 1, paragraph


@pytest.mark.parametrize("words, columns", [
    ("domain list", 6), ("plan list", 7), ("account list", 8), ("usage", 6), ("log", 5),
    ("account show taro@d.example", 2), ("plan show site", 2), ("domain show d.example", 2),
    ("spam show taro@d.example", 2), ("autoreply show taro@d.example", 2),
    ("retention preview taro@d.example", 5), ("retention run", 4), ("job list", 7)])
def test_columns_stand_below_each_other(session, words, columns):
    table = re.sub(r"^(\d+ 件中|\d+ アカウント:) .*$", "", shown_by(session, *words.split()),
                   flags=re.MULTILINE)  # without what stands below it
    assert count_columns(table) >= columns, table


def test_titles_and_words_are_those_of_the_panels(session):
    title = shown_by(session, "account", "list").splitlines()[0].split()
    assert title == ["アドレス", "氏名", "設定容量", "利用容量", "メール受信", "転送先", "ステータス",
                     "コメント"]
    assert "強制変更済" in [result for words, _, result in session
                            if words == ["account", "list"]][1].stdout
    assert shown_by(session, "account", "list").endswith("件 (1/1 ページ)\n")


# --- questions, and what stays English --------------------------------------------------------------


@pytest.mark.parametrize("answer, status", [("はい", 0), ("y", 0), ("yes", 0), ("いいえ", 64),
                                            ("n", 64), ("", 64)])
def test_questions_are_answered_in_japanese_too(scratch, japanese, answer, status):
    scratch.cli("domain", "add", "d.example")
    outcome, shown = scratch.on_terminal(answer, "domain", "remove", "d.example",
                                         environment=japanese)
    assert "d.example を、作成時からあるアカウントとそのすべてのメールデータとともに削除しますか? [y/N]" in shown
    assert outcome in ({0, 75} if status == 0 else {status}), shown
    assert ("確認されなかったため、何も変更していません" in shown) == (status != 0)


def test_programs_read_the_same_in_every_language(scratch, japanese):
    scratch.cli("domain", "add", "d.example")
    scratch.add_account("taro@d.example")
    for words in (["account", "show", "taro@d.example"], ["plan", "list"], ["domain", "list"],
                  ["explain", "nobody@d.example", "--from", "taro@d.example"],
                  ["retention", "show", "taro@d.example"], ["spam", "show", "taro@d.example"],
                  ["explain", "--login", "taro@d.example", "--protocol", "imap"], ["log"]):
        shown = scratch.run("--json", *words, environment=japanese)
        assert json.loads(shown.stdout) == scratch.json(*words), words


def test_log_of_changes_is_written_in_english(scratch, japanese):
    scratch.run("domain", "add", "d.example", environment=japanese)
    text = json.dumps(scratch.json("log"), ensure_ascii=False)
    assert "d.example" in text and text.isascii()


def test_daemon_explains_itself_in_japanese(typed, japanese):
    usage = subprocess.run([BUILD / "boxkeeperd", "--help"], env=os.environ | japanese, text=True,
                           capture_output=True, timeout=60, check=False).stdout
    assert usage.startswith("使い方: boxkeeperd")
    assert english(usage, typed | set("policy map postfix syslog MiB".split())) == [], usage


def test_daemon_logs_in_english(tmp_path, japanese):
    """An error of the store, which is translated where the CLI shows it."""
    command = [BUILD / "boxkeeperd", "--settings", tmp_path / "settings.db", "--socket-directory",
               tmp_path / "s", "--log-stderr"]
    with subprocess.Popen(command, env=os.environ | japanese, text=True,
                          stderr=subprocess.PIPE) as daemon:
        line = next(line for line in daemon.stderr if "settings.db" in line)
        daemon.terminate()
        daemon.communicate(timeout=60)
    assert line.isascii()
    assert "settings database" in line


def test_messages_of_the_c_library_are_japanese(scratch, japanese):
    """They come with the package locales."""
    shown = scratch.run("account", "import", "/nonexistent", "--domain", "d.example",
                        environment=japanese).stderr
    assert "ドメイン d.example はありません" in shown or "そのようなファイル" in shown
