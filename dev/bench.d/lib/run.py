# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Runs the parts one after the other and puts together what they found (dev/bench)."""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import measure, plot  # noqa: E402

PARTS = sorted(path.stem for path in Path(__file__).resolve().parents[1].glob("*.py"))
DOCUMENT = measure.TOP / "doc" / "PERFORMANCE.md"


def merge(whole, part):
    """Objects are merged, lists are put behind each other; nothing may be said twice."""
    for name, value in part.items():
        if name not in whole:
            whole[name] = value
        elif isinstance(value, dict) and isinstance(whole[name], dict):
            merge(whole[name], value)
        elif isinstance(value, list) and isinstance(whole[name], list):
            whole[name] += value
        else:
            raise ValueError(f"two parts say what {name} is")
    return whole


def markdown(tables):
    """The tables of a part, aligned so that they can be read as they are."""
    texts = []
    for table in tables:
        rows = [table["columns"], *table["rows"]]
        widths = [max(3, *(len(row[i]) for row in rows)) for i in range(len(rows[0]))]
        lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
                 for row in rows]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        texts.append(f"{table['title']}:\n\n" + "\n".join(lines) + "\n")
    return "\n".join(texts)


def put_into_document(document, part, text):
    """Between the part's two marks."""
    begin, end = f"<!-- dev/bench: {part} -->\n", "<!-- end -->\n"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), flags=re.DOTALL)
    if not pattern.search(document):
        raise ValueError(f"doc/PERFORMANCE.md has no place for {part}")
    return pattern.sub(lambda match: f"{begin}\n{text}\n{end}", document)


def run_part(part, quick, folder):
    measure.progress(part)
    path = folder / f"{part}.json"
    command = [sys.executable, "-B", measure.TOP / "dev" / "bench.d" / f"{part}.py", "--json", path]
    subprocess.run(command + ["--quick"] * quick, check=True)
    return json.loads(path.read_text(encoding="utf-8"))


def main():
    parser = argparse.ArgumentParser(prog="dev/bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--document", action="store_true")
    parser.add_argument("--plot", action="store_true")
    parser.add_argument("--others", action="store_true")  # dev/bench has installed them
    parser.add_argument("parts", nargs="*", metavar="PART")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"{part} is no part; the parts are {', '.join(PARTS)}")

    whole, failed = {}, []
    folder = measure.folder()
    for part in options.parts or PARTS:
        try:
            figures = run_part(part, options.quick, folder)
        except subprocess.CalledProcessError:
            failed.append(part)
            continue
        text = markdown(figures.get("tables", []))
        print(f"\n== {part}\n\n{text}", flush=True)
        if options.document:
            document = DOCUMENT.read_text(encoding="utf-8")
            DOCUMENT.write_text(put_into_document(document, part, text), encoding="utf-8")
        if options.plot:
            for curve in figures.get("curves", []):
                plot.draw(curve, measure.TOP / "doc")
        merge(whole, figures)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    if options.json:
        Path(options.json).write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    if failed:
        sys.exit(f"dev/bench: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
