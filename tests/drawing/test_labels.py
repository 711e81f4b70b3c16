"""Labels are data: any text comes out as text."""

from __future__ import annotations

from xml.etree import ElementTree

import pygraphviz
import pytest
from drawings import Parsed, texts, title

from autograd import Value, draw, relu
from autograd.drawing.folding import module_path

HOSTILE = [
    "<b>",
    "<b>bold</b>",
    "<x>",
    "<<TABLE></TABLE>>",
    '"',
    '"]; evil [label="',
    "\\",
    "back\\",
    "\\N \\G \\E \\T \\H \\L",
    "\\n",
    "{",
    "|",
    "{a|<port>b}",
    "&amp;",
    "&#0;",
    "&lt;script&gt;",
    "</script>",
    "</title></svg>",
    "]]>",
    "<!-- -->",
    "javascript:alert(1)",
    "שלום",
    "مرحبا",
    "\u202eright to left",
    "🧠👩‍🔬",
    "é́́",
    "data 1",
    "grad not run yet",
    "3.14",
    "...",
    "%s %(x)s {0}",
]
MADE_VISIBLE = {
    "two\nlines": "two␊lines",
    "nul\0": "nul␀",
    "\x1b[31m": "␛[31m",
    "\x7f": "␡",
    "\x85": "\\u0085",
    "\ud800": "\\ud800",
    "\udfff\ud800": "\\udfff\\ud800",
    "\ufffe\uffff": "\\ufffe\\uffff",
}


@pytest.mark.parametrize(("label", "shown"), [*[(label, label) for label in HOSTILE], *MADE_VISIBLE.items()])
def test_any_label_comes_out_as_text(label: str, shown: str) -> None:
    leaf = Value(2.0, label)
    y = relu(leaf)
    y.label = label
    parsed = Parsed(draw(y))
    assert len(parsed.nodes) == 2
    for node in parsed.nodes:
        assert shown.strip() in texts(node)
        assert title(node).startswith(shown)
    assert not {tag.tag.rpartition("}")[2] for tag in parsed.root.iter()} - {
        "svg", "style", "g", "title", "text", "rect", "path"
    }  # fmt: skip


@pytest.mark.parametrize("label", [*HOSTILE, *MADE_VISIBLE])
def test_any_label_of_a_folded_group_comes_out_as_text(label: str) -> None:
    total = Value(0.0)
    for _ in range(5):
        total = total + Value(1.0, label)
    shown = MADE_VISIBLE.get(label, label)
    parsed = Parsed(draw(total, limit=3))
    assert any(shown in texts(node) and title(node).startswith(shown) for node in parsed.nodes)


def test_a_long_label_is_cut_and_its_tooltip_has_all_of_it() -> None:
    drawing = draw(Value(1.0, "<&" * 5000))
    (node,) = Parsed(drawing).nodes
    assert texts(node)[0] == "<&" * 13 + "<…"
    assert title(node).startswith("<&" * 5000 + "\n")


def test_module_like_labels_that_are_none() -> None:
    for label in ("", "x", "3.14", ".", "a.", ".a", "a b.c", "x.1", "a..b", "<b>.x", "1.x"):
        assert module_path(label) == ()
    assert module_path("encoder.head.bias") == ("encoder", "encoder.head")
    long = Value(1.0, "layers." + "7" * 5000 + ".bias") * Value(2.0, "layers.8.bias") * Value(1.0, "a" * 5000 + ".b")
    titles = [title(frame) for frame in Parsed(draw(long)).frames]
    assert sorted(map(len, titles)) == [8, 5000, 5007]
    deep = Value(1.0, "a." * 3000 + "b") * 2.0
    assert len(Parsed(draw(deep)).frames) == 6


@pytest.mark.parametrize(("label", "shown"), [*[(label, label) for label in HOSTILE], *MADE_VISIBLE.items()])
def test_any_label_comes_out_as_text_of_the_exported_dot(label: str, shown: str) -> None:
    leaf = Value(2.0, label)
    source = draw(leaf.relu()).source
    with pygraphviz.AGraph(source) as graph:
        svg = ElementTree.fromstring(graph.draw(format="svg", prog="dot"))
    lines = ["".join(text.itertext()).replace("\xa0", " ") for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert f"{shown} leaf".strip() in [line.strip() for line in lines]
