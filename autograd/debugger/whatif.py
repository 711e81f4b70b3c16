"""What if a node had another number: the forward pass anew, from the record, through the rows of the rule table.

Nothing here touches the user's `Value`s: a change is made on a copy of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from autograd.ops import CONSTANT, OPS, PARAMETER, as_float
from autograd.recording.steps import Node
from autograd.value import Value, new_node

LEAF_OPS: Final = {"leaf": None, "constant": CONSTANT, "parameter": PARAMETER}


def downstream(nodes: Sequence[Node], number: int) -> list[Node]:
    """List the nodes that are computed from a node, directly or not, in topological order."""
    reached = {number}
    found = []
    for other in nodes[number + 1 :]:
        if not reached.isdisjoint(other.inputs):
            reached.add(other.number)
            found.append(other)
    return found


def root_as_function(nodes: Sequence[Node], number: int) -> Callable[[Value], float]:
    """Return the root's number as a function of one node's, with all that does not depend on it as recorded."""
    program = [(n.number, n.op.forward, n.inputs) for n in downstream(nodes, number) if n.op]
    recorded = [n.data for n in nodes]

    def root(x: Value) -> float:
        """Compute the root's number when the node's is that of x."""
        data = list(recorded)
        data[number] = x.data
        for n, forward, inputs in program:
            data[n] = forward(*[data[i] for i in inputs])
        return data[-1]

    return root


def with_leaf(nodes: Sequence[Node], number: int, data: float) -> tuple[Node, ...]:
    """Return the nodes with another number at a leaf; what does not depend on the leaf stays as recorded."""
    anew = list(nodes)
    anew[number] = msgspec.structs.replace(nodes[number], data=data)
    for n in downstream(nodes, number):
        assert n.op
        xs = [anew[i].data for i in n.inputs]
        y = n.op.forward(*xs)
        partials = n.op.partials(y, *xs)
        if OPS.get(n.op.name) is not n.op:  # an op of one's own may return NumPy's floats, as in `Value.record`
            y, partials = as_float(y), [None if p is None else as_float(p) for p in partials]
        flows = tuple([None if anew[i].kind == "constant" else p for i, p in zip(n.inputs, partials, strict=True)])
        anew[n.number] = Node(n.number, n.label, n.kind, n.op, y, n.inputs, flows, n.source)
    return tuple(anew)


def values_of(nodes: Sequence[Node], gradients: Sequence[float]) -> list[Value]:
    """Return `Value`s with the numbers and partials of recorded nodes, and with these gradients."""
    values: list[Value] = []
    for n, gradient in zip(nodes, gradients, strict=True):
        op = n.op or LEAF_OPS[n.kind]
        inputs = tuple([values[i] for i in n.inputs])
        values.append(new_node(n.data, op, inputs, n.partials, _label=n.label, source=n.source, _grad=gradient))
    return values
