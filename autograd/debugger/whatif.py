"""What if a node had another number: the forward pass anew, from the record, through the rows of the rule table.

Nothing here touches the user's `Value`s: a change is made on a copy of the graph.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from math import copysign
from typing import Final

import msgspec

from autograd.debugger.timeline import Timeline, block_mask
from autograd.op import own_results
from autograd.ops import CONSTANT, OPS, PARAMETER
from autograd.recording.steps import Contribution, Node, Pass
from autograd.value import Value, new_node

LEAF_OPS: Final = {"leaf": None, "constant": CONSTANT, "parameter": PARAMETER}


def downstream(timeline: Timeline, number: int) -> list[Node]:
    """List the nodes that are computed from a node, directly or not, in topological order."""
    reached: set[int] = set()
    waiting = [number]
    while waiting:
        for user in timeline.users.get(waiting.pop(), ()):
            if user not in reached:
                reached.add(user)
                waiting.append(user)
    return [timeline.nodes[n] for n in sorted(reached)]


def root_as_function(timeline: Timeline, number: int) -> Callable[[Value], float]:
    """Return the root's number as a function of one node's, with all that does not depend on it as recorded."""
    program = [(n.number, n.op.forward, n.inputs) for n in downstream(timeline, number) if n.op]
    recorded = [n.data for n in timeline.nodes]

    def root(x: Value) -> float:
        """Compute the root's number when the node's is that of x."""
        data = list(recorded)
        data[number] = x.data
        for n, forward, inputs in program:
            data[n] = forward(*[data[i] for i in inputs])
        return data[-1]

    return root


def with_leaf(record: Pass, timeline: Timeline, number: int, data: float) -> Timeline:
    """Return the timeline as it is with another number at a leaf; only what depends on the leaf is computed anew.

    Args:
        record: a record of the same graph, with whatever numbers.
    """
    anew = list(timeline.nodes)
    anew[number] = msgspec.structs.replace(anew[number], data=data)
    changed = downstream(timeline, number)
    for n in changed:
        anew[n.number] = recompute(n, anew)
    nodes = tuple(anew)
    if any(block_mask(nodes[n.number]) != block_mask(n) for n in changed):  # other contributions
        return Timeline(record.with_nodes(nodes))
    numbers = [n.number for n in changed]
    return timeline.with_steps(nodes, numbers, *repeat_steps(timeline, nodes, numbers))


def recompute(n: Node, nodes: Sequence[Node]) -> Node:
    """Return a node with the number and the partials that follow from its inputs' numbers."""
    assert n.op
    xs = [nodes[i].data for i in n.inputs]
    if OPS.get(n.op.name) is n.op:
        partials = n.op.partials(y := n.op.forward(*xs), *xs)
    else:
        y, partials = own_results(n.op, xs)
    flows = tuple([None if nodes[i].kind == "constant" else p for i, p in zip(n.inputs, partials, strict=True)])
    return Node(n.number, n.label, n.kind, n.op, y, n.inputs, flows, n.source)


def repeat_steps(
    timeline: Timeline, nodes: Sequence[Node], changed: Iterable[int]
) -> tuple[dict[int, Contribution], dict[int, float]]:
    """Run the steps of the changed nodes anew, and those after them as far as a number changes.

    Returns:
        the contributions that differ, by their moments, and the gradients of steps that differ, by the steps' indices.
    """
    contributions: dict[int, Contribution] = {}
    gradients: dict[int, float] = {}
    products: dict[int, tuple[float, float]] = {}  # partial and amount, by moment
    first: dict[int, int] = {}  # for each node with other contributions, the moment of the first of them
    waiting = sorted({timeline.step_of[n] for n in changed if n in timeline.step_of})  # a heap
    known = set(waiting)
    while waiting:
        index = heappop(waiting)
        step = timeline.steps[index]
        gradient = step.gradient
        if step.node in first:
            gradient = gradients[index] = repeat_sum(timeline, step.node, first.pop(step.node), products, contributions)
        partials = [p for p in nodes[step.node].partials if p is not None]
        pairs = zip(step.contributions, partials, strict=True)
        for moment, (c, partial) in enumerate(pairs, start=timeline.starts[index]):
            amount = gradient * partial
            if is_same(partial, c.partial) and is_same(amount, c.amount):
                continue
            products[moment] = (partial, amount)
            first.setdefault(c.input, moment)
            after = timeline.step_of.get(c.input)
            if after is not None and after not in known:
                known.add(after)
                heappush(waiting, after)
    for leaf, moment in first.items():
        repeat_sum(timeline, leaf, moment, products, contributions)
    return contributions, gradients


def repeat_sum(
    timeline: Timeline,
    node: int,
    first: int,
    products: Mapping[int, tuple[float, float]],
    contributions: dict[int, Contribution],
) -> float:
    """Add up the contributions into a node anew from a moment on, note them, and return the sum."""
    moments = timeline.contributions_into[node]
    after = timeline.contribution(first).before
    for moment in moments[bisect_left(moments, first) :]:
        c, before = timeline.contribution(moment), after
        partial, amount = products.get(moment, (c.partial, c.amount))
        after = before + amount
        contributions[moment] = Contribution(node, partial, amount, before, after, c.complete)
    return after


def is_same(x: float, y: float) -> bool:
    """Whether two numbers have the same bits; of nan it is not certain."""
    return x == y and (x != 0.0 or copysign(1.0, x) == copysign(1.0, y))


def values_of(nodes: Sequence[Node], gradients: Sequence[float]) -> list[Value]:
    """Return `Value`s with the numbers and partials of recorded nodes, and with these gradients."""
    values: list[Value] = []
    for n, gradient in zip(nodes, gradients, strict=True):
        op = n.op or LEAF_OPS[n.kind]
        inputs = tuple([values[i] for i in n.inputs])
        values.append(new_node(n.data, op, inputs, n.partials, _label=n.label, source=n.source, _grad=gradient))
    return values
