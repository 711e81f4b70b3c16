"""The rule table: every primitive, its function on floats and its local derivatives.

A row holds all the calculus the engine knows about one primitive, and is the only place that knows it:

- `forward(*xs)` takes floats and gives a float. It follows IEEE 754 as NumPy does, and never raises:
  `log(0)` is -inf, `log(-1)` is nan, `exp(800)` is inf.
- `partials(y, *xs)` gives d y / d x for each input. It is written with operators that work on floats and on
  `Value`s alike, so one rule gives the numbers of a first derivative, the graph of a second, and the program that
  is compiled. A partial of None carries no gradient at all: a selecting op gives it to the branch it did not take, and
  every op gives it to a constant. Multiplying by 0.0 instead would turn an infinite gradient into nan.
- `domain` is where the tests sample the row: one (low, high) pair for each input.
- `ulps` bounds the error of its partials there, in units in the last place.

Calling a row applies it: to numbers it gives a float, to `Value`s a `Value` that remembers how it was made.

To add a primitive, add its row; CONTRIBUTING.md shows the two lines it takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, overload

import msgspec

from autograd import ieee
from autograd.ieee import LN2, LN10, SPLIT, SQRT_HALF, SQRT_PI, SQRT_TWO_PI, inf, nan

if TYPE_CHECKING:
    from autograd.value import Value


class Op(msgspec.Struct, frozen=True, eq=False):
    """One row of the rule table: a primitive, and everything the engine knows of its calculus."""

    name: str
    symbol: str
    forward: Callable[..., float]
    partials: Callable[..., Sequence[Any]]
    domain: tuple[tuple[float, float], ...] = ()
    ulps: float = 4.0  # how far its partials may be from the truth over the domain, in units in the last place

    @overload
    def __call__(self, *operands: float) -> float: ...  # type: ignore[overload-overlap]  # all floats, or not
    @overload
    def __call__(self, *operands: Value | float) -> Value: ...
    def __call__(self, *operands: Any) -> Any:
        """Apply the primitive: numbers give a float, and a `Value` among the operands gives a `Value`."""
        for operand in operands:
            if hasattr(operand, "partials"):
                return operand.record(self, *operands)
        return self.forward(*map(as_float, operands))

    def __reduce__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<op {self.name}>"


def as_float(x: object) -> float:
    """Give x as a float; TypeError for what is not one real number, ValueError for one beyond every float."""
    if type(x) is float:
        return x
    if isinstance(x, Real) and not isinstance(x, bool):
        try:
            return float(x)
        except OverflowError:
            raise ValueError("expected a number that a float can hold, got one beyond 1.8e308") from None
    raise TypeError(f"expected one real number, got {type(x).__name__} {x!r:.60}: pass an int, a float or a Value")


OPS: Final[dict[str, Op]] = {}


def row(
    name: str,
    symbol: str,
    forward: Callable[..., float],
    partials: Callable[..., Sequence[Any]],
    *domain: tuple[float, float],
    ulps: float = 4.0,
) -> Op:
    """Add one primitive to the table."""
    OPS[name] = Op(name, symbol, forward, partials, domain, ulps)
    return OPS[name]


# Local derivatives that need more than a line ------------------------------------------------------------------------


def select(condition: Any, a: Any, b: Any) -> Any:
    """`a` where the condition holds, else `b`: numbers, None or `Value`s, or symbols while a rule is compiled."""
    if isinstance(condition, bool | float):
        taken, other = (a, b) if condition else (b, a)
        if taken is None or (isinstance(taken, float) and isinstance(other, float | None)):
            return taken
        condition = 1.0 if condition else 0.0
    if not hasattr(condition, "builder"):  # a symbol knows what None means, a recorded `where` selects numbers
        a, b = (0.0 if branch is None else branch for branch in (a, b))
    return where(condition, a, b)


def quotient(x: Any, z: Any) -> Any:
    """x / z, which on floats would raise at zero."""
    return ieee.divide(x, z) if isinstance(x, float) and isinstance(z, float) else x / z


def rounding_error(a: Any, b: Any) -> Any:
    """What rounding took from a - b, by Knuth's two-sum; 0 where a - b is not finite. It has no derivative."""
    difference = a - b
    back = difference - a
    error = (a - (difference - back)) - (b + back)
    finite = select(abs(error) < inf, error, 0.0)
    return finite if isinstance(finite, float) else detach(finite)  # here, and not at a and b: a pass ends at it


