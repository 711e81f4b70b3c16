"""What if a node had another number: the forward pass anew, from the record, through the rows of the rule table.

Nothing here touches the user's `Value`s: a change is made on a copy of the graph.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, overload

from autograd.debugger.timeline.timeline import Partials, Timeline
from autograd.op import LEAF_OPS, apply_user_op
from autograd.ops import OPS
from autograd.recording.steps import Node
from autograd.value import Value, new_node


class RenumberedNodes(Sequence[Node]):
    """Recorded nodes with other numbers, each made when it is looked at."""

    def __init__(self, recorded: Sequence[Node], data: Sequence[float], partials: Sequence[Partials]) -> None:
        self.recorded = recorded
        self.data = data
        self.partials = partials

    def __len__(self) -> int:
        return len(self.recorded)

    @overload
    def __getitem__(self, index: int) -> Node: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Node]: ...

    def __getitem__(self, index: int | slice) -> Node | Sequence[Node]:
        if isinstance(index, slice):
            return [self[n] for n in range(len(self))[index]]
        n = self.recorded[index]
        return Node(n.number, n.label, n.kind, n.op, self.data[index], n.inputs, self.partials[index], n.source)


class Row(NamedTuple):
    """How to compute a node anew.

    Attributes:
        take: takes from a list by node what belongs to the inputs.
        forward, partials: the row of the rule table.
        unblocked: takes from the partials, and a None behind them, those of inputs that are no constants, and None
            for the others; None where no input is a constant.
    """

    number: int
    take: Callable[[Sequence[Any]], Sequence[Any]]
    forward: Callable[..., float]
    partials: Callable[..., Sequence[float | None]]
    unblocked: Callable[[Partials], Partials] | None


def program_of(nodes: Sequence[Node]) -> list[Row]:
    """Return how to compute each computed node anew, in topological order.

    What is looked up here once, as `itemgetter`s that run in C, makes `with_leaf` several times as fast.
    """
    return [row_of(node, nodes) for node in nodes if node.op and node.inputs]


def row_of(node: Node, nodes: Sequence[Node]) -> Row:
    """Return how to compute a node anew."""
    op = node.op
    assert op
    forward, partials = op.forward, op.partials
    if OPS.get(op.name) is not op:
        forward, partials = (lambda *xs: apply_user_op(op, xs)[0]), (lambda y, *xs: tuple(apply_user_op(op, xs)[1]))
    constant = [nodes[i].kind == "constant" for i in node.inputs]
    kept = [-1 if is_constant else k for k, is_constant in enumerate(constant)]
    return Row(node.number, taker(node.inputs), forward, partials, taker(kept) if any(constant) else None)


def taker(places: Sequence[int]) -> Callable[[Sequence[Any]], Any]:
    """Return a function that takes what stands at these places of a sequence; of one place too it gives a sequence."""
    if len(places) > 1:
        return itemgetter(*places)
    return itemgetter(slice(places[0], places[0] + 1 or None))


def dependents(program: Sequence[Row], count: int, number: int) -> Iterator[Row]:
    """Yield the rows of the nodes that are computed from a node, directly or not, among `count` nodes."""
    depends = [False] * count
    depends[number] = True
    for row in program[bisect_right(program, number, key=attrgetter("number")) :]:
        if True in row.take(depends):
            depends[row.number] = True
            yield row


def root_as_function(program: Sequence[Row], recorded: Sequence[float], number: int) -> Callable[[Value], float]:
    """Return the root's number as a function of one node's, with all that does not depend on it as recorded."""
    rows = list(dependents(program, len(recorded), number))

    def root(x: Value) -> float:
        """Compute the root's number when the node's is that of x."""
        data = list(recorded)
        data[number] = x.data
        for n, take, forward, *_ in rows:
            data[n] = forward(*take(data))
        return data[-1]

    return root


def with_leaf(program: Sequence[Row], recorded: Sequence[Node], timeline: Timeline, leaf: int, x: float) -> Timeline:
    """Return the timeline as it is with another number at a leaf; only what depends on the leaf is computed anew."""
    data, partials, branch_nodes = list(timeline.data), list(timeline.partials), timeline.branch_nodes
    data[leaf], same_moments = x, True
    changed = set()
    for n, take, forward, slopes, unblocked in dependents(program, len(data), leaf):
        xs = take(data)
        y = data[n] = forward(*xs)
        anew = slopes(y, *xs)
        flows = unblocked((*anew, None)) if unblocked else tuple(anew)
        if (None in anew or n in branch_nodes) and block_mask(flows) != block_mask(partials[n]):
            same_moments = False
        partials[n] = flows
        changed.add(n)
    nodes = RenumberedNodes(recorded, data, partials)
    return timeline.with_numbers(nodes, data, partials, changed, same_moments)


def block_mask(partials: Partials) -> list[bool]:
    """Return for each partial whether it is blocked."""
    return [partial is None for partial in partials]


def values_of(nodes: Iterable[Node], gradients: Iterable[float]) -> list[Value]:
    """Return `Value`s with the numbers and partials of recorded nodes, and with these gradients."""
    values: list[Value] = []
    for n, gradient in zip(nodes, gradients, strict=True):
        op = n.op or LEAF_OPS[n.kind]
        inputs = tuple([values[i] for i in n.inputs])
        values.append(new_node(n.data, op, inputs, n.partials, _label=n.label, source=n.source, _grad=gradient))
    return values
