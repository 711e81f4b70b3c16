"""Functions of several `Value`s that are more than a row applied to its inputs.

Every function takes numbers, `Value`s or a mixture; from numbers alone it gives a float, as the rows themselves do.
"""

# mypy: disable-error-code="overload-overlap"
# All floats give a float, and one Value among them gives a Value: the pairs below overlap in that order, as is meant.
from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from numbers import Real
from operator import mul
from typing import Any, overload

from autograd import ops
from autograd.arguments import as_terms, brief_repr, of_list
from autograd.ieee import add_in_order
from autograd.observing import notify, record_observers
from autograd.op import Op, as_float, blame
from autograd.value import Value, new_node


@overload
def maximum(x: float, y: float) -> float: ...
@overload
def maximum(x: Value | float, y: Value | float) -> Value: ...
def maximum(x: Value | float, y: Value | float) -> Value | float:
    """Return the larger of two numbers; nan if either is nan.

    At a tie of two `Value`s each gets half of the gradient; at a tie with a constant the `Value` gets none, as for
    relu'(0), which is 0.

    >>> x, y = Value(2.0), Value(2.0)
    >>> maximum(x, y).partials, maximum(x, 2.0).partials
    ((0.5, 0.5), (None, None))
    """
    return apply_or_clamp(ops.maximum, ops.clamp_min, x, y)


@overload
def minimum(x: float, y: float) -> float: ...
@overload
def minimum(x: Value | float, y: Value | float) -> Value: ...
def minimum(x: Value | float, y: Value | float) -> Value | float:
    """Return the smaller of two numbers; nan if either is nan. Ties are as for `maximum`."""
    return apply_or_clamp(ops.minimum, ops.clamp_max, x, y)


def apply_or_clamp(op: Op, clamp: Op, x: Value | float, y: Value | float) -> Value | float:
    """Apply the row for two operands of a kind, or that for a `Value` and a number, whose gradient at a tie is 0."""
    if isinstance(x, Value) == isinstance(y, Value):
        return op(x, y)
    try:
        return clamp(x, y) if isinstance(x, Value) else clamp(y, x)
    except (TypeError, ValueError) as error:
        raise blame(error, op.name, ("x", "y"), (x, y)) from None


@overload
def clip(x: float, low: float | None = None, high: float | None = None) -> float: ...
@overload
def clip(x: Value | float, low: Value | float | None = None, high: Value | float | None = None) -> Value: ...
def clip(x: Value | float, low: Value | float | None = None, high: Value | float | None = None) -> Value | float:
    """Return x, but no less than `low` and no more than `high`; None is no bound.

    Where x reaches a bound that is a number its gradient is 0, as for `maximum`. Where low > high, it is high.

    >>> [clip(x, -1.0, 1.0) for x in (-3.0, 0.5, 3.0)]
    [-1.0, 0.5, 1.0]
    """
    if low is None and high is None:
        raise TypeError("clip(x, low, high) takes a lower bound, an upper bound or both, got neither")
    try:
        bounded = x if low is None else maximum(x, low)
        return bounded if high is None else minimum(bounded, high)
    except (TypeError, ValueError) as error:
        bounds = {"low": low, "high": high}
        given = {"x": x} | {name: bound for name, bound in bounds.items() if bound is not None}
        raise blame(error, "clip", tuple(given), tuple(given.values())) from None


@overload
def where(condition: Value, a: Value | float, b: Value | float) -> Value: ...
@overload
def where(condition: object, a: float, b: float) -> float: ...
@overload
def where(condition: object, a: Value | float, b: Value | float) -> Value: ...
def where(condition: object, a: Value | float, b: Value | float) -> Value | float:
    """Return `a` if the condition holds, else `b`. The branch not taken gets no gradient, whatever its partials.

    The condition is a comparison, a bool or a number, which holds unless it is 0.

    >>> x = Value(0.0)
    >>> where(x > 0, x.log(), 5.0 * x).backward()
    >>> x.grad
    5.0
    """
    recorded: Any = getattr(condition, "recorded", condition)  # of a comparison in a function that is traced
    try:
        result: Value | float = ops.where(recorded if hasattr(recorded, "__autograd_op__") else truth(recorded), a, b)
    except (TypeError, ValueError) as error:
        raise blame(error, "where", ("a", "b"), (a, b)) from None
    return result


def truth(condition: Any) -> float:
    """Return 1 or 0 for a bool or a number, also one of NumPy."""
    if getattr(condition, "shape", None) == ():
        condition = condition.item()
    if not isinstance(condition, Real):
        raise TypeError(
            f"where(condition, a, b) takes a comparison, a bool or a number as condition, got {brief_repr(condition)}; "
            "for a list of conditions, call where for each"
        )
    return 1.0 if condition else 0.0


@overload
def leaky_relu(x: float, slope: float = 0.01) -> float: ...
@overload
def leaky_relu(x: Value | float, slope: Value | float = 0.01) -> Value: ...
def leaky_relu(x: Value | float, slope: Value | float = 0.01) -> Value | float:
    """Return x where it is positive, else slope * x."""
    return ops.leaky_relu(x, slope)


@overload
def elu(x: float, alpha: float = 1.0) -> float: ...
@overload
def elu(x: Value | float, alpha: Value | float = 1.0) -> Value: ...
def elu(x: Value | float, alpha: Value | float = 1.0) -> Value | float:
    """Return x where it is positive, else alpha * (exp(x) - 1).

    Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units",
    2016.
    """
    return ops.elu(x, alpha)