def power_partials(y: Any, x: Any, n: Any) -> Sequence[Any]:
    """n * x**(n - 1) and x**n * log x, with 0 where x**0 is flat and where x is 0 but its power is not infinite."""
    steepness = power(x, n - 1.0) * exponent_correction(x, rounding_error(n, 1.0))
    slope = n * steepness
    flat = select(abs(steepness) < inf, slope, 0.0)  # 0 * inf is 0 here: x**0 is 1 at 0 too
    base = select(n < 0.0, select(n > -1.0, quotient(n * y, x + 0.0), slope), select(n <= 0.0, flat, slope))
    at_zero = select(n >= 0.0, 0.0, y * log(x))
    return base, select(abs(x) <= 0.0, at_zero, y * log(x))


def constant_power_partials(y: Any, x: Any, n: float) -> Sequence[Any]:
    """n * x**(n - 1), and nothing for the constant."""
    if -1.0 < n <= 0.0:  # by y / x: x**(n - 1) overflows next to 0 where n times it does not. At -0.0 as at 0.0
        return (quotient(n * y, x + 0.0) if n else 0.0), None
    slope, error = n * constant_power(x, n - 1.0), rounding_error(n, 1.0)
    return (slope * exponent_correction(x, error) if error else slope), None


def exponent_correction(x: Any, error: Any) -> Any:
    """x**error, for what rounding an exponent took: a factor so near 1 that two terms of its series are enough."""
    return 1.0 + select(x > 0.0, error * detach(log(x)), 0.0)  # or 0 * inf were nan where 1 / x overflows


def maximum_partial(x: Any, y: Any) -> Any:
    """d maximum(x, y) / dx: a tie is shared, and nan stays nan."""
    return select(x > y, 1.0, select(x < y, None, select(x <= y, 0.5, nan)))


def relu_partial(x: Any, low: Any) -> Any:
    """1 where x is above a constant, and nothing at or below it: relu'(0) is 0."""
    if isinstance(x, float) and isinstance(low, float):
        return 1.0 if x > low else None if x <= low else nan
    return select(x > low, 1.0, select(x <= low, None, nan))


def arctan2_partials(angle: Any, y: Any, x: Any) -> Sequence[Any]:
    r = hypot(x, y)
    return quotient(quotient(x, r), r), quotient(quotient(-y, r), r)


def one_minus_square(x: Any) -> Any:
    """1 - x * x: by its factors, or x near 1 would leave no digits; and whole, or x near 0 would leave its slope none."""
    return select(abs(x) < 0.5, 1.0 - x * x, (1.0 - x) * (1.0 + x))


def arctanh_partials(y: Any, x: Any) -> Sequence[Any]:
    return (select(abs(x) > 1.0, nan, quotient(1.0, one_minus_square(x))),)


def leaky_relu_partials(y: Any, x: Any, slope: Any) -> Sequence[Any]:
    return select(x > 0.0, 1.0, slope), select(x > 0.0, None, x)


def where_partials(y: Any, condition: Any, a: Any, b: Any) -> Sequence[Any]:
    return None, select(condition, 1.0, None), select(condition, None, 1.0)


def gelu_partials(y: Any, x: Any) -> Sequence[Any]:
    return (0.5 * erfc(-SQRT_HALF * x) + x * gaussian(x, 0.5) / SQRT_TWO_PI,)


def gaussian(x: Any, scale: float) -> Any:
    """exp(-scale * x * x), by x = head + tail: head**2 is exact, where the rounding of x * x would be magnified."""
    head = detach((x + SPLIT) - SPLIT)
    split = exp(-scale * head * head) * exp(-scale * (x - head) * (x + head))
    return select(abs(x) < 64.0, split, exp(-scale * x * x))


def dot_partials(y: Any, *inputs: Any) -> Sequence[Any]:
    n = len(inputs) // 2
    return (*inputs[n : 2 * n], *inputs[:n], *(1.0,) * (len(inputs) % 2))


