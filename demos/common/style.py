"""How the demos' pictures look, and the card that each demo leaves for the gallery.

Colours are Okabe and Ito's, which all colour vision tells apart. The background is transparent, and what is drawn in
INK, FAINT, PAPER or BLUE changes with the reader's theme, so that a picture reads on a light page and on a dark one.
The same numbers give the same bytes. A picture bears no title: the page that shows it does.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from autograd.files import write_atomically

try:
    import matplotlib
    import matplotlib.style
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
except ImportError:
    sys.exit("The pictures need matplotlib: pip install 'scalar-autograd[demos]'")

OUT = Path("out")

INK, FAINT, PAPER = "#1f2328", "#69717b", "#fefefe"
BLUE, ORANGE, GREEN, RED, SKY, PURPLE = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7"
DARK = {INK: "#eceff2", FAINT: "#a3acb6", PAPER: "#14171b", BLUE: "#3d9fdc"}  # on a dark page

# From 0, blue, through nothing at 0.5 to 1, orange: what lies between shows the page, whatever its colour.
SURFACE = LinearSegmentedColormap.from_list("surface", [f"{BLUE}cc", f"{BLUE}00", f"{ORANGE}00", f"{ORANGE}dd"])

matplotlib.style.use(Path(__file__).with_suffix(".mplstyle"))


def svg(figure: Figure, name: str) -> bytes:
    """Draw a figure as SVG, with the colours for a dark page; the name seeds the ids in it."""
    picture = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    rules = [
        f'[style*="{what}: {light}"] {{ {what}: {dark} !important }}'
        for light, dark in DARK.items()
        for what in ("fill", "stroke")
    ]
    sheet = "\n".join([" <style>@media (prefers-color-scheme: dark) {", *rules, "}</style>", ""])
    before, end = picture.getvalue().rsplit(b"</svg>", 1)
    return before + sheet.encode() + b"</svg>" + end


def save(figure: Figure, name: str) -> Path:
    """Write a figure to out/NAME.svg, whole or not at all."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{name}.svg"
    write_atomically(path, svg(figure, name))
    print(f"Wrote {path}.")
    return path


class Row(NamedTuple):
    """A figure beside its source's."""

    what: str
    source: str
    ours: str
    note: str = ""


def comparison_row(what: str, printed: str, ours: float, why: str = "") -> Row:
    """Write our number to as many decimals as a printed one."""
    return Row(what, printed, f"{ours:.{len(printed.partition('.')[2])}f}", why)


def publish(
    name: str,
    title: str,
    lesson: str,
    rows: Sequence[Row],
    pictures: Mapping[str, str],
    links: Mapping[str, str] | None = None,
) -> None:
    """Print a demo's figures beside its source's, and leave them as a card for the gallery.

    `pictures` says what each picture shows, by its name in out/, for who cannot see it; `links` does for other files.
    """
    print_table([Row("", "source", "ours"), *rows])
    OUT.mkdir(exist_ok=True)
    card = {
        "title": title,
        "lesson": lesson,
        "rows": [row._asdict() for row in rows],
        "pictures": dict(pictures),
        "links": dict(links or {}),
    }
    write_atomically(OUT / f"{name}.json", json.dumps(card, indent=1, ensure_ascii=False).encode())


def print_table(rows: Sequence[Row]) -> None:
    """Print rows in columns as wide as their widest."""
    print()
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    for what, source, ours, note in rows:
        cells = f"  {what:<{widths[0]}}  {source:>{widths[1]}}  {ours:>{widths[2]}}  {note}"
        print(cells.rstrip())
    print()
