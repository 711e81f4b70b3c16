"""Orders over a recorded graph, and its iterative copies.

A graph is whatever a root `Value` was computed from. No function here recurses, so depth costs memory and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import TYPE_CHECKING, Any

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
    for node in computed_order([root], set()):
        for input in node.inputs:
            if not input.inputs and input not in leaves:
                leaves.add(input)
                order.append(input)
        order.append(node)
    return order or [root]


def computed_order(roots: list[Value], seen: set[Value]) -> list[Value]:
    """List the computed nodes below the roots that are not in `seen` yet, inputs first; leaves cost next to nothing.

    The order does not depend on which branches were taken, so that compiled code, which takes both, can add in the same
    order.
    """
    order: list[Value] = []
    stack: list[Any] = [root for root in roots if root.inputs]
    while stack:
        node = stack.pop()
        if node is None:  # the mark above a node whose inputs are finished
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            stack += (node, None)
            for input in node.inputs:
                if input.inputs and input not in seen:
                    stack.append(input)
    return order


def marked_order(root: Value, mark: float, held: list[Value]) -> list[Value]:
    """List what `computed_order` lists below one root, in the same order, but mark what it has seen by its gradient.

    Every gradient in the list is then `mark`, a float that nobody else has; leaves that hold a gradient go to `held`,
    some of them more than once. Without the set, a backward pass takes a sixth less time. This loop is two fifths of
    what it does, so it goes down by one input of each node at once, and leaves the others for later, each below a mark.
    """
    order: list[Value] = []
    stack: list[Any] = [root, None] if root.inputs else []
    while stack:
        node = stack.pop()
        if node is not None:  # all that it was computed from is listed
            order.append(node)
            continue
        node = stack.pop()  # the mark stood above a node to go down from
        if node.grad is mark:
            continue
        while node is not None:
            node.grad = mark
            stack.append(node)
            below = None
            for input in node.inputs:
                if input.inputs:
                    if input.grad is not mark:
                        if below is not None:
                            stack.append(below)
                            stack.append(None)
                        below = input
                elif input.grad:
                    held.append(input)
            node = below
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
