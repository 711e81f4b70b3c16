"""`jacobian` and `hessian`: matrices of derivatives of a function at a point."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from numbers import Real
from operator import mul
from typing import Any, Final

from autograd.arguments import apply, as_point, brief_repr, check_function, check_recording
from autograd.derivatives import grad, plain_gradients, recorded_gradients
from autograd.graph import computed_order, topological_order
from autograd.value import Value


class Active(threading.local):
    """The variables of this thread's calls of `jacobian` and `hessian` that have not returned yet."""

    def __init__(self) -> None:
        self.variables: list[Value] = []


active: Final = Active()


def jacobian(f: Callable[..., Any], xs: Sequence[Value | float] | Value | float) -> list[Any]:
    """Return the derivatives of `f(*values)` at xs.

    Args:
        f: a function of `Value`s that returns a `Value`, or a list, tuple or array of them, nested to any depth. A
            number among its results counts as a constant.
        xs: the point, a number for each argument of f.

    Returns:
        For one `Value` the list of its derivatives, one for each x; for a list of results a list with those of each,
        and so on. They are floats, which no derivative goes through, unless xs contains `Value`s or f depends on the
        variables of another `jacobian` or `hessian` around this one: then they are `Value`s.

    Raises:
        TypeError: for a result that is no number, `Value`, list or array, such as that of a function without `return`.

    >>> jacobian(lambda x, y: [x * y, x + y], [2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    >>> jacobian(lambda x: jacobian(lambda y: y**3 * x, [2.0]), [3.0])
    [[12.0]]
    """
    call = "jacobian(f, xs)"
    check_function(call, f)
    check_recording(call)
    point = as_point(call, xs)
    with variables(point) as values:
        outputs = apply(call, f, values)

    def slopes(output: Value | float) -> list[Any]:
        if not isinstance(output, Value):
            return [0.0] * len(values)
        return grad(output, values, create_graph=differentiable(point, output))

    return over_results(call, outputs, slopes)  # type: ignore[no-any-return]


def over_results(call: str, outputs: Any, derive: Callable[[Value | float], Any]) -> Any:
    """Apply `derive` to each `Value` or number that a function returned, and return lists of that shape."""
    if isinstance(outputs, Value | Real):
        return derive(outputs)  # type: ignore[arg-type]
    if isinstance(outputs, list | tuple):
        return [over_results(call, output, derive) for output in outputs]
    if hasattr(outputs, "tolist"):  # an array
        return over_results(call, outputs.tolist(), derive)
    hint = ": is a `return` missing?" if outputs is None else ""
    raise TypeError(
        f"{call}: f must return Values or numbers, or lists or arrays of them, got {brief_repr(outputs)}{hint}"
    )


def hessian(f: Callable[..., Any], xs: Sequence[Value | float] | Value | float) -> list[list[Any]]:
    """Return the second derivatives of `f(*values)` at xs, as a square list of lists.

    Args:
        f: a function of `Value`s that returns one `Value`; one that returns a number is constant.
        xs: the point, a number for each argument of f. `Value`s among them make the results `Value`s, as in `jacobian`.

    >>> hessian(lambda x, y: x**2 * y, [2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    call = "hessian(f, xs)"
    check_function(call, f)
    check_recording(call)
    point = as_point(call, xs)
    with variables(point) as values:
        output = apply(call, f, values)
    if not isinstance(output, Value):
        if isinstance(output, Real):
            return [[0.0] * len(values) for _ in values]
        hint = ": is a `return` missing?" if output is None else "; take the hessian of one result at a time"
        raise TypeError(f"{call}: f must return one Value, got {brief_repr(output)}{hint}")
    if differentiable(point, output):
        slopes = grad(output, values, create_graph=True)
        return [grad(slope, values, create_graph=True) for slope in slopes]
    # Products by 1 are recorded too: each is a node with a sum of contributions of its own, as in compiled code.
    slopes = recorded_gradients(output, computed_order([output]), values, multiply=mul)
    return [plain_gradients(slope, computed_order([slope]), values) for slope in slopes]


@contextmanager
def variables(point: Sequence[Value | float]) -> Iterator[list[Value]]:
    """Make the variables of a function at a point, which are active until the function has returned.

    In place of a `Value` stands a new node computed from it: f may also depend on that `Value` in other ways.
    """
    values = [1.0 * x if isinstance(x, Value) else Value(x) for x in point]
    outer = active.variables
    active.variables = [*outer, *values]
    try:
        yield values
    finally:
        active.variables = outer


def differentiable(point: Sequence[Value | float], output: Value) -> bool:
    """Return whether the derivatives will be differentiated: by an outer jacobian, or a `Value` at the point."""
    if any(isinstance(x, Value) for x in point):
        return True
    return bool(active.variables) and not {*active.variables}.isdisjoint(topological_order(output))
