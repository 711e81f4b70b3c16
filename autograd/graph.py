"""Orders over a recorded graph, and its iterative copies.

A graph is whatever a root `Value` was computed from. No function here recurses, so depth costs memory and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import TYPE_CHECKING, Any

from autograd.ops import BLOCKED, CONSTANT

if TYPE_CHECKING:
    from autograd.value import Value


def topological_order(root: Value) -> list[Value]:
    """List every `Value` that root depends on, and root last: inputs stand before the `Value`s made from them.

    >>> from autograd import Value
    >>> x = Value(3.0, "x")
    >>> y = x * x
    >>> [value.data for value in topological_order(y)]
    [3.0, 9.0]
    """
    if not hasattr(root, "partials"):
        raise TypeError(f"expected a Value, got {type(root).__name__} {root!r:.60}")
    order: list[Value] = []
    leaves: set[Value] = set()
    for node in computed_order([root], set(), []):
        for input in node.inputs:
            if not input.inputs and input not in leaves:
                leaves.add(input)
                order.append(input)
        order.append(node)
    return order or [root]


def computed_order(roots: list[Value], seen: set[Value], held: list[Value]) -> list[Value]:
    """List the computed nodes below the roots that are not in `seen` yet, inputs first; leaves cost next to nothing.

    Leaves that hold a gradient go to `held`, some of them more than once. The order does not depend on which branches
    were taken, so that compiled code, which takes both, can add in the same order. The loop is most of the backward
    pass's overhead, so its methods are bound once.
    """
    order: list[Value] = []
    stack: list[Any] = [root for root in roots if root.inputs]
    push, pop, finish, see, hold = stack.append, stack.pop, order.append, seen.add, held.append
    while stack:
        node = pop()
        if node is None:  # the mark above a node whose inputs are finished
            finish(pop())
        elif node not in seen:
            see(node)
            push(node)
            push(None)
            for input in node.inputs:
                if input.inputs:
                    if input not in seen:
                        push(input)
                elif input.grad:
                    hold(input)
    return order


def numbered(order: Iterable[Value]) -> dict[Value, int]:
    """Number the nodes of an order from 0."""
    return {node: number for number, node in enumerate(order)}


def copy_graph(root: Value, memo: dict[int, Any]) -> Value:
    """Copy root and all it depends on, for `copy.deepcopy`: what is shared stays shared."""
    for node in topological_order(root):
        if id(node) not in memo:
            twin = memo[id(node)] = copy(node)
            twin.inputs = tuple([memo[id(input)] for input in node.inputs])
    return memo[id(root)]  # type: ignore[no-any-return]


def columns(root: Value) -> tuple[list[Value], tuple[list[Any], ...]]:
    """Say what a graph consists of, for `pickle`: its leaves, and its other nodes field by field.

    Inputs and partials of all nodes are run together, since pickle is several times faster at a few long lists than at
    a million short tuples. Leaves keep their identity within one pickle, but for constants: two roots pickled together
    come back as two graphs over the same leaves. BLOCKED, which is told by identity, is written as None.
    """
    order = topological_order(root)
    leaves = [v for v in order if not v.inputs and v.op is not CONSTANT]
    others = [v for v in order if v.inputs or v.op is CONSTANT]
    index = numbered(leaves + others)
    return leaves, (
        [v.data for v in others],
        [v.label for v in others],
        [v.grad for v in others],
        [v.op for v in others],
        [v.source for v in others],
        [len(v.inputs) for v in others],
        [index[input] for v in others for input in v.inputs],
        [None if partial is BLOCKED else partial for v in others for partial in v.partials],
    )
