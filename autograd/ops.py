"""The rule table: every primitive, its function on floats and its local derivatives.

A row holds all the calculus the engine knows about one primitive, and is the only place that knows it:

- `forward(*xs)` takes floats and returns a float. It follows IEEE 754 as NumPy does, and never raises:
  `log(0)` is -inf, `log(-1)` is nan, `exp(800)` is inf.
- `partials(z, *xs)` returns d z / d x for each input. It is written with operators that work on floats and on
  `Value`s alike, so one rule gives the numbers of a first derivative, the graph of a second, and the program that
  is compiled. A partial of None carries no gradient at all: a selecting op gives it to the branch it did not take, and
  every op gives it to a constant. Multiplying by 0.0 instead would turn an infinite gradient into nan.
- The same two as text, `formula` and `derivatives`, from which its docstring is made, and what pictures show.
- `domain` is where the tests sample the row: one (low, high) pair for each input.

To add a primitive, add its row; CONTRIBUTING.md shows the two edits it takes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any

from autograd import ieee
from autograd.ieee import LN2, LN10, SPLIT, SQRT_HALF, SQRT_PI, SQRT_TWO_PI, inf, nan
from autograd.op import CONSTANT as CONSTANT
from autograd.op import OPS as OPS
from autograd.op import PARAMETER as PARAMETER
from autograd.op import Op as Op
from autograd.op import as_float as as_float
from autograd.op import row

# Local derivatives that need more than a line ------------------------------------------------------------------------


def select(condition: Any, a: Any, b: Any) -> Any:
    """Return a where the condition holds, else b: numbers, None or `Value`s, or symbols while a rule is compiled."""
    if isinstance(condition, bool | float):
        taken, other = (a, b) if condition else (b, a)
        if taken is None or (isinstance(taken, float) and isinstance(other, float | None)):
            return taken
        condition = 1.0 if condition else 0.0
    if not hasattr(condition, "builder"):  # a symbol knows what None means, a recorded `where` selects numbers
        a, b = (0.0 if branch is None else branch for branch in (a, b))
    return where(condition, a, b)


def quotient(x: Any, z: Any) -> Any:
    """Return x / z, also for floats and z = 0, where Python would raise."""
    return ieee.divide(x, z) if isinstance(x, float) and isinstance(z, float) else x / z


def rounding_error(a: Any, b: Any) -> Any:
    """Return the rounding error of a - b (Knuth's two-sum), or 0 if it is not finite. It is treated as a constant."""
    difference = a - b
    back = difference - a
    error = (a - (difference - back)) - (b + back)
    finite = select(abs(error) < inf, error, 0.0)
    return finite if isinstance(finite, float) else detach(finite)


def power_partials(z: Any, x: Any, n: Any) -> Sequence[Any]:
    """Return n * x**(n - 1) and x**n * log(x): 0 for n = 0, and 0 by n at x = 0 unless the power is infinite there."""
    steepness = power(x, n - 1.0) * exponent_correction(x, rounding_error(n, 1.0))
    slope = n * steepness
    flat = select(abs(steepness) < inf, slope, 0.0)  # where 0 * inf is 0, since x**0 is 1 at 0 too
    base = select(n < 0.0, select(n > -1.0, quotient(n * z, x + 0.0), slope), select(n <= 0.0, flat, slope))
    at_zero = select(n >= 0.0, 0.0, z * log(x))
    return base, select(abs(x) <= 0.0, at_zero, z * log(x))


def constant_power_partials(z: Any, x: Any, n: float) -> Sequence[Any]:
    """Return n * x**(n - 1), and no gradient for the constant."""
    if -1.0 < n <= 0.0:  # x**(n - 1) may overflow where n * x**n / x does not. x + 0.0 treats -0.0 as 0.0
        return (quotient(n * z, x + 0.0) if n else 0.0), None
    slope, error = n * constant_power(x, n - 1.0), rounding_error(n, 1.0)
    return (slope * exponent_correction(x, error) if error else slope), None


def exponent_correction(x: Any, error: Any) -> Any:
    """Return x**error for the rounding error of an exponent, to first order: 1 + error * log(x)."""
    logarithm = detach(log(x))
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
    """x / hypot(x, y): 0 at the origin, as the slope of |x|, and sign(x) where x alone is infinite."""
    endless = select(abs(y) < inf, sign(x), nan)
    return select(r <= 0.0, 0.0, select(abs(x) < inf, quotient(x, r), endless))


def hypot_partials(r: Any, x: Any, y: Any) -> Sequence[Any]:
    return direction(x, y, r), direction(y, x, r)


def arctan2_partials(angle: Any, y: Any, x: Any) -> Sequence[Any]:
    r = hypot(x, y)
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
    return select(x > 0.0, 1.0, alpha * exp(x)), select(x > 0.0, None, expm1(x))


def silu_partials(z: Any, x: Any) -> Sequence[Any]:
    finite = select(abs(x) >= inf, 0.0, x)  # the slope of sigmoid is 0 there, and inf * 0 would be nan
    return (sigmoid(x) + finite * sigmoid_slope(x),)


def gelu_partials(z: Any, x: Any) -> Sequence[Any]:
    finite = select(abs(x) >= inf, 0.0, x)  # the density is 0 there, and inf * 0 would be nan
    return (0.5 * erfc(-SQRT_HALF * x) + finite * gaussian(x, 0.5) / SQRT_TWO_PI,)


def gaussian(x: Any, scale: float) -> Any:
    """exp(-scale * x**2) for a scale of at least 1/2, with x = head + tail, so that head**2 is exact.

    The rounding of x * x would be magnified. From |x| = 64 on, the result is 0.
    """
    head = detach((x + SPLIT) - SPLIT)
    split = exp(-scale * head * head) * exp(-scale * (x - head) * (x + head))
    return select(abs(x) >= 64.0, 0.0, split)


def dot_partials(z: Any, *inputs: Any) -> Sequence[Any]:
    n = len(inputs) // 2
    return (*inputs[n : 2 * n], *inputs[:n], *(1.0,) * (len(inputs) % 2))


def logsumexp_partials(z: Any, *xs: Any) -> Sequence[Any]:
    """The softmax. The shift by the largest x avoids overflow; it cancels, so no gradient flows through it.

    Infinite xs share the slope among them, and -inf alone has none.
    """
    shift = detach(reduce(maximum, xs))
    infinite = abs(shift) >= inf
    exponentials = [
        select(infinite, select(x >= shift, 1.0, 0.0), exp(x - shift) * (1.0 + rounding_error(x, shift))) for x in xs
    ]
    whole = sum(*exponentials)
    return [select(shift <= -inf, 0.0, e / whole) for e in exponentials]


# The table -----------------------------------------------------------------------------------------------------------
# Each row: its name, its formula and the function that computes it; below these its derivatives, as text and as the rule
# that computes them; and the domain. In a rule, z is the result, x and y are the inputs. Where a textbook derivative
# cancels, as 1 - z * z does for tanh, the rule has an equal form that does not.
# fmt: off

cos: Op
cosh: Op
sigmoid: Op  # declared here because earlier rows mention them
sigmoid_slope: Op

ANY = (-1e3, 1e3)
SOME = (-30.0, 30.0)
UNIT = (-1.0, 1.0)
PLUS = (1e-9, 1e9)

add = row("add", "x + y", lambda x, y: x + y,
    ("1", "1"), lambda z, x, y: (1.0, 1.0), ANY, ANY, symbol="+", public=False)
subtract = row("subtract", "x − y", lambda x, y: x - y,
    ("1", "−1"), lambda z, x, y: (1.0, -1.0), ANY, ANY, symbol="-", public=False)
multiply = row("multiply", "x · y", lambda x, y: x * y,
    ("y", "x"), lambda z, x, y: (y, x), ANY, ANY, symbol="*", public=False)
divide = row("divide", "x / y", ieee.divide,
    ("1 / y", "−x / y²"), lambda z, x, y: (quotient(1.0, y), quotient(-z, y)), ANY, PLUS, symbol="/", public=False)
negative = row("negative", "−x", lambda x: -x,
    "−1", lambda z, x: (-1.0,), ANY, symbol="neg", public=False)
sign = row("sign", "sign(x)", ieee.sign,
    "0", lambda z, x: (0.0,), ANY)
absolute = row("absolute", "|x|", abs,
    "sign(x)", lambda z, x: (sign(x),), ANY, symbol="abs")
power = row("power", "x^y", ieee.power,
    ("y · x^(y − 1)", "x^y · log(x)"), power_partials, (1e-3, 1e2), (-9.0, 9.0), symbol="**", public=False)
constant_power = row("constant_power", "x^n", ieee.power,
    ("n · x^(n − 1)", None), constant_power_partials, (1e-3, 1e2), (-9.0, 9.0), symbol="**", inputs="x n", public=False)

exp = row("exp", "exp(x)", ieee.exp,
    "exp(x)", lambda z, x: (z,), (-700.0, 700.0))
exp2 = row("exp2", "2^x", ieee.exp2,
    "log(2) · 2^x", lambda z, x: (LN2 * z,), (-1e3, 1e3))
expm1 = row("expm1", "exp(x) − 1", ieee.expm1,
    "exp(x)", lambda z, x: (exp(x),), (-700.0, 700.0))
log = row("log", "log(x)", ieee.log,
    "1 / x", lambda z, x: (reciprocal(x, 1.0),), PLUS, defined="x ≥ 0")
log2 = row("log2", "log₂(x)", ieee.log2,
    "1 / (x · log(2))", lambda z, x: (reciprocal(x, 1.0 / LN2),), PLUS, defined="x ≥ 0")
log10 = row("log10", "log₁₀(x)", ieee.log10,
    "1 / (x · log(10))", lambda z, x: (reciprocal(x, 1.0 / LN10),), PLUS, defined="x ≥ 0")
log1p = row("log1p", "log(1 + x)", ieee.log1p,
    "1 / (1 + x)", lambda z, x: (reciprocal(1.0 + x, 1.0),), (-1.0, 1e9), defined="x ≥ −1")
sqrt = row("sqrt", "√x", ieee.sqrt,
    "1 / (2 · √x)", lambda z, x: (quotient(0.5, z + 0.0),), PLUS, defined="x ≥ 0")
hypot = row("hypot", "√(x² + y²)", ieee.hypot,
    ("x / √(x² + y²)", "y / √(x² + y²)"), hypot_partials, ANY, ANY)

sin = row("sin", "sin(x)", ieee.sin,
    "cos(x)", lambda z, x: (cos(x),), ANY)
cos = row("cos", "cos(x)", ieee.cos,
    "−sin(x)", lambda z, x: (-sin(x),), ANY)
tan = row("tan", "tan(x)", ieee.tan,
    "1 + tan²(x)", lambda z, x: (1.0 + z * z,), ANY)
arcsin = row("arcsin", "arcsin(x)", ieee.arcsin,
    "1 / √(1 − x²)", lambda z, x: (quotient(1.0, sqrt(one_minus_square(x))),), UNIT, defined="−1 ≤ x ≤ 1")
arccos = row("arccos", "arccos(x)", ieee.arccos,
    "−1 / √(1 − x²)", lambda z, x: (quotient(-1.0, sqrt(one_minus_square(x))),), UNIT, defined="−1 ≤ x ≤ 1")
arctan = row("arctan", "arctan(x)", ieee.arctan,  # 1 + x * x would overflow long before its inverse is 0
    "1 / (1 + x²)", lambda z, x: (1.0 / (r := hypot(1.0, x)) / r,), ANY)
arctan2 = row("arctan2", "arctan2(y, x)", math.atan2,
    ("x / (x² + y²)", "−y / (x² + y²)"), arctan2_partials, ANY, ANY, inputs="y x")

sinh = row("sinh", "sinh(x)", ieee.sinh,
    "cosh(x)", lambda z, x: (cosh(x),), (-700.0, 700.0))
cosh = row("cosh", "cosh(x)", ieee.cosh,
    "sinh(x)", lambda z, x: (sinh(x),), (-700.0, 700.0))
tanh = row("tanh", "tanh(x)", math.tanh,
    "1 − tanh²(x)", lambda z, x: (4.0 * sigmoid_slope(2.0 * x),), SOME)
arcsinh = row("arcsinh", "arcsinh(x)", math.asinh,
    "1 / √(x² + 1)", lambda z, x: (1.0 / hypot(1.0, x),), ANY)
arccosh = row("arccosh", "arccosh(x)", ieee.arccosh,
    "1 / √(x² − 1)", lambda z, x: (quotient(quotient(1.0, sqrt(x - 1.0)), sqrt(x + 1.0)),), (1.0, 1e3), defined="x ≥ 1")
arctanh = row("arctanh", "arctanh(x)", ieee.arctanh,
    "1 / (1 − x²)", arctanh_partials, UNIT, defined="−1 ≤ x ≤ 1")

sigmoid = row("sigmoid", "1 / (1 + exp(−x))", ieee.sigmoid,
    "sigmoid(x) · (1 − sigmoid(x))", lambda z, x: (sigmoid_slope(x),), SOME)
# A separate op, because z * (1 - z) cancels where z, the sigmoid, is near 1, and its derivative where z is near 1/2.
sigmoid_slope = row("sigmoid_slope", "sigmoid(x) · (1 − sigmoid(x))", ieee.sigmoid_slope,
    "sigmoid′(x) · (1 − 2 · sigmoid(x))", lambda z, x: (-z * tanh(0.5 * x),), SOME, symbol="sigmoid'", public=False)
softplus = row("softplus", "log(1 + exp(x))", ieee.softplus,
    "sigmoid(x)", lambda z, x: (sigmoid(x),), SOME)
relu = row("relu", "max(x, 0)", ieee.relu,
    "1 if x > 0, else 0", lambda z, x: (relu_partial(x, 0.0),), SOME)
leaky_relu = row("leaky_relu", "x if x > 0, else slope · x", ieee.leaky_relu,
    ("1 if x > 0, else slope", "0 if x > 0, else x"), leaky_relu_partials,
    SOME, UNIT, symbol="leaky relu", inputs="x slope")
elu = row("elu", "x if x > 0, else alpha · (exp(x) − 1)", ieee.elu,
    ("1 if x > 0, else alpha · exp(x)", "0 if x > 0, else exp(x) − 1"), elu_partials,
    SOME, UNIT, inputs="x alpha")
log_sigmoid = row("log_sigmoid", "log(1 / (1 + exp(−x)))", ieee.log_sigmoid,
    "1 / (1 + exp(x))", lambda z, x: (sigmoid(-x),), SOME)
# The two terms of silu' cancel near its zero at -1.28, as those of gelu'.
silu = row("silu", "x / (1 + exp(−x))", ieee.silu,
    "sigmoid(x) · (1 + x · (1 − sigmoid(x)))", silu_partials, (-0.5, 30.0))
# The two terms of gelu' cancel near its zero at -0.75: the bound is 4 units of the terms, not of the result. Its value
# loses digits for x far below 0, where erfc magnifies the rounding of its argument. The domain ends before.
gelu = row("gelu", "½ · x · erfc(−x / √2)", ieee.gelu,
    "½ · erfc(−x / √2) + x · exp(−x² / 2) / √(2 · π)", gelu_partials, (-0.4, 8.0))
erf = row("erf", "erf(x)", math.erf,
    "2 / √π · exp(−x²)", lambda z, x: (2.0 / SQRT_PI * gaussian(x, 1.0),), (-3.0, 3.0))
erfc = row("erfc", "erfc(x)", math.erfc,
    "−2 / √π · exp(−x²)", lambda z, x: (-2.0 / SQRT_PI * gaussian(x, 1.0),), (-1.0, 1.0))

floor = row("floor", "floor(x)", ieee.floor,
    "0", lambda z, x: (0.0,), ANY)
ceil = row("ceil", "ceil(x)", ieee.ceil,
    "0", lambda z, x: (0.0,), ANY)
round = row("round", "round(x)", ieee.round,
    "0", lambda z, x: (0.0,), ANY)

maximum = row("maximum", "max(x, y)", ieee.maximum,
    ("1 if x > y, ½ if x = y, else 0", "1 if y > x, ½ if y = x, else 0"),
    lambda z, x, y: (maximum_partial(x, y), maximum_partial(y, x)), ANY, ANY, symbol="max")
minimum = row("minimum", "min(x, y)", ieee.minimum,
    ("1 if x < y, ½ if x = y, else 0", "1 if y < x, ½ if y = x, else 0"),
    lambda z, x, y: (maximum_partial(y, x), maximum_partial(x, y)), ANY, ANY, symbol="min")
clamp_min = row("clamp_min", "max(x, low)", ieee.maximum,
    ("1 if x > low, else 0", None), lambda z, x, low: (relu_partial(x, low), None),
    ANY, ANY, symbol="max", inputs="x low", public=False)
clamp_max = row("clamp_max", "min(x, high)", ieee.minimum,
    ("1 if x < high, else 0", None), lambda z, x, high: (relu_partial(high, x), None),
    ANY, ANY, symbol="min", inputs="x high", public=False)
where = row("where", "a if condition, else b", lambda condition, a, b: a if condition else b,
    (None, "1 if condition, else 0", "0 if condition, else 1"), where_partials,
    (-1.0, 1.0), ANY, ANY, inputs="condition a b")
detach = row("detach", "x", lambda x: x,
    (None,), lambda z, x: (None,), ANY)

sum = row("sum", "Σ xᵢ", ieee.sum,
    "1", lambda z, *xs: (1.0,) * len(xs), ANY, ANY, ANY, inputs="*xs")
dot = row("dot", "Σ wᵢ · xᵢ + b", ieee.dot,
    ("xᵢ", "wᵢ", "1"), dot_partials, ANY, ANY, ANY, ANY, ANY, inputs="*inputs")
logsumexp = row("logsumexp", "log(Σ exp(xᵢ))", ieee.logsumexp,
    "exp(xᵢ) / Σ exp(xⱼ)", logsumexp_partials, SOME, SOME, SOME, inputs="*xs")
# fmt: on
