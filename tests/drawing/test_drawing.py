"""Drawings are parsed: what they show is read back from the SVG."""

from __future__ import annotations

import math
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd
from autograd import Value, dot, draw, relu, topological_order
from autograd.drawing import Drawing, engine
from autograd.drawing.folding import fold, module_path, neighbourhood
from autograd.drawing.style import FAINT, GRADIENT, INK, LOOKS, PAGE, PILL, style_sheet
from autograd.text import format_number
from autograd.value import constant, parameter
from nn import MLP

NAMESPACE = {"svg": "http://www.w3.org/2000/svg"}
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


class Parsed:
    """What the SVG of a drawing shows."""

    def __init__(self, drawing: Drawing) -> None:
        self.root = ElementTree.fromstring(drawing.svg)
        groups = [group for group in self.root.iter() if group.tag.endswith("}g")]
        self.nodes = [group for group in groups if "node" in classes(group)]
        self.edges = [group for group in groups if "edge" in classes(group)]
        self.frames = [group for group in groups if "cluster" in classes(group)]

    def node(self, name: str) -> ElementTree.Element:
        (found,) = [node for node in self.nodes if texts(node)[:1] == [name] or texts(node)[1:2] == [name]]
        return found


def classes(element: ElementTree.Element) -> list[str]:
    return element.get("class", "").split()


def texts(element: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()).strip() for text in element.findall(".//svg:text", NAMESPACE)]


def title(element: ElementTree.Element) -> str:
    found = element.find("svg:title", NAMESPACE)
    assert found is not None
    return found.text or ""


def expression() -> Value:
    a, b, c, f = Value(2.0, "a"), Value(-3.0, "b"), Value(10.0, "c"), Value(-2.0, "f")
    e = a * b
    d = e + c
    loss = d * f
    e.label, d.label, loss.label = "e", "d", "L"
    return loss


def network(sizes: list[int], examples: int) -> Value:
    """Record the batch loss of a network of tanh neurons, labelled as `nn` labels it."""
    layers = [
        [
            (
                [parameter(0.1 * (i - j), f"layers.{depth}.neurons.{j}.weights.{i}") for i in range(fan_in)],
                parameter(0.1, f"layers.{depth}.neurons.{j}.bias"),
            )
            for j in range(fan_out)
        ]
        for depth, (fan_in, fan_out) in enumerate(pairwise(sizes))
    ]
    losses = []
    for example in range(examples):
        xs = [Value(math.sin(example + i)) for i in range(sizes[0])]
        for depth, layer in enumerate(layers):
            outputs = []
            for j, (weights, bias) in enumerate(layer):
                net_input = dot(weights, xs, bias)
                output = net_input.tanh()
                net_input.label = f"layers.{depth}.neurons.{j}.net_input"
                output.label = f"layers.{depth}.neurons.{j}.output"
                outputs.append(output)
            xs = outputs
        losses.append((1.0 - xs[0]).relu())
    total = losses[0]
    for loss in losses[1:]:
        total = total + loss
    return total


def long_chain(length: int) -> Value:
    y = Value(0.5, "x")
    for _ in range(length):
        y = (y * 1.01).tanh()
    return y


# What a drawing shows


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


# Labels are data


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


# The same bytes


def test_same_graph_same_bytes_in_every_process(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[1] / 'helpers')]!r}\n"
        "from test_drawing import expression, network\n"
        "from autograd import draw\n"
        "for i, root in enumerate([expression(), network([2, 2, 1], 1), network([2, 4, 1], 50)]):\n"
        "    root.backward()\n"
        "    drawing = draw(root)\n"
        "    sys.stdout.buffer.write(drawing.source.encode() + drawing.svg.encode())\n"
    )
    folder = Path(autograd.__file__).parent.parent
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=folder,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    ]
    assert len(outputs[0]) > 10_000
    assert outputs[0] == outputs[1] == outputs[2]


# Networks and large graphs


def test_neurons_are_framed_inside_layers() -> None:
    parsed = Parsed(draw(network([2, 2, 1], 1)))
    assert [title(frame) for frame in parsed.frames] == [
        "layers.0", "layers.0.neurons.0", "layers.0.neurons.1", "layers.1", "layers.1.neurons.0"
    ]  # fmt: skip
    assert [texts(frame) for frame in parsed.frames][:2] == [["layers.0"], ["neurons.0"]]
    assert sum("net_input" in texts(node) for node in parsed.nodes) == 3
    assert sum("weights.1" in texts(node) for node in parsed.nodes) == 3