def logsumexp_partials(y: Any, *xs: Any) -> Sequence[Any]:
    """The softmax. The shift is only there against overflow: it cancels, so no gradient flows through it."""
    shift = detach(reduce(maximum, xs))
    exponentials = [exp(x - shift) * (1.0 + rounding_error(x, shift)) for x in xs]
    whole = sum(*exponentials)
    return [e / whole for e in exponentials]


# The table -----------------------------------------------------------------------------------------------------------
# y is the result; x, or x and a second letter, are the inputs. Where a textbook rule loses digits, as 1 - y * y does for
# tanh, the row has the same derivative in a form that does not.
# fmt: off

cos: Op
cosh: Op
sigmoid: Op  # the type checker wants to know of rows that earlier rows mention
sigmoid_slope: Op

ANY  = (-1e3, 1e3)
SOME = (-30.0, 30.0)
UNIT = (-1.0, 1.0)
PLUS = (1e-9, 1e9)

add            = row("add",            "+",          lambda x, z: x + z,            lambda y, x, z: (1.0, 1.0),                                ANY, ANY)
subtract       = row("subtract",       "-",          lambda x, z: x - z,            lambda y, x, z: (1.0, -1.0),                               ANY, ANY)
multiply       = row("multiply",       "*",          lambda x, z: x * z,            lambda y, x, z: (z, x),                                    ANY, ANY)
divide         = row("divide",         "/",          ieee.divide,                 lambda y, x, z: (quotient(1.0, z), quotient(-y, z)),               ANY, PLUS)
negative       = row("negative",       "neg",        lambda x: -x,                  lambda y, x: (-1.0,),                                      ANY)
sign           = row("sign",           "sign",       ieee.sign,                   lambda y, x: (0.0,),                                       ANY)
absolute       = row("absolute",       "abs",        abs,                           lambda y, x: (sign(x),),                                   ANY)
power          = row("power",          "**",         ieee.power,                   power_partials,                                            (1e-3, 1e2), (-9.0, 9.0))
constant_power = row("constant_power", "**",         ieee.power,                   constant_power_partials,                                   (1e-3, 1e2), (-9.0, 9.0))

exp            = row("exp",            "exp",        ieee.exp,                      lambda y, x: (y,),                                         (-700.0, 700.0))
exp2           = row("exp2",           "exp2",       ieee.exp2,                     lambda y, x: (LN2 * y,),                                   (-1e3, 1e3))
expm1          = row("expm1",          "expm1",      ieee.expm1,                    lambda y, x: (exp(x),),                                    (-700.0, 700.0))
log            = row("log",            "log",        ieee.log,                      lambda y, x: (select(x < 0.0, nan, quotient(1.0, x)),),        PLUS)
log2           = row("log2",           "log2",       ieee.log2,                     lambda y, x: (select(x < 0.0, nan, quotient(1.0 / LN2, x)),),  PLUS)
log10          = row("log10",          "log10",      ieee.log10,                    lambda y, x: (select(x < 0.0, nan, quotient(1.0 / LN10, x)),), PLUS)
log1p          = row("log1p",          "log1p",      ieee.log1p,                    lambda y, x: (select(x < -1.0, nan, quotient(1.0, 1.0 + x)),), (-1.0, 1e9))
sqrt           = row("sqrt",           "sqrt",       ieee.sqrt,                     lambda y, x: (quotient(0.5, y),),                              PLUS)
hypot          = row("hypot",          "hypot",      ieee.hypot,                   lambda y, x, z: (quotient(x, y), quotient(z, y)),                  ANY, ANY)

sin            = row("sin",            "sin",        ieee.sin,                      lambda y, x: (cos(x),),                                    ANY)
cos            = row("cos",            "cos",        ieee.cos,                      lambda y, x: (-sin(x),),                                   ANY)
tan            = row("tan",            "tan",        ieee.tan,                      lambda y, x: (1.0 + y * y,),                               ANY)
arcsin         = row("arcsin",         "arcsin",     ieee.arcsin,                   lambda y, x: (quotient(1.0, sqrt(one_minus_square(x))),),              UNIT)
arccos         = row("arccos",         "arccos",     ieee.arccos,                   lambda y, x: (quotient(-1.0, sqrt(one_minus_square(x))),),             UNIT)
# 1 + x * x would overflow long before its inverse is 0.
arctan         = row("arctan",         "arctan",     ieee.arctan,                   lambda y, x: (1.0 / (r := hypot(1.0, x)) / r,),            ANY)
arctan2        = row("arctan2",        "arctan2",    math.atan2,                    arctan2_partials,                                          ANY, ANY)

