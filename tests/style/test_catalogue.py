# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""po/ja.po: complete, and its texts take the same values as the English ones."""
import re
import subprocess

import tree

CATALOGUE = tree.TOP / "po/ja.po"
TEMPLATE = tree.BUILD / "po/boxkeeper.pot"
# As they are in Japanese too: names of things, and what is typed in a shell.
SAME = {"IMAP", "POP3", "ManageSieve", "ON", "OFF", "on", "off", "[y/N]"}
HINT = "see CONTRIBUTING.md, or run: make -C build update-po"


def run(*words):
    return subprocess.run(list(map(str, words)), cwd=tree.TOP, capture_output=True, text=True,
                          check=False)


def messages(text):
    """(msgid or msgid_plural, msgstr) of each entry; msgstr is "" in a template."""
    def joined(entry, keyword):
        found = re.search(rf'^{keyword} ((?:".*"\n?)+)', entry, flags=re.MULTILINE)
        return "".join(re.findall(r'^"(.*)"$', found[1], flags=re.MULTILINE)) if found else None

    for entry in text.split("\n\n"):
        english = joined(entry, "msgid_plural") or joined(entry, "msgid")
        if english:
            yield english, joined(entry, r"msgstr(?:\[0\])?")


def translations():
    found = list(messages(CATALOGUE.read_text(encoding="utf-8")))
    assert len(found) > 500
    return found


def test_every_text_has_a_translation():
    """msgcmp is content with no entry that is missing, empty or fuzzy."""
    result = run("msgcmp", CATALOGUE, TEMPLATE)
    assert result.returncode == 0, f"{result.stderr}\n{HINT}"


def test_nothing_is_left_that_no_source_has():
    template = {english for english, _ in messages(TEMPLATE.read_text(encoding="utf-8"))}
    tree.none(f"po/ja.po has {english!r}, and no source; {HINT}" for english, _ in translations()
              if english not in template)
    assert "\n#~" not in CATALOGUE.read_text(encoding="utf-8"), HINT


def test_catalogue_is_sound():
    result = run("msgfmt", "--check", "--statistics", "--output-file=/dev/null", CATALOGUE)
    assert result.returncode == 0, result.stderr
    assert re.fullmatch(r"\d+ translated messages\.\n", result.stderr), result.stderr


def test_template_is_made_of_every_source():
    """po/local.mk takes the lists of the programs; a file of another list would be left out."""
    sources = sorted(str(path) for path in tree.c_files("src"))
    result = run("xgettext", "--output=-", "--omit-header", "--from-code=UTF-8", "--language=C",
                 "--keyword=_", "--keyword=N_", *sources)
    assert result.returncode == 0, result.stderr
    template = {english for english, _ in messages(TEMPLATE.read_text(encoding="utf-8"))}
    tree.none(f"no source list of po/local.mk has {english!r}"
              for english, _ in messages(result.stdout) if english not in template)


def values(text):
    """The conversions of a format in the order of its arguments: what each of them is."""
    found = re.findall(r"%(?:(\d+)\$)?[-0-9.*]*(<PRI\w+>|(?:hh|h|ll|l|z)?[a-zA-Z])|%%", text)
    return [what for _, what in sorted((int(place or number), what) for number, (place, what)
                                       in enumerate((f for f in found if f[1]), 1))]


def test_translations_take_the_same_values():
    """Also where xgettext does not see that the text is a format."""
    assert values("%2$s %1$lld 100%%") == ["lld", "s"]
    tree.none(f"{english!r}: {japanese!r}" for english, japanese in translations()
              if values(english) != values(japanese))


def test_translations_are_japanese():
    commands = re.compile(r"^(boxkeeper|systemctl) [a-z .-]+$|&&")
    values_only = re.compile(r"^[^A-Za-z]*$")
    tree.none(repr(english) for english, japanese in translations()
              if english not in SAME and not commands.search(english)
              and not values_only.search(re.sub(r"%[-0-9.$]*l*[a-z]", "", english))
              and not re.search("[\u3040-\u30ff\u4e00-\u9fff]", japanese))


def test_translations_end_as_the_originals():
    """Line ends and blanks at both ends belong to the layout."""
    def edges(text):
        return re.match(r"(?:\\n| )*", text)[0], re.search(r"(?:\\n| )*$", text)[0]

    tree.none(f"{english!r}: {japanese!r}" for english, japanese in translations()
              if edges(english) != edges(japanese))
