"""Cards: what a box says, and where each of its texts stands. Widths come from the table of `metrics`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final, Literal, NamedTuple

from autograd.drawing.style import width_of
from autograd.text import show_controls

MARKS: Final = {"done": "✓ done", "current": "● current", "pending": "○ pending"}
SIGNS: Final = {"*": "×", "-": "−", "/": "÷"}  # as people write them
LONGEST: Final = 28  # characters of a label that a card shows; the tooltip has all of it

# All lengths are in points.
LINE: Final = 14  # from one line of text to the next
BASELINE: Final = 10.5  # of a line's text, below the top of the line
PADDING: Final = (6, 4)  # between the border and the texts, at the sides and at top and bottom
GAP: Final = 8  # between two texts in one line
PILL: Final = 20  # height
PILL_PADDING: Final = 6
RIM: Final = 3

Anchor = Literal["start", "middle", "end"]


class Row(NamedTuple):
    """One line of a card: a caption on the left and a text on the right, or a text alone."""

    caption: str
    text: str
    kind: str  # of the text: a key of FONTS

    @property
    def width(self) -> float:
        """The width of the row in points."""
        left = width_of("caption", self.caption) + GAP if self.caption else 0.0
        return left + width_of(self.kind, self.text)


class Text(NamedTuple):
    """A text at its place on a card."""

    x: float
    y: float
    anchor: Anchor
    kind: str
    text: str


@dataclass(frozen=True)
class Card:
    """A card with its size and its texts, measured from its upper left corner.

    Attributes:
        kind: "computed", "leaf", "parameter", "constant", "root" or "module".
        mark: how far a pass has got here, a key of MARKS, or "".
        pill: x, y, width and height of the box around the op's symbol; None without one.
    """

    kind: str
    mark: str
    width: float
    height: float
    pill: tuple[float, float, float, float] | None
    texts: tuple[Text, ...]

    @property
    def rim(self) -> float:
        """How far the border reaches beyond the card's size: a root has a second one around it."""
        return RIM if self.kind == "root" else 0

    def lines(self) -> list[str]:
        """Return the texts line by line, as plain text: "× e", "data −6"."""
        lines: dict[float, list[str]] = {}
        first = min([text.y for text in self.texts if text.kind != "pill"])
        for text in self.texts:
            lines.setdefault(first if text.kind == "pill" else text.y, []).append(text.text)
        return [" ".join(lines[y]) for y in sorted(lines)]


def make_card(kind: str, mark: str, symbol: str, name: str, tags: Sequence[str], rows: Iterable[Row]) -> Card:
    """Lay a card out: the op in a pill on the left, name and tags above, rows below. Empty parts take no room."""
    symbol, name = show_controls(symbol), shorten(show_controls(name))
    tag = show_controls(" · ".join([*tags, *([MARKS[mark]] if mark else [])]))
    rows = list(rows)
    lines = len(rows) + bool(name or tag)
    height = LINE * lines + 2 * PADDING[1]
    left: float = PADDING[0]
    pill = None
    if symbol:
        pill = (left, (height - PILL) / 2, max(width_of("pill", symbol) + 2 * PILL_PADDING, PILL), PILL)
        left += pill[2] + PADDING[0]
    heading = width_of("name", name) + (GAP if name and tag else 0) + width_of("tags", tag)
    right = ceil(left + max([heading, *[row.width for row in rows]]))
    texts = [Text(pill[0] + pill[2] / 2, height / 2 + 4, "middle", "pill", symbol)] if pill else []
    y = PADDING[1] + BASELINE
    if name or tag:
        texts += place_heading(name, tag, left, right, y)
        y += LINE
    for number, row in enumerate(rows):
        texts += place_row(row, left, right, y + number * LINE)
    return Card(kind, mark, right + PADDING[0], height, pill, tuple(texts))


def widen(card: Card, width: float) -> Card:
    """Return the card at a larger width; what stands on the right moves along."""
    moved = [text._replace(x=text.x + width - card.width) if text.anchor == "end" else text for text in card.texts]
    return replace(card, width=width, texts=tuple(moved))


def place_heading(name: str, tag: str, left: float, right: float, y: float) -> list[Text]:
    """Put the name on the left and the tags on the right; tags without a name go to the left."""
    if not name:
        return [Text(left, y, "start", "tags", tag)]
    return [Text(left, y, "start", "name", name), *([Text(right, y, "end", "tags", tag)] if tag else [])]


def place_row(row: Row, left: float, right: float, y: float) -> list[Text]:
    if not row.caption:
        return [Text(left, y, "start", row.kind, row.text)]
    return [Text(left, y, "start", "caption", row.caption), Text(right, y, "end", row.kind, row.text)]


def shorten(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
