"""What a drawing shows: it is read back from the SVG."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest
from drawings import Parsed, classes, expression, long_chain, network, texts, title

from autograd import Value, draw, relu
from autograd.drawing.style import FAINT, GRADIENT, INK, LOOKS, PAGE, PILL, style_sheet
from autograd.text import format_number
from autograd.value import parameter


def test_every_value_has_a_card_and_every_edge_its_local_derivative() -> None:
    loss = expression()
    loss.backward()
    parsed = Parsed(draw(loss))
    assert len(parsed.nodes) == 7
    assert sorted(texts(parsed.node("a"))) == sorted(["a", "leaf", "data", "2", "grad", "6"])
    assert sorted(texts(parsed.node("e"))) == sorted(["×", "e", "data", "−6", "grad", "−2"])
    assert sorted(texts(parsed.node("L"))) == sorted(["×", "L", "root", "data", "−8", "grad", "1"])
    assert sorted(text for edge in parsed.edges for text in texts(edge)) == sorted(["−3", "2", "1", "1", "−2", "4"])


def test_titles_have_the_exact_numbers() -> None:
    w, x = Value(1.0 / 3.0, "w"), Value(2.0 / 3.0, "x")
    y = w * x
    y.backward()
    parsed = Parsed(draw(y))
    assert "0.3333" in texts(parsed.node("w"))
    assert title(parsed.node("w")) == "w\nleaf\ndata 0.3333333333333333\ngrad 0.6666666666666666"
    assert [title(node).splitlines()[0] for node in parsed.nodes] == ["w", "x", "#2 = multiply(w, x)"]
    assert title(parsed.edges[0]).splitlines() == [
        "∂#2 / ∂w = 0.6666666666666666",
        "contribution 1.0 × 0.6666666666666666 = 0.6666666666666666",
    ]
    assert ">n0<" not in draw(y).svg  # no name of ours is a tooltip


def test_titles_have_the_formula_and_its_derivative() -> None:
    x = Value(0.5, "x")
    y = x.tanh() ** 2 / x
    y.label = "y"
    parsed = Parsed(draw(y))
    nodes = {title(node).splitlines()[0]: title(node).splitlines()[1] for node in parsed.nodes}
    assert nodes == {
        "x": "leaf",
        "#1 = tanh(x)": "computed",  # the formula would say the same again
        "#2": "constant",
        "#3 = constant_power(#1, 2)": "#1^2",
        "y = divide(#3, x)": "#3 / x",
    }
    edges = [title(edge).splitlines()[0] for edge in parsed.edges]
    slope = 1.0 - math.tanh(0.5) ** 2
    assert any(text.startswith("∂#1 / ∂x = 1 − tanh²(x) = ") for text in edges)
    assert [float(text.rpartition(" = ")[2]) for text in edges if "tanh²" in text] == [pytest.approx(slope)]
    assert "∂y / ∂#3 = 1 / x = 2.0" in edges


def test_before_a_backward_pass_gradients_are_not_run_yet() -> None:
    loss = expression()
    before = draw(loss)
    assert texts(Parsed(before).node("a")).count("not run yet") == 1
    assert "contribution" not in before.svg
    loss.backward()
    assert "not run yet" not in draw(loss).svg
    assert "not run yet" in before.svg  # a drawing does not follow the graph


def test_a_leaf_shows_the_sum_it_holds_and_a_computed_zero_is_a_zero() -> None:
    x, z = Value(-1.0, "x"), Value(2.0, "z")
    relu(x * z).backward()
    (z * 3.0).backward()
    y = x * z
    assert "3" in texts(Parsed(draw(y)).node("z"))
    assert "not run yet" in texts(Parsed(draw(y)).node("x"))
    y = relu(x) + z
    y.backward()
    assert "0" in texts(Parsed(draw(y)).node("x"))


def test_duplicate_inputs_are_parallel_edges() -> None:
    a = Value(3.0, "a")
    parsed = Parsed(draw(a + a))
    assert (len(parsed.nodes), len(parsed.edges)) == (2, 2)
    assert [edge.get("id") for edge in parsed.edges] == ["n1-0", "n1-1"]


def test_kinds_differ_by_more_than_colour() -> None:
    y = parameter(2.0, "w") * Value(3.0, "x") + 1.0
    parsed = Parsed(draw(y))
    kinds = {kind: node for node in parsed.nodes for kind in classes(node)[1:]}
    assert sorted(kinds) == ["computed", "constant", "leaf", "parameter", "root"]
    for kind in ("leaf", "parameter", "constant", "root"):
        assert kind in texts(kinds[kind])

    def outline(kind: str) -> tuple[object, ...]:
        shapes = [shape for shape in kinds[kind] if shape.get("class") in ("card", "detail")]
        return kind == "constant", tuple([(shape.tag, shape.get("rx")) for shape in shapes])

    assert len({outline(kind) for kind in kinds}) == len(kinds)
    assert ".autograd .constant > .card { stroke-dasharray: 5 2 }" in style_sheet()
    assert "grad" not in texts(kinds["constant"])


def test_blocked_edges_are_dashed_and_say_so() -> None:
    x = Value(-1.0, "x")
    y = relu(x) + 2.0
    y.backward()
    by_text = {tuple(texts(edge)): edge for edge in Parsed(draw(y)).edges}
    assert set(by_text) == {("blocked",), ("1",), ()}
    for text in [("blocked",), ()]:
        assert "blocked" in classes(by_text[text])
        assert "blocked" in title(by_text[text])
    assert classes(by_text[("1",)]) == ["edge"]
    assert ".autograd .blocked > .line { stroke-dasharray: 5 2 }" in style_sheet()


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (-0.0, "0"),
        (1e-300, "1×10⁻³⁰⁰"),
        (-9.9784e-6, "−9.98×10⁻⁶"),
        (123456.0, "123500"),
        (0.00012345, "0.0001234"),
    ],
)
def test_numbers_have_four_digits(number: float, shown: str) -> None:
    assert format_number(number) == shown
    parsed = Parsed(draw(Value(number, "x")))
    assert shown in texts(parsed.node("x"))
    assert f"data {number!r}" in title(parsed.node("x"))


def test_several_roots_make_one_drawing() -> None:
    x = Value(2.0, "x")
    parsed = Parsed(draw([x * x, x.tanh()]))
    assert len(parsed.nodes) == 3
    assert sum("root" in classes(node) for node in parsed.nodes) == 2


def test_direction() -> None:
    across, down = (ElementTree.fromstring(draw(long_chain(4), direction=d).svg) for d in ("LR", "TB"))
    size = [[float(number) for number in svg.attrib["viewBox"].split()[2:]] for svg in (across, down)]
    assert size[0][0] > 2 * size[0][1]
    assert size[1][1] > 2 * size[1][0]


def test_marks() -> None:
    loss = expression()
    d, f = loss.inputs
    parsed = Parsed(draw(loss, marks={loss: "done", d: "current", f: "pending", Value(1.0): "done"}))
    assert "root · ✓ done" in texts(parsed.node("L"))
    assert "● current" in texts(parsed.node("d"))
    assert "leaf · ○ pending" in texts(parsed.node("f"))
    assert classes(parsed.node("d")) == ["node", "computed", "current"]


def luminance(colour: str) -> float:
    """Relative luminance as in WCAG 2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_text_is_legible_on_light_and_dark_pages() -> None:
    for shade in (0, 1):
        for _, fill in LOOKS.values():
            assert min(contrast(text[shade], fill[shade]) for text in (INK, FAINT, GRADIENT)) > 4.5
        assert contrast(INK[shade], PILL[shade]) > 4.5
    assert contrast(PAGE, "#ffffff") > 4.5
    assert contrast(PAGE, "#121212") > 4.0


def test_the_style_sheet_turns_every_colour_of_a_card() -> None:
    light, dark = style_sheet().split("@media (prefers-color-scheme: dark)")
    for selector in [*(f".{look} > .card" for look in LOOKS), ".pill", "text.data", "text.gradient", "text.name"]:
        assert f".autograd {selector} {{" in light
        assert f".autograd {selector} {{" in dark
    loss = network([2, 2, 1], 1) * 2.0
    root = Parsed(draw([loss, loss.relu()], marks={loss: "current"})).root
    for element in root.iter():
        assert not {"fill", "stroke", "style", "color", "font-family"} & element.attrib.keys()
        if element.get("class") and element.tag.rpartition("}")[2] in ("text", "rect", "path"):
            assert f".{element.attrib['class']}" in light