def test_a_batch_folds_to_neurons_then_to_layers() -> None:
    loss = network([2, 4, 4, 1], 100)
    neurons = Parsed(draw(loss))
    assert len([node for node in neurons.nodes if "neurons.0" in texts(node)]) == 3
    (output,) = [node for node in neurons.nodes if title(node).startswith("layers.2.neurons.0\n")]
    assert texts(output) == ["neurons.0", "5 parameters", "200 computed nodes"]
    assert [title(frame) for frame in neurons.frames] == ["layers.0", "layers.1", "layers.2"]
    assert sum(title(edge) == "100 edges" for edge in neurons.edges) >= 4 * 4 + 4

    layers = Parsed(draw(loss, limit=12))
    assert [texts(node) for node in layers.nodes if "module" in classes(node)] == [
        ["layers.0", "12 parameters", "800 computed nodes"],
        ["layers.1", "20 parameters", "800 computed nodes"],
        ["layers.2", "5 parameters", "200 computed nodes"],
    ]
    assert {"1,600 edges", "800 edges", "400 edges"} <= {title(edge) for edge in layers.edges}
    assert "×1,600" in texts(layers.root)


def test_folded_boxes_account_for_every_node_and_edge() -> None:
    loss = network([2, 3, 1], 40)
    order = topological_order(loss)
    folding = fold(order, 30)
    assert folding is not None
    assert sorted(map(id, (value for group in folding.groups for value in group.members))) == sorted(map(id, order))
    home = {value: i for i, group in enumerate(folding.groups) for value in group.members}
    crossing = sum(home[value] != home[input] for value in order for input in value.inputs)
    assert sum(count for count, _ in folding.edges.values()) == crossing


def test_the_losses_of_a_batch_and_their_running_total_fold() -> None:
    total = Value(0.0, "zero")
    for k in range(200):
        total = total + (Value(float(k)) - 3.0) ** 2
    parsed = Parsed(draw(total))
    told = [texts(node) for node in parsed.nodes]
    assert ["−", "200 computed nodes"] in told
    assert ["**", "200 computed nodes"] in told
    assert ["+", "199 computed nodes"] in told
    assert ["+", "root", "data", "2.53×10⁶", "grad", "not run yet"] in told
    assert len(told) == 8


def test_a_graph_of_100_000_nodes_is_drawn_in_time() -> None:
    root = long_chain(33_333)
    start = time.process_time()
    parsed = Parsed(draw(root))
    assert time.process_time() - start < 10.0
    assert sorted("".join(texts(node)) for node in parsed.nodes) == sorted(
        [
            "xleafdata0.5gradnot run yet",
            "33,333 constants",
            "× tanh66,665 computed nodes",
            f"tanhrootdata{format_number(root.data)}gradnot run yet",
        ]
    )


def test_a_folded_chain_does_not_run_in_a_circle_and_its_root_keeps_its_numbers() -> None:
    y = Value(0.5, "x")
    for _ in range(1_000):
        y = y * 1.001 + 0.001
    y.backward()
    parsed = Parsed(draw(y))
    (root,) = [node for node in parsed.nodes if "root" in classes(node)]
    assert texts(root) == ["+", "root", "data", format_number(y.data), "grad", "1"]
    arrows = [tuple(str(edge.get("id")).split("-")) for edge in parsed.edges]
    assert list(
        TopologicalSorter({head: {tail for tail, end in arrows if end == head} for _, head in arrows}).static_order()
    )
    assert ["× +", "1,999 computed nodes"] in [texts(node) for node in parsed.nodes]


def test_leaves_of_many_names_fold_to_a_box_with_the_first_and_the_last() -> None:
    named = Parsed(draw(autograd.sum([Value(float(i), f"x{i}") for i in range(300)]), limit=50))
    assert ["x0 … x299", "300 leaves"] in [texts(node) for node in named.nodes]
    unnamed = Parsed(draw(autograd.sum([Value(float(i)) for i in range(300)]), limit=50))
    assert ["#0 … #299", "300 leaves"] in [texts(node) for node in unnamed.nodes]


