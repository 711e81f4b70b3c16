"""What if a node had another number: the forward pass anew, from the record, through the rows of the rule table.

Nothing here touches the user's `Value`s: a change is made on a copy of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from autograd.ops import CONSTANT, PARAMETER
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


def with_leaf(nodes: Sequence[Node], gradients: Sequence[float], number: int, data: float) -> list[Value]:
    """Rebuild the graph with another number at a leaf; what does not depend on the leaf stays as recorded.

    Args:
        gradients: what each node's gradient started from.
    """
    anew = {n.number for n in downstream(nodes, number)}
    values: list[Value] = []
    for n, start in zip(nodes, gradients, strict=True):
        inputs = tuple([values[i] for i in n.inputs])
        if n.number in anew and n.op:
            value = Value.record(n.op, *inputs)
            value.label, value.source = n.label, n.source
        else:
            op = n.op or LEAF_OPS[n.kind]
            now = data if n.number == number else n.data
            value = new_node(now, op, inputs, n.partials, label=n.label, source=n.source, _grad=start)
        values.append(value)
    return values
