# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""A growth curve as an SVG file, by gnuplot."""

import subprocess

SCRIPT = """
set terminal svg size 640,400 font "sans-serif,13" background "white"
set output "{path}"
set title "{title}"
set xlabel "{x}"
set ylabel "{y}"
set logscale xy
set format x "%.0s%c"
set grid
set key left top
set pointsize 0.7
"""


def script(curve, path):
    """What gnuplot is told."""
    text = SCRIPT.format(path=path, **{name: curve[name] for name in ("title", "x", "y")})
    blocks, plots = [], []
    for number, (label, points) in enumerate(curve["series"].items()):
        rows = "\n".join(f"{x} {y}" for x, y in points)
        blocks.append(f"$points{number} << END\n{rows}\nEND\n")
        plots.append(f'$points{number} with linespoints title "{label}"')
    return text + "".join(blocks) + "plot " + ", ".join(plots) + "\n"


def draw(curve, folder):
    path = folder / f"{curve['name']}.svg"
    subprocess.run(["gnuplot"], input=script(curve, path), text=True, check=True)
    lines = path.read_text(encoding="utf-8").rstrip().splitlines()
    path.write_text("".join(line.rstrip() + "\n" for line in lines), encoding="utf-8")
