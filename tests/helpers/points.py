"""Points to try a primitive at: spread over its row's domain, dense near zero and near the ends."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator, Sequence

from autograd.ops import Op

# Inputs at which a selecting op has a kink: differences across it mean nothing.
KINKS = {
    "relu": lambda x: x == 0.0,
    "leaky_relu": lambda x, _: x == 0.0,
    "elu": lambda x, _: x == 0.0,
    "floor": lambda x: x % 1.0 == 0.0,
    "ceil": lambda x: x % 1.0 == 0.0,
    "round": lambda x: 2.0 * x % 1.0 == 0.0,
    "absolute": lambda x: x == 0.0,
    "sign": lambda x: x == 0.0,
    "maximum": lambda x, z: x == z,
    "minimum": lambda x, z: x == z,
    "clamp_min": lambda x, z: x == z,
    "clamp_max": lambda x, z: x == z,
    "power": lambda x, n: x == 0.0,
    "constant_power": lambda x, n: x == 0.0,
    "hypot": lambda x, z: x == z == 0.0,
    "arctan2": lambda x, z: x == z == 0.0,
}

# The rows that pass one branch on and drop another, so that a partial may be None.
SELECTING = {"relu", "leaky_relu", "elu", "maximum", "minimum", "clamp_min", "clamp_max", "where", "detach"}


# Where a row is tried for `everywhere`, beyond its domain: as far as the function is defined and not infinite.
FAR = (-sys.float_info.max, sys.float_info.max)
ABOVE = (0.0, sys.float_info.max)
REACH = {
    "power": (ABOVE, (-1e4, 1e4)),
    "constant_power": (FAR, (-1e4, 1e4)),
    "exp": ((-746.0, 709.79),),
    "exp2": ((-1076.0, 1024.0),),
    "expm1": ((-746.0, 709.79),),
    "log": (ABOVE,),
    "log2": (ABOVE,),
    "log10": (ABOVE,),
    "log1p": ((-1.0, FAR[1]),),
    "sqrt": (ABOVE,),
    "arcsin": ((-1.0, 1.0),),
    "arccos": ((-1.0, 1.0),),
    "sinh": ((-710.48, 710.48),),
    "cosh": ((-710.48, 710.48),),
    "erf": ((-28.0, 28.0),),
    "erfc": ((-28.0, 28.0),),
    "elu": (FAR, (-1e4, 1e4)),
    "gelu": ((-40.0, 40.0),),
    "arccosh": ((1.0, FAR[1]),),
    "arctan2": ((-8e307, 8e307), (-8e307, 8e307)),  # beyond, the radius would be infinite
    "arctanh": ((-1.0, 1.0),),
}

# Beside which numbers a row's derivatives are hard: poles, branch points, their zeros, where a formula changes.
HALF_TURNS = [k * math.pi / 2.0 for k in (-1000, -7, -3, -2, -1, 0, 1, 2, 3, 4, 11, 100, 10**6, 10**15)]
HARD = {
    "power": ((0.0, 1.0), (-1.0, 0.0, 0.5, 1.0, 2.0)),
    "constant_power": ((0.0, 1.0, -1.0), (-1.0, 0.0, 0.5, 1.0, 2.0)),
    "log1p": ((-1.0, 0.0),),
    "sin": (HALF_TURNS,),
    "cos": (HALF_TURNS,),
    "tan": (HALF_TURNS,),
    "arcsin": ((-1.0, 0.0, 1.0),),
    "arccos": ((-1.0, 0.0, 1.0),),
    "arctan": ((0.0, 1e80, -1e155),),  # the square of the slope, and the slope itself, are about to underflow
    "arccosh": ((1.0,),),
    "arctanh": ((-1.0, 0.0, 1.0),),
    "erf": ((0.0, 1.0, 6.0, -3.0),),
    "erfc": ((0.0, 1.0, 6.0, -3.0),),
    "tanh": ((0.0, 19.0, -370.0),),  # it is 1 there, and its slope is about to underflow
    "sigmoid": ((0.0, 37.0, -500.0, 740.0),),
    "log_sigmoid": ((0.0, -37.0, 37.0, 740.0),),
    "silu": ((-1.2784645427610738, 0.0, 2.399357280515468, -2.399357280515468, -37.0, -740.0),),
    "softplus": ((0.0, 37.0, -37.0, -740.0),),
    "sigmoid_slope": ((0.0, 740.0, math.log(2.0 + math.sqrt(3.0)), -math.log(2.0 + math.sqrt(3.0))),),
    "gelu": ((-0.7517915241, 0.0, -6.0, -20.0, -math.sqrt(2.0), math.sqrt(2.0)),),
}


def points(op: Op, count: int, seed: int = 0) -> Iterator[list[float]]:
    """Yield that many points of a row's domain."""
    rng = random.Random(f"{op.name} {seed}")
    at_kink = KINKS.get(op.name, lambda *_: False)
    while count:
        xs = [coordinate(rng, low, high) for low, high in op.domain]
        if not at_kink(*xs):
            yield xs
            count -= 1


