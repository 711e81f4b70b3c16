"""Functions of several `Value`s that are more than a row applied to its inputs.

Every function takes numbers, `Value`s or a mixture; from numbers alone it gives a float, as the rows themselves do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import TypeVar

from autograd import ops
from autograd.value import Value

Operand = TypeVar("Operand", float, Value, float | Value)


def maximum(x: Operand, y: Operand) -> Operand:
    """Give the larger of two; nan if either is.

    A tie of two `Value`s gives each half of the gradient; a tie with a constant gives the `Value` none, as
    relu'(0) is 0.
    """
    return extremum(ops.maximum, ops.clamp_min, x, y)


def minimum(x: Operand, y: Operand) -> Operand:
    """Give the smaller of two; nan if either is. Ties are as for `maximum`."""
    return extremum(ops.minimum, ops.clamp_max, x, y)


def extremum(op: ops.Op, clamp: ops.Op, x: Operand, y: Operand) -> Operand:
    if isinstance(x, Value) == isinstance(y, Value):
        return op(x, y)  # type: ignore[no-any-return]
    return clamp(x, y) if isinstance(x, Value) else clamp(y, x)  # type: ignore[no-any-return]


def where(condition: object, a: Operand, b: Operand) -> Operand:
    """Give `a` if the condition holds, else `b`. The branch not taken gets no gradient at all, whatever its partials.

    >>> x = Value(0.0)
    >>> where(x > 0, x.log(), 5.0 * x).backward()
    >>> x.grad
    5.0
    """
    condition = getattr(condition, "recorded", condition)  # a comparison in a function that is traced
    if not isinstance(condition, Value):
        condition = 1.0 if condition else 0.0
    return ops.where(condition, a, b)  # type: ignore[no-any-return]


def leaky_relu(x: Operand, slope: float = 0.01) -> Operand:
    """Give x where it is positive, else slope * x."""
    return ops.leaky_relu(x, slope)  # type: ignore[no-any-return]


def sum(xs: Iterable[Operand]) -> Operand:
    """Add up any number of terms, from left to right, in one node. The built-in `sum` works too, with a node a term."""
    return ops.sum(*xs)  # type: ignore[no-any-return]


def dot(weights: Iterable[Operand], xs: Iterable[Operand], bias: Operand | None = None) -> Operand:
    """Give the net input of a neuron, sum of weight * x, plus the bias, in one node.

    Its partials are the xs, the weights and 1. The products are added from left to right and the bias last.

    >>> weights = [Value(0.3), Value(-0.2)]
    >>> dot(weights, [1.0, 0.5])
    Value(data=0.19999999999999998, grad=0.0)
    """
    weights, xs = tuple(weights), tuple(xs)
    if len(weights) != len(xs):
        raise ValueError(f"expected as many weights as xs, got {len(weights)} weights and {len(xs)} xs")
    return ops.dot(*weights, *xs, *(() if bias is None else (bias,)))  # type: ignore[no-any-return]


def logsumexp(xs: Iterable[Operand]) -> Operand:
    """Give log(sum of exp(x)) in one node, without overflow; its partials are the softmax."""
    return ops.logsumexp(*xs)  # type: ignore[no-any-return]


def log_softmax(xs: Sequence[Operand]) -> list[Operand]:
    """Give the logarithms of the softmax of xs, without overflow.

    The largest x is subtracted first, so that large xs keep the digits in which they differ. It cancels, so no
    gradient flows through it.

    >>> log_softmax([1e308, 1e308])
    [-0.6931471805599453, -0.6931471805599453]
    """
    peak = ops.detach(reduce(ops.maximum, xs))
    shifted = [x - peak for x in xs]
    whole = logsumexp(shifted)
    return [x - whole for x in shifted]


def softmax(xs: Sequence[Operand]) -> list[Operand]:
    """Give exp(x) / sum of exp(x) for each x, without overflow."""
    return [ops.exp(x) for x in log_softmax(xs)]
