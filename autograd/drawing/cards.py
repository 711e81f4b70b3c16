"""How a drawing looks: colours, outlines and the cards that boxes are, as Graphviz's HTML-like labels.

Every text that comes from outside passes through `escaped`, so a label is text and never markup.
"""

from __future__ import annotations

import html
from typing import Final

from autograd.drawing.layout import visible

FONT: Final = "Helvetica,Arial,sans-serif"
LONGEST: Final = 28  # characters of a label that a card shows; the tooltip has all of it

# Colours: on a light page, on a dark page. What lies on the bare page has one colour for both, because the page may be
# white where the reader's system is dark: its contrast is 4.5 to white and 4.2 to #111.
PAGE: Final = "#767676"
INK: Final = ("#1f2328", "#f0f3f6")
FAINT: Final = ("#59636e", "#a3acb6")
GRADIENT: Final = ("#a34300", "#ffb077")
PILL: Final = ("#e7eaee", "#3a424c")
# Border and fill. The bright borders are from Okabe and Ito's palette, made for all kinds of colour vision.
COMPUTED: Final = (("#8c959f", "#7d8590"), ("#fbfcfd", "#1c2128"))
LEAF: Final = (("#0072b2", "#56b4e9"), ("#e9f3fa", "#10293a"))
PARAMETER: Final = (("#d9820a", "#e69f00"), ("#fdf3e1", "#33260d"))
CONSTANT: Final = (("#8c959e", "#7d858f"), ("#f3f4f5", "#24282e"))
ROOT: Final = (("#009e73", "#2fc79a"), ("#e6f5f0", "#0e2f26"))
CURRENT: Final = (("#d55e00", "#ff8a3d"), ("#fdeee4", "#3b1f0d"))
PENDING: Final = (("#b4bac1", "#59626c"), ("#fcfcfd", "#181c22"))
LOOKS: Final = {
    "computed": COMPUTED,
    "leaf": LEAF,
    "parameter": PARAMETER,
    "constant": CONSTANT,
    "root": ROOT,
    "module": COMPUTED,
    "current": CURRENT,
    "pending": PENDING,
}
OUTLINES: Final = {  # what tells the kinds apart without colour, besides their tags
    "computed": {"style": "rounded,filled"},
    "leaf": {"style": "filled"},
    "parameter": {"style": "filled", "shape": "note"},
    "constant": {"style": "filled,dashed"},
    "root": {"style": "rounded,filled", "peripheries": "2"},
    "module": {"style": "filled", "shape": "folder"},
}
MARKS: Final = {"done": "✓ done", "current": "● current", "pending": "○ pending"}
SIGNS: Final = {"*": "×", "-": "−", "/": "÷"}  # as people write them


def outline(kind: str, mark: str | None) -> dict[str, str]:
    """Give the Graphviz attributes of a box of a kind (a key of OUTLINES), perhaps marked (a key of MARKS)."""
    border, fill = LOOKS[mark if mark in LOOKS else kind]
    width = "2.6" if mark == "current" else "1.1"
    classes = kind if mark is None else f"{kind} {mark}"
    return {**OUTLINES[kind], "color": border[0], "fillcolor": fill[0], "penwidth": width, "class": classes}


def card(pill: str, name: str, tags: list[str], rows: list[str]) -> str:
    """Write a card: the op in a pill on the left, a name and tags above, rows below. Empty parts take no room."""
    lines = [heading(name, " · ".join(tags))] if name or tags else []
    lines += [row(text) for text in rows]
    if pill:
        lines[0] = f'<TD ROWSPAN="{len(lines)}" CELLPADDING="1">{pilled(pill)}</TD>{lines[0]}'
    table = "".join([f"<TR>{line}</TR>" for line in lines])
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{table}</TABLE>>'


def heading(name: str, tags: str) -> str:
    """Write a card's first row: the name in bold and the tags in small print, of which one may be empty."""
    small = font(f"&nbsp;{escaped(tags)}" if name else escaped(tags), FAINT, size=8) if tags else ""
    if name and tags:
        return f'<TD ALIGN="LEFT"><B>{escaped(name)}</B></TD><TD ALIGN="RIGHT">{small}</TD>'
    return f'<TD ALIGN="LEFT" COLSPAN="2">{small or f"<B>{escaped(name)}</B>"}</TD>'


def row(text: str) -> str:
    """Write "data 2.5" in two columns; other text across both."""
    caption, _, number = text.partition(" ")
    if caption not in ("data", "grad"):
        return f'<TD ALIGN="LEFT" COLSPAN="2">{font(escaped(text), FAINT, size=9)}</TD>'
    if number == "not run yet":
        shown = font(f"&nbsp;<I>{number}</I>", FAINT, size=9)
    else:
        shown = font(f"&nbsp;{number}", GRADIENT if caption == "grad" else INK)
    return f'<TD ALIGN="LEFT">{font(caption, FAINT, size=9)}</TD><TD ALIGN="RIGHT">{shown}</TD>'


def font(markup: str, colour: tuple[str, str], size: int = 11) -> str:
    return f'<FONT POINT-SIZE="{size}" COLOR="{colour[0]}">{markup}</FONT>'


def pilled(text: str) -> str:
    """Write an op's symbol in a rounded box, as people write it."""
    return (
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="5" STYLE="ROUNDED" BGCOLOR="{PILL[0]}">'
        f"<TR><TD><B>{escaped(SIGNS.get(text, text))}</B></TD></TR></TABLE>"
    )


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def escaped(text: str) -> str:
    """Write text so that Graphviz's HTML-like labels show it as it is: backslashes too, which it would read last."""
    return html.escape(visible(text), quote=False).replace("\\", "\\\\")


def digits(number: float) -> str:
    """Write a number to 4 significant digits.

    >>> digits(-7.97999), digits(3.0), digits(float("nan"))
    ('-7.98', '3', 'nan')
    """
    return f"{number:.4g}"


def style_sheet() -> str:
    """Write the style sheet: on a dark page every colour gives way to its fellow."""
    pairs = dict.fromkeys([INK, FAINT, GRADIENT, PILL, *[pair for look in LOOKS.values() for pair in look]])
    rules = [
        f'svg.autograd [{what}="{light}"] {{ {what}: {dark} }}' for light, dark in pairs for what in ("fill", "stroke")
    ]
    return "\n".join(
        ["", "svg.autograd { color-scheme: light dark }", "@media (prefers-color-scheme: dark) {", *rules, "}", ""]
    )
