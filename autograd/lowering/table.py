"""The lowering table: how each row of the rule table is computed by a machine.

A row here says what `autograd.ieee` says in Python, step by step, in terms of a few machine operations: arithmetic,
comparison, selection, calls of libm. The operations are methods of a `Target`: `compiler/llvm/vector.py` writes LLVM
instructions, `javascript.py` and `source.py` JavaScript and C, so each op is lowered in one place. A test holds the
table to exactly the ops of the rule table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, Final, Protocol, TypeVar

from autograd import ieee

Register = Any  # what a target calls a result of its own
T = TypeVar("T")


class Target(Protocol):
    """The machine operations that the table is written in. Their results are IEEE 754's; none is reordered here."""

    def constant(self, x: float) -> Register: ...
    def add(self, x: Register, z: Register) -> Register: ...
    def subtract(self, x: Register, z: Register) -> Register: ...
    def multiply(self, x: Register, z: Register) -> Register: ...
    def divide(self, x: Register, z: Register) -> Register: ...
    def negative(self, x: Register) -> Register: ...
    def absolute(self, x: Register) -> Register: ...
    def sqrt(self, x: Register) -> Register: ...
    def compare(self, predicate: str, x: Register, z: Register) -> Register: ...
    def truth(self, x: Register) -> Register: ...
    def select(self, condition: Register, a: Register, b: Register) -> Register: ...
    def call(self, function: str, *xs: Register) -> Register: ...
    def both(self, a: Register, b: Register) -> Register: ...
    def either(self, a: Register, b: Register) -> Register: ...
    def negation(self, a: Register) -> Register: ...


def libm(function: str) -> Callable[..., Register]:
    return lambda t, *xs: t.call(function, *xs)


def where(t: Target, c: Register, a: Register, b: Register) -> Register:
    return t.select(t.truth(c), a, b)


def power(t: Target, x: Register, y: Register) -> Register:
    return t.select(t.compare("oeq", y, t.constant(2.0)), t.multiply(x, x), t.call("pow", x, y))


def sign(t: Target, x: Register) -> Register:
    """1 above 0, -1 below, 0 at 0 (so -0.0 gives 0.0), and nan for nan."""
    zero, one = t.constant(0.0), t.constant(1.0)
    finite = t.select(t.compare("oeq", x, zero), zero, t.constant(math.nan))
    below = t.select(t.compare("olt", x, zero), t.constant(-1.0), finite)
    return t.select(t.compare("ogt", x, zero), one, below)


def extremum(predicate: str) -> Callable[..., Register]:
    """x if x >= z or x is nan, else z; with "ole", the smaller one. `u` predicates hold for nan as well."""

    def lowered(t: Target, x: Register, z: Register) -> Register:
        return t.select(t.compare("uno", x, x), x, t.select(t.compare(predicate, x, z), x, z))

    return lowered


maximum = extremum("oge")
minimum = extremum("ole")


def sigmoid(t: Target, x: Register) -> Register:
    """1 / (1 + exp(-x)) for x >= 0, exp(x) / (1 + exp(x)) below and for nan, with one exp for both."""
    one = t.constant(1.0)
    e = t.call("exp", t.negative(t.absolute(x)))
    return t.divide(t.select(t.compare("oge", x, t.constant(0.0)), one, e), t.add(one, e))


def sigmoid_slope(t: Target, x: Register) -> Register:
    e = t.call("exp", t.negative(t.absolute(x)))
    return t.divide(e, t.add(t.constant(1.0), t.multiply(e, t.add(t.constant(2.0), e))))


def relu(t: Target, x: Register) -> Register:
    zero = t.constant(0.0)
    return t.select(t.compare("ole", x, zero), zero, x)


def softplus(t: Target, x: Register) -> Register:
    small = t.call("log1p", t.call("exp", t.negative(t.absolute(x))))
    return t.add(small, relu(t, x))


def leaky_relu(t: Target, x: Register, slope: Register) -> Register:
    return t.select(t.compare("ogt", x, t.constant(0.0)), x, t.multiply(slope, x))


def elu(t: Target, x: Register, alpha: Register) -> Register:
    return t.select(t.compare("ogt", x, t.constant(0.0)), x, t.multiply(alpha, t.call("expm1", x)))


def log_sigmoid(t: Target, x: Register) -> Register:
    small = t.call("log1p", t.call("exp", t.negative(t.absolute(x))))
    return t.subtract(minimum(t, x, t.constant(0.0)), small)


def silu(t: Target, x: Register) -> Register:
    x = maximum(t, x, t.constant(ieee.ALMOST_ZERO))
    e = t.call("exp", t.negative(t.absolute(x)))
    scaled = t.select(t.compare("oge", x, t.constant(0.0)), x, t.multiply(x, e))
    return t.divide(scaled, t.add(t.constant(1.0), e))


def gelu(t: Target, x: Register) -> Register:
    half = t.multiply(t.constant(0.5), maximum(t, x, t.constant(ieee.ALMOST_ZERO)))
    return t.multiply(half, t.call("erfc", t.multiply(t.constant(-ieee.SQRT_HALF), x)))


