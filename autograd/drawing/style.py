"""How a drawing looks: colours on light and dark pages, sizes of texts, and the style sheet made of both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from autograd.drawing.metrics import FAMILY, Face, text_width

Colours = tuple[str, str]  # on a light page, on a dark page


class Look(NamedTuple):
    """The border and the fill of a card."""

    border: Colours
    fill: Colours


class Font(NamedTuple):
    """How one kind of text is set."""

    size: float
    face: Face
    colour: Colours


# What lies on the bare page has one colour for both, because the page may be white where the reader's system is dark:
# its contrast is 4.5 to white and 4.2 to #111.
PAGE: Final = "#767676"
INK: Final = ("#1f2328", "#f0f3f6")
FAINT: Final = ("#59636e", "#a3acb6")
GRADIENT: Final = ("#a34300", "#ffb077")
PILL: Final = ("#e7eaee", "#3a424c")

# The bright borders are from Okabe and Ito's palette, made for all kinds of colour vision.
COMPUTED: Final = Look(("#8c959f", "#7d8590"), ("#fbfcfd", "#1c2128"))
LOOKS: Final = {
    "computed": COMPUTED,
    "leaf": Look(("#0072b2", "#56b4e9"), ("#e9f3fa", "#10293a")),
    "parameter": Look(("#d9820a", "#e69f00"), ("#fdf3e1", "#33260d")),
    "constant": Look(("#8c959f", "#7d8590"), ("#f3f4f5", "#24282e")),
    "root": Look(("#009e73", "#2fc79a"), ("#e6f5f0", "#0e2f26")),
    "module": COMPUTED,
    "current": Look(("#d55e00", "#ff8a3d"), ("#fdeee4", "#3b1f0d")),
    "pending": Look(("#b4bac1", "#59626c"), ("#fcfcfd", "#181c22")),
}
FONTS: Final = {
    "pill": Font(11, "bold", INK),
    "name": Font(11, "bold", INK),
    "tags": Font(8, "regular", FAINT),
    "caption": Font(9, "regular", FAINT),
    "count": Font(9, "regular", FAINT),
    "waiting": Font(9, "regular", FAINT),
    "data": Font(11, "regular", INK),
    "gradient": Font(11, "regular", GRADIENT),
    "partial": Font(9, "regular", (PAGE, PAGE)),
    "frame-name": Font(10, "regular", (PAGE, PAGE)),
}


def width_of(kind: str, text: str) -> float:
    """Return the width of a text of one of the kinds in FONTS, in points."""
    return text_width(text, FONTS[kind].size, FONTS[kind].face)


def style_sheet() -> str:
    """Return the style sheet of every drawing; its rules reach no other element of the page around it."""
    dark = "\n".join([*colour_rules(dark=True)])
    return f"\n{BASE}\n{chr(10).join(font_rules())}\n{chr(10).join(colour_rules(dark=False))}\n{DARK % dark}\n"


BASE: Final = f"""\
.autograd {{ color-scheme: light dark }}
.autograd text {{ font-family: {FAMILY}; font-weight: normal; white-space: pre }}
.autograd .card, .autograd .detail {{ stroke-width: 1.1 }}
.autograd .constant > .card {{ stroke-dasharray: 5 2 }}
.autograd .current > .card {{ stroke-width: 2.6 }}
.autograd .detail, .autograd .line, .autograd .frame {{ fill: none }}
.autograd .line, .autograd .head, .autograd .frame {{ stroke: {PAGE} }}
.autograd .frame {{ stroke-width: .6 }}
.autograd .head {{ fill: {PAGE} }}
.autograd .blocked > .line {{ stroke-dasharray: 5 2 }}
.autograd .blocked > .head {{ fill: none }}
.autograd .thin > .line {{ stroke-width: .5 }}
.autograd .waiting {{ font-style: italic }}"""

DARK: Final = "@media (prefers-color-scheme: dark) {\n%s\n}"


def font_rules() -> Iterator[str]:
    for kind, font in FONTS.items():
        weight = "; font-weight: bold" if font.face == "bold" else ""
        yield f".autograd text.{kind} {{ font-size: {font.size:g}px{weight} }}"


def colour_rules(dark: bool) -> Iterator[str]:
    """Yield the rules for the colours of light pages, or of dark ones."""
    yield f".autograd .pill {{ fill: {PILL[dark]} }}"
    for kind, font in FONTS.items():
        yield f".autograd text.{kind} {{ fill: {font.colour[dark]} }}"
    for name, (border, fill) in LOOKS.items():
        yield f".autograd .{name} > .card {{ stroke: {border[dark]}; fill: {fill[dark]} }}"
        yield f".autograd .{name} > .detail {{ stroke: {border[dark]} }}"
