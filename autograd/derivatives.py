"""Derivatives as values: `grad`, which leaves every `.grad` alone.

With `create_graph=True` the backward pass is itself recorded: each partial is computed anew from its row of the rule
table, on `Value`s, so its result can be differentiated again, to any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Literal, overload

from autograd import ops
from autograd.arguments import as_list, brief_repr
from autograd.graph import computed_order
from autograd.ops import CONSTANT
from autograd.value import Value

# While a function is traced for compilation, the last of these takes the place of the loops below: a trace follows
# every branch, also those that the recorded numbers did not take. It returns None for a thread that does not trace.
differentiators: Final[list[Callable[[Value, Sequence[Value]], list[Value] | None]]] = []


@overload
def grad(output: Value, inputs: Iterable[Value] | Value, create_graph: Literal[False] = False) -> list[float]: ...
@overload
def grad(output: Value, inputs: Iterable[Value] | Value, create_graph: Literal[True]) -> list[Value]: ...
@overload
def grad(output: Value, inputs: Iterable[Value] | Value, create_graph: bool) -> list[Any]: ...
def grad(output: Value, inputs: Iterable[Value] | Value, create_graph: bool = False) -> list[Any]:
    """Return d output / d input for each input.

    Args:
        output: the `Value` to differentiate.
        inputs: the `Value`s to differentiate with respect to: leaves, computed nodes, or output itself. A single
            `Value` is a list of one. An input that output does not depend on has derivative 0.
        create_graph: whether to return `Value`s that can be differentiated again, in place of floats.

    It writes no `.grad`, so threads may call it on graphs that share parameters.

    Raises:
        TypeError: for what is no `Value`.
        RuntimeError: where `create_graph` would mix what was recorded with data that was assigned since.

    >>> x = Value(3.0)
    >>> (slope,) = grad(x**3, [x], create_graph=True)
    >>> slope, grad(slope, [x])
    (Value(data=27.0, grad=0.0, op='*'), [18.0])
    """
    call = "grad(output, inputs)"
    if not isinstance(output, Value):
        several = "; call grad for each of several, or jacobian" if isinstance(output, list | tuple) else ""
        unapplied = "; apply it first: grad(f(x), [x])" if callable(output) else ""
        raise TypeError(f"{call} takes one Value as output, got {brief_repr(output)}{several or unapplied}")
    inputs = as_list(call, "inputs", inputs, "Values")
    for k, x in enumerate(inputs):
        if not isinstance(x, Value):
            raise TypeError(f"{call}: inputs[{k}] must be a Value, got {brief_repr(x)}")
    order = computed_order([output])
    if create_graph:
        return recorded_gradients(output, order, inputs, multiply_skip_one)
    return plain_gradients(output, order, inputs)


def plain_gradients(output: Value, order: Sequence[Value], inputs: Iterable[Value]) -> list[float]:
    """Run the loop of `backward_pass`, but keep the gradients beside the graph."""
    inputs = list(inputs)
    if traced := traced_gradients(output, inputs):
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
    output: Value, order: Sequence[Value], inputs: Iterable[Value], multiply: Callable[[Any, Any], Any]
) -> list[Value]:
    """Run the same loop on `Value`s, so that it records itself; a node's contributions are added in one node.

    `multiply` takes a gradient and a partial: `multiply_skip_one`, or `operator.mul`, which records products by 1 too.
    """
    inputs = list(inputs)
    if traced := traced_gradients(output, inputs):
        return traced
    contributions: dict[Value, list[Any]] = {output: [1.0]}
    for node in reversed(order):
        if node not in contributions:
            continue
        gradient = sum_contributions(contributions[node])
        for input, recorded, partial in zip(node.inputs, node.partials, recomputed_partials(node), strict=True):
            if recorded is not None:
                if not is_unchanged(recorded, partial):
                    refuse_changed(node)
                if partial is not None:
                    contributions.setdefault(input, []).append(multiply(gradient, partial))
    gradients = [sum_contributions(contributions.get(input, [])) for input in inputs]
    return [x if isinstance(x, Value) else Value(x) for x in gradients]


def traced_gradients(output: Value, inputs: Sequence[Value]) -> list[Value] | None:
    """Return the derivatives as a trace of this thread records them, or None if it does not trace."""
    for differentiate in differentiators[-1:]:  # a copy: another thread's trace may end meanwhile
        return differentiate(output, inputs)
    return None


def recomputed_partials(node: Value) -> Sequence[Value | float | None]:
    """Compute a node's partials from its inputs, as `Value`s; constants take part as the floats they are."""
    assert node.op is not None
    return node.op.partials(node, *[x.data if x.op is CONSTANT else x for x in node.inputs])


def is_unchanged(recorded: float, partial: Value | float | None) -> bool:
    """Return whether a partial is the recorded number; one nan is like another."""
    now = partial.data if isinstance(partial, Value) else partial
    return now == recorded or (now != now and recorded != recorded)


def refuse_changed(node: Value) -> None:
    """Refuse to mix what was recorded with data that was assigned since.

    The rule is applied to floats, as it was then: on `Value`s it may round otherwise.
    """
    assert node.op is not None
    now = node.op.partials(node.data, *[x.data for x in node.inputs])
    for recorded, partial in zip(node.partials, now, strict=True):
        if recorded is not None and not is_unchanged(recorded, partial):
            raise RuntimeError(
                f"{node.op} or an input of it was assigned new data since it was recorded: its derivative was "
                f"{recorded!r} and would be {partial!r}; record the graph again before grad(..., create_graph=True)"
            )


def sum_contributions(terms: Sequence[Any]) -> Any:
    """Add contributions in the order of the backward pass, so that the sums agree with `.grad` to the last bit."""
    if len(terms) == 1 and isinstance(terms[0], Value):
        return terms[0]
    return ops.sum(*terms)


def multiply_skip_one(gradient: Any, partial: Any) -> Any:
    """Multiply, without recording a multiplication by the number 1."""
    if isinstance(gradient, Value) and not isinstance(partial, Value) and partial == 1.0:
        return gradient
    if isinstance(partial, Value) and not isinstance(gradient, Value) and gradient == 1.0:
        return partial
    return gradient * partial
