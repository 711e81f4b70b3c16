"""The local derivatives that need more than a line of the rule table.

Each takes the result of an op and its inputs, floats or `Value`s or symbols alike. The table names these functions, and
they name its rows: `rows.log` is the row "log", which is there by the time a rule is called.

Conditions are written so that they hold for symbols too, which have no `==` and no `math.isfinite`: `abs(x) < inf` says
that x is finite, `abs(x) <= 0.0` that it is 0, and neither holds for nan. `x + 0.0` treats -0.0 as 0.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from autograd import ieee
from autograd.ieee import SPLIT, SQRT_HALF, SQRT_TWO_PI, inf, nan
from autograd.op import rows


def select(condition: Any, a: Any, b: Any) -> Any:
    """Return a where the condition holds, else b: numbers, None or `Value`s, or symbols while a rule is compiled."""
    if isinstance(condition, bool | float):
        taken, other = (a, b) if condition else (b, a)
        if taken is None or (isinstance(taken, float) and isinstance(other, float | None)):
            return taken
        condition = 1.0 if condition else 0.0
    if not hasattr(condition, "builder"):  # only a symbol, which has one, selects None: a `Value` holds a number
        a, b = (0.0 if branch is None else branch for branch in (a, b))
    return rows.where(condition, a, b)


def quotient(a: Any, b: Any) -> Any:
    """Return a / b, also for floats and b = 0, where Python would raise."""
    return ieee.divide(a, b) if isinstance(a, float) and isinstance(b, float) else a / b


def rounding_error(a: Any, b: Any) -> Any:
    """Return the rounding error of a - b (Knuth's two-sum), or 0 if it is not finite. It is treated as a constant."""
    difference = a - b
    back = difference - a
    error = (a - (difference - back)) - (b + back)
    finite = select(abs(error) < inf, error, 0.0)
    return finite if isinstance(finite, float) else rows.detach(finite)


def power_partials(z: Any, x: Any, n: Any) -> Sequence[Any]:
    """Return n * x**(n - 1) and x**n * log(x).

    Where these are 0 * inf, the first is 0 for n = 0, and the second is 0 at x = 0 for n >= 0.
    """
    steepness = rows.power(x, n - 1.0) * exponent_correction(x, rounding_error(n, 1.0))
    slope = n * steepness
    flat = select(abs(steepness) < inf, slope, 0.0)  # where 0 * inf is 0, since x**0 is 1 at 0 too
    base = select(n < 0.0, select(n > -1.0, quotient(n * z, x + 0.0), slope), select(n <= 0.0, flat, slope))
    at_zero = select(n >= 0.0, 0.0, z * rows.log(x))
    return base, select(abs(x) <= 0.0, at_zero, z * rows.log(x))


def constant_power_partials(z: Any, x: Any, n: float) -> Sequence[Any]:
    """Return n * x**(n - 1), and no gradient for the constant."""
    if -1.0 < n <= 0.0:  # x**(n - 1) may overflow where n * x**n / x does not
        return (quotient(n * z, x + 0.0) if n else 0.0), None
    slope, error = n * rows.constant_power(x, n - 1.0), rounding_error(n, 1.0)
    return (slope * exponent_correction(x, error) if error else slope), None


def exponent_correction(x: Any, error: Any) -> Any:
    """Return x**error for the rounding error of an exponent, to first order: 1 + error * log(x)."""
    logarithm = rows.detach(rows.log(x))
    return 1.0 + select(abs(logarithm) < inf, error * logarithm, 0.0)


def reciprocal(x: Any, scale: float) -> Any:
    """Return scale / x, the slope of a logarithm: nan below 0, in all derivatives, and the same at -0.0 as at 0.0."""
    return select(x < 0.0, nan * x, quotient(scale, x + 0.0))


def maximum_partial(x: Any, y: Any) -> Any:
    """Return d maximum(x, y) / dx: 1, or none, or 1/2 at a tie, or nan for a nan."""
    return select(x > y, 1.0, select(x < y, None, select(x <= y, 0.5, nan)))


def relu_partial(x: Any, low: Any) -> Any:
    """Return d maximum(x, low) / dx for a constant: 1 where x > low, else none, so that relu'(0) is 0."""
    if isinstance(x, float) and isinstance(low, float):
        return 1.0 if x > low else None if x <= low else nan
    return select(x > low, 1.0, select(x <= low, None, nan))


def direction(x: Any, y: Any, r: Any) -> Any:
    """Return x / hypot(x, y): 0 at the origin, as the slope of |x|, and sign(x) where x alone is infinite."""
    endless = select(abs(y) < inf, rows.sign(x), nan)
    return select(r <= 0.0, 0.0, select(abs(x) < inf, quotient(x, r), endless))


def hypot_partials(r: Any, x: Any, y: Any) -> Sequence[Any]:
    return direction(x, y, r), direction(y, x, r)


def arctan2_partials(angle: Any, y: Any, x: Any) -> Sequence[Any]:
    r = rows.hypot(x, y)
    return quotient(direction(x, y, r), r), quotient(-direction(y, x, r), r)


def one_minus_square(x: Any) -> Any:
    """Return 1 - x**2, factored where x is near 1 to avoid cancellation.

    Not at x = 1, where the derivative of the product would be inf - inf in second derivatives.
    """
    near = select(abs(x) < 0.5, 0.0, select(abs(x) >= 1.0, 0.0, 1.0))
    return select(near, (1.0 - x) * (1.0 + x), 1.0 - x * x)


def arctanh_partials(z: Any, x: Any) -> Sequence[Any]:
    return (select(abs(x) > 1.0, nan * x, quotient(1.0, one_minus_square(x))),)


def leaky_relu_partials(z: Any, x: Any, slope: Any) -> Sequence[Any]:
    return select(x > 0.0, 1.0, slope), select(x > 0.0, None, x)


def where_partials(z: Any, condition: Any, a: Any, b: Any) -> Sequence[Any]:
    return None, select(condition, 1.0, None), select(condition, None, 1.0)


def elu_partials(z: Any, x: Any, alpha: Any) -> Sequence[Any]:
    return select(x > 0.0, 1.0, alpha * rows.exp(x)), select(x > 0.0, None, rows.expm1(x))


def silu_partials(z: Any, x: Any) -> Sequence[Any]:
    finite = select(abs(x) >= inf, 0.0, x)  # the slope of sigmoid is 0 there, and inf * 0 would be nan
    return (rows.sigmoid(x) + finite * rows.sigmoid_slope(x),)


def gelu_partials(z: Any, x: Any) -> Sequence[Any]:
    finite = select(abs(x) >= inf, 0.0, x)  # the density is 0 there, and inf * 0 would be nan
    return (0.5 * rows.erfc(-SQRT_HALF * x) + finite * gaussian(x, 0.5) / SQRT_TWO_PI,)


def gaussian(x: Any, scale: float) -> Any:
    """Return exp(-scale * x**2) for a scale of at least 1/2, with x = head + tail, so that head**2 is exact.

    The rounding of x * x would be magnified. From |x| = 64 on, the result is 0.
    """
    head = rows.detach((x + SPLIT) - SPLIT)
    split = rows.exp(-scale * head * head) * rows.exp(-scale * (x - head) * (x + head))
    return select(abs(x) >= 64.0, 0.0, split)


def dot_partials(z: Any, *inputs: Any) -> Sequence[Any]:
    n = len(inputs) // 2
    return (*inputs[n : 2 * n], *inputs[:n], *(1.0,) * (len(inputs) % 2))


def logsumexp_partials(z: Any, *xs: Any) -> Sequence[Any]:
    """The softmax. The shift by the largest x avoids overflow; it cancels, so no gradient flows through it.

    Infinite xs share the slope among them, and -inf alone has none.
    """
    shift = rows.detach(reduce(rows.maximum, xs))
    infinite = abs(shift) >= inf
    exponentials = [
        select(infinite, select(x >= shift, 1.0, 0.0), rows.exp(x - shift) * (1.0 + rounding_error(x, shift)))
        for x in xs
    ]
    whole = rows.sum(*exponentials)
    return [select(shift <= -inf, 0.0, e / whole) for e in exponentials]
