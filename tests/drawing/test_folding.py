"""Networks and large graphs: frames, folding, neighbourhoods."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Literal
from xml.etree import ElementTree

import numpy as np
import pytest
from drawings import Parsed, classes, long_chain, network, texts, title

import autograd
from autograd import Value, draw, topological_order
from autograd.drawing.folding import fold, neighbourhood
from autograd.text import format_number
from nn import MLP, cross_entropy


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
    model = MLP(8, [8, 8, 4], seed=0)  # its unit 2 has one user more than the others
    parsed = Parsed(draw(cross_entropy(model([0.1 * i for i in range(8)]), 2), limit=60))
    heights = [
        top(node) for i in range(4) for node in parsed.nodes if title(node).startswith(f"layers.2.neurons.{i}\n")
    ]
    assert len(heights) == 4
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


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_no_edge_runs_through_a_card(direction: Literal["LR", "TB"]) -> None:
    model = MLP(8, [8, 8, 4], seed=0)
    parsed = Parsed(draw(cross_entropy(model([0.1 * i for i in range(8)]), 2), limit=60, direction=direction))
    boxes = {node.attrib["id"]: box_of(node) for node in parsed.nodes}
    for edge in parsed.edges:
        ends = edge.attrib["id"].split("-")
        for x, y in points_on(edge):
            for name, (left, top, width, height) in boxes.items():
                inside = left + 1 < x < left + width - 1 and top + 1 < y < top + height - 1
                assert not inside or name in ends, (title(edge), name)


def box_of(node: ElementTree.Element) -> tuple[float, float, float, float]:
    left, top = map(float, node.attrib["transform"].removeprefix("translate(").rstrip(")").split())
    card = next(element for element in node if element.get("class") == "card")
    if "width" in card.attrib:
        return left, top, float(card.attrib["width"]), float(card.attrib["height"])
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", card.attrib["d"])]
    return left, top, max(numbers), numbers[-2]


def points_on(edge: ElementTree.Element) -> Iterator[tuple[float, float]]:
    """Yield points of an edge that is one cubic curve."""
    path = next(element for element in edge if element.get("class") == "line")
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.attrib["d"])]
    points = np.array(numbers).reshape(4, 2)
    for t in np.linspace(0.0, 1.0, 101):
        x, y = np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]) @ points
        yield float(x), float(y)
