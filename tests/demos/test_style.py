"""The demos' style: pictures whose bytes follow from what they show, and cards for the gallery."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from demos.common import style


def drawn(ys: list[float]) -> Figure:
    figure = Figure()
    figure.subplots().plot(ys)
    return figure


def test_a_picture_follows_from_what_it_shows():
    assert style.svg(drawn([1.0, 2.0]), "a") == style.svg(drawn([1.0, 2.0]), "a")
    assert style.svg(drawn([1.0, 2.0]), "a") != style.svg(drawn([2.0, 1.0]), "a")


def test_every_colour_that_changes_on_a_dark_page_is_in_the_style_sheet():
    picture = ET.fromstring(style.svg(drawn([1.0, 2.0]), "a"))
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    sheet = picture.find("{http://www.w3.org/2000/svg}style[last()]")
    rules = "".join(element.text or "" for element in picture.iter("{http://www.w3.org/2000/svg}style"))
    assert sheet is not None
    for light, dark in style.DARK.items():
        assert f'[style*="stroke: {light}"] {{ stroke: {dark} !important }}' in rules
        assert f'[style*="fill: {light}"] {{ fill: {dark} !important }}' in rules
    used = [element.get("style", "") for element in picture.iter()]
    assert any(f"stroke: {style.BLUE}" in text for text in used)  # written as the sheet's selectors expect it


def test_a_card_holds_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    rows = [style.Row("ŷ", "0.5369", "0.5369"), style.Row("δ", "-0.4631", "-0.1151", "a slip")]
    style.publish("two", "Two", "A lesson.", rows, {"two": "a line"}, {"graph.svg": "the graph"})
    assert json.loads((tmp_path / "out" / "two.json").read_text("utf-8")) == {
        "title": "Two",
        "lesson": "A lesson.",
        "rows": [row._asdict() for row in rows],
        "pictures": {"two": "a line"},
        "links": {"graph.svg": "the graph"},
    }
    assert capsys.readouterr().out.splitlines() == [
        "",
        "      source     ours",
        "  ŷ   0.5369   0.5369",
        "  δ  -0.4631  -0.1151  a slip",
        "",
    ]