def test_units_and_weights_stand_in_their_order() -> None:
    parsed = Parsed(draw(network([2, 16, 16, 1], 40)))
    for layer in ("layers.0", "layers.1"):
        heights = [
            top(node) for i in range(16) for node in parsed.nodes if title(node).startswith(f"{layer}.neurons.{i}\n")
        ]
        assert len(heights) == 16
        assert heights == sorted(heights)
    parsed = Parsed(draw(network([12, 1], 1)))
    heights = [top(node) for i in range(12) for node in parsed.nodes if f"weights.{i}" in texts(node)]
    assert heights == sorted(heights)


def top(node: ElementTree.Element) -> float:
    return float(node.attrib["transform"].rstrip(")").split()[1])


def test_a_graph_that_cannot_fold_says_what_to_pass() -> None:
    with pytest.raises(ValueError, match=r"6 nodes folds to 5 boxes at the least, more than limit=2: pass limit=5"):
        draw((Value(1.0, "x") * 2.0).tanh().tanh().exp(), limit=2)
    assert len(Parsed(draw((Value(1.0, "x") * 2.0).tanh().tanh().exp(), limit=5)).nodes) == 5


def test_a_folded_mark_is_the_most_urgent_of_its_nodes() -> None:
    total = Value(0.0, "zero")
    for _ in range(9):
        total = total + Value(1.0)
    order = [value for value in topological_order(total) if value.inputs]
    parsed = Parsed(draw(total, limit=4, marks={order[0]: "pending", order[1]: "current", order[2]: "done"}))
    assert any("● current" in texts(node) for node in parsed.nodes)


def test_around_draws_a_neighbourhood() -> None:
    root = long_chain(5_000)
    order = topological_order(root)
    centre = [value for value in order if value.inputs][5_000]
    parsed = Parsed(draw(root, around=centre, radius=2))
    assert (len(parsed.nodes), len(parsed.edges)) == (6, 5)
    assert len(Parsed(draw(root, around=centre, radius=0)).nodes) == 1
    assert neighbourhood(order, order[0], 10**6) == order
    with pytest.raises(ValueError, match=r"around=Value\(data=1.0.*is not in the graph"):
        draw(root, around=Value(1.0))


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda x: draw(3.0), TypeError, r"draw\(\) takes a Value or several as root, got float 3.0"),
        (lambda x: draw(MLP(2, [1])), TypeError, r"draw\(\) takes a Value .* got MLP: .* as in draw\(model\(row\)\)"),
        (lambda x: draw(max), TypeError, r"got max: .* as in draw\(model\(row\)\)"),
        (lambda x: draw("x"), TypeError, "got str 'x'"),
        (lambda x: draw(None), TypeError, "got NoneType None"),
        (lambda x: draw(x, around=3.0), TypeError, "takes a Value of the graph as around, got float 3.0"),
        (lambda x: draw(x, limit=2.5), TypeError, "takes a whole number as limit, got float 2.5"),
        (lambda x: draw(x, radius="2"), TypeError, "takes a whole number as radius, got str '2'"),
        (lambda x: draw(x, time_limit="8"), TypeError, "takes seconds as time_limit, got str '8'"),
        (lambda x: draw(x, time_limit=math.nan), ValueError, "takes a time_limit above 0 seconds, got nan"),
        (lambda x: draw(x, marks=[x]), TypeError, "takes a dict from Value to mark as marks, got list"),
        (lambda x: draw(x, marks={"x": "done"}), TypeError, "takes marks for Values, got one for str 'x'"),
        (lambda x: draw(x).save(None), TypeError, "expected a path as text or a Path, got NoneType None"),
        (lambda x: draw([]), TypeError, "takes a Value or several as root, got list"),
        (lambda x: draw([x, 3.0]), TypeError, "takes a Value or several as root, got float 3.0"),
        (lambda x: draw(x, direction="RL"), ValueError, "takes direction='LR' or 'TB', got 'RL'"),
        (lambda x: draw(x, limit=0), ValueError, "limit of at least 1"),
        (lambda x: draw(x, around=x, radius=-1), ValueError, "radius of at least 0"),
        (lambda x: draw(x, marks={x: "busy"}), ValueError, "takes marks among done, current, pending, got 'busy'"),
    ],
)
def test_wrong_arguments(call: Callable[[Value], Drawing], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        call(Value(1.0))


def test_several_roots_come_in_any_container_and_numbers_of_any_type() -> None:
    x = Value(2.0, "x")
    roots = [x * 2.0, x.tanh()]
    for container in (tuple(roots), iter(roots), dict.fromkeys(roots), np.array(roots), np.array([roots])):
        assert repr(draw(container)) == "<Drawing: 4 boxes, 3 arrows>"
    assert repr(draw(np.array(roots[0]))) == "<Drawing: 3 boxes, 2 arrows>"
    drawing = draw(x, limit=np.int64(3), radius=np.int8(1), time_limit=np.float32(2.0))
    assert "data 2.0" in drawing.svg


def test_a_lone_leaf_and_a_constant_are_graphs_too() -> None:
    assert len(Parsed(draw(Value(1.0, "x"))).nodes) == 1
    assert len(Parsed(draw(constant(1.0))).nodes) == 1


# Engines


def test_without_any_graphviz_the_error_names_the_extra_and_source_still_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    drawing = draw(expression())
    assert drawing.source.startswith("digraph autograd {")
    drawing.save(tmp_path / "graph.dot")
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'scalar-autograd\[draw\]'"):
        _ = drawing.svg
    with pytest.raises(ModuleNotFoundError, match="scalar-autograd"):
        drawing.save(tmp_path / "graph.png")
    assert [path.name for path in tmp_path.iterdir()] == ["graph.dot"]


@pytest.fixture
def dot_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Put a `dot` on the PATH that lays out with the wheel's Graphviz, and hide the wheel from this process."""
    program = tmp_path / "dot"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.argv[1:] = [sys.argv[1][2:], *sys.argv[2:]]\n{engine.CHILD}"
    )
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(tmp_path))
    return program


