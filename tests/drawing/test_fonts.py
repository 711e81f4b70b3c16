"""The same bytes on every machine: widths come from a table, and no step of a drawing asks for a font."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium
from make_metrics import FONTS, missing_symbols, names, runs, widths

import autograd
from autograd import Value, draw, sum
from autograd.drawing.cards import PADDING
from autograd.drawing.images import load_converter
from autograd.drawing.metrics import read_table, text_width
from autograd.value import parameter

SCRIPTS = [
    "שלום",
    "مرحبا",
    "日本語のラベル",
    "🧠👩‍🔬",
    "नमस्ते",
    "สวัสดี",
    "ŷ₁",
    "W" * 40,
    "iiiiiiii",
    "é́́",
    "∂E/∂w",
    "\\N<b>&",
]
PROGRAM = """
import sys
sys.path[:0] = [{folder!r}]
from test_fonts import of_every_script
sys.stdout.buffer.write(of_every_script().svg.encode())
"""


def of_every_script() -> Any:
    leaves = [Value(i / 7, label) for i, label in enumerate(SCRIPTS)]
    root = (sum(leaves) * parameter(-1e-9, "layers.0.neurons.1.bias")).tanh()
    root.backward()
    return draw([root, leaves[0] * leaves[1]], marks={leaves[0]: "done", leaves[1]: "current", leaves[2]: "pending"})


@pytest.mark.parametrize("helpers", [Path(__file__).parents[1] / "helpers"])
def test_same_bytes_without_fonts_and_nothing_on_the_terminal(helpers: Path, tmp_path: Path) -> None:
    config = tmp_path / "fonts.conf"
    config.write_text('<?xml version="1.0"?><fontconfig><unheard-of/></fontconfig>')
    program = PROGRAM.format(folder=str(Path(__file__).parent))
    here = of_every_script().svg
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "FONTCONFIG_FILE": str(config), "PYTHONPATH": str(helpers)},
        cwd=Path(autograd.__file__).parent.parent,
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == here
    assert done.stderr == b""


def test_widths_are_those_of_the_table() -> None:
    # Liberation Sans, in units of 1/2048 of its size: d and a have 1139 each, t has 569, - has 682.
    assert text_width("data", 2048.0) == pytest.approx(1139 + 1139 + 569 + 1139, abs=4.0)
    assert text_width("-", 2048.0, "bold") == pytest.approx(682, abs=1.0)
    assert text_width("界", 10.0) == 10.0
    assert text_width("👩‍🔬", 10.0) == 26.0  # two emoji and a joiner without a width
    assert text_width("", 10.0) == 0.0


@pytest.mark.skipif(not (FONTS / "liberation").is_dir(), reason="Liberation Sans is not installed")
def test_the_table_is_what_its_program_makes_of_the_fonts() -> None:
    table = read_table()
    if table["fonts"] != names():
        pytest.skip(f"the table was made from other versions than {names()}")
    assert table["symbols"] == "".join(map(chr, missing_symbols()))
    for face in ("regular", "bold"):
        assert table[face] == json.loads(json.dumps(runs(widths(face))))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


MEASURE = """() => [...document.querySelectorAll(".node")].map((node) => ({
    card: node.querySelector(".card").getBBox(),
    texts: [...node.querySelectorAll("text")].map((text) => text.getBBox()),
})).map(({ card, texts }) => [card, ...texts].map((b) => [b.x, b.y, b.x + b.width, b.y + b.height]))"""


@pytest.mark.parametrize("family", ["", "text { font-family: 'DejaVu Sans' !important }"])
def test_no_text_leaves_its_card_or_covers_another(browser: Any, family: str) -> None:
    page = browser.new_page()
    page.set_content(f"<style>{family}</style>{of_every_script().svg}")
    cards = page.evaluate(MEASURE)
    assert len(cards) == len(SCRIPTS) + 5
    for (left, top, right, bottom), *texts in cards:
        for x, y, x2, y2 in texts:
            assert left + PADDING[0] - 2 <= x
            assert x2 <= right - PADDING[0] + 2
            assert top <= y + 2
            assert y2 <= bottom + 2
        for i, a in enumerate(texts):
            for b in texts[:i]:
                across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
                assert across <= 0.5 or down <= 2.0, (a, b)
    page.close()


def test_images_set_their_text_in_the_fonts_that_come_along(tmp_path: Path) -> None:
    x = Value(1.25e-9, "ŷ₁ ∂E/∂w")
    path = tmp_path / "graph.pdf"
    draw((x * 2.0).tanh(), marks={x: "done"}).save(path)
    fonts = set(re.findall(rb"/FontName /[A-Z]{6}\+([\w-]+)", path.read_bytes()))
    faces = {b"LiberationSans", b"LiberationSans-Bold", b"LiberationSans-Italic"}
    assert fonts == {*faces, b"AutogradSymbols"}


def test_an_image_without_the_converter_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_converter.cache_clear()
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    drawing = draw(Value(1.0))
    with pytest.raises(
        ModuleNotFoundError, match=r"PNG and PDF need vl-convert: pip install 'scalar-autograd\[draw\]'"
    ):
        drawing.save(tmp_path / "graph.png")
    assert list(tmp_path.iterdir()) == []
    drawing.save(tmp_path / "graph.svg")
