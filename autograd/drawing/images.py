"""SVG as PNG or PDF, by vl-convert, which brings the text font Liberation Sans with it; symbols.ttf adds symbols.

So text appears on a machine without any font, in the widths that the layout counted on. Scripts that neither font has
(Chinese, Arabic, emoji) need a font of the machine.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final, Literal
from xml.etree.ElementTree import Element, fromstring, tostring

from autograd.drawing.metrics import read_table
from autograd.drawing.style import width_of
from autograd.drawing.svg import NAMESPACE

SCALE: Final = 2.0  # pixels of a PNG for each of the SVG's, for today's screens
KEEP_SPACES: Final = "{http://www.w3.org/XML/1998/namespace}space"
SYMBOL_FONT: Final = "Autograd Symbols"
MISSING: Final = "PNG and PDF need vl-convert: pip install 'scalar-autograd[draw]' brings it; SVG does without"


def convert(svg: str, form: Literal["png", "pdf"]) -> bytes:
    """Return SVG text as a PNG image or a PDF page. Raises ModuleNotFoundError without vl-convert."""
    converter = load_converter()
    svg = with_symbol_font(svg)
    image: bytes = converter.svg_to_png(svg, scale=SCALE) if form == "png" else converter.svg_to_pdf(svg)
    return image


def with_symbol_font(svg: str) -> str:
    """Set the symbols that Liberation Sans lacks as texts of their own, in the font that has them.

    Left to itself, the converter would set the whole text in whatever font of the machine it finds.
    """
    symbols = re.compile(f"([{re.escape(read_table()['symbols'])}]+)")
    root = fromstring(svg)
    for group in root.iter(f"{{{NAMESPACE}}}g"):
        for text in group.findall(f"{{{NAMESPACE}}}text"):
            if symbols.search(text.text or ""):
                group.remove(text)
                group.extend(split_text(text, symbols))
    return tostring(root, encoding="unicode")


def split_text(text: Element, symbols: re.Pattern[str]) -> Iterator[Element]:
    """Yield the parts of a text, those with symbols in turn, each at its place."""
    kind, content = text.attrib["class"], text.text or ""
    before = {"middle": 0.5, "end": 1.0}.get(text.get("text-anchor", ""), 0.0)
    x = float(text.attrib["x"]) - before * width_of(kind, content)
    for number, run in enumerate(symbols.split(content)):
        font = {"style": f"font-family: {SYMBOL_FONT}"} if number % 2 else {}
        part = Element(
            text.tag, {"class": kind, "x": f"{x:.2f}", "y": text.attrib["y"], KEEP_SPACES: "preserve", **font}
        )
        part.text = run
        yield part
        x += width_of(kind, run)


@cache
def load_converter() -> Any:
    """Import vl-convert and give it the font of symbols."""
    try:
        converter = importlib.import_module("vl_convert")
    except ModuleNotFoundError:
        raise ModuleNotFoundError(MISSING, name="vl_convert") from None
    with as_file(files("autograd.drawing").joinpath("fonts")) as folder:
        converter.register_font_directory(str(folder))
    return converter