def test_a_dot_on_the_path_serves_where_the_wheel_is_missing(
    monkeypatch: pytest.MonkeyPatch, dot_program: Path, tmp_path: Path
) -> None:
    with_wheel = draw(expression()).svg
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    drawing = draw(expression())
    assert drawing.svg == with_wheel
    drawing.save(tmp_path / "graph.png")
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")
    assert drawing._repr_mimebundle_()["image/svg+xml"] == with_wheel


def test_a_dot_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch, dot_program: Path) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    dot_program.write_text("#!/bin/sh\necho 'syntax error in line 1' >&2\nexit 3\n")
    with pytest.raises(RuntimeError, match="code 3: syntax error in line 1"):
        _ = draw(expression()).svg


def test_large_layouts_run_in_a_child_and_come_out_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    here = draw(network([2, 2, 1], 1)).svg
    monkeypatch.setattr(engine, "SMALL", 0)
    assert draw(network([2, 2, 1], 1)).svg == here


def test_layout_stops_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SMALL", 0)
    monkeypatch.setattr(engine, "CHILD", "import time; time.sleep(100)")
    start = time.perf_counter()
    with pytest.raises(TimeoutError, match=r"more than 0.2 s: pass a smaller limit"):
        _ = draw(expression(), time_limit=0.2).svg
    assert time.perf_counter() - start < 20.0


# Files and notebooks


@pytest.mark.parametrize(
    ("name", "start"),
    [("g.svg", b"<svg "), ("g.png", b"\x89PNG\r\n"), ("g.pdf", b"%PDF-"), ("g.dot", b"digraph"), ("G.GV", b"digraph")],
)
def test_save(name: str, start: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("old")
    draw(expression()).save(str(path))
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_saving_leaves_the_old_file_whole_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "g.svg"
    path.write_text("old")

    def broken(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        draw(expression()).save(path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["g.svg"]


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot, \.gv, got .*g\.jpeg"):
        draw(expression()).save(tmp_path / "g.jpeg")


def test_a_notebook_shows_it() -> None:
    drawing = draw(expression())
    assert drawing._repr_mimebundle_() == {"image/svg+xml": drawing.svg, "text/plain": "<Drawing: 7 boxes, 6 arrows>"}


def test_the_svg_names_itself_to_screen_readers_and_refers_to_nothing_outside() -> None:
    root = Parsed(draw(expression())).root
    assert (root.get("role"), root.get("aria-label")) == ("img", "Computation graph: 7 boxes, 6 arrows")
    assert not [name for element in root.iter() for name in element.attrib if name.endswith("href")]


# Light and dark


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