def coordinate(rng: random.Random, low: float, high: float) -> float:
    """Draw evenly, or log-evenly from zero or from an end, so that every order of magnitude has its turn."""
    if low > 0.0 and high / low > 1e3:
        return math.exp(rng.uniform(math.log(low), math.log(high)))
    match rng.randrange(4):
        case 0 if low < 0.0 < high:
            return rng.choice((low, high)) * 10.0 ** rng.uniform(-12.0, 0.0)
        case 1:
            away = (high - low) * 10.0 ** rng.uniform(-12.0, -1.0)
            x = rng.choice((low + away, high - away))
            return x if low < x < high else rng.uniform(low, high)
        case _:
            return rng.uniform(low, high)


def everywhere(op: Op, count: int, seed: int = 0) -> Iterator[list[float]]:
    """Yield that many points of all that a row is defined on, where its result is finite.

    Four in ten coordinates are of its domain, two of any magnitude, and the others subnormal, next to the ends of what
    it is defined on, or a few floats beside a hard number. In three of ten points of several inputs, two are alike.
    """
    rng = random.Random(f"everywhere {op.name} {seed}")
    reach = REACH.get(op.name, (FAR,) * len(op.domain))
    hard = HARD.get(op.name, ((0.0,),) * len(op.domain))
    at_kink = KINKS.get(op.name, lambda *_: False)
    while count:
        xs = [anywhere(rng, *ranges) for ranges in zip(op.domain, reach, hard, strict=True)]
        if len(xs) > 1 and rng.random() < 0.3:
            xs[rng.randrange(len(xs))] = beside(rng, rng.choice(xs))
        defined = all(low < x < high for x, (low, high) in zip(xs, reach, strict=True))
        if defined and not at_kink(*xs) and math.isfinite(op.forward(*xs)):
            yield xs
            count -= 1


def anywhere(
    rng: random.Random, domain: tuple[float, float], reach: tuple[float, float], hard: Sequence[float]
) -> float:
    """Draw one coordinate for `everywhere`."""
    match rng.randrange(10):
        case 0 | 1:
            return rng.choice((-1.0, 1.0)) * 2.0 ** rng.uniform(-1074.0, 1024.0)
        case 2:
            return rng.choice((-1.0, 1.0)) * 5e-324 * int(2.0 ** rng.uniform(0.0, 52.0))
        case 3:
            return rng.choice(reach) * (1.0 - 10.0 ** rng.uniform(-16.0, 0.0))
        case 4 | 5:
            return beside(rng, rng.choice(hard))
        case _:
            return coordinate(rng, *domain)


def beside(rng: random.Random, x: float) -> float:
    """A float next to x: a few floats away, or by any small fraction of it, or of 1."""
    match rng.randrange(3):
        case 0:
            for _ in range(rng.randint(1, 4)):
                x = math.nextafter(x, rng.choice(FAR))
            return x
        case 1:
            return x + rng.choice((-1.0, 1.0)) * 10.0 ** rng.uniform(-20.0, 0.0)
        case _:
            return x * (1.0 + rng.choice((-1.0, 1.0)) * 10.0 ** rng.uniform(-16.0, -1.0))
