"""Make the two data files of the picture engine from free fonts: the widths of characters, and a font of symbols.

Run it with `python tests/helpers/make_metrics.py`, with Liberation Sans and DejaVu Sans (Debian's fonts-liberation and
fonts-dejavu-core) installed. It writes `autograd/drawing/metrics.json`: the advance widths of Liberation Sans, which
has the metrics of Arial and Helvetica, and of DejaVu Sans for characters that Liberation Sans lacks. And it writes
`autograd/drawing/fonts/symbols.ttf`: the symbols of DejaVu Sans that PNG and PDF need on a machine without fonts.
"""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from fontTools import subset
from fontTools.ttLib import TTFont

FONTS: Final = Path("/usr/share/fonts/truetype")
FACES: Final = {
    "regular": ("liberation/LiberationSans-Regular.ttf", "dejavu/DejaVuSans.ttf"),
    "bold": ("liberation/LiberationSans-Bold.ttf", "dejavu/DejaVuSans-Bold.ttf"),
}
ROOM: Final = Path(__file__).parents[2] / "autograd" / "drawing"
MEASURED: Final = [*range(0x20, 0x590), *range(0x1D00, 0x2800)]  # no script whose letters join
SYMBOLS: Final = [*range(0x2010, 0x20A0), *range(0x2190, 0x2300), *range(0x25A0, 0x2600), *range(0x2710, 0x2720)]


def main() -> None:
    """Write both files."""
    symbols = missing_symbols()
    text = "".join(map(chr, symbols))
    table = {"fonts": names(), "symbols": text, **{face: runs(widths(face)) for face in FACES}}
    (ROOM / "metrics.json").write_text(json.dumps(table, separators=(",", ":")) + "\n", "utf-8")
    write_symbols(symbols, ROOM / "fonts" / "symbols.ttf")


def missing_symbols() -> list[int]:
    """Return the symbols that DejaVu Sans has and Liberation Sans has not."""
    plain, rich = (TTFont(FONTS / path).getBestCmap() for path in FACES["regular"])
    return [code for code in SYMBOLS if code in rich and code not in plain]


def names() -> list[str]:
    """Return the names and versions of the fonts that are measured."""
    fonts = [TTFont(FONTS / path) for path in FACES["regular"]]
    return [f"{font['name'].getDebugName(1)}, {font['name'].getDebugName(5)}" for font in fonts]


def widths(face: str) -> dict[int, int]:
    """Return the advance width of every measured character, in thousandths of the font size."""
    found: dict[int, int] = {}
    for path in reversed(FACES[face]):
        font: Any = TTFont(FONTS / path)
        glyphs, advances, units = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
        found |= {code: round(1000 * advances[glyphs[code]][0] / units) for code in MEASURED if code in glyphs}
    return dict(sorted(found.items()))


def runs(table: dict[int, int]) -> dict[str, list[int]]:
    """Write a table as runs of consecutive characters: the first code in hexadecimal, and the widths from there on."""
    numbered = groupby(enumerate(table), key=lambda pair: pair[1] - pair[0])
    codes = [[code for _, code in run] for _, run in numbered]
    return {f"{run[0]:x}": [table[code] for code in run] for run in codes}


def write_symbols(symbols: list[int], path: Path) -> None:
    """Write the part of DejaVu Sans that has symbols, under a name of its own as its licence asks."""
    options = subset.Options(layout_features=[], name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], notdef_outline=True)
    font: Any = subset.load_font(str(FONTS / FACES["regular"][1]), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=symbols)
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6):
            record.string = "AutogradSymbols" if record.nameID == 6 else "Autograd Symbols"
    font["head"].modified = font["head"].created
    path.with_name("LICENSE").write_text(font["name"].getDebugName(13).rstrip() + "\n", "utf-8")
    subset.save_font(font, str(path), options)


if __name__ == "__main__":
    main()
