"""The truth that the proofs compare with: each op, its first and its second derivatives, in MPFR at 72 digits.

MPFR rounds every function correctly, so that a formula of a few of them, without cancellation, is right to 70 digits.
The formulas are those of Abramowitz and Stegun, "Handbook of Mathematical Functions", chapters 3, 4 and 7, written
without a look at `autograd/ops.py`. They are held to differences of the definitions themselves, which
`oracle.py` takes in mpmath at 150 digits (see `derivatives.py`), so that a slip here cannot excuse one there.

A row takes MPFR numbers and gives the value, the first derivatives, and those of the second, (j, k) with j <= k, that
are not 0 everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gmpy2
from gmpy2 import cosh, erfc, exp, expm1, log, log1p, mpfr, sinh, sqrt, tan, tanh
from oracle import TRUTH, first, mp, second

PRECISION = 240  # bits
gmpy2.get_context().precision = PRECISION
ONE, ZERO = mpfr(1), mpfr(0)
PI, LN2, LN10 = gmpy2.const_pi(), gmpy2.const_log2(), gmpy2.log(mpfr(10))
ROOT_TWO, ROOT_PI = sqrt(mpfr(2)), sqrt(PI)
FAR = 14  # from where on `complement` sums a series
SMALLEST = mpfr(2) ** -(PRECISION + 8)


def precise(x: float) -> Any:
    """Give a float as an MPFR number: a product with 1, which is exact, is ten times faster than the constructor."""
    return ONE * x


Row = tuple[Any, Sequence[Any], dict[tuple[int, int], Any]]


def straight(value: Any, *slopes: Any) -> Row:
    """A row without second derivatives."""
    return value, slopes, {}


def curve(value: Any, slope: Any, curvature: Any) -> Row:
    """A row of one input."""
    return value, (slope,), {(0, 0): curvature}


def divide(x: Any, z: Any) -> Row:
    y, w = x / z, 1 / z
    return y, (w, -y * w), {(0, 1): -w * w, (1, 1): 2 * y * w * w}


def constant_power(x: Any, n: Any) -> Row:
    y = x**n
    slope = n * y / x
    return y, (slope, ZERO), {(0, 0): (n - 1) * slope / x}


def power(x: Any, n: Any) -> Row:
    y, (slope, _), curvature = constant_power(x, n)
    steep = log(x)
    return y, (slope, y * steep), curvature | {(0, 1): y / x + slope * steep, (1, 1): y * steep * steep}


def logarithm(x: Any, base: Any) -> Row:
    w = 1 / (x * base)
    return log(x) / base, (w,), {(0, 0): -w / x}


def hypot(x: Any, z: Any) -> Row:
    r = gmpy2.hypot(x, z)
    a, b = (x / r, z / r) if r else (ZERO, ZERO)  # by convention, as the slope of |x|
    return r, (a, b), {(0, 0): b * b / r, (0, 1): -a * b / r, (1, 1): a * a / r}


def arctan2(y: Any, x: Any) -> Row:
    r = gmpy2.hypot(x, y)
    c, s = x / r, y / r
    twist = 2 * c * s / (r * r)
    across = (y - x) * (y + x) / r / r / r / r
    return gmpy2.atan2(y, x), (c / r, -s / r), {(0, 0): -twist, (0, 1): across, (1, 1): twist}


def tangent(x: Any) -> Row:
    y = tan(x)
    slope = 1 + y * y
    return y, (slope,), {(0, 0): 2 * y * slope}


def root_of_unit(x: Any) -> tuple[Any, Any]:
    """1 / sqrt(1 - x * x), and its derivative."""
    w = 1 / sqrt((1 - x) * (1 + x))
    return w, x * w * w * w


def arccos(x: Any) -> Row:
    slope, curvature = root_of_unit(x)
    return curve(gmpy2.acos(x), -slope, -curvature)


def arctan(x: Any) -> Row:
    slope = 1 / (1 + x * x)
    return curve(gmpy2.atan(x), slope, -2 * x * slope * slope)


def hyperbolic_tangent(x: Any) -> Row:
    y, w = tanh(x), 1 / cosh(x)
    return curve(y, w * w, -2 * y * w * w)


def arcsinh(x: Any) -> Row:
    w = 1 / sqrt(1 + x * x)
    return curve(gmpy2.asinh(x), w, -x * w * w * w)


def arccosh(x: Any) -> Row:
    w = 1 / sqrt((x - 1) * (x + 1))
    return curve(gmpy2.acosh(x), w, -x * w * w * w)


def arctanh(x: Any) -> Row:
    slope = 1 / ((1 - x) * (1 + x))
    return curve(gmpy2.atanh(x), slope, 2 * x * slope * slope)


def logistic(x: Any) -> Row:
    e = exp(-abs(x))
    slope = e / (1 + e) ** 2
    return curve((1 if x >= 0 else e) / (1 + e), slope, -slope * tanh(x / 2))


def logistic_slope(x: Any) -> Row:
    """The second derivative of s' is s' * (1 - 6 s'), and 1 - 6 s' is (1 + e * (e - 4)) / (1 + e)^2."""
    _, (slope,), seconds = logistic(x)
    e = exp(-abs(x))
    return curve(slope, seconds[0, 0], slope * (1 + e * (e - 4)) / (1 + e) ** 2)


def softplus(x: Any) -> Row:
    y, (slope,), _ = logistic(x)
    return curve(log1p(exp(-abs(x))) + max(x, ZERO), y, slope)


def log_sigmoid(x: Any) -> Row:
    y, (slope,), _ = logistic(-x)
    return curve(min(x, ZERO) - log1p(exp(-abs(x))), y, -slope)


def silu(x: Any) -> Row:
    y, (slope,), seconds = logistic(x)
    return curve(x * y, y + x * slope, 2 * slope + x * seconds[0, 0])


def complement(x: Any) -> Any:
    """erfc; far out by its asymptotic series, equation 7.1.23, for which MPFR takes up to fifty times as long.

    Its error is less than its least term, exp(-x * x).
    """
    if x < FAR:
        return erfc(x)
    square = 2 * x * x
    term = whole = ONE
    odd = 1
    while abs(term) > SMALLEST:
        term *= -odd / square
        whole += term
        odd += 2
    return exp(-x * x) / (x * ROOT_PI) * whole


def gelu(x: Any) -> Row:
    below, density = complement(-x / ROOT_TWO) / 2, exp(-x * x / 2) / (ROOT_TWO * ROOT_PI)
    return curve(x * below, below + x * density, density * (2 - x * x))


def complementary_error(x: Any) -> Row:
    slope = -2 * exp(-x * x) / ROOT_PI
    return curve(complement(x), slope, -2 * x * slope)


def error_function(x: Any) -> Row:
    slope = 2 * exp(-x * x) / ROOT_PI
    return curve(gmpy2.erf(x), slope, -2 * x * slope)


def elu(x: Any, alpha: Any) -> Row:
    e = exp(x)
    return (
        straight(x, ONE, ZERO) if x > 0 else (alpha * expm1(x), (alpha * e, expm1(x)), {(0, 0): alpha * e, (0, 1): e})
    )


def leaky_relu(x: Any, slope: Any) -> Row:
    return straight(x, ONE, ZERO) if x > 0 else (slope * x, (slope, x), {(0, 1): ONE})


def larger(x: Any, z: Any) -> Row:
    return straight(x, ONE, ZERO) if x > z else straight(z, ZERO, ONE)


def smaller(x: Any, z: Any) -> Row:
    return straight(x, ONE, ZERO) if x < z else straight(z, ZERO, ONE)


def dot(*inputs: Any) -> Row:
    n, odd = divmod(len(inputs), 2)
    weights, xs = inputs[:n], inputs[n : 2 * n]
    value = gmpy2.fsum([w * x for w, x in zip(weights, xs, strict=True)]) + (inputs[-1] if odd else 0)
    return value, (*xs, *weights, *(ONE,) * odd), {(k, n + k): ONE for k in range(n)}


def logsumexp(*xs: Any) -> Row:
    """Its second derivatives are p_k * (sum of the other p) and -p_j * p_k, with p the softmax."""
    shift = max(xs)
    shares = [exp(x - shift) for x in xs]
    whole = gmpy2.fsum(shares)
    shares = [share / whole for share in shares]
    seconds = {(j, k): -p * q for k, q in enumerate(shares) for j, p in enumerate(shares[:k])}
    seconds |= {(k, k): p * gmpy2.fsum(shares[:k] + shares[k + 1 :]) for k, p in enumerate(shares)}
    return shift + log(whole), shares, seconds


def through(function: Callable[..., Any]) -> Callable[..., Row]:
    """A function whose value, slope and curvature are given by one function of its input."""
    return lambda x: curve(*function(x))


ROWS: dict[str, Callable[..., Row]] = {
    "add": lambda x, z: straight(x + z, ONE, ONE),
    "subtract": lambda x, z: straight(x - z, ONE, -ONE),
    "multiply": lambda x, z: (x * z, (z, x), {(0, 1): ONE}),
    "divide": divide,
    "negative": lambda x: straight(-x, -ONE),
    "sign": lambda x: straight(precise(gmpy2.sign(x)), ZERO),
    "absolute": lambda x: straight(abs(x), precise(gmpy2.sign(x))),
    "power": power,
    "constant_power": constant_power,
    "exp": through(lambda x: (exp(x),) * 3),
    "exp2": through(lambda x: (y := exp(x * LN2), LN2 * y, LN2 * LN2 * y)),
    "expm1": through(lambda x: (expm1(x), y := exp(x), y)),
    "log": lambda x: logarithm(x, ONE),
    "log2": lambda x: logarithm(x, LN2),
    "log10": lambda x: logarithm(x, LN10),
    "log1p": through(lambda x: (log1p(x), 1 / (1 + x), -1 / (1 + x) ** 2)),
    "sqrt": through(lambda x: (y := sqrt(x), 1 / (2 * y), -1 / (4 * x * y))),
    "hypot": hypot,
    "sin": through(lambda x: (y := gmpy2.sin(x), gmpy2.cos(x), -y)),
    "cos": through(lambda x: (y := gmpy2.cos(x), -gmpy2.sin(x), -y)),
    "tan": tangent,
    "arcsin": lambda x: curve(gmpy2.asin(x), *root_of_unit(x)),
    "arccos": arccos,
    "arctan": arctan,
    "arctan2": arctan2,
    "sinh": through(lambda x: (y := sinh(x), cosh(x), y)),
    "cosh": through(lambda x: (y := cosh(x), sinh(x), y)),
    "tanh": hyperbolic_tangent,
    "arcsinh": arcsinh,
    "arccosh": arccosh,
    "arctanh": arctanh,
    "sigmoid": logistic,
    "sigmoid_slope": logistic_slope,
    "softplus": softplus,
    "relu": lambda x: straight(x, ONE) if x > 0 else straight(ZERO, ZERO),
    "leaky_relu": leaky_relu,
    "elu": elu,
    "log_sigmoid": log_sigmoid,
    "silu": silu,
    "gelu": gelu,
    "erf": error_function,
    "erfc": complementary_error,
    "floor": lambda x: straight(gmpy2.floor(x), ZERO),
    "ceil": lambda x: straight(gmpy2.ceil(x), ZERO),
    "round": lambda x: straight(gmpy2.rint(x), ZERO),
    "maximum": larger,
    "minimum": smaller,
    "clamp_min": larger,
    "clamp_max": smaller,
    "where": lambda c, x, z: straight(x, ZERO, ONE, ZERO) if c else straight(z, ZERO, ZERO, ONE),
    "detach": lambda x: straight(x, ZERO),
    "sum": lambda *xs: straight(gmpy2.fsum(xs), *(ONE,) * len(xs)),
    "dot": dot,
    "logsumexp": logsumexp,
}


def by_differences(name: str) -> Callable[..., Row]:
    """Make the row of an op without formulas of its own: from its definition, by mpmath's differences."""

    def row(*xs: Any) -> Row:
        exact = [mp.mpf(str(x)) for x in xs]
        sizes = [max(abs(x), 1) for x in exact]  # the differences' steps suit inputs of at most 1
        units = [x / size for x, size in zip(exact, sizes, strict=True)]

        def scaled(*units: Any) -> Any:
            return TRUTH[name](*[unit * size for unit, size in zip(units, sizes, strict=True)])

        places = range(len(xs))
        slopes = [mpfr(str(first(scaled, units, k) / sizes[k])) for k in places]
        curvatures = {
            (j, k): mpfr(str(second(scaled, units, j, k) / sizes[j] / sizes[k])) for k in places for j in range(k + 1)
        }
        return mpfr(str(scaled(*units))), slopes, curvatures

    return row


ROWS |= {name: by_differences(name) for name in TRUTH if name not in ROWS}