@overload
def sum(xs: Iterable[float]) -> float: ...
@overload
def sum(xs: Iterable[Value | float]) -> Value: ...
@of_list
def sum(xs: Iterable[Value | float]) -> Value | float:
    """Return the sum of any number of terms, added from left to right, in one node.

    The built-in `sum` works too, with a node a term.

    >>> sum([1.0, 2.0, 3.5])
    6.5
    """
    return ops.sum(*xs)


@overload
def mean(xs: Iterable[float]) -> float: ...
@overload
def mean(xs: Iterable[Value | float]) -> Value: ...
@of_list
def mean(xs: list[Value | float]) -> Value | float:
    """Return the sum of numbers, divided by how many there are.

    >>> mean([1.0, 2.0, 4.5])
    2.5
    """
    if not xs:
        raise ValueError("mean(xs) takes at least one number, got an empty list")
    return ops.divide(ops.sum(*xs), float(len(xs)))


@overload
def prod(xs: Iterable[float]) -> float: ...
@overload
def prod(xs: Iterable[Value | float]) -> Value: ...
@of_list
def prod(xs: list[Value | float]) -> Value | float:
    """Return the product of numbers, multiplied from left to right; 1 if there are none.

    The derivative with respect to each is the product of the others, also where some of them are 0.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    factors: list[Any] = xs if len(xs) > 1 else [1.0, *xs]  # at least one product, which makes a float of an int
    return reduce(ops.multiply, factors)  # type: ignore[no-any-return]


@overload
def dot(weights: Iterable[float], xs: Iterable[float], bias: float | None = None) -> float: ...
@overload
def dot(weights: Iterable[Value | float], xs: Iterable[Value | float], bias: Value | float | None = None) -> Value: ...
def dot(
    weights: Iterable[Value | float], xs: Iterable[Value | float], bias: Value | float | None = None
) -> Value | float:
    """Return the net input of a neuron: the sum of weight * x, plus the bias, in one node.

    Its partials are the xs, the weights and 1. The products are added from left to right and the bias last.

    >>> weights = [Value(0.3), Value(-0.2)]
    >>> dot(weights, [1.0, 0.5])
    Value(data=0.19999999999999998, grad=0.0, op='dot')
    """
    call = "dot(weights, xs)"
    weights = as_terms(call, "weights", weights)
    xs = as_terms(call, "xs", xs)
    if len(weights) != len(xs):
        raise ValueError(f"{call}: expected as many weights as xs, got {len(weights)} weights and {len(xs)} xs")
    operands: tuple[Any, ...] = (*weights, *xs, *(() if bias is None else (bias,)))
    try:
        return ops.dot(*operands)  # type: ignore[no-any-return]
    except (TypeError, ValueError) as error:
        names = [f"{name}[{k}]" for name, terms in (("weights", weights), ("xs", xs)) for k in range(len(terms))]
        raise blame(error, "dot", [*names, "bias"][: len(operands)], operands) from None


def net_input(
    weights: list[Value], xs: tuple[Value, ...], data: list[float], bias: Value, label: str, constant: bool
) -> Value:
    """Record a neuron's weighted sum without checking its operands.

    It records what `dot(weights, xs, bias)` does. A layer calls it, after it has checked the xs once: `data` are their
    numbers, and `constant` says that they are all constants.
    """
    w = [weight._data for weight in weights]
    partials = (*data, *([None] * len(w) if constant else w), 1.0)
    node = new_node(
        add_in_order(map(mul, w, data)) + bias._data, ops.dot, (*weights, *xs, bias), partials, _label=label
    )
    return notify(node) if record_observers else node


@overload
def logsumexp(xs: Iterable[float]) -> float: ...
@overload
def logsumexp(xs: Iterable[Value | float]) -> Value: ...
@of_list
def logsumexp(xs: Iterable[Value | float]) -> Value | float:
    """Return log(sum of exp(x)) in one node, without overflow; its partials are the softmax."""
    return ops.logsumexp(*xs)


@overload
def log_softmax(xs: Iterable[float]) -> list[float]: ...
@overload
def log_softmax(xs: Iterable[Value | float]) -> list[Value]: ...
@of_list
def log_softmax(xs: list[Value | float]) -> list[Any]:
    """Return the logarithms of the softmax of xs, without overflow.

    The largest x is subtracted first, so that large xs keep the digits in which they differ. It cancels, so no
    gradient flows through it.

    >>> log_softmax([1e308, 1e308])
    [-0.6931471805599453, -0.6931471805599453]
    """
    shifted = subtract_largest(xs)
    whole = logsumexp(shifted)
    return [x - whole for x in shifted]


@overload
def softmax(xs: Iterable[float]) -> list[float]: ...
@overload
def softmax(xs: Iterable[Value | float]) -> list[Value]: ...
@of_list
def softmax(xs: list[Value | float]) -> list[Any]:
    """Return exp(x) / sum of exp(x) for each x, without overflow."""
    exps = [ops.exp(x) for x in subtract_largest(xs)]
    whole = ops.sum(*exps)
    return [x / whole for x in exps]


def subtract_largest(xs: list[Value | float]) -> list[Any]:
    """Subtract the largest of some numbers from each; no gradient flows through it."""
    if not xs:
        return []
    numbers = [x if hasattr(x, "__autograd_op__") else as_float(x) for x in xs]  # NumPy's float32 would stay so
    peak = ops.detach(reduce(ops.maximum, numbers))
    return [x - peak for x in numbers]
