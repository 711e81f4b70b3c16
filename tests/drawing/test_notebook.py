"""What a notebook shows of a `Value`."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from autograd import Value, draw
from autograd.value import parameter


def views(value: Value) -> dict[str, str]:
    """Return what IPython hands to a notebook: the text, and what the display methods return."""
    shown = {"text/plain": repr(value), "image/svg+xml": value._repr_svg_(), "text/html": value._repr_html_()}
    return {kind: text for kind, text in shown.items() if text is not None}


def test_a_small_graph_is_drawn() -> None:
    y = Value(2.0, "x") * parameter(3.0, "w")
    y.backward()
    shown = views(y)
    assert shown.keys() == {"text/plain", "image/svg+xml"}
    assert shown["image/svg+xml"] == draw(y).svg
    assert ElementTree.fromstring(shown["image/svg+xml"]).tag.endswith("svg")


def test_a_large_one_says_its_size_and_how_to_draw_it() -> None:
    y = parameter(1.0, "<script>alert(1)</script>")
    for _ in range(500):
        y = y * 1.01 + 0.5
    y.label = "<b>"
    shown = views(y)
    assert shown.keys() == {"text/plain", "text/html"}
    assert "computed from 2,000 nodes, 1 of them parameters" in shown["text/html"]
    assert "draw(value)" in shown["text/html"]
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
    parser.feed(shown["text/html"])
    assert set(tags) == {"code", "br"}


def test_a_leaf_is_text_and_so_is_all_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    assert views(Value(1.0, "x")).keys() == {"text/plain"}
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", "")
    assert views(Value(1.0, "x") * 2.0).keys() == {"text/plain"}


def test_nothing_of_it_is_imported_before_it_is_asked_for() -> None:
    program = "import autograd, sys; sys.exit(any(name.startswith('autograd.drawing') for name in sys.modules))"
    subprocess.run([sys.executable, "-c", program], check=True)
