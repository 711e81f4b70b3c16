"""A recording as compact JSON.

Every number is written once, in one table, and referred to by its place there: a partial is mostly another node's data.
What a node contributes to its inputs is not written: it is gradient * partial, which every machine rounds alike. The
pages of 2,000 steps stay small, and every bit survives.

The format, as the scripts read it (`record.js`):

    numbers  floats; "NaN", "Infinity" and "-Infinity" as strings, which JSON has no numbers for
    plane    for a page that computes, where the inputs and outputs of a model of two inputs are
    ops      by name: the names of its inputs, and its textbook derivative by each
    graphs   nodes [label, kind, op, symbol, inputs, source, short name], and where Graphviz put them
    passes   graph; data, partials, what leaves had from earlier passes; the nodes of forward steps, [node, gradient]
             of backward steps, [node, gradient, old, new] of update steps
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from autograd.player.layout import check_size, layout
from autograd.player.names import short_names
from autograd.recording import Recording
from autograd.recording.steps import BackwardStep, ForwardStep, Node, Pass, UpdateStep
from autograd.text import show_controls

UNSPEAKABLE: Final = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}
IN_HTML: Final = {ord(c): f"\\u{ord(c):04x}" for c in "<>&'\u2028\u2029"}


class Numbers(dict[str, int]):
    """The table of numbers: each float's exact text, and its place. -0.0 and 0.0 have different texts."""

    def __missing__(self, text: str) -> int:
        place = self[text] = len(self)
        return place

    def refer(self, xs: Iterable[float]) -> list[int]:
        return [self[repr(float(x))] for x in xs]


def encode(recording: Recording, step: int, title: str, plane: dict[str, Any] | None = None) -> str:
    """Return a recording as JSON that may stand inside a <script> element."""
    for made in recording.passes:
        check_size(len(made.nodes))
    numbers = Numbers()
    graphs: dict[str, list[Pass]] = {}
    for made in recording.passes:
        graphs.setdefault(json.dumps([node_row(node) for node in made.nodes]), []).append(made)
    place = {made: k for k, alike in enumerate(graphs.values()) for made in alike}
    passes = [{"graph": place[made], **pass_object(made, numbers)} for made in recording.passes]
    drawn = [graph_object(json.loads(rows), alike) for rows, alike in graphs.items()]
    ops = {node.op.name: node.op for made in recording.passes for node in made.nodes if node.op}
    texts = {name: {"inputs": op.inputs, "derivatives": op.derivatives} for name, op in sorted(ops.items())}
    whole = {"title": show_controls(title), "step": step, "plane": plane, "ops": texts}
    whole |= {"graphs": drawn, "passes": passes}
    rest = json.dumps(whole, separators=(",", ":"))
    table = ",".join([UNSPEAKABLE.get(text, text) for text in numbers])
    return f'{{"numbers":[{table}],{rest[1:]}'.translate(IN_HTML)


def graph_object(rows: list[list[Any]], passes: Sequence[Pass]) -> dict[str, Any]:
    """Return the nodes of a graph with their short names, and where they go: once, however many passes went through."""
    data = [{made.nodes[n].data for made in passes} for n in range(len(rows))]
    constants = {
        n: min(data[n]) for n, row in enumerate(rows) if row[1] == "constant" and not row[0] and len(data[n]) == 1
    }
    nodes = [[*row, name] for row, name in zip(rows, short_names(rows, constants), strict=True)]
    return {"nodes": nodes, **layout(nodes)}


def node_row(node: Node) -> list[Any]:
    """Return what stays the same of a node from pass to pass, with controls in labels made visible."""
    op, symbol = (node.op.name, node.op.symbol) if node.op else ("", "")
    return [show_controls(node.label), node.kind, op, symbol, node.inputs, show_controls(node.source or "")]


def pass_object(made: Pass, numbers: Numbers) -> dict[str, Any]:
    """Return the numbers and the steps of one pass."""
    partials = [p for node in made.nodes for p in node.partials]
    return {
        "data": numbers.refer(node.data for node in made.nodes),
        "earlier": numbers.refer(made.earlier_gradients),
        "partials": [None if p is None else numbers.refer([p])[0] for p in partials],
        "forward": [step.node for step in made.steps if isinstance(step, ForwardStep)],
        "backward": [
            [step.node, *numbers.refer([step.gradient])] for step in made.steps if isinstance(step, BackwardStep)
        ],
        "update": [
            [step.node, *numbers.refer([step.gradient, step.old, step.new])]
            for step in made.steps
            if isinstance(step, UpdateStep)
        ],
    }
