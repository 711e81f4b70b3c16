"""The order of a recorded graph.

A graph is whatever a root `Value` was computed from. Its order is that of creation: each `Value` has a serial number,
larger than those of its inputs. No function here recurses, so depth costs memory and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from autograd.value import Value

by_creation: Final = attrgetter("serial")


def topological_order(root: Value) -> list[Value]:
    """Return every `Value` that root depends on, and root last: inputs come before the `Value`s made from them.

    Computed `Value`s are in the order in which they were recorded, each leaf just before the first one that uses it.

    >>> from autograd import Value
    >>> x = Value(3.0, "x")
    >>> y = x * x
    >>> [value.data for value in topological_order(y)]
    [3.0, 9.0]
    """
    if not hasattr(root, "serial"):  # `Value` imports this module
        raise TypeError(f"topological_order(root) takes a Value, got {type(root).__name__} {root!r:.60}")
    order: list[Value] = []
    leaves: set[Value] = set()
    for node in computed_order([root]):
        for input in node.inputs:
            if not input.inputs and input not in leaves:
                leaves.add(input)
                order.append(input)
        order.append(node)
    return order or [root]


def computed_order(roots: Iterable[Value]) -> list[Value]:
    """Return the computed nodes that the roots depend on, the roots too, in the order in which they were recorded."""
    stack = list({root: None for root in roots if root.inputs})  # a dict as a set that keeps the order
    seen = set(stack)
    order: list[Value] = []
    while stack:
        node = stack.pop()
        order.append(node)
        for input in node.inputs:
            if input.inputs and input not in seen:
                seen.add(input)
                stack.append(input)
    order.sort(key=by_creation)
    return order
