"""The truth that the tests compare with: every primitive in mpmath, and derivatives of anything by its differences.

The table is written from the definitions, not from `autograd/ops.py`; a row that mpmath has under the same name needs
no line here. Derivatives come from central differences with a step of 1e-25: at 85 digits for the first, which leaves
50 of them right, and at 150 for the second.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from mpmath import MPContext

from autograd.ops import OPS

mp = MPContext()
mp.dps = 85
STEP = mp.mpf(10) ** -25
EPSILON = 2.0**-52


def wide(f: Callable[[], Any]) -> Any:
    """Keep the digits that a subtraction of 1 from a number near 1 would drop."""
    with mp.workdps(800):
        return f()


TRUTH: dict[str, Callable[..., Any]] = {
    "add": lambda x, z: x + z,
    "subtract": lambda x, z: x - z,
    "multiply": lambda x, z: x * z,
    "divide": lambda x, z: x / z,
    "negative": lambda x: -x,
    "sign": lambda x: mp.sign(x),
    "absolute": lambda x: abs(x),
    "power": lambda x, n: mp.power(x, n),
    "constant_power": lambda x, n: mp.power(x, n),
    "exp": mp.exp,
    "exp2": lambda x: mp.power(2, x),
    "expm1": lambda x: wide(lambda: mp.exp(x) - 1),
    "log": mp.ln,
    "log2": lambda x: mp.ln(x) / mp.ln(2),
    "log10": lambda x: mp.ln(x) / mp.ln(10),
    "log1p": lambda x: mp.ln(1 + x),
    "sqrt": mp.sqrt,
    "hypot": lambda x, z: mp.sqrt(x * x + z * z),
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "arcsin": mp.asin,
    "arccos": mp.acos,
    "arctan": mp.atan,
    "arctan2": lambda y, x: mp.atan2(y, x),
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "arcsinh": mp.asinh,
    "arccosh": mp.acosh,
    "arctanh": mp.atanh,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "sigmoid_slope": lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2,
    "softplus": lambda x: mp.ln(1 + mp.exp(x)),
    "relu": lambda x: x if x > 0 else mp.zero,
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * (mp.exp(x) - 1),
    "log_sigmoid": lambda x: -mp.ln(1 + mp.exp(-x)),
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "gelu": lambda x: x * mp.ncdf(x),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "floor": mp.floor,
    "ceil": mp.ceil,
    "round": mp.nint,
    "maximum": lambda x, z: x if x >= z else z,
    "minimum": lambda x, z: x if x <= z else z,
    "clamp_min": lambda x, low: x if x >= low else low,
    "clamp_max": lambda x, high: x if x <= high else high,
    "where": lambda c, x, z: x if c else z,
    "detach": lambda x: x,
    "sum": lambda *xs: mp.fsum(xs),
    "dot": lambda *xs: (
        mp.fsum(x * z for x, z in zip(xs[: len(xs) // 2], xs[len(xs) // 2 :], strict=False))
        + (xs[-1] if len(xs) % 2 else 0)
    ),
    "logsumexp": lambda *xs: mp.ln(mp.fsum(mp.exp(x) for x in xs)),
}

TRUTH |= {name: getattr(mp, name) for name in OPS if name not in TRUTH and hasattr(mp, name)}

# Inputs that take no gradient by definition, whatever the function does with them.
HELD: dict[str, tuple[int, ...]] = {
    "constant_power": (1,),
    "clamp_min": (1,),
    "clamp_max": (1,),
    "where": (0,),
    "detach": (0,),
}


def exact(xs: Sequence[float]) -> list[Any]:
    return [mp.mpf(x) for x in xs]


def step_at(x: Any) -> Any:
    """A step that is small beside x and beside 1."""
    return STEP * min(abs(x), 1) if x else STEP


def first(f: Callable[..., Any], xs: Sequence[Any], k: int) -> Any:
    """d f / d x_k."""
    h = step_at(xs[k])
    above, below = [[x + s if i == k else x for i, x in enumerate(xs)] for s in (h, -h)]
    return (f(*above) - f(*below)) / (2 * h)


def second(f: Callable[..., Any], xs: Sequence[Any], j: int, k: int) -> Any:
    """d^2 f / d x_j d x_k."""
    with mp.workdps(150):
        return first(lambda *moved: first(f, moved, k), xs, j)


def ulps(got: float, true: Any) -> float:
    """How far a float is from the truth, in units in the last place of the truth; inf for a nan or a wrong inf."""
    if not math.isfinite(got):
        return 0.0 if got == float(true) else math.inf
    return float(abs(mp.mpf(got) - true) / math.ulp(float(true)))


def bits(x: float) -> bytes:
    """The bits of a float, so that -0.0 differs from 0.0 and nan equals nan."""
    return struct.pack("<d", x) if x == x else b"nan"


def total(xs: Sequence[float]) -> float:
    """Plain addition from left to right."""
    return reduce(lambda a, b: a + b, xs, 0.0)