sinh           = row("sinh",           "sinh",       ieee.sinh,                     lambda y, x: (cosh(x),),                                   (-700.0, 700.0))
cosh           = row("cosh",           "cosh",       ieee.cosh,                     lambda y, x: (sinh(x),),                                   (-700.0, 700.0))
tanh           = row("tanh",           "tanh",       math.tanh,                     lambda y, x: (4.0 * sigmoid_slope(2.0 * x),),              SOME)
arcsinh        = row("arcsinh",        "arcsinh",    math.asinh,                    lambda y, x: (1.0 / hypot(1.0, x),),                       ANY)
arccosh        = row("arccosh",        "arccosh",    ieee.arccosh,                  lambda y, x: (quotient(1.0, sqrt(x - 1.0) * sqrt(x + 1.0)),),  (1.0, 1e3))
arctanh        = row("arctanh",        "arctanh",    ieee.arctanh,                  arctanh_partials,                                          UNIT)

sigmoid        = row("sigmoid",        "sigmoid",    ieee.sigmoid,                 lambda y, x: (sigmoid_slope(x),),                          SOME)
# A row of its own, for y * (1 - y) has no digits left where y is near 1, and its derivative none where y is near 1/2.
sigmoid_slope  = row("sigmoid_slope",  "sigmoid'",   ieee.sigmoid_slope,           lambda y, x: (-y * tanh(0.5 * x),),                        SOME)
softplus       = row("softplus",       "softplus",   ieee.softplus,           lambda y, x: (sigmoid(x),),                                SOME)
relu           = row("relu",           "relu",       ieee.relu,                lambda y, x: (relu_partial(x, 0.0),),                        SOME)
leaky_relu     = row("leaky_relu",     "leaky relu", ieee.leaky_relu,          leaky_relu_partials,                                       SOME, UNIT)
# gelu' has a zero near -0.75, beside which its two terms cancel: 4 units of their magnitudes, not of the result. Its own
# value loses digits for x far below 0, where erfc magnifies the rounding of its argument. The domain ends before.
gelu           = row("gelu",           "gelu",       ieee.gelu,                     gelu_partials,                                             (-0.4, 8.0))
erfc           = row("erfc",           "erfc",       math.erfc,                     lambda y, x: (-2.0 / SQRT_PI * gaussian(x, 1.0),),             (-1.0, 1.0))

maximum        = row("maximum",        "max",        ieee.maximum,                   lambda y, x, z: (maximum_partial(x, z), maximum_partial(z, x)),  ANY, ANY)
minimum        = row("minimum",        "min",        ieee.minimum,                  lambda y, x, z: (maximum_partial(z, x), maximum_partial(x, z)),  ANY, ANY)
clamp_min      = row("clamp_min",      "max",        ieee.maximum,                   lambda y, x, low: (relu_partial(x, low), None),           ANY, ANY)
clamp_max      = row("clamp_max",      "min",        ieee.minimum,                  lambda y, x, high: (relu_partial(high, x), None),         ANY, ANY)
where          = row("where",          "where",      lambda c, x, z: x if c else z, where_partials,                                            (-1.0, 1.0), ANY, ANY)
detach         = row("detach",         "detach",     lambda x: x,                   lambda y, x: (None,),                                   ANY)

sum            = row("sum",            "sum",        ieee.sum,                    lambda y, *xs: (1.0,) * len(xs),                           ANY, ANY, ANY)
dot            = row("dot",            "dot",        ieee.dot,                dot_partials,                                              ANY, ANY, ANY, ANY, ANY)
logsumexp      = row("logsumexp",      "logsumexp",  ieee.logsumexp,                logsumexp_partials,                                        SOME, SOME, SOME)
# fmt: on

# What a leaf's `op` is, where it is not None. These are no rows: nothing is computed.
CONSTANT: Final = Op("CONSTANT", "const", lambda: nan, lambda y: ())  # a number that an operator lifted
PARAMETER: Final = Op("PARAMETER", "param", lambda: nan, lambda y: ())  # a leaf that is trained
