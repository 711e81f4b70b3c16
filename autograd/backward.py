"""The backward pass: one loop, and the only one that writes `.grad`.

The engine is this file's loop. `Value.backward()` runs it to its end, a debugger stops in it, the recorder of
`steps.py` listens to it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from autograd.graph import marked_order

if TYPE_CHECKING:
    from autograd.value import Value


def backward_pass(root: Value) -> Generator[Value, None, None]:
    """Yield each computed node, root first, just before it passes its gradient on to its inputs.

    A node's gradient is complete when the node is yielded: topological order has put everything it feeds before it.
    Gradients of computed nodes start from 0 in every pass. Those of leaves add up from pass to pass: what a leaf has
    from before is set aside and added when the pass ends, so that two passes give exactly twice the gradient. Whoever
    stops half-way leaves the leaves with what they have got so far.

    The rule is the chain rule with branches: d root/d input is the sum, over the nodes that the input feeds, of
    d root/d node times d node/d input.

    >>> from autograd import Value
    >>> w, x = Value(1.0, "w"), Value(2.1, "x")
    >>> error = (w * x - 4.0) ** 2
    >>> [(node.op.symbol, round(node.grad, 2)) for node in backward_pass(error)]
    [('**', 1.0), ('-', -3.8), ('*', -3.8)]
    >>> round(w.grad, 2)
    -7.98
    """
    nothing = float("0")  # a zero of its own: a gradient that is this very object says that nothing has come yet
    held: list[Value] = []
    order = marked_order(root, nothing, held)
    before = {leaf: leaf.grad for leaf in held}
    for leaf in before:
        leaf.grad = 0.0
    root.grad += 1.0
    try:
        for node in reversed(order):
            if node.grad is nothing:  # it lies behind branches that were not taken
                continue
            yield node
            gradient, partials = node.grad, node.partials
            k = 0  # by hand: `zip` and `enumerate` take half as long again for the two inputs that most nodes have
            for input in node.inputs:
                partial = partials[k]
                k += 1  # noqa: SIM113
                if partial is not None:
                    input.grad += gradient * partial
    finally:
        for leaf, earlier in before.items():
            leaf.grad += earlier
