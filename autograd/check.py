"""`check_grads`, which compares derivatives with differences."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd.arguments import apply, as_list, as_point, check_function
from autograd.differences import difference
from autograd.jacobians import jacobian, over_results
from autograd.ops import as_float
from autograd.value import Value

NAMES: Final = ["derivative", "second derivative", "third derivative"]


def check_grads(
    f: Callable[..., Any],
    xs: Sequence[Value | float] | Value | float,
    order: int = 2,
    tolerance: float = 1e-7,
    *,
    gradient: Callable[..., Sequence[Any]] | None = None,
) -> None:
    """Compare derivatives of `f(*values)` at the numbers xs with central differences.

    Args:
        f: a function of `Value`s that returns a `Value`, or a list, tuple or array of them.
        xs: the point, a number for each argument of f; of a `Value` the data counts.
        order: 1 checks first derivatives, 2 the second ones too, and so on.
        tolerance: how far the two may differ, relative, on top of what the differences are uncertain by.
        gradient: a gradient written by hand, to be checked in place of the engine's: `gradient(*values)` returns the
            partial derivatives of f, one for each argument, as numbers or `Value`s. It is checked to first order.

    Raises:
        AssertionError: where a derivative and the differences disagree, or where f has a kink or a jump at xs, so that
            it has no derivative there; the message names the input and both numbers.
        TypeError, ValueError: for what is no function, no point, or no gradient of as many numbers.

    Where the differences settle on no number, as for a function that oscillates faster than any step, there is no
    verdict, and a RuntimeWarning says so.

    >>> check_grads(lambda x, y: (x * y).tanh(), [0.3, 0.7])
    >>> check_grads(lambda x: x**3, [2.0], gradient=lambda x: [3 * x**2])
    """
    call = "check_grads(f, xs)"
    check_function(call, f)
    if not isinstance(order, int) or isinstance(order, bool) or order < 1:
        raise TypeError(
            f"check_grads(order): expected a whole number from 1 on, got {type(order).__name__} {order!r:.60}"
            + ("; pass a gradient written by hand as gradient=" if callable(order) else "")
        )
    point = [as_float(x.data if isinstance(x, Value) else x) for x in as_point(call, xs)]
    if not all(map(math.isfinite, point)):
        raise ValueError(f"{call}: xs must be finite numbers, since differences look to both sides, got {point!r:.60}")

    def results(*values: Value) -> Any:
        return over_results(call, apply(call, f, values), lambda result: result)

    if gradient is not None:
        check_by_hand(results, point, tolerance, gradient)
    else:
        check_orders(results, point, [*NAMES[:order], *[f"derivative {n}" for n in range(4, order + 1)]], tolerance)


def check_orders(f: Callable[..., Any], xs: Sequence[float], names: Sequence[str], tolerance: float) -> None:
    """Compare the engine's derivatives of f with differences, an order for each name."""
    output = f(*map(Value, xs))
    if isinstance(output, list):
        for k in range(len(output)):
            check_orders(component(f, k), xs, names, tolerance)
        return
    compare(f, xs, jacobian(f, xs), tolerance, "the engine says", names[0])
    if names[1:] and isinstance(output, Value):
        check_orders(lambda *values: jacobian(f, values), xs, names[1:], tolerance)


def check_by_hand(
    f: Callable[..., Any], xs: Sequence[float], tolerance: float, gradient: Callable[..., Sequence[Any]]
) -> None:
    """Compare a gradient written by hand with differences of f."""
    call = "check_grads(gradient=...)"
    check_function(call, gradient, "gradient")
    slopes = as_list(call, "results", apply(call, gradient, [Value(x) for x in xs]), "partial derivatives")
    if len(slopes) != len(xs):
        raise ValueError(f"{call}: expected {len(xs)} partial derivatives, one for each input, got {len(slopes)}")
    analytic = [slope.data if isinstance(slope, Value) else as_float(slope) for slope in slopes]
    compare(f, xs, analytic, tolerance, "your gradient says")


def compare(
    f: Callable[..., Any],
    xs: Sequence[float],
    analytic: Sequence[float],
    tolerance: float,
    who: str,
    name: str = NAMES[0],
) -> None:
    """Raise AssertionError where a derivative is not what differences of f say."""
    for k, slope in enumerate(analytic):
        numeric, uncertainty, kink, settled = difference(f, xs, k)
        allowed = tolerance * max(abs(slope), abs(numeric)) + uncertainty
        where = f"{name} with respect to input {k}, at {xs[k]!r}"
        if kink:
            before = "f" if name == NAMES[0] else "the derivative before it"
            raise AssertionError(f"{where}: {before} has a kink or a jump there, and so no derivative; {who} {slope!r}")
        if not settled and not math.isnan(slope):
            warnings.warn(
                f"check_grads has no verdict on the {where}: {who} {slope!r}, but differences settle on no number (the "
                f"best is {numeric!r}, give or take {uncertainty:.1e}); try a point where f is less steep",
                RuntimeWarning,
                stacklevel=3,
            )
            continue
        if not abs(slope - numeric) <= allowed:
            said = f"differences say {numeric!r}; they may differ by {allowed:.1e}"
            raise AssertionError(f"{where}: {who} {slope!r}, {said if settled else 'differences settle on no number'}")


def component(f: Callable[..., Any], k: int) -> Callable[..., Any]:
    return lambda *values: f(*values)[k]