def add_in_order(t: Target, *xs: Register) -> Register:
    """Add from 0 in the order given, as the engine does."""
    total = t.constant(0.0)
    for x in xs:
        total = t.add(total, x)
    return total


def dot(t: Target, *inputs: Register) -> Register:
    """Add up products from 0: the first half of the inputs times the second, then a bias if their number is odd."""
    n = len(inputs) // 2
    total = t.constant(0.0)
    for k in range(n):
        total = t.add(total, t.multiply(inputs[k], inputs[n + k]))
    return t.add(total, inputs[-1]) if len(inputs) % 2 else total


def logsumexp(t: Target, *xs: Register) -> Register:
    """log(sum of exp(x)), shifted by the largest x against overflow; an infinite or nan shift is the result itself."""
    shift = t.constant(-math.inf)
    for x in xs:
        shift = maximum(t, shift, x)
    whole = add_in_order(t, *[t.call("exp", t.subtract(x, shift)) for x in xs])
    finite = t.compare("olt", t.absolute(shift), t.constant(math.inf))
    return t.select(finite, t.add(shift, t.call("log", whole)), shift)


LOWERING: Final[dict[str, Callable[..., Register]]] = {
    "add": lambda t, x, z: t.add(x, z),
    "subtract": lambda t, x, z: t.subtract(x, z),
    "multiply": lambda t, x, z: t.multiply(x, z),
    "divide": lambda t, x, z: t.divide(x, z),
    "negative": lambda t, x: t.negative(x),
    "sign": sign,
    "absolute": lambda t, x: t.absolute(x),
    "power": power,
    "constant_power": power,
    "exp": libm("exp"),
    "exp2": libm("exp2"),
    "expm1": libm("expm1"),
    "log": libm("log"),
    "log2": libm("log2"),
    "log10": libm("log10"),
    "log1p": libm("log1p"),
    "sqrt": lambda t, x: t.sqrt(x),
    "hypot": libm("hypot"),
    "sin": libm("sin"),
    "cos": libm("cos"),
    "tan": libm("tan"),
    "arcsin": libm("asin"),
    "arccos": libm("acos"),
    "arctan": libm("atan"),
    "arctan2": libm("atan2"),
    "sinh": libm("sinh"),
    "cosh": libm("cosh"),
    "tanh": libm("tanh"),
    "arcsinh": libm("asinh"),
    "arccosh": libm("acosh"),
    "arctanh": libm("atanh"),
    "sigmoid": sigmoid,
    "sigmoid_slope": sigmoid_slope,
    "softplus": softplus,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "log_sigmoid": log_sigmoid,
    "silu": silu,
    "gelu": gelu,
    "erf": libm("erf"),
    "erfc": libm("erfc"),
    "floor": libm("floor"),
    "ceil": libm("ceil"),
    "round": libm("rint"),
    "maximum": maximum,
    "minimum": minimum,
    "clamp_min": maximum,
    "clamp_max": minimum,
    "where": where,
    "detach": lambda t, x: x,
    "sum": add_in_order,
    "dot": dot,
    "logsumexp": logsumexp,
}

# The ops of programs that are no rows. The results of these are conditions:
CONDITIONS: Final[dict[str, Callable[..., Register]]] = {
    "less": lambda t, x, z: t.compare("olt", x, z),
    "less_equal": lambda t, x, z: t.compare("ole", x, z),
    "greater": lambda t, x, z: t.compare("ogt", x, z),
    "greater_equal": lambda t, x, z: t.compare("oge", x, z),
    "both": lambda t, a, b: t.both(a, b),
    "either": lambda t, a, b: t.either(a, b),
    "negation": lambda t, a: t.negation(a),
}


def product_columns(op: str, inputs: Sequence[T]) -> tuple[list[Sequence[T]], Sequence[T]]:
    """Split the inputs of an op that adds up products: its factors, with their conditions, and the start if any."""
    parts = 3 if op == "live_products" else 2
    count = len(inputs) // parts
    return [inputs[k * count : (k + 1) * count] for k in range(parts)], inputs[parts * count :]


def products(t: Target, *inputs: Register) -> Register:
    """Add up products: the first half of the inputs times the second, on top of the last if their number is odd."""
    (xs, zs), start = product_columns("products", inputs)
    return reduce(t.add, [t.multiply(x, z) for x, z in zip(xs, zs, strict=True)], *start)


def live_products(t: Target, *inputs: Register) -> Register:
    """Add up products where a condition holds: the last third of the inputs, unless a start follows them."""
    columns, start = product_columns("live_products", inputs)
    total = start[0] if start else t.constant(0.0)
    for x, z, live in zip(*columns, strict=True):
        total = t.select(t.truth(live), t.add(total, t.multiply(x, z)), total)
    return total


# And these add up what long dots contribute to a gradient:
PRODUCTS: Final[dict[str, Callable[..., Register]]] = {"products": products, "live_products": live_products}
WRITTEN: Final = LOWERING | CONDITIONS | PRODUCTS


def lower(t: Target, op: str, operands: Sequence[Register]) -> Any:
    """Write an op of a program, and return what holds its result."""
    return WRITTEN[op](t, *operands)
