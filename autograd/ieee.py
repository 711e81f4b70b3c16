"""Functions on floats that follow IEEE 754 as NumPy does, and never raise: the forward column of the rule table.

Each returns the bits that libm and plain arithmetic return, so that compiled code can agree with it to the last one.
"""

from __future__ import annotations

import builtins
import math
import sys
from collections.abc import Callable, Iterable
from functools import reduce
from operator import add, mul
from typing import Final

inf: Final = math.inf
nan: Final = math.nan
LN2: Final = math.log(2.0)
LN10: Final = math.log(10.0)
SQRT_HALF: Final = math.sqrt(0.5)
SQRT_PI: Final = math.sqrt(math.pi)
SQRT_TWO_PI: Final = math.sqrt(2.0 * math.pi)
ALMOST_ZERO: Final = -1e3  # gelu and silu are 0 below it, also at -inf, where -inf * 0 would be nan
SPLIT: Final = 1.5 * 2.0**46  # adding it and taking it away rounds to a multiple of 1/64


def never_raising(
    function: Callable[[float], float], poles: dict[float, float] | None = None, even: bool = False
) -> Callable[[float], float]:
    """Make a function that returns inf where one of `math` overflows, and nan outside its domain.

    `poles` has its values at poles. An `even` function, such as cosh, overflows to inf on both sides.
    """
    values = poles or {}

    def forward(x: float) -> float:
        """Return the function's value, or in place of an error inf, the value at a pole, or nan."""
        try:
            return function(x)
        except OverflowError:
            return inf if even else math.copysign(inf, x)
        except ValueError:
            return values.get(x, nan)

    return forward


def rounding(function: Callable[[float], int]) -> Callable[[float], float]:
    """Make a function on floats of one that returns an int: infinity and nan stay, a zero has the sign of x."""

    def forward(x: float) -> float:
        """Return x rounded to a whole number, or x itself if it is not finite."""
        return math.copysign(float(function(x)), x) if math.isfinite(x) else x

    return forward


def divide(x: float, y: float) -> float:
    """Return x / y, also for y = 0, where Python would raise."""
    try:
        return x / y
    except ZeroDivisionError:
        if x == 0.0 or x != x:
            return nan
        return math.copysign(inf, x) * math.copysign(1.0, y)


def power(x: float, y: float) -> float:
    """Return C's pow(x, y): never a complex number, unlike Python's `**`. A square is x * x, the nearest float."""
    if y == 2.0:
        return x * x
    try:
        return math.pow(x, y)
    except OverflowError:
        return -inf if x < 0.0 and is_odd(y) else inf
    except ValueError:  # a negative base with a fraction as exponent, or zero to a negative power
        if x != 0.0:
            return nan
        return math.copysign(inf, x) if is_odd(y) else inf


def is_odd(y: float) -> bool:
    """Return whether y is an odd integer; fmod is exact, where % would round -0.9999999999999999 to 1."""
    return abs(math.fmod(y, 2.0)) == 1.0


def hypot(x: float, y: float) -> float:
    """Return libm's hypot, as compiled code does; `math.hypot` is CPython's own and differs in the last bit."""
    try:
        return abs(complex(x, y))
    except OverflowError:
        return inf


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x)), without overflow of exp."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def sigmoid_slope(x: float) -> float:
    """Return the derivative of `sigmoid`, e / (1 + e)**2 with e = exp(-|x|), since it is even."""
    e = math.exp(-abs(x))
    return e / (1.0 + e * (2.0 + e))


def relu(x: float) -> float:
    return 0.0 if x <= 0.0 else x


def sign(x: float) -> float:
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0 if x == 0.0 else nan


def maximum(x: float, y: float) -> float:
    return x if x >= y or x != x else y


def minimum(x: float, y: float) -> float:
    return x if x <= y or x != x else y


def softplus(x: float) -> float:
    """Return log(1 + exp(x)), without overflow."""
    return math.log1p(math.exp(-abs(x))) + (0.0 if x <= 0.0 else x)


def add_in_order(terms: Iterable[float]) -> float:
    """Add from left to right, as compiled code does; from Python 3.12 on, the built-in `sum` compensates rounding."""
    return builtins.sum(terms, 0.0) if sys.version_info < (3, 12) else reduce(add, terms, 0.0)


def sum(*xs: float) -> float:
    """Add the inputs from left to right."""
    return add_in_order(xs)


def dot(*inputs: float) -> float:
    """Return the sum of weight * x, from left to right, plus a bias: inputs are weights, as many xs, perhaps a bias."""
    n = len(inputs) // 2
    weighted = add_in_order(map(mul, inputs[:n], inputs[n : 2 * n]))
    return weighted + inputs[-1] if len(inputs) % 2 else weighted


def logsumexp(*xs: float) -> float:
    """Return log(sum of exp(x)), shifted by the largest x so that no exp overflows."""
    shift = reduce(maximum, xs, -inf)
    if not math.isfinite(shift):
        return shift
    return shift + math.log(sum(*[math.exp(x - shift) for x in xs]))


def leaky_relu(x: float, slope: float) -> float:
    return x if x > 0.0 else slope * x


def elu(x: float, alpha: float) -> float:
    return x if x > 0.0 else alpha * expm1(x)


def log_sigmoid(x: float) -> float:
    """Return log(1 / (1 + exp(-x))), without overflow."""
    return minimum(x, 0.0) - math.log1p(math.exp(-abs(x)))


def silu(x: float) -> float:
    """Return x * sigmoid(x), with one exp, which never overflows."""
    x = maximum(x, ALMOST_ZERO)
    e = math.exp(-abs(x))
    return (x if x >= 0.0 else x * e) / (1.0 + e)


def gelu(x: float) -> float:
    return 0.5 * maximum(x, ALMOST_ZERO) * math.erfc(-SQRT_HALF * x)


exp = never_raising(math.exp)
exp2 = never_raising(math.exp2)
expm1 = never_raising(math.expm1)
log = never_raising(math.log, {0.0: -inf})
log2 = never_raising(math.log2, {0.0: -inf})
log10 = never_raising(math.log10, {0.0: -inf})
log1p = never_raising(math.log1p, {-1.0: -inf})
sqrt = never_raising(math.sqrt)
sin = never_raising(math.sin)
cos = never_raising(math.cos)
tan = never_raising(math.tan)
arcsin = never_raising(math.asin)
arccos = never_raising(math.acos)
arctan = never_raising(math.atan)
sinh = never_raising(math.sinh)
cosh = never_raising(math.cosh, even=True)
arccosh = never_raising(math.acosh)
arctanh = never_raising(math.atanh, {1.0: inf, -1.0: -inf})
floor = rounding(math.floor)
ceil = rounding(math.ceil)
round = rounding(builtins.round)  # halves to the even neighbour, as C's rint and NumPy
