"""The width of a text, the same on every machine, from a table of a free font's advance widths.

The table, `metrics.json`, has the widths of Liberation Sans, which are those of Arial and Helvetica too, and of DejaVu
Sans for the characters that Liberation Sans lacks. `tests/helpers/make_metrics.py` makes it from the two fonts.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

FAMILY: Final = "'Liberation Sans', Arial, Helvetica, sans-serif"

Face = Literal["regular", "bold"]

# Characters outside the table, in units of the font size: what common fonts need at most.
NOTHING: Final = {"Mn", "Me", "Cf"}  # categories without a width: combining marks and format characters
WIDE: Final = 1.0  # Chinese, Japanese, Korean
EMOJI: Final = 1.3
OTHER: Final = 0.8
FIRST_EMOJI: Final = 0x1F000


def text_width(text: str, size: float, face: Face = "regular") -> float:
    """Return the width of a text set in a font of this size, in the unit of the size.

    Characters without an entry in the table count as wide as common fonts draw them at most, so that the result is an
    upper bound. Kerning and ligatures, which make text narrower, are not taken into account.

    >>> round(text_width("data", 10.0), 2)
    19.46
    """
    known = widths(face)
    return size * sum([known[c] if c in known else estimated_width(c) for c in text])


def is_measured(text: str) -> bool:
    """Whether every character of the text is in the table, so that its width is exact."""
    return widths("regular").keys() >= set(text)


def estimated_width(character: str) -> float:
    """Return the largest width, in units of the font size, of a character that is not in the table."""
    if unicodedata.category(character) in NOTHING:
        return 0.0
    if ord(character) >= FIRST_EMOJI:
        return EMOJI
    return WIDE if unicodedata.east_asian_width(character) in "WF" else OTHER


@cache
def widths(face: Face) -> Mapping[str, float]:
    """Return the width of every character in the table of a face, in units of the font size."""
    runs = read_table()[face].items()
    return {chr(int(start, 16) + i): width / 1000 for start, run in runs for i, width in enumerate(run)}


@cache
def read_table() -> Any:
    """Read the data file: "regular" and "bold" widths, and "symbols", which need the symbol font in an image."""
    return json.loads(files("autograd.drawing").joinpath("metrics.json").read_text("utf-8"))
