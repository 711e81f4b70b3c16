"""How `pickle` writes graphs, and how `copy.deepcopy` copies them, without recursion however deep they are.

Importing this file registers both; nobody needs to call anything here.
"""

from __future__ import annotations

import copyreg
from copy import copy
from typing import Any

from autograd.graph import topological_order
from autograd.ops import CONSTANT, Op
from autograd.value import Value, new_node


def reduce_value(value: Value) -> tuple[Any, ...]:
    """Return the function that builds a `Value` again, and its arguments."""
    if not value.inputs:
        return leaf, (value.data, value.label, value.grad, value.op, value.source)
    return rebuild_graph, columns(value)


def columns(root: Value) -> tuple[list[Value], tuple[list[Any], ...]]:
    """Return what a graph consists of: its leaves, and its other nodes field by field rather than node by node.

    Inputs and partials of all nodes are joined, since pickle writes a few long lists several times faster than a
    million short tuples. Leaves other than constants keep their identity within one pickle: two roots pickled together
    come back as two graphs over the same leaves.
    """
    order = topological_order(root)
    leaves = [v for v in order if not v.inputs and v.op is not CONSTANT]
    others = [v for v in order if v.inputs or v.op is CONSTANT]
    index = {node: number for number, node in enumerate(leaves + others)}
    return leaves, (
        [v.data for v in others],
        [v.label for v in others],
        [v.grad for v in others],
        [v.op for v in others],
        [v.source for v in others],
        [len(v.inputs) for v in others],
        [index[input] for v in others for input in v.inputs],
        [partial for v in others for partial in v.partials],
    )


def leaf(data: float, label: str, grad: float, op: Op | None, source: str | None) -> Value:
    """Build a leaf that was pickled."""
    return new_node(data, op, _label=label, source=source, _grad=grad)


def rebuild_graph(leaves: list[Value], columns: tuple[list[Any], ...]) -> Value:
    """Build a graph that was pickled as `columns`, and return its root."""
    *fields, sizes, indices, partials = columns
    values = list(leaves)
    start = 0
    for data, label, grad, op, source, size in zip(*fields, sizes, strict=True):
        end = start + size
        inputs = tuple([values[i] for i in indices[start:end]])
        slopes = tuple(partials[start:end])
        values.append(new_node(data, op, inputs, slopes, _label=label, source=source, _grad=grad))
        start = end
    return values[-1]


def copy_graph(root: Value, memo: dict[int, Any]) -> Value:
    """Copy root and all it depends on, for `copy.deepcopy`: what is shared stays shared."""
    for node in topological_order(root):
        if id(node) not in memo:
            twin = memo[id(node)] = copy(node)
            twin.inputs = tuple([memo[id(input)] for input in node.inputs])
    return memo[id(root)]  # type: ignore[no-any-return]


copyreg.pickle(Value, reduce_value)
Value.__deepcopy__ = copy_graph  # type: ignore[attr-defined]
