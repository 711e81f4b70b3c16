"""Functions of several `Value`s that are more than a row applied to its inputs.

Every function takes numbers, `Value`s or a mixture; from numbers alone it gives a float, as the rows themselves do.
"""

# mypy: disable-error-code="overload-overlap"
# All floats give a float, and one Value among them gives a Value: the pairs below overlap in that order, as is meant.
from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import mul
from typing import Any, overload

from autograd import ops
from autograd.ieee import add_in_order
from autograd.observing import notify, record_observers
from autograd.ops import Op
from autograd.value import Value, new_node


@overload
def maximum(x: float, y: float) -> float: ...
@overload
def maximum(x: Value | float, y: Value | float) -> Value: ...
def maximum(x: Value | float, y: Value | float) -> Value | float:
    """Give the larger of two; nan if either is.

    A tie of two `Value`s gives each half of the gradient; a tie with a constant gives the `Value` none, as
    relu'(0) is 0.

    >>> x, y = Value(2.0), Value(2.0)
    >>> maximum(x, y).partials, maximum(x, 2.0).partials
    ((0.5, 0.5), (None, None))
    """
    return extremum(ops.maximum, ops.clamp_min, x, y)


@overload
def minimum(x: float, y: float) -> float: ...
@overload
def minimum(x: Value | float, y: Value | float) -> Value: ...
def minimum(x: Value | float, y: Value | float) -> Value | float:
    """Give the smaller of two; nan if either is. Ties are as for `maximum`."""
    return extremum(ops.minimum, ops.clamp_max, x, y)


def extremum(op: Op, clamp: Op, x: Value | float, y: Value | float) -> Value | float:
    """Apply the row for two operands of a kind, or the one for a `Value` and a constant, which ties otherwise."""
    if isinstance(x, Value) == isinstance(y, Value):
        return op(x, y)
    return clamp(x, y) if isinstance(x, Value) else clamp(y, x)


@overload
def where(condition: Value, a: Value | float, b: Value | float) -> Value: ...
@overload
def where(condition: object, a: float, b: float) -> float: ...
@overload
def where(condition: object, a: Value | float, b: Value | float) -> Value: ...
def where(condition: object, a: Value | float, b: Value | float) -> Value | float:
    """Give `a` if the condition holds, else `b`. The branch not taken gets no gradient at all, whatever its partials.

    >>> x = Value(0.0)
    >>> where(x > 0, x.log(), 5.0 * x).backward()
    >>> x.grad
    5.0
    """
    condition = getattr(condition, "recorded", condition)  # a comparison in a function that is traced
    if not isinstance(condition, Value):
        condition = 1.0 if condition else 0.0
    return ops.where(condition, a, b)


@overload
def leaky_relu(x: float, slope: float = 0.01) -> float: ...
@overload
def leaky_relu(x: Value | float, slope: Value | float = 0.01) -> Value: ...
def leaky_relu(x: Value | float, slope: Value | float = 0.01) -> Value | float:
    """Give x where it is positive, else slope * x."""
    return ops.leaky_relu(x, slope)


@overload
def sum(xs: Iterable[float]) -> float: ...
@overload
def sum(xs: Iterable[Value | float]) -> Value: ...
def sum(xs: Iterable[Value | float]) -> Value | float:
    """Add up any number of terms, from left to right, in one node. The built-in `sum` works too, with a node a term."""
    return ops.sum(*xs)


@overload
def dot(weights: Iterable[float], xs: Iterable[float], bias: float | None = None) -> float: ...
@overload
def dot(weights: Iterable[Value | float], xs: Iterable[Value | float], bias: Value | float | None = None) -> Value: ...
def dot(
    weights: Iterable[Value | float], xs: Iterable[Value | float], bias: Value | float | None = None
) -> Value | float:
    """Give the net input of a neuron, sum of weight * x, plus the bias, in one node.

    Its partials are the xs, the weights and 1. The products are added from left to right and the bias last.

    >>> weights = [Value(0.3), Value(-0.2)]
    >>> dot(weights, [1.0, 0.5])
    Value(data=0.19999999999999998, grad=0.0)
    """
    weights, xs = tuple(weights), tuple(xs)
    if len(weights) != len(xs):
        raise ValueError(f"expected as many weights as xs, got {len(weights)} weights and {len(xs)} xs")
    return ops.dot(*weights, *xs, *(() if bias is None else (bias,)))


def net_input(
    weights: tuple[Value, ...], xs: tuple[Value, ...], numbers: list[float], bias: Value, label: str, given: bool
) -> Value:
    """Record a neuron's weighted sum without checking its operands.

    It is what `dot(weights, xs, bias)` records, and what a layer calls after it has checked the xs once: `numbers` are
    their data, and `given` says that they are all constants.
    """
    w = [weight._data for weight in weights]
    partials = (*numbers, *([None] * len(w) if given else w), 1.0)
    made = new_node(
        add_in_order(map(mul, w, numbers)) + bias._data, ops.dot, (*weights, *xs, bias), partials, label=label
    )
    return notify(made) if record_observers else made


@overload
def logsumexp(xs: Iterable[float]) -> float: ...
@overload
def logsumexp(xs: Iterable[Value | float]) -> Value: ...
def logsumexp(xs: Iterable[Value | float]) -> Value | float:
    """Give log(sum of exp(x)) in one node, without overflow; its partials are the softmax."""
    return ops.logsumexp(*xs)


@overload
def log_softmax(xs: Iterable[float]) -> list[float]: ...
@overload
def log_softmax(xs: Iterable[Value | float]) -> list[Value]: ...
def log_softmax(xs: Iterable[Value | float]) -> list[Any]:
    """Give the logarithms of the softmax of xs, without overflow.

    The largest x is subtracted first, so that large xs keep the digits in which they differ. It cancels, so no
    gradient flows through it.

    >>> log_softmax([1e308, 1e308])
    [-0.6931471805599453, -0.6931471805599453]
    """
    xs = list(xs)
    if not xs:
        return []
    peak = ops.detach(reduce(ops.maximum, xs))
    shifted = [x - peak for x in xs]
    whole = logsumexp(shifted)
    return [x - whole for x in shifted]


@overload
def softmax(xs: Iterable[float]) -> list[float]: ...
@overload
def softmax(xs: Iterable[Value | float]) -> list[Value]: ...
def softmax(xs: Iterable[Value | float]) -> list[Any]:
    """Give exp(x) / sum of exp(x) for each x, without overflow."""
    return [ops.exp(x) for x in log_softmax(xs)]
