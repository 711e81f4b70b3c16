"""Graphs to draw, and drawings read back from their SVG."""

from __future__ import annotations

import math
from itertools import pairwise
from xml.etree import ElementTree

from autograd import Value, dot
from autograd.drawing import Drawing
from autograd.value import parameter

NAMESPACE = {"svg": "http://www.w3.org/2000/svg"}


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
