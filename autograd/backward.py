"""The backward pass: the loop that writes `.grad`.

`Value.backward()` runs it to its end, a debugger stops in it, and `recording/steps.py` listens to it. `grad` has the
same loop on gradients of its own, and leaves every `.grad` alone.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from autograd.graph import by_creation

if TYPE_CHECKING:
    from autograd.value import Value


def backward_pass(root: Value) -> Generator[Value, None, None]:
    """Yield each computed node, root first, just before it passes its gradient on to its inputs.

    The rule is the chain rule: d root / d input is the sum, over the nodes computed from the input, of
    d root / d node times d node / d input. Nodes pass their gradients on in the reverse of the order in which they were
    recorded, so a node's gradient is complete when the node is yielded.

    Gradients of computed nodes start from 0 in every pass. Those of leaves accumulate: what a leaf had before is set
    aside and added when the pass ends, so two passes give exactly twice the gradient. If it stops half-way, the leaves
    keep the part that has reached them.

    >>> from autograd import Value
    >>> w, x = Value(1.0, "w"), Value(2.1, "x")
    >>> error = (w * x - 4.0) ** 2
    >>> [(node.op.symbol, round(node.grad, 2)) for node in backward_pass(error)]
    [('**', 1.0), ('-', -3.8), ('*', -3.8)]
    >>> round(w.grad, 2)
    -7.98
    """
    if not hasattr(root, "serial"):  # `Value` imports this module
        raise TypeError(f"backward_pass(root) takes a Value, got {type(root).__name__} {root!r:.60}")
    unreached = float("0")  # recognised by identity, so not the literal 0.0, which other code may share
    order, leaf_gradients = prepare_pass(root, unreached)
    root._grad += 1.0
    try:
        for node in order:
            if node._grad is unreached:  # it is behind branches that were not taken
                continue
            yield node
            gradient, partials = node._grad, node.partials
            k = 0  # counting by hand: `zip` makes the loop a tenth slower at the two inputs that most nodes have
            for input in node.inputs:
                partial = partials[k]
                k += 1  # noqa: SIM113
                if partial is not None:
                    input._grad += gradient * partial
    finally:
        for leaf, earlier in leaf_gradients.items():
            leaf._grad += earlier


def prepare_pass(root: Value, unreached: float) -> tuple[list[Value], dict[Value, float]]:
    """Reset the gradients below root; return its computed nodes, the last recorded first, and what leaves had before.

    The search is that of `graph.computed_order`, but for its marks: computed nodes get the very float `unreached` as
    their gradient, which is a third faster than a set of those found.
    """
    leaf_gradients: dict[Value, float] = {}
    order: list[Value] = []
    stack: list[Value] = []
    if root.inputs:
        root._grad = unreached
        stack.append(root)
    while stack:
        node = stack.pop()
        order.append(node)
        for input in node.inputs:
            if input.inputs:
                if input._grad is not unreached:
                    input._grad = unreached
                    stack.append(input)
            elif input._grad:
                leaf_gradients[input] = input._grad
                input._grad = 0.0
    order.sort(key=by_creation, reverse=True)
    return order, leaf_gradients
