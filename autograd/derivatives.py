"""Derivatives as values: `grad`, `jacobian` and `hessian`, which leave every `.grad` alone.

With `create_graph=True` the backward pass is itself recorded: each partial is computed anew from its row of the rule
table, on `Value`s, so its result can be differentiated again, to any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import mul
from threading import get_ident
from typing import Any, Final, Literal, overload

from autograd import ops
from autograd.graph import computed_order
from autograd.ops import CONSTANT
from autograd.value import Value, observers

# While a function is traced for compilation, the last of these differentiates: a trace follows every branch, also those
# that the recorded numbers did not take. It returns None for a thread that does not trace.
differentiators: Final[list[Callable[[Value, Sequence[Value]], list[Value] | None]]] = []


@overload
def grad(output: Value, inputs: Iterable[Value], create_graph: Literal[False] = False) -> list[float]: ...
@overload
def grad(output: Value, inputs: Iterable[Value], create_graph: Literal[True]) -> list[Value]: ...
def grad(output: Value, inputs: Iterable[Value], create_graph: bool = False) -> list[Any]:
    """Give d output / d input for each input, which may be any `Value`: a leaf, a computed node, output itself.

    Floats, or with `create_graph` `Value`s that can be differentiated again. An input that output does not depend on
    has derivative 0. It writes no `.grad`, so threads may call it on graphs that share parameters.

    Raises TypeError for what is no `Value`, and RuntimeError where `create_graph` would mix what was recorded with data
    that was assigned since.

    >>> x = Value(3.0)
    >>> (slope,) = grad(x**3, [x], create_graph=True)
    >>> slope, grad(slope, [x])
    (Value(data=27.0, grad=0.0), [18.0])
    """
    inputs = list(inputs)
    for x in (output, *inputs):
        if not isinstance(x, Value):
            raise TypeError(f"expected Values to differentiate, got {type(x).__name__} {x!r:.60}")
    order = computed_order([output], set())
    if create_graph:
        return recorded_gradients(output, order, inputs, product)
    return plain_gradients(output, order, inputs)


def plain_gradients(output: Value, order: Sequence[Value], inputs: Iterable[Value]) -> list[float]:
    """Run the loop of `backward_pass`, but keep the gradients beside the graph."""
    inputs = list(inputs)
    if differentiators and (traced := differentiators[-1](output, inputs)):
        return [x.detach() for x in traced]  # type: ignore[misc]  # they stand for numbers, as .data does
    gradients = {output: 1.0}
    for node in reversed(order):
        if node not in gradients:  # it lies behind branches that were not taken
            continue
        gradient = gradients[node]
        for input, partial in zip(node.inputs, node.partials, strict=True):
            if partial is not None:
                gradients[input] = gradients.get(input, 0.0) + gradient * partial
    return [gradients.get(input, 0.0) for input in inputs]


def recorded_gradients(
    output: Value, order: Sequence[Value], inputs: Iterable[Value], times: Callable[[Any, Any], Any]
) -> list[Value]:
    """Run the same loop on `Value`s, so that it records itself; a node's contributions are added in one node.

    `times` multiplies a gradient and a partial: `product`, or `mul`, which records what is multiplied by 1 as well.
    """
    inputs = list(inputs)
    if differentiators and (traced := differentiators[-1](output, inputs)):
        return traced
    contributions: dict[Value, list[Any]] = {output: [1.0]}
    for node in reversed(order):
        if node not in contributions:
            continue
        gradient = added(contributions[node])
        for input, recorded, partial in zip(node.inputs, node.partials, recomputed_partials(node), strict=True):
            if recorded is not None:
                refuse_changed(node, recorded, partial)
                contributions.setdefault(input, []).append(times(gradient, partial))
    gradients = [added(contributions.get(input, [])) for input in inputs]
    return [x if isinstance(x, Value) else Value(x) for x in gradients]


def recomputed_partials(node: Value) -> Sequence[Value | float]:
    """Compute a node's partials from its inputs, as `Value`s; constants take part as the floats they are."""
    assert node.op is not None
    return node.op.partials(node, *[x.data if x.op is CONSTANT else x for x in node.inputs])


def refuse_changed(node: Value, recorded: float, partial: Value | float) -> None:
    """Refuse to mix what was recorded with data that was assigned since."""
    now = partial.data if isinstance(partial, Value) else partial
    if now != recorded and (now == now or recorded == recorded):
        raise RuntimeError(
            f"{node.op} or an input of it was assigned new data since it was recorded: its derivative was {recorded!r} "
            f"and would be {now!r}; record the graph again before grad(..., create_graph=True)"
        )


def added(terms: Sequence[Any]) -> Any:
    """Add contributions in the order of the backward pass, so that the sums agree with `.grad` to the last bit."""
    if len(terms) == 1 and isinstance(terms[0], Value):
        return terms[0]
    return ops.sum(*terms)


def product(gradient: Any, partial: Any) -> Any:
    """Multiply, without recording a multiplication by the number 1."""
    if isinstance(gradient, Value) and not isinstance(partial, Value) and partial == 1.0:
        return gradient
    if isinstance(partial, Value) and not isinstance(gradient, Value) and gradient == 1.0:
        return partial
    return gradient * partial


def jacobian(f: Callable[..., Any], xs: Sequence[float]) -> list[Any]:
    """Give the derivatives of `f(*values)` at the numbers xs: a list for one output, a list of lists for several.

    >>> jacobian(lambda x, y: [x * y, x + y], [2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """
    values = [Value(x) for x in xs]
    outputs = f(*values)
    if isinstance(outputs, list | tuple):
        return [gradient(output, values) for output in outputs]
    return gradient(outputs, values)


def gradient(output: Value | float, values: Sequence[Value]) -> list[float]:
    """Give d output / d value for each value; an output that is a plain number does not depend on any."""
    return grad(output, values) if isinstance(output, Value) else [0.0] * len(values)


def hessian(f: Callable[..., Value | float], xs: Sequence[float]) -> list[list[float]]:
    """Give the second derivatives of `f(*values)` at the numbers xs, as a square list of lists.

    The second pass goes back through all that the first one recorded, last node first, and then through the nodes of f
    as the first did. This order, in which it adds, does not depend on which branches were taken, so that compiled code,
    which takes both, adds in the same order. `grad` of a recorded slope may add in another, and round otherwise.

    >>> hessian(lambda x, y: x**2 * y, [2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    values = [Value(x) for x in xs]
    output = f(*values)
    if not isinstance(output, Value):
        return [[0.0] * len(xs) for _ in xs]
    order = computed_order([output], set())
    with recording() as made:
        # With products by 1 as well: what comes back through one is then added up apart, as where the factor is not 1.
        slopes = recorded_gradients(output, order, values, mul)
    return [plain_gradients(slope, order + made, values) for slope in slopes]


@contextmanager
def recording() -> Iterator[list[Value]]:
    """List the nodes that this thread records from here on, in their order."""
    made: list[Value] = []
    thread = get_ident()

    def note(node: Value) -> None:
        if get_ident() == thread:
            made.append(node)

    observers.append(note)
    try:
        yield made
    finally:
        observers.remove(note)
